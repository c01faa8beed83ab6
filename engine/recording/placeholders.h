// SPDX-License-Identifier: GPL-3.0-or-later
// Placeholders: {{secret:NNNNNNNNNNNN}}, 48 bits of HMAC-SHA256(key, secret), so that the same secret looks the same everywhere. The
// secret is hashed as it is meant, without the escapes of JSON, forms or XML. One thread an object.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::recording {

using PlaceholderKey = std::array<unsigned char, 32>;

// Where a placeholder begins, at or after `from`; npos: there is none. `end` is one past it.
size_t findPlaceholder(std::string_view text, size_t from, size_t &end);
bool isPlaceholder(std::string_view text);  // that and nothing else

// A JSON string's content without its escapes (RFC 8259 section 7); a malformed escape stands for its letter.
std::string jsonUnescaped(std::string_view);

// A character of this number.
std::string utf8(unsigned code);

// Makes placeholders, and remembers which secrets it met since clearFound().
class Placeholders {
public:
    explicit Placeholders(const PlaceholderKey &key) : key_(key) {}
    // Lives until the next call. Of an empty secret: empty. Of a placeholder: itself. A secret of more than 1 KiB is not remembered.
    const std::string &of(std::string_view secret);
    // The same, where the secret stood as `written`: both are remembered.
    const std::string &of(std::string_view secret, std::string_view written);
    struct Found {
        std::string secret, placeholder;
    };
    const std::vector<Found> &found() const { return found_; }
    void clearFound()
    {
        found_.clear();
        met_.clear();
        metBytes_ = 0;
        dropped_ = false;
    }

    // A value of JSON that is no string: it stood without quotes.
    const std::string &ofJson(std::string_view value);
    // All secrets since clearFound(), as they are meant, once each; only where they are wanted, to be sealed. What is past the bounds
    // (256, 16 KiB each, 256 KiB in all) is left out, and dropped() says so.
    struct Met {
        std::string secret, placeholder;
        bool json;  // as a value of JSON that is no string
    };
    void wantMet(bool wanted) { wantMet_ = wanted; }
    const std::vector<Met> &met() const { return met_; }
    bool dropped() const { return dropped_; }

    // Something of what was found stands in the text, be it within a placeholder.
    bool mayStandIn(std::string_view text) const
    {
        size_t at = 0;
        return firstIn(text, 0, at) != nullptr;
    }
    // True: something of what was found stood in the text and was replaced. Placeholders in it stay whole.
    bool replaceIn(std::string &text) const;
    // The same in the values of a DecisionLog; keys, stages and outcomes are the gateway's own words and stay.
    bool replaceInDecisions(std::string &json) const;

private:
    std::string made(std::string_view secret) const;
    void remember(std::string_view secret, const std::string &placeholder);
    const std::string &known(std::string_view secret);
    void meet(std::string_view secret, const std::string &placeholder, bool json);
    const Found *firstIn(std::string_view text, size_t from, size_t &at) const;
    PlaceholderKey key_;
    std::unordered_map<std::string, std::string> known_;
    std::vector<Found> found_;  // at most 64, of 6 bytes and more: further ones are only replaced where they stand
    std::vector<Met> met_;
    size_t metBytes_ = 0;
    bool wantMet_ = false, dropped_ = false;
    std::string last_;
};

}  // namespace sluice::recording
