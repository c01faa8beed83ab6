// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/text.h"
#include "engine/config/values.h"

#include <QTest>

using namespace sluice;
using namespace sluice::config;

class ValuesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sizes_have_units_of_1000_and_of_1024()
    {
        uint64_t bytes = 7;
        QVERIFY(parseSize("1MiB", bytes) && bytes == 1048576);
        QVERIFY(parseSize("2GB", bytes) && bytes == 2'000'000'000);
        QVERIFY(parseSize("1.5KiB", bytes) && bytes == 1536);
        QVERIFY(parseSize("512", bytes) && bytes == 512);
        for (const char *bad : {"", "-1", "1mb", "MiB", "1 MiB", "1e3", "99999999TiB", "1MiBx", "nan", "inf"})
            QVERIFY2(!parseSize(bad, bytes), bad);
        QCOMPARE(bytes, uint64_t(512));
        QCOMPARE(sizeText(1 << 20), std::string("1MiB"));
        QCOMPARE(sizeText(1000), std::string("1000"));
    }

    void shares_rates_and_dates_are_read_strictly()
    {
        double number = 0;
        Nanos span{};
        std::chrono::sys_days date;
        QVERIFY(parsePercent("20%", number) && number == 20);
        QVERIFY(parsePercent("0.5%", number) && number == 0.5);
        for (const char *bad : {"20", "%", "101%", "-1%", "20%%"})
            QVERIFY2(!parsePercent(bad, number), bad);
        QVERIFY(parseRate("10/s", number, span) && number == 10 && span == std::chrono::seconds(1));
        QVERIFY(parseRate("5/10m", number, span) && span == std::chrono::minutes(10));
        for (const char *bad : {"10", "10/", "0/s", "/s", "10/x", "10/0s", "10/-1s"})
            QVERIFY2(!parseRate(bad, number, span), bad);
        QVERIFY(parseDate("2028-02-29", date));
        for (const char *bad : {"2026-02-29", "2026-13-01", "2026-6-1", "26-06-01", "1969-12-31", "2026-06-01x"})
            QVERIFY2(!parseDate(bad, date), bad);
    }

    void an_origin_is_scheme_host_and_port()
    {
        Origin origin;
        QCOMPARE(parseOrigin("HTTP://Example.Test", false, origin), std::string());
        QCOMPARE(origin.url(), std::string("http://example.test:80"));
        QCOMPARE(parseOrigin("https://[::1]:8443/", false, origin), std::string());
        QCOMPARE(origin.url(), std::string("https://[::1]:8443"));
        QCOMPARE(parseOrigin("http://*:0", true, origin), std::string());
        QCOMPARE(parseOrigin("http://:8080", true, origin), std::string());
        for (const char *bad : {"",
                                "localhost:3000",
                                "http://",
                                "http://*:1",
                                "http://a:0",
                                "http://a:65536",
                                "http://a:+1",
                                "http://a:",
                                "http://a:1/x",
                                "http://a:1?x",
                                "http://u@a:1",
                                "http://[::1",
                                "http://[1.2.3.4]:1",
                                "http://::1:80",
                                "http://1.2.3.4.5:1",
                                "http://1.2.3.256:1",
                                "http://a..b:1",
                                "http://a b:1",
                                "tcp://a:1",
                                "http://a%41:1"})
            QVERIFY2(!parseOrigin(bad, false, origin).empty(), bad);
    }

    void networks_are_addresses_with_a_prefix()
    {
        for (const char *good : {"10.0.0.0/8", "127.0.0.1", "::1/128", "fd00::/8", "0.0.0.0/0"})
            QVERIFY2(isCidr(good), good);
        for (const char *bad :
             {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "localhost", "10.0.0.0/8/8", "10.0.0.1/8"})
            QVERIFY2(!isCidr(bad), bad);
    }

    void the_nearest_word_is_one_that_a_finger_slipped_from()
    {
        const std::vector<std::string> words = {"services", "routes", "listen", "weight", "round_robin"};
        QCOMPARE(nearest("servces", words), std::string("services"));
        QCOMPARE(nearest("Routes", words), std::string("routes"));
        QCOMPARE(nearest("round-robin", words), std::string("round_robin"));
        QCOMPARE(nearest("wieght", words), std::string("weight"));
        QCOMPARE(nearest("banana", words), std::string());
        QCOMPARE(nearest(std::string(10'000, 'x'), words), std::string());
        QCOMPARE(nearestHint("banana", {"a", "b"}), std::string("known here: a, b"));
    }
};

QTEST_APPLESS_MAIN(ValuesTest)
#include "values_test.moc"
