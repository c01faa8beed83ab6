// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into a segment comes out of it, damaged ones say so, and SQL sees rows in their order within its bounds.
#include "samples.h"

#include "engine/base/ids.h"
#include "storage/detail_codec.h"
#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/segment_columns.h"
#include "storage/segment_details.h"
#include "storage/segment_tables.h"

#include <QtTest>

using namespace sluice;
using storage::NumberColumn;
using storage::TextColumn;

namespace {

struct Row {
    storage::RowNumbers numbers{};
    std::array<std::string, storage::textColumns> texts;
};

std::string digits(Random &random, size_t size)
{
    std::string out;
    while (out.size() < size)
        out += "0123456789abcdef"[random.below(16)];
    return out;
}

std::string uuid(Random &random)
{
    return digits(random, 8) + '-' + digits(random, 4) + '-' + digits(random, 4) + '-' + digits(random, 4) + '-'
        + digits(random, 12);
}

// Columns of every width, and ids that are none now and then.
std::vector<Row> rowsOf(Random &random, size_t size)
{
    constexpr uint64_t spreads[] = {1, 200, 60'000, 4'000'000'000, ~uint64_t(0)};
    std::array<uint64_t, storage::numberColumns> spread{};
    for (uint64_t &each : spread)
        each = spreads[random.below(std::size(spreads))];
    const bool odd = random.below(2) == 0;
    std::vector<Row> rows(size);
    for (Row &row : rows) {
        for (size_t i = 0; i < row.numbers.size(); ++i)
            row.numbers[i] = int64_t(spread[i] == ~uint64_t(0) ? random.next() : random.next() % spread[i]) - 7;
        row.texts[size_t(TextColumn::Trace)] = odd && random.below(20) == 0 ? "" : digits(random, 32);
        row.texts[size_t(TextColumn::RequestId)] = odd && random.below(20) == 0 ? "my own / id" : uuid(random);
        row.texts[size_t(TextColumn::Path)] = "/items/" + std::to_string(random.below(100));
        row.texts[size_t(TextColumn::Query)] = random.below(4) ? "" : "page=" + std::to_string(random.below(5));
        row.texts[size_t(TextColumn::Failure)] = "";
    }
    return rows;
}

std::string encoded(const std::vector<Row> &rows, storage::SegmentColumns &columns)
{
    columns.clear();
    for (const Row &row : rows) {
        storage::RowTexts texts;
        std::copy(row.texts.begin(), row.texts.end(), texts.begin());
        columns.add(row.numbers, texts);
    }
    std::string out;
    columns.encode(out);
    return out;
}

}  // namespace

class SegmentsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void columnsGiveBackWhatTheyTook()
    {
        Random random(3);
        storage::SegmentColumns columns;
        for (size_t round = 0; round < 300; ++round) {
            const auto rows = rowsOf(random, 1 + random.below(storage::segmentRows));
            const std::string bytes = encoded(rows, columns);
            storage::SegmentView view;
            QVERIFY(view.open(bytes));
            QCOMPARE(view.size(), rows.size());
            for (size_t at = 0; at < rows.size(); ++at) {
                for (size_t i = 0; i < storage::numberColumns; ++i)
                    QCOMPARE(view.number(NumberColumn(i), at), rows[at].numbers[i]);
                for (size_t i = 0; i < storage::textColumns; ++i)
                    QCOMPARE(std::string(view.text(TextColumn(i), at)), rows[at].texts[i]);
                const std::string &trace = rows[at].texts[size_t(TextColumn::Trace)];
                QCOMPARE(view.traceKey(at), trace.empty() ? -1 : std::stoll(trace.substr(0, 15), nullptr, 16));
            }
        }
    }

    void detailsGiveBackWhatTheyTook()
    {
        Random random(4);
        storage::SegmentDetails details;
        storage::Packer packer;
        for (size_t round = 0; round < 100; ++round) {
            std::vector<std::array<std::string, 3>> rows(1 + random.below(storage::segmentRows));
            std::vector<bool> likes;
            details.clear();
            for (auto &row : rows) {
                for (std::string &text : row)
                    text =
                        random.below(3) ? digits(random, random.below(40)) + std::string(random.below(300), 'x') : "";
                details.begin() += row[0];
                const bool like = &row != &rows[0] && random.below(2);
                const unsigned alike = like && row[1] == rows[0][1] ? unsigned(storage::kRequestLike) : 0u;
                details.end(unsigned(row[0].size() % 16) | alike, like ? 0 : -1, alike ? "" : row[1], row[2]);
                likes.push_back(like);
            }
            std::string bytes;
            details.encode(bytes, packer);
            storage::SegmentDetailView view;
            QVERIFY(view.open(bytes));
            QCOMPARE(view.size(), rows.size());
            for (size_t at = 0; at < rows.size(); ++at) {
                QCOMPARE(std::string(view.row(at).detail), rows[at][0]);
                QCOMPARE(std::string(view.row(at).request), rows[at][1]);
                QCOMPARE(std::string(view.row(at).response), rows[at][2]);
                QCOMPARE(std::string(view.row(at).like), likes[at] ? rows[0][0] : std::string());
                QCOMPARE(view.row(at).bits & 15, unsigned(rows[at][0].size() % 16));
            }
        }
    }

    // Told by another, whatever that is; and no bytes make decoding look beyond them.
    void detailsToldByAnotherAreWhole()
    {
        Random random(6);
        for (int round = 0; round < 500; ++round) {
            journey::Exchange other = samples::any(random);
            for (uint64_t n = random.below(6); n > 0; --n)  // more than were received
                other.sent.headers.add("X-" + std::to_string(n), "same");
            journey::Exchange x = round % 3 ? samples::any(random) : other;
            if (round % 2)
                x.sent.headers = other.sent.headers;
            x.sent.headers.add("X-Mine", std::to_string(round));
            x.sent.headers.add("X-Request-ID", x.requestId);
            x.sent.headers.add("traceparent", std::string_view(traceparent(x.trace)));
            std::string alone, like, told;
            storage::encodeDetail(x, alone);
            storage::encodeDetail(other, like);
            storage::encodeDetail(x, other, told);
            const auto rowOf = [&x] {
                journey::Exchange row;
                row.received.method = x.received.method;
                row.received.authority = x.received.authority;
                row.returned.status = x.returned.status;
                row.endpoint = x.endpoint;
                row.requestId = x.requestId;
                row.trace.trace = x.trace.trace;
                return row;
            };
            journey::Exchange back = rowOf();
            QVERIFY(storage::decodeDetail(told, like, back));
            std::string again;
            storage::encodeDetail(back, again);
            QVERIFY(again == alone);
            QCOMPARE(storage::decisionsOf(told, like), storage::decisionsOf(alone, {}));
            QVERIFY(!storage::decodeDetail(told, {}, back = rowOf()));
            for (size_t at = 0; at < told.size(); at += 1 + random.below(7)) {
                QVERIFY(!storage::decodeDetail(std::string(told, 0, at), like, back = rowOf()));
                std::string changed = told;
                changed[at] = char(changed[at] ^ (1 << random.below(8)));
                storage::decodeDetail(changed, like, back = rowOf());
                storage::decisionsOf(changed, like);
            }
        }
    }

    // Cut anywhere it is no segment; changed anywhere it may be another, and reading stays within its bytes.
    void damagedSegmentsAreNoneOrReadWithinTheirBytes()
    {
        Random random(5);
        storage::SegmentColumns columns;
        storage::SegmentDetails details;
        storage::Packer packer;
        details.begin() += std::string(500, 'd');
        details.end(0, -1, "request", "response");
        details.end(storage::kResponseLike, 0, "", "");
        std::string packed;
        details.encode(packed, packer);
        for (size_t round = 0; round < 40; ++round) {
            const std::string bytes = encoded(rowsOf(random, 1 + random.below(6)), columns);
            storage::SegmentView view;
            storage::SegmentDetailView detail;
            for (size_t cut = 0; cut < bytes.size(); ++cut) {
                const std::string some(bytes, 0, cut);
                QVERIFY(!view.open(some) || !view.check());
            }
            for (size_t cut = 0; cut < packed.size(); ++cut)
                QVERIFY(!detail.open(std::string(packed, 0, cut)) && detail.size() == 0);
            for (size_t at = 0; at < bytes.size(); ++at) {
                std::string changed = bytes;
                changed[at] = char(changed[at] ^ (1 << random.below(8)));
                if (!view.open(changed))
                    continue;
                for (size_t row = 0; row < view.size(); ++row) {
                    for (size_t i = 0; i < storage::textColumns; ++i)
                        view.text(TextColumn(i), row);
                    view.number(NumberColumn::Time, row);
                    view.traceKey(row);
                }
            }
            for (size_t at = 0; at < packed.size(); ++at) {
                std::string changed = packed;
                changed[at] = char(changed[at] ^ (1 << random.below(8)));
                detail.open(changed);
            }
        }
    }

    // Three runs, so that segments end early, and more than one block.
    void sqlSeesRowsInOrderWithinItsBounds()
    {
        const QTemporaryDir folder;
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        const std::string path = folder.filePath("rows.db").toStdString();
        for (const size_t count : {70, 90, 45}) {
            auto recorder = storage::Recorder::create(path, samples::forEver());
            QVERIFY(recorder);
            (*recorder)->push(samples::many(count, 10));
        }
        auto database = storage::Database::open(path, SQLITE_OPEN_READONLY);
        QVERIFY(database);
        QVERIFY(storage::addSegmentTables(**database));
        const auto ids = [&](const std::string &rest) {
            auto statement = storage::Statement::prepare(**database, "SELECT id FROM exchange x " + rest);
            std::vector<int64_t> out;
            while (statement && statement->step() == SQLITE_ROW)
                out.push_back(statement->integer(0));
            return out;
        };
        std::vector<int64_t> all(205);
        std::iota(all.begin(), all.end(), 1);
        QCOMPARE(ids(""), all);
        QCOMPARE(ids("ORDER BY id"), all);
        std::reverse(all.begin(), all.end());
        QCOMPARE(ids("ORDER BY id DESC"), all);
        for (int64_t low = -1; low < 208; low += 3) {
            for (int64_t high = low - 1; high < 208; high += 7) {
                const std::string bounds = std::to_string(low) + " AND " + std::to_string(high);
                std::vector<int64_t> expected;
                for (int64_t id = std::max<int64_t>(low, 1); id <= std::min<int64_t>(high, 205); ++id)
                    expected.push_back(id);
                QCOMPARE(ids("WHERE id BETWEEN " + bounds), expected);
                QCOMPARE(ids("WHERE id >= " + std::to_string(low) + " AND id < " + std::to_string(high + 1)), expected);
                std::reverse(expected.begin(), expected.end());
                QCOMPARE(ids("WHERE id BETWEEN " + bounds + " ORDER BY id DESC"), expected);
            }
        }
        QCOMPARE(ids("WHERE id = 205"), std::vector<int64_t>{205});
        QCOMPARE(ids("WHERE id IN (71, 300, 64)").size(), size_t(2));
        QVERIFY(ids("WHERE id = NULL").empty());
        const auto joined = (*database)->number(
            "SELECT count(*) FROM exchange x JOIN message m ON m.id = x.id WHERE length(detail) > 0");
        QVERIFY(joined && *joined == 205);
    }
};

QTEST_GUILESS_MAIN(SegmentsTest)
#include "segments_test.moc"
