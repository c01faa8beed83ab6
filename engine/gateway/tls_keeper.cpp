// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/tls_keeper.h"

#include "engine/http/ip.h"
#include "engine/tls/local_ca.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <set>

namespace sluice::gateway {

namespace {

constexpr size_t mostFileBytes = 4 << 20;
constexpr auto soon = std::chrono::days(14);

std::string dateOf(WallTime time)
{
    return rfc3339(time).substr(0, 10);
}

std::string expiry(const tls::Certificate &certificate, WallTime now)
{
    const tls::CertificateFacts &facts = certificate.facts();
    if (facts.notAfter < now)
        return "has expired on " + dateOf(facts.notAfter);
    if (facts.notBefore > now)
        return "is valid only from " + dateOf(facts.notBefore);
    if (facts.notAfter < now + soon)
        return "expires soon, on " + dateOf(facts.notAfter);
    return {};
}

// For a client that names no server: it came by an address.
std::string nameless(const config::ListenSettings &listen)
{
    const auto address = http::parseIp(listen.host);
    const bool any = !address || listen.host == "0.0.0.0" || listen.host == "::";
    return any ? "127.0.0.1" : listen.host;
}

void describe(const tls::CertificateFacts &facts, WallTime now, CertificateStatus &out)
{
    out.subject = facts.subject;
    out.issuer = facts.issuer;
    out.fingerprint = facts.fingerprint;
    out.names = facts.names;
    out.notBefore = facts.notBefore;
    out.notAfter = facts.notAfter;
    out.daysLeft = int(std::chrono::floor<std::chrono::days>(facts.notAfter - now).count());
}

}  // namespace

// ---- files

// True: its content is another than before.
bool TlsKeeper::look(const std::string &path, File &file)
{
    struct stat s {};
    const bool there = ::stat(path.c_str(), &s) == 0;
    const std::string why = there ? "" : std::strerror(errno);
    std::string mark = why;
    if (there) {
        for (const int64_t part : {int64_t(s.st_dev), int64_t(s.st_ino), int64_t(s.st_size), int64_t(s.st_mtim.tv_sec),
                                   int64_t(s.st_mtim.tv_nsec), int64_t(s.st_ctim.tv_sec), int64_t(s.st_ctim.tv_nsec)})
            mark += std::to_string(part) + ' ';
    }
    if (mark == file.mark)
        return false;
    file.mark = std::move(mark);
    std::string text, trouble = there ? "" : path + " cannot be read: " + why;
    const std::unique_ptr<FILE, int (*)(FILE *)> in(there && S_ISREG(s.st_mode) ? std::fopen(path.c_str(), "rbe")
                                                                                : nullptr,
                                                    [](FILE *f) { return f ? std::fclose(f) : 0; });
    if (there && !in)
        trouble = path + " cannot be read: " + (S_ISREG(s.st_mode) ? std::strerror(errno) : "it is no regular file");
    char buffer[16384];
    for (size_t n; in && (n = std::fread(buffer, 1, sizeof buffer, in.get())) > 0 && text.size() <= mostFileBytes;)
        text.append(buffer, n);
    if (text.size() > mostFileBytes)
        text.clear(), trouble = path + " is larger than 4 MiB, which no certificate or key is";
    if (text == file.text && trouble == file.trouble)
        return false;
    file.text = std::move(text);
    file.trouble = std::move(trouble);
    return true;
}

const TlsKeeper::File &TlsKeeper::file(const std::string &path)
{
    const auto [at, fresh] = files_.try_emplace(path);
    if (fresh)
        look(path, at->second);
    return at->second;
}

TlsKeeper::Pair &TlsKeeper::pair(const tls::PairSettings &settings)
{
    Pair &out = pairs_[{settings.certificate, settings.key}];
    const bool inFile = !settings.key.starts_with("-----BEGIN");
    const File &chain = file(settings.certificate);
    const File none{};
    const File &key = inFile ? file(settings.key) : none;
    out.trouble = !chain.trouble.empty() ? chain.trouble : key.trouble;
    if (!out.trouble.empty())
        return out;
    Result<tls::CertificatePtr> made = tls::Certificate::parse(chain.text, inFile ? key.text : settings.key);
    if (!made)
        out.trouble = settings.certificate + ": " + made.error().what;
    else if (!out.good || out.good->facts().fingerprint != (*made)->facts().fingerprint)
        out.good = made.take();
    return out;
}

Result<std::shared_ptr<LocalCertificates>> TlsKeeper::local()
{
    if (local_)
        return local_;
    if (!source_)
        return Error{Fault::Gateway, "this program has no local CA"};
    Result<std::shared_ptr<const tls::LocalCa>> ca = source_();
    if (!ca)
        return Error{Fault::Gateway, "there is no local CA: " + ca.error().what};
    local_ = std::make_shared<LocalCertificates>(ca.take());
    return local_;
}

// `sluice ca renew`, seen at a reload. Where it cannot be had now, the one before goes on.
void TlsKeeper::lookForNewLocal()
{
    if (!local_ || !source_)
        return;
    Result<std::shared_ptr<const tls::LocalCa>> ca = source_();
    if (ca && (*ca)->certificatePem() != local_->ca().certificatePem())
        local_ = std::make_shared<LocalCertificates>(ca.take());
}

// ---- what is made of them

void TlsKeeper::make(const config::ListenSettings &listen)
{
    Listener &out = listeners_[listen.url];
    out.trouble.clear();
    net::ServerTls::Parts parts;
    std::shared_ptr<LocalCertificates> own;
    parts.tls13Only = listen.secure.tls13Only;
    for (const tls::PairSettings &settings : listen.secure.certificates) {
        const Pair &p = pair(settings);
        if (p.good)
            parts.certificates.push_back(p.good);
        if (!p.trouble.empty())
            out.trouble = p.trouble;
    }
    if (listen.secure.certificates.empty()) {
        const Result<std::shared_ptr<LocalCertificates>> ca = local();
        if (!ca) {
            out.trouble = ca.error().what;
            out.made = nullptr;
            return;
        }
        own = *ca;
        parts.maker = [own, nobody = nameless(listen)](const std::string &name) {
            return own->get(name.empty() ? nobody : name);
        };
    } else if (parts.certificates.empty()) {
        out.made = nullptr;
        return;
    }
    if (!listen.secure.clientCa.empty()) {
        const File &ca = file(listen.secure.clientCa);
        if (!ca.trouble.empty())
            out.trouble = ca.trouble;
        parts.clientCa = ca.trouble.empty() ? ca.text : out.clientCa;
        if (parts.clientCa.empty()) {
            out.made = nullptr;
            out.trouble = ca.trouble.empty() ? listen.secure.clientCa + " is empty" : ca.trouble;
            return;
        }
    }
    const bool same = out.made && out.certificates == parts.certificates && out.clientCa == parts.clientCa
        && out.tls13Only == parts.tls13Only && out.local == own;
    if (same)
        return;
    const std::vector<tls::CertificatePtr> certificates = parts.certificates;
    const std::string clientCa = parts.clientCa;
    const Result<std::shared_ptr<const net::ServerTls>> made = net::ServerTls::create(std::move(parts), out.made.get());
    if (!made) {  // the one before goes on, unless it asks for less than is asked for now
        out.trouble = made.error().what;
        if ((out.clientCa.empty() && !clientCa.empty()) || (listen.secure.tls13Only && !out.tls13Only))
            out.made = nullptr;
        return;
    }
    out.made = *made;
    out.certificates = certificates;
    out.clientCa = clientCa;
    out.tls13Only = listen.secure.tls13Only;
    out.local = std::move(own);
}

void TlsKeeper::make(const config::ServiceSettings &service)
{
    const auto secure = [](const config::EndpointSettings &e) { return e.tls; };
    if (std::none_of(service.endpoints.begin(), service.endpoints.end(), secure))
        return;
    Service &out = made_[service.name];
    out.trouble.clear();
    net::ClientTls::Parts parts;
    parts.serverName = service.secure.serverName;
    if (!service.secure.ca.empty()) {
        const File &ca = file(service.secure.ca);
        out.trouble = ca.trouble;
        parts.ca = ca.trouble.empty() ? ca.text : out.ca;
        if (ca.trouble.empty() && ca.text.empty())
            out.trouble = service.secure.ca + " is empty";
    }
    const bool shows = !service.secure.pair.certificate.empty();
    if (shows) {
        const Pair &p = pair(service.secure.pair);
        if (!p.trouble.empty())
            out.trouble = p.trouble;
        parts.pair = p.good;
    }
    if ((!service.secure.ca.empty() && parts.ca.empty()) || (shows && !parts.pair)) {
        out.made = nullptr;
        return;
    }
    if (out.made && out.pair == parts.pair && out.ca == parts.ca && out.serverName == parts.serverName)
        return;
    const Service next{nullptr, parts.pair, parts.ca, parts.serverName, {}};
    const Result<std::shared_ptr<const net::ClientTls>> made = net::ClientTls::create(std::move(parts));
    if (!made) {  // the same
        out.trouble = made.error().what;
        if ((out.ca.empty() && !next.ca.empty()) || out.serverName != next.serverName)
            out.made = nullptr;
        return;
    }
    out = Service{*made, next.pair, next.ca, next.serverName, out.trouble};
}

net::TlsMaterialPtr TlsKeeper::makeAll()
{
    auto out = std::make_shared<net::TlsMaterial>();
    for (const config::ListenSettings &listen : listen_) {
        make(listen);
        const Listener &made = listeners_[listen.url];
        if (made.made)
            out->listeners[listen.url] = made.made;
        else
            out->listenerTrouble[listen.url] = made.trouble;
    }
    for (const config::ServiceSettings &service : services_) {
        make(service);
        const auto made = made_.find(service.name);
        if (made == made_.end())
            continue;
        if (made->second.made)
            out->services[service.name] = made->second.made;
        else
            out->serviceTrouble[service.name] = made->second.trouble;
    }
    return out;
}

std::string TlsKeeper::whyNoneServes() const
{
    const auto closed = [this](const config::ListenSettings &listen) { return !listeners_.at(listen.url).made; };
    if (someInClear_ || listen_.empty() || !std::all_of(listen_.begin(), listen_.end(), closed))
        return {};
    return listen_[0].url + " cannot take a connection: " + listeners_.at(listen_[0].url).trouble;
}

net::TlsMaterialPtr TlsKeeper::load(const config::Plan &plan, WallTime now, Problems &problems)
{
    listen_.clear();
    for (const config::ListenSettings &listen : plan.listen) {
        if (listen.tls)
            listen_.push_back(listen);
    }
    someInClear_ = listen_.size() < plan.listen.size();
    services_ = plan.services;
    for (auto &[path, known] : files_)
        look(path, known);
    lookForNewLocal();
    net::TlsMaterialPtr out = makeAll();
    const auto warn = [&](const config::Place &place, std::string what, std::string hint) {
        const std::string from = plan.file.empty() ? "command line" : plan.file;
        problems.push_back(
            {Problem::Severity::Warning, from, place.line, place.column, std::move(what), std::move(hint)});
    };
    for (const config::ListenSettings &listen : listen_) {
        const Listener &made = listeners_[listen.url];
        if (!made.trouble.empty())
            warn(listen.place, made.trouble,
                 made.made ? "what was there before, and the other certificates, stay in use"
                           : listen.url + " takes no connection until this is right; no restart is needed");
        for (const tls::CertificatePtr &certificate : made.certificates) {
            if (const std::string old = expiry(*certificate, now); !old.empty())
                warn(listen.place, "the certificate " + certificate->facts().subject + ' ' + old, "renew it");
        }
    }
    for (const config::ServiceSettings &service : services_) {
        const auto made = made_.find(service.name);
        if (made != made_.end() && !made->second.trouble.empty())
            warn(service.place, made->second.trouble,
                 made->second.made ? "what was there before stays in use"
                                   : "requests to " + service.name + " fail until this is right; no restart is needed");
    }
    return out;
}

net::TlsMaterialPtr TlsKeeper::refresh(WallTime now, std::vector<std::string> &told)
{
    std::set<std::string> used;
    for (const config::ListenSettings &listen : listen_) {
        used.insert(listen.secure.clientCa);
        for (const tls::PairSettings &p : listen.secure.certificates)
            used.insert({p.certificate, p.key});
    }
    for (const config::ServiceSettings &s : services_)
        used.insert({s.secure.ca, s.secure.pair.certificate, s.secure.pair.key});
    std::erase_if(files_, [&](const auto &entry) { return !used.contains(entry.first); });
    bool changed = false;
    for (auto &[path, known] : files_)
        changed = look(path, known) || changed;
    if (!changed)
        return nullptr;
    const std::map<std::string, Listener> listenersBefore = listeners_;
    const std::map<std::string, Service> servicesBefore = made_;
    net::TlsMaterialPtr out = makeAll();
    for (const auto &[url, made] : listeners_) {
        const Listener &before = listenersBefore.at(url);
        if (made.made != before.made && made.made)
            told.push_back(url + ": new certificates are in use"
                           + (made.certificates.empty() ? ""
                                                        : ", " + made.certificates[0]->facts().subject + " until "
                                      + dateOf(made.certificates[0]->facts().notAfter)));
        if (!made.trouble.empty() && made.trouble != before.trouble)
            told.push_back(url + ": " + made.trouble + (made.made ? ". The certificate before stays in use" : ""));
        for (const tls::CertificatePtr &certificate : made.certificates) {
            const std::string old = made.made != before.made ? expiry(*certificate, now) : "";
            if (!old.empty())
                told.push_back(url + ": the certificate " + certificate->facts().subject + ' ' + old);
        }
    }
    for (const auto &[name, made] : made_) {
        const Service &before = servicesBefore.at(name);
        if (made.made != before.made && made.made)
            told.push_back("service " + name + ": new TLS settings are in use");
        if (!made.trouble.empty() && made.trouble != before.trouble)
            told.push_back("service " + name + ": " + made.trouble);
    }
    return out;
}

std::vector<CertificateStatus> TlsKeeper::certificates(WallTime now) const
{
    std::vector<CertificateStatus> out;
    const auto add = [&](const std::string &where, const tls::PairSettings &settings) {
        const auto at = pairs_.find({settings.certificate, settings.key});
        if (at == pairs_.end())
            return;
        CertificateStatus &status = out.emplace_back();
        if (at->second.good)
            describe(at->second.good->facts(), now, status);
        status.where = where;
        status.file = settings.certificate;
        status.trouble = at->second.trouble;
    };
    for (const config::ListenSettings &listen : listen_) {
        for (const tls::PairSettings &settings : listen.secure.certificates)
            add(listen.url, settings);
        const auto made = listeners_.find(listen.url);
        if (listen.secure.certificates.empty() && made != listeners_.end() && !made->second.trouble.empty()) {
            out.emplace_back().where = listen.url;
            out.back().trouble = made->second.trouble;
        }
    }
    for (const config::ServiceSettings &service : services_) {
        if (!service.secure.pair.certificate.empty())
            add("service " + service.name, service.secure.pair);
    }
    if (!local_)
        return out;
    if (const auto read = tls::readCertificates(local_->ca().certificatePem()); read) {
        describe(tls::factsOf((*read)[0].get()), now, out.emplace_back());
        out.back().where = "local CA";
    }
    return out;
}

}  // namespace sluice::gateway
