// SPDX-License-Identifier: GPL-3.0-or-later
// What was redacted and is unsealed again means what it meant: in fields, targets and contents of each kind.
#include "engine/recording/unsealing.h"
#include "secrets.h"

#include <QJsonDocument>
#include <QTest>

#include <map>

using namespace sluice;
using namespace sluice::recording;

namespace {

// A redactor, and a box that opens for what it met.
struct Kept {
    Kept() : redactor(secrets::settings(), secrets::key) { redactor.wantSecrets(true); }

    void redact(journey::Exchange &x)
    {
        redactor.redact(x);
        for (const Placeholders::Met &met : redactor.secrets()) {
            Unsealed &box =
                boxes.try_emplace(met.placeholder, Unsealed{Secret(std::string_view(met.secret)), false, false})
                    .first->second;
            (met.json ? box.asJson : box.asText) = true;
        }
    }
    Unseal unseal() const
    {
        return [this](std::string_view placeholder) -> Result<Unsealed> {
            const auto at = boxes.find(std::string(placeholder));
            return at == boxes.end() ? Result<Unsealed>(Error{Fault::Gateway, "nobody knows"}) : at->second;
        };
    }
    Redactor redactor;
    std::map<std::string, Unsealed> boxes;
};

journey::Exchange asked(const std::string &type, const std::string &body)
{
    journey::Exchange x;
    x.received = {"POST", "/", "http", "h", http::Version::Http11, {}};
    if (!type.empty())
        x.received.headers.add("Content-Type", type);
    x.requestBody.bytes = body;
    x.requestBody.size = body.size();
    return x;
}

class UnsealingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aContentComesBack_data();
    void aContentComesBack();
    void aFieldComesBack_data();
    void aFieldComesBack();
    void aTargetComesBack_data();
    void aTargetComesBack();
    void whatCannotBeHadIsToldAndNotSent();
    void aFieldStaysOneField();
    void twoWaysOfWritingAreNotGuessedBetween();
    void aMessageThatWouldNotComeBackIsKeptWhole();
    void whatHasNoSecretsIsLeftAlone();
};

void UnsealingTest::aContentComesBack_data()
{
    QTest::addColumn<QString>("type");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("back");  // empty: the same
    const auto row = [](const char *name, const QString &type, const QByteArray &body, const QByteArray &back = {}) {
        QTest::newRow(name) << type << body << back;
    };
    const QString json = "application/json";
    row("a text", json, R"({"user": "ada", "password" : "hunter2"})");
    row("a text with escapes", json, R"({"password":"hun\"ter\\2\n"})");
    row("other escapes of the same", json, R"({"password":"hunter2\/é"})", "{\"password\":\"hunter2/\xc3\xa9\"}");
    row("a number", json, R"({"password":1234567.50, "x":1})");
    row("true", json, R"([{"password":true}])");
    row("an object", json, "{\"password\": {\n  \"old\": \"a\",\n  \"new\": [1, 2]\n}}");
    row("a path", json, R"({"card":{"number":"4111 1111","x":1}})");
    row("several", json, R"({"password":"one-one","card":{"number":411111},"list":[{"password":"two-two"}]})");
    row("JSON in a text of JSON", json, R"({"message":"{\"password\":\"hun\\\"ter2\",\"x\":1}"})");
    row("a number in a text of JSON", json, R"({"message":"{\"password\":1234567}"})");
    row("an object in a text of JSON", json, R"({"message":"{\"password\":{\"a\":\"b\"}}"})");
    row("twice within", json, R"({"a":"{\"b\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}"})");
    row("a JSON of which the type says nothing", "", R"({"password":"hunter2"})");
    row("lines of JSON", "application/x-ndjson", "{\"password\":\"hunter2\"}\n{\"password\":\"hunter3\"}\n");
    row("a form", "application/x-www-form-urlencoded", "user=ada&password=hun%26ter%202&x=1");
    row("a form with plus", "application/x-www-form-urlencoded", "password=hun+ter", "password=hun%20ter");
    row("XML", "application/xml", "<a><password>hun&amp;ter&lt;2</password><card><number>4111</number></card></a>");
    row("an attribute", "text/xml", "<a password=\"hun&quot;ter\" x=\"1\"/>");
    row("parts", "multipart/form-data; boundary=xx",
        "--xx\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\n\r\n--xx\r\nContent-Disposition: "
        "form-data; name=\"j\"\r\nContent-Type: application/json\r\n\r\n{\"password\":77777}\r\n--xx--\r\n");
}

void UnsealingTest::aContentComesBack()
{
    QFETCH(QString, type);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, back);
    Kept kept;
    journey::Exchange x = asked(type.toStdString(), body.toStdString());
    kept.redact(x);
    std::string bytes = x.requestBody.bytes;
    QVERIFY2(bytes.find("{{secret:") != bytes.npos && bytes.find("hunter") == bytes.npos, bytes.c_str());
    const std::optional<Error> wrong = unsealBody(bytes, type.toStdString(), kept.unseal());
    QVERIFY2(!wrong, wrong ? wrong->what.c_str() : "");
    QCOMPARE(QByteArray::fromStdString(bytes), back.isEmpty() ? body : back);
}

void UnsealingTest::aFieldComesBack_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::newRow("bearer") << "Authorization"
                            << "Bearer abc.def/ghi+jkl==";
    QTest::newRow("basic") << "Authorization"
                           << "Basic dXNlcjpwYXNz";
    QTest::newRow("cookies") << "Cookie"
                             << "session=abcdef; theme=dark; x=\"quoted=1\"";
    QTest::newRow("a key") << "X-API-Key"
                           << "k{\"}ey";
    QTest::newRow("a URL") << "Referer"
                           << "http://a.test/x?password=hun%26ter&y=1#password=z";
    QTest::newRow("who asks") << "Referer"
                              << "http://bob:hun%40ter@a.test/";
}

void UnsealingTest::aFieldComesBack()
{
    QFETCH(QString, name);
    QFETCH(QString, value);
    Kept kept;
    journey::Exchange x = asked("", "");
    x.received.headers.add(name.toStdString(), value.toStdString());
    kept.redact(x);
    std::string text(x.received.headers.get(name.toStdString()));
    QVERIFY2(text.find("{{secret:") != text.npos, text.c_str());
    QVERIFY(!unsealField(name.toStdString(), text, kept.unseal()));
    QCOMPARE(QString::fromStdString(text), value);
}

void UnsealingTest::aTargetComesBack_data()
{
    QTest::addColumn<QString>("target");
    QTest::newRow("a query") << "/login?user=ada&password=hun%26ter%3D2&x";
    QTest::newRow("the whole form") << "http://bob:hun%2Fter@a.test/x?password=hunter2";
    // What was found is found again where nobody named it.
    QTest::newRow("again") << "/x?password=hunter2&again=hunter2";
}

void UnsealingTest::aTargetComesBack()
{
    QFETCH(QString, target);
    Kept kept;
    journey::Exchange x = asked("", "");
    x.received.target = target.toStdString();
    kept.redact(x);
    std::string text = x.received.target;
    QVERIFY2(text.find("{{secret:") != text.npos && text.find("hunter2") == text.npos, text.c_str());
    QVERIFY(!unsealTarget(text, kept.unseal()));
    QCOMPARE(QString::fromStdString(text), target);
}

void UnsealingTest::whatCannotBeHadIsToldAndNotSent()
{
    Kept kept;
    journey::Exchange x = asked("application/json", R"({"password":"hunter2","card":{"number":"4111"}})");
    kept.redact(x);
    kept.boxes.erase(std::prev(kept.boxes.end()));
    const std::string before = x.requestBody.bytes;
    std::string bytes = before;
    const std::optional<Error> wrong = unsealBody(bytes, "application/json", kept.unseal());
    QVERIFY(wrong && wrong->what == "nobody knows");
    QCOMPARE(bytes, before);
    // A placeholder that somebody wrote where no redaction would.
    kept.redact(x = asked("application/json", R"({"password":"hunter2"})"));
    bytes = "{\"x\": " + kept.boxes.begin()->first + "}";
    QVERIFY(unsealBody(bytes, "application/json", kept.unseal()));
    bytes = "{\"x\": \"a " + kept.boxes.begin()->first + "\"}";
    QVERIFY(unsealBody(bytes, "application/json", kept.unseal()));
}

void UnsealingTest::aFieldStaysOneField()
{
    const Unseal evil = [](std::string_view) -> Result<Unsealed> {
        return Unsealed{Secret(std::string("a\r\nX-Evil: 1")), true, false};
    };
    std::string value = secrets::placeholder("x");
    const std::optional<Error> wrong = unsealField("Authorization", value, evil);
    QVERIFY(wrong && wrong->what.find("line end") != std::string::npos);
    std::string target = "/?password=" + value;
    QVERIFY(!unsealTarget(target, evil));
    QCOMPARE(target, std::string("/?password=a%0D%0AX-Evil%3A%201"));
}

void UnsealingTest::twoWaysOfWritingAreNotGuessedBetween()
{
    Kept kept;
    journey::Exchange x = asked("application/json", R"([{"password":1234567},{"password":"1234567"}])");
    kept.redact(x);
    QCOMPARE(kept.boxes.size(), size_t(1));  // the same secret, however it is written
    const std::optional<Error> wrong = unsealBody(x.requestBody.bytes, "application/json", kept.unseal());
    QVERIFY(wrong && wrong->what.find("both") != std::string::npos);
    std::string value = kept.boxes.begin()->first;  // a field has one way only
    QVERIFY(!unsealField("X-API-Key", value, kept.unseal()));
    QCOMPARE(value, std::string("1234567"));
}

void UnsealingTest::aMessageThatWouldNotComeBackIsKeptWhole()
{
    Redactor redactor(secrets::settings(), secrets::key);
    journey::Message message;
    message.kind = journey::Message::Kind::Text;
    for (const bool wanted : {false, true}) {
        redactor.wantSecrets(wanted);
        message.bytes = R"({"password":"hun\u0074er2"})";  // it would come back without the escape
        const std::string original = message.bytes;
        redactor.redact(message);
        QVERIFY(message.redacted && message.bytes.find("{{secret:") != std::string::npos);
        QCOMPARE(redactor.takeOriginal(), wanted ? original : std::string());
        QCOMPARE(redactor.takeOriginal(), std::string());  // once
        // What holds a placeholder already is left as it is.
        redactor.redact(message);
        QVERIFY(redactor.secrets().empty() && redactor.takeOriginal().empty());
    }
    message.bytes = R"({"password":"hunter2"})";
    redactor.redact(message);
    QCOMPARE(redactor.takeOriginal(), std::string());
    QCOMPARE(redactor.secrets().size(), size_t(1));
    const std::string placeholder = redactor.secrets().front().placeholder;
    QVERIFY(!unsealMessage(message.bytes, [&](std::string_view asked) -> Result<Unsealed> {
        if (asked != placeholder)
            return Error{Fault::Gateway, "nobody knows"};
        return Unsealed{Secret(std::string("hunter2")), true, true};  // another message had it without quotes
    }));
    QCOMPARE(message.bytes, std::string(R"({"password":"hunter2"})"));
}

void UnsealingTest::whatHasNoSecretsIsLeftAlone()
{
    const Unseal never = [](std::string_view) -> Result<Unsealed> { return Error{Fault::Gateway, "asked"}; };
    for (const char *type : {"application/json", "multipart/form-data; boundary=x", "image/png", ""}) {
        std::string bytes = "{{secret:}} {{secret:xyz}} \"password\":1";
        QVERIFY(!unsealBody(bytes, type, never));
        QCOMPARE(bytes, std::string("{{secret:}} {{secret:xyz}} \"password\":1"));
    }
}

}  // namespace

QTEST_APPLESS_MAIN(UnsealingTest)
#include "unsealing_test.moc"
