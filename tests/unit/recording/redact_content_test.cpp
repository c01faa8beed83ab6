// SPDX-License-Identifier: GPL-3.0-or-later
// Content keeps no secret, however it is coded and whatever form it has.
#include "secrets.h"

#include <QtTest>

#include <zlib.h>

using namespace sluice;
using namespace sluice::secrets;

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
