// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/environment.h"

#include "engine/config/text.h"

namespace sluice::config {
namespace {

using Reference = Node::Reference;

class Substitution {
public:
    Substitution(const Environment &environment, const std::string &file, Problems &problems)
        : environment_(environment), file_(file), problems_(problems)
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
        for (size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
            out += rest.substr(0, at);
            rest.remove_prefix(at);
            const bool ours = rest.substr(0, 6) == "${env:";
            const bool later = rest.substr(0, 9) == "${secret:" || rest.substr(0, 7) == "${file:";
            node.reference = std::max(node.reference,
                                      later      ? Reference::Later
                                          : ours ? Reference::Replaced
                                                 : Reference::None);
            const size_t close = rest.find('}');
            if (close == std::string_view::npos) {
                if (ours || later)
                    report(node, "'${' without its '}'", {});
                break;
            }
            if (ours)
                out += valueOf(rest.substr(6, close - 6), node);
            else
                out += rest.substr(0, close + 1);
            rest.remove_prefix(close + 1);
        }
        out += rest;
        node.text = std::move(out);
    }

    std::string valueOf(std::string_view name, Node &node)
    {
        const auto found = environment_.find(name);
        if (found == environment_.end()) {
            report(node, "the environment has no variable " + inQuotes(name),
                   "set it before the gateway starts, or write the value here");
            return {};
        }
        taken_ += found->second.size();
        if (taken_ > maxFileBytes) {
            report(node, "variables put more than 4 MiB into the file", {});
            return {};
        }
        if (firstBadByte(found->second) != npos || found->second.find_first_of("\r\n") != std::string::npos) {
            report(node, "the variable " + inQuotes(name) + " holds a line end or bytes that are not UTF-8", {});
            return {};
        }
        return found->second;
    }

    void report(Node &node, std::string what, std::string hint)
    {
        node.reference = Reference::Broken;
        problems_.push_back(
            {Problem::Severity::Error, file_, node.place.line, node.place.column, std::move(what), std::move(hint)});
    }

    const Environment &environment_;
    const std::string &file_;
    Problems &problems_;
    size_t taken_ = 0;
};

}  // namespace

void substitute(Node &node, const Environment &environment, const std::string &fileName, Problems &problems)
{
    Substitution(environment, fileName, problems).run(node);
}

}  // namespace sluice::config
