// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/control_server.h"

#include "engine/base/json.h"
#include "engine/http/http1_writer.h"
#include "engine/http/uri.h"

#include <QFileInfo>
#include <QLocalSocket>
#include <QTimer>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::gateway {

namespace {

constexpr size_t mostTalks = 32, mostContent = 1 << 20, mostRecord = 24 << 20;
constexpr size_t temporaryName = sizeof "/XXXXXX/s" - 1;  // where Qt makes a socket before it gets its name
constexpr auto requestTime = std::chrono::seconds(10);

http::Limits limits()
{
    http::Limits out;
    out.line = 65'535;  // a question to explain may be longer than the gateway would take
    out.headBytes = 128 * 1024;
    return out;
}

bool sameUser(const QLocalSocket &socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(int(socket.socketDescriptor()), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
        && (peer.uid == ::geteuid() || peer.uid == 0);
}

// A page can reach a socket through a development server that hands requests on; its browser marks them.
bool fromWebPage(const http::HeaderList &headers)
{
    return headers.find("Origin") != http::HeaderList::npos || headers.find("Sec-Fetch-Site") != http::HeaderList::npos;
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

Outcome ControlServer::listen(const std::string &given, Answerer answerer)
{
    // Qt takes a name without a folder for one in the folder of temporary files.
    const QFileInfo info(QString::fromStdString(given));
    const QString name = info.absoluteFilePath();
    const std::string path = name.toStdString(), folder = info.absolutePath().toStdString();
    if (std::max(path.size(), folder.size() + temporaryName) > longestSocketPath)
        return Error{Fault::Gateway,
                     "the path of the control socket is too long, " + path + ": a socket's may have "
                         + std::to_string(longestSocketPath) + " bytes. Give a shorter --socket"};
    if (const Outcome own = ownFolder(folder, folder == socketFolder()); !own)
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
    ::chmod(path.c_str(), 0600);  // Qt makes it 0700
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
            if (head.method != "GET" && fromWebPage(head.headers))
                return refuse(socket, {403, "what a web page asks for is not done"});
            const http::TargetParts target = http::splitTarget(head.target);
            talk->request = ControlRequest{head.method, std::string(target.path), std::string(target.query), {}};
            break;
        }
        case http::Step::Body: talk->request.body += talk->reader.data(); break;
        case http::Step::End:
            QObject::disconnect(socket, &QLocalSocket::readyRead, this, nullptr);  // one request a connection
            return answer(socket, answerer_(talk->request));
        case http::Step::NeedMore: talk->input.erase(0, consumed); return;
        case http::Step::Refused: return refuse(socket, talk->reader.refusal());
        default: return socket->abort();
        }
        talk->input.erase(0, consumed);
        if (talk->request.body.size() > (talk->request.path == "/record" ? mostRecord : mostContent))
            return socket->abort();
    }
}

void ControlServer::refuse(QLocalSocket *socket, const http::Refusal &refusal)
{
    QObject::disconnect(socket, &QLocalSocket::readyRead, this, nullptr);
    std::string text;
    JsonObject o(text);
    o.add("error", refusal.what);
    o.close();
    answer(socket, {refusal.status, text + '\n'});
}

void ControlServer::answer(QLocalSocket *socket, const ControlAnswer &answer)
{
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
