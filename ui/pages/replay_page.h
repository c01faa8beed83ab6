// SPDX-License-Identifier: GPL-3.0-or-later
// ReplayPage: a recorded request to be edited and sent again, its answer beside the original, and what differs. Also
// any two exchanges compared, and requests made from nothing.
#pragma once

#include "engine/replay/compare.h"
#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <memory>

class QLabel;
class QTreeWidget;

namespace sluice::ui {

class MessageView;
class RequestEditor;
class RevealButton;
class Revealer;

class ReplayPage : public QWidget {
    Q_OBJECT
public:
    ReplayPage(Session &session, const Theme &theme, QWidget *parent = nullptr);

    // Takes a recorded exchange; `sendNow`: sends it again as it was.
    void load(int64_t id, bool sendNow);
    // Two recorded exchanges beside each other.
    void compare(int64_t before, int64_t after);
    void send();
    void reset();   // the request as it was recorded
    void reveal();  // the secrets of original and answer, or hides them again

    RequestEditor *editor() const { return editor_; }
    QTreeWidget *differences() const { return differences_; }
    QString verdictText() const;
    MessageView *answer() const { return after_; }

Q_SIGNALS:
    void answered();
    void compared();
    void said(const QString &sentence);

protected:
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *result();
    QWidget *verdictRow();
    void fill();
    void takeAnswer(std::shared_ptr<const journey::Exchange> answer);  // it has just come, with its secrets
    void showAnswer(std::shared_ptr<const journey::Exchange> answer);  // as it is recorded
    void showComparison(const replay::Comparison &comparison);
    void restyle();
    void dispatch(replay::Request request);  // with its secrets
    void say(std::optional<replay::Verdict> verdict, const QString &words);

    Session &session_;
    const Theme &theme_;
    Revealer *revealer_;
    RequestEditor *editor_;
    QLabel *verdictGlyph_, *verdict_;
    RevealButton *reveal_;
    MessageView *before_, *after_;
    QTreeWidget *differences_;
    std::shared_ptr<const journey::Exchange> original_, answer_;
    std::optional<replay::Verdict> shown_;
    bool sending_ = false, sendWhenReady_ = false;
    uint64_t generation_ = 0;
};

}  // namespace sluice::ui
