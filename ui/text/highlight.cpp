// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/highlight.h"

#include "ui/text/fold.h"
#include "ui/text/format.h"

#include <algorithm>

namespace sluice::ui {

Highlighter::Highlighter(const Theme &theme, QTextDocument *document) : QSyntaxHighlighter(document), theme_(theme)
{
    connect(&theme_, &Theme::changed, this, &QSyntaxHighlighter::rehighlight);
}

void Highlighter::highlightBlock(const QString &text)
{
    switch (language_) {
    case Language::None: break;
    case Language::Json: json(text); break;
    case Language::Xml: xml(text); break;
    case Language::Headers: headers(text); break;
    }
    secrets(text);
}

void Highlighter::mark(qsizetype begin, qsizetype size, bool open)
{
    const Palette &c = theme_.colors();
    QTextCharFormat format;
    format.setForeground(open ? c.warn : c.muted);
    format.setBackground(open ? c.warnGround : c.hover);
    setFormat(int(begin), int(size), format);
}

void Highlighter::secrets(const QString &text)
{
    if (!spans_) {
        qsizetype end = 0;
        for (qsizetype begin = findSecret(text, 0, end); begin >= 0; begin = findSecret(text, end, end))
            mark(begin, end - begin, false);
        return;
    }
    const qsizetype from = currentBlock().position(), to = from + text.size();
    auto span = std::partition_point(spans_->begin(), spans_->end(),
                                     [&](const SecretSpan &each) { return each.begin + each.size <= from; });
    for (; span != spans_->end() && span->begin < to; ++span) {
        const qsizetype begin = std::max(span->begin, from), end = std::min(span->begin + span->size, to);
        mark(begin - from, end - begin, span->open);
    }
}

void Highlighter::json(const QString &text)
{
    const Palette &c = theme_.colors();
    constexpr int inText = 1;  // a long line was folded within a string
    bool goesOn = previousBlockState() == inText;
    setCurrentBlockState(0);
    for (qsizetype i = 0; i < text.size();) {
        const QChar at = text[i];
        const qsizetype begin = i;
        if (at == u'"' || goesOn) {
            for (i += !goesOn; i < text.size() && text[i] != u'"'; ++i)
                i += text[i] == u'\\';
            goesOn = false;
            if (i >= text.size() && text.size() + 1 >= longestLine)
                setCurrentBlockState(inText);
            i = std::min(i + 1, text.size());
            qsizetype next = i;
            while (next < text.size() && text[next].isSpace())
                ++next;
            setFormat(int(begin), int(i - begin), next < text.size() && text[next] == u':' ? c.key : c.string);
        } else if (at.isLetterOrNumber() || at == u'-') {
            while (i < text.size() && !text[i].isSpace() && !QStringView(u",:{}[]\"").contains(text[i]))
                ++i;
            setFormat(int(begin), int(i - begin), c.number);
        } else {
            if (!at.isSpace())
                setFormat(int(i), 1, c.muted);
            ++i;
        }
    }
}

void Highlighter::xml(const QString &text)
{
    const Palette &c = theme_.colors();
    for (qsizetype i = 0; i < text.size();) {
        if (text[i] != u'<') {
            ++i;
            continue;
        }
        const qsizetype end = text.indexOf(u'>', i);
        const qsizetype stop = end < 0 ? text.size() : end + 1;
        setFormat(int(i), int(stop - i), text.mid(i, 4) == u"<!--" ? c.comment : c.key);
        for (qsizetype quote = text.indexOf(u'"', i); quote >= 0 && quote < stop;) {
            const qsizetype close = text.indexOf(u'"', quote + 1);
            if (close < 0)
                break;
            setFormat(int(quote), int(close - quote + 1), c.string);
            quote = text.indexOf(u'"', close + 1);
        }
        i = stop;
    }
}

void Highlighter::headers(const QString &text)
{
    const qsizetype colon = text.indexOf(u':');
    if (colon > 0 && !text.left(colon).contains(u' '))
        setFormat(0, int(colon), theme_.colors().key);
    else if (text.startsWith(u"—"))
        setFormat(0, int(text.size()), theme_.colors().comment);
}

}  // namespace sluice::ui
