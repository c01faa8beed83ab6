// SPDX-License-Identifier: GPL-3.0-or-later
// PlanBuilder: a checked document made into a Plan. Internal to the room; one use. What the check has reported is passed over;
// what only shows here (patterns that do not fit together, listeners that are left, routes that never match) is reported.
#pragma once

#include "engine/config/check.h"
#include "engine/config/load.h"

namespace sluice::config {

class PlanBuilder {
public:
    PlanBuilder(const Node &root, Plan &plan, Report &report) : root_(root), plan_(plan), report_(report) {}
    void build(const Overrides &);

private:
    void buildListen(const Overrides &);
    void addListener(const Node &);
    void listenOn(const std::string &url, const Overrides &);
    std::string fileOf(const Node *) const;
    tls::PairSettings pairOf(const Node &) const;
    void wrongListen(const std::string &what, const std::string &hint);
    void buildHttp();
    void buildRecord();
    void buildServices();
    ServiceSettings service(const std::string &name, const Node &, const Place &);
    void addEndpoints(ServiceSettings &, const Node &);
    tls::ClientSettings secureOf(const Node &, const ServiceSettings &);
    void closeWhereNeeded(ServiceSettings &, const Node &);
    void buildRoutes();
    RouteSettings route(const Node &);
    void matchOf(const Node &, routing::MatchSettings &);
    void rewriteOf(const Node &, RouteSettings &);
    void closeWhereNeeded(RouteSettings &, const Node &);
    void nameRoutes();
    void buildRouter();

    const Node &root_;
    Plan &plan_;
    Report &report_;
};

// The path pattern in the form that requests have when they are matched (http/uri.h). Error: it can have none.
Result<std::string> normalisedPattern(const std::string &pattern);

}  // namespace sluice::config
