// SPDX-License-Identifier: GPL-3.0-or-later
// The whole window over a session in memory, driven by keys and mouse as a person would.
#include "tests/ui/opened_window.h"
#include "ui/pages/dashboard_page.h"
#include "ui/pages/replay_page.h"
#include "ui/pages/services_page.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/first_screen.h"
#include "ui/widgets/message_view.h"
#include "ui/widgets/request_editor.h"
#include "ui/widgets/secret_edit.h"
#include "ui/widgets/span_chart.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>
#include <QTreeWidget>

using namespace sluice;
using namespace sluice::ui;

class WindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void theFirstScreenHasALineToCopyAndAButton();
    void arrivalsTakeThePlaceOfTheFirstScreen();
    void choosingARowShowsItsRequestAndResponse();
    void slashGoesToTheFilterAndAWrongOneSaysWhere();
    void theFilterNarrowsTheList();
    void completionOffersFieldsAndNames();
    void digitsMarkAndTakeOff();
    void copyAsCurlKeepsSecretsIn();
    void editAndReplayFillsTheEditor();
    void compareTellsTheDifferences();
    void secretsAreDotsUntilAskedFor();
    void aSpanOfTheChartBecomesAFilter();
    void servicesTellTheirEndpoints();
    void everyPageHasAKey();
    void everyControlHasAnAccessibleName();
    void bothThemesKeepTheirContrast();
    void theListKeepsItsPlaceWhenTheOrderTurns();

private:
    std::unique_ptr<Theme> theme_;
};

void WindowTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-ui-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-ui-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void WindowTest::theFirstScreenHasALineToCopyAndAButton()
{
    Opened opened(*theme_);
    FirstScreen *first = opened.traffic().firstScreen();
    QTRY_VERIFY(first->isVisible());
    QCOMPARE(first->line(), u"curl http://127.0.0.1:8080/api/users/1"_qs);
    QVERIFY(first->sendButton()->isEnabled());
    QCOMPARE(sampleOf(u"/a/{id}/*/**"_qs), u"/a/1/1/1"_qs);
}

void WindowTest::arrivalsTakeThePlaceOfTheFirstScreen()
{
    Opened opened(*theme_);
    QTRY_VERIFY(opened.traffic().firstScreen()->isVisible());
    opened.session.arrive(12);
    QVERIFY(opened.listed(12));
    QTRY_VERIFY(!opened.traffic().firstScreen()->isVisible());
    QVERIFY(opened.traffic().table()->isVisible());
}

void WindowTest::choosingARowShowsItsRequestAndResponse()
{
    Opened opened(*theme_, 30);
    QVERIFY(opened.listed(30));
    LongTable *table = opened.traffic().table();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      table->visualRect(opened.traffic().model()->index(2, ExchangeModel::Path)).center());
    DetailPanel *detail = opened.traffic().detail();
    QTRY_VERIFY(detail->exchange());
    QCOMPARE(detail->exchange()->id, 28);
    QTRY_VERIFY(detail->response()->body()->ready());
    QVERIFY(detail->response()->body()->recordedText().contains(u"\"price\": 1.10"));
    QVERIFY(detail->request()->fields()->toPlainText().startsWith(u"Host: "));
    opened.key("Esc");
    QVERIFY(!detail->isVisible());
}

void WindowTest::slashGoesToTheFilterAndAWrongOneSaysWhere()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    opened.window.activateWindow();
    opened.traffic().table()->setFocus();
    opened.key("/");
    FilterBar *bar = opened.traffic().filterBar();
    QTRY_VERIFY(bar->line()->hasFocus());
    QTest::keyClicks(bar->line(), u"status>=fast"_qs);
    QVERIFY(bar->errorText().startsWith(u"Column "));
    QVERIFY(bar->line()->property("wrong").toBool());
    QCOMPARE(opened.traffic().model()->rowCount(), 5);
    bar->line()->clear();
    QVERIFY(bar->errorText().isEmpty());
}

void WindowTest::theFilterNarrowsTheList()
{
    Opened opened(*theme_, 50);
    QVERIFY(opened.listed(50));
    opened.traffic().focusFilter();
    QTest::keyClicks(opened.traffic().filterBar()->line(), u"status:503"_qs);
    QTest::keyClick(opened.traffic().filterBar()->line(), Qt::Key_Return);
    QVERIFY(opened.listed(10));
    opened.traffic().setFilter(u"path:/nothing/**"_qs);
    QVERIFY(opened.listed(0));
    QVERIFY(!opened.traffic().firstScreen()->isVisible());
    opened.traffic().setFilter({});
    QVERIFY(opened.listed(50));
}

void WindowTest::completionOffersFieldsAndNames()
{
    const QStringList routes{u"users"_qs, u"orders"_qs}, services{u"user-service"_qs};
    QCOMPARE(completionsAt(u"route:us"_qs, 8, routes, services).words, QStringList{u"route:users"_qs});
    const Completion field = completionsAt(u"method:GET sta"_qs, 14, routes, services);
    QCOMPARE(field.begin, 11);
    QCOMPARE(field.words, QStringList{u"status>="_qs});
    QVERIFY(completionsAt(u"is:re"_qs, 5, routes, services).words.contains(u"is:replayed"_qs));
    QVERIFY(completionsAt(u"route:users"_qs, 11, routes, services).words.isEmpty());
}

void WindowTest::digitsMarkAndTakeOff()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(4));
    opened.traffic().table()->setFocus();
    opened.key("3");
    QTRY_COMPARE(opened.session.fake.marks[4], 3);
    QTRY_VERIFY(opened.traffic().model()->rowAt(1) && opened.traffic().model()->rowAt(1)->mark == 3);
    opened.key("3");
    QTRY_COMPARE(opened.session.fake.marks[4], 0);
}

void WindowTest::copyAsCurlKeepsSecretsIn()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(4));
    opened.key("Ctrl+Shift+C");
    const QString line = QGuiApplication::clipboard()->text();
    QVERIFY2(line.startsWith(u"curl 'http://127.0.0.1:8080/api/users/4?page=2'"), qPrintable(line));
    QVERIFY(line.contains(u"{{secret:0a1b2c}}"));
    QVERIFY(!line.contains(u"-H 'Host"));
}

void WindowTest::editAndReplayFillsTheEditor()
{
    Opened opened(*theme_, 6);
    QVERIFY(opened.listed(6));
    QVERIFY(opened.read(6));
    opened.key("E");
    QCOMPARE(opened.window.page(), MainWindow::Replay);
    ReplayPage *replay = opened.window.replay();
    QTRY_COMPARE(replay->editor()->method()->currentText(), u"POST"_qs);
    QCOMPARE(replay->editor()->target()->text(), u"http://127.0.0.1:8080/api/users/6?page=2"_qs);
    // A placeholder is never sent in place of the secret.
    QVERIFY(replay->editor()->headers()->toPlainText().contains(u"Authorization"));
    QSignalSpy answered(replay, &ReplayPage::answered);
    replay->send();
    QTRY_VERIFY(replay->editor()->troubleText().contains(u"the secrets in its headers"));
    QVERIFY(replay->editor()->troubleText().contains(u"Authorization"));
    QVERIFY(answered.isEmpty());
    // Where it is known, it goes out, and only there.
    opened.session.fake.sealed["{{secret:0a1b2c}}"] = "planted-token";
    replay->send();
    QVERIFY(answered.wait());
    QVERIFY(replay->editor()->troubleText().isEmpty());
    QVERIFY(replay->editor()->headers()->toPlainText().contains(u"{{secret:0a1b2c}}"));
    for (const QPlainTextEdit *each : replay->findChildren<QPlainTextEdit *>())
        QVERIFY(!each->toPlainText().contains(u"planted"));
}

void WindowTest::compareTellsTheDifferences()
{
    Opened opened(*theme_);
    opened.session.arrive(1);
    opened.session.arrive(1, [](journey::Exchange &x) {
        x.replayOf = 1;
        x.responseBody = {};
        x.responseBody.take(R"({"id":1,"name":"Grace","price":1.10})", 1 << 20);
    });
    QVERIFY(opened.listed(2));
    QVERIFY(opened.read(2));
    QSignalSpy compared(opened.window.replay(), &ReplayPage::compared);
    opened.key("Ctrl+D");
    QVERIFY(compared.wait());
    QCOMPARE(opened.window.page(), MainWindow::Replay);
    const QTreeWidget *differences = opened.window.replay()->differences();
    QVERIFY(differences->topLevelItemCount() >= 1);
    QVERIFY(differences->topLevelItem(0)->text(0).contains(u"name"));
}

void WindowTest::secretsAreDotsUntilAskedFor()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(4));
    MessageView *request = opened.traffic().detail()->request();
    QVERIFY(!request->fields()->toPlainText().contains(u"0a1b2c"));
    QVERIFY(request->fields()->toPlainText().contains(u"Authorization: ••••"));
    opened.session.fake.sealed["{{secret:0a1b2c}}"] = "planted-token";
    QAbstractButton *eye = nullptr;
    for (QAbstractButton *each : opened.traffic().detail()->findChildren<QAbstractButton *>()) {
        if (each->isVisible() && each->accessibleName() == u"Reveal secrets")
            eye = each;
    }
    QVERIFY(eye);
    eye->click();
    QTRY_VERIFY(request->fields()->toPlainText().contains(u"planted-token"));
    QVERIFY(opened.read(3));
    QTRY_VERIFY(!request->fields()->toPlainText().contains(u"planted"));
}

void WindowTest::aSpanOfTheChartBecomesAFilter()
{
    Opened opened(*theme_, 5);
    opened.window.show(MainWindow::Dashboard);
    DashboardPage *dashboard = opened.window.dashboard();
    QSignalSpy shown(dashboard, &DashboardPage::shown);
    QTRY_VERIFY(!shown.isEmpty());
    QSignalSpy chosen(dashboard->rateChart(), &SpanChart::spanChosen);
    QWidget *area = dashboard->rateChart()->viewport();
    const QPoint middle = area->rect().center();
    QTest::mousePress(area, Qt::LeftButton, {}, middle);
    QTest::mouseMove(area, middle + QPoint(40, 0));
    QTest::mouseRelease(area, Qt::LeftButton, {}, middle + QPoint(40, 0));
    QCOMPARE(chosen.size(), 1);
    QVERIFY(chosen[0][0].toLongLong() < chosen[0][1].toLongLong());
    QCOMPARE(opened.window.page(), MainWindow::Traffic);
    QVERIFY(opened.traffic().filterBar()->errorText().isEmpty());
    QCOMPARE(opened.traffic().filterBar()->text(),
             spanFilter(chosen[0][0].toLongLong(), chosen[0][1].toLongLong(), {}));
    QCOMPARE(spanFilter(1'790'000'000'000'000, 1'790'000'001'500'000, u"users"_qs),
             u"since:2026-09-21T14:13:20.000000Z until:2026-09-21T14:13:21.500000Z route:\"users\""_qs);
}

void WindowTest::servicesTellTheirEndpoints()
{
    Opened opened(*theme_, 1);
    opened.window.show(MainWindow::Services);
    gateway::Status status = sampleStatus();
    status.services[0].unavailable = "https endpoints are not in effect yet";
    opened.session.tell(status);
    const QTreeWidget *tree = opened.window.services()->tree();
    QCOMPARE(tree->topLevelItemCount(), 1);
    QCOMPARE(tree->topLevelItem(0)->text(ServicesPage::Name), u"user-service"_qs);
    QVERIFY(tree->topLevelItem(0)->text(ServicesPage::State).contains(u"https endpoints"));
    QCOMPARE(tree->topLevelItem(0)->child(0)->text(ServicesPage::Requests), u"40"_qs);
    QVERIFY(tree->topLevelItem(0)->child(0)->text(ServicesPage::Failures).startsWith(u"2"));
}

void WindowTest::everyPageHasAKey()
{
    Opened opened(*theme_, 1);
    const MainWindow::Page pages[] = {MainWindow::Routes, MainWindow::Services,     MainWindow::Dashboard,
                                      MainWindow::Replay, MainWindow::Certificates, MainWindow::Traffic};
    const char *keys[] = {"Alt+2", "Alt+3", "Alt+4", "Alt+5", "Alt+6", "Alt+1"};
    for (int i = 0; i < 6; ++i) {
        opened.key(keys[i]);
        QTRY_COMPARE(opened.window.page(), pages[i]);
    }
    opened.key("Ctrl+K");
    QTRY_VERIFY(QApplication::activePopupWidget());
    QApplication::activePopupWidget()->close();
}

void WindowTest::everyControlHasAnAccessibleName()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(4));
    QStringList nameless;
    for (const QWidget *each : opened.window.findChildren<QWidget *>()) {
        const bool control = qobject_cast<const QAbstractButton *>(each) || qobject_cast<const QLineEdit *>(each)
            || qobject_cast<const QPlainTextEdit *>(each) || qobject_cast<const QComboBox *>(each)
            || qobject_cast<const QAbstractItemView *>(each);
        const bool inner = qobject_cast<const QComboBox *>(each->parentWidget())
            || qobject_cast<const QLineEdit *>(each->parentWidget()) || each->objectName().startsWith(u"qt_")
            || (each->parentWidget() && each->parentWidget()->inherits("QComboBoxPrivateContainer"))
            || each->inherits("QListView") || each->inherits("QHeaderView");
        const QAbstractButton *button = qobject_cast<const QAbstractButton *>(each);
        const bool said = !each->accessibleName().isEmpty() || (button && !button->text().isEmpty());
        const bool scrolls = each->parentWidget() && each->parentWidget()->inherits("QTabBar");
        if (control && !inner && !said && !scrolls)
            nameless << QString::fromLatin1(each->metaObject()->className()) + u" in "_qs
                    + QString::fromLatin1(each->parentWidget() ? each->parentWidget()->metaObject()->className()
                                                               : "nothing");
    }
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(u'\n')));
}

void WindowTest::bothThemesKeepTheirContrast()
{
    for (const Mode mode : {Mode::Light, Mode::Dark}) {
        const Palette &c = Theme::paletteOf(mode);
        const std::pair<QColor, QColor> words[] = {
            {c.text, c.window},     {c.text, c.surface},    {c.text, c.sunken},    {c.text, c.hover},
            {c.text, c.selection},  {c.muted, c.window},    {c.muted, c.surface},  {c.muted, c.sunken},
            {c.muted, c.hover},     {c.muted, c.selection}, {c.accent, c.surface}, {c.onAccent, c.accent},
            {c.good, c.goodGround}, {c.warn, c.warnGround}, {c.bad, c.badGround},  {c.info, c.infoGround},
            {c.good, c.surface},    {c.warn, c.surface},    {c.bad, c.surface},    {c.key, c.sunken},
            {c.string, c.sunken},   {c.number, c.sunken},   {c.comment, c.sunken}, {c.bad, c.window}};
        for (const auto &[word, ground] : words)
            QVERIFY2(contrast(word, ground) >= 4.5,
                     qPrintable(word.name() + u" on "_qs + ground.name()
                                + QStringLiteral(" %1").arg(contrast(word, ground))));
        for (const QColor &mark : c.marks)
            QVERIFY2(contrast(c.surface, mark) >= 4.5, qPrintable(mark.name()));
        for (const QColor &series : c.series)
            QVERIFY2(contrast(c.surface, series) >= 3, qPrintable(series.name()));
        QVERIFY(contrast(c.strong, c.surface) >= 3);
    }
}

void WindowTest::theListKeepsItsPlaceWhenTheOrderTurns()
{
    Opened opened(*theme_, 300);
    QVERIFY(opened.listed(300));
    QVERIFY(opened.read(150));
    opened.traffic().turnOrder();
    LongTable *table = opened.traffic().table();
    QTRY_VERIFY(table->currentIndex().isValid());
    QCOMPARE(opened.traffic().model()->idAt(table->currentIndex().row()), 150);
    QVERIFY(table->viewport()->rect().contains(table->visualRect(table->currentIndex()).center()));
    opened.traffic().follow();
    opened.session.arrive(10);
    QVERIFY(opened.listed(310));
    const QRect newest = table->visualRect(opened.traffic().model()->index(opened.traffic().model()->rowOf(310), 0));
    QVERIFY(newest.top() >= 0 && newest.bottom() <= table->viewport()->height());
}

QTEST_MAIN(WindowTest)
#include "window_test.moc"
