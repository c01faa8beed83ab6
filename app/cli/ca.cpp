// SPDX-License-Identifier: GPL-3.0-or-later
// sluice ca: the certificate authority of this user, whose certificates local_ca listeners show.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/trust.h"
#include "app/cli/verbs.h"
#include "engine/base/json.h"
#include "engine/gateway/local_authority.h"

#include <QCoreApplication>

#include <unistd.h>

namespace sluice::cli {

namespace {

int show(const gateway::LocalAuthority &authority, const CaArgs &args)
{
    const tls::LocalCa &ca = *authority.ca;
    if (args.pem) {
        print(ca.certificatePem());
        return Fine;
    }
    const WallTime now = wallTime();
    const bool expired = now > ca.notAfter();
    if (args.json) {
        std::string line;
        JsonObject o(line);
        o.add("subject", ca.subject())
            .add("fingerprint", ca.fingerprint())
            .add("not_after", rfc3339(ca.notAfter()))
            .add("expired", expired)
            .add("certificate", authority.certificateFile)
            .add("key_kept", authority.keptIn);
        o.close();
        printLine(line);
        return Fine;
    }
    const long days = long((ca.notAfter() - now) / std::chrono::hours(24));
    printLine(painted(printable(ca.subject()), Colour::Bold));
    printLine("SHA-256      " + ca.fingerprint());
    printLine("expires      " + rfc3339(ca.notAfter()).substr(0, 10)
              + (expired ? painted(", has expired: sluice ca renew", Colour::Red)
                         : ", in " + std::to_string(days) + " days"));
    printLine("certificate  " + authority.certificateFile);
    printLine("key          kept " + authority.keptIn);
    printLine("\n`sluice ca trust` has browsers and programs of this user trust it.");
    return Fine;
}

int renewed(const gateway::LocalAuthority &authority, bool hadOne)
{
    printLine("new: " + printable(authority.ca->subject()) + ", SHA-256 " + authority.ca->fingerprint());
    if (hadOne)
        printLine("the certificate before is kept as " + authority.certificateFile + ".old");
    printLine(
        "Nobody trusts the new one yet: run `sluice ca trust`. A running gateway shows it after `sluice reload`.");
    return Fine;
}

}  // namespace

int ca(const CaArgs &args)
{
    // sudo leaves the user's folders behind: the CA would be root's, which signs nothing for the user.
    const QString asked = qEnvironmentVariable("SUDO_USER");
    if (args.act == "trust" && ::geteuid() == 0 && !asked.isEmpty() && asked != "root")
        return fail(Failed,
                    "under sudo this is root's CA, not that of " + asked.toStdString()
                        + "; run `sluice ca trust` without sudo, and then the line that it prints for the system");
    int argc = 1;
    char program[] = "sluice", *argv[] = {program, nullptr};
    const QCoreApplication application(argc, argv);
    gateway::SecretStore store(secretOptions());
    bool hadOne = false;
    if (args.act == "renew") {
        const Result<std::optional<Secret>> before = store.read(gateway::localCaEntry, gateway::patient);
        hadOne = before && *before;
    }
    const Result<gateway::LocalAuthority> authority = args.act == "renew"
        ? gateway::renewLocalAuthority(store, wallTime(), gateway::patient)
        : gateway::localAuthority(store, wallTime(), gateway::patient);
    if (!authority)
        return fail(Failed, authority.error().what);
    if (args.act == "show")
        return show(*authority, args);
    return args.act == "renew" ? renewed(*authority, hadOne) : trust(*authority, args.userOnly);
}

}  // namespace sluice::cli
