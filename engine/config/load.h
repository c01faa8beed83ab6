// SPDX-License-Identifier: GPL-3.0-or-later
// A gateway file made into a Plan, or into all of its problems. Pure but for loadFile(); any thread.
#pragma once

#include "engine/base/problem.h"
#include "engine/config/environment.h"
#include "engine/config/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

// What the command line puts above the file.
struct Overrides {
    std::vector<std::string> listen;  // URLs that replace the file's; empty: the file's
    tls::PairSettings pair;           // for the https ones among them; empty: the local CA's
};

struct Loaded {
    PlanPtr plan;       // null exactly when there are errors
    Problems problems;  // errors and warnings, by line
};

// `fileName` is for problems and Plan::file; empty: they name the command line. Never throws, whatever the text is. Bounds: document.h.
Loaded load(std::string_view text, const std::string &fileName, const Environment &, const Overrides & = {});

// The plan of `run --to URL`: every path to one service, "upstream". `listen` empty: http://127.0.0.1:8080.
// A problem names the option instead of a file.
Loaded planFor(const std::string &to, const Overrides & = {});

// The text of a file: a regular one (or a pipe), at most 4 MiB. Blocks while it reads.
struct FileText {
    std::string text;
    Problems problems;  // one, when it cannot be read
};
FileText readFile(const std::string &path);
// A ${file:…}: a regular file of at most 1 MiB, without a line end at its end. Blocks while it reads.
Lookup readReferenced(const std::string &path);
// readFile() and load().
Loaded loadFile(const std::string &path, const Environment &, const Overrides & = {});

}  // namespace sluice::config
