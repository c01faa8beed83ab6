// SPDX-License-Identifier: GPL-3.0-or-later
// sluice run: the gateway.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/serving.h"
#include "app/cli/verbs.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::cli {

namespace {

// What is wrong with the options as a whole; nothing: nothing.
std::string misuse(const RunArgs &args)
{
    const bool https = std::any_of(args.listen.begin(), args.listen.end(),
                                   [](const std::string &url) { return url.starts_with("https:"); });
    if (args.certificate.empty() != args.key.empty())
        return "--certificate and --key go together: the PEM file of the chain, and that of its private key";
    if (!args.certificate.empty() && !https)
        return "--certificate needs an address that speaks TLS: add --listen https://127.0.0.1:8443";
    if (!args.to.empty() && !args.file.empty())
        return "--to and --config exclude each other: --to URL sends everything to one place, a file has rules of its "
               "own";
    if (args.to.empty() && args.file.empty())
        return "there is no sluice.yaml in this folder. Name a gateway file with -c FILE, or send everything to one "
               "place with "
               "--to http://localhost:3000; `sluice demo` shows an example";
    return {};
}

}  // namespace

int run(RunArgs args)
{
    if (args.to.empty())
        args.file = gatewayFile(args.file);
    if (const std::string wrong = misuse(args); !wrong.empty())
        return fail(Misused, wrong);
    int argc = 1;
    char name[] = "sluice", *argv[] = {name, nullptr};
    const QCoreApplication application(argc, argv);
    gateway::GatewayOptions options;
    options.file = args.file;
    options.to = args.to;
    options.listen = args.listen;
    options.pair = {args.certificate, args.key};
    options.workers = args.workers;
    options.stockLoop = args.loop == "stock";
    options.socket = args.socket;
    Serving serving(options, recordingPath(args.record));
    if (const int code = serving.start(); code != Fine)
        return code;
    printLine(serving.readyLine());
    flush();
    return serving.serve();
}

}  // namespace sluice::cli
