// SPDX-License-Identifier: GPL-3.0-or-later
// Requests as they come, good and bad: the list of tests/conversation/http1_requests.txt, and facts that do not fit into a list.
#include "tests/conversation/http1_cases.h"
#include "tests/unit/http/reading.h"

#include <QTest>

using namespace reading;
using namespace std::string_literals;

namespace {

std::string get(const std::string &fields)
{
    return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string post(const std::string &fields, const std::string &body = {})
{
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string &body)
{
    return post("Transfer-Encoding: chunked\r\n", body);
}

// What the reader must say of a case: how many requests it takes whole, and with what status it refuses then. What comes
// late or is cut short, or is refused for its path or route, it takes as it is.
struct Expected {
    size_t taken = 0;
    int status = 0;
};

Expected expectedOf(const cases::Case &c)
{
    Expected out;
    for (const std::string &word : cases::parted(c.outcome)) {
        if (word.starts_with("passes") || word.ends_with("by its path") || word == "404")
            ++out.taken;
        else if (const int status = std::atoi(word.c_str()); status != 408 && !c.ends)
            out.status = status;
    }
    return out;
}

}  // namespace

class RequestCasesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eachCaseIsReadAsTheListSays_data();
    void eachCaseIsReadAsTheListSays();
    void theFactsOfATakenRequestAreThere();
    void theAuthorityIsTheTargetsOrElseHosts();
    void aConnectionIsKeptAsTheVersionAndConnectionSay();
    void aClientThatWaitsFor100IsSeen();
    void theHeadIsThereAsItCame();
    void trailersThatMustNotBeAreDropped();
    void pipelinedRequestsComeOneAfterTheOther();
    void whatIsTooLongIsRefused();
    void aRefusalStays();
    void itIsIdleUntilTheFirstByte();

private:
    std::vector<cases::Case> cases_ = cases::read("http1_requests.txt");
};

void RequestCasesTest::eachCaseIsReadAsTheListSays_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases_.size(); ++i)
        QTest::addRow("%s (RFC %s)", cases_[i].name.c_str(), cases_[i].section.c_str()) << int(i);
}

void RequestCasesTest::eachCaseIsReadAsTheListSays()
{
    QFETCH(int, index);
    const cases::Case &c = cases_[size_t(index)];
    const Expected expected = expectedOf(c);
    const Told whole = readWhole(RequestReader(), c.raw);
    QVERIFY2(whole.status == expected.status, ("status " + std::to_string(whole.status) + ": " + whole.why).c_str());
    QCOMPARE(whole.why.empty(), expected.status == 0);
    // A refusal may come within the content, whose head was taken.
    QVERIFY(whole.heads.size() >= expected.taken);
    if (!c.ends)
        QVERIFY(whole.trailers.size() >= expected.taken);
    const size_t step = std::max<size_t>(1, c.raw.size() / 1000);
    if (step == 1)
        QVERIFY(readInPieces(RequestReader(), oneByOne(c.raw)) == whole);
    for (size_t cut = 1; cut < c.raw.size(); cut += step)
        QVERIFY2(readInPieces(RequestReader(), {c.raw.substr(0, cut), c.raw.substr(cut)}) == whole,
                 ("cut at " + std::to_string(cut)).c_str());
}

void RequestCasesTest::theFactsOfATakenRequestAreThere()
{
    RequestReader reader;
    const std::string raw = "POST /a?b=c HTTP/1.1\r\nHost: Shop.Example:81\r\nX-One: 1\r\nx-one:  two words \r\n"
                            "Content-Length: 3\r\n\r\nabc";
    size_t consumed = 0;
    QVERIFY(reader.read(raw, consumed) == Step::Head);
    QCOMPARE(consumed, raw.size() - 3);
    const auto &head = reader.head();
    QCOMPARE(head.method, "POST");
    QCOMPARE(head.target, "/a?b=c");
    QCOMPARE(head.scheme, "http");
    QCOMPARE(head.authority, "shop.example:81");
    QVERIFY(head.version == sluice::http::Version::Http11);
    QCOMPARE(head.headers.size(), size_t(4));
    QVERIFY(head.headers[1].name == "X-One" && head.headers[1].value == "1");
    QVERIFY(head.headers[2].name == "x-one" && head.headers[2].value == "two words");
    QVERIFY(head.headers.get("host") == "Shop.Example:81");
    QCOMPARE(textOf(reader.framing()), "length 3");
    const std::string_view rest = std::string_view(raw).substr(consumed);
    QVERIFY(reader.read(rest, consumed) == Step::Body);
    QVERIFY(reader.data().data() == rest.data());  // a view, not a copy
    QVERIFY(reader.data() == "abc");
    QVERIFY(reader.read({}, consumed) == Step::End);
    QCOMPARE(consumed, size_t(0));
}

void RequestCasesTest::theAuthorityIsTheTargetsOrElseHosts()
{
    const auto authority = [](const std::string &raw, const char *scheme = "http") {
        RequestReader reader({}, scheme);
        size_t consumed = 0;
        return reader.read(raw, consumed) == Step::Head ? reader.head().scheme + "://" + reader.head().authority
                                                        : "refused";
    };
    QCOMPARE(authority("GET / HTTP/1.1\r\nHost: A.b\r\n\r\n"), "http://a.b");
    QCOMPARE(authority("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "https"), "https://a");
    QCOMPARE(authority("GET http://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n"), "http://a:80");
    QCOMPARE(authority("GET https://a/x HTTP/1.1\r\nHost: a:443\r\n\r\n", "https"), "https://a");
    QCOMPARE(authority("GET http://a/x HTTP/1.0\r\n\r\n"), "http://a");
    QCOMPARE(authority("GET /x HTTP/1.0\r\n\r\n"), "http://");
    QCOMPARE(authority("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "https"), "refused");
}

void RequestCasesTest::aConnectionIsKeptAsTheVersionAndConnectionSay()
{
    const auto kept = [](const std::string &version, const std::string &connection) {
        const Told told = readWhole(RequestReader(), "GET / " + version + "\r\nHost: a\r\n" + connection + "\r\n");
        return !told.keptAlive.empty() && told.keptAlive.front();
    };
    QVERIFY(kept("HTTP/1.1", ""));
    QVERIFY(!kept("HTTP/1.1", "Connection: close\r\n"));
    QVERIFY(!kept("HTTP/1.1", "Connection: x, Close ,y\r\n"));
    QVERIFY(!kept("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    QVERIFY(kept("HTTP/1.1", "Connection: closed, not-close\r\n"));
    QVERIFY(!kept("HTTP/1.0", ""));
    QVERIFY(kept("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    QVERIFY(!kept("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

void RequestCasesTest::aClientThatWaitsFor100IsSeen()
{
    const auto waits = [](const std::string &raw) {
        RequestReader reader;
        size_t consumed = 0;
        return reader.read(raw, consumed) == Step::Head && reader.expectsContinue();
    };
    QVERIFY(waits(post("Expect: 100-Continue\r\nContent-Length: 1\r\n")));
    QVERIFY(waits(post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")));
    QVERIFY(!waits(post("Expect: 100-continue\r\nContent-Length: 0\r\n")));
    QVERIFY(!waits(post("Expect: other\r\nContent-Length: 1\r\n")));
    QVERIFY(!waits("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
}

void RequestCasesTest::theHeadIsThereAsItCame()
{
    const std::string raw = "GET / HTTP/1.1\r\nhOsT:   a\t\r\n\r\n";
    const Told told = readWhole(RequestReader(), "\r\n" + raw);
    QCOMPARE(told.rawHeads.size(), size_t(1));
    QCOMPARE(told.rawHeads[0], raw);
}

void RequestCasesTest::trailersThatMustNotBeAreDropped()
{
    const Told told = readWhole(RequestReader(),
                                chunked("1\r\na\r\n0\r\nX-Sum: 1\r\nAuthorization: b\r\nCookie: c\r\n"
                                        "X-Forwarded-For: d\r\nX-Last: 2\r\n\r\n"));
    QCOMPARE(told.trailers.size(), size_t(1));
    QCOMPARE(told.trailers[0], "X-Sum: 1|X-Last: 2|");
}

void RequestCasesTest::pipelinedRequestsComeOneAfterTheOther()
{
    const std::string raw = post("Content-Length: 2\r\n", "ab") + get("X: 1\r\n")
        + chunked("1\r\nc\r\n0\r\nT: t\r\n\r\n") + "\r\n" + get("") + "GET /unfinished";
    const Told told = readWhole(RequestReader(), raw);
    QCOMPARE(told.status, 0);
    QCOMPARE(told.heads.size(), size_t(4));
    QVERIFY((told.bodies == std::vector<std::string>{"ab", "", "c", ""}));
    QVERIFY((told.trailers == std::vector<std::string>{"", "", "T: t|", ""}));
    QCOMPARE(told.heads[1], "GET / http a HTTP/1.1 Host: a|X: 1|none");
    QCOMPARE(told.left, "GET /unfinished");
    QVERIFY(readInPieces(RequestReader(), oneByOne(raw)) == told);
}

void RequestCasesTest::whatIsTooLongIsRefused()
{
    const auto status = [](const std::string &raw, sluice::http::Limits limits = {}) {
        const Told whole = readWhole(RequestReader(limits), raw);
        const Told slow = readInPieces(RequestReader(limits), oneByOne(raw));
        return slow == whole ? whole.status : -1;
    };
    const std::string eightK(8192, 'a');
    QCOMPARE(status("GET /" + eightK.substr(14) + " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    QCOMPARE(status("GET /" + eightK.substr(13) + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    QCOMPARE(status("GET /" + eightK + eightK), 414);  // before its end has come
    QCOMPARE(status(get("X: " + eightK.substr(3) + "\r\n")), 0);
    QCOMPARE(status(get("X: " + eightK.substr(2) + "\r\n")), 431);
    QCOMPARE(status("GET / HTTP/1.1\r\nX: " + eightK), 431);
    QCOMPARE(status("GET / HTTP/1.1\r\n" + eightK + "aa"), 431);  // not even a name
    std::string fields;
    for (int i = 0; i < 99; ++i)
        fields += "X: 1\r\n";
    QCOMPARE(status(get(fields)), 0);
    QCOMPARE(status(get(fields + "Y: 1\r\n")), 431);
    const std::string small = get("X: 12345\r\n");
    QCOMPARE(status(small, {.headBytes = uint32_t(small.size())}), 0);
    QCOMPARE(status(small, {.headBytes = uint32_t(small.size()) - 1}), 431);
    QCOMPARE(status(small.substr(0, small.size() - 1), {.headBytes = uint32_t(small.size()) - 1}), 431);
    QCOMPARE(status(chunked("1;" + eightK.substr(0, 1022) + "\r\na\r\n0\r\n\r\n")), 0);
    QCOMPARE(status(chunked("1;" + eightK.substr(0, 1023) + "\r\na\r\n0\r\n\r\n")), 400);
    QCOMPARE(status(chunked(eightK)), 400);
    std::string extended;
    for (int i = 0; i < 17; ++i)
        extended += "1;" + eightK.substr(0, 1000) + "\r\na\r\n";
    QCOMPARE(status(chunked(extended)), 400);
    QCOMPARE(status(chunked("0\r\nX: " + eightK.substr(3) + "\r\nY: " + eightK.substr(30) + "\r\n\r\n")), 0);
    QCOMPARE(status(chunked("0\r\nX: " + eightK.substr(3) + "\r\nY: " + eightK.substr(3) + "\r\n\r\n")), 400);
}

void RequestCasesTest::aRefusalStays()
{
    RequestReader reader;
    size_t consumed = 9;
    QVERIFY(reader.read("nonsense\r\n", consumed) == Step::Refused);
    QVERIFY(!reader.keepAlive());
    QVERIFY(reader.read(get(""), consumed) == Step::Refused);
    QCOMPARE(consumed, size_t(0));
    QCOMPARE(reader.refusal().status, 400);
}

void RequestCasesTest::itIsIdleUntilTheFirstByte()
{
    RequestReader reader;
    size_t consumed = 0;
    QVERIFY(reader.idle());
    QVERIFY(reader.read("\r\n", consumed) == Step::NeedMore);
    QCOMPARE(consumed, size_t(2));
    QVERIFY(reader.idle());
    QVERIFY(reader.read("G", consumed) == Step::NeedMore);
    QCOMPARE(consumed, size_t(0));
    QVERIFY(!reader.idle());
}

QTEST_APPLESS_MAIN(RequestCasesTest)
#include "request_cases_test.moc"
