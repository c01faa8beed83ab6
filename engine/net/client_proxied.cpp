// SPDX-License-Identifier: GPL-3.0-or-later
// ClientConnection behind a proxy that is believed: the PROXY header, before everything else.
#include "engine/net/client_connection.h"
#include "engine/net/worker.h"

namespace sluice::net {

namespace {
constexpr Nanos mostWhenDraining = std::chrono::seconds(1);
}

// Comes before every protocol, TLS too, whose first bytes may lie right behind it. False: there is none, which was told
// unless nothing came at all.
Task<bool> ClientConnection::takeProxyHeader(Scope &waiting)
{
    const Nanos limit = worker_.rules()->plan->limits.header;
    waiting.deadline(last_ ? std::min(limit, mostWhenDraining) : limit);
    http::ProxyReader reader;
    std::string wrong;
    while (wrong.empty()) {
        size_t consumed = 0;
        const http::ProxyReader::Step step = reader.read(wire_.input(), consumed);
        wire_.consume(consumed);
        if (step == http::ProxyReader::Step::Done) {
            believe(reader.header());
            co_return true;
        }
        const Wire::Fill fill =
            step == http::ProxyReader::Step::NeedMore ? wire_.fillAtMost(reader.wants()) : Wire::Fill::Nothing;
        if (step == http::ProxyReader::Step::Refused)
            wrong = reader.reason();
        else if (fill == Wire::Fill::Broken || fill == Wire::Fill::End)
            wrong = "the connection was closed within the PROXY header";
        if (fill == Wire::Fill::More || !wrong.empty())
            continue;
        wire_.releaseInput();
        if (draining_ && !last_ && wire_.input().empty())
            co_return false;
        const Why why = co_await on(wire_.readable(), waiting);
        if (why != Why::Ok && wire_.input().empty()) {
            const Heard heard = inVain(why, false, limit);
            if (heard == Heard::Refused)
                co_await refuse();
            co_return false;
        }
        if (why == Why::TimedOut && scope_.running())
            wrong = "the PROXY header was not whole after " + durationText(limit);
        else if (why != Why::Ok && forOthers_)
            wrong = "the PROXY header was not whole before its place was needed for another client";
        else if (why != Why::Ok)
            co_return false;
    }
    if (!wire_.input().empty()) {
        worker_.noteProxyRefused();
        refusal_ = 400;
        reason_ = std::move(wrong);
        co_await refuse();  // in clear, whatever would have followed: the proxy's owner is to find it
    }
    co_return false;
}

Task<void> ClientConnection::refuse()
{
    began();
    worker_.busy(true);
    co_await journey::refuse(*this, worker_.rules(), worker_, scope_, refusal_, reason_);
    worker_.busy(false);
    finished();
}

void ClientConnection::believe(const http::ProxyHeader &header)
{
    if (!header.known)
        return;
    peer_.proxy = peer_.address + ':' + std::to_string(peer_.port);
    peer_.address = http::text(header.client);
    peer_.port = header.port;
}

}  // namespace sluice::net
