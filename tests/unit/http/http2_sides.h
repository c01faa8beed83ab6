// SPDX-License-Identifier: GPL-3.0-or-later
// One side of an HTTP/2 connection for tests: what it is fed, and what comes of it.
#pragma once

#include "engine/http/http2_session.h"
#include "tests/support/http2_frames.h"

#include <map>
#include <memory>

namespace http2sides {

using namespace sluice::http;
using namespace support::h2;
using sluice::Moment;

struct Stream final : Http2Stream {
    void onHead() override
    {
        FieldSection &section = session_->section();
        request = section.request();
        response = section.response();
        refusal = section.refusal();
        heads += std::to_string(response.status) + ' ';
    }
    void onInput() override { ++inputs; }
    void onRoom() override { ++rooms; }
    void onClosed(bool wasReset, uint32_t withCode, bool notTouched) override
    {
        over = true;
        reset = wasReset;
        code = withCode;
        untouched = notTouched;
    }
    // All that has come, and how it ended: "." whole, "-" not yet, "!" failed.
    std::string content()
    {
        for (;;) {
            const Input input = read();
            switch (input.step) {
            case Step::Data: got += input.data; continue;
            case Step::End: return got + '.';
            case Step::Wait: return got + '-';
            case Step::Failed: return got + '!';
            }
        }
    }
    RequestHead request;
    ResponseHead response;
    Refusal refusal;
    std::string heads, got;
    int inputs = 0, rooms = 0;
    bool over = false, reset = false, untouched = false;
    uint32_t code = 0;
};

// One side of a connection, and what it says.
struct Side : Http2Session::Owner {
    // `acknowledges`: the other side has taken our settings.
    explicit Side(Http2Session::Side side, bool acknowledges = true) : session(side, *this, limits, counters, false)
    {
        if (side == Http2Session::Side::Server)
            feed(std::string(preface) + settings());
        else
            feed(settings({{3, 100}}));
        if (acknowledges)
            feed(settingsAck());
        said();
    }
    virtual ~Side() = default;
    Http2Stream *begun() override
    {
        if (full)
            return nullptr;
        streams.push_back(std::make_unique<Stream>());
        return streams.back().get();
    }
    void leaving() override { goes = true; }

    bool feed(const std::string &bytes, int second = 0)
    {
        return session.feed(bytes, Moment(std::chrono::seconds(second)));
    }
    // The frames that go out now.
    std::vector<Frame> said()
    {
        session.gather(size_t(1) << 30);
        std::string bytes = std::exchange(session.out(), {});
        if (bytes.starts_with(preface))
            bytes.erase(0, preface.size());
        std::vector<Frame> out;
        for (Frame frame; take(bytes, frame);)
            out.push_back(frame);
        return out;
    }
    // Their kinds and streams, "RST_STREAM 1 code", to be compared at a glance.
    std::string saidBriefly()
    {
        static const std::map<uint8_t, std::string> names{
            {Data, "DATA"}, {Headers, "HEADERS"}, {RstStream, "RST_STREAM"},      {Settings, "SETTINGS"},
            {Ping, "PING"}, {GoAway, "GOAWAY"},   {WindowUpdate, "WINDOW_UPDATE"}};
        std::string out;
        for (const Frame &frame : said()) {
            out += (out.empty() ? "" : ", ") + names.at(frame.type);
            if (frame.stream)
                out += ' ' + std::to_string(frame.stream);
            if (frame.type == RstStream || frame.type == GoAway)
                out += " code " + std::to_string(frame.code());
            if (frame.ends())
                out += " end";
        }
        return out;
    }

    Limits limits;
    Http2Counters counters;
    Http2Session session;
    std::vector<std::unique_ptr<Stream>> streams;
    bool full = false, goes = false;
};

struct Server : Side {
    explicit Server(bool acknowledges = true) : Side(Http2Session::Side::Server, acknowledges) {}
    Stream &first() { return *streams.at(0); }
    bool answer(Stream &stream, bool end = true)
    {
        ResponseHead head;
        head.status = 200;
        head.version = Version::Http2;
        return session.sendResponse(stream, head, {}, end);
    }
};

struct Client : Side {
    Client() : Side(Http2Session::Side::Client)
    {
        request.method = "GET";
        request.target = "/";
        request.headers.add("Host", "a");
    }
    bool ask(bool end = true) { return session.sendRequest(stream, request, {}, end, false); }
    RequestHead request;
    Stream stream;
};

inline uint64_t value(const Http2Counters::Count &count)
{
    return count.load();
}

}  // namespace http2sides
