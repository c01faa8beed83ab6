// SPDX-License-Identifier: GPL-3.0-or-later
// The window by keyboard alone: where the focus is, and what the keys of the list and of the filter do.
#include "tests/ui/opened_window.h"
#include "ui/pages/dashboard_page.h"
#include "ui/pages/replay_page.h"
#include "ui/pages/routes_page.h"
#include "ui/pages/services_page.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/first_screen.h"

#include <QAbstractItemView>
#include <QAccessible>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>

using namespace sluice;
using namespace sluice::ui;

class KeysTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void theFocusGoesWhereThePageBegins();
    void everyPageTakesTheFocusWithItsKey();
    void ctrlFReachesTheFilterFromEveryPage();
    void escapeGoesOneStepAtATime();
    void aWrongFilterMovesNothing();
    void aChoiceOfManyIsMarkedAsOne();
    void lettersDoNotSearchTheWholeList();
    void failuresAreToldBesideTheRows();
    void aScreenReaderReadsTheRows();

private:
    std::unique_ptr<Theme> theme_;
};

void KeysTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-keys-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-keys-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void KeysTest::theFocusGoesWhereThePageBegins()
{
    FakeSession session;
    MainWindow window(session, *theme_);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTRY_VERIFY(window.traffic()->firstScreen()->isVisible());
    QTRY_COMPARE(QApplication::focusWidget(), window.traffic()->firstScreen()->sendButton());
    session.arrive(3);
    QTRY_COMPARE(QApplication::focusWidget(), window.traffic()->table());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Down);
    QTRY_VERIFY(window.traffic()->detail()->isVisible());
}

void KeysTest::everyPageTakesTheFocusWithItsKey()
{
    Opened opened(*theme_, 3);
    QVERIFY(opened.listed(3));
    const QWidget *pages[] = {opened.window.traffic(), opened.window.routes(), opened.window.services(),
                              opened.window.dashboard(), opened.window.replay()};
    for (const int page : {1, 2, 3, 4, 0}) {
        opened.key(qPrintable(QStringLiteral("Alt+%1").arg(page + 1)));
        const QWidget *wanted = pages[page];
        while (wanted->focusProxy())
            wanted = wanted->focusProxy();
        QTRY_COMPARE(QApplication::focusWidget(), wanted);
    }
    QCOMPARE(QApplication::focusWidget(), opened.traffic().table());
}

void KeysTest::ctrlFReachesTheFilterFromEveryPage()
{
    Opened opened(*theme_, 3);
    QVERIFY(opened.listed(3));
    for (const char *page : {"Alt+2", "Alt+3", "Alt+4", "Alt+5", "Alt+1"}) {
        opened.key(page);
        opened.key("Ctrl+F");
        QTRY_VERIFY(opened.traffic().filterBar()->line()->hasFocus());
        QCOMPARE(opened.window.page(), MainWindow::Traffic);
    }
}

void KeysTest::escapeGoesOneStepAtATime()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(5));
    QVERIFY(!opened.traffic().table()->following());
    opened.key("/");
    QLineEdit *line = opened.traffic().filterBar()->line();
    QTRY_VERIFY(line->hasFocus());
    QTest::keyClicks(line, u"stat"_qs);
    QTRY_VERIFY(QApplication::activePopupWidget());
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Escape);
    QTRY_VERIFY(!QApplication::activePopupWidget());
    QVERIFY(line->hasFocus() && opened.traffic().detail()->isVisible());
    QTest::keyClick(line, Qt::Key_Escape);
    QVERIFY(!line->hasFocus() && opened.traffic().detail()->isVisible());
    opened.key("Esc");
    QVERIFY(!opened.traffic().detail()->isVisible());
    // Nothing is read any more, and the newest are on the screen.
    QVERIFY(opened.traffic().table()->following());
}

void KeysTest::aWrongFilterMovesNothing()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    const QPoint before = opened.traffic().table()->mapTo(&opened.window, QPoint());
    opened.traffic().filterBar()->line()->setText(u"status>=fast"_qs);
    QVERIFY(!opened.traffic().filterBar()->errorText().isEmpty());
    QCoreApplication::processEvents();
    QCOMPARE(opened.traffic().table()->mapTo(&opened.window, QPoint()), before);
}

void KeysTest::aChoiceOfManyIsMarkedAsOne()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(4));
    opened.traffic().table()->setFocus();
    opened.key("2");
    QTRY_VERIFY(opened.traffic().model()->rowAt(1) && opened.traffic().model()->rowAt(1)->mark == 2);
    opened.key("Shift+Down");
    QCOMPARE(opened.traffic().selectedIds().size(), size_t(2));
    opened.key("2");
    QTRY_COMPARE(opened.session.fake.marks[3], 2);
    QCOMPARE(opened.session.fake.marks[4], 2);
    QTRY_VERIFY(opened.traffic().model()->rowAt(2) && opened.traffic().model()->rowAt(2)->mark == 2);
    QTRY_VERIFY(opened.traffic().model()->rowAt(1) && opened.traffic().model()->rowAt(1)->mark == 2);
    opened.key("2");
    QTRY_COMPARE(opened.session.fake.marks[3], 0);
    QCOMPARE(opened.session.fake.marks[4], 0);
}

void KeysTest::lettersDoNotSearchTheWholeList()
{
    Opened opened(*theme_);
    opened.session.fake.pretend(100'000);
    opened.session.tellLastId();
    QVERIFY(opened.listed(100'000));
    QTRY_VERIFY(opened.traffic().model()->rowAt(0));
    const size_t read = opened.session.fake.rowsAsked;
    QTest::keyClicks(opened.traffic().table(), u"zzz"_qs);
    QCoreApplication::processEvents();
    QVERIFY(opened.session.fake.rowsAsked <= read + ExchangeModel::pageRows);
}

void KeysTest::failuresAreToldBesideTheRows()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QSignalSpy said(&opened.traffic(), &TrafficPage::said);
    opened.session.fake.failing = true;
    opened.session.arrive(1);
    QTRY_COMPARE(said.size(), 1);
    QVERIFY(said[0][0].toString().contains(u"cannot be read"));
    QCOMPARE(opened.traffic().model()->rowCount(), 5);
    opened.session.fake.failing = false;
    opened.session.arrive(1);
    QVERIFY(opened.listed(7));
    QVERIFY(opened.traffic().model()->trouble().isEmpty());
}

void KeysTest::aScreenReaderReadsTheRows()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    LongTable *table = opened.traffic().table();
    QTRY_VERIFY(opened.traffic().model()->rowAt(0));
    QAccessibleInterface *seen = QAccessible::queryAccessibleInterface(table);
    QVERIFY(seen && seen->role() == QAccessible::Table && seen->tableInterface());
    QAccessibleTableInterface *cells = seen->tableInterface();
    QCOMPARE(cells->rowCount(), 5);
    QCOMPARE(cells->columnDescription(ExchangeModel::Path), u"Path"_qs);
    QAccessibleInterface *status = cells->cellAt(0, ExchangeModel::Status);
    QCOMPARE(status->text(QAccessible::Name), u"503 Service Unavailable, failed"_qs);
    QCOMPARE(status->tableCellInterface()->columnHeaderCells().first()->text(QAccessible::Name), u"Status"_qs);
    QCOMPARE(seen->indexOfChild(status), int(ExchangeModel::Status));
    QVERIFY(table->viewport()->rect().contains(table->viewport()->mapFromGlobal(status->rect().center())));

    static int focused = -1;
    QAccessible::setActive(true);
    const bool active = QAccessible::isActive();  // not every platform can tell a screen reader anything
    const auto before = QAccessible::installUpdateHandler([](QAccessibleEvent *event) {
        if (event->type() == QAccessible::Focus && qobject_cast<LongTable *>(event->object()))
            focused = event->child();
    });
    opened.key("Down");
    opened.key("Down");
    QAccessible::installUpdateHandler(before);
    QAccessible::setActive(false);
    if (active)
        QCOMPARE(focused / ExchangeModel::ColumnCount, 1);
    QVERIFY(cells->isRowSelected(1) && !cells->isRowSelected(0));
    QCOMPARE(seen->focusChild()->tableCellInterface()->rowIndex(), 1);
    QVERIFY(table->accessibleDescription().startsWith(u"GET /api/users/4?page=2, 200 OK after"));
    // However much is asked for, little is held.
    opened.session.arrive(500);
    QVERIFY(opened.listed(505));
    for (int i = 0; i < seen->childCount(); ++i)
        QVERIFY(seen->child(i));
}

QTEST_MAIN(KeysTest)
#include "keys_test.moc"
