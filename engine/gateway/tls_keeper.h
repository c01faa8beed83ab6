// SPDX-License-Identifier: GPL-3.0-or-later
// TlsKeeper: reads the files that a plan's TLS names, makes what the sockets need of them, and looks whether they have changed:
// by what is in them, so that a link that is swapped counts and a touched file does not. A pair that does not fit together, or
// cannot be read, leaves the one before in use; where there was none, its listener refuses connections and its service requests
// until the files are right. Nothing closed is ever opened for want of a file. One thread; blocks while it reads (small files).
#pragma once

#include "engine/base/problem.h"
#include "engine/config/plan.h"
#include "engine/gateway/local_certificates.h"
#include "engine/gateway/status.h"
#include "engine/net/tls/tls_context.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::gateway {

class TlsKeeper {
public:
    explicit TlsKeeper(LocalCaSource source) : source_(std::move(source)) {}

    // For a plan that begins or takes another's place; looks for a renewed local CA, too. What is wrong is added as warnings, with their places.
    net::TlsMaterialPtr load(const config::Plan &, WallTime now, Problems &);
    // For the plan of the last load(). Null: nothing has changed. `told`: a line for each thing that is new, or wrong now.
    net::TlsMaterialPtr refresh(WallTime now, std::vector<std::string> &told);
    std::vector<CertificateStatus> certificates(WallTime now) const;
    // Of the plan of the last load(): why no address of it takes a connection; empty: one does.
    std::string whyNoneServes() const;

private:
    struct File {
        std::string mark;  // where and how old it is, to see at a glance that nothing has changed
        std::string text, trouble;
    };
    struct Pair {
        tls::CertificatePtr good;
        std::string trouble;  // of the files as they are now
    };
    struct Listener {
        std::shared_ptr<const net::ServerTls> made;
        std::vector<tls::CertificatePtr> certificates;  // what `made` was made of
        std::string clientCa, trouble;
        bool tls13Only = false;
        std::shared_ptr<LocalCertificates> local;
    };
    struct Service {
        std::shared_ptr<const net::ClientTls> made;
        tls::CertificatePtr pair;
        std::string ca, serverName, trouble;
    };
    const File &file(const std::string &path);
    bool look(const std::string &path, File &);
    Pair &pair(const tls::PairSettings &);
    Result<std::shared_ptr<LocalCertificates>> local();
    void lookForNewLocal();
    void make(const config::ListenSettings &);
    void make(const config::ServiceSettings &);
    net::TlsMaterialPtr makeAll();

    LocalCaSource source_;
    std::shared_ptr<LocalCertificates> local_;
    std::vector<config::ListenSettings> listen_;  // with TLS
    bool someInClear_ = false;                    // others are there, too
    std::vector<config::ServiceSettings> services_;
    std::map<std::string, File> files_;
    std::map<std::pair<std::string, std::string>, Pair> pairs_;
    std::map<std::string, Listener> listeners_;
    std::map<std::string, Service> made_;  // by service
};

}  // namespace sluice::gateway
