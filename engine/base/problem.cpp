// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/problem.h"

namespace sluice {

std::string Problem::text() const
{
    std::string out = file;
    if (line > 0)
        out += ':' + std::to_string(line) + ':' + std::to_string(column);
    out += severity == Severity::Error ? ": error: " : ": warning: ";
    out += what;
    if (!hint.empty())
        out += ". " + hint;
    return out;
}

}  // namespace sluice
