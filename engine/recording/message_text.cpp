// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/message_text.h"

#include "engine/base/ids.h"
#include "engine/http/protobuf_text.h"
#include "engine/http/websocket_reader.h"

#include <algorithm>

namespace sluice::recording {

namespace {

using journey::Message;

constexpr size_t hexOnLine = 24, mostDumped = 64 << 10;
constexpr std::string_view ellipsis = "…";

bool isText(const Message &m)
{
    if (m.coded)
        return false;
    if (m.kind == Message::Kind::Text || m.kind == Message::Kind::Event || m.kind == Message::Kind::Trailers)
        return !m.badText;
    const bool maybe =
        m.kind == Message::Kind::Binary || m.kind == Message::Kind::Ping || m.kind == Message::Kind::Pong;
    return maybe && !m.cut && !m.bytes.empty() && http::isUtf8(m.bytes)
        && std::none_of(m.bytes.begin(), m.bytes.end(),
                        [](char c) { return uint8_t(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; });
}

std::string closeText(const Message &m)
{
    std::string out = std::to_string(m.closeCode);
    if (const std::string_view known = closeCodeName(m.closeCode); !known.empty())
        out.append(" ").append(known);
    if (!m.bytes.empty())
        out.append(": ").append(m.bytes);
    return out;
}

std::optional<std::string> protobuf(const Message &m, const NamedFields &names, bool lines)
{
    if (m.kind != Message::Kind::Grpc || m.coded || m.cut)
        return {};
    if (names) {
        if (auto named = names(m.bytes, m.from == Message::From::Client, lines))
            return named;
    }
    return http::protobufText(m.bytes, lines);
}

// At a character's beginning.
void shorten(std::string &text, size_t most)
{
    if (text.size() <= most)
        return;
    size_t end = most;
    while (end > 0 && (uint8_t(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    text += ellipsis;
}

std::string dump(std::string_view bytes)
{
    constexpr size_t row = 16;
    std::string out;
    for (size_t at = 0; at < std::min(bytes.size(), mostDumped); at += row) {
        const std::string_view some = bytes.substr(at, row);
        char place[24];
        std::snprintf(place, sizeof place, "%08zx ", at);
        out += place;
        for (size_t i = 0; i < row; ++i) {
            out += i == 8 ? "  " : " ";
            out += i < some.size() ? hex(some.substr(i, 1)) : std::string("  ");
        }
        out += "  ";
        for (const char c : some)
            out += c >= 0x20 && c < 0x7f ? c : '.';
        out += '\n';
    }
    if (bytes.size() > mostDumped)
        out += ellipsis;
    return out;
}

}  // namespace

std::string_view closeCodeName(uint16_t code)
{
    switch (code) {
    case 1000: return "normal";
    case 1001: return "going away";
    case 1002: return "protocol error";
    case 1003: return "unsupported data";
    case 1005: return "no code";
    case 1007: return "invalid data";
    case 1008: return "policy violation";
    case 1009: return "too big";
    case 1010: return "extension missing";
    case 1011: return "internal error";
    case 1012: return "service restart";
    case 1013: return "try again later";
    default: return {};
    }
}

std::string lineOf(const Message &m, const NamedFields &names, size_t most)
{
    std::string out;
    if (m.kind == Message::Kind::Close) {
        out = closeText(m);
    } else if (isText(m)) {
        for (const char c : std::string_view(m.bytes).substr(0, most + 4)) {
            if (c == '\n')
                out += "⏎";
            else if (c != '\r')
                out += c;
        }
    } else if (auto fields = protobuf(m, names, false)) {
        out = std::move(*fields);
    } else {
        const std::string_view bytes = m.bytes;
        for (size_t i = 0; i < std::min(bytes.size(), hexOnLine); ++i)
            out += (i ? " " : "") + hex(bytes.substr(i, 1));
        if (bytes.size() > hexOnLine)
            out += ellipsis;
    }
    shorten(out, most);
    return out;
}

std::string wholeOf(const Message &m, const NamedFields &names)
{
    if (m.kind == Message::Kind::Close)
        return closeText(m);
    if (isText(m))
        return m.bytes;
    if (auto fields = protobuf(m, names, true))
        return std::move(*fields);
    return dump(m.bytes);
}

std::string remarksOf(const Message &m)
{
    std::string out = m.from == Message::From::Client ? "from the client, " : "from the upstream, ";
    out += name(m.kind);
    if (m.kind == Message::Kind::Event)
        out += " " + m.event + (m.id.empty() ? "" : ", id " + m.id);
    if (m.coded)
        out += ", still compressed";
    else if (m.compressed)
        out += ", came compressed";
    if (m.cut)
        out += ", cut";
    if (m.badText)
        out += ", no valid UTF-8";
    if (m.redacted)
        out += ", secrets replaced";
    return out;
}

}  // namespace sluice::recording
