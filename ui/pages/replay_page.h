// SPDX-License-Identifier: GPL-3.0-or-later
// ReplayPage: a recorded request to be edited and sent again, its answer beside the original, and what differs. Also any two
// exchanges compared, and requests made from nothing.
#pragma once

#include "engine/replay/compare.h"
#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTreeWidget;

namespace sluice::ui {

class Highlighter;
class MessageView;

class ReplayPage : public QWidget {
    Q_OBJECT
public:
    ReplayPage(Session &session, const Theme &theme, QWidget *parent = nullptr);

    // Takes a recorded exchange; `sendNow`: sends it again as it was.
    void load(int64_t id, bool sendNow);
    // Two recorded exchanges beside each other.
    void compare(int64_t before, int64_t after);
    void send();
    void reset();                                   // the request as it was recorded

    QComboBox *method() const { return method_; }
    QLineEdit *target() const { return target_; }
    QPlainTextEdit *headers() const { return headers_; }
    QPlainTextEdit *body() const { return body_; }
    QTreeWidget *differences() const { return differences_; }
    QString verdictText() const;

Q_SIGNALS:
    void answered();
    void compared();
    void said(const QString &sentence);

private:
    QWidget *editor();
    QWidget *result();
    void fill();
    void showOriginal();
    void showAnswer(std::shared_ptr<const journey::Exchange> answer);
    void showComparison(const replay::Comparison &comparison);
    void fail(const QString &why);
    Result<replay::Request> request() const;
    void restyle();

    Session &session_;
    const Theme &theme_;
    QLabel *what_, *bodyNote_, *trouble_, *verdictGlyph_, *verdict_;
    QComboBox *method_;
    QLineEdit *target_;
    QPlainTextEdit *headers_, *body_;
    QPushButton *send_, *reset_;
    MessageView *before_, *after_;
    QTreeWidget *differences_;
    std::shared_ptr<const journey::Exchange> original_, answer_;
    std::string bodyBytes_;                         // what is sent where the body was not edited
    QString filledBody_;
    bool decoded_ = false, sending_ = false;
    replay::Verdict shown_ = replay::Verdict::Same;
    bool hasVerdict_ = false;
    uint64_t generation_ = 0;
};

// "Name: value" a line. Error: a line that is no field.
Result<http::HeaderList> fieldsOf(const QString &lines);

}  // namespace sluice::ui
