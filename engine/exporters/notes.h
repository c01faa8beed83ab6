// SPDX-License-Identifier: GPL-3.0-or-later
// What a gateway file asks for and Sluice does not do yet, as lines of the report. Pure; internal to this room.
#pragma once

#include "engine/exporters/exporter.h"

namespace sluice::exporters {

// A line a note, named by its key; none for what the report says already of the same route or service.
void addNotes(const config::Plan &, const Problems &notes, std::vector<ReportLine> &report);

// A line for each secret or file that the gateway file takes a value from: no export has it.
void addReferences(const config::Plan &, std::vector<ReportLine> &report);

}  // namespace sluice::exporters
