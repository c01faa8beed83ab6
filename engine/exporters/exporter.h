// SPDX-License-Identifier: GPL-3.0-or-later
// Exporters: a plan written for a production gateway, with a report of what it could and could not say. Pure; any thread.
#pragma once

#include "engine/base/problem.h"
#include "engine/config/plan.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::exporters {

enum class Fidelity { Exact, Approximate, Impossible };
std::string_view name(Fidelity);  // "exact" "approximate" "impossible"

struct ReportLine {
    std::string feature;  // "route users: path", "service user-service: balance"; of a note: its key, "limit"
    std::string where;    // FILE:LINE of the gateway file
    Fidelity fidelity = Fidelity::Exact;
    std::string why;  // for all but exact: what differs, and what to do
};

struct OutputFile {
    std::string name, content;  // relative to the output folder
};

struct Export {
    std::vector<OutputFile> files;   // the target's usual names, and report.json
    std::vector<ReportLine> report;  // every feature of the plan, none silently dropped
};

// What a plan does not know, and its caller does.
struct Surroundings {
    std::string
        folder;  // absolute, without "/" at its end: relative names of files are told from it; empty: they stay relative
    // What the first certificate of a file is valid for, by the file's name as the plan has it: DNS names in lower case, "*.x.test",
    // addresses. Needed where a listener has several; one that is not here is of no name.
    std::map<std::string, std::vector<std::string>> certificateNames;
};

std::vector<std::string> targets();  // "nginx"
// Nothing known by this name: an Error that lists targets(). `notes`: warnings of the file about what it asks for and Sluice
// does not do yet; each becomes a line of the report (and a comment of the config), for the plan does not know of it.
// Private keys are never written: where one came from a secret, the config names a file that its reader makes.
Result<Export> exportPlan(const config::Plan &, std::string_view target, const Problems &notes = {},
                          const Surroundings &around = {});

}  // namespace sluice::exporters
