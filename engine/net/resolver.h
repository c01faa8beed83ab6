// SPDX-License-Identifier: GPL-3.0-or-later
// Resolver: names of endpoints to addresses, on a worker's loop. Numbers and "localhost" at once, other names through the
// system's resolver on Qt's threads. After 30 s a name is looked up again, beside the requests: its last addresses stay in use
// until there are new ones, however long that takes. One thread. Bound: 1,000 names; past it those go that nobody waits for.
#pragma once

#include "engine/base/moment.h"
#include "engine/net/socket.h"

#include <QHostInfo>
#include <QObject>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice::net {

class Resolver : public QObject {
public:
    using Then = std::function<void(std::vector<Address>, std::string trouble)>;
    // `then` is called at once, or later on this thread; not at all once the resolver is gone.
    void resolve(const std::string &host, uint16_t port, Then then);

private:
    struct Known {
        std::vector<std::string> addresses;
        Moment until{};
        bool looking = false;
        std::vector<std::pair<uint16_t, Then>> waiting;
    };
    void look(const std::string &host, Known &entry);
    void found(const std::string &host, const QHostInfo &info);
    std::map<std::string, Known> known_;
};

}  // namespace sluice::net
