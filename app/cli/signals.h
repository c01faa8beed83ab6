// SPDX-License-Identifier: GPL-3.0-or-later
// SIGHUP, SIGTERM and SIGINT as Qt signals on the main thread. One object a process, made after the application.
#pragma once

#include <QObject>

class QSocketNotifier;

namespace sluice::cli {

class Signals : public QObject {
    Q_OBJECT
public:
    explicit Signals(QObject *parent = nullptr);
    ~Signals() override;  // the signals do again what they did before

Q_SIGNALS:
    void hangup();
    void end();  // SIGTERM or SIGINT, each time

private:
    void arrived();
    QSocketNotifier *notifier_;
};

// As many descriptors as the hard limit allows.
void raiseDescriptorLimit();

}  // namespace sluice::cli
