// SPDX-License-Identifier: GPL-3.0-or-later
// World: everything that a journey needs from outside. net/ implements it with sockets on a worker's loop, simulation/
// with virtual time and scripted peers. One thread.
#pragma once

#include "engine/base/random.h"
#include "engine/base/scope.h"
#include "engine/http/forwarding.h"
#include "engine/journey/exchange.h"
#include "engine/journey/rules.h"
#include "engine/journey/streams.h"

#include <memory>

namespace sluice::journey {

class World {
public:
    virtual Scheduler &scheduler() = 0;
    Moment now() { return scheduler().now(); }
    // The same clock read anew: now() is the time at which the loop last woke up. For records; costs a call.
    virtual Moment clock() { return now(); }
    virtual WallTime wallTime() = 0;  // at now()
    virtual Random &random() = 0;

    // A kept connection where there is one (unless `fresh`), else a new one, connecting. Never nothing: what cannot even be
    // tried comes back Failed. Give it back with release().
    virtual UpstreamStream &open(const config::EndpointSettings &, bool fresh) = 0;
    // `keep`: the exchange ended cleanly and the connection may serve another one. Else it is closed.
    virtual void release(UpstreamStream &, bool keep) = 0;

    // An empty one for a request that begins; the world may have it from an earlier request.
    virtual std::unique_ptr<Exchange> blank() { return std::make_unique<Exchange>(); }
    virtual bool recording() const = 0;  // false: no bodies and decisions need be kept
    // Bytes of bodies that the exchanges under way may still keep, all together. Whoever keeps some takes them away here, and
    // gives them back when the exchange leaves. At none a body is counted only, and marked as cut.
    uint64_t &bodyRoom() { return bodyRoom_; }
    static constexpr uint64_t mostBodies = uint64_t(128) << 20;
    // What was written last of who asks.
    http::ForwardedLines &forwardedLines() { return forwardedLines_; }
    // Exactly once an exchange, also when nothing is recorded (it is dropped then).
    virtual void record(std::unique_ptr<Exchange>) = 0;
    // Messages of an exchange that is under way; before the record() of that exchange. Never waits.
    virtual void tell(StreamNews) {}

protected:
    ~World() = default;

private:
    uint64_t bodyRoom_ = mostBodies;
    http::ForwardedLines forwardedLines_;
};

}  // namespace sluice::journey
