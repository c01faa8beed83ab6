// SPDX-License-Identifier: GPL-3.0-or-later
// sluice export: the rules of a gateway file for a production gateway, with a report of what it cannot say.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/exporters/exporter.h"
#include "engine/gateway/plan_files.h"

#include <cstring>
#include <filesystem>
#include <fstream>

namespace sluice::cli {

namespace {

// What the file asks for and Sluice does not do yet: the plan knows nothing of it, the report must.
Problems notInEffect(const Problems &problems)
{
    Problems out;
    for (const Problem &problem : problems) {
        if (problem.severity == Problem::Severity::Warning
            && problem.what.find("not in effect yet") != std::string::npos)
            out.push_back(problem);
    }
    return out;
}

int write(const exporters::Export &out, const std::string &folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(Failed, "cannot make the folder " + folder + ": " + error.message());
    for (const exporters::OutputFile &file : out.files) {
        const std::string path = folder + '/' + file.name;
        std::ofstream stream(path, std::ios::binary | std::ios::trunc);
        stream << file.content;
        stream.close();
        if (!stream)
            return fail(Failed, "cannot write " + path + ": " + std::strerror(errno));
    }
    return Fine;
}

void tell(const exporters::Export &out, const ExportArgs &args)
{
    size_t counts[3] = {0, 0, 0};
    for (const exporters::ReportLine &line : out.report) {
        ++counts[size_t(line.fidelity)];
        if (line.fidelity != exporters::Fidelity::Exact)
            printLine(painted(std::string(exporters::name(line.fidelity)),
                              line.fidelity == exporters::Fidelity::Impossible ? Colour::Red : Colour::Yellow)
                      + "  " + line.feature + " (" + line.where + "): " + line.why);
    }
    printLine("\n" + std::to_string(counts[0]) + " features exact, " + std::to_string(counts[1]) + " approximate, "
              + std::to_string(counts[2]) + " impossible; " + args.folder + "/report.json has them all.");
    if (args.target == "nginx")
        printLine("Run it: nginx -p " + args.folder + " -c nginx.conf");
}

}  // namespace

int exportConfig(const ExportArgs &given)
{
    ExportArgs args = given;
    args.file = gatewayFile(args.file);
    if (args.file.empty())
        return fail(Misused, "there is no sluice.yaml in this folder; name the gateway file with -c FILE");
    if (args.folder.empty())
        args.folder = args.target + "-export";
    const config::Loaded loaded = loadGatewayFile(args.file);
    if (!loaded.plan)
        return Misused;
    std::error_code unknown;
    const exporters::Surroundings around{std::filesystem::current_path(unknown).string(),
                                         gateway::certificateNames(*loaded.plan)};
    const Result<exporters::Export> out =
        exporters::exportPlan(*loaded.plan, args.target, notInEffect(loaded.problems), around);
    if (!out)
        return fail(Misused, out.error().what);
    if (const int code = write(*out, args.folder); code != Fine)
        return code;
    if (!args.json) {
        tell(*out, args);
        return Fine;
    }
    for (const exporters::OutputFile &file : out->files) {
        if (file.name == "report.json")
            print(file.content);
    }
    return Fine;
}

}  // namespace sluice::cli
