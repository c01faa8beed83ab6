// SPDX-License-Identifier: GPL-3.0-or-later
// Messages of an exchange in the window: a row each, live while it goes on, bounded, and told by more than colour.
#include "tests/ui/opened_window.h"
#include "ui/models/message_model.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/messages_view.h"
#include "ui/widgets/open_streams.h"

#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTabWidget>

using namespace sluice;
using namespace sluice::ui;

class MessagesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void anExchangeWithoutMessagesHasNoTabForThem();
    void eachMessageIsARowAndTheChosenOneIsLaidOut();
    void whatComesIsShownWhileTheStreamIsOpen();
    void anOpenStreamIsListedAndBecomesItsRecord();
    void aHundredThousandMessagesCostAFewPages();
    void messagesThatWentLeaveTheList();
    void messagesOfTheExchangeBeforeAreNotListed();

private:
    std::unique_ptr<Theme> theme_;
};

namespace {

journey::Message message(uint64_t number, std::string text, journey::Message::Kind kind = journey::Message::Kind::Text)
{
    journey::Message m;
    m.number = number;
    m.from = number % 2 ? journey::Message::From::Client : journey::Message::From::Upstream;
    m.kind = kind;
    m.time = std::chrono::milliseconds(number);
    m.size = text.size();
    m.bytes = std::move(text);
    return m;
}

void webSocket(journey::Exchange &x)
{
    x.stream.kind = journey::Streaming::WebSocket;
    x.stream.messages = 2;
}

int tabNamed(QTabWidget *tabs, const QString &name)
{
    for (int i = 0; i < tabs->count(); ++i) {
        if (tabs->tabText(i) == name)
            return i;
    }
    return -1;
}

QString cell(MessageModel *model, int row, int column)
{
    return model->index(row, column).data().toString();
}

}  // namespace

void MessagesTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-messages-test"_qs);
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void MessagesTest::anExchangeWithoutMessagesHasNoTabForThem()
{
    Opened opened(*theme_, 1);
    QVERIFY(opened.listed(1) && opened.read(1));
    QTabWidget *tabs = opened.traffic().detail()->tabs();
    QVERIFY(!tabs->isTabVisible(tabNamed(tabs, u"Messages"_qs)));
    opened.session.fake.streams[2] = {message(1, "a")};
    opened.session.arrive(1, webSocket);
    QVERIFY(opened.listed(2) && opened.read(2));
    QVERIFY(tabs->isTabVisible(tabNamed(tabs, u"Messages"_qs)));
}

void MessagesTest::eachMessageIsARowAndTheChosenOneIsLaidOut()
{
    Opened opened(*theme_);
    opened.session.fake.streams[1] = {message(1, "{\"a\":{\"b\":1},\"secret\":\"{{secret:0a1b2c3d4e5f}}\"}"),
                                      message(2, "line one\nline two"),
                                      message(3, std::string("\0\1\2", 3), journey::Message::Kind::Binary),
                                      message(4, "bye", journey::Message::Kind::Close)};
    opened.session.fake.streams[1][3].closeCode = 1001;
    opened.session.arrive(1, webSocket);
    QVERIFY(opened.listed(1) && opened.read(1));
    DetailPanel *detail = opened.traffic().detail();
    detail->tabs()->setCurrentIndex(tabNamed(detail->tabs(), u"Messages"_qs));
    MessagesView *view = detail->messages();
    QTRY_COMPARE(view->model()->rowCount(), 4);
    QTRY_COMPARE(cell(view->model(), 1, MessageModel::Text), u"line one⏎line two"_qs);
    QCOMPARE(cell(view->model(), 0, MessageModel::From), u"client"_qs);
    QCOMPARE(cell(view->model(), 1, MessageModel::From), u"upstream"_qs);
    QVERIFY(!cell(view->model(), 0, MessageModel::Text).contains(u"secret:"));
    QCOMPARE(cell(view->model(), 2, MessageModel::Text), u"00 01 02"_qs);
    QCOMPARE(cell(view->model(), 3, MessageModel::Text), u"1001 going away: bye"_qs);
    QVERIFY(view->model()
                ->index(0, MessageModel::From)
                .data(Qt::AccessibleTextRole)
                .toString()
                .startsWith(u"from the client"));

    view->table()->setFocus();
    view->table()->setCurrentIndex(view->model()->index(0, 0));
    QTRY_VERIFY(view->body()->isVisible() && view->body()->ready());
    QTRY_VERIFY2(view->body()->recordedText().contains(u"\"b\": 1\n"), qPrintable(view->body()->recordedText()));
    QVERIFY(!view->body()->findChild<QPlainTextEdit *>()->toPlainText().contains(u"0a1b2c3d4e5f"));
    QTest::keyClick(view->table(), Qt::Key_Down);
    QTRY_VERIFY(view->body()->recordedText().startsWith(u"line one\nline two"));
}

void MessagesTest::whatComesIsShownWhileTheStreamIsOpen()
{
    Opened opened(*theme_, 1);
    QVERIFY(opened.listed(1));
    FakeRecording &fake = opened.session.fake;
    fake.streams[-7] = {message(1, "first")};
    MessagesView view(fake, *theme_);
    view.show();
    journey::Exchange x = sampleExchange(7);
    x.id = -7;
    webSocket(x);
    view.show(x);
    QTRY_COMPARE(view.model()->rowCount(), 1);
    QVERIFY(view.model()->open());
    fake.streams[-7].push_back(message(2, "second"));
    QTRY_COMPARE(view.model()->rowCount(), 2);
    QTRY_COMPARE(cell(view.model(), 1, MessageModel::Text), u"second"_qs);
    QSignalSpy ended(&view, &MessagesView::ended);
    fake.streams.erase(-7);
    QTRY_COMPARE(ended.count(), 1);
    QCOMPARE(view.model()->rowCount(), 2);
}

void MessagesTest::anOpenStreamIsListedAndBecomesItsRecord()
{
    Opened opened(*theme_, 1);
    QVERIFY(opened.listed(1));
    FakeRecording &fake = opened.session.fake;
    OpenStreams *open = opened.traffic().openStreams();
    QVERIFY(!open->isVisible());
    fake.streams[-7] = {message(1, "hello")};
    fake.openAs[-7] = 2;
    QTRY_VERIFY(open->isVisible());
    QCOMPARE(open->count(), 1);
    QCOMPARE(open->table()->model()->index(0, 0).data().toString(), u"open"_qs);
    open->table()->setCurrentIndex(open->table()->model()->index(0, 0));
    DetailPanel *detail = opened.traffic().detail();
    QTRY_VERIFY(detail->exchange() && detail->exchange()->id == -7);
    QTRY_COMPARE(detail->messages()->model()->rowCount(), 1);
    QVERIFY(detail->messages()->isVisible());  // the tab that was asked for
    // It ends: the same detail goes on with what has been recorded.
    fake.streams[2] = fake.streams[-7];
    fake.streams.erase(-7);
    opened.session.arrive(1, webSocket);
    QTRY_VERIFY(detail->exchange() && detail->exchange()->id == 2);
    QTRY_VERIFY(!open->isVisible());
    QTRY_COMPARE(opened.traffic().selectedIds(), std::vector<int64_t>{2});
}

void MessagesTest::aHundredThousandMessagesCostAFewPages()
{
    FakeRecording fake;
    std::vector<journey::Message> &all = fake.streams[1];
    for (uint64_t n = 1; n <= 100'000; ++n)
        all.push_back(message(n, std::to_string(n)));
    MessageModel model(fake);
    model.show(1);
    QTRY_COMPARE(model.rowCount(), 100'000);
    QCOMPARE(fake.messagesAsked, size_t(0));
    for (const int row : {0, 99'999, 50'000}) {
        QTRY_COMPARE(cell(&model, row, MessageModel::Text), QString::number(row + 1));
    }
    QVERIFY2(fake.messagesAsked <= 600, qPrintable(QString::number(fake.messagesAsked)));
}

void MessagesTest::messagesThatWentLeaveTheList()
{
    FakeRecording fake;
    std::vector<journey::Message> &all = fake.streams[-1];
    for (uint64_t n = 1; n <= 10; ++n)
        all.push_back(message(n, std::to_string(n)));
    MessageModel model(fake);
    model.show(-1);
    QTRY_COMPARE(model.rowCount(), 10);
    all.erase(all.begin(), all.begin() + 4);
    all.push_back(message(12, "12"));  // one was shed between
    model.look();
    QTRY_COMPARE(model.rowCount(), 8);
    QCOMPARE(model.numberAt(0), int64_t(5));
    QTRY_COMPARE(cell(&model, 0, MessageModel::Text), u"5"_qs);
    QTRY_COMPARE(cell(&model, 6, MessageModel::Text), u"not kept"_qs);
    QTRY_COMPARE(cell(&model, 7, MessageModel::Text), u"12"_qs);
}

// They were asked for, and come when another exchange is shown.
void MessagesTest::messagesOfTheExchangeBeforeAreNotListed()
{
    FakeRecording fake;
    for (uint64_t n = 1; n <= 500; ++n) {
        fake.streams[1].push_back(message(n, "of the first"));
        fake.streams[2].push_back(message(n, "of the second"));
    }
    MessageModel model(fake);
    model.show(1);
    QTRY_COMPARE(model.rowCount(), 500);
    fake.held = true;
    cell(&model, 0, MessageModel::Text);
    QTRY_VERIFY(fake.messagesAsked > 0);
    model.show(2);
    fake.release();
    QTRY_COMPARE(model.rowCount(), 500);
    QTRY_COMPARE(cell(&model, 0, MessageModel::Text), u"of the second"_qs);
    // Nor where none is shown any more.
    fake.held = true;
    model.look();
    model.show(0);
    fake.release();
    QCOMPARE(model.rowCount(), 0);
}

QTEST_MAIN(MessagesTest)
#include "messages_test.moc"
