// SPDX-License-Identifier: GPL-3.0-or-later
// A row as one line of JSON: what `sluice log --json` and the desktop's exports print. Pure; any thread.
#pragma once

#include "storage/reader.h"

#include <string>

namespace sluice::storage {

// One object without a line end: id time method host path query status latency_us request_bytes response_bytes client user route
// service endpoint version attempts cache request_id trace_id failed_by failure replay_of mark decisions. What is not there is null;
// decisions are those that the row was asked with, else an empty array. Machines read the names: add, never change.
// A stream has beside these stream messages, with gRPC grpc_method grpc_status grpc_message, and one that goes on has open.
// `messages`: a JSON array of them, in the place of their number.
std::string jsonLine(const Row &, std::string_view messages = {});

}  // namespace sluice::storage
