// SPDX-License-Identifier: GPL-3.0-or-later
// The window over a real gateway and a real recording, on a real display (Xvfb, started by display.sh): what goes
// over the wire is seen, filtered, explained, replayed and measured. Pictures of it stay in <build>/pictures.
#include "engine/gateway/gateway.h"
#include "storage/recorder.h"
#include "tests/support/raw_server.h"
#include "ui/local_session.h"
#include "ui/main_window.h"
#include "ui/models/exchange_model.h"
#include "ui/pages/dashboard_page.h"
#include "ui/pages/replay_page.h"
#include "ui/pages/routes_page.h"
#include "ui/pages/services_page.h"
#include "ui/pages/traffic_page.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/detail_panel.h"
#include "ui/widgets/file_edit.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/first_screen.h"
#include "ui/widgets/long_table.h"
#include "ui/widgets/message_view.h"
#include "ui/widgets/request_editor.h"
#include "ui/widgets/span_chart.h"
#include "ui/widgets/try_panel.h"

#include <QDir>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

using namespace sluice;
using namespace sluice::ui;

namespace {

// Answers what the path says: /fail 503, /big 300 kB of text, anything else a small JSON that tells the path.
void answer(support::RawSocket &peer, int)
{
    for (std::string head = peer.readHead(); head.size() > 4; head = peer.readHead()) {
        const std::string path =
            head.substr(head.find(' ') + 1, head.find(' ', head.find(' ') + 1) - head.find(' ') - 1);
        std::string status = "200 OK", type = "application/json", body = R"({"path":")" + path + R"(","price":1.10})";
        if (path.find("/fail") != std::string::npos)
            status = "503 Service Unavailable";
        if (path.find("/big") != std::string::npos)
            type = "text/plain", body = std::string(300'000, 'a');
        const std::string length = std::to_string(body.size());
        if (!peer.send("HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + length + "\r\n\r\n"
                       + body))
            return;
    }
}

}  // namespace

class DisplayTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void theFirstScreenSendsATestRequest();
    void trafficIsListedAsItComesAndReadWithoutMoving();
    void aBigBodyIsShownInPartUntilAskedFor();
    void aReplayIsComparedWithItsOriginal();
    void anEditOfTheFormChangesOnlyItsLineAndTakesEffect();
    void mistakesInTheFileAreMarked();
    void triedRequestsTellWhoWins();
    void aSpanOfTheDashboardShowsExactlyItsExchanges();
    void thePaletteFindsWhatIsTyped();
    void everyPageIsSeenInBothThemes();

private:
    void send(const QString &path, int count = 1);
    void keep(const QString &name);
    QTemporaryDir folder_;
    std::unique_ptr<support::RawServer> upstream_;
    std::unique_ptr<storage::Recorder> recorder_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<LocalSession> session_;
    std::unique_ptr<Theme> theme_;
    std::unique_ptr<MainWindow> window_;
    int answered_ = 0;
};

void DisplayTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-display-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-display-test"_qs);
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder_.path());
    upstream_ = std::make_unique<support::RawServer>(answer);
    QFile file(folder_.filePath(u"sluice.yaml"_qs));
    QVERIFY(file.open(QFile::WriteOnly));
    file.write("# The rules of this test\nlisten: http://127.0.0.1:0\n\nservices:\n  things: "
               + QByteArray::fromStdString(upstream_->url())
               + "   # here\nroutes:\n  - path: /api/things/**\n    service: things   # all of them\n"
                 "  - path: /api/things/special\n    service: things\n    methods: [POST]\n");
    file.close();
    auto recorder =
        storage::Recorder::create(folder_.filePath(u"recording.db"_qs).toStdString(), config::RecordSettings{});
    QVERIFY2(recorder.ok(), recorder ? "" : recorder.error().what.c_str());
    recorder_ = recorder.take();
    gateway::GatewayOptions options;
    options.file = file.fileName().toStdString();
    options.socket = "none";
    options.workers = 1;
    options.recordingPath = recorder_->path();
    gateway_ = std::make_unique<gateway::Gateway>(recorder_.get(), options);
    const Outcome started = gateway_->start();
    QVERIFY2(started.ok(), started ? "" : started.error().what.c_str());
    session_ = std::make_unique<LocalSession>(*gateway_, *recorder_);
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
    window_ = std::make_unique<MainWindow>(*session_, *theme_);
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
}

void DisplayTest::cleanupTestCase()
{
    window_.reset();
    session_.reset();
    gateway_.reset();
    recorder_.reset();
    upstream_.reset();
}

void DisplayTest::send(const QString &path, int count)
{
    const int wanted = answered_ + count;
    for (int i = 0; i < count; ++i) {
        replay::Request request;
        request.url = session_->address().toStdString();
        request.head.method = "GET";
        request.head.target = path.toStdString();
        session_->send(std::move(request), this, [this](replay::Answer) { ++answered_; });
    }
    QTRY_COMPARE_WITH_TIMEOUT(answered_, wanted, 20'000);
}

void DisplayTest::keep(const QString &name)
{
    const QString folder = QStringLiteral(SLUICE_BINARY_DIR "/pictures");
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(window_->grab().save(folder + u'/' + name + u".png"_qs));
}

void DisplayTest::theFirstScreenSendsATestRequest()
{
    FirstScreen *first = window_->traffic()->firstScreen();
    QTRY_VERIFY(first->isVisible());
    QCOMPARE(first->line(), u"curl "_qs + session_->address() + u"/api/things/1"_qs);
    keep(u"first-screen"_qs);
    QTest::mouseClick(first->sendButton(), Qt::LeftButton);
    QTRY_COMPARE(window_->traffic()->model()->rowCount(), 1);
    QTRY_VERIFY(!first->isVisible());
}

void DisplayTest::trafficIsListedAsItComesAndReadWithoutMoving()
{
    TrafficPage *traffic = window_->traffic();
    send(u"/api/things/7?page=2"_qs, 40);
    send(u"/api/things/fail"_qs, 3);
    send(u"/nowhere"_qs, 2);
    QTRY_COMPARE(traffic->model()->rowCount(), 46);
    LongTable *table = traffic->table();
    const QModelIndex row = traffic->model()->index(3, ExchangeModel::Path);
    const int64_t id = traffic->model()->idAt(3);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(row).center());
    QTRY_VERIFY(traffic->detail()->exchange() && traffic->detail()->exchange()->id == id);
    const int before = table->visualRect(table->currentIndex()).top();
    send(u"/api/things/8"_qs, 30);
    QTRY_COMPARE(traffic->model()->rowCount(), 76);
    QCOMPARE(table->visualRect(table->currentIndex()).top(), before);
    QCOMPARE(traffic->model()->idAt(table->currentIndex().row()), id);
    QTRY_VERIFY(traffic->detail()->response()->body()->recordedText().contains(u"\"price\": 1.10"));
    keep(u"traffic-reading"_qs);
    traffic->setFilter(u"status>=500"_qs);
    QTRY_COMPARE(traffic->model()->rowCount(), 3);
    keep(u"traffic-filtered"_qs);
    traffic->filterBar()->line()->setText(u"status>=fast"_qs);
    keep(u"traffic-wrong-filter"_qs);
    traffic->setFilter({});
    QTRY_COMPARE(traffic->model()->rowCount(), 76);
}

void DisplayTest::aBigBodyIsShownInPartUntilAskedFor()
{
    TrafficPage *traffic = window_->traffic();
    send(u"/api/things/big"_qs);
    traffic->setFilter(u"path:/api/things/big"_qs);
    QTRY_COMPARE(traffic->model()->rowCount(), 1);
    traffic->open(traffic->model()->idAt(0));
    BodyView *body = traffic->detail()->response()->body();
    QTRY_COMPARE(body->recordedText().size(), 64 * 1024);
    QPushButton *all = nullptr;
    for (QPushButton *each : body->findChildren<QPushButton *>()) {
        if (each->isVisible() && each->text().startsWith(u"Show all"))
            all = each;
    }
    QVERIFY(all);
    all->click();
    QTRY_COMPARE(body->recordedText().size(), 300'000);
    traffic->setFilter({});
}

void DisplayTest::aReplayIsComparedWithItsOriginal()
{
    TrafficPage *traffic = window_->traffic();
    traffic->setFilter(u"path:/api/things/7"_qs);
    QTRY_COMPARE(traffic->model()->rowCount(), 40);
    const int64_t id = traffic->model()->idAt(0);
    traffic->open(id);
    QTRY_VERIFY(traffic->detail()->exchange() && traffic->detail()->exchange()->id == id);
    QSignalSpy compared(window_->replay(), &ReplayPage::compared);
    traffic->replay(false);
    QTRY_COMPARE(compared.size(), 1);
    QCOMPARE(window_->page(), MainWindow::Replay);
    QVERIFY2(window_->replay()->verdictText().startsWith(u"The same"), qPrintable(window_->replay()->verdictText()));
    // Edited: another path, another answer; and the recording knows of both what they repeat.
    QLineEdit *target = window_->replay()->editor()->target();
    target->setText(target->text().replace(u"/7"_qs, u"/other"_qs));
    window_->replay()->send();
    QTRY_COMPARE(compared.size(), 2);
    const QTreeWidget *differences = window_->replay()->differences();
    QVERIFY(differences->topLevelItemCount() > 0);
    QVERIFY(differences->topLevelItem(0)->text(0).contains(u"path"));
    keep(u"replay-different"_qs);
    window_->show(MainWindow::Traffic);
    traffic->setFilter(u"is:replayed"_qs);
    QTRY_COMPARE(traffic->model()->rowCount(), 2);
    traffic->setFilter({});
}

void DisplayTest::anEditOfTheFormChangesOnlyItsLineAndTakesEffect()
{
    window_->show(MainWindow::Routes);
    RoutesPage *routes = window_->routes();
    QSignalSpy checked(routes, &RoutesPage::checked);
    QTRY_VERIFY(!routes->edit()->text().isEmpty());
    const QString before = routes->edit()->text();
    QLineEdit *path = nullptr;
    for (QLineEdit *each : routes->findChildren<QLineEdit *>()) {
        if (each->accessibleName() == u"Path")
            path = each;
    }
    QVERIFY(path);
    QTRY_VERIFY(path->isEnabled());
    QCOMPARE(path->text(), u"/api/things/**"_qs);
    path->setFocus();
    path->selectAll();
    QTest::keyClicks(path, u"/api/items/**"_qs);
    QTest::keyClick(path, Qt::Key_Return);
    QTRY_VERIFY(routes->modified());
    QCOMPARE(routes->edit()->text(), QString(before).replace(u"/api/things/**"_qs, u"/api/items/**"_qs));
    routes->save();
    QTRY_COMPARE(gateway_->status().routes.front().path, "/api/items/**");
    QVERIFY(!routes->modified());
    routes->edit()->changeTo(before);
    QTRY_VERIFY(routes->modified());
    routes->save();
    QTRY_COMPARE(gateway_->status().routes.front().path, "/api/things/**");
}

void DisplayTest::mistakesInTheFileAreMarked()
{
    window_->show(MainWindow::Routes);
    RoutesPage *routes = window_->routes();
    const QString before = routes->edit()->text();
    routes->edit()->changeTo(QString(before).replace(u"service: things   #"_qs, u"servise: things   #"_qs));
    QTRY_VERIFY(hasErrors(routes->problems()));
    QVERIFY(routes->problems().front().line == 8 || routes->problems().front().line == 7);
    keep(u"routes-problems"_qs);
    routes->revert();
    QTRY_VERIFY(!hasErrors(routes->problems()));
    QCOMPARE(routes->edit()->text(), before);
}

void DisplayTest::triedRequestsTellWhoWins()
{
    window_->show(MainWindow::Routes);
    RoutesPage *routes = window_->routes();
    routes->showTry();
    routes->tryPanel()->tryRequest(u"POST"_qs, u"/api/things/special"_qs);
    QTRY_VERIFY(routes->tryPanel()->outcomeText().startsWith(u"Goes to things"));
    QVERIFY(routes->tryPanel()->candidates()->topLevelItemCount() == 2);
    QCOMPARE(routes->tryPanel()->candidates()->topLevelItem(0)->text(0), u"POST /api/things/special"_qs);
    keep(u"routes-try"_qs);
    routes->tryPanel()->tryRequest(u"GET"_qs, u"/nowhere"_qs);
    QTRY_VERIFY(routes->tryPanel()->outcomeText().contains(u"404"));
}

void DisplayTest::aSpanOfTheDashboardShowsExactlyItsExchanges()
{
    window_->show(MainWindow::Dashboard);
    DashboardPage *dashboard = window_->dashboard();
    QSignalSpy shown(dashboard, &DashboardPage::shown);
    dashboard->setSpan(std::chrono::minutes(5));
    QTRY_VERIFY(!shown.isEmpty());
    // The whole width: everything that was recorded until now.
    QWidget *area = dashboard->rateChart()->viewport();
    QTest::mousePress(area, Qt::LeftButton, {}, QPoint(2, area->height() / 2));
    QTest::mouseMove(area, area->rect().center());
    QTest::mouseRelease(area, Qt::LeftButton, {}, QPoint(area->width() - 2, area->height() / 2));
    QCOMPARE(window_->page(), MainWindow::Traffic);
    QVERIFY(window_->traffic()->filterBar()->errorText().isEmpty());
    const int all = int(session_->status().recording.rows);
    QTRY_COMPARE(window_->traffic()->model()->rowCount(), all);
    window_->traffic()->setFilter({});
}

void DisplayTest::thePaletteFindsWhatIsTyped()
{
    window_->show(MainWindow::Traffic);
    window_->openPalette();
    QTRY_VERIFY(QApplication::activePopupWidget());
    QWidget *palette = QApplication::activePopupWidget();
    QVERIFY(palette->grab().save(QStringLiteral(SLUICE_BINARY_DIR "/pictures/palette.png")));
    auto *line = palette->findChild<QLineEdit *>();
    QTest::keyClicks(line, u"dashb"_qs);
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_COMPARE(window_->page(), MainWindow::Dashboard);
    QTRY_VERIFY(!QApplication::activePopupWidget());
    window_->openShortcuts();
    QWidget *sheet = nullptr;
    QTRY_VERIFY((sheet = QApplication::activeModalWidget()));
    QVERIFY(sheet->grab().save(QStringLiteral(SLUICE_BINARY_DIR "/pictures/shortcuts.png")));
    sheet->close();
}

void DisplayTest::everyPageIsSeenInBothThemes()
{
    QSignalSpy shown(window_->dashboard(), &DashboardPage::shown);
    for (const Mode mode : {Mode::Light, Mode::Dark}) {
        theme_->setMode(mode);
        for (int page = 0; page < MainWindow::PageCount; ++page) {
            window_->show(MainWindow::Page(page));
            shown.clear();
            if (page == MainWindow::Dashboard)
                QTRY_VERIFY(!shown.isEmpty());
            const QImage picture = window_->grab().toImage();
            // The ground is the theme's: nothing stayed behind in the other one.
            QCOMPARE(picture.pixelColor(picture.width() - 4, picture.height() - 4), theme_->colors().window);
            keep(QStringLiteral("page-%1-%2").arg(page).arg(mode == Mode::Light ? u"light"_qs : u"dark"_qs));
        }
    }
}

QTEST_MAIN(DisplayTest)
#include "display_test.moc"
