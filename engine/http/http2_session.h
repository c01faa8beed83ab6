// SPDX-License-Identifier: GPL-3.0-or-later
// Http2Session: HTTP/2 (RFC 9113) of one connection, as server or client, without sockets: bytes in, bytes out. Frames, HPACK
// and flow control are nghttp2's; what a message may be is ours (FieldSection). One thread.
//
//     session.feed(bytes, now)             streams are told what came
//     session.write(stream, ...)           content of one stream
//     session.gather(most)                 frames that may go out, into out()
//
// Bounds, each with its end: maxStreams streams at once (REFUSED_STREAM), streamWindow bytes a stream and connectionWindow
// bytes in all that are not read yet, Limits of a field section (431, four times that ends the connection), and budgets
// within 10 s for each kind of frame that costs the peer nothing (ENHANCE_YOUR_CALM, counted). So ends who makes more than mostQueued
// frames wait to go out, by taking none of them. Server push is off.
#pragma once

#include "engine/base/moment.h"
#include "engine/http/http1_writer.h"
#include "engine/http/http2_counters.h"
#include "engine/http/http2_stream.h"

#include <memory>
#include <string>
#include <string_view>

struct nghttp2_session;

namespace sluice::http {

inline constexpr std::string_view http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113 section 7
enum class Http2Code : uint32_t {
    NoError = 0,
    ProtocolError = 1,
    InternalError = 2,
    RefusedStream = 7,
    Cancel = 8,
    EnhanceYourCalm = 11,
};

class Http2Session {
public:
    enum class Side : uint8_t { Server, Client };
    // Told from within feed(): only mark and post.
    class Owner {
    public:
        // Server: a request's head is there. The stream that carries it; none: refused, it may be repeated elsewhere.
        virtual Http2Stream *begun() { return nullptr; }
        virtual void settled() {}  // the peer's settings are there, or others
        virtual void leaving() {}  // the peer takes (or makes) no further streams
        virtual void ponged() {}   // our ping came back

    protected:
        ~Owner() = default;
    };

    static constexpr uint32_t maxStreams = 128;
    static constexpr uint32_t streamWindow = 64 * 1024;
    static constexpr uint32_t connectionWindow = 2 * 1024 * 1024;
    static constexpr size_t mostQueued = 10'000;  // one read of 64 KiB brings 5,041 requests at most

    // `counters` and `owner` outlive it. `tls`: of the connection, for the scheme of requests.
    Http2Session(Side side, Owner &owner, const Limits &limits, Http2Counters &counters, bool tls);
    ~Http2Session();
    Http2Session(const Http2Session &) = delete;
    Http2Session &operator=(const Http2Session &) = delete;

    // All of it is taken. False: the connection is over, gather() what is left to be said and close; trouble() tells.
    bool feed(std::string_view bytes, Moment now);
    bool over() const;  // nothing is to be read or written any more
    // Why the connection must end, which gather() may find as well as feed(); empty: it need not.
    const std::string &trouble() const { return trouble_; }
    // The field section that a stream is told of with onHead(); may be moved from.
    FieldSection &section() { return section_; }
    bool inHead() const { return inHead_; }  // a field section has begun and is not whole

    // Appends frames to out() until it holds at least `most` bytes or there is nothing that may go.
    void gather(size_t most);
    std::string &out() { return out_; }
    bool wantsWrite() const;
    size_t queued() const;  // frames that wait to go out, content aside

    // Server. False: it cannot be written; nothing happened. `how` as with HTTP/1: the framing in place of the list's.
    bool sendInformational(Http2Stream &, const ResponseHead &);
    bool sendResponse(Http2Stream &, const ResponseHead &, const Wire &how, bool end);
    // A 101 goes out as 200 to a request for a WebSocket (RFC 8441); content is the tunnel's from here on.
    // Client: opens the stream. `webSocket`: as extended CONNECT. False: it cannot be written, or the connection takes none.
    bool sendRequest(Http2Stream &, const RequestHead &, const Wire &how, bool end, bool webSocket);
    // Content behind the head; gather() what of it may go, then keep() the rest. False: the stream is closed.
    bool write(Http2Stream &, std::string_view data, bool last, const HeaderList *trailers);
    void keep(Http2Stream &);
    void becomeTunnel(Http2Stream &stream);
    // Ends a stream early.
    void reset(Http2Stream &, Http2Code);
    // The stream goes away: what it did not read is given back; if it is not over it is reset, behind its own last frame
    // where that is still to go.
    void drop(Http2Stream &, Http2Code);

    // Server: graceful end (section 6.8): first the notice, and a PING whose echo is Owner::ponged(); then the last stream.
    void noticeShutdown();
    void refuseFurther();
    void terminate(Http2Code);

    size_t open() const { return open_; }  // streams
    bool takesConnect() const;             // the peer: RFC 8441
    uint32_t peerMaxStreams() const;
    bool mayOpen() const { return !leaving_; }  // Client

private:
    struct Callbacks;
    struct Scratch;
    friend struct Callbacks;
    friend class Http2Stream;
    enum class Flood : uint8_t { Resets, Pings, Settings, EmptyFrames, Priorities, Windows, Count };
    void settings();
    void frameBegan(uint8_t type, uint8_t flags, size_t length);
    void count(Flood);
    uint64_t budget(Flood) const;
    void flooded(Http2Counters::Count &, const char *what);
    void sectionWhole(int32_t id, bool last, size_t length);
    void requestWhole(int32_t id, bool last, size_t length);
    void answerWhole(Http2Stream &, bool last);
    void trailersWhole(Http2Stream &, bool last);
    void content(Http2Stream &, std::string_view data);
    void contentEnded(Http2Stream &);
    void fail(Http2Stream &, std::string_view why);
    void streamClosed(int32_t id, uint32_t code);
    Http2Stream *stream(int32_t id) const;
    void consumed(Http2Stream &, uint64_t bytes);

    Side side_;
    Owner &owner_;
    Http2Counters &counters_;
    bool tls_;
    nghttp2_session *session_ = nullptr;
    std::unique_ptr<Scratch> scratch_;
    FieldSection section_;
    uint64_t mostFields_;  // decoded bytes of one section that end the connection
    std::string out_, trouble_;
    size_t open_ = 0, gatherMost_ = 0;
    int32_t lastAllowed_ = 0x7fffffff;  // Client: of GOAWAY
    bool inHead_ = false, noticing_ = false, leaving_ = false, dead_ = false, terminated_ = false;
    bool counted_ = false;  // what nghttp2 found wrong with what was fed last
    Moment periodBegan_{};
    uint64_t counts_[size_t(Flood::Count)] = {};
    uint64_t completed_ = 0, heads_ = 0, dataIn_ = 0, dataOut_ = 0;  // in this period
};

// Makes the list what sendResponse() or sendRequest() with the same `Wire` writes: for records.
void noteAsSent(RequestHead &, const Wire &how);
void noteAsSent(ResponseHead &, const Wire &how);

}  // namespace sluice::http
