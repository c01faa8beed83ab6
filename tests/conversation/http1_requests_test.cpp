// SPDX-License-Identifier: GPL-3.0-or-later
// Each request of http1_requests.txt goes through one gateway to nginx, and then to Node: the client gets what the list says,
// the upstream what the list says, each answer has its one record, and neither upstream sees a request of which the gateway
// does not know.
#include "tests/conversation/http1_cases.h"
#include "tests/conversation/witnesses.h"
#include "tests/support/http_answer.h"

#include <QTest>

#include <set>

using namespace support;

namespace {

// "> METHOD TARGET" and what stands below it.
struct Wanted {
    std::string method, target, body;
    std::vector<std::pair<std::string, std::string>> fields;
    std::vector<std::string> absent;
};

std::vector<Wanted> wantedOf(const cases::Case &c)
{
    std::vector<Wanted> out;
    for (const std::string &line : c.behind) {
        const size_t space = line.find(' '), colon = line.find(':');
        const std::string first = line.substr(0, space);
        if (first == "no")
            out.back().absent.push_back(line.substr(3));
        else if (first == "body")
            out.back().body = cases::unescaped(line.substr(5));
        else if (first == "trailer" || first.ends_with(':'))
            out.back().fields.emplace_back(line.substr(0, colon),
                                           cases::unescaped(line.substr(std::min(colon + 2, line.size()))));
        else
            out.push_back({first, cases::unescaped(line.substr(space + 1)), {}, {}, {}});
    }
    return out;
}

std::string lower(std::string text)
{
    for (char &c : text)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return text;
}

// What is wrong with what came; empty: nothing.
std::string compare(const Wanted &wanted, const Witnessed &got)
{
    if (got.method != wanted.method || got.target != wanted.target)
        return "it got " + got.method + ' ' + cases::escaped(got.target);
    if (got.body != wanted.body)
        return "it got the body " + cases::escaped(got.body);
    if (!got.fieldsKnown)
        return {};
    for (const auto &[name, value] : wanted.fields) {
        std::vector<std::string> values;
        for (const auto &[n, v] : got.fields) {
            if (lower(n) == lower(name))
                values.push_back(v);
        }
        if (values != std::vector<std::string>{value})
            return "it got " + name + ' ' + std::to_string(values.size())
                + " times: " + (values.empty() ? "" : cases::escaped(values[0]));
    }
    for (const std::string &name : wanted.absent) {
        for (const auto &[n, v] : got.fields) {
            if (lower(n) == lower(name))
                return "it got " + n;
        }
    }
    return {};
}

}  // namespace

class Http1RequestsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void beforeNginx_data() { addRows(); }
    void beforeNginx() { tell(*nginx_); }
    void theGatewayTurnsToNode();
    void beforeNode_data() { addRows(); }
    void beforeNode() { tell(*node_); }
    void eachAnswerHasItsOneRecord();
    void neitherSawARequestThatTheGatewayDidNot();

private:
    void addRows() const;
    void tell(Witness &witness);
    // The answers of one case; the ids of those that passed.
    void converse(RawSocket &client, const cases::Case &c, std::vector<std::string> &passed);
    std::string note(const HttpAnswer &answer);
    std::string file(const Witness &witness) const
    {
        return "services:\n  up: " + witness.url()
            + "\nroutes:\n- {path: /**, service: up}\nhttp: {header_timeout: 1s}\n";
    }

    std::vector<cases::Case> cases_ = cases::read("http1_requests.txt");
    std::unique_ptr<Witness> nginx_ = nginxWitness(), node_ = nodeWitness();
    std::unique_ptr<GatewayProcess> gateway_;
    std::map<std::string, std::string> answered_;  // id → case
};

void Http1RequestsTest::initTestCase()
{
    QVERIFY(cases_.size() >= 400);
    QVERIFY2(nginx_->ready(), nginx_->trouble().c_str());
    QVERIFY2(node_->ready(), node_->trouble().c_str());
    GatewaySetup setup;
    setup.file = file(*nginx_);
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void Http1RequestsTest::theGatewayTurnsToNode()
{
    gateway_->rewriteFile(file(*node_));
    const Ran ran = gateway_->onSocket({"reload"});
    QVERIFY2(ran.exitCode == 0, ran.err.c_str());
}

void Http1RequestsTest::addRows() const
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases_.size(); ++i) {
        if (cases_[i].outcome != "passes the reader")
            QTest::addRow("%s (RFC %s)", cases_[i].name.c_str(), cases_[i].section.c_str()) << int(i);
    }
}

std::string Http1RequestsTest::note(const HttpAnswer &answer)
{
    const std::string id = answer.header("x-request-id");
    answered_[id] += std::string(QTest::currentDataTag()) + " → " + std::to_string(answer.status) + "; ";
    return id;
}

void Http1RequestsTest::converse(RawSocket &client, const cases::Case &c, std::vector<std::string> &passed)
{
    const std::vector<Wanted> wanted = wantedOf(c);
    bool closed = false;
    std::string connection;
    for (const std::string &word : cases::parted(c.outcome)) {
        if (word == "closed" || word == "nothing" || word == "open") {
            closed = word != "open";
            continue;
        }
        const bool passes = word == "passes";
        const bool toHead = passes && passed.size() < wanted.size() && wanted[passed.size()].method == "HEAD";
        const HttpAnswer answer = readAnswer(client, toHead);
        QCOMPARE(answer.status, passes ? 200 : std::atoi(word.c_str()));
        QVERIFY(answer.whole);
        const std::string id = note(answer);
        QVERIFY(!id.empty());
        if (passes)
            passed.push_back(id);
        closed = !passes;
        connection = answer.header("connection");
    }
    if (closed) {
        QCOMPARE(client.readAll(), std::string());
        QCOMPARE(client.end(), RawSocket::End::Closed);
        QVERIFY(c.outcome == "nothing" || connection == "close");
        return;
    }
    QVERIFY(connection.empty());
    QVERIFY(client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n"));
    const HttpAnswer after = readAnswer(client);
    QCOMPARE(after.status, 200);
    passed.push_back(note(after));
}

void Http1RequestsTest::tell(Witness &witness)
{
    QFETCH(int, index);
    const cases::Case &c = cases_[size_t(index)];
    RawSocket client = RawSocket::connectTo(gateway_->port());
    client.send(c.raw);  // where it is refused early, not all of it is taken
    if (c.ends)
        client.shutdownSend();
    std::vector<std::string> passed;
    converse(client, c, passed);
    if (QTest::currentTestFailed())
        return;
    std::vector<Wanted> wanted = wantedOf(c);
    if (passed.size() > wanted.size())
        wanted.push_back({"GET", "/after", {}, {}, {}});
    QCOMPARE(passed.size(), wanted.size());
    for (size_t i = 0; i < passed.size(); ++i) {
        const std::optional<Witnessed> got = witness.request(passed[i]);
        QVERIFY2(got, "the upstream did not get it");
        const std::string wrong = compare(wanted[i], *got);
        QVERIFY2(wrong.empty(), wrong.c_str());
    }
}

void Http1RequestsTest::eachAnswerHasItsOneRecord()
{
    std::map<std::string, int> recorded;
    for (const QJsonObject &row : gateway_->log(int(answered_.size()), {"--limit", "100000"})) {
        const std::string id = row["request_id"].toString().toStdString();
        ++recorded[id];
        const QString text = row["method"].toString() + ' ' + row["path"].toString();
        QVERIFY2(answered_.contains(id), ("nobody got an answer to " + text.toStdString()).c_str());
    }
    for (const auto &[id, name] : answered_)
        QVERIFY2(recorded[id] == 1, (name + std::to_string(recorded[id]) + " records").c_str());
}

void Http1RequestsTest::neitherSawARequestThatTheGatewayDidNot()
{
    std::set<std::string> ids;
    for (const QJsonObject &row : gateway_->log(int(answered_.size()), {"--limit", "100000"}))
        ids.insert(row["request_id"].toString().toStdString());
    QCOMPARE(gateway_->stop(), 0);
    for (Witness *witness : {nginx_.get(), node_.get()}) {
        witness->stop();
        const std::map<std::string, int> counts = witness->counts();
        QVERIFY(counts.size() > 100);
        for (const auto &[id, count] : counts) {
            QVERIFY2(ids.contains(id), ("a request that the gateway did not send: " + witness->trouble()).c_str());
            QVERIFY2(count == 1, (answered_[id] + std::to_string(count) + " requests").c_str());
        }
    }
}

QTEST_GUILESS_MAIN(Http1RequestsTest)
#include "http1_requests_test.moc"
