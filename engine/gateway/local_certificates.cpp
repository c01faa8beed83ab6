// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/local_certificates.h"

#include "engine/tls/local_ca.h"

#include <chrono>

namespace sluice::gateway {

namespace {

constexpr size_t mostNames = 1000;

WallTime wallNow()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

tls::CertificatePtr LocalCertificates::get(const std::string &name)
{
    const WallTime now = wallNow();
    const std::lock_guard lock(mutex_);
    const auto at = made_.find(name);
    if (at != made_.end() && at->second->facts().notAfter > now + std::chrono::days(1))
        return at->second;
    const Result<tls::PemPair> pem = ca_->issue(name, now);
    if (!pem)
        return nullptr;
    const Result<tls::CertificatePtr> made = tls::Certificate::parse(pem->certificate, pem->key);
    if (!made)
        return nullptr;
    if (made_.size() >= mostNames)
        made_.clear();
    return made_[name] = *made;
}

}  // namespace sluice::gateway
