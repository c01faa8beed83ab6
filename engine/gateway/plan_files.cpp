// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/plan_files.h"

#include "engine/gateway/tls_keeper.h"
#include "engine/tls/local_ca.h"

#include <algorithm>
#include <cstdio>

namespace sluice::gateway {

namespace {

constexpr int soonDays = 14;

std::string start(const std::string &path)
{
    constexpr size_t most = 4 << 20;
    std::string out;
    const std::unique_ptr<FILE, int (*)(FILE *)> in(std::fopen(path.c_str(), "rbe"),
                                                    [](FILE *f) { return f ? std::fclose(f) : 0; });
    char buffer[16384];
    for (size_t n; in && out.size() <= most && (n = std::fread(buffer, 1, sizeof buffer, in.get())) > 0;)
        out.append(buffer, n);
    return out.size() <= most ? out : "";
}

// A listener of the local CA is looked at like the others, without the user's own: that is made when a gateway needs it.
Result<std::shared_ptr<const tls::LocalCa>> standIn(WallTime now)
{
    const Result<tls::PemPair> made = tls::LocalCa::make(now, "check");
    if (!made)
        return made.error();
    return tls::LocalCa::load(*made);
}

}  // namespace

Problems checkFiles(const config::Plan &plan, WallTime now)
{
    Problems out;
    TlsKeeper keeper([now] { return standIn(now); });
    keeper.load(plan, now, out);
    for (const CertificateStatus &shown : keeper.certificates(now)) {
        const bool expires = !shown.subject.empty() && shown.daysLeft < soonDays;
        const config::ServiceSettings *service =
            shown.where.starts_with("service ") ? plan.service(shown.where.substr(8)) : nullptr;
        if (!expires || !service)
            continue;
        out.push_back({Problem::Severity::Warning, plan.file, service->place.line, service->place.column,
                       "the certificate " + shown.subject + " that " + service->name + " is shown "
                           + (shown.daysLeft < 0 ? "has expired on " : "expires soon, on ")
                           + rfc3339(shown.notAfter).substr(0, 10),
                       "renew it"});
    }
    return out;
}

std::map<std::string, std::vector<std::string>> certificateNames(const config::Plan &plan)
{
    std::map<std::string, std::vector<std::string>> out;
    for (const config::ListenSettings &listen : plan.listen) {
        for (const tls::PairSettings &pair : listen.secure.certificates) {
            const Result<std::vector<tls::X509Ptr>> read = tls::readCertificates(start(pair.certificate));
            if (read && !read->empty())
                out[pair.certificate] = tls::factsOf(read->front().get()).names;
        }
    }
    return out;
}

}  // namespace sluice::gateway
