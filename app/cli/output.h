// SPDX-License-Identifier: GPL-3.0-or-later
// How the verbs speak: errors, colours, tables, numbers. Main thread.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/problem.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// "sluice: WHAT" on stderr.
void complain(std::string_view what);
// The same, for a return.
int fail(int code, std::string_view what);

void print(std::string_view text);  // stdout, as it is
void printLine(std::string_view text);
// False: nobody reads stdout any more, or it cannot be written.
bool flush();
// The end of a verb: flushes, and answers its code, or Failed, told on stderr, where not all could be written. Nobody reading is no
// failure: `head` has seen enough.
int ended(int code);
bool isTerminal(FILE *);

// Escape sequences, only where stdout is a terminal and NO_COLOR is not set; else the text alone.
enum class Colour { None, Dim, Red, Green, Yellow, Bold };
std::string painted(std::string_view text, Colour);
Colour ofStatus(int status);  // 5xx, 0 and 499 red, 4xx yellow, 2xx green

// Without what a terminal would obey: control characters but line ends and tabs become "·".
std::string printable(std::string_view text);

std::string localTime(WallTime);       // "14:03:27.042", with the day where it is not today
std::string sizeText(uint64_t bytes);  // "17 B" "3.4 KiB"
std::string latencyText(Nanos);        // "0.42 ms" "1.3 s"

// Columns two spaces apart, as wide as their widest cell; the last one is not padded. Cells are padded by their visible length.
class Table {
public:
    explicit Table(std::vector<std::string> heads) { rows_.push_back(std::move(heads)); }
    void add(std::vector<std::string> cells, Colour colour = Colour::None);
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
    std::vector<Colour> colours_ = {Colour::Dim};
};

std::string json(const Problem &);

}  // namespace sluice::cli
