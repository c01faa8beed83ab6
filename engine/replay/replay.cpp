// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/replay.h"

#include "engine/http/uri.h"
#include "engine/recording/placeholders.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace sluice::replay {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view replayMark = "X-Sluice-Replay";
constexpr int mostAtOnce = 64;

// About one connection, or written anew by the sender (RFC 9110 sections 7.6.1, 10.1.1, RFC 9112 section 6).
bool isDropped(const http::HeaderList &headers, std::string_view name)
{
    static constexpr std::array<std::string_view, 10> names = {
        "Connection", "Keep-Alive",        "Proxy-Connection", "Proxy-Authorization", "TE",
        "Trailer",    "Transfer-Encoding", "Upgrade",          "Content-Length",      "Expect"};
    const auto same = [&](std::string_view n) { return http::equalsIgnoreCase(n, name); };
    return std::any_of(names.begin(), names.end(), same) || headers.hasToken("Connection", name);
}

bool hasPlaceholder(std::string_view text)
{
    size_t end = 0;
    return recording::findPlaceholder(text, 0, end) != text.npos;
}

Error refuse(std::string what)
{
    return Error{Fault::Client, std::move(what)};
}

bool isSet(const ReplayOptions &options, std::string_view name)
{
    return std::any_of(options.setHeaders.begin(), options.setHeaders.end(),
                       [&](const auto &header) { return http::equalsIgnoreCase(header.first, name); });
}

// What of the recording cannot be sent again; nothing: all of it can.
std::optional<Error> obstacle(const journey::Exchange &exchange)
{
    const journey::Content &body = exchange.requestBody;
    if (exchange.tunnel)
        return refuse("it was a tunnel (WebSocket, say); what went through it is not recorded");
    if (exchange.received.method.empty())
        return refuse("its request is not in the recording");
    if (!body.withheld.empty())
        return refuse("its body was not kept: " + body.withheld);
    if (body.cut())
        return refuse("its body of " + std::to_string(body.size)
                      + " bytes was cut at the recording's limit (record: bodies:)");
    if (!body.complete)
        return refuse("its body is not whole: it broke off, or was refused, after " + std::to_string(body.size)
                      + " bytes");
    return std::nullopt;
}

bool hasSecrets(const Request &request)
{
    bool any = hasPlaceholder(request.body) || hasPlaceholder(request.head.target);
    for (const http::Field &field : request.head.headers)
        any = any || hasPlaceholder(field.value);
    return any;
}

// Puts the secrets into the request. Why that cannot be done; nothing: it is done. Fields that setHeaders gave are left as they are.
std::optional<Error> fillIn(Request &request, const journey::Exchange &exchange, const ReplayOptions &options)
{
    const recording::Unseal unseal = [&](std::string_view placeholder) -> Result<recording::Unsealed> {
        if (!options.unseal)
            return Error{Fault::Client, ""};
        return options.unseal(exchange, placeholder);
    };
    const auto because = [](const Error &error) { return error.what.empty() ? "" : ": " + error.what; };
    const std::string_view type = exchange.received.headers.get("Content-Type");
    if (const std::optional<Error> error = recording::unsealBody(request.body, type, unseal))
        return refuse("its body held a secret that the recording does not have" + because(*error));
    if (const std::optional<Error> error = recording::unsealTarget(request.head.target, unseal))
        return refuse("its URL held a secret that the recording does not have" + because(*error));
    http::HeaderList headers;
    std::string missing, why;
    for (const http::Field &field : request.head.headers) {
        std::string value(field.value);
        const std::optional<Error> error =
            isSet(options, field.name) ? std::nullopt : recording::unsealField(field.name, value, unseal);
        if (error) {
            missing.append(missing.empty() ? "" : ", ").append(field.name);
            why = because(*error);
        }
        headers.add(field.name, value);
        Secret::wipe(value);
    }
    if (!missing.empty())
        return refuse("the recording does not have the secrets in its headers; give them with --set-header: " + missing
                      + (why.empty() ? "" : " (" + why.substr(2) + ")"));
    request.head.headers = std::move(headers);
    return std::nullopt;
}

// What was put in may come back in a field of the answer.
struct Used {
    Secret text;
    std::string placeholder;
};

void hide(std::string &text, const std::vector<Used> &used)
{
    for (const Used &each : used) {
        const std::string_view secret = each.text.reveal();
        for (size_t at = text.find(secret); at != text.npos; at = text.find(secret, at + each.placeholder.size()))
            text.replace(at, secret.size(), each.placeholder);
    }
}

void hide(http::HeaderList &list, const std::vector<Used> &used)
{
    http::HeaderList out;
    for (const http::Field &field : list) {
        std::string value(field.value);
        hide(value, used);
        out.add(field.name, value);
    }
    list = std::move(out);
}

Result<std::string> targetUrl(const journey::Exchange &exchange, const ReplayOptions &options, std::string &prefix)
{
    const http::RequestHead &received = exchange.received;
    if (options.to.empty() && received.authority.empty())
        return refuse("it named no host; say where to send it with --to");
    const std::string scheme = received.scheme.empty() ? "http" : received.scheme;
    const Result<http::Url> url = http::parseUrl(options.to.empty() ? scheme + "://" + received.authority : options.to);
    if (!url)
        return refuse(url.error().what);
    prefix = url->path;
    while (prefix.ends_with('/'))
        prefix.pop_back();
    return url->scheme + "://" + url->authority();
}

Replayed failed(const journey::Exchange &original, const Error &error)
{
    Replayed out;
    out.original = original.id;
    out.answer = std::make_unique<journey::Exchange>();
    out.answer->replayOf = original.id;
    out.answer->failedBy = error.fault;
    out.answer->failure = error.what;
    out.comparison = compare(original, *out.answer);
    return out;
}

// Answers come from the sender's thread.
class Inbox {
public:
    struct Item {
        std::unique_ptr<journey::Exchange> original;
        Answer answer;
        bool throughGateway;
        std::shared_ptr<const std::vector<Used>> used;
    };
    void put(Item item)
    {
        {
            const std::lock_guard lock(mutex_);
            items_.push_back(std::move(item));
        }
        came_.notify_one();
    }
    // What has come, after waiting for something until `until`.
    std::deque<Item> take(Clock::time_point until)
    {
        std::unique_lock lock(mutex_);
        came_.wait_until(lock, until, [&] { return !items_.empty(); });
        return std::exchange(items_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<Item> items_;
};

// When each request is due.
class Pacer {
public:
    explicit Pacer(const ReplayOptions &options) : options_(options), start_(Clock::now()) {}
    Clock::time_point due(const journey::Exchange &exchange)
    {
        const uint64_t index = count_++;
        if (index == 0)
            first_ = exchange.time;
        switch (options_.timing) {
        case ReplayOptions::Timing::AsFastAsPossible: return start_;
        case ReplayOptions::Timing::Original:
            return start_ + std::max(exchange.time - first_, WallTime::duration::zero());
        case ReplayOptions::Timing::Rate: break;
        }
        const double rate = std::clamp(options_.perSecond, 0.001, 1e6);
        return start_ + duration_cast<Clock::duration>(std::chrono::duration<double>(double(index) / rate));
    }

private:
    const ReplayOptions &options_;
    Clock::time_point start_;
    WallTime first_{};
    uint64_t count_ = 0;
};

class Run {
public:
    Run(const ReplayOptions &options, Sender &sender, const std::function<void(Replayed)> &done)
        : options_(options), sender_(sender), done_(done), inbox_(std::make_shared<Inbox>())
    {}

    void send(std::unique_ptr<journey::Exchange> original)
    {
        const auto used = std::make_shared<std::vector<Used>>();
        Result<Request> request = requestOf(*original, noting(*used));
        if (!request)
            return done_(failed(*original, request.error()));
        ++underWay_;
        const bool marked = request->head.headers.has(replayMark);
        std::shared_ptr<journey::Exchange> held(std::move(original));
        sender_.send(request.take(), [inbox = inbox_, held, marked, used](Answer answer) {
            inbox->put({std::make_unique<journey::Exchange>(std::move(*held)), std::move(answer), marked, used});
        });
    }

    void receive(Clock::time_point until)
    {
        for (Inbox::Item &item : inbox_->take(until)) {
            --underWay_;
            done_(resultOf(std::move(item)));
        }
    }

    int underWay() const { return underWay_; }

private:
    // The same options, which note what they put in; short ones would be found everywhere.
    ReplayOptions noting(std::vector<Used> &used) const
    {
        constexpr size_t shortest = 6;
        ReplayOptions out = options_;
        if (!options_.unseal)
            return out;
        out.unseal = [&used, this](const journey::Exchange &original, std::string_view placeholder) {
            Result<recording::Unsealed> secret = options_.unseal(original, placeholder);
            if (secret && secret->text.size() >= shortest)
                used.push_back({secret->text, std::string(placeholder)});
            return secret;
        };
        return out;
    }

    Replayed resultOf(Inbox::Item item) const
    {
        Replayed result;
        journey::Exchange &original = *item.original, &answer = *item.answer;
        result.original = answer.replayOf = original.id;
        answer.client = original.client;
        answer.requestId = answer.returned.headers.get("X-Request-ID");
        result.throughGateway = item.throughGateway;
        if (!item.throughGateway) {
            answer.route = original.route;
            answer.service = original.service;
            answer.version = original.version;
        }
        if (!item.used->empty()) {
            for (http::HeaderList *list : {&answer.answer.headers, &answer.returned.headers, &answer.responseTrailers})
                hide(*list, *item.used);
            hide(answer.failure, *item.used);
        }
        if (options_.redact) {
            options_.redact(original);
            options_.redact(answer);
        }
        result.comparison = compare(original, answer);
        result.answer = std::move(item.answer);
        return result;
    }

    const ReplayOptions &options_;
    Sender &sender_;
    const std::function<void(Replayed)> &done_;
    std::shared_ptr<Inbox> inbox_;
    int underWay_ = 0;
};

}  // namespace

Result<Request> requestOf(const journey::Exchange &exchange, const ReplayOptions &options)
{
    if (std::optional<Error> error = obstacle(exchange))
        return *std::move(error);
    std::string prefix;
    Result<std::string> url = targetUrl(exchange, options, prefix);
    if (!url)
        return url.error();
    Request request;
    request.url = url.take();
    const http::RequestHead &received = exchange.received;
    const http::TargetParts parts = http::splitTarget(received.target);
    request.head.method = received.method;
    request.head.target = parts.path == "*" ? std::string("*") : prefix + std::string(parts.path);
    if (parts.hasQuery)
        request.head.target.append("?").append(parts.query);
    for (const http::Field &field : received.headers) {
        const bool decoded = http::equalsIgnoreCase(field.name, "Content-Encoding") && field.value == "identity";
        if (!decoded && !isDropped(received.headers, field.name) && !isSet(options, field.name))
            request.head.headers.add(field.name, field.value);
    }
    for (const auto &[name, value] : options.setHeaders)
        request.head.headers.add(name, value);
    request.head.headers.remove(replayMark);
    if (options.isGateway && options.isGateway(request.url))
        request.head.headers.set(replayMark, std::to_string(exchange.id));
    request.body = exchange.requestBody.bytes;
    if (!hasSecrets(request))
        return request;
    request.shown = std::make_shared<const Request::Shown>(Request::Shown{request.head, request.body});
    if (std::optional<Error> error = fillIn(request, exchange, options))
        return *std::move(error);
    return request;
}

void run(const ReplayOptions &options, Sender &sender,
         const std::function<std::unique_ptr<journey::Exchange>()> &originals,
         const std::function<void(Replayed)> &done, const std::atomic<bool> &stop)
{
    constexpr auto lookAgain = std::chrono::milliseconds(50);  // for `stop`
    const bool overlaps = options.concurrency == 0 && options.timing == ReplayOptions::Timing::Original;
    const int concurrency = overlaps ? mostAtOnce : std::clamp(options.concurrency, 1, mostAtOnce);
    Run run(options, sender, done);
    Pacer pacer(options);
    std::unique_ptr<journey::Exchange> next = stop ? nullptr : originals();
    Clock::time_point due = next ? pacer.due(*next) : Clock::time_point();
    while (next || run.underWay() > 0) {
        if (stop)
            next.reset();
        const bool room = run.underWay() < concurrency;
        if (next && room && Clock::now() >= due) {
            run.send(std::move(next));
            next = stop ? nullptr : originals();
            due = next ? pacer.due(*next) : due;
            continue;
        }
        const Clock::time_point soon = Clock::now() + lookAgain;
        run.receive(next && room ? std::min(due, soon) : soon);
    }
}

}  // namespace sluice::replay
