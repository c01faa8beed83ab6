// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of the filter language as the parser needs them, and how their values are read. Internal to this room.
#pragma once

#include "engine/recording/filter.h"

#include <string_view>

namespace sluice::recording {

struct FieldRule {
    enum class Kind : uint8_t {
        Text,
        Trace,
        Request,
        Status,
        Id,
        Mark,
        Size,
        Latency,
        Is,
        Failed,
        Body,
        Header,
        Since,
        Until
    };
    std::string_view name;
    Kind kind;
    bool list;  // a,b: either
};

// Nothing: there is no such field. Case does not matter.
const FieldRule *findField(std::string_view name);
// The name of a field that this may be a slip for; empty: none is near.
std::string_view nearestField(std::string_view name);

// Fills op, number, upper and value of a test whose field is set, from an operator and one value; != is read as =.
// False: `error` says why, its position untouched.
bool readValue(const FieldRule &, std::string_view op, std::string_view value, bool quoted, WallTime now, Term &,
               FilterError &error);

}  // namespace sluice::recording
