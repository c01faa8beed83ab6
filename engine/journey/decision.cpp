// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/decision.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sluice::journey {

std::string_view name(Stage stage)
{
    constexpr std::string_view names[] = {"route",    "version", "auth",    "limit",   "cache", "transform",
                                          "bulkhead", "breaker", "balance", "attempt", "record"};
    return names[size_t(stage)];
}

bool DecisionLog::begin()
{
    if (json_.size() >= most) {
        ++leftOut_;
        return false;
    }
    if (json_.empty())
        json_.reserve(1024);
    json_ += json_.empty() ? '[' : ',';
    return true;
}

std::optional<std::vector<Decision>> DecisionLog::parse(std::string_view json)
{
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    if (document.HasParseError() || !document.IsArray())
        return std::nullopt;
    std::vector<Decision> out;
    for (const auto &entry : document.GetArray()) {
        if (!entry.IsObject())
            return std::nullopt;
        Decision decision;
        const auto text = [&](const char *key) {
            const auto at = entry.FindMember(key);
            return at != entry.MemberEnd() && at->value.IsString()
                ? std::string(at->value.GetString(), at->value.GetStringLength())
                : std::string();
        };
        decision.stage = text("stage");
        decision.outcome = text("outcome");
        decision.why = text("why");
        if (const auto facts = entry.FindMember("facts"); facts != entry.MemberEnd() && facts->value.IsObject()) {
            for (const auto &fact : facts->value.GetObject()) {
                rapidjson::StringBuffer buffer;
                rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
                fact.value.Accept(writer);
                decision.facts.emplace_back(fact.name.GetString(), buffer.GetString());
            }
        }
        out.push_back(std::move(decision));
    }
    return out;
}

}  // namespace sluice::journey
