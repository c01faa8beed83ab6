// SPDX-License-Identifier: GPL-3.0-or-later
// What a proxy must change in a head that it passes on (RFC 9110 section 7.6, RFC 7239), and whom it believes about
// the client.
// Pure functions; any thread. They run on every request: one pass, one block of text.
#pragma once

#include "engine/base/result.h"
#include "engine/http/ip.h"
#include "engine/http/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// Addresses whose word about the client is taken. A value; none by default.
class TrustedPeers {
public:
    TrustedPeers() = default;
    // Error: names the entry that is no address and no network, and what is wrong with it.
    static Result<TrustedPeers> parse(const std::vector<std::string> &networks);
    bool contains(std::string_view address) const;  // no address at all: false
    bool contains(const IpAddress &) const;
    bool empty() const { return networks_.empty(); }

private:
    std::vector<Cidr> networks_;
};

// The client's address as far as it can be believed: from the peer leftwards through X-Forwarded-For, as long as each
// is trusted; the first that is not, or the last that is an address. Where there is no X-Forwarded-For: Forwarded's
// "for".
// At most the last 32 entries are looked at. `peer` without port.
std::string clientAddress(const HeaderList &, std::string_view peer, const TrustedPeers &);

// Views live as long as the call.
struct ForwardFacts {
    std::string_view peer;                  // address of who connected to us, without port
    bool peerTrusted = false;               // its X-Forwarded-* and Forwarded are kept and appended to, else replaced
    std::string_view scheme = "http";       // that the client used to us
    std::string_view pseudonym = "sluice";  // our name in Via; a token
    std::string_view target;                // what to ask for; empty: that of `in`, in origin form
    std::string_view host;                  // of the new Host; empty: the client's authority
    bool tunnel = false;                    // Upgrade and "Connection: upgrade" are kept
};

// Via and the fields that tell of the client, as they were last written. Most requests come from the same client for the same
// authority as the one before, and then say the same.
class ForwardedLines {
public:
    // Those for `in`; lives until the next call. From a client whose own such fields are not kept.
    const HeaderList &of(const RequestHead &in, const ForwardFacts &facts);

private:
    std::string peer_, scheme_, pseudonym_, authority_;
    Version version_ = Version::Http11;
    HeaderList lines_;  // empty: none yet
};

// `out` becomes the request to send: method, target, authority, and headers with Host first.
// Without any authority there is no Host; give `host` then.
// Dropped: what Connection names, Connection, Keep-Alive, Proxy, Proxy-* (but Proxy-Status), TE (but "trailers", which
// is then named in Connection), Upgrade, Transfer-Encoding, Host (written anew), and each name that has a "_" where a
// field that we write or that frames the message has a "-" (some servers take the two for one). From an untrusted peer
// also every X-Forwarded-*, X-Real-IP and Forwarded. Content-Length stays unless Connection names it. Expect is left to
// the caller. Appended: Via, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded.
void toUpstream(const RequestHead &in, RequestHead &out, const ForwardFacts &facts, ForwardedLines &lines);
inline void toUpstream(const RequestHead &in, RequestHead &out, const ForwardFacts &facts)
{
    ForwardedLines lines;
    toUpstream(in, out, facts, lines);
}

// `out` becomes the answer to give: the same fields dropped (with `tunnel` Upgrade stays), Via appended.
void toClient(const ResponseHead &in, ResponseHead &out, std::string_view pseudonym = "sluice", bool tunnel = false);

}  // namespace sluice::http
