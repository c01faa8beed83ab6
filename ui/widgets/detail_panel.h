// SPDX-License-Identifier: GPL-3.0-or-later
// DetailPanel: one exchange, whole: request and response side by side, decisions, timing, raw heads. Asks the
// recording for it. Its secrets are dots until they are asked for, and again when it is left or hidden.
#pragma once

#include "ui/recording_access.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <memory>

class QLabel;
class QTabWidget;
class QToolButton;

namespace sluice::ui {

class DecisionsView;
class ElidedWireLabel;
class MessageView;
class MessagesView;
class RevealButton;
class RevealNotice;
class Revealer;
class SecretEdit;
class TimingView;

class DetailPanel : public QWidget {
    Q_OBJECT
public:
    DetailPanel(RecordingAccess &recording, const Theme &theme, QWidget *parent = nullptr);

    void show(int64_t id);
    using QWidget::show;
    // Of another recording, where the same id is another exchange.
    void forget();
    // Turns to the messages, where the exchange has some.
    void showMessages();
    int64_t id() const { return id_; }
    // Nothing until it is there; never the one before it.
    const journey::Exchange *exchange() const { return exchange_ && exchange_->id == id_ ? exchange_.get() : nullptr; }
    MessageView *request() const { return request_; }
    MessageView *response() const { return response_; }
    QTabWidget *tabs() const { return tabs_; }
    MessagesView *messages() const { return messages_; }
    Revealer *revealer() const { return revealer_; }
    RevealButton *revealButton() const { return reveal_; }
    RevealNotice *notice() const { return notice_; }

Q_SIGNALS:
    void shown(qint64 id);
    void closed();
    void replayAsked();
    void editAsked();
    void compareAsked();
    void curlAsked();

protected:
    void hideEvent(QHideEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    QWidget *bar();
    void fillTabs();
    void showSecrets();
    void take(Result<journey::Exchange> exchange);
    void ask();
    void readAgain();
    void fillTitle();
    void restyle();
    QToolButton *tool(const QString &icon, const QString &name, void (DetailPanel::*signal)());

    RecordingAccess &recording_;
    const Theme &theme_;
    Revealer *revealer_;
    int64_t id_ = 0;
    bool failed_ = false;  // it could not be read: asked for once more, it is read once more
    std::unique_ptr<journey::Exchange> exchange_;
    QLabel *pill_, *facts_;
    ElidedWireLabel *title_;
    RevealButton *reveal_;
    RevealNotice *notice_;
    QTabWidget *tabs_;
    MessageView *request_, *response_;
    DecisionsView *decisions_;
    TimingView *timing_;
    MessagesView *messages_;
    int messagesTab_ = 0;
    bool wantMessages_ = false;  // of the exchange that is on its way
    SecretEdit *raw_;
    std::vector<std::pair<QToolButton *, QString>> tools_;
};

// The four heads of an exchange as they went over the wire, secrets as placeholders.
QString rawText(const journey::Exchange &);

}  // namespace sluice::ui
