// SPDX-License-Identifier: GPL-3.0-or-later
// Where nginx listens: one server block for all addresses in clear, one for each https listener, and where such a one has
// several certificates, one for each of them. nginx picks a block by the server name that the client asks for: an exact name,
// then an expression in the file's order, then the first block of the address; which is engine/tls/name_choice.h.
#include "engine/exporters/nginx.h"

#include <algorithm>
#include <set>

namespace sluice::exporters::nginx {

namespace {

// The addresses as nginx writes them; `standIn`: the port for "any free one".
std::vector<std::string> addresses(const config::ListenSettings &listen, uint16_t standIn)
{
    const std::string port = ':' + std::to_string(listen.port ? listen.port : standIn);
    if (listen.host.empty() || listen.host == "*")
        return {"*" + port, "[::]" + port};
    const bool ipv6 = listen.host.find(':') != std::string::npos;
    return {(ipv6 ? '[' + listen.host + ']' : listen.host) + port};
}

void reportListen(Draft &draft, const config::ListenSettings &listen, uint16_t standIn)
{
    const bool free = listen.port == 0;
    draft.say("listen " + listen.url, listen.place, free ? Fidelity::Approximate : Fidelity::Exact,
              free ? "nginx takes no port of its own choice: " + std::to_string(standIn) + " stands for it" : "");
    if (listen.proxyProtocol)
        draft.say("listen " + listen.url + ": proxy_protocol", listen.place, Fidelity::Impossible,
                  "nginx asks every peer for a PROXY header, here only trusted ones begin with it: it is left out");
}

bool isHostName(const std::string &name)
{
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return !name.empty() && name.size() <= 253 && name.find_first_not_of(letters) == name.npos && name[0] != '.';
}

// The names of one certificate that none before it has. A wildcard stands for one label, as nginx's own does not.
std::string serverNames(const std::vector<std::string> &names, std::set<std::string> &taken)
{
    std::string out;
    for (const std::string &name : names) {
        const bool wildcard = name.starts_with("*.");
        const std::string rest = wildcard ? name.substr(2) : name;
        if (!isHostName(rest) || !taken.insert(name).second)
            continue;
        out += ' ' + (wildcard ? quoted("~^[^.]+" + escaped('.' + rest) + '$') : rest);
    }
    return out;
}

void reportClientCa(Draft &draft, const config::ListenSettings &listen)
{
    if (listen.secure.clientCa.empty())
        return;
    std::string why =
        "a client without a certificate that holds gets 400, where Sluice ends the handshake; the file is read "
        "when nginx starts (nginx -s reload), the CA must be a root, and lists of revoked certificates (CRLs) "
        "in the file are obeyed only when it is named by ssl_crl, too";
    if (listen.secure.certificates.size() > 1)
        why += "; a request for another host than the server name of its connection gets 421";
    draft.say("listen " + listen.url + ": client_ca", listen.place, Fidelity::Approximate, std::move(why));
}

// The blocks of an https listener.
void addSecure(Draft &draft, const config::ListenSettings &listen, uint16_t standIn, std::vector<Server> &out)
{
    const std::string feature = "listen " + listen.url;
    if (listen.secure.certificates.empty())
        return draft.say(
            feature, listen.place, Fidelity::Impossible,
            "its certificates are made on demand by this laptop's own CA, which nginx cannot do, so nothing "
            "listens there. Name files: certificates: [{certificate: FILE, key: FILE}]");
    reportListen(draft, listen, standIn);
    std::string lines;
    for (const std::string &address : addresses(listen, standIn))
        lines += "        listen " + address + " ssl http2;\n";
    const bool several = listen.secure.certificates.size() > 1;
    std::string why = "read when nginx starts, and not anew when a file changes: nginx -s reload after a renewal";
    std::set<std::string> taken;
    bool first = true;
    for (const tls::PairSettings &pair : listen.secure.certificates) {
        const auto known = draft.around.certificateNames.find(pair.certificate);
        const bool named = known != draft.around.certificateNames.end();
        const std::string names = several && named ? serverNames(known->second, taken) : "";
        if (several && !named)
            why += "; " + pair.certificate + " cannot be read, so "
                + (first ? "only clients that ask for none of the others get it" : "no client gets it");
        if (first || !names.empty()) {
            const Pem pem = writePair(draft, pair);
            why += pem.why.empty() ? "" : "; " + pem.why;
            out.push_back({lines + "        server_name" + (first ? " _" : "") + names + ";\n        ssl_certificate "
                           + pem.certificate + ";\n        ssl_certificate_key " + pem.key + ";\n"
                           + writeServerTls(listen, draft)});
        }
        first = false;
    }
    draft.say(feature + ": certificates", listen.place, Fidelity::Approximate, std::move(why));
    draft.say(feature + ": min_version", listen.place, Fidelity::Exact);
    reportClientCa(draft, listen);
}

}  // namespace

std::vector<Server> makeServers(Draft &draft)
{
    constexpr uint16_t standIn = 8080;
    uint16_t free = 8443;
    std::set<std::string> clear;
    std::vector<Server> out;
    bool secure = false;
    for (const config::ListenSettings &listen : draft.plan.listen) {
        if (listen.tls) {
            secure = true;
            addSecure(draft, listen, free, out);
            free = uint16_t(free + (listen.port == 0));  // blocks of one address would be one listener's
            continue;
        }
        for (const std::string &address : addresses(listen, standIn))
            clear.insert(address);
        reportListen(draft, listen, standIn);
    }
    if (clear.empty() && !secure)
        clear.insert("127.0.0.1:8080");
    if (!clear.empty())
        draft.say("HTTP/2 in clear", {}, Fidelity::Impossible,
                  "an address in clear takes either HTTP/1.1 or HTTP/2 with nginx (1.22), and here HTTP/1.1");
    if (!out.empty())
        draft.say(
            "tls", {}, Fidelity::Approximate,
            "protocols, ciphers, curves and tickets as here; but nginx makes new keys for tickets at each reload, so "
            "that clients begin anew");
    std::string lines;
    for (const std::string &address : clear)
        lines += "        listen " + address + ";\n";
    if (!lines.empty())
        out.insert(out.begin(), Server{lines + "        server_name _;\n"});
    return out;
}

}  // namespace sluice::exporters::nginx
