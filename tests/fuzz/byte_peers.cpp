// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/byte_peers.h"

#include <algorithm>

namespace fuzz {

// ---- Bytes

Bytes::Bytes(Scheduler &scheduler, Manner manner)
    : scheduler_(scheduler),
      manner_(manner),
      timer_(
          scheduler, [](Timer &, void *self) { static_cast<Bytes *>(self)->tick(); }, this)
{}

void Bytes::say(std::string_view text)
{
    all_ += text;
    begun_ = true;
    tick();
}

// One piece more is there, and behind the last one the end.
void Bytes::tick()
{
    there_ = manner_.every > Nanos(0) ? std::min(there_ + manner_.piece, all_.size() + 1) : all_.size() + 1;
    if (there_ <= all_.size())
        timer_.start(scheduler_.now() + manner_.every);
    readable_.wake(scheduler_);
}

Bytes::Fill Bytes::fill()
{
    const size_t there = std::min(there_, all_.size());
    if (come_.size() < there) {
        come_ += all_.substr(come_.size(), std::min(manner_.piece, there - come_.size()));
        return Fill::More;
    }
    return begun_ && there_ > all_.size() && manner_.closes ? Fill::End : Fill::Nothing;
}

// ---- Out

Out::Out(Scheduler &scheduler, Nanos takesFor)
    : scheduler_(scheduler),
      takesFor_(takesFor),
      busy_(
          scheduler,
          [](Timer &, void *self) {
              auto &out = *static_cast<Out *>(self);
              out.writable_.wake(out.scheduler_);
          },
          this)
{}

void Out::begin(std::string head, http::Framing framing)
{
    head_ = std::move(head);
    framing_ = framing;
    written_ = 0;
    whole_ = false;
}

bool Out::takeBack()
{
    const bool held = !head_.empty();
    head_.clear();
    return held;
}

Sent Out::taken()
{
    if (takesFor_ == Nanos(0))
        return Sent::Taken;
    busy_.start(scheduler_.now() + takesFor_);
    return Sent::Full;
}

Sent Out::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    using Kind = http::Framing::Kind;
    written_ += data.size();
    if (framing_.kind == Kind::Length && (written_ > framing_.length || (last && written_ != framing_.length)))
        return Sent::Failed;
    text += std::exchange(head_, {});
    if (framing_.kind == Kind::Chunked && !data.empty()) {
        http::appendChunkPrefix(text, data.size());
        text += data;
        text += http::kChunkSuffix;
    } else if (framing_.kind != Kind::None) {
        text += data;
    }
    if (framing_.kind == Kind::Chunked && last)
        http::appendLastChunk(text, trailers);
    whole_ = whole_ || last;
    return taken();
}

Sent Out::flush()
{
    if (!head_.empty()) {
        text += std::exchange(head_, {});
        return taken();
    }
    return busy_.running() ? Sent::Full : Sent::Taken;
}

uint64_t Out::unsent() const
{
    return busy_.running() ? uint64_t((busy_.due() - scheduler_.now()).count()) / 1000 + 1 : 0;
}

// ---- ByteClient

ByteClient::ByteClient(journey::World &world, journey::RulesPtr rules, Manner manner, Nanos leavesAfter)
    : world_(world),
      rules_(std::move(rules)),
      scheduler_(world.scheduler()),
      scope_(scheduler_),
      bytes_(scheduler_, manner),
      out_(scheduler_, manner.takesFor),
      leaving_(
          scheduler_,
          [](Timer &, void *self) {
              static_cast<ByteClient *>(self)->left = true;
              static_cast<ByteClient *>(self)->scope_.cancel(Why::ClientGone);
          },
          this),
      life_(scope_)
{
    if (leavesAfter > Nanos(0))
        leaving_.start(scheduler_.now() + leavesAfter);
}

void ByteClient::start(std::string_view text)
{
    bytes_.say(text);
    life_.start(serve());
}

Task<void> ByteClient::serve()
{
    Scope waiting(scope_);
    for (size_t requests = 0; requests < mostRequests; ++requests) {
        const Heard heard = co_await nextHead(waiting);
        if (heard == Heard::Nothing)
            break;
        began();
        waiting.deadline(Nanos(0));
        if (heard == Heard::Refused)
            co_await journey::refuse(*this, rules_, world_, scope_, refusal_, reason_);
        else
            co_await journey::handle(*this, rules_, world_, scope_);
        if (!finished())
            break;
    }
    over = true;
    leaving_.stop();
}

Task<ByteClient::Heard> ByteClient::nextHead(Scope &waiting)
{
    waiting.deadline(rules_->plan->limits.header);
    for (;;) {
        size_t consumed = 0;
        const http::Step step = reader_.read(bytes_.input(), consumed);
        bytes_.consume(consumed);
        if (step == http::Step::Head)
            co_return Heard::Request;
        if (step == http::Step::Refused) {
            refusal_ = reader_.refusal().status;
            reason_ = reader_.refusal().what;
            co_return Heard::Refused;
        }
        const Bytes::Fill fill = bytes_.fill();
        if (fill == Bytes::Fill::More)
            continue;
        const bool begun = !reader_.idle() || !bytes_.input().empty();
        if (fill == Bytes::Fill::End) {
            refusal_ = 400;
            reason_ = "cut short";
            co_return begun ? Heard::Refused : Heard::Nothing;
        }
        const Why why = co_await on(bytes_.readable(), waiting);
        if (why == Why::TimedOut && begun && scope_.running()) {
            refusal_ = 408;
            reason_ = "too slow";
            co_return Heard::Refused;
        }
        if (why != Why::Ok)
            co_return Heard::Nothing;
    }
}

void ByteClient::began()
{
    headSent_ = false;
    close_ = !reader_.keepAlive();
    http10_ = reader_.head().version == http::Version::Http10;
    isHead_ = reader_.head().method == "HEAD";
    methods.push_back(reader_.head().method);
}

bool ByteClient::finished()
{
    if (close_ || tunnel_ || cut || !scope_.running())
        return false;
    Chunk chunk = read();
    for (int i = 0; i < 1000 && chunk.kind == Chunk::Kind::Data; ++i)
        chunk = read();
    if (chunk.kind != Chunk::Kind::End)
        return false;
    reader_.next();
    return true;
}

Chunk ByteClient::read()
{
    if (!tunnel_)
        return readContent(reader_, bytes_, reason_);
    while (bytes_.input().empty()) {
        const Bytes::Fill fill = bytes_.fill();
        if (fill != Bytes::Fill::More)
            return {fill == Bytes::Fill::End ? Chunk::Kind::End : Chunk::Kind::Wait, {}};
    }
    const std::string_view data = bytes_.input();
    bytes_.consume(data.size());
    return {Chunk::Kind::Data, data};
}

void ByteClient::sendInformational(const http::ResponseHead &head)
{
    if (http10_ || headSent_)
        return;
    http::Wire how;
    how.framing = http::Framing();
    http::appendHead(out_.text, head, how);
}

void ByteClient::sendHead(http::ResponseHead &head, journey::Length length, bool)
{
    using Kind = http::Framing::Kind;
    http::Wire how;
    http::Framing framing;
    if (head.status != 101 && !isHead_ && !http::hasNoContent({}, head.status)) {
        if (length.kind == journey::Length::Kind::Known && length.bytes > 0)
            framing = {Kind::Length, length.bytes};
        else if (length.kind == journey::Length::Kind::Unknown)
            framing = {http10_ ? Kind::UntilClose : Kind::Chunked, 0};
        how.framing = framing;
    } else if (head.status == 204) {
        how.framing = framing;
    }
    if (framing.kind == Kind::UntilClose)
        close_ = true;
    if (head.status != 101 && (close_ || http10_))
        how.connection = close_ ? "close" : "keep-alive";
    headSent_ = true;
    std::string text;
    if (!http::appendHead(text, head, how))
        cut = close_ = true;
    out_.begin(std::move(text), framing);
}

bool ByteClient::takeBackHead()
{
    headSent_ = headSent_ && !out_.takeBack();
    return !headSent_;
}

Sent ByteClient::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    if (cut || left)
        return Sent::Failed;
    if (!tunnel_)
        return out_.write(data, last, trailers);
    out_.text += data;
    return Sent::Taken;
}

// ---- ByteUpstream

ByteUpstream::ByteUpstream(Scheduler &scheduler, Manner manner, bool refuses)
    : bytes_(scheduler, manner), out_(scheduler, manner.takesFor), refuses_(refuses)
{}

void ByteUpstream::serve(std::string answer, bool reused)
{
    answer_ = std::move(answer);
    reused_ = reused;
    touched_ = ended_ = false;
}

bool ByteUpstream::clean() const
{
    return !refuses_ && !tunnel_ && ended_ && out_.whole() && reader_.keepAlive() && bytes_.input().empty();
}

void ByteUpstream::sendHead(http::RequestHead &head, journey::Length length, bool)
{
    using Kind = journey::Length::Kind;
    const http::Framing framing = length.kind == Kind::Known ? http::Framing{http::Framing::Kind::Length, length.bytes}
        : length.kind == Kind::Unknown                       ? http::Framing{http::Framing::Kind::Chunked, 0}
                                                             : http::Framing{};
    http::Wire how;
    how.framing = framing;
    std::string text;
    refuses_ = !http::appendHead(text, head, how);
    out_.begin(std::move(text), framing);
    reader_.expect(head.method);
    ++requests;
}

// The first byte has come: it answers, whether or not it has heard all.
void ByteUpstream::touch()
{
    if (!std::exchange(touched_, true))
        bytes_.say(std::exchange(answer_, {}));
}

Sent ByteUpstream::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    touch();
    if (!tunnel_)
        return out_.write(data, last, trailers);
    out_.text += data;
    return Sent::Taken;
}

Sent ByteUpstream::flush()
{
    touch();
    return out_.flush();
}

journey::UpstreamStream::Head ByteUpstream::readHead()
{
    for (;;) {
        size_t consumed = 0;
        const http::Step step = reader_.read(bytes_.input(), consumed);
        bytes_.consume(consumed);
        if (step == http::Step::Head)
            return Head::Final;
        if (step == http::Step::Informational)
            return Head::Informational;
        if (step != http::Step::NeedMore) {
            reason_ = reader_.refusal().what;
            return Head::Failed;
        }
        const Bytes::Fill fill = bytes_.fill();
        if (fill == Bytes::Fill::Nothing)
            return Head::Wait;
        if (fill == Bytes::Fill::End) {
            reason_ = "the connection was closed";
            return Head::Failed;
        }
    }
}

Chunk ByteUpstream::read()
{
    if (!tunnel_) {
        const Chunk chunk = readContent(reader_, bytes_, reason_);
        ended_ = ended_ || chunk.kind == Chunk::Kind::End;
        return chunk;
    }
    while (bytes_.input().empty()) {
        const Bytes::Fill fill = bytes_.fill();
        if (fill != Bytes::Fill::More)
            return {fill == Bytes::Fill::End ? Chunk::Kind::End : Chunk::Kind::Wait, {}};
    }
    const std::string_view data = bytes_.input();
    bytes_.consume(data.size());
    return {Chunk::Kind::Data, data};
}

}  // namespace fuzz
