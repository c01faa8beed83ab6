// SPDX-License-Identifier: GPL-3.0-or-later
// TLS towards clients and towards services, as engine/net/tls does it.
#include "engine/config/environment.h"
#include "engine/exporters/nginx.h"
#include "engine/http/ip.h"

#include <algorithm>

namespace sluice::exporters::nginx {

namespace {

constexpr std::string_view ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";
constexpr std::string_view systemCas = "/etc/ssl/certs/ca-certificates.crt";  // Debian's place, and Alpine's

std::string whole(const Draft &draft, const std::string &name)
{
    return name.starts_with('/') || draft.around.folder.empty() ? name : draft.around.folder + '/' + name;
}

// The name that all endpoints' certificates are checked for.
std::string nameToCheck(const config::ServiceSettings &service)
{
    if (!service.secure.serverName.empty())
        return service.secure.serverName;
    const auto takes = [](const config::EndpointSettings &e) { return e.weight > 0; };
    const auto first = std::find_if(service.endpoints.begin(), service.endpoints.end(), takes);
    return first == service.endpoints.end() ? "" : first->host;
}

void reportName(Draft &draft, const config::ServiceSettings &service, const std::string &name)
{
    const std::string feature = "service " + service.name + ": tls.server_name";
    const auto differs = [&](const config::EndpointSettings &e) { return e.weight > 0 && e.host != name; };
    const bool several =
        service.secure.serverName.empty() && std::any_of(service.endpoints.begin(), service.endpoints.end(), differs);
    std::string why;
    const std::string advice = ". Set tls: {server_name: NAME} to a name that all of the certificates have";
    if (several)
        why = "nginx checks one name for all endpoints of a service, " + name
            + " here: an endpoint whose certificate has another gets 502" + advice;
    else if (http::parseIp(name))
        why =
            "nginx cannot check a certificate for an address, and answers 502 unless that is its common name" + advice;
    const Fidelity fidelity = why.empty() ? Fidelity::Exact : Fidelity::Impossible;
    draft.say(feature, service.place, fidelity, std::move(why));
}

}  // namespace

std::string writeFile(const Draft &draft, const std::string &name)
{
    return quoted(whole(draft, name));
}

Pem writePair(Draft &draft, const tls::PairSettings &pair)
{
    Pem out;
    out.certificate = literal(whole(draft, pair.certificate));
    const std::string_view standIn = config::standInOf(pair.key);
    if (standIn.empty() && !pair.key.starts_with("-----BEGIN")) {
        out.key = literal(whole(draft, pair.key));
        return out;
    }
    const std::string name =
        standIn.empty() ? "secret-" + std::to_string(++draft.secrets) + ".key" : std::string(standIn);
    out.key = name;
    out.why = "the key came from a secret and is not written: put it into " + name
        + " beside nginx.conf, for nginx alone to read; until then nginx does not start";
    return out;
}

bool speaksTls(const config::ServiceSettings &service)
{
    return std::any_of(service.endpoints.begin(), service.endpoints.end(),
                       [](const config::EndpointSettings &e) { return e.tls && e.weight > 0; });
}

std::string writeServerTls(const config::ListenSettings &listen, const Draft &draft)
{
    std::string out = "        ssl_protocols ";
    out += listen.secure.tls13Only ? "TLSv1.3;\n" : "TLSv1.2 TLSv1.3;\n        ssl_ciphers ";
    if (!listen.secure.tls13Only)
        out.append(ciphers) += ";\n";
    out += "        ssl_prefer_server_ciphers on;\n        ssl_conf_command Options PrioritizeChaCha;\n"
           "        ssl_ecdh_curve X25519:P-256:P-384;\n        ssl_session_tickets on;\n        ssl_session_timeout "
           "2h;\n";
    if (!listen.secure.clientCa.empty())
        out += "        ssl_client_certificate " + writeFile(draft, listen.secure.clientCa)
            + ";\n        ssl_verify_client on;\n        ssl_verify_depth 100;\n";
    return out;
}

std::string writeClientTls(Draft &draft, const config::ServiceSettings &service)
{
    const std::string feature = "service " + service.name + ": tls.";
    const tls::ClientSettings &secure = service.secure;
    const std::string name = nameToCheck(service);
    const std::string indent = "            ";
    std::string out = indent + "proxy_ssl_verify on;\n" + indent + "proxy_ssl_verify_depth 100;\n" + indent
        + "proxy_ssl_trusted_certificate " + (secure.ca.empty() ? std::string(systemCas) : writeFile(draft, secure.ca))
        + ";\n" + indent + "proxy_ssl_name " + literal(name) + ";\n" + indent + "proxy_ssl_server_name on;\n" + indent
        + "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n" + indent + "proxy_ssl_ciphers ";
    out.append(ciphers) += ";\n";
    draft.say(
        feature + "ca", service.place, Fidelity::Approximate,
        secure.ca.empty()
            ? "the system's CAs are taken from " + std::string(systemCas)
                + ", where Debian has them: change proxy_ssl_trusted_certificate where they are elsewhere"
            : "read when nginx starts, and not anew when the file changes (nginx -s reload); the CA must be a root, "
              "and lists of revoked certificates (CRLs) in the file are obeyed only when it is named by "
              "proxy_ssl_crl, too");
    draft.say("service " + service.name + ": protocol", service.place, Fidelity::Approximate,
              "HTTP/1.1, also where an endpoint offers HTTP/2, which Sluice takes");
    reportName(draft, service, name);
    if (!secure.pair.certificate.empty()) {
        const Pem pem = writePair(draft, secure.pair);
        out += indent + "proxy_ssl_certificate " + pem.certificate + ";\n" + indent + "proxy_ssl_certificate_key "
            + pem.key + ";\n";
        draft.say(feature + "certificate", service.place, Fidelity::Approximate,
                  "read when nginx starts, and not anew when the file changes (nginx -s reload)"
                      + (pem.why.empty() ? "" : "; " + pem.why));
    }
    return out;
}

}  // namespace sluice::exporters::nginx
