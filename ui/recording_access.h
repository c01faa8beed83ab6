// SPDX-License-Identifier: GPL-3.0-or-later
// RecordingAccess: looks into a recording without making the window wait. Every question is answered later, on the
// window's thread, never inside the call. A question replaces the one that the same asker put before in the same
// slot: that one is dropped, or interrupted where it is under way, and never answered. Nothing is answered to an
// asker that is gone. ReaderThread is the real one; the tests of the models have one in memory.
#pragma once

#include "engine/recording/message_text.h"
#include "engine/replay/compare.h"
#include "engine/replay/sender.h"
#include "storage/reader.h"
#include "ui/text/secrets.h"

#include <QObject>

#include <functional>
#include <memory>
#include <vector>

namespace sluice::ui {

struct Asker {
    QObject *who = nullptr;  // lives on the window's thread
    int slot = 0;            // what of its questions this is
};

// Quick: what somebody looks at now. Slow: what may scan a whole recording. Sealed: what may wait for a keychain, and for its user.
// None holds up another.
enum class Lane { Quick, Slow, Sealed };

// An answer that has just come, as it would be recorded, and what its placeholders stand for.
struct Redacted {
    journey::Exchange exchange;
    Secrets secrets;
};

class RecordingAccess {
public:
    template<class T>
    using Then = std::function<void(Result<T>)>;
    using Ids = std::vector<int64_t>;
    using Rows = std::vector<storage::Row>;
    using ExchangePtr = std::shared_ptr<const journey::Exchange>;

    virtual ~RecordingAccess() = default;
    // As the calls of storage::Reader with the same names.
    virtual void ids(Asker, recording::Filter, storage::Order, int64_t after, size_t most, Then<Ids>) = 0;
    virtual void rows(Asker, Ids, Then<Rows>) = 0;
    virtual void exchange(Asker, int64_t id, Then<journey::Exchange>) = 0;
    virtual void slices(Asker, storage::SliceRequest, Then<std::vector<storage::Slice>>) = 0;
    virtual void replaysOf(Asker, int64_t id, Then<Ids>) = 0;
    virtual void setMark(Asker, int64_t id, int mark, Then<Done>) = 0;
    virtual void lastId(Asker, Then<int64_t>) = 0;
    virtual void open(Asker, size_t most, Then<Rows>) = 0;
    virtual void messages(Asker, int64_t exchange, uint64_t after, size_t most, size_t bytes,
                          Then<std::vector<journey::Message>>) = 0;
    // Gives the fields of a call's gRPC messages their names; an empty function: there is no schema for its service.
    virtual void fieldNames(Asker, std::string service, std::string path, Then<recording::NamedFields>) = 0;
    virtual void messageSpan(Asker, int64_t exchange, Then<storage::MessageSpan>) = 0;
    // What these placeholders of the exchange stand for, those that cannot be had with the reason why. Error: there is no key for any. May
    // wait for the user, who has to unlock a keychain.
    virtual void secrets(Asker, int64_t exchange, std::vector<std::string> placeholders, Then<Secrets>) = 0;
    // The request with the secrets of this exchange in place of their placeholders; what is recorded of it keeps them. Error: why one cannot
    // be had. May wait for the user, who has to unlock a keychain.
    virtual void putSecrets(Asker, int64_t exchange, replay::Request, Then<replay::Request>) = 0;
    // As the gateway of this recording would redact it; where there is none, as one does whose file says nothing about it.
    virtual void redacted(Asker, ExchangePtr answer, Then<Redacted>) = 0;
    // How an answer that has just come differs from what is recorded: as replay::compare(), with the same placeholders for the secrets
    // of both.
    virtual void compare(Asker, ExchangePtr before, ExchangePtr after, Then<replay::Comparison>) = 0;
};

}  // namespace sluice::ui
