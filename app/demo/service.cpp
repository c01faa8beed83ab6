// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/service.h"

#include "engine/http/http1_reader.h"
#include "engine/http/http1_writer.h"
#include "engine/http/uri.h"

#include <QTcpSocket>
#include <QTimer>

namespace sluice::demo {

namespace {

constexpr int mostConnections = 256;
constexpr size_t mostContent = 1 << 20;

// One connection: reads a request, answers it, reads the next. Owned by its socket.
class Connection : public QObject {
public:
    Connection(QTcpSocket *socket, const Service::Handler &handler)
        : QObject(socket), socket_(socket), handler_(handler)
    {
        connect(socket, &QTcpSocket::readyRead, this, [this] { read(); });
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    }

private:
    void read()
    {
        const QByteArray bytes = socket_->readAll();
        input_.append(bytes.constData(), size_t(bytes.size()));
        advance();
    }

    // One request at a time: what is pipelined behind it waits in `input_`.
    void advance()
    {
        while (!answering_) {
            size_t consumed = 0;
            const http::Step step = reader_.read(input_, consumed);
            if (step == http::Step::Head)
                begin();
            else if (step == http::Step::Body)
                call_.body += reader_.data();
            input_.erase(0, consumed);
            if (step == http::Step::End)
                return answer();
            if (step == http::Step::NeedMore)
                return;
            if (step == http::Step::Refused || call_.body.size() > mostContent)
                return socket_->abort();
        }
    }

    void begin()
    {
        call_ = Call();
        call_.head = reader_.head();
        const http::TargetParts target = http::splitTarget(call_.head.target);
        call_.path = target.path;
        call_.query = target.query;
        if (reader_.expectsContinue())
            socket_->write(http::kContinue.data(), qint64(http::kContinue.size()));
    }

    void answer()
    {
        answering_ = true;
        const Reply reply = handler_(call_);
        if (reply.after.count() > 0)
            QTimer::singleShot(reply.after, this, [this, reply] { send(reply); });
        else
            send(reply);
    }

    void send(const Reply &reply)
    {
        const bool content = !http::hasNoContent(call_.head.method, reply.status),
                   keep = reader_.keepAlive() && !reply.cut;
        http::ResponseHead head;
        head.status = reply.status;
        head.reason = http::reasonPhrase(reply.status);
        head.headers = reply.headers;
        head.headers.add("Content-Type", "application/json");
        http::Wire wire;
        wire.framing = http::Framing{reply.body.empty() ? http::Framing::Kind::None : http::Framing::Kind::Length,
                                     reply.body.size()};
        if (!content && call_.head.method == "HEAD") {
            wire.framing.reset();
            head.headers.set("Content-Length", std::to_string(reply.body.size()));
        }
        wire.connection = keep ? std::string_view() : std::string_view("close");
        std::string text;
        http::appendHead(text, head, wire);
        if (content)
            text.append(reply.body, 0, reply.cut ? reply.body.size() / 2 : reply.body.size());
        socket_->write(text.data(), qint64(text.size()));
        if (!keep)
            return socket_->disconnectFromHost();
        reader_.next();
        answering_ = false;
        advance();
    }

    QTcpSocket *socket_;
    const Service::Handler &handler_;  // of the service, whose child the socket is
    http::RequestReader reader_;
    std::string input_;
    Call call_;
    bool answering_ = false;
};

}  // namespace

Service::Service(Handler handler, QObject *parent) : QTcpServer(parent), handler_(std::move(handler))
{
    connect(this, &QTcpServer::newConnection, this, [this] { accept(); });
}

uint16_t Service::open()
{
    return listen(QHostAddress::LocalHost) ? serverPort() : 0;
}

void Service::accept()
{
    while (QTcpSocket *socket = nextPendingConnection()) {
        if (connections_ >= mostConnections) {
            socket->abort();
            socket->deleteLater();
            continue;
        }
        ++connections_;
        connect(socket, &QObject::destroyed, this, [this] { --connections_; });
        new Connection(socket, handler_);
    }
}

}  // namespace sluice::demo
