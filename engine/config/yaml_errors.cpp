// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/yaml_errors.h"

#include "engine/config/text.h"

namespace sluice::config {
namespace {

struct Wording {
    std::string_view message;  // how libfyaml's begins
    std::string_view what, hint;
};

constexpr Wording wordings[] = {
    {"tab character may not be used as indentation", "a tab in the indentation",
     "indent with spaces; YAML allows no tabs there"},
    {"double-quoted scalar without closing quote", "a double quote that is never closed", "add the closing \""},
    {"single-quoted scalar without closing quote", "a single quote that is never closed",
     "add the closing '; a ' inside is written ''"},
    {"invalid trailing content after single-quoted", "text after a closing quote",
     "a ' inside single quotes is written ''"},
    {"invalid trailing content after double-quoted", "text after a closing quote",
     "a \" inside double quotes is written \\\""},
    {"flow sequence without a closing bracket", "a '[' that is never closed", "add the closing ]"},
    {"flow mapping without a closing brace", "a '{' that is never closed", "add the closing }"},
    {"missing comma in flow mapping", "a comma or '}' is missing before this", "check that every '{' is closed"},
    {"missing comma in flow sequence", "a comma or ']' is missing before this", "check that every '[' is closed"},
    {"invalid nested block mapping on the same line", "a second ': ' in one line", "quote a value that holds ': '"},
    {"invalid indentation in mapping", "wrong indentation", "keys of one mapping begin in the same column"},
    {"invalid indentation", "wrong indentation",
     "keys of one mapping begin in the same column, items of one list, too"},
    {"wrongly indented double-quoted", "a double quote that is never closed", "add the closing \""},
    {"wrongly indented single-quoted", "a single quote that is never closed",
     "add the closing '; a ' inside is written ''"},
    {"wrongly indented", "wrong indentation", "keys of one mapping begin in the same column, items of one list, too"},
    {"invalid value after mapping", "a line that is neither 'key: value' nor an item of a list",
     "write 'key: value'; is the ': ' missing?"},
    {"plain scalar cannot start with", "a value cannot begin with this character", "put the value in quotes"},
    {"did not find expected node content", "a value is missing here", "write one, or remove the line"},
    {"mismatched flow mapping end", "a '}' where a ']' is missing", "check that every '[' is closed"},
    {"mismatched flow sequence end", "a ']' where a '}' is missing", "check that every '{' is closed"},
    {"flow mapping with invalid extra closing brace", "a '}' without its '{'", "remove it"},
    {"flow sequence with invalid extra closing bracket", "a ']' without its '['", "remove it"},
};

// The first line from `line` on whose indentation holds a tab; 0: none.
int tabbedLine(std::string_view text, int line)
{
    int current = 1;
    for (size_t at = 0; at < text.size(); at = nextLine(text, at), ++current) {
        const size_t end = text.find_first_not_of(" \t", at);
        if (current < line || end == std::string_view::npos)
            continue;
        if (text.substr(at, end - at).find('\t') != std::string_view::npos)
            return current;
    }
    return 0;
}

// A value that goes on in the next line and meets a ':' there: nearly always a key that is indented too far.
Place placeOfContinuation(std::string_view text, Place place)
{
    size_t at = 0;
    for (int line = 1; line < place.line && at < text.size(); ++line)
        at = nextLine(text, at);
    const size_t own = text.substr(at, lineEnd(text, at) - at).find(": ");
    if (own == std::string_view::npos)
        return place;
    for (int line = place.line + 1; line < place.line + 100; ++line) {
        at = nextLine(text, at);
        if (at >= text.size())
            break;
        const std::string_view whole = text.substr(at, lineEnd(text, at) - at);
        const size_t word = whole.find_first_not_of(' ');
        if (word != std::string_view::npos && whole[word] != '#' && whole.find(':') != std::string_view::npos)
            return {line, int(word) + 1};
    }
    return place;
}

}  // namespace

Problem explainYamlError(std::string_view text, const std::string &file, Place place, std::string_view message)
{
    Problem problem{Problem::Severity::Error, file, place.line, place.column, std::string(message), {}};
    for (const Wording &wording : wordings) {
        if (message.substr(0, wording.message.size()) == wording.message) {
            problem.what = wording.what;
            problem.hint = wording.hint;
            return problem;
        }
    }
    if (message.substr(0, 27) == "invalid multiline plain key") {
        const int tabbed = tabbedLine(text, place.line);
        if (tabbed == place.line + 1) {
            problem.line = tabbed;
            problem.column = 1;
            problem.what = "a tab in the indentation";
            problem.hint = "indent with spaces; YAML allows no tabs there";
            return problem;
        }
        const Place real = placeOfContinuation(text, place);
        problem.line = real.line;
        problem.column = real.column;
        problem.what =
            real == place ? "a line that is neither 'key: value' nor an item of a list" : "wrong indentation";
        problem.hint =
            real == place ? "write 'key: value'; is the ': ' missing?" : "keys of one mapping begin in the same column";
    }
    return problem;
}

}  // namespace sluice::config
