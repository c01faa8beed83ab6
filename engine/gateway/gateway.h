// SPDX-License-Identifier: GPL-3.0-or-later
// Gateway: the running gateway, whole: workers, listeners, plan, reload, control socket. The façade that app/ and ui/ see.
// Lives on the thread that made it (which needs a Qt event loop); hands out values only, never a pointer into the engine.
#pragma once

#include "engine/base/result.h"
#include "engine/config/plan.h"
#include "engine/gateway/secret_store.h"
#include "engine/gateway/status.h"
#include "engine/gateway/tls_keeper.h"
#include "engine/recording/sink.h"

#include <QObject>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::gateway {

struct GatewayOptions {
    std::string file;                 // gateway file; empty: `to` must be given
    std::string to;                   // every request goes to this URL
    std::vector<std::string> listen;  // URLs; not empty: instead of the file's
    tls::PairSettings pair;           // for the https ones among them; empty: the local CA's
    SecretStore *secrets = nullptr;   // for ${secret:NAME} in the file; must outlive the gateway. Null: stand-ins
    LocalCaSource localCa;            // empty: there is none
    int workers = 0;                  // 0: one a core, at most 4
    bool stockLoop = false;           // Qt's own event dispatcher instead of the epoll one
    std::string socket;               // control socket; empty: $XDG_RUNTIME_DIR/sluice/PID.sock; "none": no socket
    std::string recordingPath;        // only told in status
    bool watchFile = true;            // reload when the file changes
    // Takes an exchange that another program finished, as POST /record brings it; called on the gateway's thread. Empty: none is taken.
    std::function<Outcome(std::string_view)> takeExchange;
};

class Gateway : public QObject {
    Q_OBJECT
public:
    // `sink` may be null (nothing is recorded); it must outlive the gateway.
    Gateway(recording::Sink *sink, GatewayOptions options, QObject *parent = nullptr);
    ~Gateway() override;  // stops at once; drain() first for a graceful end

    // Loads the file, binds, starts the workers. On an error nothing runs; problems() tells what is wrong with a file.
    Outcome start();
    const Problems &problems() const;

    // All or nothing: a bad file changes nothing and answers an Error; problems() has the reasons.
    Outcome reload();
    // Takes no new connections, lets what is under way end (LimitSettings::drain at most), then emits drained().
    void drain();

    Status status() const;
    config::PlanPtr plan() const;
    std::vector<std::string> addresses() const;  // URLs with the real ports

Q_SIGNALS:
    void reloaded(bool accepted);  // after each attempt, also those that a file change or SIGHUP began
    void drained();
    void certificatesChanged(const QString &what);  // one line: new ones are in use, or why not

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::gateway
