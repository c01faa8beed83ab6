// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/resolver.h"

#include "engine/net/dispatcher/poller.h"

namespace sluice::net {

namespace {

constexpr auto kept = std::chrono::seconds(30), again = std::chrono::seconds(5);  // after an answer, after none
constexpr size_t mostNames = 1000;

std::vector<Address> addresses(const std::vector<std::string> &hosts, uint16_t port)
{
    std::vector<Address> out;
    for (const std::string &host : hosts) {
        Address address;
        if (Address::parse(host, port, address))
            out.push_back(address);
    }
    return out;
}

}  // namespace

void Resolver::resolve(const std::string &host, uint16_t port, Then then)
{
    Address numeric;
    if (Address::parse(host, port, numeric))
        return then({numeric}, {});
    if (host == "localhost")  // both: many development servers listen on ::1 alone
        return then(addresses({"127.0.0.1", "::1"}, port), {});
    if (known_.size() >= mostNames && !known_.contains(host))
        std::erase_if(known_, [](const auto &known) { return known.second.waiting.empty() && !known.second.looking; });
    Known &entry = known_[host];
    if (entry.until <= monotonicNow())
        look(host, entry);
    if (!entry.addresses.empty())
        return then(addresses(entry.addresses, port), {});
    entry.waiting.emplace_back(port, std::move(then));
}

void Resolver::look(const std::string &host, Known &entry)
{
    if (std::exchange(entry.looking, true))
        return;
    QHostInfo::lookupHost(QString::fromStdString(host), this,
                          [this, host](const QHostInfo &info) { found(host, info); });
}

void Resolver::found(const std::string &host, const QHostInfo &info)
{
    Known &entry = known_[host];
    entry.looking = false;
    std::string trouble;
    if (info.error() == QHostInfo::NoError && !info.addresses().isEmpty()) {
        entry.addresses.clear();
        for (const QHostAddress &address : info.addresses())
            entry.addresses.push_back(address.toString().toStdString());
        entry.until = monotonicNow() + kept;
    } else {
        trouble = "the name " + host + " could not be resolved: " + info.errorString().toStdString();
        if (!entry.addresses.empty())
            entry.until = monotonicNow() + again;
    }
    const auto waiting = std::exchange(entry.waiting, {});
    const std::vector<std::string> hosts = entry.addresses;  // a copy: `then` may ask again
    for (const auto &[port, then] : waiting)
        then(addresses(hosts, port), hosts.empty() ? trouble : std::string());
}

}  // namespace sluice::net
