// SPDX-License-Identifier: GPL-3.0-or-later
// What the table `meta` says of the gateway that records here, for programs that read or add to its recording: how it redacts, how much
// of a body it keeps, and where its control socket is. Any thread, each with its own connection.
#pragma once

#include "engine/config/plan.h"
#include "storage/sqlite.h"

#include <string>

namespace sluice::storage {

struct Kept {
    config::RecordSettings
        settings;        // its redact lists, with the defaults in any case, and its body limit; all else as by default
    std::string socket;  // empty: it has none, or never said
};

Kept readKept(Database &);
// In a transaction of its own.
Outcome writeKept(Database &, const config::RecordSettings &, const std::string &socket);

}  // namespace sluice::storage
