// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/attempt_decision.h"

#include <charconv>
#include <cstring>

namespace sluice::journey {

namespace {

template<size_t size>
char *put(char *at, const char (&text)[size])
{
    std::memcpy(at, text, size - 1);
    return at + size - 1;
}

template<class Number>
char *putNumber(char *at, Number number)
{
    return std::to_chars(at, at + 20, number).ptr;
}

}  // namespace

std::string answeredAttempt(const config::EndpointSettings &endpoint)
{
    DecisionLog log;
    log.add(Stage::Attempt, "answered", "the endpoint answered",
            [&](JsonObject &f) { f.add("endpoint", endpoint.url); });
    std::string decision = log.asOne();
    decision.resize(decision.size() - 2);  // the closing brackets
    return decision;
}

void explainAttempt(DecisionLog &log, const Attempt &attempt, size_t number, std::string_view answered)
{
    const int64_t took = (attempt.ended - attempt.started).count() / 1000;
    if (!attempt.error.empty()) {
        log.add(Stage::Attempt, "failed", attempt.error, [&](JsonObject &f) {
            f.add("endpoint", attempt.endpoint).add("number", number).add("reused", attempt.reused);
            if (attempt.status)
                f.add("status", attempt.status);
            f.add("took_us", took);
        });
        return;
    }
    log.addReady(Stage::Attempt, answered, answered.size(), [&](std::string &json) {
        char rest[128];
        char *at = putNumber(put(rest, ",\"number\":"), number);
        at = attempt.reused ? put(at, ",\"reused\":true") : put(at, ",\"reused\":false");
        if (attempt.status)
            at = putNumber(put(at, ",\"status\":"), attempt.status);
        at = put(putNumber(put(at, ",\"took_us\":"), took), "}}");
        json.append(rest, size_t(at - rest));
    });
}

}  // namespace sluice::journey
