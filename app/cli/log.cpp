// SPDX-License-Identifier: GPL-3.0-or-later
// sluice log: recorded exchanges, a line each, oldest first; --follow goes on with what comes.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/http/grpc_reader.h"
#include "storage/row_json.h"

#include <chrono>
#include <thread>

namespace sluice::cli {

namespace {

constexpr size_t page = 1000;
constexpr auto lookAgain = std::chrono::milliseconds(150);

std::string padded(std::string text, size_t width, bool right = false)
{
    if (text.size() < width)
        text.insert(right ? 0 : text.size(), width - text.size(), ' ');
    return text;
}

void printHeads()
{
    printLine(painted("      ID  TIME          METHOD  STATUS    LATENCY       SIZE  ROUTE                   PATH",
                      Colour::Dim));
}

// Rows come one by one, so the columns have fixed widths; what is wider pushes the rest of its line.
void printRow(const storage::Row &row)
{
    const std::string status = row.open ? "open" : row.status ? std::to_string(row.status) : "-";
    const std::string route = row.route.empty() ? "-" : row.route;
    std::string path = row.path.empty() ? "-" : row.path + (row.query.empty() ? "" : '?' + row.query);
    if (row.replayOf)
        path += "  (repeats #" + std::to_string(row.replayOf) + ")";
    if (row.stream.kind != journey::Streaming::None)
        path += "  (" + std::string(name(row.stream.kind)) + ", " + std::to_string(row.stream.messages)
            + (row.stream.messages == 1 ? " message)" : " messages)");
    if (row.stream.grpcStatus > 0)
        path += "  grpc-status " + std::to_string(row.stream.grpcStatus) + ' '
            + std::string(http::grpcStatusName(row.stream.grpcStatus));
    const std::string number = row.open ? "@" + std::to_string(-row.id) : std::to_string(row.id);
    printLine(padded(number, 8, true) + "  " + localTime(row.time) + "  " + padded(printable(row.method), 6) + "  "
              + painted(padded(status, 6), ofStatus(row.status)) + "  "
              + padded(row.open ? "-" : latencyText(row.latency), 9, true) + "  "
              + padded(sizeText(row.responseBytes), 9, true) + "  " + padded(printable(route), 22) + "  "
              + printable(path));
    if (!row.failure.empty())
        printLine(painted("          " + printable(row.failure), Colour::Dim));
}

class Lister {
public:
    Lister(storage::Reader &reader, const LogArgs &args, recording::Filter filter) : reader_(reader), args_(args)
    {
        request_.filter = std::move(filter);
        request_.decisions = args.json;
        request_.limit = page;
    }

    // All pages of the request. False: stop (an error, told; or nobody reads).
    bool list(storage::Order order, int64_t after, size_t most)
    {
        request_.order = order;
        request_.after = after;
        while (most > 0) {
            request_.limit = std::min(page, most);
            Result<std::vector<storage::Row>> rows = reader_.page(request_);
            if (!rows) {
                complain(rows.error().what);
                failed_ = true;
                return false;
            }
            for (const storage::Row &row : *rows)
                show(row);
            most -= std::min(most, rows->size());
            if (!rows->empty())
                request_.after = rows->back().id;
            if (!flush())
                return false;
            if (rows->size() < request_.limit)
                break;
        }
        return true;
    }

    int64_t last() const { return last_; }
    bool failed() const { return failed_; }

private:
    void show(const storage::Row &row)
    {
        if (args_.json)
            printLine(storage::jsonLine(row));
        else
            printRow(row);
        last_ = std::max(last_, row.id);
    }

    storage::Reader &reader_;
    const LogArgs &args_;
    storage::PageRequest request_;
    int64_t last_ = 0;
    bool failed_ = false;
};

// Behind which id the last `most` begin; 0: they are all of them.
Result<int64_t> startOf(storage::Reader &reader, const recording::Filter &filter, size_t most)
{
    constexpr size_t step = 10'000;
    int64_t after = 0;
    for (size_t left = most; left > 0;) {
        Result<std::vector<int64_t>> ids = reader.ids(filter, storage::Order::NewestFirst, after, std::min(step, left));
        if (!ids)
            return ids.error();
        if (!ids->empty())
            after = ids->back();
        if (ids->size() < std::min(step, left))
            return int64_t(0);
        left -= ids->size();
    }
    return after > 0 ? after - 1 : 0;
}

int listOpen(const LogArgs &args)
{
    if (args.follow || args.reverse || !args.filter.empty())
        return fail(Misused, "--open lists all that go on now; it takes no filter, --follow or --reverse");
    int code = Fine;
    const std::unique_ptr<storage::Reader> reader = openRecording(args.record, code);
    if (!reader)
        return code;
    Result<std::vector<storage::Row>> rows = reader->open(args.limit > 0 ? size_t(args.limit) : 10'000);
    if (!rows)
        return fail(Failed, rows.error().what);
    if (!args.json)
        printHeads();
    for (auto row = rows->rbegin(); row != rows->rend(); ++row) {
        if (args.json)
            printLine(storage::jsonLine(*row));
        else
            printRow(*row);
    }
    return flush() ? Fine : Failed;
}

}  // namespace

int log(const LogArgs &args)
{
    if (args.open)
        return listOpen(args);
    if (args.follow && args.reverse)
        return fail(Misused, "--follow goes on at the end, so it cannot be reversed");
    std::optional<recording::Filter> filter = parseFilter(args.filter);
    if (!filter)
        return Misused;
    int code = Fine;
    const std::unique_ptr<storage::Reader> reader = openRecording(args.record, code);
    if (!reader)
        return code;
    constexpr size_t all = size_t(-1);
    const size_t most = args.limit > 0 ? size_t(args.limit) : args.limit == 0 || args.json ? all : 100;
    const Result<int64_t> last = reader->lastId();
    if (!last)
        return fail(Failed, last.error().what);
    Lister lister(*reader, args, *filter);
    if (!args.json)
        printHeads();
    if (args.reverse)
        return lister.list(storage::Order::NewestFirst, 0, most) || !lister.failed() ? Fine : Failed;
    Result<int64_t> start = most == all ? Result<int64_t>(0) : startOf(*reader, *filter, most);
    if (!start)
        return fail(Failed, start.error().what);
    if (!lister.list(storage::Order::OldestFirst, *start, args.follow ? all : most))
        return lister.failed() ? Failed : Fine;
    // Where nothing matched yet, all before `last` has been looked at already.
    for (int64_t seen = std::max(lister.last(), *last); args.follow;) {
        std::this_thread::sleep_for(lookAgain);
        const Result<int64_t> newest = reader->lastId();
        if (!newest)
            return fail(Failed, newest.error().what);
        if (*newest == seen)
            continue;
        if (!lister.list(storage::Order::OldestFirst, seen, all))
            return lister.failed() ? Failed : Fine;
        seen = std::max(lister.last(), *newest);
    }
    return Fine;
}

}  // namespace sluice::cli
