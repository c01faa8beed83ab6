// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/control_server.h"

#include "engine/http/http1_writer.h"
#include "engine/http/uri.h"

#include <QFileInfo>
#include <QLocalSocket>
#include <QTimer>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::gateway {

namespace {

constexpr size_t mostTalks = 32, mostContent = 1 << 20, mostRecord = 24 << 20;
constexpr auto requestTime = std::chrono::seconds(10);

http::Limits limits()
{
    http::Limits out;
    out.headBytes = 16 * 1024;
    return out;
}

bool sameUser(const QLocalSocket &socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(int(socket.socketDescriptor()), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
        && (peer.uid == ::geteuid() || peer.uid == 0);
}

// The folder is there. Our own one is ours alone: 0700, and made by us.
Outcome ownFolder(const std::string &folder, bool ours)
{
    struct stat there {};
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return Error{Fault::Gateway,
                     "cannot make the folder of the control socket, " + folder + ": " + std::strerror(errno)};
    if (!ours)
        return Done{};
    const bool mine = ::lstat(folder.c_str(), &there) == 0 && S_ISDIR(there.st_mode) && there.st_uid == ::geteuid();
    if (!mine || (there.st_mode & 022) != 0 || ::chmod(folder.c_str(), 0700) != 0)
        return Error{Fault::Gateway,
                     folder + " must be a folder of yours that nobody else can write to, or give another --socket"};
    return Done{};
}

}  // namespace

struct ControlServer::Talk {
    http::RequestReader reader{limits()};
    std::string input;
    ControlRequest request;
};

Outcome ControlServer::listen(const std::string &path, Answerer answerer)
{
    const QString name = QString::fromStdString(path);
    const QString folder = QFileInfo(name).absolutePath();
    if (const Outcome own = ownFolder(folder.toStdString(), path.starts_with(socketFolder())); !own)
        return own.error();
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode))
            return Error{Fault::Gateway, path + " exists and is no socket. Give another --socket"};
        QLocalSocket probe;
        probe.connectToServer(name);
        if (probe.waitForConnected(200))
            return Error{Fault::Gateway, path + " is in use by another gateway. Give another --socket"};
        QLocalServer::removeServer(name);  // left behind by a gateway that was killed
    }
    server_.setSocketOptions(QLocalServer::UserAccessOption);
    if (!server_.listen(name))
        return Error{Fault::Gateway,
                     "cannot open the control socket " + path + ": " + server_.errorString().toStdString()};
    path_ = path;
    answerer_ = std::move(answerer);
    QObject::connect(&server_, &QLocalServer::newConnection, this, [this] { accept(); });
    return Done{};
}

void ControlServer::accept()
{
    while (QLocalSocket *socket = server_.nextPendingConnection()) {
        if (talks_.size() >= mostTalks || !sameUser(*socket)) {
            socket->abort();
            socket->deleteLater();
            continue;
        }
        talks_[socket] = std::make_shared<Talk>();
        QObject::connect(socket, &QLocalSocket::readyRead, this, [this, socket] { read(socket); });
        QObject::connect(socket, &QLocalSocket::disconnected, this, [this, socket] {
            talks_.erase(socket);
            socket->deleteLater();
        });
        QTimer::singleShot(requestTime, socket, [socket] { socket->abort(); });
        read(socket);
    }
}

void ControlServer::read(QLocalSocket *socket)
{
    const auto at = talks_.find(socket);
    if (at == talks_.end())
        return;
    const std::shared_ptr<Talk> talk = at->second;
    const QByteArray bytes = socket->readAll();
    talk->input.append(bytes.constData(), size_t(bytes.size()));
    for (;;) {
        size_t consumed = 0;
        const http::Step step = talk->reader.read(talk->input, consumed);
        switch (step) {
        case http::Step::Head: {
            const http::RequestHead &head = talk->reader.head();
            const http::TargetParts target = http::splitTarget(head.target);
            talk->request = ControlRequest{head.method, std::string(target.path), std::string(target.query), {}};
            break;
        }
        case http::Step::Body: talk->request.body += talk->reader.data(); break;
        case http::Step::End:
            QObject::disconnect(socket, &QLocalSocket::readyRead, this, nullptr);  // one request a connection
            return answer(socket, talk->request);
        case http::Step::NeedMore: talk->input.erase(0, consumed); return;
        default: return socket->abort();
        }
        talk->input.erase(0, consumed);
        if (talk->request.body.size() > (talk->request.path == "/record" ? mostRecord : mostContent))
            return socket->abort();
    }
}

void ControlServer::answer(QLocalSocket *socket, const ControlRequest &request)
{
    const ControlAnswer answer = answerer_(request);
    http::ResponseHead head;
    head.status = answer.status;
    head.reason = http::reasonPhrase(answer.status);
    head.headers.add("Content-Type", "application/json");
    http::Wire how;
    how.framing = http::Framing{answer.body.empty() ? http::Framing::Kind::None : http::Framing::Kind::Length,
                                answer.body.size()};
    how.connection = "close";
    std::string text;
    http::appendHead(text, head, how);
    text += answer.body;
    socket->write(text.data(), qint64(text.size()));
    socket->disconnectFromServer();
}

}  // namespace sluice::gateway
