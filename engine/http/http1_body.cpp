// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_body.h"

#include "engine/http/characters.h"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

Limits ofTrailers(Limits limits)
{
    limits.headBytes = std::min(limits.trailerBytes, limits.headBytes);
    return limits;
}

size_t skipBlanks(std::string_view text, size_t at)
{
    while (at < text.size() && isBlank(text[at]))
        ++at;
    return at;
}

size_t skipToken(std::string_view text, size_t at)
{
    while (at < text.size() && is(kTokenChar, text[at]))
        ++at;
    return at;
}

// One past the closing quote, or npos.
size_t skipQuoted(std::string_view text, size_t at)
{
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && ++at == text.size())
            return text.npos;
        if (!is(kTextChar, text[at]))
            return text.npos;
    }
    return at < text.size() ? at + 1 : text.npos;
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ) (RFC 9112 section 7.1.1)
bool validExtensions(std::string_view text)
{
    size_t at = 0;
    while (at < text.size()) {
        at = skipBlanks(text, at);
        if (at == text.size() || text[at] != ';')
            return false;
        const size_t name = skipBlanks(text, at + 1);
        at = skipToken(text, name);
        if (at == name)
            return false;
        const size_t equals = skipBlanks(text, at);
        if (equals == text.size() || text[equals] != '=')
            continue;
        const size_t value = skipBlanks(text, equals + 1);
        at = value < text.size() && text[value] == '"' ? skipQuoted(text, value) : skipToken(text, value);
        if (at == text.npos || at == value)
            return false;
    }
    return true;
}

}  // namespace

bool forbiddenTrailer(std::string_view name)
{
    constexpr std::array<std::string_view, 41> names{"age",
                                                     "authorization",
                                                     "cache-control",
                                                     "connection",
                                                     "content-encoding",
                                                     "content-range",
                                                     "content-type",
                                                     "cookie",
                                                     "date",
                                                     "expect",
                                                     "expires",
                                                     "forwarded",
                                                     "if-match",
                                                     "if-modified-since",
                                                     "if-none-match",
                                                     "if-range",
                                                     "if-unmodified-since",
                                                     "keep-alive",
                                                     "location",
                                                     "max-forwards",
                                                     "pragma",
                                                     "proxy-authenticate",
                                                     "proxy-authorization",
                                                     "proxy-connection",
                                                     "range",
                                                     "retry-after",
                                                     "set-cookie",
                                                     "te",
                                                     "trailer",
                                                     "upgrade",
                                                     "vary",
                                                     "via",
                                                     "warning",
                                                     "www-authenticate",
                                                     "x-forwarded-for",
                                                     "x-forwarded-host",
                                                     "x-forwarded-proto",
                                                     "x-real-ip",
                                                     "x-request-id",
                                                     "x-user-id",
                                                     "x-user-roles"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return equalsIgnoreCase(n, name); });
}

BodyReader::BodyReader(const Limits &limits) : limits_(limits), fields_(ofTrailers(limits)) {}

void BodyReader::begin(const Framing &framing)
{
    left_ = framing.length;
    looked_ = 0;
    extensionBytes_ = 0;
    data_ = {};
    trailers_.clear();
    switch (framing.kind) {
    case Framing::Kind::None: state_ = State::End; break;
    case Framing::Kind::Length: state_ = State::Length; break;
    case Framing::Kind::Chunked: state_ = State::ChunkLine; break;
    case Framing::Kind::UntilClose: state_ = State::UntilClose; break;
    }
}

BodyReader::Step BodyReader::read(std::string_view in, size_t &consumed)
{
    data_ = {};
    Step step = Step::NeedMore;
    for (;;) {
        switch (state_) {
        case State::Length:
        case State::ChunkData:
        case State::UntilClose:
            if (!sized(in, consumed, step))
                return step;
            break;
        case State::ChunkLine:
            if (!chunkLine(in, consumed, step))
                return step;
            break;
        case State::ChunkEnd:
            if (!chunkEnd(in, consumed, step))
                return step;
            break;
        case State::Trailers:
            if (!trailerFields(in, consumed, step))
                return step;
            break;
        case State::End: return Step::End;
        case State::Refused: return Step::Refused;
        }
    }
}

bool BodyReader::refuse(int status, std::string_view what, Step &step)
{
    refusal_.status = status;
    refusal_.what = what;
    state_ = State::Refused;
    step = Step::Refused;
    return false;
}

bool BodyReader::sized(std::string_view in, size_t &consumed, Step &step)
{
    data_ = in.substr(consumed);
    if (state_ != State::UntilClose) {
        data_ = data_.substr(0, size_t(std::min<uint64_t>(data_.size(), left_)));
        left_ -= data_.size();
        if (left_ == 0)
            state_ = state_ == State::Length ? State::End : State::ChunkEnd;
    }
    consumed += data_.size();
    step = data_.empty() ? Step::NeedMore : Step::Data;
    return false;
}

// chunk-size [ chunk-ext ] CRLF (RFC 9112 section 7.1). No sign, no "0x", no "_", no space but before an extension.
bool BodyReader::chunkLine(std::string_view in, size_t &consumed, Step &step)
{
    const std::string_view rest = in.substr(consumed);
    const size_t lf = rest.find('\n', looked_);
    looked_ = std::min(lf, rest.size());
    if (looked_ > size_t(limits_.chunkLine) + 1)
        return refuse(400, "The line of a chunk's size is longer than is taken", step);
    if (lf == rest.npos) {
        step = Step::NeedMore;
        return false;
    }
    if (lf == 0 || rest[lf - 1] != '\r')
        return refuse(400, "The line of a chunk's size ends without CR", step);
    const std::string_view line = rest.substr(0, lf - 1);
    size_t digits = 0;
    uint64_t size = 0;
    while (digits < line.size() && digits < 17 && is(kHexDigit, line[digits]))
        size = size << 4 | hexValue(line[digits++]);
    if (digits == 0 || digits > 16 || size > uint64_t(INT64_MAX) || !validExtensions(line.substr(digits)))
        return refuse(400, "The size of a chunk is malformed", step);
    extensionBytes_ += line.size() - digits;
    if (extensionBytes_ > limits_.trailerBytes)
        return refuse(400, "The extensions of the chunks are larger than is taken", step);
    consumed += lf + 1;
    looked_ = 0;
    left_ = size;
    state_ = size ? State::ChunkData : State::Trailers;
    if (size == 0)
        fields_.reset();
    return true;
}

bool BodyReader::chunkEnd(std::string_view in, size_t &consumed, Step &step)
{
    const std::string_view rest = in.substr(consumed);
    if ((!rest.empty() && rest[0] != '\r') || (rest.size() > 1 && rest[1] != '\n'))
        return refuse(400, "A chunk is not followed by CRLF", step);
    if (rest.size() < 2) {
        step = Step::NeedMore;
        return false;
    }
    consumed += 2;
    state_ = State::ChunkLine;
    return true;
}

bool BodyReader::trailerFields(std::string_view in, size_t &consumed, Step &step)
{
    const std::string_view rest = in.substr(consumed);
    switch (fields_.readFields(rest)) {
    case Progress::NeedMore: step = Step::NeedMore; return false;
    case Progress::Refused: return refuse(400, "Trailers: " + fields_.refusal().what, step);
    case Progress::Ready: break;
    }
    if (fields_.contentLengths() || fields_.transferEncodings() || fields_.hosts())
        return refuse(400, "A trailer would frame or route the message", step);
    fields_.fill(trailers_, rest);
    for (size_t i = trailers_.size(); i-- > 0;) {
        if (forbiddenTrailer(trailers_[i].name))
            trailers_.removeAt(i);
    }
    consumed += fields_.size();
    state_ = State::End;
    return true;
}

}  // namespace sluice::http
