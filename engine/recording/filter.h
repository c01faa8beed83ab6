// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language: one parser, its tree, and a predicate over exchanges. storage/filter_sql.h compiles the same tree to SQL;
// tests hold the two against each other. Values; any thread.
//
//   method:POST status>=500 path:/api/users/** service:user-service route:users user:ada client:127.0.0.1 latency>200ms
//   size>1MB trace:4bf92f… id:17 id:10..20 is:replayed is:cached is:limited is:retried is:failed breaker:open version:v3
//   body~"card" header:X-Tenant=acme since:10m     with and, or, not, ( ), and free text. Terms side by side are joined by `and`.
// In a path `*` stays within a segment, `**` does not. The README of this room has the whole grammar.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/result.h"
#include "engine/journey/exchange.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::recording {

struct Term {
    enum class Kind { And, Or, Not, Test, All };  // All: an empty filter
    enum class Op { Is, Glob, Contains, Exists, Less, LessEqual, Greater, GreaterEqual, Range };
    Kind kind = Kind::All;
    std::vector<Term> parts;  // And, Or: two or more; Not: one

    // Test: a field of the language ("status", "path", "header", "text" for free text …), an operator and a value.
    // Text is compared with Is, Glob and Contains, numbers with the others and Is; Exists is for header:Name alone.
    // != becomes a Not, a list of values an Or.
    // since: and until: become tests of "time".
    std::string field, argument, value;  // argument: the header's name
    Op op = Op::Is;
    int64_t number = 0, upper = 0;  // status, id, sizes in bytes, latency in ns, time: microseconds since 1970
    bool operator==(const Term &) const = default;
};

struct FilterError {
    size_t position = 0;  // in bytes, where the trouble begins
    std::string what, hint;
};

class Filter {
public:
    Filter();  // everything
    // Bounds: 4 KiB of text, 64 deep. Relative times (since:10m) are counted back from `now`.
    struct Parsed;
    static Parsed parse(std::string_view text, WallTime now);

    const Term &root() const { return root_; }
    const std::string &text() const { return text_; }
    bool matches(const journey::Exchange &) const;
    bool operator==(const Filter &) const = default;

private:
    Term root_;
    std::string text_;
};

struct Filter::Parsed {
    std::optional<Filter> filter;
    FilterError error;  // where there is no filter
};

// The fields of the language with a line of help each, for completion and for `sluice log --help`.
struct FilterField {
    std::string_view name, example, help;
};
const std::vector<FilterField> &filterFields();

// The size of the answer and of the request together, the end-to-end latency: the words of the filter and of every list.
uint64_t totalBytes(const journey::Exchange &);
Nanos latency(const journey::Exchange &);

}  // namespace sluice::recording
