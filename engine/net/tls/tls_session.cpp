// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/tls/tls_session.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

namespace sluice::net {

namespace {

constexpr Nanos restAfter = std::chrono::seconds(1);
constexpr int busyFrom = 4;  // records in a row

// Older ones free a buffer in which half a record stands, which the peer can arrange (CVE-2024-4741). There the buffers of a
// connection that rests stay until its next record.
bool freesWhatIsFree()
{
    static const unsigned long version = OpenSSL_version_num();
    constexpr unsigned long firstGood[] = {0x300000e0, 0x30100060, 0x30200020, 0x30300010};  // of 3.0 to 3.3
    const unsigned long minor = version >> 20 & 0xff;
    return version >> 28 > 3 || minor >= std::size(firstGood) || version >= firstGood[minor];
}

TlsSession *sessionOf(BIO *bio)
{
    return static_cast<TlsSession *>(BIO_get_data(bio));
}

int bioRead(BIO *bio, char *to, int size)
{
    BIO_clear_retry_flags(bio);
    const int n = sessionOf(bio)->take(to, size);
    if (n <= 0)
        BIO_set_retry_read(bio);
    return n;
}

int bioWrite(BIO *bio, const char *data, int size)
{
    return sessionOf(bio)->put(data, size);
}

long bioControl(BIO *, int command, long, void *)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD *bioMethod()
{
    static BIO_METHOD *const method = [] {
        BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory of a wire");
        BIO_meth_set_read(made, bioRead);
        BIO_meth_set_write(made, bioWrite);
        BIO_meth_set_ctrl(made, bioControl);
        return made;
    }();
    return method;
}

std::string alertText(int alert)
{
    switch (alert) {
    case SSL_AD_UNKNOWN_CA: return "the peer does not know the CA of our certificate (alert unknown_ca)";
    case SSL_AD_BAD_CERTIFICATE: return "the peer refused our certificate (alert bad_certificate)";
    case SSL_AD_CERTIFICATE_UNKNOWN: return "the peer refused our certificate (alert certificate_unknown)";
    case SSL_AD_CERTIFICATE_EXPIRED: return "the peer says that our certificate has expired";
    case SSL_AD_CERTIFICATE_REQUIRED: return "the peer wants a certificate of ours (alert certificate_required)";
    default: return std::string("the peer ended it with the alert ") + SSL_alert_desc_string_long(alert);
    }
}

}  // namespace

SessionShelf::~SessionShelf()
{
    SSL_SESSION_free(last);
}

void SessionShelf::keep(SSL_SESSION *session)
{
    SSL_SESSION_free(std::exchange(last, session));
}

TlsSession::TlsSession(SSL *ssl, std::shared_ptr<const void> context) : ssl_(ssl), context_(std::move(context))
{
    BIO *bio = BIO_new(bioMethod());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
}

TlsSession::~TlsSession()
{
    SSL_set_app_data(ssl_, nullptr);
    if (!failed_)  // else OpenSSL spoils the session, and the next connection could not go on with it
        SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
}

std::unique_ptr<TlsSession> TlsSession::server(std::shared_ptr<const ServerTls> context)
{
    SSL *ssl = context->start();
    if (!ssl)
        return nullptr;
    return std::unique_ptr<TlsSession>(new TlsSession(ssl, std::move(context)));
}

std::unique_ptr<TlsSession> TlsSession::client(std::shared_ptr<const ClientTls> context, const std::string &host,
                                               std::shared_ptr<SessionShelf> shelf)
{
    SSL *ssl = context->start(host);
    if (!ssl)
        return nullptr;
    std::unique_ptr<TlsSession> out(new TlsSession(ssl, std::move(context)));
    out->ours_ = true;
    out->shelf_ = std::move(shelf);
    if (out->shelf_ && out->shelf_->last)
        SSL_set_session(ssl, out->shelf_->last);
    SSL_set_app_data(ssl, out.get());
    return out;
}

int TlsSession::sessionMade(SSL *ssl, SSL_SESSION *session)
{
    const auto *own = static_cast<const TlsSession *>(SSL_get_app_data(ssl));
    if (!own || !own->shelf_)
        return 0;
    own->shelf_->keep(session);
    return 1;  // ours now
}

// ---- ciphertext

int TlsSession::take(char *to, int size)
{
    if (in_.empty())
        return -1;
    const size_t n = std::min(in_.size(), size_t(size));
    std::memcpy(to, in_.data(), n);
    in_.remove_prefix(n);
    return int(n);
}

int TlsSession::put(const char *data, int size)
{
    if (goes_)
        goes_(goesTo_, data, size_t(size));
    else if (out_)
        out_->append(data, size_t(size));
    return size;
}

void TlsSession::settle()
{
    if (in_.empty()) {
        if (!kept_.empty())
            std::string().swap(kept_);
        return;
    }
    if (in_.data() >= kept_.data() && in_.data() < kept_.data() + kept_.size()) {
        kept_.erase(0, size_t(in_.data() - kept_.data()));
    } else {
        kept_.assign(in_);
    }
    in_ = kept_;
}

// ---- the connection

// SSL_get_error() takes what somebody left in the thread's queue of errors for this call's, unless the queue is emptied before
// each call, which every record would pay for. So the connection is asked; but within a handshake, or a message that belongs to
// one, and after a fatal alert (all of them SSL_in_init()) it does not tell them apart.
TlsSession::Read TlsSession::after(int result)
{
    if (shaken_ && !SSL_in_init(ssl_)) {
        if (SSL_want_read(ssl_))
            return Read::Nothing;
        if (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN)
            return Read::End;
    }
    switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Read::Nothing;
    case SSL_ERROR_ZERO_RETURN: return Read::End;
    default: break;
    }
    explain();
    failed_ = true;
    return Read::Failed;
}

// For people: what was wrong with the certificate, or what OpenSSL or the peer complained of.
void TlsSession::explain()
{
    const unsigned long code = ERR_peek_last_error();
    const int reason = ERR_GET_REASON(code);
    plain_ = reason == SSL_R_HTTP_REQUEST;
    const long verified = SSL_get_verify_result(ssl_);
    const std::string what = shaken_ ? "the TLS connection broke: " : "the TLS handshake failed: ";
    if (plain_)
        trouble_ = "this port speaks TLS, and the request came in clear: write https:// instead of http://";
    else if (!shaken_ && reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
        trouble_ = what + "the peer's certificate is not accepted: " + X509_verify_cert_error_string(verified);
    else if (reason >= SSL_AD_REASON_OFFSET)
        trouble_ = what + alertText(reason - SSL_AD_REASON_OFFSET);
    else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        trouble_ = what + "the client showed no certificate, and this address wants one";
    else if (reason == SSL_R_WRONG_VERSION_NUMBER)
        trouble_ = what + "the other side does not speak TLS";
    else {
        const char *text = code ? ERR_reason_error_string(code) : nullptr;
        trouble_ = what + (text ? text : "the connection was closed");
    }
    ERR_clear_error();
}

TlsSession::Read TlsSession::read(char *to, size_t room, size_t &got)
{
    got = 0;
    if (failed_)
        return Read::Failed;
    if (!shaken_)
        ERR_clear_error();
    const int ok = SSL_read_ex(ssl_, to, room, &got);
    if (!shaken_ && SSL_is_init_finished(ssl_))
        shaken_ = true;
    return ok == 1 ? Read::More : after(ok);
}

TlsSession::Read TlsSession::shake()
{
    if (failed_)
        return Read::Failed;
    if (shaken_)
        return Read::More;
    ERR_clear_error();
    const int ok = SSL_do_handshake(ssl_);
    if (ok == 1) {
        shaken_ = true;
        return Read::More;
    }
    return after(ok);
}

bool TlsSession::write(const char *data, size_t size)
{
    if (failed_)
        return false;
    size_t written = 0;
    if (size == 0 || (SSL_write_ex(ssl_, data, size, &written) == 1 && written == size))
        return true;
    explain();
    failed_ = true;
    return false;
}

void TlsSession::worked(Scheduler &scheduler)
{
    const Moment now = scheduler.now();
    if (!resting_) {
        inARow_ = now - worked_ < restAfter ? inARow_ + 1 : 0;
        worked_ = now;
        if (inARow_ < busyFrom)
            return;
        SSL_clear_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
        resting_.emplace(
            scheduler, [](Timer &, void *self) { static_cast<TlsSession *>(self)->rest(); }, this);
    }
    resting_->start(now + restAfter);
}

// What is still in the buffers keeps them until it has gone: OpenSSL releases them by itself then.
void TlsSession::rest()
{
    SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
    if (freesWhatIsFree())
        SSL_free_buffers(ssl_);
    inARow_ = 0;
    resting_.reset();
}

void TlsSession::close()
{
    if (failed_ || !shaken_)
        return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

std::string_view TlsSession::protocol() const
{
    const unsigned char *name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char *>(name), size};
}

TlsFacts TlsSession::facts() const
{
    TlsFacts out;
    out.version = SSL_get_version(ssl_);
    const char *cipher = SSL_get_cipher_name(ssl_);
    out.cipher = cipher ? cipher : "";
    const char *name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    out.serverName = name ? name : "";
    out.resumed = SSL_session_reused(ssl_) == 1;
    if (X509 *peer = SSL_get0_peer_certificate(ssl_)) {
        const tls::CertificateFacts facts = tls::factsOf(peer);
        out.subject = facts.subject;
        out.commonName = facts.commonName;
        out.fingerprint = facts.fingerprint;
    }
    return out;
}

}  // namespace sluice::net
