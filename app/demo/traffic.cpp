// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/traffic.h"

#include <cmath>

namespace sluice::demo {

namespace {

constexpr int mostUnderWay = 32;  // when the gateway is slower than that, the traffic waits

constexpr const char *callers[] = {"shop-web/2.4", "shop-ios/5.1 (iPhone)", "curl/7.88.1", "backoffice/1.0"};
constexpr const char *articles[] = {"gate-1", "gate-2", "wheel-1", "rope-1", "lamp-1", "anchor-9"};

}  // namespace

Traffic::Traffic(std::string url, double perSecond, uint64_t seed, QObject *parent)
    : QObject(parent),
      url_(std::move(url)),
      perSecond_(perSecond),
      random_(seed),
      underWay_(std::make_shared<std::atomic<int>>(0))
{
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, [this] { sendOne(); });
}

Traffic::~Traffic() = default;

void Traffic::start()
{
    sendOne();
}

void Traffic::stop()
{
    timer_.stop();
}

void Traffic::sendOne()
{
    if (*underWay_ < mostUnderWay) {
        ++*underWay_;
        ++sent_;
        sender_.send(next(), [underWay = underWay_](replay::Answer) { --*underWay; });
    }
    // Arrivals as of many who do not know of each other: exponential gaps.
    const double gap = -std::log(1.0 - random_.unit()) / perSecond_;
    timer_.start(std::chrono::milliseconds(int64_t(std::min(gap, 2.0) * 1000)));
}

replay::Request Traffic::make(std::string_view method, std::string target, std::string body) const
{
    replay::Request out;
    out.url = url_;
    out.head.method = method;
    out.head.target = std::move(target);
    out.head.headers.add("Accept", "application/json");
    if (!body.empty())
        out.head.headers.add("Content-Type", "application/json");
    out.body = std::move(body);
    return out;
}

replay::Request Traffic::next()
{
    const std::string user = std::to_string(1 + random_.below(8)),
                      article = articles[random_.below(std::size(articles))];
    const uint64_t luck = random_.below(100);
    replay::Request out;
    if (luck < 22)
        out = make("GET", "/api/users/" + user);
    else if (luck < 28)
        out = make("GET", "/api/users?page=" + std::to_string(1 + random_.below(3)));
    else if (luck < 36)
        out = make("GET", "/api/users/" + user), out.head.headers.add("X-API-Version", "3");
    else if (luck < 40)
        out = make("GET", "/v3/users/" + user);
    else if (luck < 50)
        out = make("GET", "/api/inventory/" + article);
    else if (luck < 56)
        out = make("GET", "/api/inventory"), out.head.headers.add("If-None-Match", "\"stock-17\"");
    else if (luck < 68)
        out = make("POST", "/api/orders",
                   R"([{"sku":")" + article + R"(","count":)" + std::to_string(1 + random_.below(4)) + "}]");
    else if (luck < 76)
        out = make("GET", "/api/orders/" + std::to_string(1001 + random_.below(30)));
    else if (luck < 88)
        out = make("POST", "/api/payments",
                   R"({"order":)" + std::to_string(1001 + random_.below(30))
                       + R"(,"card":{"number":"4111111111111111","holder":"user )" + user + R"("},"amount_cents":)"
                       + std::to_string(1000 + random_.below(90'000)) + "}");
    else if (luck < 93)
        out = make("GET",
                   "/api/reports/2026-" + std::string(random_.below(2) ? "0" : "1") + std::to_string(random_.below(3)));
    else if (luck < 95)
        out = make("POST", "/api/users", R"({"name":"New Caller","password":"hunter2"})");
    else if (luck < 97)
        out = make("DELETE", "/api/inventory/" + article);  // 405
    else if (luck < 99)
        out = make("GET", random_.below(2) ? "/wp-login.php" : "/api/usres/7");  // 404: a bot, a slip of the pen
    else
        out = make("GET", "/api/users/../users/" + user);
    out.head.headers.add("User-Agent", callers[random_.below(std::size(callers))]);
    if (luck < 88)
        out.head.headers.add("Authorization", "Bearer demo-token-of-user-" + user);
    return out;
}

}  // namespace sluice::demo
