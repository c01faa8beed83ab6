// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets that the settings name never leave the redactor in clear, and nothing else changes.
#include "engine/recording/facts.h"
#include "secrets.h"

#include <QtTest>

using namespace sluice;
using namespace sluice::secrets;
using recording::Placeholders;
class RedactionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void json_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        const auto row = [](const char *name, const char *before, const char *after) {
            QTest::newRow(name) << before << after;
        };
        // In `after`, <X> stands for the placeholder of X in quotes.
        row("text", "{ \"user\" : \"ada\" , \"password\" : \"s3cret!\" }",
            "{ \"user\" : \"ada\" , \"password\" : <s3cret!> }");
        row("nothing named", "{\"a\":\"password\",\"b\":[\"password\"]}", "{\"a\":\"password\",\"b\":[\"password\"]}");
        row("number", "{\"password\":12345,\"a\":1}", "{\"password\":<12345>,\"a\":1}");
        row("object whole", "{\"password\":{\"old\":\"a}\",\"new\":[\"b\"]},\"a\":1}",
            "{\"password\":<{\"old\":\"a}\",\"new\":[\"b\"]}>,\"a\":1}");
        row("null says nothing", "{\"password\":null}", "{\"password\":null}");
        row("empty", "{\"password\":\"\"}", "{\"password\":\"\"}");
        row("any depth", "[{\"x\":{\"password\":\"deep1\"}}]", "[{\"x\":{\"password\":<deep1>}}]");
        row("any case", "{\"Password\":\"cased1\"}", "{\"Password\":<cased1>}");
        row("escaped key", "{\"p\\u0061ssword\":\"hidden1\"}", "{\"p\\u0061ssword\":<hidden1>}");
        row("escaped value", "{\"password\":\"a\\\"b\"}", "{\"password\":<a\"b>}");
        row("path", "{\"card\":{\"number\":\"4111\",\"name\":\"Ada\"},\"number\":\"7\"}",
            "{\"card\":{\"number\":<4111>,\"name\":\"Ada\"},\"number\":\"7\"}");
        row("path through arrays", "{\"card\":[{\"number\":\"4111\"},{\"number\":\"4222\"}]}",
            "{\"card\":[{\"number\":<4111>},{\"number\":<4222>}]}");
        row("path not from the top", "{\"a\":{\"card\":{\"number\":\"4111\"}}}",
            "{\"a\":{\"card\":{\"number\":\"4111\"}}}");
        row("cut in the secret", "{\"user\":\"ada\",\"password\":\"s3cr", "{\"user\":\"ada\",\"password\":<s3cr>");
        row("cut in an object", "{\"password\":{\"old\":\"s3cr", "{\"password\":<{\"old\":\"s3cr>");
        row("cut in a number", "{\"password\":123", "{\"password\":<123>");
        row("cut before", "{\"user\":\"ada\",\"password\":", "{\"user\":\"ada\",\"password\":");
        row("malformed", "{\"a\":]} \"card\":{\"number\":\"4111\"} number \"password\" : \"s3cret\"",
            "{\"a\":]} \"card\":{\"number\":<4111>} number \"password\" : <s3cret>");
        row("malformed, no path", "}{\"number\":\"4111\"}", "}{\"number\":<4111>}");
        row("an odd quote in an event", "data: 5\" of rain\n\ndata: {\"password\":\"one111\"}\n",
            "data: 5\" of rain\n\ndata: {\"password\":<one111>}\n");
        row("a line cut in a key", "{\"a\":\"x\n{\"pass\n{\"password\":\"one111\"}",
            "{\"a\":\"x\n{\"pass\n{\"password\":<one111>}");
        row("a line cut in the secret", "{\"password\":\"one1\n{\"password\":\"two222\"}",
            "{\"password\":<one1>\n{\"password\":<two222>}");
        row("an event in two lines", "data: {\"password\":\ndata: \"one111\"}\n",
            "data: {\"password\":\ndata: <one111>}\n");
        row("events", "data: {\"password\":\"one111\"}\n\ndata: {\"password\":\"two222\"}\n\n",
            "data: {\"password\":<one111>}\n\ndata: {\"password\":<two222>}\n\n");
    }
    void json()
    {
        QFETCH(QString, before);
        QFETCH(QString, after);
        std::string expected;
        const std::string raw = after.toStdString();
        for (size_t at = 0; at < raw.size(); ++at) {
            const size_t end = raw[at] == '<' ? raw.find('>', at) : raw.npos;
            if (end == raw.npos) {
                expected += raw[at];
            } else {
                expected += "\"" + placeholder(std::string_view(raw).substr(at + 1, end - at - 1)) + "\"";
                at = end;
            }
        }
        std::string text = before.toStdString();
        Placeholders placeholders(key);
        const bool changed = recording::redactJson(text, settings().redactJson, placeholders);
        QCOMPARE(QString::fromStdString(text), QString::fromStdString(expected));
        QCOMPARE(changed, before.toStdString() != expected);
    }

    void jsonWithinATextIsLookedInto()
    {
        Placeholders placeholders(key);
        std::string inner = "{\"user\":\"ada\",\"password\":\"s3\\\"cret\"}";
        std::string text = inner;
        for (int depth = 1; depth <= 3; ++depth) {
            std::string outer = "{\"password\":null,\"message\":";
            appendJson(outer, text);
            text = outer + ",\"n\":[1, 2]}";
            std::string redacted = text;
            QVERIFY(recording::redactJson(redacted, settings().redactJson, placeholders));
            QCOMPARE(redacted.find("cret\""), redacted.npos);
            QVERIFY(redacted.find(placeholder("s3\"cret")) != redacted.npos);
            QVERIFY(redacted.ends_with(",\"n\":[1, 2]}"));
        }
        std::string harmless = "{\"message\":\"she said \\\"password\\\" once\"}";
        QVERIFY(!recording::redactJson(harmless, settings().redactJson, placeholders));
    }

    void deepNestingHidesNothing()
    {
        std::string text;
        for (int i = 0; i < 5000; ++i)
            text += "{\"a\":[";
        text += "{\"password\":\"bottom\",\"number\":\"4111\"}";
        Placeholders placeholders(key);
        recording::redactJson(text, settings().redactJson, placeholders);
        QCOMPARE(text.find("bottom"), text.npos);
        QCOMPARE(text.find("4111"), text.npos);  // too deep to know the path: rather too much
    }

    void headersKeepWhatIsNoSecret_data()
    {
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("after");
        QTest::newRow("Authorization") << "Bearer abc.def"
                                       << "Bearer <abc.def>";
        QTest::newRow("authorization") << "abcdef"
                                       << "<abcdef>";
        QTest::newRow("Cookie") << "a=one1; b=two2;c"
                                << "a=<one1>; b=<two2>;<c>";
        QTest::newRow("Set-Cookie") << "sid=abc123; Path=/; HttpOnly"
                                    << "sid=<abc123>; Path=/; HttpOnly";
        QTest::newRow("X-API-Key") << "k 1"
                                   << "<k 1>";
    }
    void headersKeepWhatIsNoSecret()
    {
        QFETCH(QString, value);
        QFETCH(QString, after);
        Placeholders placeholders(key);
        QCOMPARE(QString::fromStdString(
                     recording::redactedFieldValue(QTest::currentDataTag(), value.toStdString(), placeholders)),
                 QString::fromStdString(filledIn(after)));
    }

    void formsAndQueriesLoseTheirSecrets()
    {
        Placeholders placeholders(key);
        std::string form = "user=ada&p%61ssword=s3cret+1&card[number]=4111&x=password";
        QVERIFY(recording::redactForm(form, settings().redactJson, placeholders));
        QCOMPARE(form,
                 "user=ada&p%61ssword=" + placeholder("s3cret 1") + "&card[number]=" + placeholder("4111")
                     + "&x=password");
        std::string clean = "a=1&&b";
        QVERIFY(!recording::redactForm(clean, settings().redactJson, placeholders));
        QCOMPARE(clean, std::string("a=1&&b"));
    }

    void urlsLoseTheirSecretsWhereverTheyStand_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        const auto row = [](const char *before, const char *after) { QTest::newRow(before) << before << after; };
        row("/a?b=1&password=s3cret+1#password=deep", "/a?b=1&password=<s3cret 1>#password=<deep>");
        row("/cb#password=one&x=2#password=two", "/cb#password=<one>&x=2#password=<two>");
        row("/a?b=1;password=one1;c=2&d=3", "/a?b=1;password=<one1>;c=<2>&d=3");
        row("/a?b=1?password=one1", "/a?b=1?password=<one1>");
        row("/a?password=one;two?three&d", "/a?password=<one;two?three>&d");
        row("/#/login?password=one1", "/#/login?password=<one1>");
        row("http://bob:s3%40cret@host/x?a=1", "http://bob:<s3@cret>@host/x?a=1");
        row("//bob:s3cret@host", "//bob:<s3cret>@host");
        row("https://ghp-token@host/", "https://<ghp-token>@host/");
        row("http://a@b:s3cret@host/", "http://a@b:<s3cret>@host/");
        row("bob:s3cret@host:443", "bob:<s3cret>@host:443");
        row("/a:b@c//x@y?mail=bob@host", "/a:b@c//x@y?mail=bob@host");
        row("http://host/@name?x#@y", "http://host/@name?x#@y");
        row("?x=http://bob@host", "?x=http://bob@host");
    }
    void urlsLoseTheirSecretsWhereverTheyStand()
    {
        QFETCH(QString, before);
        QFETCH(QString, after);
        std::string url = before.toStdString();
        Placeholders placeholders(key);
        for (int twice = 0; twice < 2; ++twice) {  // what is a placeholder stays
            recording::redactUrl(url, settings().redactJson, placeholders);
            QCOMPARE(QString::fromStdString(url), QString::fromStdString(filledIn(after)));
        }
    }

    void aTargetThatWasRefusedKeepsNoUserInformation()
    {
        journey::Exchange x;
        x.received.target = "http://bob:s3cret@host/";
        x.received.authority = x.path = "bob:s3cret@host";
        x.received.headers.add("Host", "bob:s3cret@host");
        x.failure = "The authority bob:s3cret@host is malformed";
        config::RecordSettings bare;
        bare.redactJson.clear();
        recording::Redactor redactor(bare, key);
        redactor.redact(x);
        const std::string all =
            x.received.target + x.received.authority + x.failure + std::string(x.received.headers.get("Host"));
        QCOMPARE(all.find("s3cret"), all.npos);
        QCOMPARE(x.received.authority, "bob:" + placeholder("s3cret") + "@host");
    }

    void aSecretThatComesAgainElsewhereIsReplacedThereToo()
    {
        journey::Exchange x;
        x.received.target = "/a/charset?x=1&token=s3+cret%2F1&y=s3%20cret/1";
        x.query = "x=1&token=s3+cret%2F1&y=s3%20cret/1";
        x.received.headers.add("Authorization", "Bearer s3 cret/1");
        x.received.headers.add("Content-Type", "text/plain; charset=utf-8");
        x.received.headers.add("Cookie", "a=charset; b=short");
        x.received.headers.add("X-Copy", "it was s3 cret/1, short");
        x.returned.headers.add("Location", "/next?t=s3%20cret%2f1");
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        const std::string mark = placeholder("s3 cret/1");
        QCOMPARE(x.received.headers.get("X-Copy"), std::string_view("it was " + mark + ", short"));
        QCOMPARE(x.received.headers.get("Content-Type"), std::string_view("text/plain; charset=utf-8"));
        QCOMPARE(x.query, "x=1&token=" + mark + "&y=" + mark);
        QCOMPARE(x.received.target, "/a/charset?x=1&token=" + mark + "&y=" + mark);
        QCOMPARE(x.returned.headers.get("Location"), std::string_view("/next?t=" + mark));
    }

    void theSameSecretInEveryEncodingHasOnePlaceholder()
    {
        const std::string secret = "s3 cr\u00e9t \"x\"";
        journey::Exchange x;
        x.received.headers.add("X-API-Key", secret);
        x.query = "password=s3+cr%C3%A9t+%22x%22";
        x.requestBody.bytes = "{\"password\":\"s3 cr\\u00e9t \\\"x\\\"\"}";
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        QCOMPARE(x.received.headers.get("X-API-Key"), std::string_view(placeholder(secret)));
        QCOMPARE(x.query, "password=" + placeholder(secret));
        QCOMPARE(x.requestBody.bytes, "{\"password\":\"" + placeholder(secret) + "\"}");
    }

    void noPartOfAnExchangeKeepsASecret()
    {
        const std::string secret = "s3cret-value";
        journey::Exchange x;
        for (http::HeaderList *list : {&x.received.headers, &x.sent.headers, &x.answer.headers, &x.returned.headers,
                                       &x.requestTrailers, &x.responseTrailers}) {
            list->add("authorization", "Bearer " + secret);
            list->add("Cookie", "a=" + secret);
            list->add("Set-Cookie", "a=" + secret + "; Secure");
            list->add("Location", "/next?password=" + secret + "#end");
            list->add("Accept", "*/*");
        }
        x.received.target = x.sent.target = "/login?a=1&password=" + secret;
        x.query = "a=1&password=" + secret;
        x.requestBody.bytes = "{\"password\":\"" + secret + "\"}";
        x.requestBody.size = x.requestBody.bytes.size();
        x.responseBody = x.requestBody;
        x.decisions.add(journey::Stage::Auth, "refused", "the token " + secret + " is not known");
        x.failure = "bad token " + secret;
        x.attempts.push_back({"http://127.0.0.1:1", {}, {}, {}, {}, 0, false, "said " + secret});
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        std::string all = x.received.target + x.sent.target + x.query + x.requestBody.bytes + x.responseBody.bytes
            + x.decisions.json() + x.failure + x.attempts[0].error;
        for (const http::HeaderList *list : {&x.received.headers, &x.sent.headers, &x.answer.headers,
                                             &x.returned.headers, &x.requestTrailers, &x.responseTrailers}) {
            for (const http::Field field : *list)
                all += std::string(field.name) + std::string(field.value);
            QCOMPARE(list->size(), size_t(5));
            QCOMPARE(list->get("Accept"), std::string_view("*/*"));
        }
        QCOMPARE(all.find(secret), all.npos);
        QVERIFY(all.find(placeholder(secret)) != all.npos);
        QVERIFY(x.requestBody.redacted && !x.requestBody.cut());
    }

    void decisionsStayWhatTheyAreWhateverTheSecret_data()
    {
        QTest::addColumn<QString>("secret");
        for (const char *word :
             {"stage", "balance", "limited", "outcome", "123456", "a\"quoted\"\nline", "secret:", "closed"})
            QTest::newRow(word) << word;
    }
    // A password may be a word of ours, digits of a fact, or have what JSON escapes.
    void decisionsStayWhatTheyAreWhateverTheSecret()
    {
        QFETCH(QString, secret);
        const std::string word = secret.toStdString();
        journey::Exchange x;
        x.returned.status = 200;
        x.requestTrailers.add("X-API-Key", "1234567890");
        x.requestBody.bytes = "{\"password\":";
        appendJson(x.requestBody.bytes, word);
        x.requestBody.bytes += "}";
        x.requestBody.size = x.requestBody.bytes.size();
        x.decisions.add(journey::Stage::Limit, "limited", "the key " + word + " is over",
                        [&](JsonObject &f) { f.add("left", 123456).add("key", word).add("balance", "12"); });
        x.decisions.add(journey::Stage::Breaker, "closed", "fine");
        recording::Redactor redactor(settings(), key);
        redactor.redact(x);
        const auto back = journey::DecisionLog::parse(x.decisions.json());
        QVERIFY2(back, x.decisions.json().c_str());
        QCOMPARE(back->size(), size_t(2));
        QCOMPARE(back->front().stage, std::string("limit"));
        QCOMPARE(back->front().outcome, std::string("limited"));
        if (word.size() >= 6)
            QCOMPARE(back->front().why, "the key " + placeholder(word) + " is over");
        QCOMPARE(back->front().facts[0].second, std::string("123456"));
        QCOMPARE(back->front().facts[2].first, std::string("balance"));
        QVERIFY(recording::isBits(x) & recording::kLimited);
        QCOMPARE(recording::lastOutcome(x.decisions, journey::Stage::Breaker), std::string_view("closed"));
    }

    void aSecretThatBeginsAnotherLeavesNothingOfIt()
    {
        Placeholders placeholders(key);
        placeholders.of("abcdef");
        placeholders.of("abcdefgh");
        std::string text = "abcdefgh abcdef " + placeholder("abcdef");
        QVERIFY(placeholders.replaceIn(text));
        QCOMPARE(text, placeholder("abcdefgh") + " " + placeholder("abcdef") + " " + placeholder("abcdef"));
    }

    void theSameSecretLooksTheSameAndAnotherKeyMakesAnother()
    {
        QCOMPARE(placeholder("one"), placeholder("one"));
        QVERIFY(placeholder("one") != placeholder("two"));
        Placeholders other(recording::PlaceholderKey{9});
        QVERIFY(other.of("one") != placeholder("one"));
        QVERIFY(QRegularExpression("^\\{\\{secret:[0-9a-f]{12}\\}\\}$")
                    .match(QString::fromStdString(placeholder("one")))
                    .hasMatch());
    }
};

QTEST_APPLESS_MAIN(RedactionTest)
#include "redaction_test.moc"
