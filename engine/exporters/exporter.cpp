// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/exporters/exporter.h"

#include "engine/base/json.h"
#include "engine/exporters/nginx.h"

namespace sluice::exporters {

namespace {

std::string reportJson(const std::vector<ReportLine> &report)
{
    std::string out = "[";
    for (const ReportLine &line : report) {
        out += out.size() > 1 ? ",\n " : "\n ";
        JsonObject o(out);
        o.add("feature", line.feature)
            .add("where", line.where)
            .add("fidelity", name(line.fidelity))
            .add("why", line.why);
        o.close();
    }
    return out + "\n]\n";
}

}  // namespace

std::string_view name(Fidelity fidelity)
{
    switch (fidelity) {
    case Fidelity::Exact: return "exact";
    case Fidelity::Approximate: return "approximate";
    case Fidelity::Impossible: break;
    }
    return "impossible";
}

std::vector<std::string> targets()
{
    return {"nginx"};
}

Result<Export> exportPlan(const config::Plan &plan, std::string_view target, const Problems &notes,
                          const Surroundings &around)
{
    if (target != "nginx")
        return Error{Fault::Client, "nothing is known of the target " + std::string(target) + "; there is: nginx",
                     false};
    Result<Export> out = nginx::exportNginx(plan, notes, around);
    if (!out)
        return out;
    out->files.push_back({"report.json", reportJson(out->report)});
    return out;
}

}  // namespace sluice::exporters
