// SPDX-License-Identifier: GPL-3.0-or-later
// Labels that give way: where the room is short an ellipsis stands for what does not fit, and the tooltip has the whole.
#pragma once

#include "ui/text/secrets.h"
#include "ui/theme/theme.h"
#include "ui/widgets/wire.h"

class QPainter;

namespace sluice::ui {

class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideRight, QWidget *parent = nullptr);
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Qt::TextElideMode mode_;
};

// The same in the font of the wire, elided in the middle: a URL tells most at its ends. Secrets that are seen are marked.
class ElidedWireLabel : public WireLabel {
    Q_OBJECT
public:
    // `theme` must outlive it.
    explicit ElidedWireLabel(const Theme &theme, QWidget *parent = nullptr);
    void show(const ShownText &text);
    using WireLabel::show;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    const Theme &theme_;
    std::vector<SecretSpan> spans_;
};

// Paints the ground of secrets that are seen, before the text is. `whole`: the text that the spans are of; `drawn`: what of it is drawn
// from `room`'s left on, with one ellipsis where it was too long.
void paintSecrets(QPainter *painter, const Theme &theme, const QRect &room, const QString &whole, const QString &drawn,
                  const std::vector<SecretSpan> &spans);

}  // namespace sluice::ui
