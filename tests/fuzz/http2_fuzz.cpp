// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever frames come, to a server or to a client: the session goes on or ends, holds no more than it says, and each request
// that it took is one whole request once it is written as HTTP/1. The first byte picks the side, and whether the rest are frames
// as they are or what to make frames of.
#include "engine/http/http1_reader.h"
#include "engine/http/http2_session.h"
#include "tests/fuzz/source.h"
#include "tests/support/http2_frames.h"

#include <memory>
#include <vector>

using namespace sluice::http;
using fuzz::require;
namespace h2 = support::h2;

namespace {

void checkRequest(RequestHead head)
{
    Wire how;
    how.framing = Framing{Framing::Kind::Chunked, 0};
    std::string text;
    require(appendHead(text, head, how));
    if (!head.headers.has("host"))
        text.insert(text.find("\r\n") + 2, "Host: " + head.authority + "\r\n");
    text += "0\r\n\r\n";
    RequestReader reader(Limits{.line = 65535, .headerCount = 200, .headBytes = 200'000});
    size_t consumed = 0, at = 0;
    require(reader.read(text, consumed) == Step::Head);
    require(reader.head().method == head.method && reader.head().target == head.target);
    at += consumed;
    require(reader.read(std::string_view(text).substr(at), consumed) == Step::End);
    require(at + consumed == text.size());
}

struct Stream final : Http2Stream {
    void onHead() override
    {
        FieldSection &section = session_->section();
        const bool request = section.response().status == 0;
        if (section.refusal().status == 0 && request && !section.isWebSocket())
            checkRequest(section.request());
    }
    void onInput() override {}
    void onRoom() override {}
    void onClosed(bool, uint32_t, bool) override { require(!over), over = true; }
    void drain()
    {
        for (Input input = read(); input.step == Step::Data; input = read()) {
            require(!input.data.empty() && input.data.size() <= Http2Session::streamWindow);
            got += input.data.size();
        }
    }
    bool over = false;
    uint64_t got = 0;
};

struct Peer final : Http2Session::Owner {
    Peer(Http2Session::Side side, bool slow, bool drops)
        : session(side, *this, limits, counters, false), slow_(slow), drops_(drops)
    {}
    Http2Stream *begun() override
    {
        if (streams.size() >= 300)
            return nullptr;
        streams.push_back(std::make_unique<Stream>());
        return streams.back().get();
    }
    void after()
    {
        for (const auto &stream : streams) {
            if (slow_ || stream->id() == 0)
                continue;
            stream->drain();
            if (!stream->outputEnded() && !stream->closed() && stream->inputEnded()) {
                ResponseHead head;
                head.status = 200;
                head.headers.add("X-Some", "thing");
                if (session.sendResponse(*stream, head, {}, false)) {
                    session.write(*stream, "an answer", true, nullptr);
                    session.gather(size_t(1) << 20);
                    session.keep(*stream);
                }
            }
        }
        session.gather(size_t(1) << 20);
        require(session.out().size() < (size_t(4) << 20));
        session.out().clear();
        ++round_;
        if (drops_)
            std::erase_if(streams, [&](const auto &stream) { return givenUp(*stream); });
    }
    // Some streams go at some time, whatever is under way; what comes for them later must find nobody.
    bool givenUp(Stream &stream)
    {
        if (stream.id() == 0 || (unsigned(stream.id()) / 2 + round_) % 3 != 0)
            return false;
        session.drop(stream, Http2Code::Cancel);
        return true;
    }
    Limits limits;
    Http2Counters counters;
    std::vector<std::unique_ptr<Stream>> streams;
    Http2Session session;

private:
    bool slow_, drops_;
    unsigned round_ = 0;
};

// Frames that are nearly right: kinds, flags and streams at will, field sections of real fields.
std::string frames(fuzz::Source source)
{
    static const char *const names[] = {
        ":method",           ":path", ":scheme", ":authority", ":status", ":protocol", "host", "content-length",
        "transfer-encoding", "te",    "cookie",  "expect",     "x",       "connection"};
    static const char *const values[] = {"GET",  "/",    "http",    "a",        "200", "websocket",
                                         "a:80", "3",    "chunked", "trailers", "a=1", "100-continue",
                                         "*",    "POST", "CONNECT", "103"};
    std::string out;
    while (!source.empty()) {
        const uint8_t type = uint8_t(source.below(11)), flags = source.byte();
        const uint32_t stream = source.below(8);
        std::string payload;
        if (type == h2::Headers || type == h2::Continuation) {
            h2::Fields fields = source.below(2) ? h2::get("/") : h2::Fields();
            for (unsigned left = source.below(8); left > 0; --left) {
                const std::string name = source.below(8) ? names[source.below(std::size(names))] : source.text();
                fields.emplace_back(name, source.below(4) ? values[source.below(std::size(values))] : source.text());
            }
            payload = h2::section(fields);
        } else if (type == h2::Settings) {
            for (unsigned left = source.below(4); left > 0; --left)
                payload += h2::number(source.below(10), 2) + h2::number(source.byte() * 257u, 4);
        } else if (type == h2::RstStream || type == h2::WindowUpdate) {
            payload = h2::number(source.byte(), 4);
        } else {
            payload = source.text();
        }
        out += h2::frame(type, flags & uint8_t(h2::EndStream | h2::EndHeaders | (source.below(8) ? 0 : h2::Padded)),
                         stream, payload);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const uint8_t first = data[0], cut = data[1];
    const bool server = first & 1;
    const fuzz::Source source(data + 2, size - 2);
    const std::string bytes = first & 2 ? frames(source) : std::string(source.rest());
    Peer peer(server ? Http2Session::Side::Server : Http2Session::Side::Client, first & 4, first & 16);
    peer.session.feed(server ? std::string(http2Preface) + h2::settings() : h2::settings(), {});
    if (!server) {
        RequestHead head;
        head.method = first & 8 ? "HEAD" : "GET";
        head.target = "/";
        head.authority = "a";
        for (int i = 0; i < 3; ++i) {
            peer.streams.push_back(std::make_unique<Stream>());
            peer.session.sendRequest(*peer.streams.back(), head, {}, i != 2, false);
        }
    }
    peer.after();
    const size_t step = cut == 0 ? bytes.size() : cut;
    for (size_t at = 0; at < bytes.size(); at += step) {
        const bool alive = peer.session.feed(std::string_view(bytes).substr(at, step), {});
        peer.after();
        if (!alive)
            break;
    }
    for (const auto &stream : peer.streams)
        peer.session.drop(*stream, Http2Code::Cancel);
    peer.session.gather(size_t(1) << 20);
    return 0;
}
