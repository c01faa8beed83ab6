// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/tap.h"

#include "engine/http/characters.h"
#include "engine/journey/state.h"

#include <algorithm>

namespace sluice::journey {

namespace {

constexpr Nanos moment = std::chrono::milliseconds(200);
constexpr size_t mostHeld = 16, mostTogether = 1000, mostHeldBytes = 64 << 10;

Message::Kind kindOf(http::WebSocketMessage::Kind kind)
{
    using From = http::WebSocketMessage::Kind;
    switch (kind) {
    case From::Text: return Message::Kind::Text;
    case From::Binary: return Message::Kind::Binary;
    case From::Close: return Message::Kind::Close;
    case From::Ping: return Message::Kind::Ping;
    case From::Pong: return Message::Kind::Pong;
    }
    return Message::Kind::Binary;
}

void noteGrpcStatus(Exchange &x, const http::HeaderList &list)
{
    const std::string_view status = list.get("grpc-status");
    if (status.empty() || status.size() > 4 || !std::all_of(status.begin(), status.end(), http::isDigit))
        return;
    x.stream.grpcStatus = std::stoi(std::string(status));
    x.stream.grpcMessage = http::decodeGrpcMessage(list.get("grpc-message"));
}

}  // namespace

std::string_view name(Streaming kind)
{
    constexpr std::string_view names[] = {"", "websocket", "events", "grpc"};
    return names[size_t(kind)];
}

std::string_view name(Message::Kind kind)
{
    constexpr std::string_view names[] = {"", "text", "binary", "ping", "pong", "close", "event", "grpc", "trailers"};
    return names[size_t(kind)];
}

Tap::Tap(Journey &j, Streaming kind)
    : j_(j),
      kind_(kind),
      opening_(
          j.world.scheduler(), [](Timer &, void *self) { static_cast<Tap *>(self)->open(); }, this)
{
    j_.x->stream.kind = kind;
    j_.x->stream.key = j_.world.random().next() | 1;
    opening_.start(j_.world.now() + moment);
    if (kind == Streaming::Events)
        sides_[size_t(Message::From::Upstream)].events.emplace();
}

Tap::~Tap()
{
    for (Side &side : sides_)
        account(side, 0);
    j_.world.bodyRoom() += heldBytes_;
}

void Tap::setWebSocket(const http::WebSocketAgreement &agreed)
{
    using Reader = http::WebSocketReader;
    if (!agreed.unknown.empty()) {
        for (Side &side : sides_)
            side.lost = true;
        j_.x->decisions.add(Stage::Record, "not decoded",
                            "the messages cannot be read: the extension " + agreed.unknown + " is not known");
        return;
    }
    sides_[size_t(Message::From::Client)].socket.emplace(Reader::From::Client,
                                                         Reader::Terms{agreed.deflate, agreed.clientTakesOver});
    sides_[size_t(Message::From::Upstream)].socket.emplace(Reader::From::Server,
                                                           Reader::Terms{agreed.deflate, agreed.serverTakesOver});
}

void Tap::setGrpc(bool web, std::string requestEncoding)
{
    sides_[size_t(Message::From::Client)].grpc.emplace(std::move(requestEncoding), web);
    sides_[size_t(Message::From::Upstream)].grpc.emplace(std::string(), web);
}

void Tap::setGrpcAnswer(std::string encoding)
{
    if (std::optional<http::GrpcReader> &grpc = sides_[size_t(Message::From::Upstream)].grpc)
        grpc->setEncoding(std::move(encoding));
}

void Tap::take(Message::From from, std::string_view bytes)
{
    Side &side = sides_[size_t(from)];
    if (side.lost)
        return;
    if (side.socket)
        readSocket(side, from, bytes);
    else if (side.events)
        readEvents(side, from, bytes);
    else if (side.grpc)
        readGrpc(side, from, bytes);
    if (opened_)
        send();
}

// Bytes of a message that may be kept: of those on the way some are here already.
size_t Tap::room(const Side &side) const
{
    return size_t(std::min<uint64_t>(j_.plan.record.bodyLimit, side.held + j_.world.bodyRoom()));
}

void Tap::account(Side &side, size_t held)
{
    j_.world.bodyRoom() += side.held;
    j_.world.bodyRoom() -= held;
    side.held = held;
}

void Tap::readSocket(Side &side, Message::From from, std::string_view in)
{
    http::WebSocketReader &reader = *side.socket;
    for (;;) {
        const http::WebSocketReader::Step step = reader.read(in, room(side));
        if (const std::string why = reader.takeNote(); !why.empty())
            note(from, "not decoded", why);
        account(side, reader.held());
        if (step == http::WebSocketReader::Step::More)
            return;
        if (step == http::WebSocketReader::Step::Lost)
            return lose(side, from, reader.why());
        http::WebSocketMessage &found = reader.message();
        Message message;
        message.from = from;
        message.kind = kindOf(found.kind);
        message.closeCode = found.closeCode;
        message.size = found.size;
        message.cut = found.kind != http::WebSocketMessage::Kind::Close && found.bytes.size() < found.size;
        message.coded = found.coded;
        message.compressed = found.compressed;
        message.badText = found.badText;
        message.bytes = std::move(found.bytes);
        side.closed = side.closed || message.kind == Message::Kind::Close;
        add(std::move(message));
    }
}

void Tap::readEvents(Side &side, Message::From from, std::string_view in)
{
    http::EventStreamReader &reader = *side.events;
    while (reader.read(in, room(side))) {
        account(side, reader.held());
        http::ServerEvent &found = reader.event();
        Message message;
        message.from = from;
        message.kind = Message::Kind::Event;
        message.size = found.size;
        message.cut = found.bytes.size() < found.size;
        message.badText = !message.cut && !http::isUtf8(found.bytes);
        message.bytes = std::move(found.bytes);
        message.event = std::move(found.type);
        message.id = std::move(found.id);
        add(std::move(message));
    }
    account(side, reader.held());
}

void Tap::readGrpc(Side &side, Message::From from, std::string_view in)
{
    http::GrpcReader &reader = *side.grpc;
    for (;;) {
        const http::GrpcReader::Step step = reader.read(in, room(side));
        account(side, reader.held());
        if (step == http::GrpcReader::Step::More)
            return;
        if (step == http::GrpcReader::Step::Lost)
            return lose(side, from, reader.why());
        http::GrpcMessage &found = reader.message();
        Message message;
        message.from = from;
        message.kind = found.trailers ? Message::Kind::Trailers : Message::Kind::Grpc;
        message.size = found.size;
        message.cut = found.cut;
        message.coded = found.coded;
        message.compressed = found.compressed;
        message.bytes = std::move(found.bytes);
        if (!message.cut && !message.coded)
            message.size = message.bytes.size();
        if (message.kind == Message::Kind::Trailers)
            readWebTrailers(message.bytes);
        add(std::move(message));
    }
}

// gRPC-Web has its trailers in the content, as lines of HTTP/1.
void Tap::readWebTrailers(std::string_view lines)
{
    http::HeaderList list;
    while (!lines.empty()) {
        const size_t end = std::min(lines.find('\n'), lines.size());
        std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (const size_t colon = line.find(':'); colon != line.npos && colon > 0)
            list.add(line.substr(0, colon), http::trimBlanks(line.substr(colon + 1)));
    }
    noteGrpcStatus(*j_.x, list);
}

void Tap::add(Message &&message)
{
    message.number = ++count_;
    message.time = j_.sinceStart();
    const uint64_t taken = std::min<uint64_t>(message.bytes.size(), j_.world.bodyRoom());
    j_.world.bodyRoom() -= taken;
    heldBytes_ += size_t(taken);
    held_.push_back(std::move(message));
    if (opened_ && (held_.size() >= mostTogether || heldBytes_ >= mostHeldBytes))
        send();
    else if (!opened_ && (held_.size() >= mostHeld || heldBytes_ >= mostHeldBytes))
        open();
}

void Tap::note(Message::From from, std::string_view outcome, const std::string &why)
{
    j_.x->decisions.add(Stage::Record, outcome, why, [&](JsonObject &f) {
        f.add("from", from == Message::From::Client ? "client" : "upstream").add("message", count_ + 1);
    });
}

// `why` is a copy: it may be the word of a reader that goes here.
void Tap::lose(Side &side, Message::From from, std::string why)
{
    side.lost = true;
    account(side, 0);
    side.socket.reset();
    side.grpc.reset();
    note(from, "not decoded", "further messages are passed on, but not read: " + why);
}

// The exchange has lived for a moment: it is shown while it goes on.
void Tap::open()
{
    if (opened_)
        return;
    opening_.stop();
    opened_ = true;
    StreamNews news;
    news.key = j_.x->stream.key;
    news.opened = std::make_unique<Exchange>(*j_.x);
    news.opened->requestBody.bytes.clear();
    news.opened->responseBody.bytes.clear();
    news.opened->stream.messages = 0;
    j_.world.tell(std::move(news));
    send();
}

void Tap::send()
{
    if (held_.empty())
        return;
    StreamNews news;
    news.key = j_.x->stream.key;
    news.messages = std::exchange(held_, {});
    j_.x->stream.kept += news.messages.size();
    j_.world.bodyRoom() += heldBytes_;
    heldBytes_ = 0;
    j_.world.tell(std::move(news));
}

void Tap::finish()
{
    if (std::exchange(finished_, true))
        return;
    opening_.stop();
    for (const Message::From from : {Message::From::Client, Message::From::Upstream}) {
        const Side &side = sides_[size_t(from)];
        if (side.grpc && side.grpc->inMessage())
            note(from, "broken off", "the last message is not whole");
    }
    send();
    Exchange &x = *j_.x;
    x.stream.messages = count_;
    if (kind_ == Streaming::Grpc) {
        noteGrpcStatus(x, x.answer.headers);  // trailers-only
        noteGrpcStatus(x, x.responseTrailers);
    }
}

}  // namespace sluice::journey
