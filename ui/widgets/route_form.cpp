// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/route_form.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/wire.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace sluice::ui {

namespace {

QString joined(const std::vector<std::string> &texts)
{
    QStringList out;
    for (const std::string &text : texts)
        out << qs(text);
    return out.join(u", "_qs);
}

std::vector<std::string> parts(const QString &text)
{
    std::vector<std::string> out;
    for (const QString &part : text.split(u',', Qt::SkipEmptyParts)) {
        if (!part.trimmed().isEmpty())
            out.push_back(part.trimmed().toStdString());
    }
    return out;
}

QString conditionText(const char *what, const std::vector<routing::FieldMatch> &fields)
{
    QStringList out;
    for (const routing::FieldMatch &field : fields) {
        const QString how = field.kind == routing::FieldMatch::Kind::Present ? QObject::tr("is there")
            : field.kind == routing::FieldMatch::Kind::Exact                 ? u"= "_qs + qs(field.value)
                                                                             : u"~ "_qs + qs(field.value);
        out << QObject::tr(what) + u' ' + qs(field.name) + u' ' + how;
    }
    return out.join(u'\n');
}

}  // namespace

RouteForm::RouteForm(const Theme &theme, QWidget *parent)
    : QWidget(parent),
      theme_(theme),
      routes_(new QComboBox),
      service_(new QComboBox),
      note_(label({}, "warn")),
      conditions_(label({}, "mono")),
      add_(new QToolButton),
      up_(new QToolButton),
      down_(new QToolButton),
      remove_(button(tr("Remove this route"))),
      fields_(new QWidget)
{
    routes_->setAccessibleName(tr("Route"));
    routes_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    service_->setAccessibleName(tr("Service"));
    nameButton(add_, tr("Add a route behind this one"));
    nameButton(up_, tr("Move the route up"));
    nameButton(down_, tr("Move the route down"));
    note_->setWordWrap(true);
    conditions_->setWordWrap(true);
    makeFields();
    auto *top = new QHBoxLayout;
    top->setSpacing(space::xs);
    top->addWidget(routes_, 1);
    for (QToolButton *each : {add_, up_, down_})
        top->addWidget(each);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(space::l, space::m, space::l, space::m);
    column->setSpacing(space::m);
    column->addLayout(top);
    column->addWidget(note_);
    column->addWidget(fields_);
    column->addWidget(conditions_);
    column->addWidget(remove_, 0, Qt::AlignLeft);
    column->addStretch(1);

    connectButtons();
    connect(&theme_, &Theme::changed, this, &RouteForm::restyle);
    restyle();
    setPlan(nullptr, {}, false);
}

void RouteForm::makeFields()
{
    using Edit = config::RouteEdit;
    const auto plain = [this](std::optional<std::string> Edit::*member) {
        return [this, member](const QString &text) {
            Edit edit;
            edit.*member = text.trimmed().toStdString();
            apply(edit);
        };
    };
    const auto list = [this](std::optional<std::vector<std::string>> Edit::*member) {
        return [this, member](const QString &text) {
            Edit edit;
            edit.*member = parts(member == &Edit::methods ? text.toUpper() : text);
            apply(edit);
        };
    };
    name_ = field(tr("Name"), tr("made from methods and path"), plain(&Edit::name));
    path_ = field(tr("Path"), u"/api/users/**"_qs, plain(&Edit::path));
    hosts_ = field(tr("Hosts"), tr("any"), list(&Edit::hosts));
    methods_ = field(tr("Methods"), tr("any"), list(&Edit::methods));
    strip_ = field(tr("Strip prefix"), tr("nothing is taken off the path"), plain(&Edit::stripPrefix));
    rewrite_ = field(tr("Rewrite to"), tr("the path goes on unchanged"), plain(&Edit::rewrite));
    connect(service_, &QComboBox::textActivated, this, plain(&Edit::service));
    auto *form = new QFormLayout(fields_);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(space::l);
    form->setVerticalSpacing(space::s);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    const std::pair<QString, QWidget *> lines[] = {
        {tr("Path"), path_}, {tr("Methods"), methods_},    {tr("Hosts"), hosts_},       {tr("Service"), service_},
        {tr("Name"), name_}, {tr("Strip prefix"), strip_}, {tr("Rewrite to"), rewrite_}};
    for (const auto &[title, widget] : lines)
        form->addRow(label(title, "muted"), widget);
}

void RouteForm::connectButtons()
{
    connect(routes_, &QComboBox::activated, this, [this](int index) {
        fill();
        if (plan_ && index >= 0 && index < int(plan_->routes.size()))
            Q_EMIT routeChosen(plan_->routes[size_t(index)].place.line);
    });
    connect(add_, &QToolButton::clicked, this, [this] {
        if (waiting_)
            return;
        config::RouteEdit edit;
        edit.path = "/new/**";
        edit.service = plan_ && !plan_->services.empty() ? plan_->services.front().name : "";
        const int at = target() + 1;
        takeMove(config::addRoute(text_, edit, at < routes_->count() ? size_t(at) : config::npos), at);
    });
    connect(up_, &QToolButton::clicked, this, [this] {
        if (const int at = target(); !waiting_ && at > 0)
            takeMove(config::moveRoute(text_, size_t(at), size_t(at - 1)), at - 1);
    });
    connect(down_, &QToolButton::clicked, this, [this] {
        if (const int at = target(); !waiting_ && at + 1 < routes_->count())
            takeMove(config::moveRoute(text_, size_t(at), size_t(at + 1)), at + 1);
    });
    connect(remove_, &QPushButton::clicked, this, [this] {
        if (const int at = target(); !waiting_ && at >= 0)
            takeMove(config::removeRoute(text_, size_t(at)), at);
    });
}

QLineEdit *RouteForm::field(const QString &name, const QString &hint,
                            const std::function<void(const QString &)> &changed)
{
    auto *out = new WireLine;
    out->setAccessibleName(name);
    out->setPlaceholderText(hint);
    connect(out, &QLineEdit::editingFinished, this, [this, out, changed] {
        if (!filling_ && out->isModified()) {
            out->setModified(false);
            changed(out->text());
        }
    });
    return out;
}

void RouteForm::restyle()
{
    const QColor muted = theme_.colors().muted;
    add_->setIcon(theme_.icon(u"plus"_qs, muted));
    up_->setIcon(theme_.icon(u"up"_qs, muted));
    down_->setIcon(theme_.icon(u"down"_qs, muted));
}

int RouteForm::route() const
{
    return routes_->currentIndex();
}

int RouteForm::target() const
{
    return wanted_ >= 0 ? wanted_ : route();
}

int RouteForm::line() const
{
    const int index = route();
    return plan_ && index >= 0 && index < int(plan_->routes.size()) ? plan_->routes[size_t(index)].place.line : 0;
}

void RouteForm::commit()
{
    for (QLineEdit *each : {name_, path_, hosts_, methods_, strip_, rewrite_}) {
        if (each->isModified())
            Q_EMIT each->editingFinished();
    }
}

void RouteForm::focusRoutes()
{
    (routes_->isEnabled() ? static_cast<QWidget *>(routes_) : path_)->setFocus();
}

void RouteForm::setEnabledAll(bool on)
{
    fields_->setEnabled(on);
    routes_->setEnabled(!broken_);
    remove_->setEnabled(on && !broken_);
    up_->setEnabled(on && !broken_ && route() > 0);
    down_->setEnabled(on && !broken_ && route() + 1 < routes_->count());
    add_->setEnabled(plan_ != nullptr && !broken_);
}

void RouteForm::setPlan(config::PlanPtr plan, const Problems &problems, bool own)
{
    broken_ = !plan;
    if (!plan) {
        // Not where routes were moved: the fields could be another route's.
        const bool here = own && plan_ && !waiting_;
        waiting_ = false;
        if (!here)
            plan_.reset();
        const auto error = std::find_if(problems.begin(), problems.end(),
                                        [](const Problem &p) { return p.severity == Problem::Severity::Error; });
        note_->setText(here && error != problems.end()
                           ? qs(error->what) + (error->hint.empty() ? QString() : u". "_qs + qs(error->hint))
                           : tr("The text has errors. Mend them and the form comes back."));
        note_->show();
        setEnabledAll(here);
        return;
    }
    waiting_ = false;
    plan_ = std::move(plan);
    const int chosen = wanted_ >= 0 ? wanted_ : std::max(0, route());
    wanted_ = -1;
    routes_->clear();
    for (const config::RouteSettings &each : plan_->routes)
        routes_->addItem(qs(each.name));
    routes_->setCurrentIndex(std::min(chosen, routes_->count() - 1));
    service_->clear();
    for (const config::ServiceSettings &each : plan_->services)
        service_->addItem(qs(each.name));
    fill();
}

void RouteForm::chooseLine(int line)
{
    // A route that was just acted upon stays chosen until the plan has it.
    if (!plan_ || broken_ || wanted_ >= 0)
        return;
    int best = -1;
    for (size_t i = 0; i < plan_->routes.size(); ++i) {
        if (plan_->routes[i].place.line <= line)
            best = int(i);
    }
    if (best >= 0 && best != route()) {
        routes_->setCurrentIndex(best);
        fill();
    }
}

void RouteForm::chooseRoute(int index)
{
    if (index >= 0 && index < routes_->count()) {
        routes_->setCurrentIndex(index);
        fill();
    }
}

void RouteForm::fill()
{
    const int index = route();
    const bool there = plan_ && index >= 0 && index < int(plan_->routes.size());
    setEnabledAll(there);
    if (!there) {
        note_->setText(tr("The file has no routes yet."));
        note_->setVisible(plan_ != nullptr);
        return;
    }
    filling_ = true;
    const config::RouteSettings &r = plan_->routes[size_t(index)];
    const std::pair<QLineEdit *, QString> values[] = {{name_, qs(r.name)},
                                                      {path_, qs(r.match.path)},
                                                      {hosts_, joined(r.match.hosts)},
                                                      {methods_, joined(r.match.methods)},
                                                      {strip_, qs(r.rewrite.stripPrefix)},
                                                      {rewrite_, qs(r.rewrite.path)}};
    for (const auto &[line, value] : values) {
        if (line->hasFocus() && line->isModified())
            continue;  // it is being typed
        if (line->text() != value)
            line->setText(value);
        line->setModified(false);
    }
    service_->setCurrentIndex(service_->findText(qs(r.service)));
    note_->setText(r.unavailable.empty() ? QString() : tr("Answers 503: %1").arg(qs(r.unavailable)));
    note_->setVisible(!r.unavailable.empty());
    const QString headers = conditionText(QT_TR_NOOP("header"), r.match.headers),
                  query = conditionText(QT_TR_NOOP("query"), r.match.query);
    conditions_->setText(headers + (headers.isEmpty() || query.isEmpty() ? QString() : u"\n"_qs) + query);
    conditions_->setVisible(!conditions_->text().isEmpty());
    filling_ = false;
}

void RouteForm::apply(const config::RouteEdit &edit)
{
    const int at = target();
    if (!plan_ || at < 0)
        return;
    if (!waiting_)
        wanted_ = at;
    take(config::setRoute(text_, size_t(at), edit));
}

void RouteForm::take(Result<std::string> text)
{
    if (!text) {
        if (!waiting_)
            wanted_ = -1;
        Q_EMIT refused(qs(text.error().what));
        if (!broken_)
            fill();
        return;
    }
    text_ = *text;
    Q_EMIT edited(qs(*text));
}

void RouteForm::takeMove(Result<std::string> text, int wanted)
{
    wanted_ = wanted;
    waiting_ = text.ok();
    take(std::move(text));
}

}  // namespace sluice::ui
