// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_head.h"

#include "engine/http/characters.h"

#include <algorithm>

namespace sluice::http {

HeadParser::HeadParser(const Limits &limits) : limits_(limits)
{
    // A name's length is kept in 16 bits; and a line past its limit is told from a head past its own.
    limits_.line = std::min({limits_.line, uint32_t(65535), limits_.headBytes > 2 ? limits_.headBytes - 2 : 0});
    places_.reserve(32);
}

void HeadParser::reset()
{
    places_.clear();
    lineStart_ = looked_ = firstLineSize_ = 0;
    host_ = contentLength_ = transferEncoding_ = {};
    close_ = keepAlive_ = expectsContinue_ = false;
    refusal_ = {};
}

Progress HeadParser::refuse(int status, std::string_view what)
{
    refusal_.status = status;
    refusal_.what = what;
    return Progress::Refused;
}

// The limits hold for a line that is not whole exactly as for the same line once it is: the result must not depend on
// how the bytes are cut.
Progress HeadParser::wholeLine(std::string_view in, int statusWhenLong, size_t &lf)
{
    lf = in.find('\n', std::max(looked_, lineStart_));
    const bool whole = lf != in.npos;
    const size_t end = whole ? lf : in.size();
    if (end - lineStart_ > size_t(limits_.line) + 1)
        return refuse(statusWhenLong,
                      statusWhenLong == 414 ? "The request line is longer than is taken"
                                            : "The head is larger than is taken");
    if (end >= limits_.headBytes)
        return refuse(431, "The head is larger than is taken");
    looked_ = end;
    return whole ? Progress::Ready : Progress::NeedMore;
}

Progress HeadParser::readFirstLine(std::string_view in, int statusWhenLong)
{
    size_t lf = 0;
    if (const Progress p = wholeLine(in, statusWhenLong, lf); p != Progress::Ready)
        return p;
    if (lf == 0 || in[lf - 1] != '\r')
        return refuse(400, "A line ends without CR");
    firstLineSize_ = lf - 1;
    lineStart_ = lf + 1;
    return Progress::Ready;
}

Progress HeadParser::readFields(std::string_view in)
{
    for (;;) {
        size_t lf = 0;
        // Part of this line was looked at before: parse it only once it is whole, lest slow bytes cost quadratic time.
        if (looked_ > lineStart_) {
            if (const Progress p = wholeLine(in, 431, lf); p != Progress::Ready)
                return p;
        }
        size_t end = 0;
        if (in.size() - lineStart_ >= 2 && in[lineStart_] == '\r' && in[lineStart_ + 1] == '\n') {
            lineStart_ += 2;
            return lineStart_ > limits_.headBytes ? refuse(431, "The head is larger than is taken") : Progress::Ready;
        }
        const char *const wrong = fieldLine(in, end);
        if (wrong) [[unlikely]] {
            if (const Progress p = wholeLine(in, 431, lf); p != Progress::Ready)
                return p;
            return refuse(400, wrong);
        }
        if (end - lineStart_ > size_t(limits_.line) + 2 || end > limits_.headBytes)
            return refuse(431, "The head is larger than is taken");
        if (places_.size() > limits_.headerCount)
            return refuse(431, "There are more fields than are taken");
        if (mayNote(places_.back().nameLength))
            note(in, places_.back());
        lineStart_ = end;
    }
}

// field-line = field-name ":" OWS field-value OWS (RFC 9112 section 5). May run into the end of `in`.
const char *HeadParser::fieldLine(std::string_view in, size_t &end)
{
    const size_t nameAt = lineStart_;
    size_t at = nameAt + tokenRun(in, nameAt);
    const size_t nameEnd = at;
    if (at == in.size())
        return "A field line does not end";
    if (in[at] != ':' || at == nameAt) {
        if (at == nameAt && isBlank(in[at]))
            return "A field line begins with white space (obsolete line folding)";
        return isBlank(in[at]) ? "White space stands before the colon of a field" : "A field name is malformed";
    }
    do {
        ++at;
    } while (at < in.size() && isBlank(in[at]));
    const size_t valueAt = at;
    const bool oneSpace = at == nameEnd + 2 && in[at - 1] == ' ';
    for (;;) {
        at += plainRun(in, at);
        if (at == in.size())
            return "A field line does not end";
        if (in[at] == '\r')
            break;
        if (in[at] != '\t')
            return in[at] == '\n' ? "A line ends without CR" : "A field value holds a control character";
        ++at;
    }
    if (at + 1 == in.size() || in[at + 1] != '\n')
        return "A CR stands alone";
    end = at + 2;
    while (at > valueAt && isBlank(in[at - 1]))
        --at;
    const bool asWritten = oneSpace && at + 2 == end;
    // A line past its limit is refused by the caller before the truncated length could matter.
    places_.push(uint32_t(nameAt), uint32_t(valueAt), uint32_t(at - valueAt), uint16_t(nameEnd - nameAt), true,
                 asWritten);
    return nullptr;
}

// Is a name of this length one that note() knows?
bool HeadParser::mayNote(size_t nameLength)
{
    constexpr uint32_t lengths = 1 << 4 | 1 << 6 | 1 << 10 | 1 << 14 | 1 << 17;
    return nameLength <= 17 && (lengths >> nameLength & 1);
}

void HeadParser::noteOne(Seen &seen, const HeaderList::Place &place)
{
    if (seen.count++ == 0) {
        seen.at = place.value;
        seen.size = place.valueLength;
    }
}

void HeadParser::note(std::string_view in, const HeaderList::Place &place)
{
    const std::string_view name(in.data() + place.name, place.nameLength);
    const auto value = [&] { return std::string_view(in.data() + place.value, place.valueLength); };
    switch (name.size()) {
    case 4:
        if (equalsIgnoreCase(name, "host"))
            noteOne(host_, place);
        break;
    case 6:
        if (lowerChar(name[0]) == 'e' && equalsIgnoreCase(name, "expect") && equalsIgnoreCase(value(), "100-continue"))
            expectsContinue_ = true;
        break;
    case 10:
        if (lowerChar(name[0]) != 'c' || !equalsIgnoreCase(name, "connection"))
            break;
        for (std::string_view rest = value(); !rest.empty();) {
            const size_t comma = std::min(rest.find(','), rest.size());
            const std::string_view option = trimBlanks(rest.substr(0, comma));
            close_ |= equalsIgnoreCase(option, "close");
            keepAlive_ |= equalsIgnoreCase(option, "keep-alive");
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
        break;
    case 14:
        if (equalsIgnoreCase(name, "content-length"))
            noteOne(contentLength_, place);
        break;
    case 17:
        if (equalsIgnoreCase(name, "transfer-encoding"))
            noteOne(transferEncoding_, place);
        break;
    }
}

void HeadParser::fill(HeaderList &list, std::string_view in) const
{
    list.addBlock(in.substr(0, lineStart_), {places_.data(), places_.size()});
}

bool parseContentLength(std::string_view text, uint64_t &length)
{
    if (text.empty() || text.size() > 19)
        return false;
    length = 0;
    for (char c : text) {
        if (!isDigit(c))
            return false;
        length = length * 10 + unsigned(c - '0');  // 19 digits fit in 64 bits
    }
    return length <= uint64_t(INT64_MAX);
}

int parseVersion(std::string_view text, Version &version)
{
    if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !isDigit(text[5]) || text[6] != '.' || !isDigit(text[7]))
        return 400;
    if (text[5] != '1' || text[7] > '1')
        return 505;
    version = text[7] == '1' ? Version::Http11 : Version::Http10;
    return 0;
}

Coding parseTransferEncoding(std::string_view value)
{
    if (equalsIgnoreCase(value, "chunked"))
        return Coding::Chunked;
    for (;;) {
        const size_t comma = value.find(',');
        const std::string_view one = trimBlanks(value.substr(0, comma));
        const bool chunked = equalsIgnoreCase(one, "chunked");
        if (comma == value.npos)
            return chunked ? Coding::UnknownThenChunked : Coding::Wrong;
        if (chunked || !isToken(one.substr(0, one.find(';'))))
            return Coding::Wrong;
        value.remove_prefix(comma + 1);
    }
}

}  // namespace sluice::http
