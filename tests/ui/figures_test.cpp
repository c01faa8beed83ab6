// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages of figures tell: only what is known, of the span that there was, and without starving on a big recording.
#include "tests/ui/opened_window.h"
#include "ui/pages/certificates_page.h"
#include "ui/pages/dashboard_page.h"
#include "ui/pages/replay_page.h"
#include "ui/pages/services_page.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/header_bar.h"
#include "ui/widgets/span_chart.h"

#include <QClipboard>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTimer>
#include <QTreeWidget>

using namespace sluice;
using namespace sluice::ui;

class FiguresTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aSlowRecordingIsNotAskedBeforeItAnswers();
    void whatNoRouteTookIsAFilterToo();
    void theRateIsOfTheTimeThatThereWas();
    void aSpanThatIsBeingChosenStaysOverItsSlices();
    void aGatewayThatIsGoneIsNotCalledAvailable();
    void certificatesTellHowLongTheyHold();
    void anotherRecordingIsShownFromItsBeginning();
    void whatWasNotRecordedIsExplained();

private:
    std::unique_ptr<Theme> theme_;
};

namespace {

// The text of the label that has this accessible name.
QString figure(QWidget *page, const QString &name)
{
    for (const QLabel *each : page->findChildren<QLabel *>()) {
        if (each->accessibleName() == name)
            return each->text();
    }
    return {};
}

}  // namespace

void FiguresTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-figures-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-figures-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void FiguresTest::aSlowRecordingIsNotAskedBeforeItAnswers()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    opened.session.fake.held = true;
    opened.window.show(MainWindow::Dashboard);
    DashboardPage *dashboard = opened.window.dashboard();
    QSignalSpy shown(dashboard, &DashboardPage::shown);
    QCOMPARE(opened.session.fake.slicesAsked, size_t(3));
    // Two turns of the clock later the same questions are under way.
    for (QTimer *clock : dashboard->findChildren<QTimer *>()) {
        Q_EMIT clock->timeout({});
        Q_EMIT clock->timeout({});
    }
    QCOMPARE(opened.session.fake.slicesAsked, size_t(3));
    dashboard->setSpan(std::chrono::minutes(15));  // what somebody asks for is asked at once
    QCOMPARE(opened.session.fake.slicesAsked, size_t(6));
    opened.session.fake.release();
    QTRY_COMPARE(shown.size(), 1);
}

void FiguresTest::whatNoRouteTookIsAFilterToo()
{
    Opened opened(*theme_, 5);
    opened.session.fake.sliceRoute = "";
    opened.window.show(MainWindow::Dashboard);
    DashboardPage *dashboard = opened.window.dashboard();
    QTRY_COMPARE(dashboard->routes()->topLevelItemCount(), 1);
    QTreeWidgetItem *row = dashboard->routes()->topLevelItem(0);
    QCOMPARE(row->text(0), u"no route"_qs);
    Q_EMIT dashboard->routes()->itemActivated(row, 0);
    QCOMPARE(opened.window.page(), MainWindow::Traffic);
    QVERIFY(opened.traffic().filterBar()->text().endsWith(u" route:\"\""));
    QVERIFY(opened.traffic().filterBar()->errorText().isEmpty());
    QCOMPARE(spanFilter(0, 1, std::nullopt).contains(u"route"), false);
}

void FiguresTest::theRateIsOfTheTimeThatThereWas()
{
    Opened opened(*theme_, 5);
    gateway::Status status = sampleStatus();
    status.started = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())
        - std::chrono::seconds(12);
    opened.session.fake.sliceStart = status.started;
    opened.session.tell(status);
    opened.window.show(MainWindow::Dashboard);
    // 12 requests in the 12 seconds or so since the start, not in five minutes.
    QTRY_VERIFY(figure(opened.window.dashboard(), u"Requests a second"_qs).toDouble() > 0.5);
    QVERIFY(figure(opened.window.dashboard(), u"Requests a second"_qs).toDouble() <= 1.2);
}

void FiguresTest::aSpanThatIsBeingChosenStaysOverItsSlices()
{
    SpanChart chart(*theme_, u"A chart"_qs, SpanChart::Scale::Linear);
    const std::unique_ptr<QLabel> legend(chart.legend());
    chart.resize(600, 300);
    chart.show();
    const WallTime from{std::chrono::seconds(1'790'000'000)};
    const auto lines = [&](int shift) {
        chart.setLines({}, from + std::chrono::seconds(shift), from + std::chrono::seconds(shift + 60),
                       std::chrono::seconds(1), u"req/s"_qs);
    };
    QSignalSpy chosen(&chart, &SpanChart::spanChosen);
    lines(0);
    QTest::keyClick(&chart, Qt::Key_Left);  // the last slice
    QTest::keyClick(&chart, Qt::Key_Left, Qt::ShiftModifier);
    lines(5);
    QTest::keyClick(&chart, Qt::Key_Return);
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen[0][0].toLongLong(), 1'790'000'058'000'000);
    QCOMPARE(chosen[0][1].toLongLong(), 1'790'000'060'000'000);
    QTest::keyClick(&chart, Qt::Key_Left);
    lines(500);
    QVERIFY(!chart.choosing());  // it has left the chart
}

void FiguresTest::aGatewayThatIsGoneIsNotCalledAvailable()
{
    Opened opened(*theme_, 1);
    opened.window.show(MainWindow::Services);
    QTreeWidget *tree = opened.window.services()->tree();
    QVERIFY(tree->topLevelItem(0)->text(ServicesPage::State).startsWith(u"Available"));
    opened.session.lose(u"nobody listens there"_qs);
    QCOMPARE(tree->topLevelItem(0)->text(ServicesPage::State), u"Not known: the gateway is gone"_qs);
    QCOMPARE(tree->topLevelItem(0)->child(0)->text(ServicesPage::Active), u"–"_qs);
    auto *header = opened.window.findChild<HeaderBar *>();
    bool said = false;
    for (const QLabel *each : header->findChildren<QLabel *>())
        said = said || each->text().contains(u"Not known: the gateway is gone");
    QVERIFY(said);
    opened.session.lose({});
    QVERIFY(tree->topLevelItem(0)->text(ServicesPage::State).startsWith(u"Available"));
}

void FiguresTest::certificatesTellHowLongTheyHold()
{
    Opened opened(*theme_, 1);
    opened.window.show(MainWindow::Certificates);
    CertificatesPage *page = opened.window.certificates();
    const auto summary = [&] {
        for (const QLabel *each : page->findChildren<QLabel *>()) {
            if (each->text().startsWith(u"No listener") || each->text().contains(u"certificate"))
                return each->text();
        }
        return QString();
    };
    QVERIFY(summary().startsWith(u"No listener speaks TLS"));
    gateway::Status status = sampleStatus();
    const auto add = [&](const char *where, const char *subject, int days, const char *trouble) {
        gateway::CertificateStatus &each = status.certificates.emplace_back();
        each.where = where;
        each.subject = subject;
        each.issuer = "CN=Sluice local CA (ada),O=x";
        each.daysLeft = days;
        each.trouble = trouble;
    };
    add("https://127.0.0.1:8443", "O=Shop,CN=shop.test", 212, "");
    status.certificates[0].names = {"shop.test", "*.shop.test"};
    status.certificates[0].file = "/tls/shop.pem";
    status.certificates[0].notAfter = WallTime(std::chrono::seconds(1'795'000'000));
    add("https://127.0.0.1:9443", "CN=b", 9, "");
    add("service pay", "CN=c", -1, "");
    add("https://127.0.0.1:1", "", 0, "/tls/none.pem cannot be read");
    add("https://127.0.0.1:2", "CN=d", 100, "the key is another's");
    opened.session.tell(status);
    QTreeWidget *tree = page->tree();
    QCOMPARE(tree->topLevelItemCount(), 5);
    const auto cell = [&](int row, CertificatesPage::Column column) { return tree->topLevelItem(row)->text(column); };
    QCOMPARE(cell(0, CertificatesPage::State), u"Valid for 212 days"_qs);
    QCOMPARE(cell(0, CertificatesPage::Names), u"shop.test, *.shop.test"_qs);
    QCOMPARE(cell(0, CertificatesPage::Expires), u"2026-11-18"_qs);
    QCOMPARE(cell(0, CertificatesPage::Issuer), u"Sluice local CA (ada)"_qs);
    QCOMPARE(cell(0, CertificatesPage::Source), u"/tls/shop.pem"_qs);
    QCOMPARE(cell(1, CertificatesPage::State), u"Expires in 9 days"_qs);
    QCOMPARE(cell(1, CertificatesPage::Names), u"b"_qs);
    QCOMPARE(cell(2, CertificatesPage::State), u"Expired 1 day ago"_qs);
    QCOMPARE(cell(3, CertificatesPage::State), u"Not in use: /tls/none.pem cannot be read"_qs);
    QCOMPARE(cell(3, CertificatesPage::Expires), u"–"_qs);
    QCOMPARE(cell(4, CertificatesPage::State), u"The one before is in use: the key is another's"_qs);
    QCOMPARE(summary(), u"5 certificates, 2 not usable, 2 to look after."_qs);
    // The local CA comes with what makes it trusted.
    auto *copy = page->findChild<QPushButton *>();
    QVERIFY(!copy->isVisible());
    add("local CA", "CN=Sluice local CA (ada),O=x", 3600, "");
    opened.session.tell(status);
    QVERIFY(copy->isVisible());
    QCOMPARE(cell(5, CertificatesPage::Issuer), u"itself"_qs);
    QTest::mouseClick(copy, Qt::LeftButton);
    QCOMPARE(QApplication::clipboard()->text(), u"sluice ca trust"_qs);
}

void FiguresTest::anotherRecordingIsShownFromItsBeginning()
{
    Opened opened(*theme_, 40);
    QVERIFY(opened.listed(40));
    QVERIFY(opened.read(7));
    opened.session.replace(3);
    QVERIFY(opened.listed(3));
    QCOMPARE(opened.traffic().model()->idAt(0), 3);
    QVERIFY(!opened.traffic().detail()->isVisible());
    opened.session.arrive(2);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(5));
}

void FiguresTest::whatWasNotRecordedIsExplained()
{
    Opened opened(*theme_, 1);
    gateway::Status status = sampleStatus();
    status.recording.shed = 3;
    status.recording.path = "/tmp/recording.db";
    opened.session.tell(status);
    auto *header = opened.window.findChild<HeaderBar *>();
    QSignalSpy said(header, &HeaderBar::said);
    for (QPushButton *each : header->findChildren<QPushButton *>()) {
        if (each->text().contains(u"not recorded"))
            each->click();
    }
    QCOMPARE(said.size(), 1);
    QVERIFY(said[0][0].toString().contains(u"/tmp/recording.db"));
    QCOMPARE(opened.window.page(), MainWindow::Traffic);
}

QTEST_MAIN(FiguresTest)
#include "figures_test.moc"
