// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/tls/tls_context.h"

#include "engine/http/ip.h"
#include "engine/net/tls/tls_session.h"
#include "engine/tls/local_ca.h"
#include "engine/tls/name_choice.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace sluice::net {

namespace {

// In the order in which we like them; what a client has no hardware for it puts last itself.
constexpr const char *ciphers13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char *ciphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";
constexpr const char *groups = "X25519:P-256:P-384";
constexpr unsigned char protocols[] = "\x02h2\x08http/1.1";  // by preference

Error wrong(std::string what)
{
    const std::string why = tls::openSslTrouble();
    return Error{Fault::Gateway, what + (why.empty() ? "" : " (" + why + ')')};
}

ContextPtr common(const SSL_METHOD *method, int least)
{
    ERR_clear_error();
    ContextPtr out(SSL_CTX_new(method));
    if (!out)
        return out;
    SSL_CTX_set_min_proto_version(out.get(), least);
    SSL_CTX_set_options(out.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
                            | SSL_OP_PRIORITIZE_CHACHA);
    // An idle connection holds no buffer.
    SSL_CTX_set_mode(out.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(out.get(), 1);  // a record's head and its rest come by one read
    SSL_CTX_set_ciphersuites(out.get(), ciphers13);
    SSL_CTX_set_cipher_list(out.get(), ciphers12);
    SSL_CTX_set1_groups_list(out.get(), groups);
    return out;
}

Outcome use(SSL_CTX *context, const tls::Certificate &certificate)
{
    if (SSL_CTX_use_certificate(context, certificate.leaf()) != 1
        || SSL_CTX_use_PrivateKey(context, certificate.key()) != 1)
        return wrong("OpenSSL does not take the certificate");
    for (const tls::X509Ptr &issuer : certificate.issuers()) {
        if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1)
            return wrong("OpenSSL does not take the certificate's chain");
    }
    return Done{};
}

// A certificate names a host without the root's dot, and so does a client (RFC 6066 section 3).
std::string withoutDot(const std::string &name)
{
    return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

struct FreeBio {
    void operator()(BIO *b) const { BIO_free(b); }
};

// CAs of a PEM text into a store. A CRL in it is obeyed, and then every CA must have one.
Outcome believe(SSL_CTX *context, const std::string &pem, std::vector<tls::X509Ptr> &cas)
{
    Result<std::vector<tls::X509Ptr>> read = tls::readCertificates(pem);
    if (!read)
        return read.error();
    cas = read.take();
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    for (const tls::X509Ptr &ca : cas)
        X509_STORE_add_cert(store, ca.get());
    const std::unique_ptr<BIO, FreeBio> in(BIO_new_mem_buf(pem.data(), int(pem.size())));
    while (X509_CRL *crl = PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr)) {
        X509_STORE_add_crl(store, crl);
        X509_CRL_free(crl);
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);  // a CA below a root may be the one that is believed
    ERR_clear_error();
    return Done{};
}

// Clients of one CA must not come back with a ticket from a time when another was asked for.
void setTickets(SSL_CTX *context, const std::string &clientCa)
{
    unsigned char id[32];
    unsigned size = 0;
    EVP_Digest(clientCa.data(), clientCa.size(), id, &size, EVP_sha256(), nullptr);
    SSL_CTX_set_session_id_context(context, id, size);
    // Tickets hold it all; what is kept here is for clients of TLS 1.2 that take none.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, 1000);
    SSL_CTX_set_num_tickets(context, 1);
}

}  // namespace

struct ServerTls::Choice {
    tls::NameChoice names;
};

ServerTls::~ServerTls() = default;

Result<std::shared_ptr<const ServerTls>> ServerTls::create(Parts parts, const ServerTls *before)
{
    std::shared_ptr<ServerTls> out(new ServerTls);
    out->parts_ = std::move(parts);
    out->choice_ = std::make_unique<Choice>();
    const Parts &p = out->parts_;
    const size_t count = std::max<size_t>(1, p.certificates.size());
    for (size_t i = 0; i < count; ++i) {
        ContextPtr context = common(TLS_server_method(), p.tls13Only ? TLS1_3_VERSION : TLS1_2_VERSION);
        if (!context)
            return wrong("TLS cannot be set up");
        if (!p.certificates.empty()) {
            out->choice_->names.add(p.certificates[i]->facts().names);
            if (const Outcome used = use(context.get(), *p.certificates[i]); !used)
                return used.error();
        }
        if (!p.clientCa.empty()) {
            std::vector<tls::X509Ptr> cas;
            if (const Outcome read = believe(context.get(), p.clientCa, cas); !read)
                return Error{Fault::Gateway, "the file of client CAs " + read.error().what};
            for (const tls::X509Ptr &ca : cas)
                SSL_CTX_add_client_CA(context.get(), ca.get());
            SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
        setTickets(context.get(), p.clientCa);
        SSL_CTX_set_alpn_select_cb(context.get(), pickProtocol, nullptr);
        if (i == 0)
            out->context_ = std::move(context);
        else
            out->others_.push_back(std::move(context));
    }
    if (p.certificates.empty())
        SSL_CTX_set_cert_cb(out->context_.get(), makeByName, out.get());
    SSL_CTX_set_tlsext_servername_callback(out->context_.get(), pickByName);
    SSL_CTX_set_tlsext_servername_arg(out->context_.get(), out.get());
    if (before && before->parts_.clientCa == p.clientCa) {
        unsigned char keys[80];
        if (SSL_CTX_get_tlsext_ticket_keys(before->context_.get(), keys, sizeof keys) == 1)
            SSL_CTX_set_tlsext_ticket_keys(out->context_.get(), keys, sizeof keys);
        OPENSSL_cleanse(keys, sizeof keys);
    }
    return std::shared_ptr<const ServerTls>(std::move(out));
}

SSL *ServerTls::start() const
{
    SSL *ssl = SSL_new(context_.get());
    if (ssl)
        SSL_set_accept_state(ssl);
    return ssl;
}

int ServerTls::pickByName(SSL *ssl, int *alert, void *self)
{
    const auto *own = static_cast<const ServerTls *>(self);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name && *name && own->parts_.certificates.empty() && !tls::LocalCa::mayName(withoutDot(name))) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;  // of what is none no certificate is made
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    const size_t at = own->others_.empty() ? 0 : own->choice_->names.pick(name ? name : "");
    if (at > 0)
        SSL_set_SSL_CTX(ssl, own->others_[at - 1].get());
    return SSL_TLSEXT_ERR_OK;
}

int ServerTls::makeByName(SSL *ssl, void *self)
{
    const auto *own = static_cast<const ServerTls *>(self);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const tls::CertificatePtr made = own->parts_.maker ? own->parts_.maker(withoutDot(name ? name : "")) : nullptr;
    if (!made || SSL_use_certificate(ssl, made->leaf()) != 1 || SSL_use_PrivateKey(ssl, made->key()) != 1)
        return 0;
    for (const tls::X509Ptr &issuer : made->issuers())
        SSL_add1_chain_cert(ssl, issuer.get());
    return 1;
}

// RFC 7301: no protocol in common is an end; a client that names none gets HTTP/1.1.
int ServerTls::pickProtocol(SSL *, const unsigned char **out, unsigned char *size, const unsigned char *offered,
                            unsigned offeredSize, void *)
{
    unsigned char *picked = nullptr;
    if (SSL_select_next_proto(&picked, size, protocols, sizeof protocols - 1, offered, offeredSize)
        != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = picked;
    return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<const ClientTls>> ClientTls::create(Parts parts)
{
    auto out = std::make_shared<ClientTls>();
    out->parts_ = std::move(parts);
    out->context_ = common(TLS_client_method(), TLS1_2_VERSION);
    SSL_CTX *context = out->context_.get();
    if (!context)
        return wrong("TLS cannot be set up");
    if (out->parts_.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        ERR_clear_error();
    } else {
        std::vector<tls::X509Ptr> cas;
        if (const Outcome read = believe(context, out->parts_.ca, cas); !read)
            return Error{Fault::Gateway, "the file of CAs " + read.error().what};
    }
    if (!out->parts_.caToo.empty()) {
        std::vector<tls::X509Ptr> cas;
        if (const Outcome read = believe(context, out->parts_.caToo, cas); !read)
            return Error{Fault::Gateway, "the file of CAs " + read.error().what};
    }
    if (out->parts_.pair) {
        if (const Outcome used = use(context, *out->parts_.pair); !used)
            return used.error();
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, TlsSession::sessionMade);
    const unsigned skip = out->parts_.onlyHttp1 ? 1 + protocols[0] : 0;  // "h2" comes first
    SSL_CTX_set_alpn_protos(context, protocols + skip, sizeof protocols - 1 - skip);
    return std::shared_ptr<const ClientTls>(std::move(out));
}

SSL *ClientTls::start(const std::string &host) const
{
    SSL *ssl = SSL_new(context_.get());
    if (!ssl)
        return nullptr;
    const std::string name = withoutDot(parts_.serverName.empty() ? host : parts_.serverName);
    bool fine = false;
    if (http::parseIp(name)) {
        fine = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
    } else {
        // What a certificate's subject says is no name (RFC 9110 section 4.3.4).
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        fine = SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
    }
    if (!fine) {
        SSL_free(ssl);
        return nullptr;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}

}  // namespace sluice::net
