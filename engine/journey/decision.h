// SPDX-License-Identifier: GPL-3.0-or-later
// Decision: what the gateway decided at one stage of an exchange, and why, in words and in numbers.
// DecisionLog: those of one exchange, written as JSON at once, so that the hot path pays for one string.
// Values. Bound: 16 KiB a log; what would pass it is counted and left out, and the log says so.
#pragma once

#include "engine/base/json.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::journey {

// In the order of the journey. The names are product.md's and stand in recordings: add, never change.
enum class Stage : uint8_t {
    Route,
    Version,
    Auth,
    Limit,
    Cache,
    Transform,
    Bulkhead,
    Breaker,
    Balance,
    Attempt,
    Record
};
std::string_view name(Stage);  // "route" …

// One decision, read back from a log.
struct Decision {
    std::string stage, outcome, why;
    std::vector<std::pair<std::string, std::string>> facts;  // value: JSON text of the fact
};

class DecisionLog {
public:
    // Facts follow through the object that `facts` gets: log.add(Stage::Route, "matched", why, [&](JsonObject &f) { f.add("route", n); });
    template<class Facts>
    void add(Stage stage, std::string_view outcome, std::string_view why, Facts &&facts)
    {
        if (!begin())
            return;
        stages_ |= 1u << unsigned(stage);
        JsonObject decision(json_);
        decision.add("stage", name(stage)).add("outcome", outcome).add("why", why).name("facts");
        JsonObject object(json_);
        facts(object);
        object.close();
        decision.close();
    }
    void add(Stage stage, std::string_view outcome, std::string_view why)
    {
        add(stage, outcome, why, [](JsonObject &) {});
    }

    // One that was written before, for many exchanges alike: what asOne() gave.
    void addReady(Stage stage, std::string_view decision)
    {
        if (!begin())
            return;
        stages_ |= 1u << unsigned(stage);
        json_ += decision;
    }
    // The same with some facts that are not the same for all: `facts` appends them, each with a comma before it, where `at`
    // bytes of the decision have gone.
    template<class Facts>
    void addReady(Stage stage, std::string_view decision, size_t at, Facts &&facts)
    {
        if (!begin())
            return;
        stages_ |= 1u << unsigned(stage);
        json_ += decision.substr(0, at);
        facts(json_);
        json_ += decision.substr(at);
    }
    // The only decision of this log, as addReady() takes it.
    std::string asOne() const { return json_.substr(1); }

    // A JSON array.
    std::string json() const { return json_.empty() ? "[]" : json_ + "]"; }
    // The same without its closing bracket, not copied; empty where nothing was decided.
    std::string_view text() const { return json_; }
    // A log again of what text() gave, as a recording keeps it.
    static DecisionLog restored(std::string_view text)
    {
        DecisionLog log;
        log.restore(text);
        return log;
    }
    void restore(std::string_view text)
    {
        json_ = text;
        leftOut_ = 0;
        stages_ = ~0u;
    }
    // False: there is none of this stage.
    bool mayHave(Stage stage) const { return (stages_ >> unsigned(stage)) & 1; }
    bool empty() const { return json_.empty(); }
    void clear()
    {
        json_.clear();
        leftOut_ = 0;
        stages_ = 0;
    }
    size_t leftOut() const { return leftOut_; }

    // What json() wrote; nothing: that is no log.
    static std::optional<std::vector<Decision>> parse(std::string_view json);

private:
    static constexpr size_t most = 16 * 1024;
    bool begin();
    std::string json_;
    size_t leftOut_ = 0;
    unsigned stages_ = 0;  // bits
};

}  // namespace sluice::journey
