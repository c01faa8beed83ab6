// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/ip.h"
#include "engine/http/uri.h"

#include <QTest>

using namespace sluice::http;

namespace {

std::string normal(std::string_view path)
{
    std::string storage;
    const auto result = normalisePath(path, storage);
    return result ? std::string(*result) : "refused";
}

}  // namespace

class UriTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aTargetIsPartedIntoPathAndQuery();
    void aPathIsBroughtIntoOneForm();
    void aPathThatCanBeReadInTwoWaysIsRefused();
    void aPathWithNothingToDoIsNotCopied();
    void normalisingTwiceChangesNothing();
    void aQueryIsWalkedAndLookedUp();
    void escapesGoThereAndBack();
    void anAuthorityIsParsedStrictly();
    void aUrlIsParsedOrSaysWhatIsWrong();
    void addressesAreReadAndWritten();
    void aNetworkContainsItsAddresses();
};

void UriTest::aTargetIsPartedIntoPathAndQuery()
{
    const auto parts = [](std::string_view target) {
        const TargetParts p = splitTarget(target);
        return std::string(p.path) + " " + (p.hasQuery ? "?" : "") + std::string(p.query);
    };
    QCOMPARE(parts("/a/b?c=d?e"), "/a/b ?c=d?e");
    QCOMPARE(parts("/a"), "/a ");
    QCOMPARE(parts("/a?"), "/a ?");
    QCOMPARE(parts("*"), "* ");
    QCOMPARE(parts("http://h/a?b"), "/a ?b");
    QCOMPARE(parts("http://h"), "/ ");
    QCOMPARE(parts("http://h?b"), "/ ?b");
    QCOMPARE(parts("/http://h?b"), "/http://h ?b");
}

void UriTest::aPathIsBroughtIntoOneForm()
{
    QCOMPARE(normal("/"), "/");
    QCOMPARE(normal("*"), "*");
    QCOMPARE(normal("/a//b/"), "/a//b/");
    QCOMPARE(normal("/%7euser/%61%2d"), "/~user/a-");
    QCOMPARE(normal("/%e2%82%ac"), "/%E2%82%AC");
    QCOMPARE(normal("/a%2fb%5cc%3bd%3fe%23f%25"), "/a%2Fb%5Cc%3Bd%3Fe%23f%25");
    QCOMPARE(normal("/%252e%252e/a"), "/%252e%252e/a");  // once, not twice
    QCOMPARE(normal("/a/./b"), "/a/b");
    QCOMPARE(normal("/a/../b"), "/b");
    QCOMPARE(normal("/a/%2e%2E/b"), "/b");
    QCOMPARE(normal("/a/.%2e/b"), "/b");
    QCOMPARE(normal("/a/b/.."), "/a/");
    QCOMPARE(normal("/a/b/."), "/a/b/");
    QCOMPARE(normal("/a/.."), "/");
    QCOMPARE(normal("/."), "/");
    QCOMPARE(normal("/a//../b"), "/a/b");
    QCOMPARE(normal("/.well-known/...//.x"), "/.well-known/...//.x");
    QCOMPARE(normal("/a;v=1/b;x"), "/a;v=1/b;x");
    QCOMPARE(normal("/a%2Fb"), "/a%2Fb");
    QCOMPARE(normal("/a|b{c}"), "/a|b{c}");
}

void UriTest::aPathThatCanBeReadInTwoWaysIsRefused()
{
    for (const char *path : {"",
                             "a",
                             "/..",
                             "/../a",
                             "/a/../../b",
                             "/%2e%2e/",
                             "/a/%2e%2e/%2E./b",
                             "/%",
                             "/%4",
                             "/%zz",
                             "/a%00b",
                             "/a\\b",
                             "/a\\..\\b",
                             "/a b",
                             "/a\x01",
                             "/caf\xc3\xa9",
                             "/a#b",
                             "/a?b",
                             "/a/..;/b",
                             "/a/..;x=1/b",
                             "/a/.;/b",
                             "/a/%2e%2e;/b",
                             "/a/..%3b/b",
                             "/a/..%2fb",
                             "/a%2f..",
                             "/a%2f../b",
                             "/a%5c..",
                             "/..%5c..%5c",
                             "/a%2F%2e%2e%2Fb",
                             "/a%2f..;x%2fb"})
        QVERIFY2(normal(path) == "refused", path);
}

void UriTest::aPathWithNothingToDoIsNotCopied()
{
    std::string storage;
    const std::string_view path = "/api/users/42;v=1/items:all@x,y";
    const auto result = normalisePath(path, storage);
    QVERIFY(result.ok());
    QVERIFY(result->data() == path.data());
    QVERIFY(storage.empty());
}

void UriTest::normalisingTwiceChangesNothing()
{
    // Every path of up to five of these pieces.
    const std::vector<std::string> pieces{"/", ".", "a", "%2e", "%2F", ";", "%41"};
    std::vector<std::string> paths{"/"};
    size_t taken = 0;
    for (size_t from = 0, round = 0; round < 5; ++round) {
        const size_t end = paths.size();
        for (; from < end; ++from) {
            for (const std::string &piece : pieces)
                paths.push_back(paths[from] + piece);
        }
    }
    for (const std::string &path : paths) {
        const std::string once = normal(path);
        if (once == "refused")
            continue;
        ++taken;
        QVERIFY2(normal(once) == once, path.c_str());
        QVERIFY2((once + "/").find("/../") == once.npos && (once + "/").find("/./") == once.npos, path.c_str());
    }
    QVERIFY(taken > 1000);
}

void UriTest::aQueryIsWalkedAndLookedUp()
{
    std::string seen;
    std::string_view rest = "a=1&&b&c==2&%64+e=f%20g+h&";
    for (QueryPair pair; nextPair(rest, pair);)
        seen += pair.decodedName() + (pair.hasValue ? "=" : "") + pair.decodedValue() + "|";
    QCOMPARE(seen, "a=1|b|c==2|d e=f g h|");
    QVERIFY(queryValue("a=1&b=2&b=3", "b") == "2");
    QVERIFY(queryValue("a=1&b", "b") == "");
    QVERIFY(queryValue("%62=x%zz", "b") == "x%zz");
    QVERIFY(!queryValue("a=1", "A"));
    QVERIFY(!queryValue("", "a"));
}

void UriTest::escapesGoThereAndBack()
{
    std::string all;
    for (int i = 0; i < 256; ++i)
        all += char(i);
    QCOMPARE(percentDecode(percentEncode(all)), all);
    QCOMPARE(percentEncode("a/b c~", "/"), "a/b%20c~");
    QCOMPARE(percentDecode("a%2Fb%2fc+%4"), "a/b/c+%4");
}

void UriTest::anAuthorityIsParsedStrictly()
{
    const auto parsed = [](std::string_view text) {
        const auto a = parseAuthority(text);
        return a ? std::string(a->host) + " " + std::to_string(a->port) + (a->ipv6 ? " 6" : "") : "refused";
    };
    QCOMPARE(parsed("Shop.example"), "Shop.example 0");
    QCOMPARE(parsed("shop:1"), "shop 1");
    QCOMPARE(parsed("127.0.0.1:65535"), "127.0.0.1 65535");
    QCOMPARE(parsed("[::1]"), "::1 0 6");
    QCOMPARE(parsed("[2001:db8::1]:443"), "2001:db8::1 443 6");
    for (const char *bad :
         {"",       ":",      ":80",          "a:",     "a:0", "a:080", "a:65536", "a:99999",     "a:1x",
          "a:-1",   "a b",    "a/b",          "u@a",    "[",   "[]",    "[]:1",    "[1.2.3.4]",   "[::1",
          "[::1]x", "[::1]:", "[::1%25eth0]", "[g::1]", "::1", "a,b",   "a%41",    "caf\xc3\xa9", "a~b"})
        QVERIFY2(parsed(bad) == "refused", bad);
    QCOMPARE(parsed(std::string(255, 'a')), std::string(255, 'a') + " 0");
    QCOMPARE(parsed(std::string(256, 'a')), "refused");
}

void UriTest::aUrlIsParsedOrSaysWhatIsWrong()
{
    const auto round = [](std::string_view text) {
        const auto url = parseUrl(text);
        return url ? url->text() : "no: " + url.error().what;
    };
    QCOMPARE(round("http://LOCALHOST:3000"), "http://localhost:3000/");
    QCOMPARE(round("HTTPS://a:443/b/../c?d=e"), "https://a/c?d=e");
    QCOMPARE(round("http://[::1]:80"), "http://[::1]/");
    QCOMPARE(round("http://a?b"), "http://a/?b");
    const auto url = parseUrl("https://a");
    QVERIFY(url.ok() && url->port == 443 && url->path == "/" && url->host == "a");
    for (const char *bad : {"", "a", "localhost:3000", "ftp://a", "http://", "http:///a", "http://u:p@a/",
                            "http://a/#b", "http://a/ b", "http://a:x/", "http://a/..", "http://a/%zz"}) {
        QVERIFY2(round(bad).starts_with("no: "), bad);
        QVERIFY2(round(bad).size() > 20, bad);
    }
    QVERIFY(round("http://u:secret@a/").find("secret") == std::string::npos);
}

void UriTest::addressesAreReadAndWritten()
{
    const auto round = [](std::string_view t) { return parseIp(t) ? text(*parseIp(t)) : "refused"; };
    QCOMPARE(round("192.0.2.255"), "192.0.2.255");
    QCOMPARE(round("::"), "::");
    QCOMPARE(round("::1"), "::1");
    QCOMPARE(round("1::"), "1::");
    QCOMPARE(round("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
    QCOMPARE(round("2001:db8:0:1:0:0:0:1"), "2001:db8:0:1::1");
    QCOMPARE(round("1:0:2:3:4:5:6:7"), "1:0:2:3:4:5:6:7");
    QCOMPARE(round("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
    QCOMPARE(round("::ffff:192.0.2.1"), "192.0.2.1");
    QCOMPARE(round("64:ff9b::192.0.2.1"), "64:ff9b::c000:201");
    QCOMPARE(round("fe80::1%eth0"), "fe80::1");
    for (const char *bad : {"",
                            "1",
                            "1.2.3",
                            "1.2.3.4.5",
                            "1.2.3.256",
                            "01.2.3.4",
                            "1.2.3.4 ",
                            "1..2.3",
                            ":",
                            ":1",
                            "1:",
                            ":::",
                            "1::2::3",
                            "1:2:3:4:5:6:7",
                            "1:2:3:4:5:6:7:8:9",
                            "1:2:3:4:5:6:7:8::",
                            "12345::",
                            "g::",
                            "::1.2.3",
                            "::1%",
                            "1.2.3.4::",
                            "1:2:3:4:5:6:7:1.2.3.4"})
        QVERIFY2(round(bad) == "refused", bad);
}

void UriTest::aNetworkContainsItsAddresses()
{
    const auto contains = [](std::string_view network, std::string_view address) {
        return parseCidr(network) && parseCidr(network)->contains(*parseIp(address));
    };
    QVERIFY(contains("10.0.0.0/8", "10.255.1.2"));
    QVERIFY(!contains("10.0.0.0/8", "11.0.0.1"));
    QVERIFY(contains("192.0.2.128/25", "192.0.2.200"));
    QVERIFY(!contains("192.0.2.128/25", "192.0.2.127"));
    QVERIFY(contains("192.0.2.1", "192.0.2.1"));
    QVERIFY(contains("0.0.0.0/0", "1.2.3.4"));
    QVERIFY(!contains("0.0.0.0/0", "::1"));
    QVERIFY(contains("::/0", "::1"));
    QVERIFY(contains("2001:db8::/33", "2001:db8:7fff::1"));
    QVERIFY(!contains("2001:db8::/33", "2001:db8:8000::1"));
    QVERIFY(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
    QVERIFY(contains("127.0.0.0/8", "::ffff:127.0.0.1"));
    for (const char *bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/08", "10.0.0.0/8/8", "::/129",
                            "a/8", "::ffff:10.0.0.0/8"})
        QVERIFY2(!parseCidr(bad), bad);
}

QTEST_APPLESS_MAIN(UriTest)
#include "uri_test.moc"
