// SPDX-License-Identifier: GPL-3.0-or-later
// A scan over JSON's tokens that copies everything but the values of secret keys. It does not ask whether the text is valid: what
// is cut, malformed or no JSON at all is scanned too, then by the last key of a name alone.
#include "engine/base/json.h"
#include "engine/recording/redaction.h"

namespace sluice::recording {

namespace {

constexpr size_t mostDepth = 64;
constexpr int mostWithin = 4;  // JSON in a text of JSON in a text …

bool redactWithin(std::string &text, const std::vector<std::string> &names, Placeholders &placeholders, int within);

bool isLineEnd(char c)
{
    return c == '\n' || c == '\r';
}
bool isBlank(char c)
{
    return c == ' ' || c == '\t' || isLineEnd(c);
}

class JsonRedaction {
public:
    JsonRedaction(std::string_view text, const std::vector<std::string> &names, Placeholders &placeholders,
                  bool conservative, int within)
        : text_(text), names_(names), placeholders_(placeholders), conservative_(conservative), within_(within)
    {}

    // False: the nesting makes no sense, so paths do not either.
    bool run()
    {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                takeString();
                continue;
            }
            if (c == '{' || c == '[')
                open(c);
            else if ((c == '}' || c == ']') && !close(c) && !conservative_)
                return false;
            ++at_;
        }
        return true;
    }
    bool changed() const { return kept_ != 0; }
    std::string result()
    {
        out_ += text_.substr(kept_);
        return std::move(out_);
    }

private:
    struct Level {
        char opened;
        std::string key;  // of the member that is being read
    };

    void open(char c)
    {
        if (levels_.size() >= mostDepth)
            conservative_ = true;
        else
            levels_.push_back({c, {}});
    }

    bool close(char c)
    {
        if (levels_.empty() || levels_.back().opened != (c == '}' ? '{' : '['))
            return false;
        levels_.pop_back();
        return true;
    }

    // Past the closing quote, or where the text is cut off within it. No JSON string goes over the end of a line: an odd quote in
    // an event stream must not turn what is text and what is not upside down for all that follows.
    size_t endOfString(size_t at) const
    {
        for (++at; at < text_.size(); ++at) {
            if (text_[at] == '\\' && at + 1 < text_.size() && !isLineEnd(text_[at + 1]))
                ++at;
            else if (text_[at] == '"')
                return at + 1;
            else if (isLineEnd(text_[at]))
                return at;
        }
        return text_.size();
    }
    bool closed(size_t begin, size_t end) const { return end - begin >= 2 && text_[end - 1] == '"'; }

    size_t skipBlanks(size_t at) const
    {
        constexpr std::string_view data = "data:";  // an event may go on in another line
        while (at < text_.size() && isBlank(text_[at])) {
            if (isLineEnd(text_[at++]) && text_.substr(at).starts_with(data))
                at += data.size();
        }
        return at;
    }

    void takeString()
    {
        const size_t end = endOfString(at_);
        const size_t colon = skipBlanks(end);
        if (colon >= text_.size() || text_[colon] != ':' || !closed(at_, end)) {
            lookWithin(at_, end);
            at_ = end;
            return;
        }
        std::string key = jsonUnescaped(text_.substr(at_ + 1, end - at_ - 2));
        const bool secret = isSecret(key);
        if (!levels_.empty())
            levels_.back().key = std::move(key);
        at_ = colon + 1;
        if (secret)
            replaceValue();
    }

    // A text may be JSON itself, as messages in queues and logs are.
    void lookWithin(size_t begin, size_t end)
    {
        const size_t size = end - begin - (closed(begin, end) ? 2 : 1);
        const std::string_view inner = text_.substr(begin + 1, size);
        if (inner.find("\\\"") == inner.npos && inner.find("\\u0022") == inner.npos)
            return;
        std::string plain = jsonUnescaped(inner);
        if (!redactWithin(plain, names_, placeholders_, within_ + 1))
            return;
        out_ += text_.substr(kept_, begin - kept_);
        appendJson(out_, plain);
        kept_ = end;
    }

    bool isSecret(const std::string &key) const
    {
        for (const std::string &name : names_) {
            const size_t dot = name.rfind('.');
            if (http::equalsIgnoreCase(name, key))
                return true;
            if (dot == name.npos || !http::equalsIgnoreCase(std::string_view(name).substr(dot + 1), key))
                continue;
            if (conservative_ || isPath(std::string_view(name).substr(0, dot)))
                return true;
        }
        return false;
    }

    // The keys above the present member are these, arrays not counted.
    bool isPath(std::string_view dotted) const
    {
        std::string path;
        for (size_t i = 0; i + 1 < levels_.size(); ++i) {
            if (levels_[i].opened != '{')
                continue;
            if (!path.empty())
                path += '.';
            path += levels_[i].key;
        }
        return http::equalsIgnoreCase(path, dotted);
    }

    size_t endOfNested(size_t at) const
    {
        for (size_t depth = 0; at < text_.size();) {
            const char c = text_[at];
            if (c == '"') {
                at = endOfString(at);
                continue;
            }
            ++at;
            if (c == '{' || c == '[')
                ++depth;
            else if ((c == '}' || c == ']') && --depth == 0)
                return at;
        }
        return text_.size();
    }

    void replaceValue()
    {
        const size_t from = skipBlanks(at_);
        if (from >= text_.size())
            return;
        size_t end = from;
        std::string_view secret;
        const bool isString = text_[from] == '"';
        if (isString) {
            end = endOfString(from);
            secret = text_.substr(from + 1, end - from - (closed(from, end) ? 2 : 1));
        } else if (text_[from] == '{' || text_[from] == '[') {
            end = endOfNested(from);
            secret = text_.substr(from, end - from);
        } else {
            while (end < text_.size() && !isBlank(text_[end]) && text_[end] != ',' && text_[end] != '}'
                   && text_[end] != ']')
                ++end;
            secret = text_.substr(from, end - from);
        }
        at_ = end;
        if (secret.empty() || secret == "null")
            return;
        out_ += text_.substr(kept_, from - kept_);
        out_ += '"';
        out_ += isString ? placeholders_.of(jsonUnescaped(secret), secret) : placeholders_.ofJson(secret);
        out_ += '"';
        kept_ = end;
    }

    std::string_view text_;
    const std::vector<std::string> &names_;
    Placeholders &placeholders_;
    bool conservative_;
    int within_;
    std::vector<Level> levels_;
    std::string out_;
    size_t at_ = 0, kept_ = 0;  // text_ up to kept_ is in out_, or replaced
};

bool redactWithin(std::string &text, const std::vector<std::string> &names, Placeholders &placeholders, int within)
{
    if (within > mostWithin)
        return false;
    for (const bool conservative : {false, true}) {
        JsonRedaction redaction(text, names, placeholders, conservative, within);
        if (!redaction.run() && !conservative)
            continue;
        if (redaction.changed())
            text = redaction.result();
        return redaction.changed();
    }
    return false;
}

}  // namespace

bool redactJson(std::string &text, const std::vector<std::string> &names, Placeholders &placeholders)
{
    return redactWithin(text, names, placeholders, 0);
}

}  // namespace sluice::recording
