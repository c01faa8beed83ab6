// SPDX-License-Identifier: GPL-3.0-or-later
// What the stories of journeys in virtual time share: a gateway file, visits, replies, and a world with one visit.
#pragma once

#include "engine/config/load.h"
#include "engine/simulation/virtual_world.h"

#include <QtGlobal>

namespace story {

using namespace sluice;
using namespace sluice::simulation;
using namespace std::chrono_literals;

// No raw string: moc of Qt 6.4 loses the class behind one that has "//" in it.
inline constexpr std::string_view file =
    "services:\n"
    "  users:\n"
    "    endpoints: [http://127.0.0.1:9001, http://127.0.0.1:9002]\n"
    "    timeouts: {connect: 1s, response: 5s, idle: 10s, total: 30s}\n"
    "  single: {endpoints: [\"http://127.0.0.1:9003\"], timeouts: {connect: 1s, response: 5s, idle: 10s, total: 30s}}\n"
    "authenticators:\n"
    "  staff: {jwt: {algorithms: [RS256], jwks: \"http://127.0.0.1:9100/jwks\", issuer: \"http://127.0.0.1:9100\", "
    "audience: api}}\n"
    "routes:\n"
    "  - {path: /users/**, service: users, methods: [GET, POST]}\n"
    "  - {path: /one/**, service: single}\n"
    "  - {path: /closed/**, service: single, auth: staff}\n";

inline journey::RulesPtr rules()
{
    const config::Loaded loaded = config::load(file, "test.yaml", {});
    for (const Problem &p : loaded.problems) {
        if (p.severity == Problem::Severity::Error)
            qWarning("%s", p.text().c_str());
    }
    return loaded.plan ? journey::Rules::create(loaded.plan, nullptr).take() : nullptr;
}

inline Visit request(const char *method, const char *target, std::vector<std::string> content = {})
{
    Visit visit;
    visit.head.method = method;
    visit.head.target = target;
    visit.head.scheme = "http";
    visit.head.authority = "shop.test";
    visit.head.headers.add("Host", "shop.test");
    visit.content = std::move(content);
    return visit;
}

inline Reply answer(std::vector<std::string> content, Nanos after = 10ms)
{
    Reply reply;
    reply.content = std::move(content);
    reply.answersAfter = after;
    return reply;
}

// One world, one kind of reply, and the record that the only visit left.
struct Story {
    explicit Story(Reply reply) : Story([reply](const std::string &) { return reply; }) {}
    explicit Story(VirtualWorld::Replies replies) : world(rules(), 1, std::move(replies)) {}
    const journey::Exchange &run(Visit visit)
    {
        client = &world.visit(0ms, std::move(visit));
        finished = world.run();
        return *world.records().at(0);
    }
    bool sound() const { return finished && world.records().size() == 1 && world.open() == 0 && client->heads <= 1; }
    VirtualWorld world;
    VirtualClient *client = nullptr;
    bool finished = false;
};

}  // namespace story
