// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/document.h"

#include "engine/config/text.h"
#include "engine/config/yaml_reader.h"

#include <algorithm>

namespace sluice::config {

size_t Node::indexOf(std::string_view key) const
{
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key &k) { return k.text == key; });
    return found == keys.end() ? npos : size_t(found - keys.begin());
}

const Node *Node::find(std::string_view key) const
{
    const size_t index = indexOf(key);
    return index == npos ? nullptr : &items[index];
}

bool sameMeaning(const Node &a, const Node &b)
{
    if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size())
        return false;
    for (size_t i = 0; i < a.items.size(); ++i) {
        // Most mappings keep their order, so the key at the same place is looked at first.
        const Node *other = &b.items[i];
        if (a.isMapping() && a.keys[i].text != b.keys[i].text)
            other = b.find(a.keys[i].text);
        if (!other || !sameMeaning(a.items[i], *other))
            return false;
    }
    return true;
}

namespace {

// What cannot be read at all, before YAML is looked at.
bool checkBytes(std::string_view text, Problem &problem)
{
    if (text.size() > maxFileBytes) {
        problem.what = "the file is larger than 4 MiB";
        problem.hint = "A gateway file holds rules, not data";
        return false;
    }
    if (text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff") {
        problem.what = "the file is UTF-16";
        problem.hint = "save it as UTF-8";
        return false;
    }
    const size_t bad = firstBadByte(text);
    if (bad == npos)
        return true;
    problem.line = 1 + int(std::count(text.begin(), text.begin() + std::ptrdiff_t(bad), '\n'));
    problem.column = columnOf(text, bad);
    if (text[bad] == '\0') {
        problem.what = "a NUL byte";
        problem.hint = "this does not look like a text file";
    } else if (uint8_t(text[bad]) < 0x20 || text[bad] == 0x7f) {
        problem.what = "a control character";
        problem.hint = "remove it, or write it as an escape in double quotes";
    } else {
        problem.what = "a byte that is not UTF-8";
        problem.hint = "save the file as UTF-8";
    }
    return false;
}

}  // namespace

Document parseDocument(std::string_view text, const std::string &fileName)
{
    Document document;
    Problem problem{Problem::Severity::Error, fileName, 1, 1, {}, {}};
    if (!checkBytes(text, problem)) {
        document.problems.push_back(problem);
        document.broken = true;
        return document;
    }
    YamlReader reader(text, fileName);
    document.root = reader.read();
    document.problems = reader.takeProblems();
    document.broken = reader.stopped();
    if (document.broken)
        document.root = Node();
    return document;
}

}  // namespace sluice::config
