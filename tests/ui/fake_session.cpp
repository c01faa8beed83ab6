// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fake_session.h"

#include "engine/recording/redaction.h"
#include "engine/replay/replay.h"

#include <QCoreApplication>
#include <QPointer>

namespace sluice::ui {

namespace {

storage::Row rowOf(const journey::Exchange &x, int mark)
{
    storage::Row row;
    row.id = x.id;
    row.time = x.time;
    row.method = x.received.method;
    row.host = x.received.authority;
    row.path = x.path;
    row.query = x.query;
    row.status = x.returned.status;
    row.latency = x.times.ended;
    row.requestBytes = x.requestBody.size;
    row.responseBytes = x.responseBody.size;
    row.client = x.client;
    row.route = x.route;
    row.service = x.service;
    row.endpoint = x.endpoint;
    row.attempts = int(x.attempts.size());
    row.failedBy = x.failedBy;
    row.failure = x.failure;
    row.replayOf = x.replayOf;
    row.mark = mark;
    return row;
}

}  // namespace

journey::Exchange sampleExchange(int64_t id)
{
    using namespace std::chrono_literals;
    journey::Exchange x;
    x.id = id;
    x.time = WallTime(std::chrono::microseconds(1'790'000'000'000'000 + id * 1000));
    x.client = "127.0.0.1";
    x.received.method = id % 3 == 0 ? "POST" : "GET";
    x.received.target = "/api/users/" + std::to_string(id) + "?page=2";
    x.received.authority = "127.0.0.1:8080";
    x.received.headers.add("Host", "127.0.0.1:8080");
    x.received.headers.add("Authorization", "{{secret:0a1b2c}}");
    x.sent = x.received;
    x.path = "/api/users/" + std::to_string(id);
    x.query = "page=2";
    x.answer.status = x.returned.status = id % 5 == 0 ? 503 : 200;
    x.returned.headers.add("Content-Type", "application/json");
    x.responseBody.take(R"({"id":)" + std::to_string(id) + R"(,"name":"Ada","price":1.10})", 1 << 20);
    x.route = "users";
    x.service = "user-service";
    x.endpoint = "http://127.0.0.1:9001";
    x.times = {20us, 120us, 200us, 4ms, 4200us, 5ms};
    journey::Attempt attempt;
    attempt.endpoint = x.endpoint;
    attempt.started = 20us;
    attempt.connected = 120us;
    attempt.firstByte = 4ms;
    attempt.ended = 5ms;
    attempt.status = x.answer.status;
    x.attempts.push_back(attempt);
    x.decisions.add(journey::Stage::Route, "matched", "the most specific route that takes this request",
                    [](JsonObject &facts) { facts.add("route", "users").add("line", 12); });
    return x;
}

gateway::Status sampleStatus()
{
    gateway::Status status;
    status.listen = {"http://127.0.0.1:8080"};
    status.recording.on = true;
    gateway::RouteStatus route;
    route.name = "users";
    route.path = "/api/users/**";
    route.service = "user-service";
    status.routes.push_back(route);
    gateway::ServiceStatus service;
    service.name = "user-service";
    service.balance = "round_robin";
    service.breaker = "off";
    gateway::EndpointStatus endpoint;
    endpoint.url = "http://127.0.0.1:9001";
    endpoint.requests = 40;
    endpoint.failures = 2;
    service.endpoints.push_back(endpoint);
    status.services.push_back(service);
    return status;
}

// ---- the recording

void FakeRecording::grow(size_t count, const std::function<void(journey::Exchange &)> &each)
{
    for (size_t i = 0; i < count; ++i) {
        journey::Exchange x = sampleExchange(++lastId_);
        if (each)
            each(x);
        exchanges_.emplace(x.id, std::move(x));
    }
}

template<class T>
void FakeRecording::answer(Asker asker, Then<T> then, Result<T> value)
{
    const uint64_t number = ++newest_[{asker.who, asker.slot}];
    const QPointer<QObject> who(asker.who);
    const auto kept = std::make_shared<Result<T>>(
        failing ? Result<T>(Error{Fault::Gateway, "the recording cannot be read"}) : std::move(value));
    auto run = [this, asker, who, number, then = std::move(then), kept] {
        if (!who || newest_[{asker.who, asker.slot}] != number)
            return;
        failed += !kept->ok();
        then(std::move(*kept));
    };
    if (held)
        waiting_.push_back(std::move(run));
    else
        QMetaObject::invokeMethod(QCoreApplication::instance(), std::move(run), Qt::QueuedConnection);
}

void FakeRecording::release()
{
    held = false;
    while (!waiting_.empty()) {
        const auto run = std::move(waiting_.front());
        waiting_.pop_front();
        run();
    }
}

void FakeRecording::ids(Asker asker, recording::Filter filter, storage::Order order, int64_t after, size_t most,
                        Then<Ids> then)
{
    ++idsAsked;
    Ids found;
    const auto fits = [&](int64_t id) {
        return pretended_ || (exchanges_.count(id) && filter.matches(exchanges_.at(id)));
    };
    if (order == storage::Order::OldestFirst) {
        for (int64_t id = after + 1; id <= lastId_ && found.size() < most; ++id)
            if (fits(id))
                found.push_back(id);
    } else {
        for (int64_t id = after == 0 ? lastId_ : after - 1; id > 0 && found.size() < most; --id)
            if (fits(id))
                found.push_back(id);
    }
    answer<Ids>(asker, std::move(then), std::move(found));
}

void FakeRecording::rows(Asker asker, Ids ids, Then<Rows> then)
{
    rowsAsked += ids.size();
    Rows rows;
    for (const int64_t id : ids) {
        if (pretended_)
            rows.push_back(rowOf(sampleExchange(id), 0));
        else if (exchanges_.count(id))
            rows.push_back(rowOf(exchanges_.at(id), marks[id]));
    }
    answer<Rows>(asker, std::move(then), std::move(rows));
}

void FakeRecording::exchange(Asker asker, int64_t id, Then<journey::Exchange> then)
{
    if (id < 0 && streams.count(id)) {
        journey::Exchange x = sampleExchange(-id);
        x.id = id;
        x.stream.kind = journey::Streaming::WebSocket;
        return answer<journey::Exchange>(asker, std::move(then), std::move(x));
    }
    id = id < 0 ? openAs[id] : id;
    answer<journey::Exchange>(asker, std::move(then), exchanges_.count(id) ? exchanges_.at(id) : journey::Exchange{});
}

void FakeRecording::slices(Asker asker, storage::SliceRequest request, Then<std::vector<storage::Slice>> then)
{
    std::vector<storage::Slice> out;
    storage::Slice slice;
    ++slicesAsked;
    slice.start = sliceStart.value_or(request.from);
    slice.group = request.group == storage::GroupBy::Route ? sliceRoute
        : request.group == storage::GroupBy::Endpoint      ? "http://127.0.0.1:9001"
                                                           : "";
    slice.requests = 12;
    slice.serverErrors = 3;
    slice.p50 = std::chrono::milliseconds(4);
    slice.p95 = std::chrono::milliseconds(9);
    slice.p99 = std::chrono::milliseconds(30);
    out.push_back(slice);
    answer<std::vector<storage::Slice>>(asker, std::move(then), std::move(out));
}

void FakeRecording::replaysOf(Asker asker, int64_t id, Then<Ids> then)
{
    Ids found;
    for (const auto &[each, x] : exchanges_) {
        if (x.replayOf == id)
            found.push_back(each);
    }
    answer<Ids>(asker, std::move(then), std::move(found));
}

void FakeRecording::setMark(Asker asker, int64_t id, int mark, Then<Done> then)
{
    marks[id] = mark;
    answer<Done>(asker, std::move(then), Done{});
}

void FakeRecording::lastId(Asker asker, Then<int64_t> then)
{
    answer<int64_t>(asker, std::move(then), lastId_);
}

void FakeRecording::open(Asker asker, size_t most, Then<Rows> then)
{
    Rows rows;
    for (const auto &[id, messages] : streams) {
        if (id >= 0 || rows.size() >= most)
            continue;
        rows.push_back(rowOf(sampleExchange(-id), 0));
        rows.back().id = id;
        rows.back().open = true;
        rows.back().stream.kind = journey::Streaming::WebSocket;
        rows.back().stream.messages = messages.size();
    }
    answer<Rows>(asker, std::move(then), std::move(rows));
}

void FakeRecording::messages(Asker asker, int64_t exchange, uint64_t after, size_t most, size_t bytes,
                             Then<std::vector<journey::Message>> then)
{
    std::vector<journey::Message> out;
    const auto found = streams.find(exchange);
    const std::vector<journey::Message> none;
    for (const journey::Message &message : found == streams.end() ? none : found->second) {
        if (message.number <= after || out.size() >= most)
            continue;
        out.push_back(message);
        if (out.back().bytes.size() > bytes)
            out.back().bytes.resize(bytes);
    }
    messagesAsked += out.size();
    answer<std::vector<journey::Message>>(asker, std::move(then), std::move(out));
}

void FakeRecording::fieldNames(Asker asker, std::string, std::string, Then<recording::NamedFields> then)
{
    answer<recording::NamedFields>(asker, std::move(then), names);
}

void FakeRecording::messageSpan(Asker asker, int64_t exchange, Then<storage::MessageSpan> then)
{
    storage::MessageSpan span;
    if (const auto at = streams.find(exchange); at != streams.end() && !at->second.empty()) {
        span.first = at->second.front().number;
        span.last = at->second.back().number;
        span.rows = at->second.size();
    }
    span.open = exchange < 0 && streams.count(exchange) > 0;
    answer<storage::MessageSpan>(asker, std::move(then), span);
}

Result<recording::Unsealed> FakeRecording::unsealed(std::string_view placeholder) const
{
    const auto at = sealed.find(std::string(placeholder));
    if (at == sealed.end())
        return Error{Fault::Gateway, "it was not sealed when it was recorded"};
    return recording::Unsealed{Secret(std::string_view(at->second)), true, false};
}

void FakeRecording::secrets(Asker asker, int64_t, std::vector<std::string> placeholders, Then<Secrets> then)
{
    secretsAsked += placeholders.size();
    Secrets out;
    for (const std::string &each : placeholders) {
        Result<recording::Unsealed> secret = unsealed(each);
        if (secret)
            out.known.emplace(each, secret.take());
        else
            out.missing.emplace(each, secret.error().what);
    }
    answer<Secrets>(asker, std::move(then),
                    noKey.empty() ? Result<Secrets>(std::move(out)) : Result<Secrets>(Error{Fault::Gateway, noKey}));
}

void FakeRecording::putSecrets(Asker asker, int64_t, replay::Request request, Then<replay::Request> then)
{
    const auto unseal = [this](std::string_view placeholder) { return unsealed(placeholder); };
    std::optional<Error> wrong = replay::putSecrets(request, unseal);
    answer<replay::Request>(asker, std::move(then),
                            wrong ? Result<replay::Request>(*std::move(wrong))
                                  : Result<replay::Request>(std::move(request)));
}

void FakeRecording::redacted(Asker asker, ExchangePtr answered, Then<Redacted> then)
{
    Redacted out{*answered, {}};
    recording::Redactor redactor(config::RecordSettings(), recording::PlaceholderKey{});
    redactor.wantSecrets(true);
    redactor.redact(out.exchange);
    for (const recording::Placeholders::Met &met : redactor.secrets())
        out.secrets.known[met.placeholder] = {Secret(std::string_view(met.secret)), !met.json, met.json};
    answer<Redacted>(asker, std::move(then), std::move(out));
}

void FakeRecording::compare(Asker asker, ExchangePtr before, ExchangePtr after, Then<replay::Comparison> then)
{
    answer<replay::Comparison>(asker, std::move(then), replay::compare(*before, *after));
}

// ---- the session

FakeSession::FakeSession()
{
    setStatus(sampleStatus());
}

void FakeSession::explain(gateway::Question, QObject *context, std::function<void(Result<gateway::Explanation>)> then)
{
    if (holdQuestions) {
        questions.push_back(std::move(then));
        return;
    }
    QMetaObject::invokeMethod(
        context,
        [then = std::move(then)] {
            gateway::Explanation explanation;
            explanation.status = 404;
            then(explanation);
        },
        Qt::QueuedConnection);
}

void FakeSession::reload(QObject *context, std::function<void(Outcome)> then)
{
    ++reloads;
    QMetaObject::invokeMethod(
        context, [then = std::move(then)] { then(Done{}); }, Qt::QueuedConnection);
}

void FakeSession::replace(size_t count)
{
    fake.clear();
    fake.grow(count);
    setLastId(0);
    Q_EMIT recordingReplaced();
    tellLastId();
}

void FakeSession::arrive(size_t count, const std::function<void(journey::Exchange &)> &each)
{
    fake.grow(count, each);
    tellLastId();
}

}  // namespace sluice::ui
