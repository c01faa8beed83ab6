// SPDX-License-Identifier: GPL-3.0-or-later
// A session that looks at a gateway in another process: one that is killed, and another one that takes its place.
#include "ui/attached_session.h"

#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace sluice::ui;

class AttachedTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aGatewayThatTakesTheSocketOverIsShownAnew();
};

namespace {

struct Running {
    QProcess process;
    Running(const QString &socket, const QString &recording)
    {
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QStringLiteral(SLUICE_BINARY_DIR "/bin/sluice"),
                      {u"run"_qs, u"--to"_qs, u"http://127.0.0.1:9"_qs, u"--listen"_qs, u"http://127.0.0.1:0"_qs,
                       u"--socket"_qs, socket, u"--record"_qs, recording, u"--workers"_qs, u"1"_qs});
        process.waitForReadyRead(30'000);  // the line that says that it serves
    }
    void kill()
    {
        process.kill();
        process.waitForFinished();
    }
    ~Running() { kill(); }
};

}  // namespace

void AttachedTest::aGatewayThatTakesTheSocketOverIsShownAnew()
{
    const QTemporaryDir folder;
    const QString socket = folder.filePath(u"s"_qs);
    auto first = std::make_unique<Running>(socket, folder.filePath(u"first.db"_qs));
    auto session = AttachedSession::create(socket.toStdString());
    QVERIFY2(session.ok(), session ? "" : session.error().what.c_str());
    const auto send = [&] {
        replay::Request request;
        request.url = (*session)->address().toStdString();
        request.head.method = "GET";
        request.head.target = "/";
        (*session)->send(std::move(request), session->get(), [](replay::Answer) {});
    };
    send();
    send();
    QTRY_COMPARE_WITH_TIMEOUT((*session)->lastId(), 2, 20'000);
    first->kill();
    QTRY_VERIFY_WITH_TIMEOUT(!(*session)->lost().isEmpty(), 20'000);

    QSignalSpy replaced(session->get(), &Session::recordingReplaced);
    const Running second(socket, folder.filePath(u"second.db"_qs));
    QTRY_COMPARE_WITH_TIMEOUT(replaced.size(), 1, 20'000);
    QVERIFY((*session)->lost().isEmpty());
    QTRY_COMPARE((*session)->lastId(), 0);
    send();
    QTRY_COMPARE_WITH_TIMEOUT((*session)->lastId(), 1, 20'000);
}

QTEST_MAIN(AttachedTest)
#include "attached_test.moc"
