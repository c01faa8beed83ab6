// SPDX-License-Identifier: GPL-3.0-or-later
// What OpenSSL needs to know before a connection: which certificates a listener shows, whom it and we believe. Immutable once
// made; shared by all workers, which adopt a new one between two turns. Connections keep what they began with.
#pragma once

#include "engine/tls/certificate.h"

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::net {

struct FreeContext {
    void operator()(SSL_CTX *c) const { SSL_CTX_free(c); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;

// A certificate for a server name (empty: the client named none), made on demand. Called on any worker's thread within a
// handshake; keeps what it made. Nothing: none can be had, the handshake fails.
using CertificateMaker = std::function<tls::CertificatePtr(const std::string &name)>;

// One listener's side (RFC 8446, RFC 5246). TLS 1.2 and 1.3, forward secret ciphers only, no renegotiation, no compression,
// tickets for resumption, ALPN.
class ServerTls {
public:
    struct Parts {
        std::vector<tls::CertificatePtr> certificates;  // picked by server name; empty: `maker`
        CertificateMaker maker;
        std::string clientCa;  // PEM of CAs and CRLs; empty: clients show nothing
        bool tls13Only = false;
    };
    // `before`: the one in whose place this comes: its tickets stay good unless another client CA is asked for.
    static Result<std::shared_ptr<const ServerTls>> create(Parts, const ServerTls *before);
    ~ServerTls();
    SSL *start() const;

private:
    ServerTls() = default;
    static int pickByName(SSL *, int *, void *);
    static int makeByName(SSL *, void *);
    static int pickProtocol(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned, void *);
    struct Choice;
    Parts parts_;
    ContextPtr context_;  // the first certificate's, where connections begin
    std::vector<ContextPtr> others_;
    std::unique_ptr<Choice> choice_;
};

// Our side towards one service: whom to believe, what to show, which name to check.
class ClientTls {
public:
    struct Parts {
        std::string ca;       // PEM of CAs and CRLs; empty: the system's
        std::string caToo{};  // PEM of CAs that are trusted beside those
        tls::CertificatePtr pair{};
        std::string serverName{};  // empty: the endpoint's host
        bool onlyHttp1 = false;    // HTTP/2 is not offered
    };
    static Result<std::shared_ptr<const ClientTls>> create(Parts);
    // `host`: of the endpoint. Names and addresses are both checked against the certificate (RFC 9110 section 4.3.4).
    SSL *start(const std::string &host) const;

private:
    Parts parts_;
    ContextPtr context_;
};

// All of a plan. What cannot be had (a file is not there) has no entry but a reason: its listener refuses every handshake,
// its service every request.
struct TlsMaterial {
    std::unordered_map<std::string, std::shared_ptr<const ServerTls>> listeners;  // by ListenSettings::url
    std::unordered_map<std::string, std::shared_ptr<const ClientTls>> services;   // by name
    std::unordered_map<std::string, std::string> listenerTrouble, serviceTrouble;
};
using TlsMaterialPtr = std::shared_ptr<const TlsMaterial>;

}  // namespace sluice::net
