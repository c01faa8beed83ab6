// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in texts: dots or what they are, and what is copied of either.
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/text/secrets.h"

#include <QStringList>
#include <QTest>

using namespace sluice;
using namespace sluice::ui;

class SecretsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalSecretsLookEqualAndOthersDoNot();
    void aSecretIsWrittenAsItsPlaceHasIt();
    void aFoldDoesNotMoveWhatIsCopied();
    void whatIsMissingIsToldOnce();
};

namespace {

constexpr const char *token = "{{secret:0a1b2c3d4e5f}}", *password = "{{secret:ffee00112233}}";

Secrets secretsOf(std::initializer_list<std::pair<const char *, recording::Unsealed>> known)
{
    Secrets out;
    for (const auto &[placeholder, secret] : known)
        out.known.emplace(placeholder, secret);
    return out;
}

recording::Unsealed asText(std::string text)
{
    return {Secret(std::move(text)), true, false};
}

}  // namespace

void SecretsTest::equalSecretsLookEqualAndOthersDoNot()
{
    const QString shown = withSecretsHidden(QStringLiteral("%1 %2 %1").arg(qs(token), qs(password)));
    const QStringList words = shown.split(u' ');
    QCOMPARE(words.size(), 3);
    QCOMPARE(words[0], words[2]);
    QVERIFY(words[0] != words[1]);
    QVERIFY(!shown.contains(u"secret") && !shown.contains(u"0a1b2c3d4e5f"));
    QCOMPARE(withSecretsHidden(u"{{secret:xyz}} {{secret:}} {{secret:0a"_qs),
             u"{{secret:xyz}} {{secret:}} {{secret:0a"_qs);
}

void SecretsTest::aSecretIsWrittenAsItsPlaceHasIt()
{
    const Secrets secrets =
        secretsOf({{token, asText("a\"b&c d")}, {password, {Secret(std::string("42")), false, true}}});
    const auto shown = [&](const QString &text, Place place) {
        return shownText(QString(text).replace(u"TOKEN"_qs, qs(token)).replace(u"NUMBER"_qs, qs(password)), place,
                         &secrets);
    };
    const auto quoted = [](const char *text) {
        return QString::fromLatin1(text).replace(u'\'', u'"');
    };  // easier to read
    QCOMPARE(shown(quoted("{'t':'TOKEN','n':'NUMBER'}"), Place::Json).text, quoted("{'t':'a\\'b&c d','n':42}"));
    QCOMPARE(shown(quoted("{'t':'{\\'u\\':\\'TOKEN\\'}'}"), Place::Json).text,
             quoted("{'t':'{\\'u\\':\\'a\\\\\\'b&c d\\'}'}"));
    QCOMPARE(shown(u"<t>TOKEN</t>"_qs, Place::Xml).text, u"<t>a&quot;b&amp;c d</t>"_qs);
    QCOMPARE(shown(u"t=TOKEN&u=1"_qs, Place::Form).text, u"t=a%22b%26c%20d&u=1"_qs);
    QCOMPARE(shown(u"GET /?t=TOKEN HTTP/1.1\nCookie: t=TOKEN\nReferer: http://a/?t=TOKEN"_qs, Place::Fields).text,
             u"GET /?t=a%22b%26c%20d HTTP/1.1\nCookie: t=a\"b&c d\nReferer: http://a/?t=a%22b%26c%20d"_qs);
    QCOMPARE(shown(u"as it is: TOKEN"_qs, Place::Text).text, u"as it is: a\"b&c d"_qs);
    // What is copied is what was recorded, with the quotes that a number did not have.
    const ShownText json = shown(quoted("{'n':'NUMBER'}"), Place::Json);
    QCOMPARE(recordedPart(json, 0, json.text.size()), quoted("{'n':'%1'}").arg(qs(password)));
}

void SecretsTest::aFoldDoesNotMoveWhatIsCopied()
{
    const Secrets secrets = secretsOf({{token, asText(std::string(3000, 's'))}});
    const QString placeholder = qs(token);
    for (const Secrets *open : {static_cast<const Secrets *>(nullptr), &secrets}) {
        const ShownText whole =
            shownText(QString(1996, u'a') + placeholder + u'\n' + QString(4000, u'b') + placeholder, Place::Text, open);
        const ShownText text = folded(whole);
        QVERIFY(!hasLongLine(text.text));
        QCOMPARE(text.spans.size(), size_t(2));
        for (const SecretSpan &span : text.spans) {
            QString seen = text.text.mid(span.begin, span.size);
            QCOMPARE(seen.remove(u'\n'), open ? QString(3000, u's') : withSecretsHidden(placeholder));
            QCOMPARE(recordedPart(text, span.begin + 1, span.begin + 2), placeholder);
            QCOMPARE(recordedPart(text, span.begin - 1, span.begin + 1).back(), u'}');
        }
    }
}

void SecretsTest::whatIsMissingIsToldOnce()
{
    Secrets secrets = secretsOf({{token, asText("t")}});
    QVERIFY(missingText(secrets).isEmpty());
    secrets.missing = {{"{{secret:01}}", "it was not sealed"}, {"{{secret:02}}", "it was not sealed"}};
    QVERIFY2(missingText(secrets).startsWith(u"2 of 3 secrets cannot be shown: it was not sealed. To see"),
             qPrintable(missingText(secrets)));
    secrets.known.clear();
    QVERIFY(missingText(secrets).startsWith(u"None of the 2 secrets"));
}

QTEST_GUILESS_MAIN(SecretsTest)
#include "secrets_test.moc"
