// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a multipart content (RFC 2046 section 5.1, RFC 7578).
#include "engine/recording/redaction.h"

#include "engine/http/characters.h"

#include <algorithm>

namespace sluice::recording {

namespace {

// The value of a parameter as in `form-data; name="x"`; nothing: it is not there, or its quote does not end.
std::optional<std::string> parameter(std::string_view value, std::string_view name)
{
    size_t at = std::min(value.find(';'), value.size());
    while (at < value.size()) {
        const size_t equals = value.find('=', at + 1);
        if (equals == value.npos)
            return std::nullopt;
        const std::string_view found = http::trimBlanks(value.substr(at + 1, equals - at - 1));
        std::string text;
        size_t end = equals + 1;
        while (end < value.size() && (value[end] == ' ' || value[end] == '\t'))
            ++end;
        if (end < value.size() && value[end] == '"') {
            for (++end; end < value.size() && value[end] != '"'; ++end) {
                end += value[end] == '\\' && end + 1 < value.size();
                text += value[end];
            }
            if (end == value.size())
                return std::nullopt;
        } else {
            text = http::trimBlanks(value.substr(end, value.find(';', end) - end));
        }
        if (http::equalsIgnoreCase(found, name))
            return text;
        at = std::min(value.find(';', end), value.size());
    }
    return std::nullopt;
}

// A field of a part's head.
std::string_view fieldOf(std::string_view head, std::string_view name)
{
    while (!head.empty()) {
        const size_t end = std::min(head.find('\n'), head.size());
        const std::string_view line = head.substr(0, end);
        const size_t colon = line.find(':');
        if (colon != line.npos && http::equalsIgnoreCase(http::trimBlanks(line.substr(0, colon)), name)) {
            std::string_view value = line.substr(colon + 1);
            if (value.ends_with('\r'))
                value.remove_suffix(1);
            return http::trimBlanks(value);
        }
        head.remove_prefix(std::min(end + 1, head.size()));
    }
    return {};
}

// Where a line begins with `delimiter`; npos: nowhere.
size_t findDelimiter(std::string_view text, std::string_view delimiter, size_t from)
{
    size_t at = text.find(delimiter, from);
    while (at != text.npos && at > 0 && text[at - 1] != '\n')
        at = text.find(delimiter, at + 1);
    return at;
}

// Behind the empty line that ends a head; npos: the head does not end.
size_t endOfHead(std::string_view part)
{
    const size_t strict = part.find("\r\n\r\n"), bare = part.find("\n\n");
    if (strict < bare)
        return strict + 4;
    return bare == part.npos ? bare : bare + 2;
}

}  // namespace

bool isMultipart(std::string_view type)
{
    constexpr std::string_view begin = "multipart/";
    return http::equalsIgnoreCase(type.substr(0, begin.size()), begin);
}

std::optional<bool> redactMultipart(std::string &text, std::string_view type, const RedactPart &redactPart)
{
    const std::optional<std::string> boundary = parameter(type, "boundary");
    if (!boundary || boundary->empty())
        return std::nullopt;
    const std::string delimiter = "--" + *boundary;
    const std::string_view all = text;
    size_t at = findDelimiter(all, delimiter, 0);
    if (at == all.npos)
        return std::nullopt;
    std::string out;
    size_t kept = 0;
    while (at != all.npos) {
        const size_t begin = std::min(all.find('\n', at), all.size() - 1) + 1;
        const size_t next = findDelimiter(all, delimiter, begin);
        std::string_view part = all.substr(begin, next == all.npos ? next : next - begin);
        if (next != all.npos && part.ends_with('\n'))  // the delimiter's own line end
            part.remove_suffix(part.ends_with("\r\n") ? 2 : 1);
        at = next;
        const size_t head = endOfHead(part);
        if (head == part.npos)
            continue;
        const std::string_view fields = part.substr(0, head);
        std::string content(part.substr(head));
        const std::string name = parameter(fieldOf(fields, "Content-Disposition"), "name").value_or("");
        if (!redactPart(content, name, fieldOf(fields, "Content-Type")))
            continue;
        out += all.substr(kept, begin + head - kept);
        out += content;
        kept = begin + part.size();
    }
    if (kept == 0)
        return false;
    out += all.substr(kept);
    text = std::move(out);
    return true;
}

}  // namespace sluice::recording
