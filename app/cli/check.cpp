// SPDX-License-Identifier: GPL-3.0-or-later
// sluice check: every problem of a gateway file; or every key that one may have.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/base/json.h"
#include "engine/config/schema.h"
#include "engine/gateway/environment.h"
#include "engine/gateway/plan_files.h"

#include <QCoreApplication>

namespace sluice::cli {

namespace {

int listKeys(bool asJson)
{
    Table table({"KEY", "TYPE", "DEFAULT", "WHAT"});
    for (const config::KeyInfo &key : config::schema()) {
        if (asJson) {
            std::string line;
            JsonObject o(line);
            o.add("key", key.key)
                .add("type", key.type)
                .add("bounds", key.bounds)
                .addOrNull("default", key.fallback)
                .add("required", key.required)
                .add("in_effect", key.inEffect)
                .add("help", key.help);
            o.close();
            printLine(line);
            continue;
        }
        const std::string type = key.type + (key.bounds.empty() ? "" : ", " + key.bounds);
        const std::string help =
            key.help + (key.required ? " (needed)" : "") + (key.inEffect ? "" : " (not in effect yet)");
        table.add({key.key, type, key.fallback, help});
    }
    if (!asJson)
        print(table.text());
    return Fine;
}

}  // namespace

int check(const CheckArgs &args)
{
    if (args.keys)
        return listKeys(args.json);
    const std::string file = args.file.empty() ? "sluice.yaml" : args.file;
    int argc = 1;
    char program[] = "sluice", *argv[] = {program, nullptr};
    const QCoreApplication application(argc, argv);  // the keychain's library needs one
    gateway::SecretStore store(secretOptions());
    config::Environment environment = gateway::environment(store, gateway::patient);
    environment.lenient = true;
    config::Loaded loaded = config::loadFile(file, environment);
    if (loaded.plan) {
        for (Problem &problem : gateway::checkFiles(*loaded.plan, wallTime()))
            loaded.problems.push_back(std::move(problem));
    }
    for (const Problem &problem : loaded.problems)
        printLine(args.json ? json(problem) : problem.text());
    if (!loaded.plan)
        return Misused;
    if (!args.json)
        printLine(file + ": fine, " + std::to_string(loaded.plan->routes.size()) + " routes to "
                  + std::to_string(loaded.plan->services.size()) + " services"
                  + (loaded.problems.empty() ? "" : ", " + std::to_string(loaded.problems.size()) + " warnings"));
    return Fine;
}

}  // namespace sluice::cli
