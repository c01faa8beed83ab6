// SPDX-License-Identifier: GPL-3.0-or-later
// Reads http1_requests.txt and http1_answers.txt: lists of raw messages with what must become of them. What they may say
// stands at their tops.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cases {

struct Case {
    std::string name, section;
    std::string outcome;              // as written
    std::string raw;                  // unescaped
    bool ends = false;                // \{end}: nothing comes behind `raw`, and its sender says so
    std::vector<std::string> behind;  // lines with "> ", escaped as they are
    // What stands behind "WORD " in one of them; empty: there is none.
    std::string told(std::string_view word) const;
};

// \r \n \t \0 \\ \xHH, \{TEXT*N}; "\{end}" sets `ends`.
std::string unescaped(std::string_view text, bool *ends = nullptr);
// For messages.
std::string escaped(std::string_view bytes);

// Of tests/conversation. Ends the program with a message where the list is malformed.
std::vector<Case> read(const std::string &name);

// A list of words, parted by ", ".
std::vector<std::string> parted(const std::string &text);

}  // namespace cases
