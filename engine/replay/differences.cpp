// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/differences.h"

namespace sluice::replay {

std::string shortened(std::string_view text)
{
    constexpr std::string_view dots = "…";
    if (text.size() <= Differences::mostText)
        return std::string(text);
    size_t end = Differences::mostText - dots.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return std::string(text.substr(0, end)).append(dots);
}

void Differences::add(std::string where, std::string_view before, std::string_view after, bool noise)
{
    size_t &count = noise ? noise_ : different_;
    ++count;
    if (list_.size() < most && (!noise || noise_ <= mostNoise))
        list_.push_back({std::move(where), shortened(before), shortened(after), noise});
}

Comparison Differences::take()
{
    Comparison out;
    out.verdict = different_ > 0 ? Verdict::Different : noise_ > 0 ? Verdict::Noise : Verdict::Same;
    out.differences = std::move(list_);
    return out;
}

}  // namespace sluice::replay
