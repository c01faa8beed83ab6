// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/forwarding.h"
#include "engine/http/uri.h"
#include "engine/journey/state.h"

#include <charconv>

namespace sluice::journey {

namespace {

// Whose X-Request-ID is kept: those whose forwarding headers are believed, and this machine's own programs.
bool mayNameRequests(const Journey &j)
{
    const std::string &address = j.client.peer().address;
    return address.starts_with("127.") || address == "::1" || address.empty() || j.rules->trusted.contains(address);
}

void nameIt(Journey &j)
{
    Exchange &x = *j.x;
    const http::HeaderList &headers = x.received.headers;
    const std::string_view given = headers.get("X-Request-ID");
    if (!given.empty() && isUsableRequestId(given) && mayNameRequests(j))
        x.requestId = given;
    else
        makeUuid(x.time, j.world.random(), x.requestId);
    continueTrace(headers.get("traceparent"), j.world.random(), x.trace);
}

// A replay says which exchange it repeats; only this machine's own programs are believed, and the mark travels no further.
void noteReplay(Journey &j)
{
    http::HeaderList &headers = j.x->received.headers;
    const size_t at = headers.find("X-Sluice-Replay");
    if (at == http::HeaderList::npos)
        return;
    const std::string_view value = headers[at].value;
    int64_t id = 0;
    bool number = !value.empty() && value.size() <= 18;
    for (size_t i = 0; number && i < value.size(); ++i) {
        number = value[i] >= '0' && value[i] <= '9';
        id = id * 10 + (value[i] - '0');
    }
    const std::string &address = j.client.peer().address;
    if (number && (address.starts_with("127.") || address == "::1" || address.empty()))
        j.x->replayOf = id;
    headers.remove("X-Sluice-Replay");
}

// Who the caller is by the certificate it showed (RFC 8705 section 2 leaves open which part of it is the name).
void noteCertificate(Journey &j)
{
    const Peer &peer = j.client.peer();
    if (peer.certificate.empty())
        return;
    j.x->user = peer.commonName.empty() ? peer.certificate : peer.commonName;
    j.x->decisions.add(Stage::Auth, "identified", "the client showed a certificate of a CA that this address believes",
                       [&](JsonObject &f) { f.add("subject", peer.certificate).add("fingerprint", peer.fingerprint); });
}

void notePeer(Exchange &x, const Peer &peer)
{
    x.peer.assign(peer.proxy.empty() ? peer.address : peer.proxy);
    if (!peer.proxy.empty())
        return;
    char port[8];
    x.peer += ':';
    x.peer.append(port, std::to_chars(port, port + sizeof port, peer.port).ptr);
}

}  // namespace

bool identify(Journey &j)
{
    Exchange &x = *j.x;
    const Peer &peer = j.client.peer();
    if (j.recording)
        notePeer(x, peer);
    x.requestBody.complete = j.requestLength.kind == Length::Kind::None;  // until it has been taken
    if (j.rules->trusted.empty())
        x.client = peer.address;
    else
        x.client = http::clientAddress(x.received.headers, peer.address, j.rules->trusted);
    nameIt(j);
    noteReplay(j);
    noteCertificate(j);
    const http::TargetParts target = http::splitTarget(x.received.target);
    if (x.received.target.empty())  // no request could be read: it is for no path, not for "/"
        return true;
    if (!target.query.empty())
        x.query = target.query;
    std::string storage;
    const Result<std::string_view> path = http::normalisePath(target.path, storage);
    if (!path) {
        x.path = target.path;
        j.client.closeAfter();
        j.fail(Fault::Client, 400, path.error().what);
        return false;
    }
    x.path = *path;
    return true;
}

}  // namespace sluice::journey
