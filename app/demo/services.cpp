// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/services.h"

#include "app/demo/service.h"
#include "engine/base/json.h"

#include <charconv>
#include <map>

namespace sluice::demo {

namespace {

constexpr size_t mostOrders = 1000;  // further ones push out the oldest

struct Person {
    int id;
    const char *name, *mail, *role;
};
constexpr Person people[] = {
    {1, "Ada Lovelace", "ada@shop.test", "admin"},         {2, "Grace Hopper", "grace@shop.test", "admin"},
    {3, "Alan Turing", "alan@shop.test", "customer"},      {4, "Katherine Johnson", "katherine@shop.test", "customer"},
    {5, "Linus Torvalds", "linus@shop.test", "customer"},  {6, "Margaret Hamilton", "margaret@shop.test", "customer"},
    {7, "Edsger Dijkstra", "edsger@shop.test", "customer"}};
struct Article {
    const char *sku, *name;
    int stock, cents;
};
constexpr Article articles[] = {{"gate-1", "Sluice gate, oak", 12, 129900},
                                {"gate-2", "Sluice gate, steel", 3, 349900},
                                {"wheel-1", "Water wheel", 0, 89900},
                                {"rope-1", "Hemp rope, 10 m", 240, 1990},
                                {"lamp-1", "Storm lamp", 57, 4990}};

Reply problem(int status, std::string_view title)
{
    Reply out;
    out.status = status;
    JsonObject o(out.body);
    o.add("error", title).add("status", status);
    o.close();
    return out;
}

// The number at the end of "/users/7"; nothing: there is none.
std::optional<int> numberIn(std::string_view path)
{
    const size_t slash = path.rfind('/');
    int out = 0;
    const char *end = path.data() + path.size();
    const auto [at, error] = std::from_chars(path.data() + slash + 1, end, out);
    return error == std::errc() && at == end ? std::optional(out) : std::nullopt;
}

std::string personJson(const Person &person, bool v3)
{
    std::string out;
    JsonObject o(out);
    o.add("id", person.id);
    if (v3) {  // the new version splits the name: a difference to find with replay
        const std::string_view name = person.name;
        o.add("given_name", name.substr(0, name.find(' '))).add("family_name", name.substr(name.find(' ') + 1));
    } else {
        o.add("name", person.name);
    }
    o.add("email", person.mail).add("role", person.role);
    o.close();
    return out;
}

Reply users(const Call &call, bool v3)
{
    Reply out;
    out.headers.add("X-Served-By", v3 ? "users-v3" : "users-v2");
    out.headers.add("Cache-Control", "max-age=30");
    if (call.head.method == "DELETE") {
        out.status = 204;
        return out;
    }
    if (call.head.method == "POST") {
        out.status = 201;
        out.headers.add("Location", "/api/users/8");
        out.body = call.body.empty() ? "{}" : call.body;
        return out;
    }
    if (const std::optional<int> id = numberIn(call.path)) {
        for (const Person &person : people) {
            if (person.id == *id) {
                out.body = personJson(person, v3);
                return out;
            }
        }
        return problem(404, "no such user");
    }
    out.body = "[";
    for (const Person &person : people)
        out.body += (out.body.size() > 1 ? "," : "") + personJson(person, v3);
    out.body += ']';
    return out;
}

Reply inventory(const Call &call)
{
    Reply out;
    out.headers.add("ETag", "\"stock-17\"");
    if (call.head.headers.get("If-None-Match") == "\"stock-17\"") {
        out.status = 304;
        return out;
    }
    const std::string_view sku = std::string_view(call.path).substr(call.path.rfind('/') + 1);
    std::string list = "[";
    for (const Article &article : articles) {
        std::string one;
        JsonObject o(one);
        o.add("sku", article.sku)
            .add("name", article.name)
            .add("stock", article.stock)
            .add("price_cents", article.cents);
        o.close();
        if (sku == article.sku) {
            out.body = one;
            return out;
        }
        list += (list.size() > 1 ? "," : "") + one;
    }
    if (call.path != "/" && sku != "inventory" && !sku.empty())
        return problem(404, "no such article");
    out.body = list + ']';
    return out;
}

Reply reports(Random &random)
{
    Reply out;
    out.after = std::chrono::milliseconds(400 + random.below(900));
    if (random.below(20) == 0)
        out.after = std::chrono::seconds(6);  // past the gateway's patience: 504
    JsonObject o(out.body);
    o.add("report", "revenue by month").add("rows", 12).add("computed_ms", out.after.count());
    o.close();
    return out;
}

}  // namespace

const std::vector<std::string> &serviceNames()
{
    static const std::vector<std::string> names = {"users", "users-v3", "orders", "payments", "inventory", "reports"};
    return names;
}

struct Services::Impl {
    explicit Impl(uint64_t seed) : random(seed) {}
    Reply orders(const Call &call);
    Reply payments(const Call &call);

    Random random;
    std::map<int, std::string> stored;
    int nextOrder = 1001;
    std::vector<std::unique_ptr<Service>> services;
};

Reply Services::Impl::orders(const Call &call)
{
    Reply out;
    out.after = std::chrono::milliseconds(2 + random.below(25));
    if (call.head.method == "POST") {
        const int id = nextOrder++;
        JsonObject o(out.body);
        o.add("order", id).add("state", "accepted").addRaw("items", call.body.starts_with('[') ? call.body : "[]");
        o.close();
        stored[id] = out.body;
        if (stored.size() > mostOrders)
            stored.erase(stored.begin());
        out.status = 201;
        out.headers.add("Location", "/api/orders/" + std::to_string(id));
        return out;
    }
    if (const std::optional<int> id = numberIn(call.path)) {
        const auto at = stored.find(*id);
        if (at == stored.end())
            return problem(404, "no such order");
        out.body = at->second;
        return out;
    }
    out.body = "[";
    size_t shown = 0;
    for (auto at = stored.rbegin(); at != stored.rend() && shown < 10; ++at, ++shown)
        out.body += (shown ? "," : "") + at->second;
    out.body += ']';
    return out;
}

// One in eight fails, one in twenty breaks off: something to look for.
Reply Services::Impl::payments(const Call &)
{
    const uint64_t luck = random.below(40);
    if (luck < 3)
        return problem(503, "the bank does not answer");
    if (luck < 5)
        return problem(500, "unexpected state");
    Reply out;
    out.after = std::chrono::milliseconds(20 + random.below(120));
    out.cut = luck < 7;
    out.status = 202;
    JsonObject o(out.body);
    o.add("payment", "pay_" + std::to_string(100'000 + random.below(900'000))).add("state", "authorised");
    o.close();
    return out;
}

Services::Services(uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}

Services::~Services() = default;

Result<Ports> Services::open()
{
    const std::vector<Service::Handler> handlers = {
        [](const Call &call) { return users(call, false); },
        [](const Call &call) { return users(call, true); },
        [this](const Call &call) { return impl_->orders(call); },
        [this](const Call &call) { return impl_->payments(call); },
        [](const Call &call) { return inventory(call); },
        [this](const Call &) { return reports(impl_->random); },
    };
    Ports ports;
    for (const Service::Handler &handler : handlers) {
        impl_->services.push_back(std::make_unique<Service>(handler));
        ports.push_back(impl_->services.back()->open());
        if (ports.back() == 0)
            return Error{Fault::Gateway,
                         "a sample service could not listen: " + impl_->services.back()->errorString().toStdString(),
                         false};
    }
    return ports;
}

}  // namespace sluice::demo
