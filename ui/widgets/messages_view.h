// SPDX-License-Identifier: GPL-3.0-or-later
// MessagesView: the messages of an exchange, a row each, live while it goes on, and below them all of the one that is chosen.
#pragma once

#include "ui/models/message_model.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QSplitter;

namespace sluice::ui {

class BodyView;
class LongTable;

class MessagesView : public QWidget {
    Q_OBJECT
public:
    // `revealer`: as BodyView has it.
    MessagesView(RecordingAccess &recording, const Theme &theme, Revealer *revealer = nullptr,
                 QWidget *parent = nullptr);

    void show(const journey::Exchange &);
    using QWidget::show;
    void clear();
    MessageModel *model() const { return model_; }
    LongTable *table() const { return table_; }
    BodyView *body() const { return body_; }

Q_SIGNALS:
    // What was open is not any more: its exchange has been recorded.
    void ended();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void choose();
    void tell();
    RecordingAccess &recording_;
    const Theme &theme_;
    MessageModel *model_;
    LongTable *table_;
    QLabel *count_, *remarks_;
    BodyView *body_;
    QSplitter *splitter_;
    QWidget *below_;
    QString outcome_;
    QTimer timer_;
    uint64_t chosen_ = 0;
};

}  // namespace sluice::ui
