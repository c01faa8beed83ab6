// SPDX-License-Identifier: GPL-3.0-or-later
// RequestEditor: a request to be edited and sent: one that was recorded, or a new one.
#pragma once

#include "engine/replay/sender.h"
#include "storage/reader.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace sluice::ui {

class RequestEditor : public QWidget {
    Q_OBJECT
public:
    explicit RequestEditor(const Theme &theme, QWidget *parent = nullptr);

    // `address`: of the gateway, where it is sent to. Null: a new request.
    void fill(std::shared_ptr<const journey::Exchange> original, const QString &address);
    // The body is read on another thread; until then nothing can be sent.
    bool ready() const { return ready_; }
    // As it stands; of a recorded one also with what stands for its secrets (RecordingAccess::putSecrets). Error: what cannot be sent,
    // and why.
    Result<replay::Request> request() const;
    bool recorded() const;
    void setSending(bool on);
    void setTrouble(const QString &why);  // empty: none

    QComboBox *method() const { return method_; }
    QLineEdit *target() const { return target_; }
    QPlainTextEdit *headers() const { return headers_; }
    QPlainTextEdit *body() const { return body_; }
    QString troubleText() const;

Q_SIGNALS:
    void sendAsked();
    void filled();      // the body is there
    void resetAsked();  // the request as it was recorded

private:
    struct Body;
    static Body readBody(const std::string &bytes, const std::string &coding);
    void askBody();
    void takeBody(Body body);
    void tellSecrets();
    void restyle();
    const Theme &theme_;
    QLabel *what_, *secretNote_, *bodyNote_, *trouble_;
    QComboBox *method_;
    QLineEdit *target_;
    QPlainTextEdit *headers_, *body_;
    QPushButton *send_, *reset_;
    QString address_;  // of the gateway
    std::shared_ptr<const journey::Exchange> original_;
    std::string bodyBytes_;  // what is sent where the body was not edited
    QString filledBody_;
    bool ready_ = true, sending_ = false;
    uint64_t generation_ = 0;
};

}  // namespace sluice::ui
