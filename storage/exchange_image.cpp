// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exchange_image.h"

#include <cassert>
#include <cstring>
#include <type_traits>
#include <vector>

namespace sluice::storage {

namespace {

using journey::Exchange;

// How many bytes Writing will write.
struct Measuring {
    size_t size = 0;
    template<class T>
    requires std::is_trivially_copyable_v<T>
    void operator()(const T &) { size += sizeof(T); }
    void operator()(const std::string &text) { run(text.size()); }
    void operator()(const http::HeaderList &list)
    {
        run(list.block().size());
        run(list.places().size_bytes());
    }
    void operator()(const journey::DecisionLog &log) { run(log.text().size()); }
    size_t count(size_t many)
    {
        size += sizeof many;
        return many;
    }
    void run(size_t bytes) { size += sizeof bytes + bytes; }
};

// There must be room.
struct Writing {
    char *at;
    template<class T>
    requires std::is_trivially_copyable_v<T>
    void operator()(const T &value)
    {
        std::memcpy(at, &value, sizeof value);
        at += sizeof value;
    }
    void operator()(const std::string &text) { run(text.data(), text.size()); }
    void operator()(const http::HeaderList &list)
    {
        run(list.block().data(), list.block().size());
        run(list.places().data(), list.places().size_bytes());
    }
    void operator()(const journey::DecisionLog &log) { run(log.text().data(), log.text().size()); }
    size_t count(size_t many)
    {
        (*this)(many);
        return many;
    }
    void run(const void *bytes, size_t size)
    {
        (*this)(size);
        if (size)
            std::memcpy(at, bytes, size);
        at += size;
    }
};

struct Reading {
    std::string_view in;
    std::vector<http::HeaderList::Place> places;
    template<class T>
    requires std::is_trivially_copyable_v<T>
    void operator()(T &value)
    {
        assert(in.size() >= sizeof value);
        std::memcpy(&value, in.data(), sizeof value);
        in.remove_prefix(sizeof value);
    }
    void operator()(std::string &text) { text = run(); }
    void operator()(http::HeaderList &list)
    {
        const std::string_view block = run(), bytes = run();
        places.resize(bytes.size() / sizeof places[0]);
        if (!places.empty())
            std::memcpy(places.data(), bytes.data(), bytes.size());
        list.clear();
        list.addBlock(block, places);
    }
    void operator()(journey::DecisionLog &log) { log.restore(run()); }
    size_t count(size_t)
    {
        size_t size = 0;
        (*this)(size);
        return size;
    }
    std::string_view run()
    {
        size_t size = 0;
        (*this)(size);
        assert(in.size() >= size);
        const std::string_view out = in.substr(0, size);
        in.remove_prefix(size);
        return out;
    }
};

template<class Way, class... Values>
void all(Way &way, Values &...values)
{
    (way(values), ...);
}

// Every member by name, both ways alike: with one more this does not compile until it stands here too.
template<class Way, class X>
void members(Way &way, X &x)
{
    const auto request = [&](auto &head) {
        auto &[method, target, scheme, authority, version, headers] = head;
        all(way, method, target, scheme, authority, version, headers);
    };
    const auto response = [&](auto &head) {
        auto &[status, reason, version, headers] = head;
        all(way, status, reason, version, headers);
    };
    const auto content = [&](auto &body) {
        auto &[bytes, size, complete, redacted, wasCut, withheld] = body;
        all(way, bytes, size, complete, redacted, wasCut, withheld);
    };
    auto &[id, time, started, client, peer, user, received, path, query, sent, answer, returned, requestTrailers,
           responseTrailers, requestBody, responseBody, route, service, endpoint, version, cache, attempts, requestId,
           trace, failedBy, failure, replayOf, tunnel, stream, kept, times, decisions] = x;
    all(way, id, time, started, client, peer, user, path, query, requestTrailers, responseTrailers, route, service,
        endpoint, version, cache, requestId, failedBy, failure, replayOf, tunnel, kept, times, decisions);
    request(received);
    request(sent);
    response(answer);
    response(returned);
    content(requestBody);
    content(responseBody);
    auto &[traceId, parent, span, sampled] = trace;
    all(way, traceId, parent, span, sampled);
    auto &[kind, key, messages, handedOver, grpcStatus, grpcMessage] = stream;
    all(way, kind, key, messages, handedOver, grpcStatus, grpcMessage);
    const size_t tries = way.count(attempts.size());
    if constexpr (!std::is_const_v<X>)
        attempts.resize(tries);
    for (auto &attempt : attempts) {
        auto &[url, begun, connected, firstByte, ended, status, reused, error, fault] = attempt;
        all(way, url, begun, connected, firstByte, ended, status, reused, error, fault);
    }
}

}  // namespace

void appendImage(TextBlock &out, const Exchange &x)
{
    Measuring measure;
    members(measure, x);
    const size_t size = sizeof size + measure.size;
    char *const begin = out.grow(size);
    Writing writing{begin};
    writing(size);
    members(writing, x);
    assert(writing.at == begin + size);
}

std::string_view takeImage(std::string_view &images)
{
    size_t size = 0;
    assert(images.size() >= sizeof size);
    std::memcpy(&size, images.data(), sizeof size);
    const std::string_view image = images.substr(0, size);
    images.remove_prefix(size);
    return image;
}

void readImage(std::string_view image, Exchange &x)
{
    Reading reading{image.substr(sizeof(size_t)), {}};
    members(reading, x);
    assert(reading.in.empty());
}

}  // namespace sluice::storage
