// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/content_decoder.h"

#include <QTest>

#include <zlib.h>
#include <zstd.h>

using namespace sluice::http;
using State = Decoded::State;

namespace {

std::string deflated(const std::string &text, int windowBits)
{
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&z, text.size()), 0);
    z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    z.avail_in = uInt(text.size());
    z.next_out = reinterpret_cast<Bytef *>(out.data());
    z.avail_out = uInt(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

std::string gzip(const std::string &text)
{
    return deflated(text, 31);
}

std::string zstd(const std::string &text)
{
    std::string out(ZSTD_compressBound(text.size()), 0);
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

// "hello hello hello hello\n" as the brotli program writes it.
std::string brotliHello()
{
    return QByteArray::fromHex("1b1700f88d946ede445586d60a206c6f4a1179e280ae16").toStdString();
}

const std::string kText = [] {
    std::string text;
    for (int i = 0; i < 20000; ++i)
        text += std::to_string(i) + ",";
    return text;
}();

}  // namespace

class ContentDecoderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCodingIsTakenOff();
    void theBoundHolds();
    void whatEndsEarlyIsCut();
    void whatIsDamagedSaysSo();
    void severalCodingsAreTakenOffFromTheLast();
    void whatIsNotKnownStaysAsItCame();
};

void ContentDecoderTest::everyCodingIsTakenOff()
{
    const auto check = [](const std::string &body, std::string_view encoding) {
        const Decoded d = decodeContent(body, encoding, 1 << 20);
        return d.state == State::Whole && d.bytes == kText && d.why.empty();
    };
    QVERIFY(check(gzip(kText), "gzip"));
    QVERIFY(check(gzip(kText), " X-GZIP "));
    QVERIFY(check(gzip(kText.substr(0, 10)) + gzip(kText.substr(10)), "gzip"));
    QVERIFY(check(deflated(kText, 15), "deflate"));
    QVERIFY(check(deflated(kText, -15), "deflate"));
    QVERIFY(check(zstd(kText), "zstd"));
    QVERIFY(check(zstd(kText.substr(0, 10)) + zstd(kText.substr(10)), "zstd"));
    QVERIFY(check(kText, "identity"));
    QVERIFY(check(kText, ""));
    QVERIFY(decodeContent("", "gzip", 10).state == State::Whole);
    const Decoded hello = decodeContent(brotliHello(), "br", 100);
    QVERIFY2(hello.state == State::Whole, hello.why.c_str());
    QCOMPARE(hello.bytes, "hello hello hello hello\n");
}

void ContentDecoderTest::theBoundHolds()
{
    const std::string zeros(50 << 20, 0);
    const std::string bombs[][2] = {{gzip(zeros), "gzip"},
                                    {deflated(zeros, 15), "deflate"},
                                    {deflated(zeros, -15), "deflate"},
                                    {zstd(zeros), "zstd"},
                                    {brotliHello(), "br"},
                                    {zeros, ""}};
    for (const auto &[body, encoding] : bombs) {
        for (const size_t most : {size_t(0), size_t(1), size_t(10)}) {
            const Decoded d = decodeContent(body, encoding, most);
            QVERIFY2(d.state == State::Cut, encoding.c_str());
            QCOMPARE(d.bytes.size(), most);
            QVERIFY(d.bytes.capacity() < (1 << 20));
        }
    }
    QVERIFY(decodeContent(gzip(kText), "gzip", kText.size()).state == State::Whole);
    QVERIFY(decodeContent(gzip(kText), "gzip", kText.size() - 1).state == State::Cut);
    QVERIFY(decodeContent(zstd(kText), "zstd", kText.size()).state == State::Whole);
    QVERIFY(decodeContent(brotliHello(), "br", 24).state == State::Whole);
    QVERIFY(decodeContent(brotliHello(), "br", 23).state == State::Cut);
    QVERIFY(decodeContent(gzip(kText), "gzip", size_t(-1)).state == State::Whole);
}

void ContentDecoderTest::whatEndsEarlyIsCut()
{
    const std::string coded[][2] = {{gzip(kText), "gzip"}, {deflated(kText, 15), "deflate"}, {zstd(kText), "zstd"}};
    for (const auto &[body, encoding] : coded) {
        const Decoded d = decodeContent(std::string_view(body).substr(0, body.size() / 2), encoding, 1 << 20);
        QVERIFY2(d.state == State::Cut, encoding.c_str());
        QVERIFY(!d.why.empty());
        QVERIFY2(kText.starts_with(d.bytes), encoding.c_str());
    }
    const std::string hello = brotliHello();
    for (size_t n = 1; n < hello.size(); ++n)
        QVERIFY(decodeContent(hello.substr(0, n), "br", 100).state == State::Cut);
    const std::string small = gzip("hello");
    for (size_t n = 1; n < small.size(); ++n)
        QVERIFY(decodeContent(small.substr(0, n), "gzip", 100).state == State::Cut);
}

void ContentDecoderTest::whatIsDamagedSaysSo()
{
    for (const char *encoding : {"gzip", "deflate", "br", "zstd"}) {
        const Decoded d = decodeContent("\xff\xff\xff\xff nonsense", encoding, 1 << 20);
        QVERIFY2(d.state == State::Corrupt, encoding);
        QVERIFY(!d.why.empty());
    }
    std::string body = gzip(kText);
    body[body.size() - 6] = char(body[body.size() - 6] ^ 1);  // the checksum
    const Decoded d = decodeContent(body, "gzip", 1 << 20);
    QVERIFY(d.state == State::Corrupt);
    QCOMPARE(d.bytes, kText);
    QVERIFY(decodeContent(gzip(kText) + "more", "gzip", 1 << 20).state == State::Corrupt);
    QVERIFY(decodeContent(deflated(kText, 15) + "more", "deflate", 1 << 20).state == State::Corrupt);
}

void ContentDecoderTest::severalCodingsAreTakenOffFromTheLast()
{
    QCOMPARE(decodeContent(zstd(gzip(kText)), "gzip, zstd", 1 << 20).bytes, kText);
    QVERIFY(decodeContent(zstd(gzip(kText)), "zstd, gzip", 1 << 20).state == State::Corrupt);
    const Decoded cut = decodeContent(zstd(gzip(kText)), "gzip, zstd", 1000);
    QVERIFY(cut.state == State::Cut);
    QVERIFY(kText.starts_with(cut.bytes) && cut.bytes.size() <= 1000);
    QVERIFY(decodeContent(kText, "identity, identity, identity, identity", 1 << 20).state == State::Whole);
    QVERIFY(decodeContent(kText, "identity, identity, identity, identity, identity", 1 << 20).state == State::Unknown);
}

void ContentDecoderTest::whatIsNotKnownStaysAsItCame()
{
    const Decoded d = decodeContent("abc", "lzma", 2);
    QVERIFY(d.state == State::Unknown);
    QCOMPARE(d.bytes, "ab");
    const Decoded inner = decodeContent(gzip("abc"), "lzma, gzip", 100);
    QVERIFY(inner.state == State::Unknown);
    QCOMPARE(inner.bytes, "abc");
}

QTEST_APPLESS_MAIN(ContentDecoderTest)
#include "content_decoder_test.moc"
