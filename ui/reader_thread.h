// SPDX-License-Identifier: GPL-3.0-or-later
// ReaderThread: the real RecordingAccess: three threads, one a lane, each with a storage::Reader of its own. Lives on the
// window's thread. Bound: 256 questions wait in a lane; past that the oldest is answered with an error.
// The file may be missing at first: each question tries to open it.
#pragma once

#include "storage/sealing.h"
#include "ui/recording_access.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sluice::ui {

class ReaderThread : public RecordingAccess {
public:
    // `key`: of sealed secrets; called on the sealed lane's thread, until it has answered one. Whoever ends the program while it may wait
    // makes it answer, as the destructor waits for it.
    explicit ReaderThread(std::string path, storage::SealingKeySource key = {});
    // Another recording from now on. Questions to the old one are given up and not answered.
    void open(std::string path);
    ~ReaderThread() override;  // interrupts what is under way and waits for it

    void ids(Asker, recording::Filter, storage::Order, int64_t after, size_t most, Then<Ids>) override;
    void rows(Asker, Ids, Then<Rows>) override;
    void exchange(Asker, int64_t id, Then<journey::Exchange>) override;
    void slices(Asker, storage::SliceRequest, Then<std::vector<storage::Slice>>) override;
    void replaysOf(Asker, int64_t id, Then<Ids>) override;
    void setMark(Asker, int64_t id, int mark, Then<Done>) override;
    void lastId(Asker, Then<int64_t>) override;
    void open(Asker, size_t most, Then<Rows>) override;
    void messages(Asker, int64_t exchange, uint64_t after, size_t most, size_t bytes,
                  Then<std::vector<journey::Message>>) override;
    void fieldNames(Asker, std::string service, std::string path, Then<recording::NamedFields>) override;
    void messageSpan(Asker, int64_t exchange, Then<storage::MessageSpan>) override;
    void secrets(Asker, int64_t exchange, std::vector<std::string> placeholders, Then<Secrets>) override;
    void putSecrets(Asker, int64_t exchange, replay::Request, Then<replay::Request>) override;
    void redacted(Asker, ExchangePtr answer, Then<Redacted>) override;
    void compare(Asker, ExchangePtr before, ExchangePtr after, Then<replay::Comparison>) override;

private:
    class Worker;
    // The newest question of each asker's slot, so that an answer that was on its way already is dropped.
    using Numbers = std::map<std::pair<const QObject *, int>, uint64_t>;
    // `call`: with the reader; or with a pointer to it, null where the recording cannot be read.
    template<class T, class Call>
    void post(Lane, Asker, Then<T>, Call &&);
    // Kept once it is had; used by the sealed lane alone.
    struct Key {
        storage::SealingKeySource source;
        std::optional<Secret> known;
        Result<Secret> get();
    };
    std::shared_ptr<Key> key_;
    std::shared_ptr<Numbers> newest_;  // the window's thread only
    std::unique_ptr<Worker> quick_, slow_, sealed_;
};

}  // namespace sluice::ui
