// SPDX-License-Identifier: GPL-3.0-or-later
// What the Replay page sends, and what it refuses to send.
#include "engine/replay/replay.h"
#include "tests/ui/opened_window.h"
#include "ui/pages/replay_page.h"
#include "ui/widgets/request_editor.h"

#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSignalSpy>

using namespace sluice;
using namespace sluice::ui;

class ReplayTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void placeholdersOfSecretsAreNeverSent();
    void aBodyOfOneLongLineIsSentAsItWas();
    void whatIsReplayedAtOnceWaitsForItsBody();
    void theVerdictOutlivesAChangeOfTheme();

private:
    std::unique_ptr<Theme> theme_;
};

void ReplayTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-replay-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-replay-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void ReplayTest::placeholdersOfSecretsAreNeverSent()
{
    RequestEditor editor(*theme_);
    journey::Exchange x = sampleExchange(3);
    x.id = 0;  // nobody knows what its placeholders stand for
    x.received.headers = {};
    x.received.target = "/login?token={{secret:0a1b2c3d4e5f}}";
    x.requestBody.take(R"({"password":"{{secret:0a1b2c3d4e5f}}"})", 1 << 20);
    editor.fill(std::make_shared<const journey::Exchange>(x), u"http://127.0.0.1:8080"_qs);
    QTRY_VERIFY(editor.ready());
    auto refused = editor.request();
    QVERIFY(!refused && refused.error().what.find("URL holds what stands for a secret") != std::string::npos);
    QTRY_VERIFY(editor.ready());
    editor.target()->setText(u"http://127.0.0.1:8080/login?token=mine"_qs);
    refused = editor.request();
    QVERIFY(!refused && refused.error().what.find("body holds what stands for a secret") != std::string::npos);
    editor.body()->setPlainText(uR"({"password":"mine"})"_qs);
    QVERIFY(editor.request().ok());
    // Of a recorded one they go to where they are put in, as they are.
    x.id = 3;
    editor.fill(std::make_shared<const journey::Exchange>(x), u"http://127.0.0.1:8080"_qs);
    QTRY_VERIFY(editor.ready());
    const auto recorded = editor.request();
    QVERIFY2(recorded.ok(), recorded ? "" : recorded.error().what.c_str());
    QCOMPARE(recorded->head.target, std::string("/login?token={{secret:0a1b2c3d4e5f}}"));
    QVERIFY(replay::holdsSecrets(*recorded));
    // Nor is a part of a body sent as if it were the whole.
    x.received.target = "/login";
    x.requestBody = {};
    x.requestBody.take("a part", 100);
    x.requestBody.complete = false;
    editor.fill(std::make_shared<const journey::Exchange>(x), u"http://127.0.0.1:8080"_qs);
    QTRY_VERIFY(editor.ready());
    refused = editor.request();
    QVERIFY(!refused && refused.error().what.find("only a part") != std::string::npos);
}

void ReplayTest::aBodyOfOneLongLineIsSentAsItWas()
{
    RequestEditor editor(*theme_);
    journey::Exchange x = sampleExchange(3);
    x.received.headers = {};
    const std::string line(1'000'000, 'a');
    x.requestBody.take(line, 2 << 20);
    editor.fill(std::make_shared<const journey::Exchange>(x), u"http://127.0.0.1:8080"_qs);
    QVERIFY(!editor.ready() && !editor.request());
    QTRY_VERIFY(editor.ready());
    QVERIFY(editor.body()->isReadOnly());
    QCOMPARE(editor.body()->document()->blockCount(), 500);
    QCOMPARE(editor.request()->body, line);
}

void ReplayTest::whatIsReplayedAtOnceWaitsForItsBody()
{
    Opened opened(*theme_);
    opened.session.arrive(1, [](journey::Exchange &x) {
        x.received.headers = {};
        x.requestBody.take("a body", 100);
    });
    QVERIFY(opened.listed(1));
    QSignalSpy answered(opened.window.replay(), &ReplayPage::answered);
    opened.window.replay()->load(1, true);
    QTRY_COMPARE(answered.size(), 1);  // it was sent, wherever it came to
}

void ReplayTest::theVerdictOutlivesAChangeOfTheme()
{
    Opened opened(*theme_);
    ReplayPage *replay = opened.window.replay();
    QSignalSpy compared(replay, &ReplayPage::compared);
    replay->editor()->target()->setText(u"http://127.0.0.1:1/"_qs);
    replay->send();
    QTRY_COMPARE(compared.size(), 1);
    const QString verdict = replay->verdictText();
    theme_->setMode(Mode::Dark);
    QCOMPARE(replay->verdictText(), verdict);
    theme_->setMode(Mode::Light);
}

QTEST_MAIN(ReplayTest)
#include "replay_test.moc"
