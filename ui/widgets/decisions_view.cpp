// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/decisions_view.h"

#include "ui/models/revealer.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/widgets/controls.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr int gutterWidth = 28;

// The line that joins the decisions, with a glyph at each: a tick, a cross, a bang or a dot.
class Gutter : public QWidget {
public:
    Gutter(const Theme &theme, OutcomeTone tone, bool first, bool last)
        : theme_(theme), tone_(tone), first_(first), last_(last)
    {
        setFixedWidth(gutterWidth);
        setMinimumHeight(24);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Palette &c = theme_.colors();
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        const QPointF at(gutterWidth / 2.0, 12);
        p.setPen(QPen(c.border, 2));
        if (!first_)
            p.drawLine(QPointF(at.x(), 0), at);
        if (!last_)
            p.drawLine(at, QPointF(at.x(), height()));
        const QColor word = tone_ == OutcomeTone::Good ? c.good
            : tone_ == OutcomeTone::Bad                ? c.bad
            : tone_ == OutcomeTone::Warn               ? c.warn
                                                       : c.muted;
        const QColor ground = tone_ == OutcomeTone::Good ? c.goodGround
            : tone_ == OutcomeTone::Bad                  ? c.badGround
            : tone_ == OutcomeTone::Warn                 ? c.warnGround
                                                         : c.hover;
        p.setPen(Qt::NoPen);
        p.setBrush(ground);
        p.drawEllipse(at, 9, 9);
        p.setPen(QPen(word, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        switch (tone_) {
        case OutcomeTone::Good:
            p.drawPolyline(QPolygonF({at + QPointF(-4, 0), at + QPointF(-1, 3), at + QPointF(4, -3)}));
            break;
        case OutcomeTone::Bad:
            p.drawLine(at + QPointF(-3, -3), at + QPointF(3, 3));
            p.drawLine(at + QPointF(3, -3), at + QPointF(-3, 3));
            break;
        case OutcomeTone::Warn:
            p.drawLine(at + QPointF(0, -4), at + QPointF(0, 1));
            p.drawPoint(at + QPointF(0, 4));
            break;
        case OutcomeTone::Neutral:
            p.setPen(Qt::NoPen);
            p.setBrush(word);
            p.drawEllipse(at, 3, 3);
            break;
        }
    }

private:
    const Theme &theme_;
    OutcomeTone tone_;
    bool first_, last_;
};

// A fact's JSON for people: text without quotes, objects and arrays a part a line.
QString factText(const std::string &json)
{
    const QJsonArray wrapped = QJsonDocument::fromJson("[" + QByteArray::fromStdString(json) + "]").array();
    const QJsonValue value = wrapped.isEmpty() ? QJsonValue() : wrapped.first();
    const auto plain = [](const QJsonValue &v) {
        if (v.isString())
            return v.toString();
        const QByteArray text = QJsonDocument(QJsonArray{v}).toJson(QJsonDocument::Compact);
        return QString::fromUtf8(text.mid(1, text.size() - 2));
    };
    if (!value.isArray())
        return value.isDouble() || value.isUndefined() ? qs(json) : plain(value);
    QStringList lines;
    for (const QJsonValue &each : value.toArray()) {
        QStringList parts;
        const QJsonObject object = each.toObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            parts << it.key() + u' ' + plain(it.value());
        lines << (each.isObject() ? parts.join(u" · "_qs) : plain(each));
    }
    return lines.isEmpty() ? QObject::tr("none") : lines.join(u'\n');
}

// What tells nothing: empty texts and lists; and noughts, but where what is left or counted is the point.
bool saysNothing(const std::string &stage, const std::string &json)
{
    const bool counts = stage == "limit" || stage == "breaker" || stage == "bulkhead";
    return json.empty() || json == "\"\"" || json == "[]" || json == "{}" || json == "null" || (json == "0" && !counts);
}

QString factTitle(const std::string &name)
{
    return qs(name).replace(u'_', u' ');
}

}  // namespace

OutcomeTone outcomeTone(const std::string &stage, const std::string &outcome)
{
    static const std::pair<const char *, OutcomeTone> tones[] = {{"matched", OutcomeTone::Good},
                                                                 {"picked", OutcomeTone::Good},
                                                                 {"would_pick", OutcomeTone::Good},
                                                                 {"answered", OutcomeTone::Good},
                                                                 {"allowed", OutcomeTone::Good},
                                                                 {"hit", OutcomeTone::Good},
                                                                 {"closed", OutcomeTone::Good},
                                                                 {"connected", OutcomeTone::Good},
                                                                 {"no_route", OutcomeTone::Bad},
                                                                 {"bad_path", OutcomeTone::Bad},
                                                                 {"method_not_allowed", OutcomeTone::Bad},
                                                                 {"refused", OutcomeTone::Bad},
                                                                 {"none", OutcomeTone::Bad},
                                                                 {"failed", OutcomeTone::Bad},
                                                                 {"open", OutcomeTone::Bad},
                                                                 {"timeout", OutcomeTone::Bad},
                                                                 {"timed_out", OutcomeTone::Bad},
                                                                 {"limited", OutcomeTone::Bad},
                                                                 {"broken", OutcomeTone::Bad},
                                                                 {"stale", OutcomeTone::Warn},
                                                                 {"retry", OutcomeTone::Warn},
                                                                 {"retried", OutcomeTone::Warn},
                                                                 {"half_open", OutcomeTone::Warn},
                                                                 {"cut", OutcomeTone::Warn},
                                                                 {"client_left", OutcomeTone::Warn}};
    for (const auto &[name, tone] : tones) {
        if (outcome == name)
            return tone;
    }
    if (stage == "attempt" && !outcome.empty() && outcome[0] == '5')
        return OutcomeTone::Bad;
    return OutcomeTone::Neutral;
}

QString stageTitle(const std::string &stage)
{
    QString out = qs(stage);
    if (!out.isEmpty())
        out[0] = out[0].toUpper();
    return out;
}

QString outcomeText(const std::string &outcome)
{
    QString out = qs(outcome).replace(u'_', u' ');
    if (!out.isEmpty())
        out[0] = out[0].toUpper();
    return out;
}

DecisionsView::DecisionsView(const Theme &theme, Revealer *revealer, QWidget *parent)
    : QScrollArea(parent), theme_(theme), revealer_(revealer)
{
    setWidgetResizable(true);
    setFrameShape(NoFrame);
    setAccessibleName(tr("Decisions"));
    connect(&theme_, &Theme::changed, this, &DecisionsView::rebuild);
    if (revealer_)
        connect(revealer_, &Revealer::changed, this, &DecisionsView::rebuild);
    rebuild();
}

void DecisionsView::clear()
{
    summary_.clear();
    failure_.clear();
    decisions_.clear();
    leftOut_ = 0;
    rebuild();
}

void DecisionsView::show(const journey::Exchange &x)
{
    const bool asked = !x.received.method.empty();
    QString summary = !asked
        ? tr("No request could be read")
        : qs(x.received.method) + u' ' + shortened(qs(x.path.empty() ? x.received.target : x.path));
    if (!x.route.empty())
        summary += tr(" took route %1").arg(qs(x.route));
    if (!x.service.empty())
        summary += tr(" to %1").arg(qs(x.service));
    if (!x.endpoint.empty())
        summary += tr(" at %1").arg(qs(x.endpoint));
    if (x.unanswered() && !asked)
        summary += tr(", and nothing was answered.");
    else
        summary += tr(" and got %1 after %2.").arg(statusText(x.returned.status), durationText(x.times.ended));
    QString failure = qs(x.failure);
    if (!failure.isEmpty())
        failure[0] = failure[0].toUpper();
    if (x.failedBy)
        failure += (failure.isEmpty() ? u"Failed, "_qs : u", "_qs) + faultText(x.failedBy) + u'.';
    show(summary, x.decisions, failure);
}

void DecisionsView::show(const QString &summary, const journey::DecisionLog &log, const QString &failure)
{
    summary_ = summary;
    failure_ = failure;
    decisions_ = journey::DecisionLog::parse(log.json()).value_or(std::vector<journey::Decision>{});
    leftOut_ = log.leftOut();
    if (revealer_) {
        revealer_->meet(summary_);
        revealer_->meet(failure_);
        revealer_->meet(qs(log.json()));
    }
    rebuild();
}

void DecisionsView::showEvent(QShowEvent *event)
{
    QScrollArea::showEvent(event);
    if (stale_)
        rebuild();
}

void DecisionsView::rebuild()
{
    stale_ = !isVisible();
    if (stale_) {
        delete takeWidget();  // what is not seen keeps no secrets either
        return;
    }
    auto *content = new QWidget;
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(space::l, space::m, space::l, space::m);
    column->setSpacing(0);
    if (!summary_.isEmpty()) {
        column->addWidget(words(summary_));
    }
    if (!failure_.isEmpty()) {
        column->addWidget(words(failure_, "bad"));
    }
    column->addSpacing(space::m);
    for (size_t i = 0; i < decisions_.size(); ++i)
        column->addWidget(card(decisions_[i], i == 0, i + 1 == decisions_.size()));
    if (decisions_.empty() && !summary_.isEmpty())
        column->addWidget(label(tr("No decisions were kept for this exchange."), "muted"));
    if (leftOut_)
        column->addWidget(label(tr("%1 more decisions did not fit the record.").arg(leftOut_), "muted"));
    column->addStretch(1);
    setWidget(content);
}

// A label copies what it shows: while that is a secret, nothing.
QLabel *DecisionsView::words(const QString &recorded, const char *role) const
{
    const ShownText text = shownText(recorded, Place::Text, revealer_ ? revealer_->secrets().get() : nullptr);
    auto *out = label(text.text, role);
    out->setWordWrap(true);
    if (!text.opens())
        out->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return out;
}

QWidget *DecisionsView::card(const journey::Decision &decision, bool first, bool last)
{
    const OutcomeTone tone = outcomeTone(decision.stage, decision.outcome);
    auto *out = new QWidget;
    auto *row = new QHBoxLayout(out);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::s);
    auto *stage = label(stageTitle(decision.stage), "muted");
    stage->setFixedWidth(72);
    stage->setAlignment(Qt::AlignTop | Qt::AlignRight);
    stage->setContentsMargins(0, 4, 0, 0);
    row->addWidget(stage);
    row->addWidget(new Gutter(theme_, tone, first, last));
    auto *column = new QVBoxLayout;
    column->setContentsMargins(0, 4, 0, space::l);
    column->setSpacing(space::xs);
    const char *role = tone == OutcomeTone::Bad ? "bad" : tone == OutcomeTone::Warn ? "warn" : nullptr;
    auto *outcome = label(outcomeText(decision.outcome), role);
    outcome->setProperty("strong", true);
    auto *why = words(qs(decision.why));
    auto *line = new QHBoxLayout;
    line->setSpacing(space::s);
    line->addWidget(outcome, 0, Qt::AlignTop);
    line->addWidget(why, 1);
    column->addLayout(line);
    if (!decision.facts.empty()) {
        auto *facts = new QGridLayout;
        facts->setHorizontalSpacing(space::m);
        facts->setVerticalSpacing(2);
        for (const auto &[name, value] : decision.facts) {
            if (saysNothing(decision.stage, value))
                continue;
            const int at = facts->rowCount();
            auto *key = label(factTitle(name), "small");
            facts->addWidget(key, at, 0, Qt::AlignTop);
            const QString fact = factText(value);
            facts->addWidget(words(fact.isEmpty() ? tr("(empty)") : fact, "mono"), at, 1);
        }
        facts->setColumnStretch(1, 1);
        column->addLayout(facts);
    }
    row->addLayout(column, 1);
    out->setAccessibleName(stageTitle(decision.stage) + u": "_qs + outcomeText(decision.outcome) + u", "_qs
                           + withSecretsHidden(qs(decision.why)));
    return out;
}

}  // namespace sluice::ui
