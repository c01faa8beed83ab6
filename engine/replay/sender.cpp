// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/sender.h"

#include "engine/base/thread_end.h"
#include "engine/http/http1_writer.h"
#include "engine/http/uri.h"
#include "engine/net/client/caller.h"
#include "engine/net/dispatcher/loop.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QObject>
#include <QThread>

#include <future>

namespace sluice::replay {

namespace {

// What the answer's record says of the request.
void describe(journey::Exchange &exchange, const http::Url &url, const Request &request)
{
    const std::string &body = request.shown ? request.shown->body : request.body;
    http::RequestHead head = request.head;
    if (request.shown) {
        head.target = request.shown->head.target;
        head.headers = request.shown->head.headers;
        if (const std::string_view host = head.headers.get("Host"); !host.empty())
            head.authority = http::lowerCase(host);
    }
    const http::TargetParts parts = http::splitTarget(head.target);
    exchange.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    exchange.received = exchange.sent = head;
    exchange.path = parts.path;
    exchange.query = parts.query;
    exchange.requestBody.bytes = body;
    exchange.requestBody.size = body.size();
    exchange.requestBody.redacted = request.shown != nullptr;
    exchange.endpoint = url.scheme + "://" + url.authority();
}

Result<net::Call> callOf(Request request, journey::Exchange &exchange)
{
    Result<http::Url> url = http::parseUrl(request.url);
    if (!url)
        return Error{Fault::Gateway, "cannot send to " + request.url + ": " + url.error().what};
    http::RequestHead &head = request.head;
    if (head.target.empty())
        head.target = url->query.empty() ? url->path : url->path + '?' + url->query;
    if (!head.headers.has("Host")) {  // RFC 9110 section 7.2: before all others
        http::HeaderList rest = std::exchange(head.headers, {});
        head.headers.add("Host", url->authority());
        for (const http::Field &field : rest)
            head.headers.add(field.name, field.value);
    }
    head.authority = http::lowerCase(head.headers.get("Host"));
    head.scheme = url->scheme;
    head.version = http::Version::Http11;
    describe(exchange, *url, request);
    net::Call call;
    call.host = url->host;
    call.port = url->port;
    call.method = head.method;
    call.whole = request.limit;
    http::Wire wire;
    wire.framing = http::Framing{};
    if (!request.body.empty())
        wire.framing = http::Framing{http::Framing::Kind::Length, request.body.size()};
    wire.connection = "close";
    if (!http::appendHead(call.bytes, head, wire))
        return Error{Fault::Client,
                     "the request cannot be written: its method, target or a header has characters that HTTP forbids"};
    call.bytes += request.body;
    return call;
}

}  // namespace

struct Sender::Impl {
    std::unique_ptr<QThread> thread;
    std::unique_ptr<QObject> context;     // lives in the thread: receiver of what is posted
    std::unique_ptr<net::Caller> caller;  // the same
    SenderOptions options;
    std::shared_ptr<const net::ClientTls> tls;  // made with the first https request, as it reads the system's CAs

    Outcome secure(net::Call &call)
    {
        if (!tls) {
            net::ClientTls::Parts parts;
            parts.caToo = options.trusted;
            parts.onlyHttp1 = true;
            Result<std::shared_ptr<const net::ClientTls>> made = net::ClientTls::create(std::move(parts));
            if (!made)
                return made.error();
            tls = made.take();
        }
        call.tls = tls;
        return Done{};
    }

    void start(Request request, const std::function<void(Answer)> &done)
    {
        auto exchange = std::make_unique<journey::Exchange>();
        Result<net::Call> call = callOf(std::move(request), *exchange);
        if (call && exchange->received.scheme == "https") {
            if (const Outcome secured = secure(*call); !secured)
                call = secured.error();
        }
        if (call && !caller)
            call = Error{Fault::Gateway, "the sender was stopped"};
        if (!call) {
            exchange->failedBy = call.error().fault;
            exchange->failure = call.error().what;
            return done(std::move(exchange));
        }
        call->exchange = std::move(exchange);
        caller->start(call.take(), done);
    }
};

Sender::Sender(SenderOptions options) : impl_(std::make_unique<Impl>())
{
    impl_->options = std::move(options);
    impl_->context = std::make_unique<QObject>();
    impl_->thread.reset(QThread::create([impl = impl_.get()] {
        impl->caller = std::make_unique<net::Caller>(*net::threadPoller());
        QEventLoop().exec();
        QCoreApplication::sendPostedEvents(impl->context.get(), QEvent::MetaCall);  // each callback is called
        impl->caller.reset();
        QCoreApplication::sendPostedEvents(impl->context.get(), QEvent::MetaCall);  // sent from a callback, too late
        endThread();
    }));
    impl_->thread->setObjectName("sender");
    impl_->context->moveToThread(impl_->thread.get());
    if (const Outcome own = net::setLoop(*impl_->thread, net::bestLoop); !own)
        qWarning("sender: %s; it runs on Qt's own loop", own.error().what.c_str());
    impl_->thread->start();
}

Sender::~Sender()
{
    impl_->thread->quit();
    impl_->thread->wait();
}

void Sender::send(Request request, std::function<void(Answer)> done)
{
    // A functor that Qt copies must be copyable: the request goes along in a shared holder.
    auto held = std::make_shared<Request>(std::move(request));
    QMetaObject::invokeMethod(
        impl_->context.get(),
        [impl = impl_.get(), held, done = std::move(done)] { impl->start(std::move(*held), done); },
        Qt::QueuedConnection);
}

Answer Sender::sendAndWait(Request request)
{
    auto promise = std::make_shared<std::promise<Answer>>();
    std::future<Answer> future = promise->get_future();
    send(std::move(request), [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return future.get();
}

}  // namespace sluice::replay
