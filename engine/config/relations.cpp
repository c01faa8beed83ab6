// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs together. Values that are not of their type were reported by the schema's check; here they are passed over.
#include "engine/config/check.h"

#include "engine/config/text.h"
#include "engine/config/values.h"

#include <algorithm>
#include <unordered_map>

namespace sluice::config {
namespace {

class Relations {
public:
    explicit Relations(Report &report) : report_(report) {}

    void check(const Node &root)
    {
        eachMember(root.find("services"), [&](const Key &key, const Node &node) { checkService(key, node); });
        eachMember(root.find("authenticators"),
                   [&](const Key &key, const Node &node) { checkAuthenticator(key, node); });
        eachMember(root.find("limits"), [&](const Key &key, const Node &node) { checkLimit(key, node); });
        checkListen(root.find("listen"), root.find("trusted_proxies"));
        if (const Node *routes = root.find("routes"); routes && routes->isSequence()) {
            checkNames(*routes);
            for (const Node &route : routes->items) {
                if (route.isMapping())
                    checkRoute(route);
            }
        }
    }

private:
    template<class F>
    static void eachMember(const Node *table, F f)
    {
        if (!table || !table->isMapping())
            return;
        for (size_t i = 0; i < table->items.size(); ++i)
            f(table->keys[i], table->items[i]);
    }

    // Exactly one of `keys`, or at least says so.
    void exactlyOne(const Node &node, const Place &place, const std::string &what, const std::vector<std::string> &keys)
    {
        std::string all;
        size_t count = 0;
        for (const std::string &key : keys) {
            all += (all.empty() ? "" : ", ") + key;
            count += node.indexOf(key) != npos;
        }
        if (count != 1)
            report_.error(place, what + " needs exactly one of " + all,
                          count == 0 ? "" : "it has " + std::to_string(count));
    }

    // Both or none.
    void together(const Node &node, const char *a, const char *b)
    {
        const size_t ia = node.indexOf(a), ib = node.indexOf(b);
        if ((ia == npos) == (ib == npos))
            return;
        const Key &given = node.keys[ia == npos ? ib : ia];
        report_.error(given.place, inQuotes(given.text) + " needs " + inQuotes(ia == npos ? a : b) + " beside it");
    }

    void checkService(const Key &key, const Node &node)
    {
        if (!node.isMapping())
            return;
        const Node *discover = node.find("discover");
        if (!node.find("endpoints") && !discover)
            report_.error(key.place, "the service " + inQuotes(key.text) + " has no endpoints",
                          "add endpoints: [http://127.0.0.1:3000]");
        if (discover && discover->isMapping()) {
            exactlyOne(*discover, discover->place, "'discover'", {"consul", "srv", "dns"});
            if (discover->find("consul") && !discover->find("service"))
                report_.error(discover->place, "'service' is missing in 'discover'",
                              "it is the service's name in Consul");
            if (discover->find("dns") && !discover->find("port"))
                report_.error(discover->place, "'port' is missing in 'discover'", "A and AAAA records say no port");
        }
        if (const Node *tls = node.find("tls"); tls && tls->isMapping())
            together(*tls, "certificate", "key");
        checkEndpoints(node.find("endpoints"));
    }

    void checkEndpoints(const Node *endpoints)
    {
        if (!endpoints || !endpoints->isSequence())
            return;
        std::unordered_map<std::string, int> seen;
        uint64_t weights = 0;
        bool known = true;
        for (const Node &item : endpoints->items) {
            const Node *url = item.isMapping() ? item.find("url") : &item;
            const Node *weight = item.isMapping() ? item.find("weight") : nullptr;
            uint64_t number = 1;
            known = known && (!weight || parseWhole(weight->text, number));
            weights += number;
            Origin origin;
            if (!url || !url->isScalar() || !parseEndpoint(url->text, origin).empty())
                continue;
            const auto [first, fresh] = seen.emplace(origin.url(), url->place.line);
            if (!fresh)
                report_.error(url->place, "the endpoint " + inQuotes(url->text) + " is given twice",
                              "the first is in line " + std::to_string(first->second)
                                  + "; use weight for a larger share");
        }
        if (known && weights == 0 && !endpoints->items.empty())
            report_.warning(endpoints->place, "all weights are 0: no endpoint takes anything");
    }

    void checkAuthenticator(const Key &key, const Node &node)
    {
        if (!node.isMapping())
            return;
        exactlyOne(node, key.place, "the authenticator " + inQuotes(key.text),
                   {"jwt", "api_key", "oauth2_introspection", "oidc"});
        if (const Node *jwt = node.find("jwt"); jwt && jwt->isMapping())
            checkJwt(*jwt);
        if (const Node *keys = node.find("api_key"); keys && keys->find("header") && keys->find("query"))
            report_.error(keys->place, "a key is either in a header or in the query, not in both");
    }

    // RFC 8725 section 3.1: which kind of key goes with an algorithm is settled here, never by the token.
    void checkJwt(const Node &jwt)
    {
        const Node *algorithms = jwt.find("algorithms");
        if (!algorithms || !algorithms->isSequence())
            return;
        const auto shared = std::count_if(algorithms->items.begin(), algorithms->items.end(),
                                          [](const Node &n) { return n.text.substr(0, 2) == "HS"; });
        if (shared != 0 && size_t(shared) != algorithms->items.size())
            report_.error(algorithms->place,
                          "algorithms with a shared secret (HS…) cannot stand beside those with a public key");
        else
            exactlyOne(jwt, jwt.place, "'jwt'",
                       shared ? std::vector<std::string>{"secret"} : std::vector<std::string>{"jwks", "public_key"});
    }

    void checkLimit(const Key &key, const Node &node)
    {
        const Node *algorithm = node.isMapping() ? node.find("algorithm") : nullptr;
        if (!algorithm || !algorithm->isScalar())
            return;
        static const std::vector<std::pair<std::string, std::vector<std::string>>> needs = {
            {"token_bucket", {"capacity", "refill"}},
            {"sliding_window", {"limit", "window"}},
            {"fixed_window", {"limit", "window"}},
            {"leaky_bucket", {"rate"}}};
        for (const auto &[name, keys] : needs) {
            for (const std::string &needed : keys) {
                const size_t index = node.indexOf(needed);
                if (name == algorithm->text && index == npos)
                    report_.error(key.place, "the limit " + inQuotes(key.text) + " needs " + inQuotes(needed),
                                  "every " + name + " has one");
            }
        }
        for (const Key &given : node.keys) {
            std::string owners;
            bool fits = false;
            for (const auto &[name, keys] : needs) {
                const bool has = std::find(keys.begin(), keys.end(), given.text) != keys.end();
                fits = fits || (has && name == algorithm->text);
                owners += has ? (owners.empty() ? "" : " and ") + name : "";
            }
            if (!owners.empty() && !fits)
                report_.error(given.place, inQuotes(given.text) + " means nothing to a " + algorithm->text,
                              "it belongs to " + owners);
        }
        if (node.find("queue")) {
            const Node *over = node.find("over");
            if (!over || over->text != "queue")
                report_.error(node.find("queue")->place, "'queue' needs 'over: queue'");
        }
    }

    void checkListen(const Node *listen, const Node *trusted)
    {
        if (!listen || !listen->isSequence())
            return;
        std::unordered_map<std::string, int> seen;
        for (const Node &item : listen->items) {
            const Node *url = item.isMapping() ? item.find("url") : &item;
            Origin origin;
            if (!url || !url->isScalar() || !parseOrigin(url->text, true, origin).empty() || origin.port == 0)
                continue;
            for (const char *key : {"certificates", "client_ca", "min_version"}) {
                const Node *value = item.isMapping() && origin.scheme == "http" ? item.find(key) : nullptr;
                if (value)
                    report_.error(value->place, inQuotes(key) + " needs an https URL");
            }
            const Node *proxied = item.isMapping() ? item.find("proxy_protocol") : nullptr;
            if (proxied && proxied->text == "true" && (!trusted || trusted->items.empty()))
                report_.warning(proxied->place, "'proxy_protocol' has no effect: nobody is trusted",
                                "name the proxies in 'trusted_proxies'");
            const auto [first, fresh] = seen.emplace(
                (origin.host == "*" ? "" : origin.host) + ':' + std::to_string(origin.port), url->place.line);
            if (!fresh)
                report_.error(url->place, "the address " + inQuotes(url->text) + " is taken already",
                              "line " + std::to_string(first->second) + " listens there");
        }
    }

    void checkNames(const Node &routes)
    {
        std::unordered_map<std::string, int> seen;
        for (const Node &route : routes.items) {
            const Node *name = route.isMapping() ? route.find("name") : nullptr;
            if (!name || !name->isScalar())
                continue;
            const auto [first, fresh] = seen.emplace(name->text, name->place.line);
            if (!fresh)
                report_.error(name->place, "the route name " + inQuotes(name->text) + " is given twice",
                              "the first is in line " + std::to_string(first->second));
        }
    }

    void checkRoute(const Node &route)
    {
        const bool aggregate = route.find("aggregate"), versions = route.find("versions");
        if (!route.find("service") && !aggregate && !versions)
            report_.error(route.place, "this route has no service", "add service: NAME");
        if (route.find("service") && aggregate)
            report_.error(route.find("aggregate")->place, "a route has either a service or an aggregate, not both");
        if (route.find("host") && route.find("hosts"))
            report_.error(route.find("host")->place, "a route has either 'host' or 'hosts', not both");
        if (const Node *methods = route.find("methods"))
            checkMethods(*methods);
        if (const Node *node = route.find("versions"); node && node->isMapping())
            checkVersions(*node);
        if (const Node *cors = route.find("cors"); cors && cors->isMapping())
            checkCors(*cors);
    }

    void checkMethods(const Node &methods)
    {
        const auto one = [&](const Node &method) {
            std::string upper = method.text;
            std::transform(upper.begin(), upper.end(), upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
            if (method.isScalar() && upper != method.text)
                report_.warning(method.place,
                                "methods are compared with their case: " + inQuotes(method.text) + " is not "
                                    + inQuotes(upper),
                                "did you mean '" + upper + "'?");
        };
        if (methods.isScalar())
            one(methods);
        for (const Node &method : methods.items)
            one(method);
    }

    void checkVersions(const Node &versions)
    {
        std::vector<std::string> names;
        uint64_t weights = 0;
        bool weighted = false;
        for (size_t i = 0; i < versions.items.size(); ++i) {
            const Node &version = versions.items[i];
            if (versions.keys[i].text == "by" || versions.keys[i].text == "default" || !version.isMapping())
                continue;
            names.push_back(versions.keys[i].text);
            checkDates(version);
            uint64_t weight = 0;
            if (const Node *given = version.find("weight"); given && parseWhole(given->text, weight)) {
                weighted = true;
                weights += weight;
            }
        }
        if (names.empty())
            report_.error(versions.place, "'versions' names no version", "add v1: {service: NAME}");
        if (weighted && weights == 0)
            report_.error(versions.place, "all weights are 0: no version takes a request");
        if (const Node *by = versions.find("by"); by && by->isMapping())
            exactlyOne(*by, by->place, "'by'", {"header", "query", "path", "media_type"});
        const Node *fallback = versions.find("default");
        if (fallback && fallback->isScalar() && !names.empty()
            && std::find(names.begin(), names.end(), fallback->text) == names.end())
            report_.error(fallback->place,
                          "'default' names the version " + inQuotes(fallback->text) + ", which is not here",
                          nearestHint(fallback->text, names));
    }

    // RFC 8594 section 3 with RFC 9745 section 5: gone is not before deprecated.
    void checkDates(const Node &version)
    {
        const Node *deprecated = version.find("deprecated"), *sunset = version.find("sunset");
        std::chrono::sys_days from, until;
        if (deprecated && sunset && parseDate(deprecated->text, from) && parseDate(sunset->text, until) && until < from)
            report_.error(sunset->place, "'sunset' is before 'deprecated'");
    }

    // Fetch: "*" is never answered together with credentials.
    void checkCors(const Node &cors)
    {
        const Node *origins = cors.find("origins"), *credentials = cors.find("credentials");
        if (!origins || !credentials || credentials->text != "true")
            return;
        for (const Node &origin : origins->items) {
            if (origin.text == "*")
                report_.error(origin.place, "'*' cannot be with 'credentials: true'", "name the sites");
        }
    }

    Report &report_;
};

}  // namespace

void checkRelations(const Node &root, Report &report)
{
    Relations(report).check(root);
}

}  // namespace sluice::config
