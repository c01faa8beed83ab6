// SPDX-License-Identifier: GPL-3.0-or-later
// The live list without a window: arrivals, filters, pages, a million ids, and a table that keeps still.
#include "tests/ui/fake_session.h"
#include "ui/models/exchange_model.h"
#include "ui/widgets/long_table.h"

#include <QAbstractItemModelTester>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include <fstream>

using namespace sluice;
using namespace sluice::ui;
using storage::Order;

namespace {

recording::Filter filterOf(std::string_view text)
{
    auto parsed = recording::Filter::parse(text, WallTime{});
    Q_ASSERT(parsed.filter);
    return *parsed.filter;
}

size_t residentBytes()
{
    std::ifstream file("/proc/self/statm");
    size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

}  // namespace

class ExchangeModelTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void allThatIsRecordedIsListedInEitherOrder();
    void arrivalsComeInOneInsertAFrame();
    void aFilterShowsOnlyWhatItLetsThroughAlsoOfWhatComesLater();
    void aFilterThatIsReplacedBeforeItsAnswerLeavesNothingBehind();
    void whatComesForTheFilterBeforeIsNotListed();
    void onlyPagesThatWereLookedAtAreRead();
    void whatIsNoLongerKeptSaysSo();
    void aMarkIsReadAgain();
    void aMillionIdsStayWithinTheirMemory();
    void followingShowsTheNewestInEitherOrder_data();
    void followingShowsTheNewestInEitherOrder();
    void arrivalsNeverMoveTheRowThatIsRead_data();
    void arrivalsNeverMoveTheRowThatIsRead();
    void aShortListKeepsItsRowsInPlaceToo();
    void scrollingAwayPausesAndScrollingBackFollows();
};

void ExchangeModelTest::allThatIsRecordedIsListedInEitherOrder()
{
    FakeRecording recording;
    recording.grow(1200);
    ExchangeModel model(recording);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 1200);
    QCOMPARE(model.idAt(0), 1200);
    QCOMPARE(model.idAt(1199), 1);
    QCOMPARE(model.rowOf(1), 1199);
    model.setOrder(Order::OldestFirst);
    QCOMPARE(model.idAt(0), 1);
    QCOMPARE(model.rowOf(1200), 1199);
    QTRY_VERIFY(model.rowAt(1199));
    QCOMPARE(model.rowAt(1199)->id, 1200);
}

void ExchangeModelTest::arrivalsComeInOneInsertAFrame()
{
    FakeRecording recording;
    ExchangeModel model(recording);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.show({}, Order::NewestFirst, 0);
    QSignalSpy settled(&model, &ExchangeModel::settled);
    QTRY_VERIFY(!settled.isEmpty());
    QSignalSpy inserts(&model, &QAbstractItemModel::rowsInserted);
    for (int i = 0; i < 100; ++i) {
        recording.grow(20);
        model.advance(recording.last());
    }
    QTRY_COMPARE(model.rowCount(), 2000);
    QCOMPARE(inserts.size(), 1);
    QCOMPARE(model.idAt(0), 2000);
}

void ExchangeModelTest::aFilterShowsOnlyWhatItLetsThroughAlsoOfWhatComesLater()
{
    FakeRecording recording;
    recording.grow(100);
    ExchangeModel model(recording);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 100);
    model.show(filterOf("status>=500"), Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 20);
    recording.grow(10);
    model.advance(recording.last());
    QTRY_COMPARE(model.rowCount(), 22);
    for (int row = 0; row < model.rowCount(); ++row)
        QCOMPARE(model.idAt(row) % 5, 0);
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 110);
}

void ExchangeModelTest::aFilterThatIsReplacedBeforeItsAnswerLeavesNothingBehind()
{
    FakeRecording recording;
    recording.grow(50);
    ExchangeModel model(recording);
    recording.held = true;
    model.show({}, Order::NewestFirst, recording.last());
    model.show(filterOf("method:POST"), Order::NewestFirst, recording.last());
    recording.release();
    QCOMPARE(model.rowCount(), 16);
    QTRY_VERIFY(model.rowAt(0));
    QCOMPARE(model.rowAt(0)->method, "POST");
}

// What was asked for the list before may be answered when there is another.
void ExchangeModelTest::whatComesForTheFilterBeforeIsNotListed()
{
    FakeRecording recording;
    recording.grow(20);
    ExchangeModel model(recording);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 20);
    recording.held = true;
    recording.grow(10);
    const size_t before = recording.idsAsked;
    model.advance(recording.last());
    QTRY_VERIFY(recording.idsAsked > before);
    model.show(filterOf("status>=500"), Order::NewestFirst, recording.last());
    recording.held = false;
    recording.release();
    QTRY_COMPARE(model.rowCount(), 6);
    for (int row = 0; row < model.rowCount(); ++row)
        QCOMPARE(model.idAt(row), 30 - 5 * row);
}

void ExchangeModelTest::onlyPagesThatWereLookedAtAreRead()
{
    FakeRecording recording;
    recording.pretend(100'000);
    ExchangeModel model(recording);
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 100'000);
    QCOMPARE(recording.rowsAsked, size_t(0));
    model.rowAt(0);
    QTRY_VERIFY(model.rowAt(0));
    model.rowAt(50'000);
    QTRY_VERIFY(model.rowAt(50'000));
    QVERIFY(recording.rowsAsked <= 2 * ExchangeModel::pageRows);
    for (int row = 200; row < 200 + int(ExchangeModel::mostPages * ExchangeModel::pageRows);
         row += int(ExchangeModel::pageRows)) {
        model.rowAt(row);
        QTRY_VERIFY(model.rowAt(row));
    }
    QVERIFY2(!model.rowAt(0), "pages beyond the bound are let go, the ones used longest ago first");
}

void ExchangeModelTest::whatIsNoLongerKeptSaysSo()
{
    FakeRecording recording;
    recording.grow(3);
    ExchangeModel model(recording);
    model.show({}, Order::OldestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 3);
    recording.prune(2);
    QTRY_VERIFY(model.rowAt(0) == nullptr && model.gone(1));
    QVERIFY(!model.gone(2));
    QCOMPARE(model.index(1, ExchangeModel::Path).data().toString(), u"no longer kept"_qs);
}

void ExchangeModelTest::aMarkIsReadAgain()
{
    FakeRecording recording;
    recording.grow(3);
    ExchangeModel model(recording);
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE(model.rowCount(), 3);
    QTRY_VERIFY(model.rowAt(0));
    recording.marks[3] = 4;
    model.refresh(3);
    QTRY_VERIFY(model.rowAt(0) && model.rowAt(0)->mark == 4);
}

void ExchangeModelTest::aMillionIdsStayWithinTheirMemory()
{
    FakeRecording recording;
    recording.pretend(1'000'000);
    ExchangeModel model(recording);
    const size_t before = residentBytes();
    model.show({}, Order::NewestFirst, recording.last());
    QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 1'000'000, 20'000);
    QVERIFY(!model.leftOut());
    const size_t grown = residentBytes() - std::min(before, residentBytes());
    QVERIFY2(grown < 40u << 20, qPrintable(QString::number(grown)));
    QCOMPARE(model.idAt(999'999), 1);
}

// ---- the table

namespace {

struct Shown {
    FakeRecording recording;
    ExchangeModel model{recording};
    LongTable table{20};
    explicit Shown(size_t count, Order order)
    {
        recording.grow(count);
        table.resize(600, 400);
        table.setTailAtTop(order == Order::NewestFirst);
        table.setModel(&model);
        table.show();
        model.show({}, order, recording.last());
    }
    void arrive(size_t count)
    {
        const int wanted = model.rowCount() + int(count);
        recording.grow(count);
        model.advance(recording.last());
        QTRY_COMPARE(model.rowCount(), wanted);
    }
    int y(int64_t id) const { return table.visualRect(model.index(model.rowOf(id), 0)).top(); }
};

void orders()
{
    QTest::addColumn<int>("order");
    QTest::newRow("newest first") << int(Order::NewestFirst);
    QTest::newRow("oldest first") << int(Order::OldestFirst);
}

}  // namespace

void ExchangeModelTest::followingShowsTheNewestInEitherOrder_data()
{
    orders();
}

void ExchangeModelTest::followingShowsTheNewestInEitherOrder()
{
    QFETCH(int, order);
    Shown shown(200, Order(order));
    QTRY_COMPARE(shown.model.rowCount(), 200);
    QVERIFY(shown.table.following());
    for (int i = 0; i < 5; ++i) {
        shown.arrive(7);
        const int top = shown.y(shown.recording.last());
        QVERIFY(top >= 0 && top + 20 <= shown.table.viewport()->height());
    }
    QVERIFY(shown.table.following());
}

void ExchangeModelTest::arrivalsNeverMoveTheRowThatIsRead_data()
{
    orders();
}

void ExchangeModelTest::arrivalsNeverMoveTheRowThatIsRead()
{
    QFETCH(int, order);
    Shown shown(200, Order(order));
    QTRY_COMPARE(shown.model.rowCount(), 200);
    // At the tail itself, where it would move first.
    const int64_t read = 197;
    shown.table.setCurrentIndex(shown.model.index(shown.model.rowOf(read), 0));
    QVERIFY(!shown.table.following());
    const int before = shown.y(read);
    for (int i = 0; i < 20; ++i) {
        shown.arrive(size_t(1 + i * 3));
        QCOMPARE(shown.y(read), before);
        QCOMPARE(shown.model.idAt(shown.table.currentIndex().row()), read);
    }
    // Asked for, the newest is shown again, and the current row stays the current one.
    shown.table.followTail();
    const int newest = shown.y(shown.recording.last());
    QVERIFY(newest >= 0 && newest < shown.table.viewport()->height());
    QCOMPARE(shown.model.idAt(shown.table.currentIndex().row()), read);
}

void ExchangeModelTest::aShortListKeepsItsRowsInPlaceToo()
{
    Shown shown(3, Order::NewestFirst);
    QTRY_COMPARE(shown.model.rowCount(), 3);
    shown.table.setCurrentIndex(shown.model.index(1, 0));
    const int before = shown.y(2);
    QCOMPARE(before, 20);
    for (int i = 0; i < 10; ++i) {
        shown.arrive(4);
        QCOMPARE(shown.y(2), before);
    }
}

void ExchangeModelTest::scrollingAwayPausesAndScrollingBackFollows()
{
    Shown shown(500, Order::NewestFirst);
    QTRY_COMPARE(shown.model.rowCount(), 500);
    QSignalSpy changes(&shown.table, &LongTable::followingChanged);
    shown.table.verticalScrollBar()->setValue(1003);
    QVERIFY(!shown.table.following());
    const int64_t first = shown.model.idAt(shown.table.firstVisibleRow());
    const int before = shown.y(first);
    shown.arrive(50);
    QCOMPARE(shown.y(first), before);
    shown.table.verticalScrollBar()->setValue(0);
    QVERIFY(shown.table.following());
    QCOMPARE(changes.size(), 2);
    shown.arrive(5);
    QCOMPARE(shown.table.verticalScrollBar()->value(), 0);
}

QTEST_MAIN(ExchangeModelTest)
#include "exchange_model_test.moc"
