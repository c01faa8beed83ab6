// SPDX-License-Identifier: GPL-3.0-or-later
// Secret: a text that must not be seen. It cannot be printed or written to a stream by mistake, compares in constant time, and is
// wiped when it goes. A value; one thread.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace sluice {

class Secret {
public:
    Secret() = default;
    // Takes the text over and wipes what is left in `text`.
    explicit Secret(std::string &&text);
    explicit Secret(std::string_view text) : text_(text) {}
    explicit Secret(const char *) = delete;  // what stands in the source is no secret
    Secret(const Secret &) = default;
    Secret(Secret &&) noexcept;
    Secret &operator=(const Secret &);
    Secret &operator=(Secret &&) noexcept;
    ~Secret() { wipe(text_); }

    // For the one place that needs it: a key, a request that goes out. Lives as long as this.
    std::string_view reveal() const { return text_; }
    bool empty() const { return text_.empty(); }
    size_t size() const { return text_.size(); }
    // Takes as long wherever they differ; the lengths are no secret.
    bool operator==(const Secret &) const;

    // Overwrites all that the text holds room for, and empties it.
    static void wipe(std::string &text);

    friend std::ostream &operator<<(std::ostream &, const Secret &) = delete;

private:
    std::string text_;
};

}  // namespace sluice
