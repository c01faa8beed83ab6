// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/exporters/notes.h"

#include "engine/config/environment.h"

#include <algorithm>
#include <tuple>

namespace sluice::exporters {

namespace {

// "'balance: ip_hash' is not in effect yet" is about the key `balance`.
std::string keyOf(const std::string &what)
{
    if (what.starts_with('\''))
        return what.substr(1, what.find_first_of(":'", 1) - 1);
    return what.substr(0, what.find(" is not in effect yet"));
}

// How the report calls the route or service in which the note stands: the last that begins before it.
std::string ownerOf(const config::Plan &plan, const Problem &note)
{
    std::string out;
    std::tuple<int, int> nearest{0, 0};
    const auto look = [&](const char *kind, const std::string &name, const config::Place &place) {
        const std::tuple<int, int> at{place.line, place.column};
        if (at > std::tuple(note.line, note.column) || at < nearest)
            return;
        nearest = at;
        out = kind + name;
    };
    for (const config::ServiceSettings &service : plan.services)
        look("service ", service.name, service.place);
    for (const config::RouteSettings &route : plan.routes)
        look("route ", route.name, route.place);
    return out;
}

}  // namespace

void addNotes(const config::Plan &plan, const Problems &notes, std::vector<ReportLine> &report)
{
    const size_t own = report.size();
    for (const Problem &note : notes) {
        const std::string key = keyOf(note.what), feature = ownerOf(plan, note) + ": " + key;
        const auto end = report.begin() + std::ptrdiff_t(own);
        const auto said =
            std::find_if(report.begin(), end, [&](const ReportLine &line) { return line.feature == feature; });
        if (said == end) {
            report.push_back(
                {key, note.file + ':' + std::to_string(note.line), Fidelity::Impossible,
                 "it is not in effect yet, so the export leaves it out" + (note.hint.empty() ? "" : ". " + note.hint)});
        } else if (key == "balance") {
            // Written as the file says it, but not as Sluice does it today.
            if (said->fidelity == Fidelity::Exact)
                said->fidelity = Fidelity::Approximate;
            said->why += (said->why.empty() ? "" : ". ")
                + std::string("Sluice itself takes turns by weight until it does what the file says");
        }
    }
}

void addReferences(const config::Plan &plan, std::vector<ReportLine> &report)
{
    for (const config::Reference &reference : plan.references)
        report.push_back({reference.text, plan.file + ':' + std::to_string(reference.place.line), Fidelity::Approximate,
                          "secrets are not exported: " + config::standIn(reference.text)
                              + " stands where it would be written; put the value there before the target runs"});
}

}  // namespace sluice::exporters
