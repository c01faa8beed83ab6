// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/text.h"

#include <algorithm>
#include <cstdint>

namespace sluice::config {
namespace {

constexpr size_t none = size_t(-1);

// How many bytes the character at `at` takes; 0: not well-formed (RFC 3629).
size_t characterLength(std::string_view text, size_t at)
{
    const auto byte = [&](size_t i) { return at + i < text.size() ? uint8_t(text[at + i]) : uint8_t(0); };
    const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const uint8_t first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool outside = (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
        return tail(1) && tail(2) && tail(3) && !outside ? 4 : 0;
    }
    return 0;
}

std::string plainForm(std::string_view word)
{
    std::string out;
    for (const char c : word) {
        if (c != '-' && c != '_' && c != '.')
            out += c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    }
    return out;
}

// Insertions, deletions, changes and swaps of neighbours (optimal string alignment).
size_t distance(std::string_view a, std::string_view b)
{
    std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, now);
    }
    return last[b.size()];
}

}  // namespace

size_t firstBadByte(std::string_view text)
{
    for (size_t i = 0; i < text.size();) {
        const uint8_t c = uint8_t(text[i]);
        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
            return i;
        const size_t length = characterLength(text, i);
        if (length == 0)
            return i;
        i += length;
    }
    return none;
}

int columnOf(std::string_view text, size_t offset)
{
    const size_t begin = lineBegin(text, offset);
    int column = 1;
    for (size_t i = begin; i < offset; ++i)
        column += (uint8_t(text[i]) & 0xC0) != 0x80;
    return column;
}

size_t lineBegin(std::string_view text, size_t offset)
{
    if (offset == 0)
        return 0;
    const size_t found = text.rfind('\n', offset - 1);
    return found == std::string_view::npos ? 0 : found + 1;
}

size_t lineEnd(std::string_view text, size_t offset)
{
    const size_t found = text.find('\n', offset);
    if (found == std::string_view::npos)
        return text.size();
    return found > offset && text[found - 1] == '\r' ? found - 1 : found;
}

size_t nextLine(std::string_view text, size_t offset)
{
    const size_t found = text.find('\n', offset);
    return found == std::string_view::npos ? text.size() : found + 1;
}

std::string nearest(std::string_view word, const std::vector<std::string> &known)
{
    if (word.size() > 100)
        return {};
    const std::string plain = plainForm(word);
    std::string best;
    size_t least = std::max<size_t>(1, std::min<size_t>(3, plain.size() / 3)) + 1;
    for (const std::string &candidate : known) {
        const std::string other = plainForm(candidate);
        if (other.size() > plain.size() + 3 || plain.size() > other.size() + 3)
            continue;
        const size_t d = distance(plain, other);
        if (d < least && d < std::max<size_t>(other.size(), 1)) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

std::string nearestHint(std::string_view word, const std::vector<std::string> &known)
{
    const std::string near = nearest(word, known);
    if (!near.empty())
        return "did you mean '" + near + "'?";
    if (known.empty())
        return {};
    std::string out = "known here: ";
    for (size_t i = 0; i < known.size() && i < 12; ++i)
        out += (i ? ", " : "") + known[i];
    return known.size() > 12 ? out + " and " + std::to_string(known.size() - 12) + " more" : out;
}

std::string inQuotes(std::string_view text)
{
    constexpr size_t most = 60;
    if (text.size() <= most)
        return "'" + std::string(text) + "'";
    size_t cut = most;
    while (cut > 0 && (uint8_t(text[cut]) & 0xC0) == 0x80)
        --cut;
    return "'" + std::string(text.substr(0, cut)) + "…'";
}

}  // namespace sluice::config
