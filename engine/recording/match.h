// SPDX-License-Identifier: GPL-3.0-or-later
// How one test of a filter looks at text: shared by the predicate (filter.h) and by the functions that storage/ gives to
// SQLite, so that both agree. Pure; any thread. Case is folded for ASCII only.
#pragma once

#include "engine/recording/filter.h"

#include <array>
#include <string>
#include <string_view>

namespace sluice::recording {

// Finds a needle whatever the case, without copying the text (Horspool). An empty needle is found everywhere.
class FoldedSearch {
public:
    explicit FoldedSearch(std::string_view needle);
    static constexpr size_t npos = std::string_view::npos;
    size_t find(std::string_view text, size_t from = 0) const;
    bool in(std::string_view text) const { return find(text) != npos; }

private:
    std::string needle_;              // lower case
    std::array<uint32_t, 256> skip_;  // by the byte under the needle's end
};

bool containsFolded(std::string_view text, std::string_view needle);

// `*` stands for any run without "/", `**` for any run, and `/**` at the end also for nothing at all: /a/** takes /a too.
// No other character is special. Time: at most text × pattern for each `**`.
bool globMatches(std::string_view pattern, std::string_view text, bool fold);

// A text test (Is, Glob, Contains) against the value that an exchange has for the test's field. Knows which fields fold case
// (method, host, trace …), that a host may be written without its port, and that a trace may be given by its beginning.
bool textMatches(const Term &, std::string_view value);

// "header": one of these fields has the name of the test, and a value that satisfies it.
bool headersMatch(const Term &, const http::HeaderList &);

// "body": the content, with its content coding (the value of Content-Encoding) taken off where there is one, contains the value.
// At most 16 MiB of decoded content are looked at.
bool contentContains(std::string_view bytes, std::string_view coding, std::string_view needle);

}  // namespace sluice::recording
