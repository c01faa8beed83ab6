// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker's connections share: its loop, and the end of its turn. One thread.
#pragma once

#include "engine/net/wire.h"

#include <vector>

namespace sluice::net {

// Those who have something to do once at the end of a turn, however often it came up within: to send what many streams wrote,
// to delete what may still have been on the stack. At most one place a member.
class TurnEnd {
public:
    class Member {
    public:
        Member() = default;
        Member(const Member &) = delete;
        Member &operator=(const Member &) = delete;
        virtual ~Member()
        {
            if (queuedIn_)
                queuedIn_->remove(*this);
        }
        virtual void endOfTurn() = 0;

    private:
        friend class TurnEnd;
        TurnEnd *queuedIn_ = nullptr;
        size_t place_ = 0;
    };

    void add(Member &member)
    {
        if (member.queuedIn_)
            return;
        member.queuedIn_ = this;
        member.place_ = members_.size();
        members_.push_back(&member);
    }
    // Calls each once; one that is added meanwhile gets its call too, at most four rounds of that.
    void run()
    {
        for (int round = 0; round < 4 && !members_.empty(); ++round) {
            running_.swap(members_);
            for (size_t i = 0; i < running_.size(); ++i) {
                if (Member *member = running_[i]) {
                    member->queuedIn_ = nullptr;
                    running_[i] = nullptr;
                    member->endOfTurn();
                }
            }
            running_.clear();
        }
    }
    bool empty() const { return members_.empty(); }

private:
    void remove(Member &member)
    {
        std::vector<Member *> &list =
            member.place_ < members_.size() && members_[member.place_] == &member ? members_ : running_;
        list[member.place_] = nullptr;
    }
    std::vector<Member *> members_, running_;
};

struct LoopContext {
    Poller &poller;
    Scheduler &scheduler;
    BufferPool &buffers;
    TurnEnd &ends;
    // To an endpoint. Error also where the worker has as many sockets as it may.
    Result<Fd> connect(const Address &address) const
    {
        if (buffers.wires >= buffers.mostWires)
            return Error{Fault::Gateway, socketError(EMFILE), true};
        return connectTo(address);
    }
};

}  // namespace sluice::net
