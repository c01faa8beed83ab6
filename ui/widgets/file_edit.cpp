// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/file_edit.h"

#include "ui/text/format.h"

#include <QGuiApplication>
#include <QScreen>
#include <QVBoxLayout>

#ifdef SLUICE_QSCINTILLA
#define signals Q_SIGNALS  // its headers need the keywords that ours do without
#define slots Q_SLOTS
#include <Qsci/qscicommandset.h>
#include <Qsci/qscilexeryaml.h>
#include <Qsci/qsciscintilla.h>
#undef signals
#undef slots
#else
#include <QPlainTextEdit>
#include <QTextBlock>
#endif

namespace sluice::ui {

namespace {

// The part of two texts that differs: what is before and behind it is the same in both.
struct Middle {
    qsizetype begin = 0, oldEnd = 0, newEnd = 0;
};

template<class Text>
Middle middleOf(const Text &before, const Text &after)
{
    Middle m;
    const qsizetype most = std::min(before.size(), after.size());
    while (m.begin < most && before[m.begin] == after[m.begin])
        ++m.begin;
    m.oldEnd = before.size();
    m.newEnd = after.size();
    while (m.oldEnd > m.begin && m.newEnd > m.begin && before[m.oldEnd - 1] == after[m.newEnd - 1])
        --m.oldEnd, --m.newEnd;
    return m;
}

}  // namespace

#ifdef SLUICE_QSCINTILLA

namespace {

// The editor knows only sizes in points.
QFont inPoints(QFont font)
{
    font.setPointSizeF(font.pixelSize() * 72.0 / QGuiApplication::primaryScreen()->logicalDotsPerInch());
    return font;
}

constexpr int errorMarker = 8, warningMarker = 9, markerMargin = 1;

}  // namespace

struct FileEdit::Impl {
    QsciScintilla *edit;
    QsciLexerYAML *lexer;
    const Theme &theme;

    void restyle()
    {
        const Palette &c = theme.colors();
        const QFont font = inPoints(theme.mono(13));
        lexer->setDefaultFont(font);
        lexer->setFont(font);
        lexer->setDefaultColor(c.text);
        lexer->setDefaultPaper(c.sunken);
        lexer->setColor(c.text);
        lexer->setPaper(c.sunken);
        lexer->setColor(c.comment, QsciLexerYAML::Comment);
        lexer->setColor(c.key, QsciLexerYAML::Identifier);
        lexer->setColor(c.number, QsciLexerYAML::Keyword);
        lexer->setColor(c.number, QsciLexerYAML::Number);
        lexer->setColor(c.string, QsciLexerYAML::TextBlockMarker);
        lexer->setColor(c.muted, QsciLexerYAML::Operator);
        lexer->setColor(c.number, QsciLexerYAML::Reference);
        lexer->setColor(c.bad, QsciLexerYAML::SyntaxErrorMarker);
        lexer->setPaper(c.badGround, QsciLexerYAML::SyntaxErrorMarker);
        edit->setLexer(lexer);
        edit->setPaper(c.sunken);
        edit->setColor(c.text);
        edit->setCaretForegroundColor(c.text);
        edit->setCaretLineBackgroundColor(c.hover);
        edit->setSelectionBackgroundColor(c.selection);
        edit->setSelectionForegroundColor(c.text);
        edit->setMarginsBackgroundColor(c.surface);
        edit->setMarginsForegroundColor(c.muted);
        edit->setMarginsFont(inPoints(theme.mono(12)));
        edit->setMarginWidth(0, u"00000"_qs);
        edit->setFoldMarginColors(c.surface, c.surface);
        edit->markerDefine(theme.pixmap(u"error"_qs, 16, c.bad, 1), errorMarker);
        edit->markerDefine(theme.pixmap(u"warning"_qs, 16, c.warn, 1), warningMarker);
        constexpr ulong firstFold = QsciScintilla::SC_MARKNUM_FOLDEREND,
                        lastFold = QsciScintilla::SC_MARKNUM_FOLDEROPEN;
        for (ulong marker = firstFold; marker <= lastFold; ++marker) {
            edit->SendScintilla(QsciScintilla::SCI_MARKERSETFORE, marker, c.surface);
            edit->SendScintilla(QsciScintilla::SCI_MARKERSETBACK, marker, c.muted);
        }
        edit->setAnnotationDisplay(QsciScintilla::AnnotationHidden);
    }
};

FileEdit::FileEdit(const Theme &theme, QWidget *parent)
    : QWidget(parent), impl_(new Impl{new QsciScintilla(this), nullptr, theme})
{
    QsciScintilla *edit = impl_->edit;
    impl_->lexer = new QsciLexerYAML(edit);
    edit->setUtf8(true);
    edit->setAccessibleName(tr("Gateway file"));
    edit->setFrameShape(QFrame::NoFrame);
    edit->setIndentationsUseTabs(false);
    edit->setIndentationWidth(2);
    edit->setTabWidth(2);
    edit->setAutoIndent(true);
    edit->setCaretLineVisible(true);
    edit->setFolding(QsciScintilla::CircledFoldStyle, 2);
    edit->setMarginType(0, QsciScintilla::NumberMargin);
    edit->setMarginType(markerMargin, QsciScintilla::SymbolMargin);
    edit->setMarginWidth(markerMargin, 20);
    edit->setMarginMarkerMask(markerMargin, (1 << errorMarker) | (1 << warningMarker));
    edit->setMarginSensitivity(markerMargin, false);
    edit->setScrollWidthTracking(true);
    edit->setScrollWidth(1);
    edit->SendScintilla(QsciScintilla::SCI_SETMARGINLEFT, 0UL, 6L);  // between the fold marks and the text
    // The window's own keys: the editor has commands on them that nobody misses.
    for (const int key : {int(Qt::CTRL) | Qt::Key_Slash, int(Qt::CTRL) | Qt::Key_K}) {
        if (QsciCommand *command = edit->standardCommands()->boundTo(key))
            command->setKey(0);
    }
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(edit);
    setFocusProxy(edit);
    impl_->restyle();
    connect(edit, &QsciScintilla::textChanged, this, &FileEdit::textChanged);
    connect(edit, &QsciScintilla::cursorPositionChanged, this, [this](int line) { Q_EMIT lineChanged(line + 1); });
    connect(&theme, &Theme::changed, this, [this] { impl_->restyle(); });
}

QString FileEdit::text() const
{
    return impl_->edit->text();
}

void FileEdit::setText(const QString &text)
{
    impl_->edit->setText(text);
    impl_->edit->setModified(false);
    impl_->edit->SendScintilla(QsciScintilla::SCI_EMPTYUNDOBUFFER);
}

void FileEdit::changeTo(const QString &text)
{
    const QByteArray before = impl_->edit->text().toUtf8(), after = text.toUtf8();
    if (before == after)
        return;
    const Middle m = middleOf(before, after);
    QsciScintilla *edit = impl_->edit;
    edit->beginUndoAction();
    edit->SendScintilla(QsciScintilla::SCI_SETTARGETRANGE, ulong(m.begin), long(m.oldEnd));
    edit->SendScintilla(QsciScintilla::SCI_REPLACETARGET, ulong(m.newEnd - m.begin), after.constData() + m.begin);
    edit->endUndoAction();
}

void FileEdit::setProblems(const Problems &problems)
{
    QsciScintilla *edit = impl_->edit;
    edit->markerDeleteAll(errorMarker);
    edit->markerDeleteAll(warningMarker);
    for (const Problem &problem : problems) {
        if (problem.line > 0)
            edit->markerAdd(problem.line - 1,
                            problem.severity == Problem::Severity::Error ? errorMarker : warningMarker);
    }
}

void FileEdit::goTo(int line, int column)
{
    impl_->edit->setCursorPosition(std::max(0, line - 1), std::max(0, column - 1));
    impl_->edit->ensureLineVisible(std::max(0, line - 1));
}

int FileEdit::currentLine() const
{
    int line = 0, column = 0;
    impl_->edit->getCursorPosition(&line, &column);
    return line + 1;
}

void FileEdit::setReadOnly(bool on)
{
    impl_->edit->setReadOnly(on);
}

#else

namespace {

QString told(const Problem &problem)
{
    return qs(problem.what) + (problem.hint.empty() ? QString() : u". "_qs + qs(problem.hint));
}

}  // namespace

struct FileEdit::Impl {
    QPlainTextEdit *edit;
    const Theme &theme;
};

FileEdit::FileEdit(const Theme &theme, QWidget *parent) : QWidget(parent), impl_(new Impl{new QPlainTextEdit, theme})
{
    QPlainTextEdit *edit = impl_->edit;
    edit->setAccessibleName(tr("Gateway file"));
    edit->setLineWrapMode(QPlainTextEdit::NoWrap);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(edit);
    setFocusProxy(edit);
    connect(edit, &QPlainTextEdit::textChanged, this, &FileEdit::textChanged);
    connect(edit, &QPlainTextEdit::cursorPositionChanged, this, [this] { Q_EMIT lineChanged(currentLine()); });
}

QString FileEdit::text() const
{
    return impl_->edit->toPlainText();
}

void FileEdit::setText(const QString &text)
{
    impl_->edit->setPlainText(text);
}

void FileEdit::changeTo(const QString &text)
{
    const QString before = impl_->edit->toPlainText();
    const Middle m = middleOf(before, text);
    QTextCursor cursor(impl_->edit->document());
    cursor.setPosition(int(m.begin));
    cursor.setPosition(int(m.oldEnd), QTextCursor::KeepAnchor);
    cursor.insertText(text.mid(m.begin, m.newEnd - m.begin));
}

void FileEdit::setProblems(const Problems &problems)
{
    QList<QTextEdit::ExtraSelection> marks;
    for (const Problem &problem : problems) {
        const QTextBlock block = impl_->edit->document()->findBlockByNumber(problem.line - 1);
        if (!block.isValid())
            continue;
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.format.setBackground(problem.severity == Problem::Severity::Error ? impl_->theme.colors().badGround
                                                                               : impl_->theme.colors().warnGround);
        mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        mark.format.setToolTip(told(problem));
        marks << mark;
    }
    impl_->edit->setExtraSelections(marks);
}

void FileEdit::goTo(int line, int column)
{
    QTextCursor cursor(impl_->edit->document()->findBlockByNumber(std::max(0, line - 1)));
    cursor.movePosition(QTextCursor::Right, QTextCursor::MoveAnchor, std::max(0, column - 1));
    impl_->edit->setTextCursor(cursor);
    impl_->edit->centerCursor();
}

int FileEdit::currentLine() const
{
    return impl_->edit->textCursor().blockNumber() + 1;
}

void FileEdit::setReadOnly(bool on)
{
    impl_->edit->setReadOnly(on);
}

#endif

FileEdit::~FileEdit() = default;

}  // namespace sluice::ui
