// SPDX-License-Identifier: GPL-3.0-or-later
// Believable traffic against the demo's gateway: a few callers who look, order and pay, some mistakes, some bots. Lives on
// a thread with a Qt event loop; the requests themselves run on the sender's thread.
#pragma once

#include "engine/base/random.h"
#include "engine/replay/sender.h"

#include <QObject>
#include <QTimer>

#include <atomic>
#include <memory>
#include <string>

namespace sluice::demo {

class Traffic : public QObject {
public:
    // `url` of the gateway; `perSecond` on average.
    Traffic(std::string url, double perSecond, uint64_t seed, QObject *parent = nullptr);
    ~Traffic() override;
    void start();
    void stop();
    uint64_t sent() const { return sent_; }

private:
    void sendOne();
    replay::Request make(std::string_view method, std::string target, std::string body = {}) const;
    replay::Request next();

    std::string url_;
    double perSecond_;
    Random random_;
    QTimer timer_;
    uint64_t sent_ = 0;
    std::shared_ptr<std::atomic<int>> underWay_;
    replay::Sender sender_;
};

}  // namespace sluice::demo
