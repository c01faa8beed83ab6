// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/facts.h"

#include "engine/recording/filter.h"

namespace sluice::recording {

std::string_view lastOutcome(const journey::DecisionLog &log, journey::Stage stage)
{
    // The log is JSON of our own writing: within a text every quote is escaped, so this can only be a decision's beginning.
    constexpr std::string_view before = "{\"stage\":\"", between = "\",\"outcome\":\"";
    const std::string_view json = log.text(), wanted = journey::name(stage);
    std::string_view outcome;
    if (!log.mayHave(stage))
        return outcome;
    for (size_t at = json.find(before); at != json.npos; at = json.find(before, at + before.size())) {
        const std::string_view rest = json.substr(at + before.size());
        if (!rest.starts_with(wanted) || !rest.substr(wanted.size()).starts_with(between))
            continue;
        const std::string_view value = rest.substr(wanted.size() + between.size());
        outcome = value.substr(0, value.find('"'));
    }
    return outcome;
}

uint16_t isBits(const journey::Exchange &x)
{
    unsigned bits = 0;
    if (x.replayOf != 0)
        bits |= kReplayed;
    if (x.cache == "hit" || x.cache == "stale")
        bits |= kCached;
    const std::string_view limit = lastOutcome(x.decisions, journey::Stage::Limit);
    if (limit == "limited" || limit == "refused" || (x.returned.status == 429 && x.answer.status == 0))
        bits |= kLimited;
    if (x.attempts.size() > 1)
        bits |= kRetried;
    if (x.failedBy)
        bits |= kFailed;
    if (x.tunnel)
        bits |= kTunnel;
    if (x.stream.kind != journey::Streaming::None)
        bits |= unsigned(kWebSocket) << (unsigned(x.stream.kind) - 1);
    return uint16_t(bits);
}

std::string_view name(Fault fault)
{
    constexpr std::string_view names[] = {"client", "upstream", "gateway"};
    return names[size_t(fault)];
}

std::string_view failedByName(const std::optional<Fault> &fault)
{
    return fault ? name(*fault) : std::string_view();
}

uint64_t totalBytes(const journey::Exchange &x)
{
    return x.requestBody.size + x.responseBody.size;
}

Nanos latency(const journey::Exchange &x)
{
    return x.times.ended < Nanos(0) ? Nanos(0) : x.times.ended;
}

}  // namespace sluice::recording
