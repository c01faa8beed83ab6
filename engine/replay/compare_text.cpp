// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/ids.h"
#include "engine/replay/compare_body.h"
#include "engine/replay/volatile_text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::replay {

namespace {

using Lines = std::vector<std::string_view>;

// RFC 3629, but for overlong forms and surrogates: good enough to tell a picture from a page.
bool isText(std::string_view bytes)
{
    size_t following = 0;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == 0)
            return false;
        if (following > 0) {
            if ((byte & 0xc0) != 0x80)
                return false;
            --following;
        } else if (byte >= 0x80) {
            following = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
            if (following == 0 || byte > 0xf4)
                return false;
        }
    }
    return true;  // cut within a character is text all the same
}

Lines linesOf(std::string_view text)
{
    Lines out;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        out.push_back(line);
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    return out;
}

// Which lines of the two stand for each other: longest common subsequence of what lies between the equal ends.
// Past a million cells line n is compared with line n.
class Alignment {
public:
    Alignment(const Lines &a, const Lines &b, size_t begin, size_t aEnd, size_t bEnd)
        : a_(a), b_(b), begin_(begin), rows_(aEnd - begin), columns_(bEnd - begin)
    {
        if (rows_ > 0 && columns_ > mostCells / rows_)
            return;
        length_.assign((rows_ + 1) * (columns_ + 1), 0);
        for (size_t i = rows_; i-- > 0;) {
            for (size_t j = columns_; j-- > 0;)
                cell(i, j) = same(i, j) ? cell(i + 1, j + 1) + 1 : std::max(cell(i + 1, j), cell(i, j + 1));
        }
    }
    bool byPosition() const { return length_.empty(); }
    bool same(size_t i, size_t j) const { return a_[begin_ + i] == b_[begin_ + j]; }
    // With the two lines left out of `a` or of `b`: which loses less?
    bool dropFirst(size_t i, size_t j) const { return at(i + 1, j) >= at(i, j + 1); }
    size_t rows() const { return rows_; }
    size_t columns() const { return columns_; }

private:
    static constexpr size_t mostCells = 1'000'000;
    uint32_t &cell(size_t i, size_t j) { return length_[i * (columns_ + 1) + j]; }
    uint32_t at(size_t i, size_t j) const { return length_[i * (columns_ + 1) + j]; }
    const Lines &a_, &b_;
    size_t begin_, rows_, columns_;
    std::vector<uint32_t> length_;
};

// A run of lines that the other text does not have: the first of `a` beside the first of `b`, and so on.
void addRun(const Lines &a, size_t aBegin, size_t aEnd, const Lines &b, size_t bBegin, size_t bEnd, Differences &out)
{
    for (size_t i = 0; (aBegin + i < aEnd || bBegin + i < bEnd) && !out.full(); ++i) {
        const bool inA = aBegin + i < aEnd, inB = bBegin + i < bEnd;
        const std::string_view before = inA ? a[aBegin + i] : std::string_view();
        const std::string_view after = inB ? b[bBegin + i] : std::string_view();
        if (inA && inB && before == after)
            continue;
        const bool noise = inA && inB && sameButVolatile(before, after);
        out.add("body line " + std::to_string((inA ? aBegin : bBegin) + i + 1), before, after, noise);
    }
}

}  // namespace

bool compareText(const Body &before, const Body &after, Differences &out)
{
    if (!isText(before.bytes) || !isText(after.bytes))
        return false;
    const Lines a = linesOf(before.bytes), b = linesOf(after.bytes);
    if (a == b) {
        out.add("body", "line ends", "other line ends", false);
        return true;
    }
    const size_t shorter = std::min(a.size(), b.size());
    size_t begin = 0, tail = 0;
    while (begin < shorter && a[begin] == b[begin])
        ++begin;
    while (tail < shorter - begin && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
        ++tail;
    const Alignment alignment(a, b, begin, a.size() - tail, b.size() - tail);
    if (alignment.byPosition()) {
        addRun(a, begin, a.size() - tail, b, begin, b.size() - tail, out);
        return true;
    }
    size_t i = 0, j = 0;
    while (i < alignment.rows() || j < alignment.columns()) {
        const size_t runI = i, runJ = j;
        while (i < alignment.rows() && j < alignment.columns() && !alignment.same(i, j))
            alignment.dropFirst(i, j) ? ++i : ++j;
        if (i == alignment.rows() || j == alignment.columns()) {
            i = alignment.rows();
            j = alignment.columns();
        }
        addRun(a, begin + runI, begin + i, b, begin + runJ, begin + j, out);
        if (i < alignment.rows()) {
            ++i;
            ++j;
        }
    }
    return true;
}

void compareBytes(const Body &before, const Body &after, Differences &out)
{
    const std::string_view a = before.bytes, b = after.bytes;
    const auto first = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
    const size_t at = size_t(first - a.begin());
    const auto describe = [&](std::string_view bytes) {
        return at < bytes.size() ? hex(bytes.substr(at, 16)) + " of " + std::to_string(bytes.size()) + " bytes"
                                 : "ends, " + std::to_string(bytes.size()) + " bytes";
    };
    out.add("body byte " + std::to_string(at), describe(a), describe(b), false);
}

}  // namespace sluice::replay
