// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/environment.h"

#include "engine/config/text.h"

#include <algorithm>

namespace sluice::config {
namespace {

using State = Node::Reference;
using Severity = Problem::Severity;

constexpr std::string_view pemBegin = "-----BEGIN";

enum class Kind { Variable, Secret, File, Nobodys };

Kind kindOf(std::string_view at, size_t &name)
{
    const struct {
        std::string_view begin;
        Kind kind;
    } all[] = {{"${env:", Kind::Variable}, {"${secret:", Kind::Secret}, {"${file:", Kind::File}};
    for (const auto &each : all) {
        if (at.starts_with(each.begin)) {
            name = each.begin.size();
            return each.kind;
        }
    }
    name = 0;
    return Kind::Nobodys;
}

class Substitution {
public:
    Substitution(const Environment &environment, const std::string &file, Substituted &out)
        : environment_(environment), file_(file), out_(out)
    {}

    void run(Node &node)
    {
        if (node.isScalar() && node.text.find("${") != std::string::npos)
            replace(node);
        for (Node &item : node.items)
            run(item);
    }

private:
    void replace(Node &node)
    {
        std::string out;
        std::string_view rest = node.text;
        const std::string_view all = rest;
        for (size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
            out += rest.substr(0, at);
            rest.remove_prefix(at);
            size_t name = 0;
            const Kind kind = kindOf(rest, name);
            const size_t close = rest.find('}');
            if (close == std::string_view::npos) {
                if (kind != Kind::Nobodys)
                    report(node, "'${' without its '}'", {});
                break;
            }
            const std::string_view reference = rest.substr(0, close + 1);
            const bool whole = reference.size() == all.size();
            if (kind == Kind::Nobodys)
                out += reference;
            else
                out += valueOf(kind, std::string(rest.substr(name, close - name)), reference, whole, node);
            rest.remove_prefix(close + 1);
        }
        out += rest;
        node.text = std::move(out);
    }

    std::string valueOf(Kind kind, const std::string &name, std::string_view reference, bool whole, Node &node)
    {
        if (kind == Kind::Variable)
            return variable(name, reference, whole, node);
        if (out_.references.size() < maxNodes)
            out_.references.push_back({std::string(reference), node.place});
        const bool secret = kind == Kind::Secret;
        const auto &look = secret ? environment_.secret : environment_.file;
        if (!look) {
            mark(node, State::Later);
            return standIn(reference);
        }
        const Lookup &found = lookedUp(look, secret ? name : pathOf(name), reference);
        const std::string what = (secret ? "secret " : "file ") + inQuotes(name);
        switch (found.state) {
        case Lookup::State::Found: break;
        case Lookup::State::Missing:
            missing(node,
                    secret ? "there is no " + what + (found.why.empty() ? "" : ": " + found.why)
                           : "the " + what + " cannot be read: " + found.why,
                    secret ? "keep it first: sluice secret set " + name
                           : "paths are told from the folder of this file");
            return standIn(reference);
        case Lookup::State::Unreachable:
            unreachable(node, "the " + what + " cannot be looked up: " + found.why);
            return standIn(reference);
        }
        mark(node, State::Secret);
        const std::string_view value = found.value.reveal();
        return usable(value, "the " + what, whole && value.starts_with(pemBegin), node) ? std::string(value)
                                                                                        : std::string();
    }

    std::string variable(const std::string &name, std::string_view reference, bool whole, Node &node)
    {
        const auto found = environment_.variables.find(name);
        if (found == environment_.variables.end()) {
            report(node, "the environment has no variable " + inQuotes(name),
                   "set it before the gateway starts, or write the value here");
            return {};
        }
        const bool pem = whole && found->second.starts_with(pemBegin);  // most likely a key: kept as a secret is
        if (pem && out_.references.size() < maxNodes)
            out_.references.push_back({std::string(reference), node.place});
        if (pem && !environment_.secret) {
            mark(node, State::Later);
            return standIn(reference);
        }
        mark(node, pem ? State::Secret : State::Replaced);
        return usable(found->second, "the variable " + inQuotes(name), pem, node) ? found->second : std::string();
    }

    bool usable(std::string_view value, const std::string &what, bool lines, Node &node)
    {
        taken_ += value.size();
        if (taken_ > maxFileBytes)
            report(node, "variables, secrets and files put more than 4 MiB into the file", {});
        else if (firstBadByte(value) != npos)
            report(node, what + " holds bytes that are not UTF-8", {});
        else if (!lines && value.find_first_of("\r\n") != value.npos)
            report(node, what + " holds a line end", "only PEM text may have several lines, where it stands alone");
        else
            return true;
        return false;
    }

    const Lookup &lookedUp(const std::function<Lookup(const std::string &)> &look, const std::string &name,
                           std::string_view reference)
    {
        const auto at = known_.find(reference);
        return at != known_.end() ? at->second : known_.emplace(reference, look(name)).first->second;
    }

    std::string pathOf(const std::string &path) const
    {
        const size_t slash = file_.rfind('/');
        return path.starts_with('/') || slash == file_.npos ? path : file_.substr(0, slash + 1) + path;
    }

    static void mark(Node &node, State state) { node.reference = std::max(node.reference, state); }

    void missing(Node &node, std::string what, std::string hint)
    {
        mark(node, State::Later);
        out_.missing.try_emplace(
            {node.place.line, node.place.column},
            Problem{Severity::Error, file_, node.place.line, node.place.column, std::move(what), std::move(hint)});
    }

    void unreachable(Node &node, std::string what)
    {
        mark(node, environment_.lenient ? State::Later : State::Broken);
        out_.problems.push_back({environment_.lenient ? Severity::Warning : Severity::Error,
                                 file_,
                                 node.place.line,
                                 node.place.column,
                                 std::move(what),
                                 {}});
    }

    void report(Node &node, std::string what, std::string hint)
    {
        mark(node, State::Broken);
        out_.problems.push_back(
            {Severity::Error, file_, node.place.line, node.place.column, std::move(what), std::move(hint)});
    }

    const Environment &environment_;
    const std::string &file_;
    Substituted &out_;
    std::map<std::string, Lookup, std::less<>> known_;
    size_t taken_ = 0;
};

}  // namespace

std::string standIn(std::string_view reference)
{
    size_t begin = 0;
    const Kind kind = kindOf(reference, begin);
    std::string_view name = reference.substr(begin);
    if (name.ends_with('}'))
        name.remove_suffix(1);
    if (kind == Kind::File)
        name = name.substr(name.rfind('/') + 1);
    std::string out = kind == Kind::File ? "SLUICE_FILE_" : "SLUICE_SECRET_";
    for (const char c : name) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        out += plain ? c : '_';
    }
    return out;
}

void hideSecrets(Node &node)
{
    if (node.reference == State::Secret) {
        Secret::wipe(node.text);
        node.text = "SLUICE_SECRET_";
    }
    for (Node &item : node.items)
        hideSecrets(item);
}

std::string_view standInOf(std::string_view text)
{
    const std::string_view name = text.substr(text.rfind('/') + 1);
    return name.starts_with("SLUICE_SECRET_") || name.starts_with("SLUICE_FILE_") ? name : std::string_view();
}

Substituted substitute(Node &node, const Environment &environment, const std::string &fileName)
{
    Substituted out;
    Substitution(environment, fileName, out).run(node);
    return out;
}

}  // namespace sluice::config
