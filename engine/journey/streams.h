// SPDX-License-Identifier: GPL-3.0-or-later
// The two ends of a journey, whatever protocol carries them. Both worlds implement these.
//
// Every operation is a try that returns at once; what must wait says so, and the conductor waits on the stream's Signal
// (`co_await on(stream.readable(), scope)`). Views handed out live until the next call on that stream or the next wait.
// Bounds: a stream holds at most 64 KiB that came in and 64 KiB (plus one head) that must go out; past that write()
// answers Full and wants no more until writable() has fired.
#pragma once

#include "engine/base/result.h"
#include "engine/base/scope.h"
#include "engine/http/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::journey {

struct Chunk {
    enum class Kind : uint8_t { Data, End, Wait, Failed };
    Kind kind = Kind::Wait;
    std::string_view data;  // with Data; not empty
    bool last = false;      // with Data: known to be the last, End follows; false says nothing
};

enum class Sent : uint8_t {
    Taken,   // all of it is with the kernel; more may follow at once
    Full,    // taken, but some is held here: wait for writable() before the next
    Failed,  // the peer is gone, or the framing was broken (too much, too little)
};

class Stream {
public:
    // Content. Transfer coding is taken off; in a tunnel: the bytes as they are. Failed stays so; reason() tells.
    virtual Chunk read() = 0;
    virtual Signal &readable() = 0;
    virtual const http::HeaderList &trailers() const = 0;  // after End
    // Content to go out. `last` ends the message, also with empty data; it may carry trailers.
    virtual Sent write(std::string_view data, bool last, const http::HeaderList *trailers = nullptr) = 0;
    // Has what is held back for joining (a head) or held for the kernel go out now. Taken when nothing is left.
    virtual Sent flush() = 0;
    virtual Signal &writable() = 0;
    // Bytes that were taken and are not with the peer yet, as far as can be told. It shrinks as long as the peer takes any.
    virtual uint64_t unsent() const = 0;
    // From now on read() and write() move bytes as they are; after a 101 on both sides.
    virtual void becomeTunnel() = 0;
    // Why an operation answered Failed: a sentence without addresses.
    virtual const std::string &reason() const = 0;

protected:
    ~Stream() = default;
};

// How long the content to be written is.
struct Length {
    enum class Kind : uint8_t { None, Known, Unknown } kind = Kind::None;
    uint64_t bytes = 0;
};

struct Peer {
    std::string address;  // without port; where a proxy that is believed has named its client, the client's
    uint16_t port = 0;
    bool tls = false;
    // Of the certificate that it showed and that one of the listener's client CAs has signed; empty: none was asked for.
    std::string certificate, commonName, fingerprint;
    std::string proxy;  // address:port of that proxy; empty: the client itself has connected
};

// One request of one client, its head read.
class ClientStream : public Stream {
public:
    virtual http::RequestHead &request() = 0;          // the conductor moves it out
    virtual const http::Framing &framing() const = 0;  // of the request
    virtual bool expectsContinue() const = 0;
    virtual const Peer &peer() const = 0;
    virtual void sendInformational(const http::ResponseHead &) = 0;  // 100 to 199 but 101; dropped for HTTP/1.0
    // Held back until the first write() or flush(). Adds what the protocol needs (Transfer-Encoding, Connection); `note`: to
    // the head as well, for the record.
    virtual void sendHead(http::ResponseHead &, Length, bool note) = 0;
    virtual bool headSent() const = 0;
    // Nothing of the answer has gone out: its head is forgotten and another may be sent. False: too late.
    virtual bool takeBackHead() = 0;
    // The answer ended early: the client must see that it is not whole.
    virtual void cutOff() = 0;
    // After the answer this connection takes no further request.
    virtual void closeAfter() = 0;
    virtual uint64_t bytesIn() const = 0;  // of this request on the wire, head and framing included
    virtual uint64_t bytesOut() const = 0;

protected:
    ~ClientStream() = default;
};

// One request to one endpoint. Get it from World::open; it may not be connected yet.
class UpstreamStream : public Stream {
public:
    enum class State : uint8_t { Connecting, Ready, Failed };
    virtual State state() = 0;  // Connecting: wait for writable(), ask again
    virtual bool reused() const = 0;
    // Once Ready: another one must be used instead, as the other side has chosen another protocol. Whoever holds this one gives
    // it back and holds that.
    virtual UpstreamStream *successor() { return nullptr; }
    // Held back until the first write() or flush(). The length decides the framing. `note`: as with clients.
    virtual void sendHead(http::RequestHead &, Length, bool note) = 0;
    // Any byte of this request may have reached the other side.
    virtual bool touched() const = 0;
    enum class Head : uint8_t { Wait, Informational, Final, Failed };
    // Final: response() is whole. Informational: one 1xx, ask again. Wait: readable().
    virtual Head readHead() = 0;
    virtual http::ResponseHead &response() = 0;
    // How the answer's content is framed; after Final.
    virtual const http::Framing &framing() const = 0;
    // Whose fault a Failed state is: Gateway where we could not even try.
    virtual Fault fault() const = 0;
    // Nothing of the answer has come.
    virtual bool silent() const = 0;

protected:
    ~UpstreamStream() = default;
};

}  // namespace sluice::journey
