// SPDX-License-Identifier: GPL-3.0-or-later
// Texts compared whatever the case of their ASCII letters, a word at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::http {

template<class Word>
Word wordAt(const char *text)
{
    Word word;
    std::memcpy(&word, text, sizeof word);
    return word;
}

// 0x20, the bit of the case, in each byte that is a letter.
template<class Word>
constexpr Word caseBits(Word word)
{
    constexpr Word ones = Word(Word(~Word(0)) / 0xff), highs = Word(ones * 0x80);
    const auto low = Word((word | Word(ones * 0x20)) & Word(~highs));
    return Word(
        (Word(low + Word(ones * (0x80 - 'a'))) & Word(~Word(low + Word(ones * (0x7f - 'z')))) & Word(~word) & highs)
        >> 2);
}

static_assert(caseBits<uint16_t>(0x4a2d) == 0x2000 && caseBits<uint8_t>('Z') == 0x20 && caseBits<uint8_t>('[') == 0);

template<class Word>
[[gnu::always_inline]] inline bool sameWord(const char *a, const char *known)
{
    const Word word = wordAt<Word>(known), bits = caseBits(word);
    return Word(wordAt<Word>(a) | bits) == Word(word | bits);
}

// `size` bytes of each. Made for one that is known to the compiler; the last words may overlap.
template<size_t size>
[[gnu::always_inline]] inline bool sameLetters(const char *a, const char *known)
{
    if constexpr (size >= 8) {
        for (size_t at = 0; at + 8 < size; at += 8) {
            if (!sameWord<uint64_t>(a + at, known + at))
                return false;
        }
        return sameWord<uint64_t>(a + size - 8, known + size - 8);
    } else if constexpr (size >= 4) {
        return sameWord<uint32_t>(a, known) && sameWord<uint32_t>(a + size - 4, known + size - 4);
    } else if constexpr (size >= 2) {
        return sameWord<uint16_t>(a, known) && sameWord<uint16_t>(a + size - 2, known + size - 2);
    } else {
        return size == 0 || sameWord<uint8_t>(a, known);
    }
}

}  // namespace sluice::http
