// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/messages.h"

#include "app/cli/exchange_json.h"
#include "app/cli/output.h"
#include "engine/base/json.h"
#include "engine/http/grpc_reader.h"
#include "engine/protobuf/descriptor_set.h"
#include "engine/recording/message_text.h"

namespace sluice::cli {

namespace {

using journey::Message;

constexpr size_t page = 500, mostPrinted = 1000, mostOfLine = 4096;

std::string padded(std::string text, size_t width, bool right = false)
{
    if (text.size() < width)
        text.insert(right ? 0 : text.size(), width - text.size(), ' ');
    return text;
}

// "→ client" goes up, "← upstream" comes down.
std::string directionText(const Message &m)
{
    return m.from == Message::From::Client ? "→ client  " : "← upstream";
}

std::string kindText(const Message &m)
{
    return m.kind == Message::Kind::Event && m.event != "message" ? "event " + m.event : std::string(name(m.kind));
}

void printMessage(const Message &m, const recording::NamedFields &names)
{
    std::string text = printable(recording::lineOf(m, names, mostOfLine));
    if (m.cut && m.kind != Message::Kind::Close)
        text += painted(" (" + sizeText(m.bytes.size()) + " of it were kept)", Colour::Dim);
    if (m.coded)
        text += painted(" (still compressed)", Colour::Dim);
    printLine(padded(std::to_string(m.number), 6, true) + "  " + padded("+" + latencyText(m.time), 10, true) + "  "
              + directionText(m) + "  " + padded(printable(kindText(m)), 7) + "  " + padded(sizeText(m.size), 9, true)
              + "  " + text);
}

// Names for the fields of this call's messages, where its service gave a schema.
recording::NamedFields namesOf(storage::Reader &reader, const journey::Exchange &x)
{
    if (x.stream.kind != journey::Streaming::Grpc)
        return {};
    const Result<std::string> bytes = reader.descriptorSet(x.service);
    if (!bytes || bytes->empty())
        return {};
    const auto set = protobuf::DescriptorSet::create(*bytes);
    if (!set) {
        complain(set.error().what);
        return {};
    }
    return [set = *set, path = x.path](std::string_view message, bool request, bool lines) {
        return set->text(path, request, message, lines);
    };
}

std::string messageJson(const Message &m, const recording::NamedFields &names)
{
    std::string out;
    JsonObject o(out);
    o.add("number", m.number)
        .add("time_us", m.time.count() / 1000)
        .add("from", m.from == Message::From::Client ? "client" : "upstream")
        .add("kind", name(m.kind))
        .add("size", m.size)
        .add("cut", m.cut)
        .add("compressed", m.compressed)
        .add("coded", m.coded)
        .add("redacted", m.redacted);
    if (m.kind == Message::Kind::Close)
        o.add("close_code", m.closeCode);
    if (m.kind == Message::Kind::Event)
        o.add("event", m.event).addOrNull("event_id", m.id);
    if (m.kind == Message::Kind::Grpc)
        o.add("fields", recording::wholeOf(m, names));
    const bool text = !m.badText && !m.coded && isText(m.bytes);
    o.add("encoding", text ? "utf-8" : "base64").add("content", text ? m.bytes : base64(m.bytes));
    o.close();
    return out;
}

// Calls `take` with each until it answers false.
template<class Take>
Outcome eachMessage(storage::Reader &reader, const journey::Exchange &x, Take take)
{
    for (uint64_t after = 0;;) {
        const Result<std::vector<Message>> some = reader.messages(x.id, after, page);
        if (!some)
            return some.error();
        for (const Message &message : *some) {
            if (!take(message))
                return Done{};
        }
        if (some->size() < page)
            return Done{};
        after = some->back().number;
    }
}

}  // namespace

void printMessages(storage::Reader &reader, const journey::Exchange &x)
{
    if (x.stream.kind == journey::Streaming::None)
        return;
    const Result<storage::MessageSpan> span = reader.messageSpan(x.id, true);
    if (!span)
        return complain(span.error().what);
    const uint64_t count = span->open ? span->last : x.stream.messages;
    std::string title = std::to_string(count) + (count == 1 ? " message" : " messages");
    if (x.stream.kind == journey::Streaming::Grpc && x.stream.grpcStatus >= 0) {
        title += ", ended with grpc-status " + std::to_string(x.stream.grpcStatus) + ' '
            + std::string(http::grpcStatusName(x.stream.grpcStatus));
        title += x.stream.grpcMessage.empty() || x.stream.grpcStatus == 0 ? "" : ": " + printable(x.stream.grpcMessage);
    }
    printLine("\n" + painted("Messages", Colour::Bold) + painted(" (" + title + ")", Colour::Dim));
    size_t printed = 0;
    const recording::NamedFields names = namesOf(reader, x);
    const Outcome outcome = eachMessage(reader, x, [&](const Message &message) {
        printMessage(message, names);
        return ++printed < mostPrinted;
    });
    if (!outcome)
        complain(outcome.error().what);
    if (span->rows > printed)
        printLine(painted("(" + std::to_string(span->rows - printed) + " more; --json gives all)", Colour::Dim));
    else if (!span->open && x.stream.messages > span->rows)
        printLine(painted("(" + std::to_string(x.stream.messages - span->rows) + " others are not kept)", Colour::Dim));
    if (span->open)
        printLine(painted("(it goes on)", Colour::Dim));
}

Result<std::string> messagesJson(storage::Reader &reader, const journey::Exchange &x)
{
    std::string out = "[";
    if (x.stream.kind != journey::Streaming::None) {
        const recording::NamedFields names = namesOf(reader, x);
        const Outcome outcome = eachMessage(reader, x, [&](const Message &message) {
            out.append(out.size() > 1 ? "," : "").append(messageJson(message, names));
            return true;
        });
        if (!outcome)
            return outcome.error();
    }
    return out + ']';
}

}  // namespace sluice::cli
