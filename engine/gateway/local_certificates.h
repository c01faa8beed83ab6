// SPDX-License-Identifier: GPL-3.0-or-later
// Certificates that the laptop's own CA signs on demand.
#pragma once

#include "engine/tls/certificate.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::tls {
class LocalCa;
}

namespace sluice::gateway {

// The laptop's own CA; asked for once a plan needs it. An Error says why there is none.
using LocalCaSource = std::function<Result<std::shared_ptr<const tls::LocalCa>>()>;

// Certificates of the local CA by name, made on demand. Any thread. Bound: 1,000 names, then it begins anew.
class LocalCertificates {
public:
    explicit LocalCertificates(std::shared_ptr<const tls::LocalCa> ca) : ca_(std::move(ca)) {}
    // Null: the name can have none.
    tls::CertificatePtr get(const std::string &name);
    const tls::LocalCa &ca() const { return *ca_; }

private:
    const std::shared_ptr<const tls::LocalCa> ca_;
    std::mutex mutex_;  // held for a look-up, and while one certificate is made (0.2 ms)
    std::map<std::string, tls::CertificatePtr> made_;
};

}  // namespace sluice::gateway
