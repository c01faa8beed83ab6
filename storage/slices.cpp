// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/slices.h"

#include "storage/filter_sql.h"
#include "storage/reader_impl.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace sluice::storage {

namespace {

constexpr int fineBits = 5;
constexpr int64_t mostSlices = 2000;

size_t bucketOf(int64_t nanos)
{
    const uint64_t value = uint64_t(std::max<int64_t>(nanos, 0));
    const int width = std::bit_width(value);
    if (width <= fineBits + 1)
        return size_t(value);
    const int shift = width - fineBits - 1;
    return (size_t(shift) << fineBits) + size_t(value >> shift);
}

int64_t middleOf(size_t bucket)
{
    if (bucket < (2u << fineBits))
        return int64_t(bucket);
    const size_t shift = (bucket >> fineBits) - 1;
    const int64_t low = int64_t((bucket & ((1u << fineBits) - 1)) | (1u << fineBits)) << shift;
    return low + ((int64_t(1) << shift) >> 1);
}

}  // namespace

void Latencies::add(int64_t nanos)
{
    ++count_;
    longest_ = std::max(longest_, nanos);
    if (buckets_.empty() && exact_.size() == exactly)
        spread();
    if (buckets_.empty())
        exact_.push_back(nanos);
    else
        ++buckets_[bucketOf(nanos)];
}

void Latencies::spread()
{
    buckets_.resize(size_t(64) << fineBits);
    for (const int64_t nanos : exact_)
        ++buckets_[bucketOf(nanos)];
    exact_ = {};
}

int64_t Latencies::percentile(double share)
{
    if (count_ == 0)
        return 0;
    const uint64_t rank = std::clamp<uint64_t>(uint64_t(std::ceil(share * double(count_))), 1, count_);
    if (buckets_.empty()) {
        const auto at = exact_.begin() + std::ptrdiff_t(rank - 1);
        std::nth_element(exact_.begin(), at, exact_.end());
        return *at;
    }
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen >= rank)
            return std::min(middleOf(bucket), longest_);
    }
    return longest_;
}

namespace {

struct Gathered {
    Slice slice;
    Latencies latencies;
};

// Slices and groups together stay within the bound: groups come first, then the step is widened.
int64_t stepFor(const SliceRequest &request, int64_t groups)
{
    const int64_t span = (request.to - request.from).count();
    const int64_t most = std::max<int64_t>(1, mostSlices / std::max<int64_t>(groups, 1));
    const int64_t asked = std::max<int64_t>(1, duration_cast<std::chrono::microseconds>(request.step).count());
    return std::max(asked, (span + most - 1) / most);
}

void take(Gathered &into, const Statement &row)
{
    const int64_t status = row.integer(1), failedBy = row.integer(4);
    ++into.slice.requests;
    if (status >= 500 || failedBy > 1)
        ++into.slice.serverErrors;
    else if (status >= 400)
        ++into.slice.clientErrors;
    into.slice.bytes += uint64_t(row.integer(3));
    if (row.integer(6) != 0)  // there was a request: without one nothing was waited for
        into.latencies.add(row.integer(2));
}

const char *columnOf(GroupBy group)
{
    switch (group) {
    case GroupBy::Route: return "x.route";
    case GroupBy::Service: return "x.service";
    case GroupBy::Endpoint: return "x.endpoint";
    case GroupBy::Nothing: break;
    }
    return "0";
}

}  // namespace

Result<std::vector<Slice>> Reader::slices(const SliceRequest &request)
{
    if (request.to <= request.from)
        return std::vector<Slice>();
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    Database &database = *impl_->database;
    const NameKind named = request.group == GroupBy::Route ? NameKind::Route
        : request.group == GroupBy::Service                ? NameKind::Service
                                                           : NameKind::Endpoint;
    const std::string kind = std::to_string(int(named));
    const auto groups = request.group == GroupBy::Nothing
        ? Result<int64_t>(1)
        : database.number(("SELECT count(*) + 1 FROM name WHERE kind = " + kind).c_str());
    auto sql = FilterSql::compile(database, request.filter);
    if (!groups || !sql)
        return groups ? sql.error() : groups.error();
    // A span of ids holds what began within its times; `sql` narrows by the filter, this by the slices' own. The + has SQLite walk the
    // ids of each span, not those of the filter for each span.
    auto statement = Statement::prepare(
        database,
        "SELECT x.time, x.status, x.latency, x.request_bytes + x.response_bytes, x.failed_by, "
            + std::string(columnOf(request.group))
            + ", x.method FROM span s CROSS JOIN exchange x WHERE s.last_time >= ?"
            + std::to_string(sql->firstFree() + 2) + " AND s.first_time < ?" + std::to_string(sql->firstFree() + 3)
            + " AND x.id BETWEEN s.id << 10 AND (s.id << 10) + 1023 AND +x.id BETWEEN ?"
            + std::to_string(sql->firstFree()) + " AND ?" + std::to_string(sql->firstFree() + 1) + " AND x.time >= ?"
            + std::to_string(sql->firstFree() + 2) + " AND x.time < ?" + std::to_string(sql->firstFree() + 3) + " AND "
            + sql->condition());
    if (!statement)
        return statement.error();
    const int64_t from = request.from.time_since_epoch().count(), to = request.to.time_since_epoch().count();
    sql->bind(*statement);
    statement->bind(sql->firstFree(), sql->bounds().lowest);
    statement->bind(sql->firstFree() + 1, sql->bounds().highest);
    statement->bind(sql->firstFree() + 2, from);
    statement->bind(sql->firstFree() + 3, to);
    const int64_t step = stepFor(request, *groups);
    std::map<std::pair<int64_t, int64_t>, Gathered> gathered;
    int code = SQLITE_ROW;
    while (!impl_->interrupted && (code = statement->step()) == SQLITE_ROW) {
        std::pair<int64_t, int64_t> key{(statement->integer(0) - from) / step, statement->integer(5)};
        // More groups than slices: what comes late goes to the nameless group.
        if (gathered.size() >= size_t(mostSlices) && !gathered.contains(key))
            key.second = 0;
        take(gathered[key], *statement);
    }
    if (code != SQLITE_DONE)
        return database.error(impl_->interrupted ? SQLITE_INTERRUPT : code);
    std::vector<Slice> out;
    for (auto &[key, each] : gathered) {
        each.slice.start = WallTime(std::chrono::microseconds(from + key.first * step));
        each.slice.group = impl_->names.text(key.second);
        each.slice.p50 = Nanos(each.latencies.percentile(0.50));
        each.slice.p95 = Nanos(each.latencies.percentile(0.95));
        each.slice.p99 = Nanos(each.latencies.percentile(0.99));
        each.slice.longest = Nanos(each.latencies.longest());
        out.push_back(std::move(each.slice));
    }
    return out;
}

}  // namespace sluice::storage
