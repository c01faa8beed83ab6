// SPDX-License-Identifier: GPL-3.0-or-later
// One TLS connection without a network: two sessions, whose ciphertext this test carries as it likes.
#include "engine/net/tls/tls_session.h"

#include "engine/tls/local_ca.h"

#include <openssl/err.h>

#include <QTest>

using namespace sluice;
using namespace std::chrono_literals;
using net::ClientTls;
using net::ServerTls;
using net::TlsSession;
using Read = TlsSession::Read;

namespace {

const WallTime now = std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());

// What one says into the other's ears, `cut` bytes at a time (0: all at once).
struct End {
    std::unique_ptr<TlsSession> session;
    std::string out;
    std::string heard;
    Read last = Read::Nothing;

    void say(std::string_view text)
    {
        session->sink(&out);
        QVERIFY(session->write(text.data(), text.size()));
        session->sink(nullptr);
    }
    void close()
    {
        session->sink(&out);
        session->close();
        session->sink(nullptr);
    }
    // As a wire does: reads on while there is something to read, keeps the rest.
    void listen(std::string_view ciphertext, size_t room = 64 * 1024)
    {
        session->give(ciphertext);
        session->sink(&out);
        do {
            std::string text(room, 0);
            size_t got = 0;
            last = session->read(text.data(), room, got);
            heard.append(text, 0, got);
        } while (last == Read::More && session->hasInput());
        session->sink(nullptr);
        session->settle();
    }
};

void carry(End &from, End &to, size_t cut = 0)
{
    const std::string text = std::exchange(from.out, {});
    for (size_t at = 0; at < text.size(); at += cut ? cut : text.size())
        to.listen(std::string_view(text).substr(at, cut ? cut : text.npos));
}

class TlsSessionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void whatIsSaidIsHeardHoweverItIsCut_data();
    void whatIsSaidIsHeardHoweverItIsCut();
    void severalRecordsAtOnceAreAllHeard();
    void aSmallRoomLosesNothing();
    void aRecordGoesWhereItIsSent();
    void theClosingWordIsAnEndAndAnAlertIsNone();
    void anErrorThatSomebodyLeftIsNotTakenForOurs();
    void aBrokenRecordIsAFailureWithAReason();

private:
    void shakeHands();
    tls::PemPair ca_;
    std::shared_ptr<const ServerTls> server_;
    std::shared_ptr<const ClientTls> client_;
    End us_, them_;  // server, client
};

void TlsSessionTest::initTestCase()
{
    ca_ = tls::LocalCa::make(now, "test").take();
    const auto authority = tls::LocalCa::load(ca_).take();
    const tls::PemPair leaf = authority->issue("localhost", now).take();
    server_ = ServerTls::create({.certificates = {tls::Certificate::parse(leaf.certificate, leaf.key).take()}}, nullptr)
                  .take();
    client_ = ClientTls::create({.ca = ca_.certificate}).take();
}

void TlsSessionTest::init()
{
    ERR_clear_error();
    us_ = {TlsSession::server(server_), {}, {}};
    them_ = {TlsSession::client(client_, "localhost", nullptr), {}, {}};
    shakeHands();
}

void TlsSessionTest::shakeHands()
{
    for (int round = 0; round < 10 && !(us_.session->shaken() && them_.session->shaken()); ++round) {
        them_.session->sink(&them_.out);
        QVERIFY(them_.session->shake() != Read::Failed);
        them_.session->sink(nullptr);
        carry(them_, us_);
        carry(us_, them_);
    }
    QVERIFY(us_.session->shaken() && them_.session->shaken());
}

void TlsSessionTest::whatIsSaidIsHeardHoweverItIsCut_data()
{
    QTest::addColumn<int>("cut");
    for (const int cut : {1, 2, 4, 5, 6, 21, 22, 23, 1000, 16384, 16406, 20000})
        QTest::addRow("%d bytes", cut) << cut;
}

void TlsSessionTest::whatIsSaidIsHeardHoweverItIsCut()
{
    QFETCH(int, cut);
    std::string all;
    for (const size_t size : {1, 2, 100, 16384, 1, 40'000}) {
        const std::string text(size, char('a' + size % 26));
        them_.say(text);
        all += text;
    }
    carry(them_, us_, size_t(cut));
    QVERIFY(us_.heard == all);
    QVERIFY(!us_.session->failed());
    us_.say("heard");
    carry(us_, them_, size_t(cut));
    QVERIFY(them_.heard == "heard");
}

void TlsSessionTest::severalRecordsAtOnceAreAllHeard()
{
    std::string all;
    for (int i = 0; i < 300; ++i) {
        const std::string text = "message " + std::to_string(i) + '\n';
        them_.say(text);
        all += text;
    }
    const std::string half = them_.out.substr(0, them_.out.size() - 3);
    us_.listen(half);
    QVERIFY(all.starts_with(us_.heard) && us_.heard.size() + 20 > all.size());  // all but the one that is not whole
    us_.listen(std::string_view(them_.out).substr(half.size()));
    QVERIFY(us_.heard == all);
    QVERIFY(!us_.session->hasInput());
}

void TlsSessionTest::aSmallRoomLosesNothing()
{
    const std::string all(50'000, 'x');
    them_.say(all);
    us_.listen(them_.out, 7);
    QVERIFY(us_.heard == all);
}

void TlsSessionTest::aRecordGoesWhereItIsSent()
{
    std::string direct, rest;
    us_.session->sink(&rest);
    us_.session->sendTo(
        [](void *to, const char *data, size_t size) { static_cast<std::string *>(to)->append(data, size); }, &direct);
    QVERIFY(us_.session->write("one", 3));
    us_.session->sendTo(nullptr, nullptr);
    QVERIFY(us_.session->write("two", 3));
    us_.session->sink(nullptr);
    QVERIFY(!direct.empty() && !rest.empty());
    them_.listen(direct);
    QVERIFY(them_.heard == "one");
    them_.listen(rest);
    QVERIFY(them_.heard == "onetwo");
}

void TlsSessionTest::theClosingWordIsAnEndAndAnAlertIsNone()
{
    them_.say("bye");
    them_.close();
    carry(them_, us_);
    QVERIFY(us_.heard == "bye");
    QVERIFY(us_.last == Read::End || us_.last == Read::More);
    us_.listen({});
    QVERIFY(us_.last == Read::End);
    QVERIFY(!us_.session->failed());

    init();
    // A record that was changed on the way: the server says so with an alert, and to the client that is a failure.
    them_.say("hello");
    them_.out.back() ^= 1;
    carry(them_, us_);
    QVERIFY(us_.last == Read::Failed);
    carry(us_, them_);
    QVERIFY(them_.last == Read::Failed);
    QVERIFY2(them_.session->trouble().find("alert bad record mac") != std::string::npos
                 || them_.session->trouble().find("bad record mac") != std::string::npos,
             them_.session->trouble().c_str());
}

void TlsSessionTest::anErrorThatSomebodyLeftIsNotTakenForOurs()
{
    const auto leave = [] { ERR_raise(ERR_LIB_EVP, ERR_R_INTERNAL_ERROR); };
    leave();
    them_.say("hello");
    leave();
    carry(them_, us_, 7);
    QVERIFY(us_.heard == "hello");
    leave();
    us_.listen({});
    QVERIFY(us_.last == Read::Nothing);
    them_.close();
    leave();
    carry(them_, us_);
    QVERIFY(us_.last == Read::End);
    QVERIFY(!us_.session->failed());
}

void TlsSessionTest::aBrokenRecordIsAFailureWithAReason()
{
    us_.listen("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    QVERIFY(us_.last == Read::Failed);
    QVERIFY(us_.session->trouble().starts_with("the TLS connection broke: "));
    us_.listen("more");
    QVERIFY(us_.last == Read::Failed);
}

}  // namespace

QTEST_APPLESS_MAIN(TlsSessionTest)
#include "tls_session_test.moc"
