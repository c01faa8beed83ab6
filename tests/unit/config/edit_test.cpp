// SPDX-License-Identifier: GPL-3.0-or-later
// What golden files cannot show: that edits hold for any file and any value. Golden ones: tests/golden/config.
#include "engine/config/edit.h"

#include <QFile>
#include <QTest>

#include <random>
#include <set>

using namespace sluice;
using namespace sluice::config;

namespace {

const char sample[] = "# A file with every style of writing.\n"
                      "sluice: 1\n"
                      "\n"
                      "services:   # whom we call\n"
                      "  users:\n"
                      "    endpoints:\n"
                      "      - http://127.0.0.1:9001   # the old one\n"
                      "      - {url: 'http://127.0.0.1:9011', weight: 3}\n"
                      "\n"
                      "      # between\n"
                      "      - http://127.0.0.1:9021\n"
                      "    timeouts: {connect: 1s, \"idle\": 60s}  # why so long?\n"
                      "  orders: http://127.0.0.1:9002\n"
                      "  note:\n"
                      "    endpoints: [\"http://127.0.0.1:1\"]\n"
                      "    fallback:\n"
                      "      json: >\n"
                      "        folded\n"
                      "        text\n"
                      "\n"
                      "routes:\n"
                      "  # first\n"
                      "  - path: /api/users/**\n"
                      "    name: users\n"
                      "    service: users\n"
                      "    methods:\n"
                      "      - GET\n"
                      "      - POST  # writes\n"
                      "\n"
                      "  # second\n"
                      "  -   service: orders\n"
                      "      path: \"/api/orders/**\"\n"
                      "      headers: {X-A: \"1\", X-B: '*'}\n"
                      "  - {path: /flow, service: orders}\n"
                      "# the end\n";

// All paths of values below `node`.
void collect(const Node &node, const Path &here, std::vector<Path> &out)
{
    for (size_t i = 0; i < node.items.size(); ++i) {
        Path path = here;
        path.push_back(node.isMapping() ? Step(node.keys[i].text) : Step(i));
        out.push_back(path);
        collect(node.items[i], path, out);
    }
}

std::multiset<std::string> commentsOf(const std::string &text)
{
    std::multiset<std::string> out;
    for (size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1))
        out.insert(text.substr(at, text.find('\n', at) - at));
    return out;
}

}  // namespace

class EditTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void any_text_can_be_put_anywhere_and_is_read_back()
    {
        const std::vector<std::string> texts = {"x",
                                                "",
                                                " ",
                                                "a b",
                                                "a: b",
                                                "a #b",
                                                "#",
                                                "- a",
                                                "'",
                                                "\"",
                                                "it's",
                                                "{",
                                                "}",
                                                "[a]",
                                                "*",
                                                "&a",
                                                "!x",
                                                "%",
                                                "@",
                                                "`",
                                                "|",
                                                ">",
                                                "?",
                                                "~",
                                                "null",
                                                "true",
                                                "1",
                                                "1.0",
                                                "a,b",
                                                "é",
                                                "tab\there",
                                                "line\nline",
                                                "back\\slash",
                                                "--- a",
                                                "...",
                                                "a:",
                                                ":a",
                                                "http://x:1",
                                                "/{id}/**",
                                                "~^/x{2,3}$",
                                                "${env:A}",
                                                "a  ",
                                                std::string(5000, 'y'),
                                                "\x01"};
        std::vector<Path> paths;
        collect(parseDocument(sample, "f").root, {}, paths);
        QVERIFY(paths.size() > 30);
        int refused = 0;
        for (const Path &path : paths) {
            for (const std::string &text : texts) {
                const Result<std::string> changed = setValue(sample, path, text);
                refused += !changed.ok();
            }
        }
        // Each answer was checked by setValue itself; here: that it hardly ever has to give up.
        QCOMPARE(refused, 0);
    }

    void changing_one_scalar_changes_one_line_and_no_comment()
    {
        const std::string before = sample;
        std::vector<Path> paths;
        collect(parseDocument(sample, "f").root, {}, paths);
        for (const Path &path : paths) {
            const Node root = parseDocument(sample, "f").root;
            const Node *node = &root;
            for (const Step &step : path)
                node = step.isKey() ? node->find(step.key) : &node->items[step.index];
            if (!node->isScalar() || node->style == Node::Style::Folded)
                continue;
            const Result<std::string> after = setValue(before, path, "changed");
            QVERIFY(after.ok());
            const QStringList old = QString::fromStdString(before).split('\n'),
                              now = QString::fromStdString(*after).split('\n');
            QCOMPARE(old.size(), now.size());
            int different = 0;
            for (int i = 0; i < old.size(); ++i)
                different += old[i] != now[i];
            QCOMPARE(different, 1);
            QCOMPARE(commentsOf(*after), commentsOf(before));
        }
    }

    void setting_what_is_there_already_changes_nothing()
    {
        QCOMPARE(*setValue(sample, {"services", "users", "timeouts", "connect"}, "1s"), std::string(sample));
        QCOMPARE(*setValue(sample, {"routes", 0, "methods"}, Value::list({"GET", "POST"})), std::string(sample));
        RouteEdit same;
        same.path = "/api/orders/**";
        same.headers = {{"X-A", "1"}, {"X-B", "*"}};
        QCOMPARE(*setRoute(sample, 1, same), std::string(sample));
        QCOMPARE(*moveRoute(sample, 1, 1), std::string(sample));
    }

    void everything_can_be_removed_one_after_another()
    {
        std::mt19937 random(7);
        for (int round = 0; round < 50; ++round) {
            std::string text = sample;
            for (int i = 0; i < 60; ++i) {
                std::vector<Path> paths;
                collect(parseDocument(text, "f").root, {}, paths);
                if (paths.empty())
                    break;
                const Result<std::string> next = removeKey(text, paths[random() % paths.size()]);
                QVERIFY2(next.ok(), (next.ok() ? "" : next.error().what + "\n" + text).c_str());
                text = *next;
            }
        }
    }

    void routes_moved_there_and_back_are_where_they_were()
    {
        for (size_t from = 0; from < 3; ++from) {
            for (size_t to = 0; to < 3; ++to) {
                const Result<std::string> there = moveRoute(sample, from, to);
                QVERIFY(there.ok());
                QCOMPARE(commentsOf(*there), commentsOf(sample));
                QCOMPARE(*moveRoute(*there, to, from), std::string(sample));
            }
        }
    }

    void line_ends_stay_as_they_are()
    {
        const std::string crlf = QString(sample).replace("\n", "\r\n").toStdString();
        RouteEdit edit;
        edit.path = "/new";
        edit.service = "users";
        const Result<std::string> added = addRoute(crlf, edit, 1);
        QVERIFY(added.ok());
        QCOMPARE(QString::fromStdString(*added).count("\r\n"), QString::fromStdString(*added).count('\n'));
    }

    void what_cannot_be_done_is_refused()
    {
        QVERIFY(!setValue("a: [", {"a"}, "x").ok());
        QVERIFY(!setValue(sample, {}, "x").ok());
        QVERIFY(!setValue(sample, {"services", "orders", "balance"}, "ip_hash").ok());
        QVERIFY(!setValue(sample, {"routes", 7, "path"}, "x").ok());
        QVERIFY(!setValue(sample, {"sluice"}, "\xff").ok());
        QVERIFY(!removeKey(sample, {"nothing"}).ok());
        QVERIFY(!removeKey(sample, {}).ok());
        QVERIFY(!removeRoute(sample, 3).ok());
        QVERIFY(!moveRoute(sample, 0, 3).ok());
        QVERIFY(!addRoute(sample, {}).ok());
        QVERIFY(!addService(sample, "users", {"http://127.0.0.1:1"}).ok());
        QVERIFY(!removeService(sample, "nobody").ok());
    }
};

QTEST_APPLESS_MAIN(EditTest)
#include "edit_test.moc"
