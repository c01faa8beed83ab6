// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/client/caller.h"

#include "engine/net/client/running_call.h"

#include <algorithm>
#include <iterator>

namespace sluice::net {

Caller::Caller(Poller &poller) : poller_(poller)
{
    poller_.setAfterBatch([this] { turn(); });
}

Caller::~Caller()
{
    ending_ = true;
    poller_.setAfterBatch({});
    poller_.setDeadline(std::nullopt);
    const std::string why = "the sender was stopped";
    for (const auto &call : std::exchange(running_, {})) {
        call->fail(Fault::Gateway, why);
        call->finish();
    }
    for (Waiting &call : std::exchange(waiting_, {})) {
        Running never(poller_, std::move(call.call), std::move(call.done));
        never.fail(Fault::Gateway, why);
        never.finish();
    }
}

void Caller::start(Call call, Done done)
{
    if (ending_) {
        Running never(poller_, std::move(call), std::move(done));
        never.fail(Fault::Gateway, "the sender was stopped");
        return never.finish();
    }
    waiting_.push_back({std::move(call), std::move(done)});
    poller_.requestTurn();
}

std::shared_ptr<SessionShelf> Caller::shelfOf(const Call &call)
{
    constexpr size_t most = 64;  // then all begin anew
    if (!call.tls)
        return nullptr;
    const std::string name = call.host + ' ' + std::to_string(call.port);
    if (shelves_.size() >= most && !shelves_.contains(name))
        shelves_.clear();
    std::shared_ptr<SessionShelf> &shelf = shelves_[name];
    if (!shelf)
        shelf = std::make_shared<SessionShelf>();
    return shelf;
}

void Caller::begin(Waiting next)
{
    std::shared_ptr<SessionShelf> shelf = shelfOf(next.call);
    const std::string host = next.call.host;
    const uint16_t port = next.call.port;
    const uint64_t serial = ++serial_;
    running_.push_back(std::make_unique<Running>(poller_, std::move(next.call), std::move(next.done), serial));
    running_.back()->remember(std::move(shelf));
    resolver_.resolve(host, port, [this, serial](std::vector<Address> addresses, const std::string &trouble) {
        const auto call =
            std::find_if(running_.begin(), running_.end(), [&](const auto &r) { return r->serial() == serial; });
        if (call != running_.end())  // it may have timed out, and gone
            (*call)->resolved(std::move(addresses), trouble);
    });
}

void Caller::turn()
{
    const Moment now = monotonicNow();
    for (const auto &call : running_) {
        if (call->wantsTurn())
            call->goOn();
        call->expire(now);
    }
    std::vector<std::unique_ptr<Running>> over;
    const auto ended =
        std::stable_partition(running_.begin(), running_.end(), [](const auto &call) { return !call->ended(); });
    std::move(ended, running_.end(), std::back_inserter(over));
    running_.erase(ended, running_.end());
    while (running_.size() < mostUnderWay && !waiting_.empty()) {
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        begin(std::move(next));
    }
    std::optional<Moment> next;
    for (const auto &call : running_)
        next = std::min(next.value_or(Moment::max()), call->deadline());
    poller_.setDeadline(next);
    for (const auto &call : over)
        call->finish();
}

}  // namespace sluice::net
