// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/listener.h"

#include <poll.h>

#include <cerrno>

namespace sluice::net {

namespace {
constexpr int most = 4;  // accepted in one go
constexpr Nanos whenFull = std::chrono::milliseconds(20);
}  // namespace

Listener::Listener(Fd fd, Poller &poller, Scheduler &scheduler, std::function<bool()> room,
                   std::function<void()> makeRoom, Accepted accepted)
    : fd_(std::move(fd)),
      poller_(poller),
      scheduler_(scheduler),
      room_(std::move(room)),
      makeRoom_(std::move(makeRoom)),
      accepted_(std::move(accepted)),
      again_(
          scheduler, [](Timer &, void *self) { static_cast<Listener *>(self)->acceptSome(); }, this)
{
    poller_.watch(fd_.get(), this);
}

Listener::~Listener()
{
    poller_.unwatch(fd_.get(), this);
}

void Listener::ready(unsigned)
{
    scheduler_.setNow(poller_.now());
    acceptSome();
}

void Listener::resume()
{
    acceptSome();
}

// False: nobody waits, or nobody can be taken (errno says which).
bool Listener::acceptOne()
{
    Address peer;
    peer.length = sizeof peer.storage;
    Fd fd;
    do
        fd = Fd(::accept4(fd_.get(), reinterpret_cast<sockaddr *>(&peer.storage), &peer.length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    while (!fd && (errno == ECONNABORTED || errno == EINTR));
    if (!fd)
        return false;
    accepted_(std::move(fd), peer);
    return true;
}

// Who comes now finds no room here; perhaps another worker has some. Who still waits a little later is made room for.
void Listener::full()
{
    pollfd next{fd_.get(), POLLIN, 0};
    const bool waits = ::poll(&next, 1, 0) > 0;
    if (!waits)
        poller_.rearm(fd_.get(), true, false);
    else if (waited_)
        makeRoom_();
    waited_ = waits && !waited_;
    if (waits)
        again_.start(scheduler_.now() + whenFull);
}

void Listener::acceptSome()
{
    for (int i = 0; i < most; ++i) {
        if (!room_())
            return full();
        if (acceptOne())
            continue;
        if (errno == EAGAIN)
            poller_.rearm(fd_.get(), true, false);
        else
            again_.start(scheduler_.now() + whenFull);  // EMFILE and the like: the kernel keeps them waiting
        return;
    }
    again_.start(scheduler_.now() + Nanos(1));  // more may wait; everybody else's turn first
    poller_.requestTurn();
}

void Listener::takeWaiting()
{
    while (room_() && acceptOne())
        ;
}

}  // namespace sluice::net
