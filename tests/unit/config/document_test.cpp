// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/document.h"

#include <QTest>

using namespace sluice;
using namespace sluice::config;

namespace {

std::string firstProblem(std::string_view text)
{
    const Document document = parseDocument(text, "f");
    return document.problems.empty() ? std::string() : document.problems.front().text();
}

// Every known extent cuts its own scalar out of the text.
void checkExtents(const Node &node, const std::string &text)
{
    if (node.isScalar() && node.style == Node::Style::Plain && node.extent.known())
        QCOMPARE(text.substr(node.extent.begin, node.extent.end - node.extent.begin), node.text);
    for (const Key &key : node.keys)
        QCOMPARE(text.substr(key.extent.begin, key.extent.end - key.extent.begin), key.text);
    for (const Node &item : node.items)
        checkExtents(item, text);
}

}  // namespace

class DocumentTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void every_value_knows_its_line_column_and_bytes()
    {
        const std::string text = "a: b   # x\r\ncafé: [1, {u: v w, x: 'it''s'}]\r\ns:\r\n- a\r\n- b: \"q\"\r\n";
        const Document document = parseDocument(text, "f");
        QVERIFY(document.problems.empty());
        checkExtents(document.root, text);
        const Node &list = document.root.items[1];
        QCOMPARE(list.place, (Place{2, 7}));  // in characters: é is one
        QCOMPARE(list.items[1].find("x")->place, (Place{2, 23}));
        QCOMPARE(list.items[1].find("x")->text, std::string("it's"));
        const Node &quotes = *document.root.find("s")->items[1].find("b");
        QCOMPARE(quotes.place, (Place{5, 6}));
        QCOMPARE(text.substr(quotes.extent.begin, quotes.extent.end - quotes.extent.begin), std::string("\"q\""));
    }

    void a_block_scalar_extends_from_its_mark_to_its_last_line()
    {
        const std::string text = "a: |\n  one\n  two\n\nb: 1\n";
        const Node a = parseDocument(text, "f").root.items[0];
        QCOMPARE(text.substr(a.extent.begin, a.extent.end - a.extent.begin), std::string("|\n  one\n  two"));
        QCOMPARE(a.text, std::string("one\ntwo\n"));
    }

    void a_byte_order_mark_is_passed_over()
    {
        const Document document = parseDocument("\xef\xbb\xbf"
                                                "a: 1\n",
                                                "f");
        QVERIFY(document.problems.empty());
        QCOMPARE(document.root.keys[0].place, (Place{1, 1}));
    }

    void words_for_nothing_are_null_unless_quoted()
    {
        const Node root = parseDocument("a: ~\nb:\nc: null\nd: 'null'\ne: ''\n", "f").root;
        for (int i : {0, 1, 2})
            QCOMPARE(root.items[size_t(i)].kind, Node::Kind::Null);
        QCOMPARE(root.items[3].kind, Node::Kind::Scalar);
        QCOMPARE(root.items[4].kind, Node::Kind::Scalar);
    }

    void an_alias_is_a_copy_with_the_place_of_the_original()
    {
        const Node root = parseDocument("a: &x {k: v}\nb: *x\n", "f").root;
        QVERIFY(sameMeaning(root.items[0], root.items[1]));
        QVERIFY(root.items[1].aliased);
        QCOMPARE(root.items[1].place.line, 1);
    }

    void the_order_of_keys_has_no_meaning_and_that_of_items_has()
    {
        const auto meaning = [](const char *text) { return parseDocument(text, "f").root; };
        QVERIFY(sameMeaning(meaning("{a: 1, b: [x, y]}"), meaning("b:\n- x\n- y\na: '1'\n")));
        QVERIFY(!sameMeaning(meaning("[x, y]"), meaning("[y, x]")));
        QVERIFY(!sameMeaning(meaning("a: 1"), meaning("a: 2")));
        QVERIFY(!sameMeaning(meaning("a: 1"), meaning("b: 1")));
    }

    void aliases_that_multiply_are_stopped()
    {
        std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 12; ++i) {
            text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
            for (int j = 0; j < 10; ++j)
                text += (j ? ", *a" : "*a") + std::to_string(i - 1);
            text += "]\n";
        }
        QVERIFY(firstProblem(text).find("more than 200000 values") != std::string::npos);
    }

    void an_alias_of_itself_has_no_anchor_before_it()
    {
        QVERIFY(firstProblem("a: &x [*x]\n").find("has no anchor before it") != std::string::npos);
    }

    void depth_is_bounded()
    {
        const auto nested = [](int depth) { return std::string(size_t(depth), '[') + std::string(size_t(depth), ']'); };
        QCOMPARE(firstProblem(nested(60)), std::string());
        QVERIFY(!firstProblem(nested(70)).empty());
        QVERIFY(!firstProblem(nested(100'000)).empty());
        std::string text = "a0: &a0 [x]\n";
        for (int i = 1; i < 70; ++i)
            text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
        QVERIFY(firstProblem(text).find("nested deeper than 64") != std::string::npos);
    }

    void size_is_bounded()
    {
        QVERIFY(firstProblem(std::string(maxFileBytes + 1, '#')).find("larger than 4 MiB") != std::string::npos);
        std::string many;
        for (int i = 0; i < 300'000; ++i)
            many += "- x\n";
        QVERIFY(firstProblem(many).find("more than 200000 values") != std::string::npos);
    }

    void only_utf8_is_text()
    {
        QVERIFY(firstProblem("a: \xff\n").find("f:1:4: error: a byte that is not UTF-8") == 0);
        QVERIFY(firstProblem("a: \xc0\xaf\n").find("not UTF-8") != std::string::npos);
        QVERIFY(firstProblem("a: \xed\xa0\x80\n").find("not UTF-8") != std::string::npos);
        QVERIFY(firstProblem(std::string("a: b\nc\0d", 8)).find("f:2:2: error: a NUL byte") == 0);
        QVERIFY(firstProblem("a: \x1b[31m\n").find("a control character") != std::string::npos);
        QVERIFY(firstProblem(std::string("\xff\xfe"
                                         "a\0",
                                         4))
                    .find("UTF-16")
                != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(DocumentTest)
#include "document_test.moc"
