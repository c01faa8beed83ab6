// SPDX-License-Identifier: GPL-3.0-or-later
// A scan over the tags of XML and HTML that copies everything but the content of secret elements and the values of secret attributes.
// It asks for no valid text: what is cut or malformed is scanned too, also within comments and CDATA.
#include "engine/recording/redaction.h"

#include "engine/http/characters.h"

#include <algorithm>
#include <charconv>

namespace sluice::recording {

namespace {

constexpr size_t mostOpen = 64;  // elements whose names are remembered for dotted paths

bool isNameEnd(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' || c == '>' || c == '=' || c == '<';
}

std::string_view local(std::string_view name)
{
    return name.substr(name.rfind(':') + 1);
}

// An entity's text; empty: we do not know it.
std::string entity(std::string_view name)
{
    constexpr std::pair<std::string_view, char> named[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto &[each, c] : named) {
        if (each == name)
            return std::string(1, c);
    }
    const bool hexadecimal = name.starts_with("#x") || name.starts_with("#X");
    unsigned code = 0;
    if (!name.starts_with('#')
        || std::from_chars(name.data() + (hexadecimal ? 2 : 1), name.data() + name.size(), code, hexadecimal ? 16 : 10)
                .ec
            != std::errc()
        || code > 0x10ffff)
        return {};
    return utf8(code);
}

// What an element's content or an attribute says.
std::string xmlText(std::string_view text)
{
    constexpr std::string_view open = "<![CDATA[", close = "]]>";
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    text.remove_suffix(text.size() - (text.find_last_not_of(" \t\r\n") + 1));
    if (text.starts_with(open) && text.ends_with(close))
        return std::string(text.substr(open.size(), text.size() - open.size() - close.size()));
    std::string out;
    for (size_t at = 0; at < text.size(); ++at) {
        const size_t end = text[at] == '&' ? text.find(';', at) : text.npos;
        const std::string known = end == text.npos || end - at > 10 ? "" : entity(text.substr(at + 1, end - at - 1));
        if (known.empty()) {
            out += text[at];
        } else {
            out += known;
            at = end;
        }
    }
    return out;
}

class XmlRedaction {
public:
    XmlRedaction(std::string_view text, const std::vector<std::string> &names, Placeholders &placeholders)
        : text_(text), names_(names), placeholders_(placeholders)
    {}

    void run()
    {
        for (size_t at = text_.find('<'); at < text_.size(); at = text_.find('<', at)) {
            ++at;
            const bool closing = at < text_.size() && text_[at] == '/';
            const size_t begin = at + closing;
            at = endOfName(begin);
            const std::string_view name = local(text_.substr(begin, at - begin));
            if (name.empty() || name[0] == '!' || name[0] == '?')
                continue;
            if (closing)
                close(name);
            else
                at = element(name, at);
        }
    }
    bool changed() const { return kept_ != 0; }
    std::string result()
    {
        out_ += text_.substr(kept_);
        return std::move(out_);
    }

private:
    size_t endOfName(size_t at) const
    {
        while (at < text_.size() && !isNameEnd(text_[at]))
            ++at;
        return at;
    }

    void close(std::string_view name)
    {
        for (size_t i = open_.size(); i-- > 0;) {
            if (open_[i] == name)
                return open_.resize(i);
        }
    }

    // Its attributes, and its content where that is secret; answers where to go on.
    size_t element(std::string_view name, size_t at)
    {
        while (at < text_.size() && text_[at] != '>' && text_[at] != '<') {
            const size_t begin = at, end = endOfName(at);
            if (end == begin) {
                ++at;
                continue;
            }
            at = attribute(local(text_.substr(begin, end - begin)), end);
        }
        if (at >= text_.size() || text_[at] == '<' || text_[at - 1] == '/')
            return at;
        if (!isSecret(name)) {
            if (open_.size() < mostOpen)
                open_.push_back(name);
            return at;
        }
        const size_t end = endOfContent(name, at + 1);
        replace(at + 1, end);
        return end;
    }

    size_t attribute(std::string_view name, size_t at)
    {
        if (at >= text_.size() || text_[at] != '=')
            return at;
        size_t begin = at + 1, end = begin;
        if (begin < text_.size() && (text_[begin] == '"' || text_[begin] == '\'')) {
            ++begin;
            end = std::min(text_.find(text_[begin - 1], begin), text_.size());
        } else {
            while (end < text_.size() && !http::trimBlanks(text_.substr(end, 1)).empty() && text_[end] != '>')
                ++end;
        }
        if (isSecret(name))
            replace(begin, end);
        return std::min(end + (begin > at + 1), text_.size());
    }

    // Where the closing tag of this element begins, those of the same name within it passed over.
    size_t endOfContent(std::string_view name, size_t at) const
    {
        for (size_t depth = 1; (at = text_.find('<', at)) != text_.npos; ++at) {
            const bool closing = text_.substr(at + 1).starts_with('/');
            const size_t begin = at + 1 + closing, end = endOfName(begin);
            if (local(text_.substr(begin, end - begin)) != name)
                continue;
            if (!closing)
                ++depth;
            else if (--depth == 0)
                return at;
        }
        return text_.size();
    }

    void replace(size_t begin, size_t end)
    {
        const std::string_view written = text_.substr(begin, end - begin);
        const std::string secret = xmlText(written);
        if (secret.empty() || isPlaceholder(secret))
            return;
        out_ += text_.substr(kept_, begin - kept_);
        out_ += placeholders_.of(secret, written);
        kept_ = end;
    }

    bool isSecret(std::string_view name) const
    {
        for (const std::string &each : names_) {
            const size_t dot = each.rfind('.');
            if (http::equalsIgnoreCase(std::string_view(each).substr(dot + 1), name)
                && (dot == each.npos || isPath(std::string_view(each).substr(0, dot))))
                return true;
        }
        return false;
    }

    // These are open, in this order: others stand between where an element does not end, and XML's own top one above them all.
    bool isPath(std::string_view dotted) const
    {
        for (size_t i = open_.size(); i-- > 0;) {
            const size_t dot = dotted.rfind('.');
            if (!http::equalsIgnoreCase(dotted.substr(dot + 1), open_[i]))
                continue;
            if (dot == dotted.npos)
                return true;
            dotted = dotted.substr(0, dot);
        }
        return false;
    }

    std::string_view text_;
    const std::vector<std::string> &names_;
    Placeholders &placeholders_;
    std::vector<std::string_view> open_;
    std::string out_;
    size_t kept_ = 0;  // text_ up to there is in out_, or replaced
};

}  // namespace

bool redactXml(std::string &text, const std::vector<std::string> &names, Placeholders &placeholders)
{
    XmlRedaction redaction(text, names, placeholders);
    redaction.run();
    if (redaction.changed())
        text = redaction.result();
    return redaction.changed();
}

}  // namespace sluice::recording
