// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/simulation/virtual_peers.h"

namespace sluice::simulation {

// ---- Feed

Feed::Feed(Scheduler &scheduler, std::vector<std::string> pieces, Nanos every, bool cut)
    : scheduler_(scheduler),
      pieces_(std::move(pieces)),
      every_(every),
      cut_(cut),
      timer_(
          scheduler, [](Timer &, void *self) { static_cast<Feed *>(self)->tick(); }, this)
{}

void Feed::start()
{
    started_ = true;
    there_ = every_ > Nanos(0) ? std::min<size_t>(1, pieces_.size() + 1) : pieces_.size() + 1;
    if (there_ <= pieces_.size())
        timer_.start(scheduler_.now() + every_);
    readable_.wake(scheduler_);
}

void Feed::tick()
{
    if (++there_ <= pieces_.size())
        timer_.start(scheduler_.now() + every_);
    readable_.wake(scheduler_);
}

Chunk Feed::read()
{
    if (!started_ || taken_ >= there_)
        return Chunk{};
    if (taken_ < pieces_.size())
        return Chunk{Chunk::Kind::Data, pieces_[taken_++]};
    ended_ = !cut_;
    return Chunk{cut_ ? Chunk::Kind::Failed : Chunk::Kind::End, {}};
}

// ---- VirtualClient

VirtualClient::VirtualClient(Scheduler &scheduler, Scope &connection, Visit visit)
    : scheduler_(scheduler),
      connection_(connection),
      visit_(std::move(visit)),
      feed_(scheduler, visit_.content, visit_.pieceEvery, visit_.breaksOff),
      busy_(
          scheduler,
          [](Timer &, void *self) {
              auto &client = *static_cast<VirtualClient *>(self);
              client.writable_.wake(client.scheduler_);
          },
          this),
      leaving_(
          scheduler,
          [](Timer &, void *self) { static_cast<VirtualClient *>(self)->connection_.cancel(Why::ClientGone); }, this)
{
    if (!visit_.content.empty() || visit_.breaksOff)
        framing_.kind = http::Framing::Kind::Chunked;
    if (visit_.leavesAfter > Nanos(0))
        leaving_.start(scheduler_.now() + visit_.leavesAfter);
    feed_.start();
}

Sent VirtualClient::write(std::string_view data, bool last, const http::HeaderList *)
{
    content += data;
    whole = whole || last;
    if (visit_.takesFor == Nanos(0))
        return Sent::Taken;
    busy_.start(scheduler_.now() + visit_.takesFor);
    return Sent::Full;
}

// A byte a microsecond.
uint64_t VirtualClient::unsent() const
{
    if (!busy_.running())
        return 0;
    return uint64_t((visit_.takesNothing ? visit_.takesFor : busy_.due() - scheduler_.now()).count()) / 1000;
}

// ---- VirtualUpstream

VirtualUpstream::VirtualUpstream(Scheduler &scheduler, Reply reply, bool reused)
    : scheduler_(scheduler),
      reply_(std::move(reply)),
      reused_(reused),
      feed_(scheduler, reply_.content, reply_.pieceEvery, reply_.cutShort),
      connecting_(
          scheduler, [](Timer &, void *self) { static_cast<VirtualUpstream *>(self)->connected(); }, this),
      answering_(
          scheduler, [](Timer &, void *self) { static_cast<VirtualUpstream *>(self)->answer(); }, this)
{
    if (reused_)
        state_ = State::Ready;
    else if (reply_.connectsAfter > Nanos(0))
        connecting_.start(scheduler_.now() + reply_.connectsAfter);
    else if (reply_.connectsAfter == Nanos(0))
        connected();
}

void VirtualUpstream::connected()
{
    state_ = reply_.refuses ? State::Failed : State::Ready;
    if (reply_.refuses)
        reason_ = "connection refused";
    writable_.wake(scheduler_);
}

void VirtualUpstream::sendHead(http::RequestHead &head, journey::Length, bool)
{
    request = head;
    if (reply_.early)
        answering_.start(scheduler_.now() + reply_.answersAfter);
}

Sent VirtualUpstream::write(std::string_view data, bool last, const http::HeaderList *)
{
    touched_ = true;
    received += data;
    if (!last)
        return Sent::Taken;
    gotAll = true;
    if (!reply_.early && reply_.answersAfter >= Nanos(0))
        answering_.start(scheduler_.now() + reply_.answersAfter);
    return Sent::Taken;
}

void VirtualUpstream::answer()
{
    if (reused_ && reply_.closesKept) {
        failed_ = true;
        reason_ = "the connection was closed before an answer";
    } else {
        answered_ = true;
        response_.status = reply_.status;
        response_.headers = reply_.headers;
        framing_.kind =
            reply_.content.empty() && !reply_.cutShort ? http::Framing::Kind::None : http::Framing::Kind::Chunked;
        feed_.start();
    }
    headThere_.wake(scheduler_);
}

journey::UpstreamStream::Head VirtualUpstream::readHead()
{
    if (failed_)
        return Head::Failed;
    return answered_ ? Head::Final : Head::Wait;
}

}  // namespace sluice::simulation
