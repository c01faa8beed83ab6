// SPDX-License-Identifier: GPL-3.0-or-later
// HeadParser: the part of a head that requests and responses share. Lines, fields, and the facts that decide framing
// (RFC 9112 sections 2.2, 5, 6). Used by the readers only; for the rules of feeding see http1_reader.h.
#pragma once

#include "engine/http/headers.h"
#include "engine/http/limits.h"
#include "engine/http/message.h"

#include <string_view>

namespace sluice::http {

enum class Progress : uint8_t { NeedMore, Ready, Refused };

class HeadParser {
public:
    explicit HeadParser(const Limits &limits);
    void reset();

    // `in` begins with the head, in each call with at least what it had in the call before.
    // Ready: firstLine() is there, without its CRLF. The status is that of a first line past Limits::line.
    Progress readFirstLine(std::string_view in, int statusWhenLong);
    std::string_view firstLine(std::string_view in) const { return in.substr(0, firstLineSize_); }
    // Call after Ready of the above. Ready: the empty line is read, size() and the facts are there.
    Progress readFields(std::string_view in);
    size_t size() const { return lineStart_; }
    void fill(HeaderList &list, std::string_view in) const;

    // What the fields said; valid for the `in` of the call that answered Ready.
    size_t hosts() const { return host_.count; }
    std::string_view host(std::string_view in) const { return in.substr(host_.at, host_.size); }
    size_t contentLengths() const { return contentLength_.count; }
    std::string_view contentLength(std::string_view in) const
    {
        return in.substr(contentLength_.at, contentLength_.size);
    }
    size_t transferEncodings() const { return transferEncoding_.count; }
    std::string_view transferEncoding(std::string_view in) const
    {
        return in.substr(transferEncoding_.at, transferEncoding_.size);
    }
    bool close() const { return close_; }
    bool keepAlive() const { return keepAlive_; }
    bool expectsContinue() const { return expectsContinue_; }

    const Refusal &refusal() const { return refusal_; }

private:
    struct Seen {
        size_t at = 0, size = 0, count = 0;  // of the first; how many there were
    };
    // Ready: a whole line stands at lineStart_, with its LF at `lf`. Looks at no byte twice.
    Progress wholeLine(std::string_view in, int statusWhenLong, size_t &lf);
    // nullptr: a field was read and `end` is one past its LF. Else what is wrong, if the line is whole at all.
    const char *fieldLine(std::string_view in, size_t &end);
    static bool mayNote(size_t nameLength);
    void note(std::string_view in, const HeaderList::Place &place);
    static void noteOne(Seen &seen, const HeaderList::Place &place);
    Progress refuse(int status, std::string_view what);

    Limits limits_;
    PlainList<HeaderList::Place> places_;
    size_t lineStart_ = 0;
    size_t looked_ = 0;
    size_t firstLineSize_ = 0;
    Seen host_, contentLength_, transferEncoding_;
    bool close_ = false, keepAlive_ = false, expectsContinue_ = false;
    Refusal refusal_;
};

// 1*DIGIT up to 2^63 - 1, nothing else (RFC 9110 section 8.6); false: malformed.
bool parseContentLength(std::string_view text, uint64_t &length);

// "HTTP/" DIGIT "." DIGIT (RFC 9112 section 2.3). 0: it is 1.0 or 1.1; else the status to refuse with, 400 or 505.
int parseVersion(std::string_view text, Version &version);

enum class Coding : uint8_t { Chunked, UnknownThenChunked, Wrong };
// The value of a single Transfer-Encoding line (RFC 9112 sections 6.1, 7).
Coding parseTransferEncoding(std::string_view value);

}  // namespace sluice::http
