// SPDX-License-Identifier: GPL-3.0-or-later
// Problem: a mistake in something that the user wrote, with the place and a hint how to mend it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace sluice {

struct Problem {
    enum class Severity { Error, Warning };
    Severity severity = Severity::Error;
    std::string file;
    int line = 0;      // 1-based; 0: the file as a whole
    int column = 0;    // 1-based, in characters
    std::string what;  // what is wrong, without a full stop
    std::string hint;  // what to do; may be empty

    bool operator==(const Problem &) const = default;
    // FILE:LINE:COLUMN: error: what. hint
    std::string text() const;
};

using Problems = std::vector<Problem>;

inline bool hasErrors(const Problems &problems)
{
    return std::any_of(problems.begin(), problems.end(),
                       [](const Problem &p) { return p.severity == Problem::Severity::Error; });
}

}  // namespace sluice
