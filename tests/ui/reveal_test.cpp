// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in the window: dots until they are asked for, seen as long as their exchange is, and out of the program only by name.
#include "tests/ui/opened_window.h"
#include "ui/models/message_model.h"
#include "ui/models/revealer.h"
#include "ui/pages/replay_page.h"
#include "ui/text/format.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/decisions_view.h"
#include "ui/widgets/message_view.h"
#include "ui/widgets/messages_view.h"
#include "ui/widgets/request_editor.h"
#include "ui/widgets/reveal_button.h"
#include "ui/widgets/secret_edit.h"

#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSettings>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTcpServer>
#include <QTcpSocket>
#include <QToolButton>

using namespace sluice;
using namespace sluice::ui;

class RevealTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void secretsAreSeenAsLongAsTheirExchangeIs();
    void leavingThePageHidesThem();
    void whatIsCopiedHasPlaceholders();
    void withSecretsIsSaidByName();
    void withoutAKeyTheWindowSaysWhy();
    void whatWasNotSealedStaysDots();
    void aKeychainThatTakesItsTimeHoldsNothingUp();
    void thereIsNoControlWhereThereAreNoSecrets();
    void decisionsAndRawShowThemToo();
    void messagesAreRevealedWithTheirExchange();
    void aReplayShowsNoSecretUntilItIsAsked();

private:
    std::unique_ptr<Theme> theme_;
};

namespace {

constexpr const char *token = "{{secret:0a1b2c3d4e5f}}", *password = "{{secret:ffee00112233}}";

// A login whose token stands in the URL, the fields and the body.
void login(journey::Exchange &x)
{
    x.received.method = "POST";
    x.received.target = std::string("/login?token=") + token;
    x.received.headers = {};
    x.received.headers.add("Authorization", std::string("Bearer ") + token);
    x.received.headers.add("Content-Type", "application/json");
    x.sent = x.received;
    x.requestBody.take(std::string(R"({"user":"ada","password":")") + password + R"("})", 1 << 20);
}

// Everything that the window shows in the detail or could tell a screen reader of it.
QString allOf(QWidget *widget)
{
    QStringList out;
    for (QWidget *each : widget->findChildren<QWidget *>()) {
        out << each->toolTip() << each->accessibleName() << each->accessibleDescription();
        if (const auto *label = qobject_cast<QLabel *>(each))
            out << label->text();
        if (const auto *edit = qobject_cast<QPlainTextEdit *>(each))
            out << edit->toPlainText();
    }
    return out.join(u'\n');
}

struct Login : Opened {
    explicit Login(Theme &theme) : Opened(theme)
    {
        session.arrive(3, login);
        session.fake.sealed[token] = "planted-token";
        session.fake.sealed[password] = "planted \"pass\"";
    }
    DetailPanel &detail() { return *traffic().detail(); }
    bool readWhole(int64_t id)
    {
        return listed(int(session.fake.last())) && read(id)
            && QTest::qWaitFor([&] { return detail().request()->body()->ready(); });
    }
    QString body() { return detail().request()->body()->findChild<SecretEdit *>()->toPlainText(); }
    bool revealed()
    {
        key("Ctrl+Shift+S");
        return QTest::qWaitFor([&] { return body().contains(u"planted"); });
    }
};

}  // namespace

void RevealTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-reveal-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-reveal-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void RevealTest::secretsAreSeenAsLongAsTheirExchangeIs()
{
    Login opened(*theme_);
    QVERIFY(opened.readWhole(2));
    QVERIFY(opened.body().contains(u"•••••• ffee"));
    const QString before = allOf(&opened.detail());
    QVERIFY(!before.contains(u"planted") && !before.contains(u"{{secret"));
    QCOMPARE(opened.session.fake.secretsAsked, size_t(0));
    QVERIFY(opened.revealed());
    QCOMPARE(opened.session.fake.secretsAsked, size_t(2));
    QVERIFY(opened.body().contains(u"\"password\": \"planted \\\"pass\\\"\""));
    QVERIFY(opened.detail().request()->fields()->toPlainText().contains(u"Bearer planted-token"));
    QCOMPARE(opened.detail().revealButton()->accessibleName(), u"Hide secrets"_qs);
    for (const QWidget *each : opened.detail().findChildren<QWidget *>())
        QVERIFY2(!each->toolTip().contains(u"planted"), qPrintable(each->toolTip()));
    // From the moment that another one is chosen, also while that is on its way.
    opened.session.fake.held = true;
    opened.key("Down");
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
    opened.session.fake.release();
    QVERIFY(opened.readWhole(1));
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
    QVERIFY(!opened.detail().revealer()->secrets());
    // And by the same key that showed them.
    QVERIFY(opened.revealed());
    opened.key("Ctrl+Shift+S");
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
}

void RevealTest::leavingThePageHidesThem()
{
    Login opened(*theme_);
    QVERIFY(opened.readWhole(2));
    QVERIFY(opened.revealed());
    opened.detail().tabs()->setCurrentIndex(opened.detail().tabs()->count() - 1);
    QVERIFY(
        allOf(opened.detail().tabs()->currentWidget()->parentWidget()).contains(u"POST /login?token=planted-token"));
    opened.key("Alt+3");
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
    opened.key("Alt+1");
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
    QVERIFY(opened.revealed());
    opened.session.replace(3);
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
}

void RevealTest::whatIsCopiedHasPlaceholders()
{
    Login opened(*theme_);
    QVERIFY(opened.readWhole(2));
    QVERIFY(opened.revealed());
    const auto copied = [] { return QGuiApplication::clipboard()->text(); };
    SecretEdit *fields = opened.detail().request()->fields();
    fields->selectAll();
    fields->copy();
    QCOMPARE(copied(), u"Authorization: Bearer %1\nContent-Type: application/json"_qs.arg(qs(token)));
    // A part of a secret is not copied either.
    QTextCursor cursor = fields->textCursor();
    cursor.setPosition(int(fields->toPlainText().indexOf(u"token")));
    cursor.setPosition(cursor.position() + 3, QTextCursor::KeepAnchor);
    fields->setTextCursor(cursor);
    fields->copy();
    QCOMPARE(copied(), qs(token));
    fields->copyWithSecrets();
    QCOMPARE(copied(), u"tok"_qs);
    for (QAbstractButton *each : opened.detail().request()->body()->findChildren<QAbstractButton *>()) {
        if (each->accessibleName() == u"Copy the body")
            each->click();
    }
    QVERIFY(copied().contains(qs(password)) && !copied().contains(u"planted"));
    opened.key("Ctrl+Shift+C");
    QVERIFY(copied().startsWith(u"curl") && copied().contains(qs(token)));
    QVERIFY(!copied().contains(u"planted"));
}

void RevealTest::withSecretsIsSaidByName()
{
    Login opened(*theme_);
    QVERIFY(opened.readWhole(2));
    QSignalSpy said(&opened.traffic(), &TrafficPage::said);
    QGuiApplication::clipboard()->clear();
    opened.traffic().copyCurlWithSecrets();
    QTRY_COMPARE(said.size(), 1);
    QVERIFY(said[0][0].toString().contains(u"with its secrets"));
    const QString line = QGuiApplication::clipboard()->text();
    QVERIFY2(line.contains(u"/login?token=planted-token'"), qPrintable(line));
    QVERIFY2(line.contains(u"\"password\":\"planted \\\"pass\\\"\""), qPrintable(line));
    QVERIFY(QGuiApplication::clipboard()->mimeData()->hasFormat(u"x-kde-passwordManagerHint"_qs));
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));  // seen they are not
    // Where one is missing, nothing is copied.
    QGuiApplication::clipboard()->clear();
    opened.session.fake.sealed.erase(password);
    opened.traffic().copyCurlWithSecrets();
    QTRY_COMPARE(said.size(), 2);
    QVERIFY2(said[1][0].toString().startsWith(u"Not copied. 1 of 2 secrets"), qPrintable(said[1][0].toString()));
    QVERIFY(QGuiApplication::clipboard()->text().isEmpty());
}

void RevealTest::withoutAKeyTheWindowSaysWhy()
{
    Login opened(*theme_);
    opened.session.fake.noKey = "this user has no key for sealed secrets in the keychain";
    QVERIFY(opened.readWhole(2));
    QVERIFY(opened.detail().notice()->shown().isEmpty());
    opened.key("Ctrl+Shift+S");
    QTRY_VERIFY(
        opened.detail().notice()->shown().contains(u"no key for sealed secrets in the keychain. Only the user"));
    QVERIFY(!QApplication::activeModalWidget() && !QApplication::activePopupWidget());
    QCOMPARE(opened.detail().revealButton()->accessibleName(), u"Reveal secrets"_qs);
    QVERIFY(opened.body().contains(u"•••••• ffee"));
    // Once there is one, the same key of the keyboard is enough; and the sentence goes with its exchange.
    opened.session.fake.noKey.clear();
    QVERIFY(opened.revealed());
    QVERIFY(opened.detail().notice()->shown().isEmpty());
    opened.session.fake.noKey = "the keychain is locked";
    opened.key("Ctrl+Shift+S");
    opened.key("Ctrl+Shift+S");
    QTRY_VERIFY(!opened.detail().notice()->shown().isEmpty());
    QVERIFY(opened.readWhole(1));
    QVERIFY(opened.detail().notice()->shown().isEmpty());
}

void RevealTest::whatWasNotSealedStaysDots()
{
    Login opened(*theme_);
    opened.session.fake.sealed.erase(token);
    QVERIFY(opened.readWhole(2));
    QVERIFY(opened.revealed());
    QVERIFY(opened.detail().request()->fields()->toPlainText().contains(u"Bearer •••••• 0a1b"));
    QVERIFY2(opened.detail().notice()->shown().startsWith(u"1 of 2 secrets cannot be shown: it was not sealed"),
             qPrintable(opened.detail().notice()->shown()));
}

void RevealTest::aKeychainThatTakesItsTimeHoldsNothingUp()
{
    Login opened(*theme_);
    QVERIFY(opened.readWhole(2));
    opened.session.fake.held = true;
    opened.key("Ctrl+Shift+S");
    QCOMPARE(opened.detail().revealButton()->accessibleName(), u"Stop revealing"_qs);
    QTRY_VERIFY(opened.detail().notice()->shown().contains(u"keychain is being asked"));
    // Who does not want to wait takes it back, and what comes then is not shown.
    opened.key("Ctrl+Shift+S");
    QVERIFY(opened.detail().notice()->shown().isEmpty());
    opened.session.fake.release();
    QCOMPARE(opened.detail().revealer()->state(), Revealer::State::Hidden);
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
}

void RevealTest::thereIsNoControlWhereThereAreNoSecrets()
{
    Login opened(*theme_);
    opened.session.arrive(1, [](journey::Exchange &x) {
        x.received.headers = {};
        x.sent = x.received;
    });
    QVERIFY(opened.readWhole(4));
    QVERIFY(opened.detail().revealButton()->isHidden());
    QSignalSpy said(&opened.traffic(), &TrafficPage::said);
    opened.key("Ctrl+Shift+S");
    QCOMPARE(said.size(), 1);
    QCOMPARE(opened.session.fake.secretsAsked, size_t(0));
    QVERIFY(opened.readWhole(3));
    QVERIFY(!opened.detail().revealButton()->isHidden());
}

void RevealTest::decisionsAndRawShowThemToo()
{
    Login opened(*theme_);
    opened.session.arrive(1, [](journey::Exchange &x) {
        login(x);
        x.decisions.add(journey::Stage::Route, "matched", std::string("the query has ") + token,
                        [](JsonObject &facts) { facts.add("query", std::string("token=") + token); });
    });
    QVERIFY(opened.readWhole(4));
    DecisionsView *decisions = opened.detail().findChild<DecisionsView *>();
    opened.detail().tabs()->setCurrentWidget(decisions);
    QVERIFY(allOf(decisions).contains(u"the query has ••••••\u00a00a1b"));
    opened.key("Ctrl+Shift+S");
    QTRY_VERIFY(allOf(decisions).contains(u"the query has planted-token"));
    QVERIFY(allOf(decisions).contains(u"token=planted-token"));
    for (const QLabel *each : decisions->findChildren<QLabel *>())  // a label copies what it shows
        QVERIFY(!each->text().contains(u"planted") || !(each->textInteractionFlags() & Qt::TextSelectableByMouse));
    for (const QWidget *each : decisions->findChildren<QWidget *>())
        QVERIFY(!each->accessibleName().contains(u"planted"));
    // What is not seen has none either.
    opened.detail().tabs()->setCurrentIndex(0);
    opened.key("Ctrl+Shift+S");
    QVERIFY(!allOf(&opened.detail()).contains(u"planted"));
}

void RevealTest::messagesAreRevealedWithTheirExchange()
{
    Login opened(*theme_);
    journey::Message message;
    message.number = 1;
    message.kind = journey::Message::Kind::Text;
    message.bytes = std::string(R"({"password":")") + password + R"("})";
    opened.session.fake.streams[4] = {message};
    opened.session.arrive(1, [](journey::Exchange &x) {
        x.received.headers = {};
        x.sent = x.received;
        x.stream.kind = journey::Streaming::WebSocket;
    });
    QVERIFY(opened.readWhole(4));
    opened.detail().showMessages();
    MessagesView *view = opened.detail().messages();
    const auto line = [&] { return view->model()->index(0, MessageModel::Text).data().toString(); };
    QTRY_VERIFY(line().contains(u"••••••\u00a0ffee"));
    view->table()->setFocus();
    view->table()->setCurrentIndex(view->model()->index(0, 0));
    QTRY_VERIFY(view->body()->isVisible() && view->body()->ready());
    QVERIFY(!opened.detail().revealButton()->isHidden());
    opened.key("Ctrl+Shift+S");
    QTRY_VERIFY(line().contains(u"planted \\\"pass\\\""));
    const auto body = [&] { return view->body()->findChild<SecretEdit *>()->toPlainText(); };
    QTRY_VERIFY(body().contains(u"planted"));
    opened.key("Ctrl+Shift+S");
    QVERIFY(!line().contains(u"planted") && !body().contains(u"planted"));
}

void RevealTest::aReplayShowsNoSecretUntilItIsAsked()
{
    const auto serve = [](QTcpServer &server) {
        QObject::connect(&server, &QTcpServer::newConnection, &server, [&server] {
            QTcpSocket *socket = server.nextPendingConnection();
            QObject::connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                socket->readAll();
                socket->write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: s=fresh-cookie\r\n"
                              "Content-Length: 27\r\nConnection: close\r\n\r\n{\"password\":\"fresh-secret\"}");
                socket->disconnectFromHost();
            });
        });
        return server.listen(QHostAddress::LocalHost);
    };
    QTcpServer server;
    QVERIFY(serve(server));
    Login opened(*theme_);
    ReplayPage *replay = opened.window.replay();
    opened.window.show(MainWindow::Replay);
    replay->editor()->target()->setText(u"http://127.0.0.1:%1/"_qs.arg(server.serverPort()));
    QSignalSpy compared(replay, &ReplayPage::compared);
    replay->send();
    QTRY_COMPARE(compared.size(), 1);
    BodyView *body = replay->answer()->body();
    QTRY_VERIFY(body->ready());
    QVERIFY2(allOf(replay).contains(u"Set-Cookie: s=•"), qPrintable(allOf(replay)));
    QVERIFY(!allOf(replay).contains(u"fresh"));
    opened.key("Ctrl+Shift+S");
    QTRY_VERIFY(allOf(body).contains(u"fresh-secret"));
    QVERIFY(replay->answer()->fields()->toPlainText().contains(u"s=fresh-cookie"));
    QCOMPARE(opened.session.fake.secretsAsked, size_t(0));  // it came just now: nobody has to unseal it
    opened.window.show(MainWindow::Traffic);
    QVERIFY(!allOf(replay).contains(u"fresh"));
}

QTEST_MAIN(RevealTest)
#include "reveal_test.moc"
