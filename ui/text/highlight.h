// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for text as it goes over the wire: field lines, JSON, XML, the lines of a difference.
#pragma once

#include "ui/text/body.h"
#include "ui/theme/theme.h"

#include <QSyntaxHighlighter>

namespace sluice::ui {

class Highlighter : public QSyntaxHighlighter {
    Q_OBJECT
public:
    enum class Language { None, Json, Xml, Headers };
    // Both must outlive it.
    Highlighter(const Theme &theme, QTextDocument *document);
    // Before the text is set: it takes effect on the next one.
    void setLanguage(Language language) { language_ = language; }

protected:
    void highlightBlock(const QString &text) override;

private:
    void json(const QString &text);
    void xml(const QString &text);
    void headers(const QString &text);
    const Theme &theme_;
    Language language_ = Language::None;
};

}  // namespace sluice::ui
