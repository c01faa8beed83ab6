// SPDX-License-Identifier: GPL-3.0-or-later
// Content<Reader>: pulls an HTTP/1 message's content out of a wire. One step is looked ahead in what is there already, so that
// the last chunk can say that it is the last, and travel on in one send with the end of the message.
#pragma once

#include "engine/http/http1_reader.h"
#include "engine/journey/streams.h"
#include "engine/net/wire.h"

namespace sluice::net {

template<class Reader>
class Content {
public:
    Content(Reader &reader, Wire &wire) : reader_(reader), wire_(wire) {}

    void begin()
    {
        next_ = journey::Chunk();
        ahead_ = ended_ = false;
    }
    bool ended() const { return ended_; }
    const std::string &trouble() const { return trouble_; }

    journey::Chunk read()
    {
        using Kind = journey::Chunk::Kind;
        journey::Chunk chunk = ahead_ ? std::exchange(next_, {}) : step();
        ahead_ = false;
        while (chunk.kind == Kind::Wait) {
            const Wire::Fill fill = wire_.fill();
            if (fill == Wire::Fill::More) {
                chunk = step();
                continue;
            }
            if (fill == Wire::Fill::Nothing) {
                wire_.acknowledge();
                wire_.releaseInput();
                return chunk;
            }
            chunk = atEnd(fill);
        }
        if (chunk.kind == Kind::Data) {
            next_ = step();
            ahead_ = next_.kind != Kind::Wait;
            chunk.last = next_.kind == Kind::End;
        } else if (chunk.kind == Kind::End) {
            ended_ = true;
            wire_.releaseInput();
        }
        return chunk;
    }

private:
    // What the bytes at hand say; Wait: they say nothing yet.
    journey::Chunk step()
    {
        using Kind = journey::Chunk::Kind;
        size_t consumed = 0;
        const http::Step step = reader_.read(wire_.input(), consumed);
        wire_.consume(consumed);
        switch (step) {
        case http::Step::Body: return {Kind::Data, reader_.data()};
        case http::Step::End: ended_ = true; return {Kind::End, {}};
        case http::Step::NeedMore: return {Kind::Wait, {}};
        default: trouble_ = reader_.refusal().what; return {Kind::Failed, {}};
        }
    }

    journey::Chunk atEnd(Wire::Fill fill)
    {
        using Kind = journey::Chunk::Kind;
        if constexpr (requires { reader_.endOfStream(); }) {
            if (fill == Wire::Fill::End && reader_.endOfStream() == http::Step::End)
                return {Kind::End, {}};
        }
        trouble_ = fill == Wire::Fill::End ? "the connection was closed before the end" : wire_.trouble();
        return {Kind::Failed, {}};
    }

    Reader &reader_;
    Wire &wire_;
    journey::Chunk next_;
    bool ahead_ = false, ended_ = false;
    std::string trouble_;
};

// Content to be written, framed. Pieces of one send: what was held back, framing, data, framing.
class Framer {
public:
    void begin(http::Framing framing)
    {
        framing_ = framing;
        written_ = 0;
        done_ = false;
    }
    struct Behind {
        std::string_view text;
        TextBlock storage;  // of one that has trailers in it
    };
    // The text before and behind the data. False: more than was announced, or less at the end.
    bool frame(std::string_view data, bool last, const http::HeaderList *trailers, TextBlock &before, Behind &behind);
    bool done() const { return done_; }
    const http::Framing &framing() const { return framing_; }

private:
    http::Framing framing_;
    uint64_t written_ = 0;
    bool done_ = false;
};

// Sends held-back text and framed content in one call.
journey::Sent sendFramed(Wire &wire, TextBlock &head, Framer &framer, std::string_view data, bool last,
                         const http::HeaderList *trailers);
journey::Sent toSent(Wire::Send send);
// The same two for a tunnel: bytes as they are; `last` closes our half.
journey::Chunk readRaw(Wire &wire, std::string &trouble);
journey::Sent writeRaw(Wire &wire, std::string_view data, bool last);

}  // namespace sluice::net
