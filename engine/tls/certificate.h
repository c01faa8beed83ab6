// SPDX-License-Identifier: GPL-3.0-or-later
// Certificate: an X.509 chain with the private key of its leaf, checked to belong together; and what people ask about one.
// Immutable; any thread (OpenSSL counts references atomically).
#pragma once

#include "engine/base/moment.h"
#include "engine/base/result.h"

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tls {

struct FreeX509 {
    void operator()(X509 *x) const { X509_free(x); }
};
struct FreeKey {
    void operator()(EVP_PKEY *k) const { EVP_PKEY_free(k); }
};
using X509Ptr = std::unique_ptr<X509, FreeX509>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

// What one certificate says.
struct CertificateFacts {
    std::string subject, issuer;  // "CN=api.test, O=Example", RFC 4514 order turned round as people read it
    std::string commonName;       // may be empty
    std::vector<std::string>
        names;                // DNS names in lower case and IP addresses; the common name where there is no such list
    std::string fingerprint;  // SHA-256, "AB:CD:…"
    WallTime notBefore{}, notAfter{};
};
CertificateFacts factsOf(X509 *certificate);

class Certificate {
public:
    // PEM texts: the leaf first, then its issuers (at most 16); the key without a passphrase. An Error says which of the two
    // is wrong, as a sentence to go behind a file's name; never any of the key.
    static Result<std::shared_ptr<const Certificate>> parse(std::string_view chain, std::string_view key);

    const CertificateFacts &facts() const { return facts_; }
    X509 *leaf() const { return leaf_.get(); }
    EVP_PKEY *key() const { return key_.get(); }
    const std::vector<X509Ptr> &issuers() const { return issuers_; }

private:
    Certificate() = default;
    CertificateFacts facts_;
    X509Ptr leaf_;
    std::vector<X509Ptr> issuers_;
    KeyPtr key_;
};
using CertificatePtr = std::shared_ptr<const Certificate>;

// Every certificate of a PEM text, at most 10,000 (a system's bundle has a few hundred). An Error where there is none, or one
// cannot be read.
Result<std::vector<X509Ptr>> readCertificates(std::string_view pem);

// What OpenSSL last complained of on this thread, for people; takes it off its list. Empty: of nothing.
std::string openSslTrouble();

}  // namespace sluice::tls
