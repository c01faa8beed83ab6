// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/characters.h"
#include "engine/http/forwarding.h"

#include <algorithm>

namespace sluice::http {

namespace {

constexpr size_t kMostEntries = 32;

// Rightmost entry of `list`, which shrinks; false: there is none. Commas in quotes do not part.
bool takeLast(std::string_view &list, std::string_view &entry)
{
    if (list.empty())
        return false;
    bool quoted = false;
    size_t at = list.size();
    while (at > 0 && (quoted || list[at - 1] != ',')) {
        if (list[at - 1] == '"')
            quoted = !quoted;
        --at;
    }
    entry = trimBlanks(list.substr(at));
    list = list.substr(0, at > 0 ? at - 1 : 0);
    return true;
}

// An address out of "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
std::optional<IpAddress> addressIn(std::string_view entry)
{
    if (const std::optional<IpAddress> address = parseIp(entry))
        return address;
    if (!entry.empty() && entry.front() == '[') {
        const size_t end = entry.find(']');
        return end == entry.npos ? std::nullopt : parseIp(entry.substr(1, end - 1));
    }
    return parseIp(entry.substr(0, entry.rfind(':')));
}

// The value of "for" in one element of Forwarded, unquoted.
std::string_view forOf(std::string_view element)
{
    while (!element.empty()) {
        const size_t end = std::min(element.find(';'), element.size());
        std::string_view pair = trimBlanks(element.substr(0, end));
        if (equalsIgnoreCase(pair.substr(0, 4), "for=")) {
            pair.remove_prefix(4);
            if (pair.size() > 1 && pair.front() == '"' && pair.back() == '"')
                pair = pair.substr(1, pair.size() - 2);
            return pair;
        }
        element.remove_prefix(std::min(end + 1, element.size()));
    }
    return {};
}

}  // namespace

Result<TrustedPeers> TrustedPeers::parse(const std::vector<std::string> &networks)
{
    TrustedPeers peers;
    for (const std::string &text : networks) {
        const std::optional<Cidr> network = parseCidr(text);
        if (!network) {
            const std::string_view address = std::string_view(text).substr(0, text.find('/'));
            return Error{Fault::Gateway,
                         "\"" + text + "\" is no network: "
                             + (parseIp(address) ? "its prefix length does not fit, or the address has bits set past it"
                                                 : "write it as 192.0.2.0/24 or 2001:db8::/32"),
                         false};
        }
        peers.networks_.push_back(*network);
    }
    return peers;
}

bool TrustedPeers::contains(std::string_view address) const
{
    if (networks_.empty())
        return false;
    const std::optional<IpAddress> parsed = parseIp(address);
    return parsed && contains(*parsed);
}

bool TrustedPeers::contains(const IpAddress &address) const
{
    return std::any_of(networks_.begin(), networks_.end(), [&](const Cidr &n) { return n.contains(address); });
}

std::string clientAddress(const HeaderList &headers, std::string_view peer, const TrustedPeers &trusted)
{
    std::string believed(peer);
    if (!trusted.contains(peer))
        return believed;
    const bool plain = headers.has("x-forwarded-for");
    const std::string joined = headers.joined(plain ? "x-forwarded-for" : "forwarded");
    std::string_view list = joined, entry;
    for (size_t i = 0; i < kMostEntries && takeLast(list, entry); ++i) {
        const std::optional<IpAddress> address = addressIn(plain ? entry : forOf(entry));
        if (!address)
            break;  // "unknown", a made-up name or nonsense: nothing left of it can be believed
        believed = text(*address);
        if (!trusted.contains(*address))
            break;
    }
    return believed;
}

}  // namespace sluice::http
