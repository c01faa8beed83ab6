// SPDX-License-Identifier: GPL-3.0-or-later
// One call of a Caller, from the name to the answer's last byte. Never calls its Done itself: the Caller sweeps.
#pragma once

#include "engine/http/http1_reader.h"
#include "engine/net/client/caller.h"
#include "engine/net/client/channel.h"

namespace sluice::net {

class Caller::Running final : public Handler {
public:
    Running(Poller &poller, Call call, Done done, uint64_t serial = 0);

    // Under TLS: where the last session with this host is.
    void remember(std::shared_ptr<SessionShelf> shelf) { shelf_ = std::move(shelf); }
    uint64_t serial() const { return serial_; }  // never used twice, as a place in memory is

    void resolved(std::vector<Address> addresses, const std::string &trouble);
    void ready(unsigned events) override;
    void goOn();  // where it stopped to let others have a turn
    bool wantsTurn() const { return wantsTurn_ && !ended(); }
    void expire(Moment now);
    Moment deadline() const;
    bool ended() const { return ended_; }
    void fail(Fault fault, std::string what);
    void finish();  // hands the answer over; only once, after ended()

private:
    void connectNext(std::string trouble);
    bool beginTls();
    bool shake();
    void connected();
    void askForTurn();
    void send();
    void receive();
    // False: nothing more can be read now, or it is over.
    bool receiveOnce();
    void digest();
    void atEnd();
    void brokeOff(const std::string &why);
    void succeed();
    void end();
    Nanos sinceStart() const;

    Call call_;
    Done done_;
    const uint64_t serial_;
    journey::Exchange &exchange_;
    std::vector<Address> addresses_;
    size_t nextAddress_ = 0;
    Poller &poller_;
    Channel channel_;
    std::shared_ptr<SessionShelf> shelf_;
    http::ResponseReader reader_;
    std::unique_ptr<char[]> in_;
    size_t inSize_ = 0;
    size_t sent_ = 0;
    Moment connectBy_, wholeBy_;
    bool connecting_ = false, shaking_ = false, sendBroke_ = false, headCame_ = false, wantsTurn_ = false,
         ended_ = false;
};

}  // namespace sluice::net
