// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for text as it goes over the wire: field lines, JSON, XML; and for secrets, or what stands for
// them.
#pragma once

#include "ui/text/secrets.h"
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
    // Where secrets stand in the text, before it is set; must live as long. Null: where placeholders do, as in a text that is edited.
    void setSecrets(const std::vector<SecretSpan> *spans) { spans_ = spans; }

protected:
    void highlightBlock(const QString &text) override;

private:
    void json(const QString &text);
    void xml(const QString &text);
    void headers(const QString &text);
    void secrets(const QString &text);
    void mark(qsizetype begin, qsizetype size, bool open);
    const Theme &theme_;
    Language language_ = Language::None;
    const std::vector<SecretSpan> *spans_ = nullptr;
};

}  // namespace sluice::ui
