// SPDX-License-Identifier: GPL-3.0-or-later
// The client of the control socket ends in time and says what is wrong, whatever listens there.
#include "engine/gateway/control.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace sluice;
using namespace sluice::gateway;

namespace {

// Reads a request's head and answers with this text; an empty one: says nothing and keeps the connection.
class Listener {
public:
    Listener(const std::string &path, std::string text) : text_(std::move(text))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        open_ = ::bind(fd_, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 && ::listen(fd_, 8) == 0;
        thread_ = std::thread([this] { serve(); });
    }
    ~Listener()
    {
        stop_ = true;
        thread_.join();
        ::close(fd_);
    }
    bool open() const { return open_; }
    std::string got;  // to be read after the call

private:
    bool ready(int fd) const
    {
        pollfd p{fd, POLLIN, 0};
        while (!stop_) {
            if (::poll(&p, 1, 20) > 0)
                return true;
        }
        return false;
    }
    void serve()
    {
        while (ready(fd_)) {
            const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
            char buffer[4096];
            while (got.find("\r\n\r\n") == got.npos && ready(peer)) {
                const ssize_t n = ::recv(peer, buffer, sizeof buffer, 0);
                if (n <= 0)
                    break;
                got.append(buffer, size_t(n));
            }
            if (text_.empty()) {
                while (!stop_)
                    ::poll(nullptr, 0, 5);
            } else {
                ::send(peer, text_.data(), text_.size(), MSG_NOSIGNAL);
            }
            ::close(peer);
        }
    }
    std::string text_;
    int fd_ = -1;
    bool open_ = false;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace

class ControlTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void anAnswerComesBack();
    void whatIsNoAnswerIsAnError_data();
    void whatIsNoAnswerIsAnError();
    void oneThatHangsIsGivenUp();
    void nobodyThereIsTold();
    void theOnlySocketIsFoundAndSeveralAreListed();
    void socketsAreInTheRuntimeFolderWhereThereIsOne();

private:
    std::string path(const char *name) const { return folder_->filePath(QString::fromLatin1(name)).toStdString(); }
    std::unique_ptr<QTemporaryDir> folder_;
};

void ControlTest::init()
{
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir(folder_->path()).mkdir("sluice"));
    qputenv("XDG_RUNTIME_DIR", folder_->path().toUtf8());
}

void ControlTest::anAnswerComesBack()
{
    Listener listener(path("a.sock"), "HTTP/1.1 422 Unprocessable Content\r\nconTent-length:  4\r\n\r\nbody");
    QVERIFY(listener.open());
    const Result<ControlAnswer> answer = control(path("a.sock"), "POST", "/reload");
    QVERIFY2(answer.ok(), answer.ok() ? "" : answer.error().what.c_str());
    QCOMPARE(answer->status, 422);
    QCOMPARE(answer->body, std::string("body"));
}

void ControlTest::whatIsNoAnswerIsAnError_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("another program") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n");
    QTest::newRow("broken off in the head") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n");
    QTest::newRow("broken off in the content") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nbody");
    QTest::newRow("no status") << QByteArray("HTTP/1.1 abc\r\n\r\n");
    QTest::newRow("no length") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nbody");
}

void ControlTest::whatIsNoAnswerIsAnError()
{
    QFETCH(QByteArray, text);
    Listener listener(path("a.sock"), text.toStdString());
    const Result<ControlAnswer> answer = control(path("a.sock"), "GET", "/status");
    QVERIFY(!answer.ok());
    QVERIFY(answer.error().what.find("a.sock") != std::string::npos);
}

void ControlTest::oneThatHangsIsGivenUp()
{
    Listener listener(path("a.sock"), {});
    const auto begin = std::chrono::steady_clock::now();
    const Result<ControlAnswer> answer = control(path("a.sock"), "GET", "/status", std::chrono::milliseconds(200));
    QVERIFY(!answer.ok());
    QVERIFY2(answer.error().what.find("does not answer") != std::string::npos, answer.error().what.c_str());
    QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

void ControlTest::nobodyThereIsTold()
{
    const Result<ControlAnswer> missing = control(path("none.sock"), "GET", "/status");
    QVERIFY(!missing.ok() && missing.error().what.find("sluice run") != std::string::npos);
    QVERIFY(!control(path("x") + std::string(200, 'x'), "GET", "/status").ok());
    {
        Listener gone(path("gone.sock"), "HTTP/1.1 200 OK\r\n\r\n");
    }
    QVERIFY(!control(path("gone.sock"), "GET", "/status").ok());
}

void ControlTest::theOnlySocketIsFoundAndSeveralAreListed()
{
    QVERIFY(!findSocket().ok());
    {
        Listener stale(path("sluice/1.sock"), "x");
    }  // left behind: skipped
    Listener one(path("sluice/2.sock"), "x");
    const Result<std::string> only = findSocket();
    QVERIFY2(only.ok(), only.ok() ? "" : only.error().what.c_str());
    QCOMPARE(*only, path("sluice/2.sock"));
    Listener two(path("sluice/3.sock"), "x");
    const Result<std::string> several = findSocket();
    QVERIFY(!several.ok());
    QVERIFY(several.error().what.find("2.sock") != std::string::npos
            && several.error().what.find("3.sock") != std::string::npos);
}

void ControlTest::socketsAreInTheRuntimeFolderWhereThereIsOne()
{
    QCOMPARE(socketFolder(), path("sluice"));
    const std::string otherwise = "/tmp/sluice-" + std::to_string(::geteuid());
    QVERIFY(QDir(folder_->path()).mkdir(QString(100, 'd')));
    for (const std::string &runtime : {path("none"), std::string("relative"), path(std::string(100, 'd').c_str())}) {
        qputenv("XDG_RUNTIME_DIR", runtime.c_str());
        QCOMPARE(socketFolder(), otherwise);
    }
}

QTEST_APPLESS_MAIN(ControlTest)
#include "control_test.moc"
