// SPDX-License-Identifier: GPL-3.0-or-later
// Identities that travel with a request: request ids (UUID, RFC 9562 version 7: sortable by time) and
// W3C Trace Context ids (level 1). Values; any thread; the random stream is handed in.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/random.h"

#include <string>
#include <string_view>

namespace sluice {

// 36 characters, lower case. Milliseconds of `now`, then 74 random bits.
std::string makeUuid(WallTime now, Random &);
// The same into a text that may have the room already.
void makeUuid(WallTime now, Random &, std::string &out);

// 1 to 128 characters of letters, digits and - _ . : = + / @ ~ : what we let a trusted peer call its request.
bool isUsableRequestId(std::string_view);

struct TraceContext {
    std::string trace;   // 32 hex digits, lower case, not all zero
    std::string parent;  // 16 hex digits: the span that called us; empty when the trace starts here
    std::string span;    // 16 hex digits: our own span, the parent of what we send on
    bool sampled = true;
};

// Continues a valid traceparent (any version but ff; unknown versions are read as 00), else starts a trace.
TraceContext continueTrace(std::string_view traceparent, Random &);
void continueTrace(std::string_view traceparent, Random &, TraceContext &out);
// "00-TRACE-SPAN-01"
struct TraceParent {
    char text[55];
    operator std::string_view() const { return {text, sizeof text}; }
};
TraceParent traceparent(const TraceContext &);

std::string hex(std::string_view bytes);

}  // namespace sluice
