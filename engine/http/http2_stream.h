// SPDX-License-Identifier: GPL-3.0-or-later
// Http2Stream: one stream of an Http2Session: what came in and was not read yet, and what could not go out yet. Whoever carries
// an exchange derives from it. One thread, that of its session, which must outlive it.
// Bounds: in at most the stream's window (Http2Session::streamWindow), out what one write() left over.
#pragma once

#include "engine/http/http2_fields.h"

#include <string>
#include <string_view>

namespace sluice::http {

class Http2Session;

class Http2Stream {
public:
    Http2Stream() = default;
    virtual ~Http2Stream() = default;
    Http2Stream(const Http2Stream &) = delete;
    Http2Stream &operator=(const Http2Stream &) = delete;

    int32_t id() const { return id_; }  // 0: none yet
    bool closed() const { return closed_; }

    // ---- in
    enum class Step : uint8_t { Data, End, Wait, Failed };
    struct Input {
        Step step = Step::Wait;
        std::string_view data;  // with Data; until the next read()
        bool last = false;      // with Data: End follows
    };
    // What came is given back to the peer's window when the next read() shows that it has gone on.
    Input read();
    bool inputEnded() const { return inEnded_; }
    const HeaderList &trailers() const { return trailers_; }
    const std::string &trouble() const { return trouble_; }
    uint64_t bytesIn() const { return bytesIn_; }
    uint64_t bytesOut() const { return bytesOut_; }

    // ---- out
    bool holds() const { return outAt_ < out_.size() || (outEnd_ && !endSent_); }
    uint64_t held() const { return out_.size() - outAt_; }
    bool outputEnded() const { return outEnd_; }
    bool endSent() const { return endSent_; }

protected:
    friend class Http2Session;
    // Told from within Http2Session::feed() and gather(): only mark and post, call nothing of the session.
    virtual void onHead() = 0;   // section().request(), or response() with 1xx and the final one
    virtual void onInput() = 0;  // content, the end, trailers or a failure
    virtual void onRoom() = 0;   // what was held has gone
    // The stream is over. `reset`: not by both sides' ends; `code`: RFC 9113 section 7. `untouched`: the peer has done nothing.
    virtual void onClosed(bool reset, uint32_t code, bool untouched) = 0;

    Http2Session *session_ = nullptr;
    bool answersHead_ = false;  // of an upstream: the request was HEAD, so a length announces nothing

private:
    int32_t id_ = 0;
    bool headWhole_ = false, inEnded_ = false, failed_ = false, closed_ = false, malformed_ = false;
    bool outEnd_ = false, endSent_ = false, deferred_ = false, hasTrailers_ = false, cutAtEnd_ = false;
    bool tunnel_ = false;
    std::optional<uint64_t> expected_;  // content still to come
    std::string in_, reading_;
    uint64_t handed_ = 0;  // of reading_, not given back to the window yet
    HeaderList trailers_, trailersOut_;
    std::string trouble_;
    std::string_view direct_;  // what is being written, while it is
    std::string out_;
    size_t outAt_ = 0;
    uint64_t bytesIn_ = 0, bytesOut_ = 0;
};

}  // namespace sluice::http
