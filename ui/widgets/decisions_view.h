// SPDX-License-Identifier: GPL-3.0-or-later
// DecisionsView: what the gateway decided about an exchange, stage by stage, and why: a story to be read from top to
// bottom.
#pragma once

#include "storage/reader.h"
#include "ui/theme/theme.h"

#include <QScrollArea>

class QLabel;
class QVBoxLayout;

namespace sluice::ui {

class Revealer;

class DecisionsView : public QScrollArea {
    Q_OBJECT
public:
    // `revealer`: as BodyView has it.
    explicit DecisionsView(const Theme &theme, Revealer *revealer = nullptr, QWidget *parent = nullptr);
    void show(const journey::Exchange &);
    // For a request that was not sent: `summary` is the sentence above the decisions.
    void show(const QString &summary, const journey::DecisionLog &, const QString &failure = {});
    void clear();

protected:
    void showEvent(QShowEvent *event) override;

private:
    void rebuild();  // now, or when it is seen
    QLabel *words(const QString &recorded, const char *role = nullptr) const;
    QWidget *card(const journey::Decision &, bool first, bool last);
    const Theme &theme_;
    Revealer *revealer_;
    QString summary_, failure_;
    std::vector<journey::Decision> decisions_;
    size_t leftOut_ = 0;
    bool stale_ = false;
};

// How well an outcome is for the client: for its glyph.
enum class OutcomeTone { Good, Bad, Warn, Neutral };
OutcomeTone outcomeTone(const std::string &stage, const std::string &outcome);
QString stageTitle(const std::string &stage);     // "route" → "Route"
QString outcomeText(const std::string &outcome);  // "no_route" → "No route"

}  // namespace sluice::ui
