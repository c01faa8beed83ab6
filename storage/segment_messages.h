// SPDX-License-Identifier: GPL-3.0-or-later
// The table `message` of a connection (segment_tables.h). Internal to storage/.
#pragma once

#include "storage/sqlite.h"

namespace sluice::storage {

Outcome addMessageTable(Database &);

}  // namespace sluice::storage
