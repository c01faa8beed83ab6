// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/attached_session.h"

#include "engine/gateway/control.h"
#include "ui/reader_thread.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPointer>
#include <QUrl>
#include <QUrlQuery>

namespace sluice::ui {

namespace {

constexpr int statusEvery = 250, lostEvery = 1000, lookEvery = 50;  // ms

QString sentence(const gateway::ControlAnswer &answer)
{
    const QJsonObject o = QJsonDocument::fromJson(QByteArray::fromStdString(answer.body)).object();
    const QJsonArray problems = o.value(u"problems").toArray();
    if (!problems.isEmpty())
        return problems.first().toObject().value(u"what").toString();
    return QStringLiteral("the gateway answered %1").arg(answer.status);
}

}  // namespace

Result<std::unique_ptr<AttachedSession>> AttachedSession::create(const std::string &socket,
                                                                 storage::SealingKeySource key)
{
    const auto answer = gateway::control(socket, "GET", "/status");
    if (!answer)
        return answer.error();
    auto status = gateway::statusFromJson(answer->body);
    if (!status)
        return status.error();
    if (!status->recording.on || status->recording.path.empty())
        return Error{Fault::Client,
                     "the gateway at " + socket
                         + " records nothing, so there is nothing to show; run it without --record none"};
    return std::unique_ptr<AttachedSession>(new AttachedSession(socket, status.take(), std::move(key)));
}

AttachedSession::AttachedSession(std::string socket, gateway::Status first, storage::SealingKeySource key)
    : socket_(std::move(socket)), reader_(std::make_unique<ReaderThread>(first.recording.path, std::move(key)))
{
    calls_.setMaxThreadCount(2);
    setStatus(std::move(first));
    connect(&statusTimer_, &QTimer::timeout, this, &AttachedSession::askStatus);
    statusTimer_.start(statusEvery);
    connect(&frame_, &QTimer::timeout, this, &AttachedSession::askLastId);
    frame_.start(lookEvery);
    askLastId();
}

AttachedSession::~AttachedSession()
{
    calls_.clear();
    calls_.waitForDone();
}

RecordingAccess &AttachedSession::recording()
{
    return *reader_;
}

void AttachedSession::call(std::string method, std::string target, QObject *context,
                           std::function<void(Result<std::string>, int)> then)
{
    const QPointer<QObject> alive(context);
    calls_.start([socket = socket_, method = std::move(method), target = std::move(target), alive,
                  then = std::move(then)] {
        const auto answer = std::make_shared<Result<gateway::ControlAnswer>>(gateway::control(socket, method, target));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [alive, then, answer] {
                if (!alive)
                    return;
                if (!*answer)
                    then((*answer).error(), 0);
                else if ((*answer)->status >= 300)
                    then(Error{Fault::Client, sentence(**answer).toStdString()}, (*answer)->status);
                else
                    then((*answer)->body, (*answer)->status);
            },
            Qt::QueuedConnection);
    });
}

void AttachedSession::askStatus()
{
    if (asking_)
        return;
    asking_ = true;
    call("GET", "/status", this, [this](Result<std::string> body, int) {
        asking_ = false;
        auto status = body ? gateway::statusFromJson(*body) : Result<gateway::Status>(body.error());
        statusTimer_.setInterval(status ? statusEvery : lostEvery);
        setLost(status ? QString() : QString::fromStdString(status.error().what));
        if (status)
            takeStatus(status.take());
    });
}

void AttachedSession::takeStatus(gateway::Status now)
{
    // The same socket, and perhaps another gateway behind it than before.
    const bool replaced = now.started != status().started || now.recording.path != status().recording.path;
    const bool records = now.recording.on && !now.recording.path.empty();
    const std::string path = now.recording.path;
    setStatus(std::move(now));
    if (!replaced || !records)
        return;
    reader_->open(path);
    looking_ = false;
    setLastId(0);
    Q_EMIT recordingReplaced();
    askLastId();
}

void AttachedSession::askLastId()
{
    if (looking_)
        return;
    looking_ = true;
    reader_->lastId({this, 0}, [this](Result<int64_t> id) {
        looking_ = false;
        if (id)
            setLastId(*id);
    });
}

void AttachedSession::explain(gateway::Question question, QObject *context,
                              std::function<void(Result<gateway::Explanation>)> then)
{
    const auto encoded = [](const std::string &text) {
        return QString::fromLatin1(QUrl::toPercentEncoding(QString::fromStdString(text)));
    };
    QString target = u"/explain?method="_qs + encoded(question.method) + u"&target="_qs + encoded(question.target);
    if (!question.host.empty())
        target += u"&host="_qs + encoded(question.host);
    for (const auto &[name, value] : question.headers)
        target += u"&header="_qs + encoded(name + ":" + value);
    call("GET", target.toStdString(), context, [then = std::move(then)](Result<std::string> body, int) {
        then(body ? explanationFromJson(QByteArray::fromStdString(*body)) : Result<gateway::Explanation>(body.error()));
    });
}

void AttachedSession::reload(QObject *context, std::function<void(Outcome)> then)
{
    call("POST", "/reload", context, [then = std::move(then)](Result<std::string> body, int) {
        then(body ? Outcome(Done{}) : Outcome(body.error()));
    });
}

Result<gateway::Explanation> explanationFromJson(const QByteArray &json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject())
        return Error{Fault::Gateway, "the gateway's explanation cannot be read"};
    const QJsonObject o = document.object();
    gateway::Explanation out;
    out.status = o.value(u"status").toInt();
    out.route = o.value(u"route").toString().toStdString();
    out.service = o.value(u"service").toString().toStdString();
    out.path = o.value(u"path").toString().toStdString();
    QByteArray decisions = QJsonDocument(o.value(u"decisions").toArray()).toJson(QJsonDocument::Compact);
    decisions.chop(1);  // the log is kept without its closing bracket
    if (decisions.size() > 1)
        out.decisions = journey::DecisionLog::restored(decisions.toStdString());
    for (const QJsonValue &each : o.value(u"candidates").toArray()) {
        const QJsonObject c = each.toObject();
        out.candidates.push_back({c.value(u"route").toString().toStdString(), c.value(u"matched").toBool(),
                                  c.value(u"why").toString().toStdString(), c.value(u"line").toInt()});
    }
    return out;
}

}  // namespace sluice::ui
