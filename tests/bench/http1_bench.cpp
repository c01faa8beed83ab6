// SPDX-License-Identifier: GPL-3.0-or-later
// What one request costs in this room: reading a browser's head, changing it for the upstream, writing it.
#include "engine/http/forwarding.h"
#include "engine/http/http1_reader.h"
#include "engine/http/http1_writer.h"
#include "engine/http/uri.h"

#include <benchmark/benchmark.h>

using namespace sluice::http;

namespace {

// 567 bytes, as a browser sends them.
const std::string kRequest =
    "GET /api/v1/users/12345/orders?status=open&page=2 HTTP/1.1\r\n"
    "Host: localhost:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\n"
    "Referer: http://localhost:8080/api/v1/users/12345\r\n"
    "Cookie: session=0123456789abcdef0123; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "\r\n";

const std::string kResponse =
    "HTTP/1.1 200 OK\r\nDate: Fri, 07 Jun 2024 10:00:00 GMT\r\nContent-Type: application/json\r\n"
    "Content-Length: 0\r\nETag: \"abc\"\r\nVary: Accept-Encoding\r\n\r\n";

void readRequest(benchmark::State &state)
{
    RequestReader reader;
    size_t consumed = 0;
    for (auto _ : state) {
        if (reader.read(kRequest, consumed) != Step::Head || reader.read({}, consumed) != Step::End)
            state.SkipWithError("not read");
        reader.next();
    }
    state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(kRequest.size()));
}
BENCHMARK(readRequest);

// As the conductor does: the head is moved out, so each request allocates its own.
void readRequestAndTakeIt(benchmark::State &state)
{
    RequestReader reader;
    size_t consumed = 0;
    for (auto _ : state) {
        if (reader.read(kRequest, consumed) != Step::Head)
            state.SkipWithError("not read");
        RequestHead head = std::move(reader.head());
        benchmark::DoNotOptimize(head);
        reader.read({}, consumed);
        reader.next();
    }
}
BENCHMARK(readRequestAndTakeIt);

void readRequestByteByByte(benchmark::State &state)
{
    for (auto _ : state) {
        RequestReader reader;
        size_t consumed = 0;
        for (size_t n = 1; n <= kRequest.size(); ++n)
            benchmark::DoNotOptimize(reader.read(std::string_view(kRequest).substr(0, n), consumed));
    }
}
BENCHMARK(readRequestByteByByte);

void readResponse(benchmark::State &state)
{
    ResponseReader reader;
    size_t consumed = 0;
    for (auto _ : state) {
        reader.expect("GET");
        if (reader.read(kResponse, consumed) != Step::Head)
            state.SkipWithError("not read");
    }
}
BENCHMARK(readResponse);

void forwardRequest(benchmark::State &state)
{
    RequestReader reader;
    size_t consumed = 0;
    reader.read(kRequest, consumed);
    for (auto _ : state) {
        RequestHead out;
        toUpstream(reader.head(), out, {.peer = "127.0.0.1"});
        benchmark::DoNotOptimize(out);
    }
}
BENCHMARK(forwardRequest);

void writeRequest(benchmark::State &state)
{
    RequestReader reader;
    size_t consumed = 0;
    reader.read(kRequest, consumed);
    std::string out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(appendHead(out, reader.head(), {.framing = Framing{}, .connection = ""}));
    }
}
BENCHMARK(writeRequest);

void normalisePlainPath(benchmark::State &state)
{
    std::string storage;
    for (auto _ : state)
        benchmark::DoNotOptimize(normalisePath("/api/v1/users/12345/orders", storage).ok());
}
BENCHMARK(normalisePlainPath);

void normalisePathWithEscapes(benchmark::State &state)
{
    std::string storage;
    for (auto _ : state)
        benchmark::DoNotOptimize(normalisePath("/api/./v1/%75sers/12345/../caf%c3%a9", storage).ok());
}
BENCHMARK(normalisePathWithEscapes);

}  // namespace
