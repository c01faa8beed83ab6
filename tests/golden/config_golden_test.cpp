// SPDX-License-Identifier: GPL-3.0-or-later
// Runs tests/golden/config/*.txt: a gateway file, then either an edit and the text that it must give, or the problems that it
// must have. Parts begin with "=== NAME"; "=== input crlf" makes all line ends CRLF. With SLUICE_GOLDEN_UPDATE set in the
// environment the expected part is written anew from what came out; look at the difference before keeping it.
#include "engine/config/edit.h"
#include "engine/config/load.h"
#include "engine/config/values.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace sluice;
using namespace sluice::config;

namespace {

struct Golden {
    std::string input, edit, expected;
    std::string kind;  // "expected" "error" "problems"
    bool crlf = false;
};

std::string replaced(std::string text, const std::string &what, const std::string &with)
{
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

Golden readGolden(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    Golden out;
    std::string *part = nullptr;
    const std::string text = file.readAll().toStdString();
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        const std::string line = text.substr(at, end - at);
        at = end;
        if (line.rfind("=== ", 0) != 0) {
            if (part)
                *part += line;
        } else if (line.rfind("=== input", 0) == 0) {
            part = &out.input;
            out.crlf = line.find("crlf") != std::string::npos;
        } else if (line == "=== edit\n") {
            part = &out.edit;
        } else {
            part = &out.expected;
            out.kind = line.substr(4, line.size() - 5);
        }
    }
    if (out.crlf) {
        out.input = replaced(out.input, "\n", "\r\n");
        out.expected = replaced(out.expected, "\n", "\r\n");
    }
    return out;
}

Path pathOf(const Node &node)
{
    Path path;
    for (const Node &step : node.items) {
        uint64_t index = 0;
        if (parseWhole(step.text, index))
            path.emplace_back(size_t(index));
        else
            path.emplace_back(step.text);
    }
    return path;
}

Value valueOf(const Node &node)
{
    if (node.isSequence()) {
        std::vector<Value> items;
        for (const Node &item : node.items)
            items.push_back(valueOf(item));
        return items;
    }
    if (!node.isMapping())
        return node.text;
    std::vector<std::pair<std::string, Value>> members;
    for (size_t i = 0; i < node.items.size(); ++i)
        members.emplace_back(node.keys[i].text, valueOf(node.items[i]));
    return members;
}

std::vector<std::string> textsOf(const Node &node)
{
    std::vector<std::string> out;
    for (const Node &item : node.items)
        out.push_back(item.text);
    return out;
}

RouteEdit routeEditOf(const Node &node)
{
    RouteEdit edit;
    for (size_t i = 0; i < node.items.size(); ++i) {
        const std::string &key = node.keys[i].text;
        const Node &value = node.items[i];
        std::vector<std::pair<std::string, std::string>> fields;
        for (size_t j = 0; j < value.keys.size(); ++j)
            fields.emplace_back(value.keys[j].text, value.items[j].text);
        if (key == "name")
            edit.name = value.text;
        else if (key == "path")
            edit.path = value.text;
        else if (key == "service")
            edit.service = value.text;
        else if (key == "strip_prefix")
            edit.stripPrefix = value.text;
        else if (key == "rewrite")
            edit.rewrite = value.text;
        else if (key == "methods")
            edit.methods = textsOf(value);
        else if (key == "hosts")
            edit.hosts = textsOf(value);
        else if (key == "headers")
            edit.headers = fields;
        else if (key == "query")
            edit.query = fields;
    }
    return edit;
}

size_t numberOf(const Node &edit, const char *key, size_t otherwise)
{
    uint64_t number = 0;
    const Node *node = edit.find(key);
    return node && parseWhole(node->text, number) ? size_t(number) : otherwise;
}

// One line of an edit, as "{set: [routes, 0, path], to: /x}".
Result<std::string> applyEdit(const std::string &text, const Node &edit)
{
    if (const Node *path = edit.find("set"))
        return setValue(text, pathOf(*path), valueOf(*edit.find("to")));
    if (const Node *path = edit.find("remove"))
        return removeKey(text, pathOf(*path));
    if (const Node *route = edit.find("add_route"))
        return addRoute(text, routeEditOf(*route), numberOf(edit, "at", npos));
    if (const Node *route = edit.find("set_route"))
        return setRoute(text, numberOf(edit, "at", 0), routeEditOf(*route));
    if (edit.find("remove_route"))
        return removeRoute(text, numberOf(edit, "remove_route", 0));
    if (edit.find("move_route"))
        return moveRoute(text, numberOf(edit, "move_route", 0), numberOf(edit, "to", 0));
    if (const Node *name = edit.find("add_service"))
        return addService(text, name->text, textsOf(*edit.find("endpoints")));
    if (const Node *name = edit.find("remove_service"))
        return removeService(text, name->text);
    return Error{Fault::Client, "the golden file names no edit"};
}

std::string outcomeOf(const Golden &golden)
{
    if (golden.edit.empty()) {
        std::string out;
        for (const Problem &problem : load(golden.input, "gateway.yaml", {{{"PORT", "9001"}, {"EMPTY", ""}}}).problems)
            out += problem.text() + '\n';
        return out;
    }
    const Document edits = parseDocument(golden.edit, "edit");
    std::string text = golden.input;
    for (const Node &edit : edits.root.items) {
        Result<std::string> next = applyEdit(text, edit);
        if (!next)
            return next.error().what + '\n';
        text = next.take();
    }
    return text;
}

}  // namespace

class ConfigGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void gives_data()
    {
        QTest::addColumn<QString>("path");
        const QDir folder(SLUICE_SOURCE_DIR "/tests/golden/config");
        for (const QString &name : folder.entryList({"*.txt"}, QDir::Files, QDir::Name))
            QTest::newRow(qPrintable(name)) << folder.filePath(name);
    }

    void gives()
    {
        QFETCH(QString, path);
        const Golden golden = readGolden(path);
        QVERIFY2(!golden.kind.empty(), "no expected part");
        const std::string actual = outcomeOf(golden);
        if (qEnvironmentVariableIsSet("SLUICE_GOLDEN_UPDATE") && actual != golden.expected) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadWrite));
            const QByteArray whole = file.readAll();
            const QByteArray head = "=== " + QByteArray::fromStdString(golden.kind) + "\n";
            QVERIFY(file.resize(whole.indexOf(head) + head.size()) && file.seek(file.size()));
            file.write(QByteArray::fromStdString(golden.crlf ? replaced(actual, "\r\n", "\n") : actual));
            return;
        }
        QCOMPARE(QString::fromStdString(actual), QString::fromStdString(golden.expected));
    }
};

QTEST_APPLESS_MAIN(ConfigGoldenTest)
#include "config_golden_test.moc"
