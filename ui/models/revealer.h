// SPDX-License-Identifier: GPL-3.0-or-later
// Revealer: the secrets of the one exchange that is shown, had when somebody asks to see them and forgotten when it is left. Views tell it
// which placeholders they show, and show their texts anew when it says so. Lives on the window's thread, never waits.
//
// Bounds: 4,096 different placeholders of an exchange; further ones stay dots, and trouble() says so.
#pragma once

#include "ui/recording_access.h"

#include <QTimer>

#include <set>

namespace sluice::ui {

class Revealer : public QObject {
    Q_OBJECT
public:
    enum class State { Hidden, Asking, Shown };
    static constexpr size_t most = 4096;

    explicit Revealer(RecordingAccess &recording, QObject *parent = nullptr);
    // Of this exchange from now on: what was known is forgotten, and nothing is seen. 0: of one that is in no recording.
    void start(int64_t exchange);
    void stop();  // of none
    // What is known without asking: of an answer that has just come.
    void offer(Secrets secrets) { offered_ = std::move(secrets); }
    // A view shows these placeholders of it.
    void meet(const QString &recorded);
    void meet(const std::vector<std::string> &placeholders);
    bool any() const { return !met_.empty(); }

    void reveal();
    void hide();
    State state() const { return state_; }
    // Null: none is seen.
    const SecretsPtr &secrets() const { return secrets_; }
    // What is told of those that cannot be seen, and why; empty: nothing.
    const QString &trouble() const { return trouble_; }
    // The keychain takes its time.
    bool waiting() const { return waiting_; }

Q_SIGNALS:
    void changed();  // secrets() are others
    void told();     // any(), state(), trouble() or waiting()

private:
    void meetOne(const std::string &placeholder);
    void ask();
    bool isKnown(const std::string &placeholder) const;
    void take(Result<Secrets> answer);
    void add(Secrets more);

    RecordingAccess &recording_;
    std::optional<int64_t> exchange_;
    State state_ = State::Hidden;
    std::set<std::string, std::less<>> met_;
    bool underWay_ = false, waiting_ = false, tooMany_ = false;
    uint64_t generation_ = 0;
    SecretsPtr secrets_;
    Secrets offered_;
    QString trouble_;
    QTimer more_, slow_;
};

}  // namespace sluice::ui
