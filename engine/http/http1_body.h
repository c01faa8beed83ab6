// SPDX-License-Identifier: GPL-3.0-or-later
// BodyReader: the content of one HTTP/1 message by its framing (RFC 9112 sections 6, 7). Hands out views, copies
// nothing.
// Used by the readers only; for the rules of feeding see http1_reader.h.
#pragma once

#include "engine/http/headers.h"
#include "engine/http/http1_head.h"
#include "engine/http/limits.h"
#include "engine/http/message.h"

#include <string_view>

namespace sluice::http {

// Fields that a trailer must not carry (RFC 9110 section 6.5.1): routing, authentication, controls, how to read content. Whatever
// the case; the same for HTTP/2.
bool forbiddenTrailer(std::string_view name);

class BodyReader {
public:
    explicit BodyReader(const Limits &limits);
    void begin(const Framing &framing);

    enum class Step : uint8_t { NeedMore, Data, End, Refused };
    // `consumed` is added to. Data: data() looks into `in` and is not empty.
    Step read(std::string_view in, size_t &consumed);
    bool atEnd() const { return state_ == State::End; }  // what follows is not of this body
    std::string_view data() const { return data_; }
    HeaderList &trailers() { return trailers_; }
    const Refusal &refusal() const { return refusal_; }

private:
    enum class State : uint8_t { Length, UntilClose, ChunkLine, ChunkData, ChunkEnd, Trailers, End, Refused };
    // Each: true, go on with the next state; false, `step` is the answer.
    bool sized(std::string_view in, size_t &consumed, Step &step);
    bool chunkLine(std::string_view in, size_t &consumed, Step &step);
    bool chunkEnd(std::string_view in, size_t &consumed, Step &step);
    bool trailerFields(std::string_view in, size_t &consumed, Step &step);
    bool refuse(int status, std::string_view what, Step &step);

    Limits limits_;
    State state_ = State::End;
    uint64_t left_ = 0;  // of the body, or of the chunk
    size_t looked_ = 0;  // bytes of an unfinished chunk line that hold no LF
    uint64_t extensionBytes_ = 0;
    HeadParser fields_;  // of the trailers
    std::string_view data_;
    HeaderList trailers_;
    Refusal refusal_;
};

}  // namespace sluice::http
