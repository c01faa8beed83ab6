// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/http2_upstream_connection.h"

#include "engine/net/http2_upstream_pool.h"

#include <QtGlobal>

#include <algorithm>

namespace sluice::net {

namespace {
constexpr size_t mostStreams = 1000;
constexpr Nanos silence = std::chrono::seconds(1);  // a request that was given up before says nothing of its connection
}  // namespace

Http2UpstreamConnection::Http2UpstreamConnection(Http2UpstreamPool &pool, LoopContext loop, const http::Limits &limits,
                                                 http::Http2Counters &counters)
    : pool_(pool), loop_(loop), limits_(limits), counters_(counters), scope_(loop.scheduler), life_(scope_)
{
    restingSince_ = loop.scheduler.now();
}

Http2UpstreamConnection::~Http2UpstreamConnection() = default;

void Http2UpstreamConnection::connect(std::vector<Address> addresses, std::string trouble)
{
    addresses_.assign(addresses.rbegin(), addresses.rend());
    trouble_ = std::move(trouble);
    if (!life_.started())
        life_.start(live());
}

void Http2UpstreamConnection::adopt(std::unique_ptr<Wire> wire)
{
    begin(std::move(wire));
    life_.start(live());
}

void Http2UpstreamConnection::begin(std::unique_ptr<Wire> wire)
{
    link_ = std::make_unique<Http2Link>(loop_, std::move(wire), http::Http2Session::Side::Client, *this, limits_,
                                        counters_);
    http::Http2Counters::one(counters_.connections);
    link_->later();  // the preface
}

// ---- its life

Task<void> Http2UpstreamConnection::live()
{
    try {
        bool there = link_ != nullptr;
        if (!there)
            there = co_await reach();
        if (there) {
            const Why why = co_await link_->read(scope_);
            const bool broke = !link_->session().trouble().empty();
            if ((why == Why::Ok || broke) && trouble_.empty())
                trouble_ = !ready_ ? "the endpoint does not speak HTTP/2"
                    : broke        ? "the endpoint broke the rules of HTTP/2"
                                   : "the connection was closed before an answer";
            if (!link_->session().over())
                link_->session().terminate(http::Http2Code::NoError);
            link_->push();
        }
    } catch (const std::exception &e) {
        qWarning("a connection to an endpoint was given up: %s", e.what());
        trouble_ = "the gateway has no memory left";
        fault_ = Fault::Gateway;
    }
    ended_ = true;
    ready_ = false;
    fail();
    if (streams_.empty())
        pool_.ended(*this);
}

Task<bool> Http2UpstreamConnection::reach()
{
    while (!addresses_.empty()) {
        const Address address = addresses_.back();
        addresses_.pop_back();
        Result<Fd> fd = loop_.connect(address);
        if (!fd) {
            trouble_ = fd.error().what;
            fault_ = fd.error().fault;
            continue;
        }
        wire_ = std::make_unique<Wire>(fd.take(), loop_.poller, loop_.scheduler, loop_.buffers, pool_.nobody());
        if (!wire_->watched()) {
            trouble_ = "the event loop takes no further descriptor";
            continue;
        }
        wire_->expectConnect();
        while (!wire_->canSend()) {
            const Why why = co_await on(wire_->writable(), scope_);
            if (why != Why::Ok)
                co_return false;
        }
        trouble_ = connectError(wire_->fd());
        bool fine = trouble_.empty();
        if (fine)
            fine = co_await agree();
        if (fine) {
            begin(std::move(wire_));
            co_return true;
        }
    }
    co_return false;
}

// TLS, where the endpoint wants it.
Task<bool> Http2UpstreamConnection::agree()
{
    std::unique_ptr<TlsSession> session = pool_.session();
    if (!session)
        co_return true;
    wire_->startTls(std::move(session));
    while (wire_->shake() == Wire::Shake::Going) {
        const Why why = co_await on(wire_->writable(), scope_);
        if (why != Why::Ok)
            co_return false;
    }
    const bool agreed = wire_->shake() == Wire::Shake::Done && wire_->protocol() == "h2";
    if (!agreed)
        trouble_ =
            wire_->shake() == Wire::Shake::Done ? "the endpoint does not agree to HTTP/2 any more" : wire_->trouble();
    co_return agreed;
}

void Http2UpstreamConnection::settled()
{
    ready_ = true;
    admit();
}

void Http2UpstreamConnection::leaving()
{
    leaving_ = true;
    for (Http2UpstreamStream *stream : waiting_)
        stream->failed("the endpoint closes its connection", Fault::Upstream);
    waiting_.clear();
    if (streams_.empty())
        scope_.cancel(Why::Abandoned);
}

void Http2UpstreamConnection::close()
{
    leaving_ = true;
    if (streams_.empty())
        scope_.cancel(Why::Abandoned);
}

void Http2UpstreamConnection::fail()
{
    waiting_.clear();
    for (const auto &stream : streams_)
        stream->failed(trouble_.empty() ? "the connection was closed before an answer" : trouble_, fault_);
}

// ---- its streams

size_t Http2UpstreamConnection::most() const
{
    return ready_ ? std::min<size_t>(mostStreams, link_->session().peerMaxStreams()) : 100;
}

Http2UpstreamStream &Http2UpstreamConnection::open()
{
    if (!link_)  // which has turns that end
        done_.clear();
    streams_.push_back(std::make_unique<Http2UpstreamStream>(*this, loop_.scheduler, ready_));
    Http2UpstreamStream &stream = *streams_.back();
    stream.place = streams_.size() - 1;
    if (takes())
        waiting_.push_back(&stream);
    else
        stream.failed(trouble_, fault_);
    admit();
    return stream;
}

void Http2UpstreamConnection::admit()
{
    while (ready_ && !waiting_.empty() && admitted_ < most()) {
        ++admitted_;
        waiting_.front()->admit(heard_);
        waiting_.pop_front();
    }
}

// A request was given up, and in all that time nothing came of anything: a connection whose other end has gone without a word looks
// so. A healthy one that is merely slow is replaced too, which costs one connection.
bool Http2UpstreamConnection::seemsDead(const Http2UpstreamStream &stream) const
{
    return stream.admitted() && stream.heardBefore() == heard_
        && loop_.scheduler.now() - stream.admittedAt() >= silence;
}

void Http2UpstreamConnection::over(Http2UpstreamStream &stream, bool keep)
{
    if (!keep && seemsDead(stream))
        leaving_ = true;
    if (stream.admitted())
        --admitted_;
    else
        std::erase(waiting_, &stream);
    if (link_) {
        link_->session().drop(stream, keep ? http::Http2Code::NoError : http::Http2Code::Cancel);
        link_->later();
    }
    std::unique_ptr<Http2UpstreamStream> &owned = streams_[stream.place];
    done_.push_back(std::move(owned));
    if (stream.place + 1 < streams_.size()) {
        owned = std::move(streams_.back());
        owned->place = stream.place;
    }
    streams_.pop_back();
    if (ended_) {  // and was only kept for its streams, whose exchanges may have waited for their clients
        if (streams_.empty())
            pool_.ended(*this);
        return;
    }
    restingSince_ = loop_.scheduler.now();
    admit();
    if (streams_.empty() && (leaving_ || !ready_)) {  // nobody waits for it any more, and nobody may begin to
        leaving_ = true;
        scope_.cancel(Why::Abandoned);
    }
    pool_.rests(*this);
}

void Http2UpstreamConnection::turnEnded()
{
    done_.clear();
    if (!link_->session().trouble().empty())  // perhaps nothing more comes to tell of it
        scope_.cancel(Why::Abandoned);
}

}  // namespace sluice::net
