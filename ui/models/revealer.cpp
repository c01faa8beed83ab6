// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/revealer.h"

#include "ui/text/format.h"

namespace sluice::ui {

namespace {

constexpr int slowAfter = 700;  // ms: what is slower than that waits for a keychain, or for its user

}  // namespace

Revealer::Revealer(RecordingAccess &recording, QObject *parent) : QObject(parent), recording_(recording)
{
    more_.setSingleShot(true);
    more_.setInterval(0);
    slow_.setSingleShot(true);
    slow_.setInterval(slowAfter);
    connect(&more_, &QTimer::timeout, this, &Revealer::ask);
    connect(&slow_, &QTimer::timeout, this, [this] {
        waiting_ = true;
        Q_EMIT told();
    });
}

void Revealer::start(int64_t exchange)
{
    stop();
    exchange_ = exchange;
}

void Revealer::stop()
{
    hide();
    exchange_.reset();
    offered_ = {};
    met_.clear();
    tooMany_ = false;
    trouble_.clear();
    Q_EMIT told();
}

void Revealer::meet(const QString &recorded)
{
    meet(placeholdersIn(recorded, most + 1));
}

void Revealer::meet(const std::vector<std::string> &placeholders)
{
    for (const std::string &each : placeholders)
        meetOne(each);
}

void Revealer::meetOne(const std::string &placeholder)
{
    if (!exchange_ || met_.count(placeholder) > 0)
        return;
    if (met_.size() >= most) {
        tooMany_ = true;
        return;
    }
    met_.insert(placeholder);
    if (met_.size() == 1)
        Q_EMIT told();
    if (state_ != State::Hidden && !underWay_)
        more_.start();
}

void Revealer::reveal()
{
    if (state_ != State::Hidden || !any())
        return;
    state_ = State::Asking;
    trouble_.clear();
    ask();
    Q_EMIT told();
}

void Revealer::hide()
{
    ++generation_;
    more_.stop();
    slow_.stop();
    underWay_ = waiting_ = false;
    const bool was = state_ != State::Hidden;
    state_ = State::Hidden;
    if (std::exchange(secrets_, nullptr))
        Q_EMIT changed();
    if (was) {
        trouble_.clear();
        Q_EMIT told();
    }
}

bool Revealer::isKnown(const std::string &placeholder) const
{
    return secrets_ && (secrets_->known.count(placeholder) > 0 || secrets_->missing.count(placeholder) > 0);
}

void Revealer::ask()
{
    if (underWay_ || state_ == State::Hidden)
        return;
    Secrets there;
    std::vector<std::string> wanted;
    for (const std::string &each : met_) {
        if (const auto at = offered_.known.find(each); at != offered_.known.end())
            there.known.insert(*at);
        else if (!isKnown(each))
            wanted.push_back(each);
    }
    if (wanted.empty())
        return add(std::move(there));
    if (!there.known.empty())
        add(std::move(there));
    underWay_ = true;
    slow_.start();
    recording_.secrets({this, 0}, *exchange_, std::move(wanted),
                       [this, generation = generation_](Result<Secrets> answer) {
                           if (generation == generation_)
                               take(std::move(answer));
                       });
}

void Revealer::take(Result<Secrets> answer)
{
    slow_.stop();
    underWay_ = waiting_ = false;
    if (answer)
        return add(answer.take());
    const QString trouble = tr("Secrets cannot be shown: %1. ").arg(qs(answer.error().what))
        + (answer.error().repeatable ? tr("Put that right, say by unlocking the keychain, and reveal them again.")
                                     : tr("Only the user who recorded them can reveal them."));
    if (!secrets_)
        hide();
    trouble_ = trouble;
    Q_EMIT told();
}

void Revealer::add(Secrets more)
{
    auto all = std::make_shared<Secrets>(secrets_ ? *secrets_ : Secrets{});
    const size_t before = all->known.size() + all->missing.size();
    all->known.merge(more.known);
    all->missing.merge(more.missing);
    if (secrets_ && all->known.size() + all->missing.size() == before)
        return;
    const QString trouble = tooMany_ ? tr("Only the first %1 secrets are shown.").arg(most) : missingText(*all);
    if (all->known.empty()) {
        hide();
    } else {
        state_ = State::Shown;
        secrets_ = std::move(all);
        Q_EMIT changed();
        more_.start();  // what was met meanwhile
    }
    trouble_ = trouble;
    Q_EMIT told();
}

}  // namespace sluice::ui
