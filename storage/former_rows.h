// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings up to version 5 had a row and a blob an exchange, packed against dictionaries. Internal to storage/.
#pragma once

#include "storage/sqlite.h"

namespace sluice::storage {

// Moves what migrations/0006.sql has put aside into segments, at most 1,024 exchanges and about 8 MiB a transaction: what is cut off here
// goes on at the next start. The log is folded into the file meanwhile. Before a RowWriter of the recorder's own is made. A million take some
// 20 s.
Outcome moveFormerRows(Database &);

}  // namespace sluice::storage
