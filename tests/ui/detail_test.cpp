// SPDX-License-Identifier: GPL-3.0-or-later
// One exchange whole: bodies of any shape, and a detail that tells of the row that is chosen and of no other.
#include "tests/ui/opened_window.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/decisions_view.h"
#include "ui/widgets/message_view.h"
#include "ui/widgets/secret_edit.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSettings>
#include <QTextBlock>

using namespace sluice;
using namespace sluice::ui;

class DetailTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aMegabyteOnOneLineIsFoldedAndCopiedWhole();
    void secretsAreHiddenBeforeALineIsFolded();
    void aDetailIsNeverTakenForTheOneAfterIt();
    void whatCouldNotBeReadIsReadAgain();
    void decisionsAreLaidOutWhenTheyAreSeen();

private:
    std::unique_ptr<Theme> theme_;
};

namespace {

int longestBlock(const QPlainTextEdit *edit)
{
    int longest = 0;
    for (QTextBlock block = edit->document()->begin(); block.isValid(); block = block.next())
        longest = std::max(longest, block.length() - 1);
    return longest;
}

QPlainTextEdit *textOf(BodyView *body)
{
    return body->findChild<QPlainTextEdit *>();
}

QAbstractButton *buttonOf(QWidget *widget, const QString &name)
{
    for (QAbstractButton *each : widget->findChildren<QAbstractButton *>()) {
        if (each->isVisibleTo(widget) && (each->accessibleName().startsWith(name) || each->text().startsWith(name)))
            return each;
    }
    return nullptr;
}

}  // namespace

void DetailTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-detail-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-detail-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void DetailTest::aMegabyteOnOneLineIsFoldedAndCopiedWhole()
{
    Opened opened(*theme_);
    const QString name = QString(5000, u'n');
    opened.session.arrive(1, [&](journey::Exchange &x) {
        x.responseBody = {};
        x.responseBody.take(std::string(1 << 20, 'a'), 2 << 20);
        x.returned.headers.set("Content-Type", "text/plain");
        x.returned.headers.add("X-Long", name.toStdString());
    });
    QVERIFY(opened.listed(1));
    QVERIFY(opened.read(1));
    MessageView *response = opened.traffic().detail()->response();
    BodyView *body = response->body();
    QTRY_VERIFY(body->ready());
    QVERIFY(longestBlock(response->fields()) <= 2000);
    QAbstractButton *all = buttonOf(body, u"Show all"_qs);
    QVERIFY(all);
    all->click();
    QTRY_COMPARE(body->recordedText().size(), 1 << 20);
    QCOMPARE(longestBlock(textOf(body)), 2000);
    buttonOf(body, u"Copy the body"_qs)->click();
    QCOMPARE(QGuiApplication::clipboard()->text(), QString(1 << 20, u'a'));
}

void DetailTest::secretsAreHiddenBeforeALineIsFolded()
{
    // The fold would fall into the middle of the placeholder.
    BodyQuestion question;
    question.content.take(std::string(1990, 'a') + "{{secret:0a1b2c3d4e5f}}" + std::string(100, 'b'), 1 << 20);
    const BodyText body = bodyText(question);
    QVERIFY(!body.shown.text.contains(u"secret"));
    QVERIFY(body.text.contains(u"{{secret:0a1b2c3d4e5f}}"));
}

void DetailTest::aDetailIsNeverTakenForTheOneAfterIt()
{
    Opened opened(*theme_, 5);
    QVERIFY(opened.listed(5));
    QVERIFY(opened.read(4));
    QGuiApplication::clipboard()->clear();
    opened.session.fake.held = true;
    opened.key("Down");
    opened.key("Ctrl+Shift+C");  // #3 is chosen, #4 is still on the screen
    QVERIFY(QGuiApplication::clipboard()->text().isEmpty());
    opened.session.fake.release();
    QTRY_VERIFY(opened.traffic().detail()->exchange());
    opened.key("Ctrl+Shift+C");
    QVERIFY(QGuiApplication::clipboard()->text().contains(u"/api/users/3?"));
}

void DetailTest::whatCouldNotBeReadIsReadAgain()
{
    FakeRecording recording;
    recording.grow(2);
    recording.failing = true;
    DetailPanel detail(recording, *theme_);
    detail.show(2);
    QTRY_COMPARE(recording.failed, size_t(1));
    QTRY_VERIFY(!detail.exchange());
    recording.failing = false;
    detail.show(2);
    QTRY_VERIFY(detail.exchange());
}

void DetailTest::decisionsAreLaidOutWhenTheyAreSeen()
{
    DecisionsView view(*theme_);
    journey::Exchange x = sampleExchange(1);
    x.decisions.add(journey::Stage::Balance, "picked", "the only endpoint",
                    [](JsonObject &facts) { facts.add("candidates", 1).add("avoided", 0).add("note", ""); });
    view.show(x);
    const auto words = [&] {
        QStringList out;
        for (const QLabel *each : view.findChildren<QLabel *>())
            out << each->text();
        return out;
    };
    QVERIFY(words().isEmpty());
    view.QWidget::show();
    QVERIFY(words().contains(u"Matched"_qs) && words().contains(u"candidates"_qs));
    QVERIFY(!words().contains(u"avoided"_qs) && !words().contains(u"note"_qs));
}

QTEST_MAIN(DetailTest)
#include "detail_test.moc"
