// SPDX-License-Identifier: GPL-3.0-or-later
// Packages of npm for stories with real programs: installed once into the build folder. Where npm cannot (no registry in reach),
// the stories that need them are skipped and say so.
#pragma once

#include "tests/support/process.h"

#include <algorithm>
#include <filesystem>

namespace support {

// The folder node_modules that has this package; empty: npm could not install it, `trouble` says why.
inline std::string npmPackage(const std::string &name, const std::string &version, std::string &trouble)
{
    std::string plain = name;
    std::replace(plain.begin(), plain.end(), '/', '_');
    const std::string folder = std::string(SLUICE_BINARY_DIR) + "/npm/" + plain, modules = folder + "/node_modules";
    std::filesystem::create_directories(folder);
    // Tests run side by side: one installs, the others wait.
    const std::string script =
        "[ -e node_modules/.installed ] || { npm install --silent --no-audit --no-fund --prefix . '" + name + "@"
        + version + "' && touch node_modules/.installed; }";
    const Ran ran =
        run({"flock", folder + "/lock", "sh", "-c", script}, {{}, folder, {}, 0}, std::chrono::seconds(240));
    if (ran.exitCode == 0)
        return modules;
    trouble = "npm cannot install " + name + " here: " + ran.out + ran.err;
    return {};
}

}  // namespace support
