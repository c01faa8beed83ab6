// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/forwarding.h"

#include "engine/http/characters.h"
#include "engine/http/uri.h"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

constexpr size_t kMostOptions = 16;  // of Connection that are kept apart; past it every name is compared again

// What becomes of one field on its way through.
enum class Fate : uint8_t {
    Keep,
    Drop,
    Te,
    Upgrade,
    Host,
    ForwardedFor,
    ForwardedProto,
    ForwardedHost,
    Forwarded,
    OtherForwarded,  // kept from trusted peers only
};

bool startsWith(std::string_view text, std::string_view lowerPrefix)
{
    return text.size() >= lowerPrefix.size() && equalsIgnoreCase(text.substr(0, lowerPrefix.size()), lowerPrefix);
}

// "X_Forwarded_For" for "x-forwarded-for".
bool equalsButMarks(std::string_view name, std::string_view lower)
{
    if (name.size() != lower.size())
        return false;
    for (size_t i = 0; i < name.size(); ++i) {
        if ((name[i] == '_' ? '-' : lowerChar(name[i])) != lower[i])
            return false;
    }
    return true;
}

// A name with "_" that some servers would take for a field that frames the message or tells who the client is.
bool isDisguised(std::string_view name)
{
    constexpr std::array<std::string_view, 8> names{"content-length", "transfer-encoding", "keep-alive",
                                                    "x-real-ip",      "x-request-id",      "x-trace-id",
                                                    "x-user-id",      "x-user-roles"};
    if (name.find('_') == name.npos)
        return false;
    if (std::any_of(names.begin(), names.end(), [&](std::string_view n) { return equalsButMarks(name, n); }))
        return true;
    constexpr std::string_view forwarded = "x-forwarded-", proxy = "proxy-";
    return equalsButMarks(name.substr(0, forwarded.size()), forwarded)
        || equalsButMarks(name.substr(0, proxy.size()), proxy);
}

Fate forwardedFate(std::string_view name)
{
    const std::string_view what = name.substr(12);
    if (equalsIgnoreCase(what, "for"))
        return Fate::ForwardedFor;
    if (equalsIgnoreCase(what, "proto"))
        return Fate::ForwardedProto;
    if (equalsIgnoreCase(what, "host"))
        return Fate::ForwardedHost;
    return Fate::OtherForwarded;
}

// Can there be such a name at all?
bool mayDisguise(const HeaderList &headers)
{
    return headers.block().find('_') != std::string_view::npos;
}

// By the fields alone; what Connection names comes on top. The first letter sorts out nearly all. `disguises`: mayDisguise().
Fate fateOf(std::string_view name, bool request, bool disguises)
{
    switch (lowerChar(name[0])) {
    case 'c':
        if (name.size() == 10 && equalsIgnoreCase(name, "connection"))
            return Fate::Drop;
        break;
    case 'k':
        if (name.size() == 10 && equalsIgnoreCase(name, "keep-alive"))
            return Fate::Drop;
        break;
    case 'p':
        // Proxy-Status is for everybody on the way (RFC 9209). A request's Proxy would become HTTP_PROXY in a CGI
        // program.
        if (startsWith(name, "proxy-"))
            return equalsIgnoreCase(name, "proxy-status") ? Fate::Keep : Fate::Drop;
        if (request && equalsIgnoreCase(name, "proxy"))
            return Fate::Drop;
        break;
    case 't':
        if (name.size() == 2 && equalsIgnoreCase(name, "te"))
            return Fate::Te;
        if (name.size() == 17 && equalsIgnoreCase(name, "transfer-encoding"))
            return Fate::Drop;
        break;
    case 'u':
        if (name.size() == 7 && equalsIgnoreCase(name, "upgrade"))
            return Fate::Upgrade;
        break;
    case 'h':
        if (request && name.size() == 4 && equalsIgnoreCase(name, "host"))
            return Fate::Host;
        break;
    case 'f':
        if (request && name.size() == 9 && equalsIgnoreCase(name, "forwarded"))
            return Fate::Forwarded;
        break;
    case 'x':
        if (request && startsWith(name, "x-forwarded-"))
            return forwardedFate(name);
        if (request && name.size() == 9 && equalsIgnoreCase(name, "x-real-ip"))
            return Fate::OtherForwarded;
        // Who the caller is says the gateway alone, on every route.
        if (request && (equalsIgnoreCase(name, "x-user-id") || equalsIgnoreCase(name, "x-user-roles")))
            return Fate::Drop;
        break;
    }
    return disguises && isDisguised(name) ? Fate::Drop : Fate::Keep;
}

// The options that Connection names, as views into the list.
class Named {
public:
    explicit Named(const HeaderList &headers)
    {
        for (size_t at = headers.find("connection"); at != headers.npos; at = headers.find("connection", at + 1)) {
            for (std::string_view rest = headers[at].value; !rest.empty();) {
                const size_t comma = std::min(rest.find(','), rest.size());
                if (const std::string_view one = trimBlanks(rest.substr(0, comma)); !one.empty())
                    add(one);
                rest.remove_prefix(std::min(comma + 1, rest.size()));
            }
        }
    }

    bool has(std::string_view name, const HeaderList &headers) const
    {
        if (overflow_)
            return headers.hasToken("connection", name);
        return std::any_of(options_.begin(), options_.begin() + std::ptrdiff_t(size_), [&](const Option &o) {
            return equalsIgnoreCase({o.text, o.size}, name);
        });
    }

private:
    void add(std::string_view option)
    {
        // These two say nothing about fields and are nearly always the only ones.
        if (equalsIgnoreCase(option, "close") || equalsIgnoreCase(option, "keep-alive"))
            return;
        if (size_ == kMostOptions)
            overflow_ = true;
        else
            options_[size_++] = {option.data(), option.size()};
    }

    struct Option {
        const char *text;
        size_t size;
    };
    std::array<Option, kMostOptions> options_;  // as many as there are; not written before
    size_t size_ = 0;
    bool overflow_ = false;
};

std::string_view receivedVersion(Version version)
{
    switch (version) {
    case Version::Http10: return "1.0 ";
    case Version::Http11: return "1.1 ";
    case Version::Http2: return "2 ";
    }
    return {};
}

void addVia(HeaderList &out, Version version, std::string_view pseudonym)
{
    out.addOwn("Via", {receivedVersion(version), pseudonym}, true);
}

// What the incoming list says that ours builds upon.
struct Believed {
    std::string forwardedFor, forwarded;     // several lines of one joined
    bool proto = false, host = false;        // these stay
    bool trailers = false, upgrade = false;  // these are named in Connection
    bool disguises = true;                   // mayDisguise()

    bool ofClient() const { return proto || host || !forwardedFor.empty() || !forwarded.empty(); }
};

void join(std::string &to, std::string_view value)
{
    if (value.empty())
        return;
    if (!to.empty())
        to += ", ";
    to += value;
}

// Does this field of a request stay as it is? Notes what is to be written anew.
bool keeps(const Field &field, const HeaderList &in, const Named &named, const ForwardFacts &facts, Believed &believed)
{
    const Fate fate = fateOf(field.name, true, believed.disguises);
    switch (fate) {
    case Fate::Keep: return !named.has(field.name, in);
    case Fate::Drop:
    case Fate::Host: return false;
    case Fate::Te: believed.trailers = believed.trailers || in.hasToken("te", "trailers"); return false;
    case Fate::Upgrade: believed.upgrade |= facts.tunnel; return facts.tunnel;
    default: break;
    }
    if (!facts.peerTrusted || named.has(field.name, in))
        return false;
    if (fate == Fate::ForwardedFor) {
        join(believed.forwardedFor, field.value);
        return false;
    }
    if (fate == Fate::Forwarded) {
        join(believed.forwarded, field.value);
        return false;
    }
    believed.proto |= fate == Fate::ForwardedProto;
    believed.host |= fate == Fate::ForwardedHost;
    return true;
}

// RFC 7239 section 4: a value is a token or it is quoted.
struct ForwardedValue {
    // `storage`: for a value that has what must be escaped; must live as long as this.
    ForwardedValue(std::string_view text, std::string &storage) : value(text)
    {
        if (isToken(text))
            return;
        before = behind = "\"";
        if (text.find('"') == text.npos && text.find('\\') == text.npos)
            return;
        storage.clear();
        for (char c : text) {
            if (c == '"' || c == '\\')
                storage += '\\';
            storage += c;
        }
        value = storage;
    }
    std::string_view before, value, behind;
};

// `checked`: nothing in the facts and the authority needs another look.
void addForwarded(HeaderList &out, const RequestHead &in, const ForwardFacts &facts, const Believed &believed,
                  bool checked)
{
    const std::string_view peer = facts.peer.empty() ? "unknown" : facts.peer;
    const auto comma = [](const std::string &before) { return std::string_view(before.empty() ? "" : ", "); };
    out.addOwn("X-Forwarded-For", {believed.forwardedFor, comma(believed.forwardedFor), peer},
               checked && believed.forwardedFor.empty());
    if (!believed.proto)
        out.addOwn("X-Forwarded-Proto", facts.scheme, checked);
    if (!believed.host && !in.authority.empty())
        out.addOwn("X-Forwarded-Host", in.authority, checked);
    std::string escapedPeer, escapedHost;
    ForwardedValue from(peer, escapedPeer), host(in.authority, escapedHost);
    if (peer.find(':') != peer.npos) {
        from.before = "\"[";
        from.value = peer;
        from.behind = "]\"";
    }
    if (in.authority.empty())
        host.before = host.behind = {};
    out.addOwn("Forwarded",
               {believed.forwarded, comma(believed.forwarded), "for=", from.before, from.value, from.behind,
                in.authority.empty() ? "" : ";host=", host.before, host.value, host.behind, ";proto=", facts.scheme},
               checked && believed.forwarded.empty());
}

}  // namespace

const HeaderList &ForwardedLines::of(const RequestHead &in, const ForwardFacts &facts)
{
    if (!lines_.empty() && version_ == in.version && authority_ == in.authority && peer_ == facts.peer
        && scheme_ == facts.scheme && pseudonym_ == facts.pseudonym)
        return lines_;
    version_ = in.version;
    authority_ = in.authority;
    peer_ = facts.peer;
    scheme_ = facts.scheme;
    pseudonym_ = facts.pseudonym;
    lines_.clear();
    addVia(lines_, in.version, facts.pseudonym);
    addForwarded(lines_, in, facts, Believed(),
                 allPlain(in.authority) && allPlain(facts.peer) && allPlain(facts.scheme));
    return lines_;
}

void toUpstream(const RequestHead &in, RequestHead &out, const ForwardFacts &facts, ForwardedLines &lines)
{
    out.method = in.method;
    if (!facts.target.empty()) {
        out.target = facts.target;
    } else {
        const TargetParts parts = splitTarget(in.target);
        out.target = parts.path;
        if (parts.hasQuery) {
            out.target += '?';
            out.target += parts.query;
        }
    }
    out.scheme = in.scheme;
    out.authority = facts.host.empty() ? in.authority : facts.host;
    out.version = Version::Http11;
    out.headers.clear();
    out.headers.reserve(in.headers.size() + 8,
                        in.headers.textSize() + 192 + 3 * in.authority.size() + 3 * facts.peer.size());
    const bool checked = allPlain(in.authority) && allPlain(facts.peer) && allPlain(facts.scheme);
    if (!out.authority.empty())
        out.headers.addOwn("Host", out.authority, checked && facts.host.empty());
    const Named named(in.headers);
    Believed believed;
    believed.disguises = mayDisguise(in.headers);
    out.headers.addFrom(in.headers,
                        [&](const Field &field) { return keeps(field, in.headers, named, facts, believed); });
    if (believed.trailers)
        out.headers.add("TE", "trailers", true);
    if (believed.trailers || believed.upgrade)
        out.headers.add("Connection", !believed.upgrade ? "TE" : believed.trailers ? "upgrade, TE" : "upgrade", true);
    if (believed.ofClient()) {
        addVia(out.headers, in.version, facts.pseudonym);
        addForwarded(out.headers, in, facts, believed, checked);
    } else {
        out.headers.addFrom(lines.of(in, facts), [](const Field &) { return true; });
    }
}

void toClient(const ResponseHead &in, ResponseHead &out, std::string_view pseudonym, bool tunnel)
{
    out.status = in.status;
    out.reason = in.reason;
    out.version = Version::Http11;
    out.headers.clear();
    out.headers.reserve(in.headers.size() + 6, in.headers.textSize() + 64);
    const Named named(in.headers);
    bool upgrade = false;
    const bool disguises = mayDisguise(in.headers);
    out.headers.addFrom(in.headers, [&](const Field &field) {
        const Fate fate = fateOf(field.name, false, disguises);
        upgrade |= fate == Fate::Upgrade && tunnel;
        return fate == Fate::Upgrade ? tunnel : fate == Fate::Keep && !named.has(field.name, in.headers);
    });
    if (upgrade)
        out.headers.add("Connection", "upgrade", true);
    addVia(out.headers, in.version, pseudonym);
}

}  // namespace sluice::http
