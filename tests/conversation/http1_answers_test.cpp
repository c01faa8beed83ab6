// SPDX-License-Identifier: GPL-3.0-or-later
// An upstream gives each answer of http1_answers.txt to a gateway: the client gets what the list says, there is one record,
// and a connection whose answer was not clean serves no further request.
#include "tests/conversation/http1_cases.h"
#include "tests/support/gateway_process.h"
#include "tests/support/http_answer.h"
#include "tests/support/raw_server.h"

#include <QTest>

#include <map>

using namespace support;

class Http1AnswersTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void anAnswerIsPassedOnOrRefused_data();
    void anAnswerIsPassedOnOrRefused();
    void eachHasItsOneRecord();

private:
    void serve(RawSocket &peer, int connection);

    std::vector<cases::Case> cases_ = cases::read("http1_answers.txt");
    std::atomic<int> servedOn_{-1};  // the connection that the last case came over
    std::unique_ptr<RawServer> upstream_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::map<std::string, std::string> answered_;  // id → status and failed_by, as the record must have them
};

// GET /case/N gets the bytes of that case; everything else the number of the connection that it came over.
void Http1AnswersTest::serve(RawSocket &peer, int connection)
{
    for (std::string head; (head = peer.readHead()).ends_with("\r\n\r\n");) {
        const size_t at = head.find(" /case/");
        if (at == head.npos) {
            const std::string number = std::to_string(connection);
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(number.size()) + "\r\n\r\n" + number);
            continue;
        }
        servedOn_ = connection;
        const cases::Case &c = cases_[size_t(std::atoi(head.c_str() + at + 7))];
        peer.send(c.raw);
        if (c.ends)
            return;
    }
}

void Http1AnswersTest::initTestCase()
{
    QVERIFY(cases_.size() >= 100);
    upstream_ = std::make_unique<RawServer>([this](RawSocket &peer, int index) { serve(peer, index); });
    GatewaySetup setup;
    setup.to = upstream_->url();
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void Http1AnswersTest::anAnswerIsPassedOnOrRefused_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases_.size(); ++i)
        QTest::addRow("%s (RFC %s)", cases_[i].name.c_str(), cases_[i].section.c_str()) << int(i);
}

void Http1AnswersTest::anAnswerIsPassedOnOrRefused()
{
    QFETCH(int, index);
    const cases::Case &c = cases_[size_t(index)];
    const std::vector<std::string> outcome = cases::parted(c.outcome);
    const bool refused = outcome.size() == 1, cut = outcome.back() == "cut";
    const std::string method = c.told("to").empty() ? "GET" : c.told("to");
    RawSocket client = RawSocket::connectTo(gateway_->port());
    client.send(method + " /case/" + std::to_string(index) + " HTTP/1.1\r\nHost: a\r\n"
                + (method == "POST" ? "Content-Length: 0\r\n\r\n" : "\r\n"));
    int interim = 0;
    const HttpAnswer answer = readAnswer(client, method == "HEAD", &interim);
    QCOMPARE(answer.status, std::atoi(outcome[0].c_str()));
    QCOMPARE(answer.whole, !cut);
    if (!refused) {
        QCOMPARE(cases::escaped(answer.body), cases::escaped(cases::unescaped(c.told("body"))));
        const std::string heads = cases::unescaped(c.told("interim"));
        // 100 (Continue) is for who asked for it.
        QCOMPARE(interim, heads == "100" ? 0 : int(heads.size() + 1) / 4);
    }
    const std::string by = refused || cut ? "upstream" : "";
    QVERIFY(answered_.emplace(answer.header("x-request-id"), std::to_string(answer.status) + by).second);
    if (cut)
        QVERIFY(client.waitForEnd());
    else
        QVERIFY(client.send("GET /which HTTP/1.1\r\nHost: a\r\n\r\n"));
    const HttpAnswer which = cut ? get(gateway_->port(), "/which") : readAnswer(client);
    QCOMPARE(which.status, 200);
    QCOMPARE(which.body == std::to_string(servedOn_), outcome.back() == "kept");
    answered_.emplace(which.header("x-request-id"), "200");
}

void Http1AnswersTest::eachHasItsOneRecord()
{
    std::map<std::string, std::string> recorded;
    for (const QJsonObject &row : gateway_->log(int(answered_.size()))) {
        const std::string id = row["request_id"].toString().toStdString();
        QVERIFY(recorded.emplace(id, std::to_string(row["status"].toInt()) + row["failed_by"].toString().toStdString())
                    .second);
    }
    QCOMPARE(recorded.size(), answered_.size());
    for (const auto &[id, what] : answered_)
        QCOMPARE(recorded[id], what);
    QCOMPARE(gateway_->stop(), 0);
}

QTEST_GUILESS_MAIN(Http1AnswersTest)
#include "http1_answers_test.moc"
