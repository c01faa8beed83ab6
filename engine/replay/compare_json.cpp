// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/compare_body.h"
#include "engine/replay/json_value.h"
#include "engine/replay/volatile_text.h"

#include <algorithm>
#include <unordered_map>

namespace sluice::replay {

namespace {

constexpr size_t mostBytes = size_t(16) << 20;
using Kind = JsonValue::Kind;

bool isName(std::string_view key)
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !key.empty() && letter(key[0])
        && std::all_of(key.begin(), key.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

class Comparer {
public:
    Comparer(WallTime before, WallTime after, Differences &out) : before_(before), after_(after), out_(out) {}

    void compare(const JsonValue &a, const JsonValue &b)
    {
        if (out_.full())
            return;
        if (a.kind == Kind::Object && b.kind == Kind::Object)
            return objects(a, b);
        if (a.kind == Kind::Array && b.kind == Kind::Array)
            return arrays(a, b);
        if (equal(a, b))
            return;
        out_.add("body " + path_, jsonText(a), jsonText(b), isNoise(a, b));
    }

private:
    static bool equal(const JsonValue &a, const JsonValue &b)
    {
        if (a.kind != b.kind)
            return false;
        return a.kind == Kind::Number ? sameNumber(a.text, b.text) : a.text == b.text;
    }

    bool isNoise(const JsonValue &a, const JsonValue &b) const
    {
        if (a.kind == Kind::Number && b.kind == Kind::Number)
            return isTimeNear(a.text, before_) && isTimeNear(b.text, after_);
        return a.kind == Kind::String && b.kind == Kind::String && sameButVolatile(a.text, b.text);
    }

    void arrays(const JsonValue &a, const JsonValue &b)
    {
        const size_t both = std::min(a.items.size(), b.items.size());
        for (size_t i = 0; i < std::max(a.items.size(), b.items.size()) && !out_.full(); ++i) {
            const size_t kept = step('[' + std::to_string(i) + ']');
            if (i < both)
                compare(a.items[i], b.items[i]);
            else if (i < a.items.size())
                out_.add("body " + path_, jsonText(a.items[i]), {}, false);
            else
                out_.add("body " + path_, {}, jsonText(b.items[i]), false);
            path_.resize(kept);
        }
    }

    // The nth member of a name is compared with the nth of that name.
    void objects(const JsonValue &a, const JsonValue &b)
    {
        std::unordered_map<std::string_view, std::vector<const JsonValue *>> others;
        for (size_t i = b.members.size(); i-- > 0;)
            others[b.members[i].first].push_back(&b.members[i].second);
        for (const auto &[key, value] : a.members) {
            const size_t kept = stepInto(key);
            const auto other = others.find(key);
            if (other == others.end() || other->second.empty()) {
                out_.add("body " + path_, jsonText(value), {}, false);
            } else {
                const JsonValue *match = other->second.back();
                other->second.pop_back();
                compare(value, *match);
            }
            path_.resize(kept);
        }
        for (const auto &[key, value] : b.members) {
            std::vector<const JsonValue *> &left = others[key];
            if (left.empty() || left.back() != &value)
                continue;
            left.pop_back();
            const size_t kept = stepInto(key);
            out_.add("body " + path_, {}, jsonText(value), false);
            path_.resize(kept);
        }
    }

    size_t stepInto(const std::string &key)
    {
        if (isName(key))
            return step('.' + key);
        JsonValue name;
        name.kind = Kind::String;
        name.text = key;
        return step('[' + jsonText(name) + ']');
    }
    size_t step(const std::string &part)
    {
        const size_t kept = path_.size();
        path_ += part;
        return kept;
    }

    WallTime before_, after_;
    Differences &out_;
    std::string path_ = "$";
};

}  // namespace

bool compareJson(const Body &before, const Body &after, Differences &out)
{
    if (before.bytes.size() > mostBytes || after.bytes.size() > mostBytes)
        return false;
    const std::optional<JsonValue> a = parseJson(before.bytes);
    if (!a)
        return false;
    const std::optional<JsonValue> b = parseJson(after.bytes);
    if (!b)
        return false;
    Comparer(before.time, after.time, out).compare(*a, *b);
    return true;
}

}  // namespace sluice::replay
