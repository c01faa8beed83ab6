// SPDX-License-Identifier: GPL-3.0-or-later
// LocalCa: this user's own certificate authority, which signs a certificate for any name that is developed behind the gateway.
// Pure but for OpenSSL's random source: `now` is handed in, nothing is read or kept. RFC 5280.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/result.h"

#include <memory>
#include <string>

namespace sluice::tls {

// PEM texts. certificate: leaf first, then its issuers. key: PKCS #8, not encrypted; a secret, to be kept like one.
struct PemPair {
    std::string certificate, key;
};

// Immutable; any thread.
class LocalCa {
public:
    // A new authority, "Sluice local CA (OWNER)": EC P-256, ten years from an hour before `now`, signs only leaves (path length 0).
    // `owner`: 1 to 40 bytes of printable ASCII; others are left out, and what is longer is cut.
    static Result<PemPair> make(WallTime now, const std::string &owner);
    // The first certificate of the pair is the authority's. Bad PEM, more than 64 KiB, no CA, or a key of another
    // certificate: an Error with a sentence. An expired one loads; notAfter() tells.
    static Result<std::shared_ptr<const LocalCa>> load(const PemPair &);

    ~LocalCa();
    LocalCa(const LocalCa &) = delete;
    LocalCa &operator=(const LocalCa &) = delete;

    // A server certificate for a DNS name (A-labels), "*.name" or an IP address: a key of its own (EC P-256), subjectAltName,
    // serverAuth, from an hour before `now` for 397 days, never longer than the authority's. The authority's certificate
    // follows the leaf. Anything else as a name, or an authority that has expired: an Error.
    Result<PemPair> issue(const std::string &name, WallTime now) const;

    // May a client ask for it: is it a host name (A-labels) or an address? Of others issue() makes none, or one for "*.NAME".
    static bool mayName(const std::string &name);

    const std::string &certificatePem() const;
    std::string fingerprint() const;  // SHA-256 of the certificate: hex pairs in capitals with ':'
    WallTime notAfter() const;
    std::string subject() const;  // "CN=Sluice local CA (ada)", RFC 2253

private:
    struct Impl;
    explicit LocalCa(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::tls
