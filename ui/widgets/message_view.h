// SPDX-License-Identifier: GPL-3.0-or-later
// MessageView: one message, its fields above its body.
#pragma once

#include "storage/reader.h"
#include "ui/theme/theme.h"

#include <QList>
#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QSplitter;

namespace sluice::ui {

class BodyView;
class ElidedWireLabel;
class Revealer;
class SecretEdit;

class MessageView : public QWidget {
    Q_OBJECT
public:
    // `revealer`: as BodyView has it.
    MessageView(const Theme &theme, const QString &name, Revealer *revealer = nullptr, QWidget *parent = nullptr);

    void showRequest(const journey::Exchange &);
    void showResponse(const journey::Exchange &);
    void clear();
    // Another heading than the name it was made with ("Original", "Answer").
    void setTitle(const QString &title);
    // What stands there while there is no message.
    void setPlaceholder(const QString &sentence);
    // Two that stand beside each other keep their bodies at one height.
    static void pair(MessageView *one, MessageView *other);
    BodyView *body() const { return body_; }
    SecretEdit *fields() const { return fields_; }

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void setFields(const http::HeaderList &fields, const http::HeaderList &trailers);
    void showSecrets();
    void showTexts(bool again);
    void share();
    void place();
    int fieldsHeight() const;
    void restyle();
    const Theme &theme_;
    Revealer *revealer_;
    QLabel *title_, *pill_, *count_;
    ElidedWireLabel *start_;
    SecretEdit *fields_;
    BodyView *body_;
    QSplitter *splitter_;
    QList<int> sizes_;               // of fields and body, as the reader wants them; empty: as the fields need
    QString startText_, fieldText_;  // as they were recorded
    QString placeholder_;
    MessageView *partner_ = nullptr;
    int status_ = -1;
    bool broken_ = false;
};

}  // namespace sluice::ui
