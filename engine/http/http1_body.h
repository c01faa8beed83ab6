// SPDX-License-Identifier: GPL-3.0-or-later
// BodyReader: the content of one HTTP/1 message by its framing (RFC 9112 sections 6, 7). Hands out views, copies nothing.
// Used by the readers only; for the rules of feeding see http1_reader.h.
#pragma once

#include "engine/http/headers.h"
#include "engine/http/limits.h"
#include "engine/http/message.h"

#include <string_view>

namespace sluice::http {

class BodyReader {
public:
    explicit BodyReader(const Limits &limits) : limits_(limits) { }
    void begin(const Framing &framing);

    enum class Step : uint8_t { NeedMore, Data, End, Refused };
    // `consumed` is added to. Data: data() looks into `in` and is not empty.
    Step read(std::string_view in, size_t &consumed);
    std::string_view data() const { return data_; }
    HeaderList &trailers() { return trailers_; }
    const Refusal &refusal() const { return refusal_; }

private:
    enum class State : uint8_t { Length, UntilClose, ChunkLine, ChunkData, ChunkEnd, Trailers, End, Refused };
    Step sized(std::string_view in, size_t &consumed, State after);
    // True: go on with the next state. False: `step` is the answer.
    bool chunkLine(std::string_view in, size_t &consumed, Step &step);
    bool chunkEnd(std::string_view in, size_t &consumed, Step &step);
    bool trailerLine(std::string_view in, size_t &consumed, Step &step);
    // The next line of `in` past `consumed` without its CRLF; false: not whole yet, too long or no CRLF.
    bool takeLine(std::string_view in, size_t &consumed, size_t most, int statusWhenLong, std::string_view &line,
                  Step &step);
    Step refuse(int status, std::string_view what);

    Limits limits_;
    State state_ = State::End;
    uint64_t left_ = 0;                 // of the body, or of the chunk
    size_t looked_ = 0;                 // bytes of an unfinished line that hold no LF
    size_t trailerBytes_ = 0;
    std::string_view data_;
    HeaderList trailers_;
    Refusal refusal_;
};

}  // namespace sluice::http
