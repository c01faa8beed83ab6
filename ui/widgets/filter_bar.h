// SPDX-License-Identifier: GPL-3.0-or-later
// FilterBar: the line with the filter language. Says beneath the line, at once and over what stands there, what is wrong and where; completes
// fields and the names of routes and services; keeps the last 50 filters. A filter takes effect as soon as it can be
// read and the typing rests for a moment, or with Enter.
#pragma once

#include "engine/recording/filter.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QAction;
class QCompleter;
class QLabel;
class QLineEdit;
class QStringListModel;
class QToolButton;

namespace sluice::ui {

class FilterBar : public QWidget {
    Q_OBJECT
public:
    explicit FilterBar(const Theme &theme, QWidget *parent = nullptr);

    QString text() const;
    // Takes effect at once.
    void setText(const QString &text);
    const recording::Filter &filter() const { return filter_; }
    void setNames(const QStringList &routes, const QStringList &services);
    void focusLine();
    QLineEdit *line() const { return line_; }
    QString errorText() const;

Q_SIGNALS:
    void filterChanged(const sluice::recording::Filter &filter);
    void left();  // Escape, or Down: back to the list

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void edited();
    void apply();
    bool read();
    void placeError();
    void complete();
    void put(const QString &completion);
    void remember();
    void openHistory();
    void openHelp();
    void restyle();

    const Theme &theme_;
    QLineEdit *line_;
    QAction *search_ = nullptr;
    QLabel *error_;
    QToolButton *history_, *help_;
    QCompleter *completer_;
    QStringListModel *words_;
    QStringList routes_, services_, past_;
    recording::Filter filter_, parsed_;
    QTimer rest_;
};

// The word that is being typed at the cursor: where it begins and what it may become. Pure; for the completer.
struct Completion {
    int begin = 0;
    QStringList words;
};
Completion completionsAt(const QString &text, int cursor, const QStringList &routes, const QStringList &services);

}  // namespace sluice::ui
