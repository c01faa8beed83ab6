// SPDX-License-Identifier: GPL-3.0-or-later
// TlsSession: one TLS connection over memory: ciphertext is given to it and taken from it, so that the wire makes one system
// call for a read and one for a send (a BIO of our own stands between). One thread.
#pragma once

#include "engine/base/scope.h"
#include "engine/net/tls/tls_context.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

// What the last session with an endpoint left for the next one to go on with. One a pool; one thread.
struct SessionShelf {
    SessionShelf() = default;
    ~SessionShelf();
    SessionShelf(const SessionShelf &) = delete;
    SessionShelf &operator=(const SessionShelf &) = delete;
    void keep(SSL_SESSION *);  // takes it over
    SSL_SESSION *last = nullptr;
};

// How a connection is secured, for records and for whoever decides who the caller is.
struct TlsFacts {
    std::string version, cipher;  // "TLSv1.3" "TLS_AES_256_GCM_SHA384"
    std::string serverName;       // that the client asked for
    bool resumed = false;
    std::string subject, commonName, fingerprint;  // of the certificate that the peer showed; empty: it showed none
};

class TlsSession {
public:
    // Null: OpenSSL has no memory, or the host is no name.
    static std::unique_ptr<TlsSession> server(std::shared_ptr<const ServerTls>);
    static std::unique_ptr<TlsSession> client(std::shared_ptr<const ClientTls>, const std::string &host,
                                              std::shared_ptr<SessionShelf>);
    ~TlsSession();
    TlsSession(const TlsSession &) = delete;
    TlsSession &operator=(const TlsSession &) = delete;

    // ---- ciphertext
    bool hasInput() const { return !in_.empty() || SSL_has_pending(ssl_) == 1; }
    // What came. It is used up by the calls that follow, or kept; the view must live until settle().
    void give(std::string_view ciphertext)
    {
        in_ = ciphertext;
        heard_ = true;
    }
    // Copies what of it is not used up.
    void settle();
    // Where ciphertext that must go out is appended, until this is called anew.
    void sink(std::string *out) { out_ = out; }
    // What one record makes goes there at once instead, straight from OpenSSL's buffer; null: no more.
    using Goes = void (*)(void *to, const char *data, size_t size);
    void sendTo(Goes goes, void *to)
    {
        goes_ = goes;
        goesTo_ = to;
    }

    // ---- the connection
    // More: `got` bytes of plaintext. Nothing: more ciphertext is wanted. End: the peer said so (close_notify). Failed: trouble().
    enum class Read : uint8_t { More, Nothing, End, Failed };
    Read read(char *to, size_t room, size_t &got);
    // Goes on with the handshake; a server's is also part of read(). More: it is done.
    Read shake();
    bool shaken() const { return shaken_; }
    bool failed() const { return failed_; }
    bool ours() const { return ours_; }    // we are the client
    bool heard() const { return heard_; }  // anything at all came
    // Only when shaken. False: the connection is broken.
    bool write(const char *data, size_t size);
    // A record went out. Where one follows the other OpenSSL's buffers (34 KiB) are kept from now on, until there was none for a
    // second.
    void worked(Scheduler &);
    void close();                       // says that nothing more will come from us
    std::string_view protocol() const;  // by ALPN: "h2" "http/1.1"; empty: none was agreed on
    TlsFacts facts() const;
    const std::string &trouble() const { return trouble_; }
    bool spokenPlain() const { return plain_; }  // the client speaks HTTP in clear

    // OpenSSL's side of the BIO.
    int take(char *to, int size);
    int put(const char *data, int size);
    static int sessionMade(SSL *, SSL_SESSION *);

private:
    TlsSession(SSL *ssl, std::shared_ptr<const void> context);
    Read after(int result);
    void explain();
    void rest();
    SSL *ssl_;
    std::shared_ptr<const void> context_;  // what the callbacks of the handshake use
    std::shared_ptr<SessionShelf> shelf_;
    std::string_view in_;
    std::string kept_;  // of in_; empty but for a reader that stands still
    std::string *out_ = nullptr;
    Goes goes_ = nullptr;
    void *goesTo_ = nullptr;
    bool shaken_ = false, failed_ = false, plain_ = false, ours_ = false, heard_ = false;
    std::string trouble_;
    Moment worked_{};
    int inARow_ = 0;                // records within a second of each other
    std::optional<Timer> resting_;  // where the buffers are kept
};

}  // namespace sluice::net
