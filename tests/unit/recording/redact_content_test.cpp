// SPDX-License-Identifier: GPL-3.0-or-later
// Content keeps no secret, however it is coded and whatever form it has.
#include "secrets.h"

#include <QtTest>

#include <zlib.h>

using namespace sluice;
using namespace sluice::secrets;
using recording::Placeholders;

namespace {

std::string gzipped(const std::string &text)
{
    std::string out(compressBound(text.size()) + 64, 0);
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = uInt(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = uInt(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

}  // namespace

class RedactContentTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void codedContentIsLookedInto()
    {
        journey::Exchange x;
        x.answer.status = x.returned.status = 200;
        for (http::HeaderList *list : {&x.answer.headers, &x.returned.headers}) {
            list->add("Content-Type", "application/json");
            list->add("Content-Encoding", "gzip");
        }
        const std::string clean = gzipped("{\"name\":\"ada\"}");
        x.responseBody = {clean, clean.size(), true, false, false, {}};
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QCOMPARE(x.responseBody.bytes, clean);  // nothing in it: as it came
        QCOMPARE(x.answer.headers.get("Content-Encoding"), std::string_view("gzip"));

        const std::string secret = gzipped("{\"password\":\"s3cret\"}");
        x.responseBody = {secret, secret.size(), true, false, false, {}};
        redactor.redact(x);
        QCOMPARE(x.responseBody.bytes, "{\"password\":\"" + placeholder("s3cret") + "\"}");
        QCOMPARE(x.returned.headers.get("Content-Encoding"), std::string_view("identity"));
        QVERIFY(!x.responseBody.cut());
    }

    void everyCodedTextIsLookedInto_data()
    {
        QTest::addColumn<QString>("type");
        for (const char *type :
             {"text/plain", "text/event-stream", "", "application/x-ndjson", "text/html", "application/octet-stream"})
            QTest::newRow(type) << type;
    }
    void everyCodedTextIsLookedInto()
    {
        QFETCH(QString, type);
        journey::Exchange x;
        x.received.headers.add("Content-Type", type.toStdString());
        x.received.headers.add("Content-Encoding", "gzip");
        const std::string coded = gzipped("data: {\"password\":\"s3cret\"}\n\n");
        x.requestBody = {coded, coded.size(), true, false, false, {}};
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QCOMPARE(x.requestBody.bytes, "data: {\"password\":\"" + placeholder("s3cret") + "\"}\n\n");
    }

    void whatCannotBeDecodedIsWithheld()
    {
        journey::Exchange x;
        x.received.headers.add("Content-Type", "application/json");
        x.received.headers.add("Content-Encoding", "rot13");
        x.requestBody = {"cnffjbeq", 8, true, false, false, {}};
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QVERIFY(x.requestBody.bytes.empty());
        QVERIFY(!x.requestBody.withheld.empty());
        QCOMPARE(x.requestBody.size, uint64_t(8));
        x.received.headers.set("Content-Type", "image/png");
        x.requestBody = {"cnffjbeq", 8, true, false, false, {}};
        redactor.redact(x);
        QCOMPARE(x.requestBody.bytes, std::string("cnffjbeq"));  // no JSON can be in it
    }

    void partsOfASecretNameAreReplaced()
    {
        journey::Exchange x;
        x.received.headers.add("Content-Type", "multipart/form-data; charset=utf-8; boundary=\"a b\"");
        const std::string
            before = "--a b\r\nContent-Disposition: form-data; filename=\"password\"; name=\"user\"\r\n\r\nada\r\n"
                     "--a b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\n",
            between = "\r\n--a b\r\nContent-Disposition: form-data; name=data\r\nContent-Type: "
                      "application/json\r\n\r\n{\"password\":\"",
            after = "\"}\r\n--a b\r\nContent-Disposition: form-data; name=\"card[number]\"\r\n\r\n";
        x.requestBody.bytes = before + "s3cret\r\n--a" + between + "s3cret" + after + "4111";  // cut in the last
        x.requestBody.size = 1000;
        recording::Redactor redactor(settings(), key);
        for (int twice = 0; twice < 2; ++twice) {
            redactor.redact(x);
            QCOMPARE(x.requestBody.bytes,
                     before + placeholder("s3cret\r\n--a") + between + placeholder("s3cret") + after
                         + placeholder("4111"));
            QVERIFY(x.requestBody.cut());
        }
    }

    void partsThatCannotBeToldApartAreWithheld_data()
    {
        QTest::addColumn<QString>("type");
        for (const char *type :
             {"multipart/form-data", "Multipart/Form-Data; boundary=\"x", "multipart/form-data; boundary=other"})
            QTest::newRow(type) << type;
    }
    void partsThatCannotBeToldApartAreWithheld()
    {
        QFETCH(QString, type);
        journey::Exchange x;
        x.received.headers.add("Content-Type", type.toStdString());
        x.requestBody.bytes = "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ns3cret\r\n--x--\r\n";
        x.requestBody.size = x.requestBody.bytes.size();
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QVERIFY(x.requestBody.bytes.empty());
        QVERIFY(!x.requestBody.withheld.empty());
    }

    void xmlLosesItsSecrets_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        const auto row = [](const char *name, const char *before, const char *after) {
            QTest::newRow(name) << before << after;
        };
        row("element", "<?xml version='1.0'?><a><password>s3cret</password><b>x</b></a>",
            "<?xml version='1.0'?><a><password>[s3cret]</password><b>x</b></a>");
        row("prefix, attributes, blanks", "<n:Password a='>' b=\"1\"> s3cret\n</n:Password >",
            "<n:Password a='>' b=\"1\">[s3cret]</n:Password >");
        row("entities", "<password>a&amp;b&#x21;&#33;&none;</password>", "<password>[a&b!!&none;]</password>");
        row("cdata", "<password><![CDATA[a<b]]></password>", "<password>[a<b]</password>");
        row("nested", "<password><old>a</old><password>b</password></password><x/>",
            "<password>[<old>a</old><password>b</password>]</password><x/>");
        row("attribute", "<user password=\"s3cret\" name='ada'/><user password=bare>",
            "<user password=\"[s3cret]\" name='ada'/><user password=[bare]>");
        row("path", "<order><card><number>4111</number></card><number>7</number></order>",
            "<order><card><number>[4111]</number></card><number>7</number></order>");
        row("void elements", "<html><br><card><img><number>4111</number></card>",
            "<html><br><card><img><number>[4111]</number></card>");
        row("cut", "<a><password>s3cr", "<a><password>[s3cr]");
        row("in a comment", "<!-- <password>s3cret</password> -->", "<!-- <password>[s3cret]</password> -->");
        row("empty", "<password></password><password/><b>x</b>", "<password></password><password/><b>x</b>");
    }
    void xmlLosesItsSecrets()
    {
        QFETCH(QString, before);
        QFETCH(QString, after);
        static const QRegularExpression marked("\\[([^\\]]*)\\]");
        for (auto match = marked.match(after); match.hasMatch(); match = marked.match(after))
            after.replace(match.capturedStart(), match.capturedLength(),
                          QString::fromStdString(placeholder(match.captured(1).toStdString())));
        std::string text = before.toStdString();
        Placeholders placeholders(key);
        for (int twice = 0; twice < 2; ++twice) {
            recording::redactXml(text, settings().redactJson, placeholders);
            QCOMPARE(QString::fromStdString(text), after);
        }
        journey::Exchange x;
        x.received.headers.add("Content-Type", "application/soap+xml");
        x.requestBody = {before.toStdString(), 5000, true, false, false, {}};
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QCOMPARE(QString::fromStdString(x.requestBody.bytes), after);
    }

    void whatWasCutStaysCut()
    {
        journey::Exchange x;
        x.requestBody.take("{\"password\":\"s3cret\",\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}", 24);
        QVERIFY(x.requestBody.cut());
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QVERIFY(x.requestBody.cut());
        QVERIFY(x.requestBody.redacted);
        QCOMPARE(x.requestBody.bytes.find("s3cret"), std::string::npos);
    }
};

QTEST_APPLESS_MAIN(RedactContentTest)
#include "redact_content_test.moc"
