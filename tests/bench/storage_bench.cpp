// SPDX-License-Identifier: GPL-3.0-or-later
// What recording costs, and how soon the first page of each filter is there:  storage_bench [ROWS] [FOLDER] [plain]
// `plain` is traffic in which little is rare and filters that find little or nothing in it, which is the hardest for an index.
// CPU seconds are those of the process without the thread that makes the exchanges. Figures only mean something in an
// optimised build. The file stays where FOLDER is given.
#include "engine/base/random.h"
#include "storage/reader.h"
#include "storage/recorder.h"

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

double cpuSeconds(int who)
{
    rusage usage{};
    getrusage(who, &usage);
    const auto seconds = [](const timeval &t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string json(Random &random, size_t size)
{
    std::string out = "{\"items\":[";
    while (out.size() + 60 < size)
        out += "{\"id\":" + std::to_string(random.below(1'000'000)) + ",\"name\":\"item "
            + std::to_string(random.below(1000)) + "\",\"price\":" + std::to_string(random.below(10'000)) + "},";
    out.back() = ']';
    return out + "}";
}

std::unique_ptr<journey::Exchange> exchange(Random &random, const std::vector<std::string> &bodies, int64_t n)
{
    auto x = std::make_unique<journey::Exchange>();
    const size_t route = random.below(40);
    x->time = WallTime(1'795'000'000s + std::chrono::microseconds(n * 500));
    x->client = "127.0.0." + std::to_string(random.below(50));
    x->peer = "127.0.0.1:" + std::to_string(random.below(60'000));
    x->user = random.below(3) ? "user" + std::to_string(random.below(200)) : "";
    x->route = "route" + std::to_string(route);
    x->service = "service" + std::to_string(route / 4);
    x->endpoint = "http://127.0.0.1:" + std::to_string(9000 + route / 4);
    x->path = "/api/route" + std::to_string(route) + "/" + std::to_string(random.below(100'000));
    x->query = random.below(3) ? "" : "page=" + std::to_string(random.below(20));
    x->received = {"GET", x->path + "?" + x->query, "http", "localhost:8080", http::Version::Http11, {}};
    http::HeaderList &in = x->received.headers;
    in.add("Host", "localhost:8080");
    in.add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    in.add("Accept", "application/json, text/plain, */*");
    in.add("Accept-Language", "en-US,en;q=0.5");
    in.add("Accept-Encoding", "gzip, deflate, br, zstd");
    in.add("Authorization", "Bearer token-" + std::to_string(random.below(200)));
    in.add("Connection", "keep-alive");
    in.add("Referer", "http://localhost:3000/");
    x->sent = x->received;
    x->sent.headers.remove("Connection");
    x->sent.headers.add("X-Forwarded-For", x->client);
    x->sent.headers.add("X-Request-ID", x->requestId = makeUuid(x->time, random));
    x->trace = continueTrace("", random);
    x->sent.headers.add("traceparent", traceparent(x->trace));
    x->answer = {random.below(100) ? 200 : random.below(10) ? 404 : 503, "OK", http::Version::Http11, {}};
    http::HeaderList &out = x->answer.headers;
    out.add("Content-Type", "application/json; charset=utf-8");
    out.add("Content-Length", "1024");
    out.add("Date", "Tue, 24 Nov 2026 23:15:07 GMT");
    out.add("ETag", "\"" + std::to_string(random.below(1'000'000)) + "\"");
    out.add("X-Powered-By", "Express");
    x->returned = x->answer;
    x->returned.headers.add("X-Request-ID", x->requestId);
    x->responseBody.bytes = bodies[random.below(bodies.size())];
    x->responseBody.size = x->responseBody.bytes.size();
    x->attempts.push_back({x->endpoint, 10us, 20us, 900us, 1ms, x->answer.status, true, ""});
    if (random.below(500) == 0)
        x->attempts.push_back(x->attempts.back());
    if (x->answer.status == 503)
        x->failedBy = Fault::Upstream;
    x->times = {5us, 20us, 30us, 900us, 950us, Nanos(int64_t(300'000 * std::exp(random.unit() * 6)))};
    x->decisions.add(journey::Stage::Route, "matched", "the path /api/** is the longest prefix",
                     [&](JsonObject &f) { f.add("route", x->route).add("candidates", 3).add("path", x->path); });
    x->decisions.add(journey::Stage::Balance, "picked", "fewest connections",
                     [&](JsonObject &f) { f.add("endpoint", x->endpoint).add("active", 2); });
    x->decisions.add(journey::Stage::Attempt, "answered", "status 200 after 1 ms",
                     [&](JsonObject &f) { f.add("endpoint", x->endpoint).add("reused", true); });
    return x;
}

// Every block of ids has both methods, the route admin and slow exchanges; POST never meets admin, and nothing is slower than 190 ms.
void makePlain(journey::Exchange &x, Random &random)
{
    x.received.method = x.sent.method = random.below(5) ? "GET" : "POST";
    if (x.received.method == "GET" && random.below(20) == 0)
        x.route = "admin";
    x.user.clear();
    x.returned.status = x.answer.status = random.below(50) ? 200 : random.below(2) ? 404 : 500;
    x.failedBy.reset();
    const uint64_t micros = random.below(5) ? 1'000 + random.below(60'000) : 130'000 + random.below(60'000);
    x.times.ended = std::chrono::microseconds(micros);
}

void record(const std::string &path, int64_t rows, bool plain)
{
    Random random(1);
    std::vector<std::string> bodies;
    for (int i = 0; i < 100; ++i)
        bodies.push_back(json(random, 1024));
    config::RecordSettings settings;
    settings.keepBytes = uint64_t(1) << 40;
    settings.keepAge = Nanos(0);
    auto recorder = storage::Recorder::create(path, settings);
    if (!recorder) {
        std::fprintf(stderr, "%s\n", recorder.error().what.c_str());
        std::exit(1);
    }
    const auto began = std::chrono::steady_clock::now();
    const double all = cpuSeconds(RUSAGE_SELF), mine = cpuSeconds(RUSAGE_THREAD);
    for (int64_t n = 0; n < rows;) {
        recording::Batch batch;
        for (int i = 0; i < 100 && n < rows; ++i, ++n) {
            batch.push_back(exchange(random, bodies, n));
            if (plain)
                makePlain(*batch.back(), random);
        }
        while ((*recorder)->stats().queued > 20'000)
            std::this_thread::sleep_for(5ms);
        (*recorder)->push(std::move(batch));
    }
    (*recorder)->flush();
    const double cpu = (cpuSeconds(RUSAGE_SELF) - all) - (cpuSeconds(RUSAGE_THREAD) - mine);
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto stats = (*recorder)->stats();
    recorder->reset();
    std::printf("%lld rows: %.0f rows/s, %.2f CPU-s/100k rows, %.0f bytes/row, shed %llu\n",
                static_cast<long long>(rows), double(rows) / wall, cpu / double(rows) * 1e5,
                double(std::filesystem::file_size(path)) / double(rows), static_cast<unsigned long long>(stats.shed));
}

std::vector<std::string> hardOnes(const journey::Exchange &last)
{
    return {"method!=GET,POST",
            "not method:GET,POST",
            "user!=\"\"",
            "status!=200,404,500",
            "method:DELETE or status:304",
            "latency>200ms",
            "latency>200ms or status:304",
            "method:POST route:admin",
            "not (method:GET or method:POST) or user:ada",
            "trace:4",
            "trace:4b status:500",
            "trace:" + last.trace.trace.substr(0, 8)};
}

void read(const std::string &path, bool plain)
{
    auto reader = storage::Reader::open(path);
    if (!reader)
        return;
    const auto last = (*reader)->exchange(*(*reader)->lastId() / 2);
    if (!last)
        return;
    const std::vector<std::string> usual = {"",
                                            "status:200",
                                            "status:404",
                                            "status>=500",
                                            "status:418",
                                            "route:route7",
                                            "route:route1*",
                                            "service:service3 status>=500",
                                            "client:127.0.0.7",
                                            "client:nobody",
                                            "latency>100ms",
                                            "latency>10s",
                                            "is:retried",
                                            "is:replayed",
                                            "failed:upstream status>=400",
                                            "trace:" + last->trace.trace,
                                            "trace:" + last->trace.trace.substr(0, 8),
                                            "request:" + last->requestId,
                                            "id:500..600",
                                            "since:" + rfc3339(last->time),
                                            "until:" + rfc3339(last->time),
                                            "mark:1",
                                            "path:/api/route7/**",
                                            "path:/nothing",
                                            "user:user7",
                                            "nothing",
                                            "body~nothing status:404",
                                            "header:X-None latency>100ms"};
    for (const std::string &text : plain ? hardOnes(*last) : usual) {
        const auto parsed = recording::Filter::parse(text, {});
        for (const storage::Order order : {storage::Order::NewestFirst, storage::Order::OldestFirst}) {
            const auto began = std::chrono::steady_clock::now();
            const auto page = (*reader)->page({*parsed.filter, order, 0, 200, false});
            const double ms =
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
            std::printf("%8.2f ms %4zu rows  %s%s\n", ms, page ? page->size() : 0, text.c_str(),
                        page ? "" : page.error().what.c_str());
        }
    }
    const auto began = std::chrono::steady_clock::now();
    const auto slices = (*reader)->slices({{}, last->time - 1h, last->time + 1h, 1s, storage::GroupBy::Route});
    std::printf("%8.2f ms slices by route: %zu\n",
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count(),
                slices ? slices->size() : 0);
}

}  // namespace

int main(int argc, char **argv)
{
    const int64_t rows = argc > 1 ? std::atoll(argv[1]) : 100'000;
    const bool keep = argc > 2, plain = argc > 3 && std::string_view(argv[3]) == "plain";
    const std::string folder = keep ? argv[2] : (std::filesystem::temp_directory_path() / "storage_bench").string();
    std::filesystem::create_directories(folder);
    setenv("XDG_DATA_HOME", folder.c_str(), 1);
    const std::string path = folder + "/bench.db";
    if (!std::filesystem::exists(path))
        record(path, rows, plain);
    read(path, plain);
    if (!keep)
        std::filesystem::remove_all(folder);
    return 0;
}
