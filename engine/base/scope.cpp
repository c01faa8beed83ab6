// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/scope.h"

#include <cassert>
#include <utility>

namespace sluice {

// ---- Timer

void Timer::start(Moment due)
{
    due_ = due;
    if (index_ == none) {
        queued_ = due;
        scheduler_.insert(*this);
    } else if (due < queued_) {
        queued_ = due;
        scheduler_.up(index_);
    }
}

void Timer::stop()
{
    if (index_ != none)
        scheduler_.remove(*this);
}

// ---- Waiter

void Waiter::suspend(std::coroutine_handle<> handle)
{
    assert(!scope_->leaf_ && "a scope has at most one waiting leaf");
    handle_ = handle;
    scope_->leaf_ = this;
}

void Waiter::detach()
{
    if (posted_)
        scope_->scheduler_.unlink(*this);
    if (slot_)
        *std::exchange(slot_, nullptr) = nullptr;
    if (scope_->leaf_ == this)
        scope_->leaf_ = nullptr;
}

// ---- Scheduler

Scheduler::~Scheduler()
{
    assert(heap_.empty() && "timers must be gone before their scheduler");
}

void Scheduler::post(Waiter &waiter, Why why)
{
    if (waiter.posted_)
        return;
    waiter.posted_ = true;
    waiter.why_ = why;
    waiter.previous_ = last_;
    waiter.next_ = nullptr;
    (last_ ? last_->next_ : first_) = &waiter;
    last_ = &waiter;
}

void Scheduler::unlink(Waiter &waiter)
{
    (waiter.previous_ ? waiter.previous_->next_ : first_) = waiter.next_;
    (waiter.next_ ? waiter.next_->previous_ : last_) = waiter.previous_;
    waiter.posted_ = false;
}

bool Scheduler::drain(size_t most)
{
    ++round_;
    while (first_ && first_->notBefore_ <= round_ && most-- > 0) {
        Waiter &waiter = *first_;
        waiter.detach();
        waiter.handle_.resume();
    }
    return first_ != nullptr;
}

void Scheduler::fireDue()
{
    while (!heap_.empty() && heap_[0]->queued_ <= now_) {
        Timer &timer = *heap_[0];
        if (timer.due_ > now_) {  // it was moved later while it waited
            timer.queued_ = timer.due_;
            down(0);
            continue;
        }
        remove(timer);
        timer.fire_(timer, timer.context_);
    }
}

std::optional<Moment> Scheduler::nextDue() const
{
    if (heap_.empty())
        return std::nullopt;
    return heap_[0]->queued_;
}

void Scheduler::place(size_t index, Timer *timer)
{
    heap_[index] = timer;
    timer->index_ = index;
}

void Scheduler::up(size_t index)
{
    Timer *timer = heap_[index];
    while (index > 0) {
        const size_t parent = (index - 1) / 2;
        if (heap_[parent]->queued_ <= timer->queued_)
            break;
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, timer);
}

void Scheduler::down(size_t index)
{
    Timer *timer = heap_[index];
    for (;;) {
        size_t child = index * 2 + 1;
        if (child >= heap_.size())
            break;
        if (child + 1 < heap_.size() && heap_[child + 1]->queued_ < heap_[child]->queued_)
            ++child;
        if (timer->queued_ <= heap_[child]->queued_)
            break;
        place(index, heap_[child]);
        index = child;
    }
    place(index, timer);
}

void Scheduler::insert(Timer &timer)
{
    heap_.push_back(&timer);
    timer.index_ = heap_.size() - 1;
    up(timer.index_);
}

void Scheduler::remove(Timer &timer)
{
    const size_t index = std::exchange(timer.index_, Timer::none);
    Timer *last = heap_.back();
    heap_.pop_back();
    if (last == &timer)
        return;
    place(index, last);
    up(index);
    down(last->index_);
}

// ---- Scope

Scope::Scope(Scope &parent)
    : scheduler_(parent.scheduler_),
      parent_(&parent),
      nextSibling_(parent.children_),
      stop_(parent.stop_),
      limit_(parent.scheduler_, onLimit, this)
{
    if (nextSibling_)
        nextSibling_->previousSibling_ = this;
    parent.children_ = this;
}

Scope::~Scope()
{
    assert(!children_ && !leaf_ && "a scope outlives its children and its leaf");
    if (nextSibling_)
        nextSibling_->previousSibling_ = previousSibling_;
    if (previousSibling_)
        previousSibling_->nextSibling_ = nextSibling_;
    else if (parent_)
        parent_->children_ = nextSibling_;
}

void Scope::cancel(Why why)
{
    if (stop_ != Why::Ok)
        return;
    stop_ = why;
    limit_.stop();
    if (leaf_)
        scheduler_.post(*leaf_, why);
    for (Scope *child = children_; child; child = child->nextSibling_)
        child->cancel(why);
}

void Scope::deadline(Nanos after)
{
    if (stop_ != Why::Ok || after <= Nanos(0))
        limit_.stop();
    else
        limit_.start(scheduler_.now() + after);
}

// ---- the leaves

Signal::~Signal()
{
    assert(!waiter_ && "nobody may wait on a signal that goes");
}

void SignalWait::await_suspend(std::coroutine_handle<> handle)
{
    assert(!signal_.waiter_ && "one waiter a signal");
    suspend(handle);
    signal_.waiter_ = this;
    slot_ = &signal_.waiter_;
}

Why SignalWait::await_resume()
{
    return scope_->running() ? why_ : scope_->stopped();
}

Sleep::Sleep(Nanos duration, Scope &scope)
    : Waiter(scope),
      duration_(duration),
      timer_(
          scope.scheduler(),
          [](Timer &, void *self) {
              Sleep &sleep = *static_cast<Sleep *>(self);
              sleep.scope_->scheduler().post(sleep);
          },
          this)
{}

void Sleep::await_suspend(std::coroutine_handle<> handle)
{
    suspend(handle);
    timer_.start(scope_->scheduler().now() + duration_);
}

Why Sleep::await_resume()
{
    return scope_->running() ? why_ : scope_->stopped();
}

void Turn::await_suspend(std::coroutine_handle<> handle)
{
    suspend(handle);
    notBefore_ = scope_->scheduler().round_ + 1;
    scope_->scheduler().post(*this);
}

Why Turn::await_resume()
{
    return scope_->running() ? why_ : scope_->stopped();
}

}  // namespace sluice
