// SPDX-License-Identifier: GPL-3.0-or-later
// What an exchange has beside the columns of its row, as one blob: heads (each told by what differs from the one before it), attempts,
// times, decisions. The layouts stand in files: a new one gets a new first byte. Pure; any thread.
//
// Numbers are LEB128, negative ones zigzag; texts are a length and their bytes. Most exchanges are much like another of the same route: they
// are told by what differs from that, and where a field has the exchange's own request id or trace, that is said instead.
#pragma once

#include "engine/journey/exchange.h"

#include <string>
#include <string_view>

namespace sluice::storage {

// Append to `out`. `like`: another exchange, whose detail stands by itself.
void encodeDetail(const journey::Exchange &, std::string &out);
void encodeDetail(const journey::Exchange &, const journey::Exchange &like, std::string &out);

// Fills what encodeDetail() took. The members that the row has (method, status, authority, request id, trace …) must be set already.
// `like`: the detail of the other one; empty: it stands by itself. False: damaged.
bool decodeDetail(std::string_view detail, std::string_view like, journey::Exchange &);

// The decisions alone, as JSON array; "[]" where the detail is damaged.
std::string decisionsOf(std::string_view detail, std::string_view like);

}  // namespace sluice::storage
