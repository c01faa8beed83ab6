// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/facts.h"

#include "engine/recording/filter.h"

namespace sluice::recording {

std::string_view lastOutcome(const journey::DecisionLog &log, journey::Stage stage)
{
    // The log is JSON of our own writing: within a text every quote is escaped, so this can only be a decision's beginning.
    const std::string_view json = log.text();
    if (json.empty())
        return {};
    std::string key = "{\"stage\":\"";
    key += journey::name(stage);
    key += "\",\"outcome\":\"";
    const size_t at = json.rfind(key);
    if (at == json.npos)
        return {};
    const size_t from = at + key.size();
    const size_t end = json.find('"', from);
    return json.substr(from, end == json.npos ? 0 : end - from);
}

uint8_t isBits(const journey::Exchange &x)
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
    return uint8_t(bits);
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
