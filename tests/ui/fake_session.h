// SPDX-License-Identifier: GPL-3.0-or-later
// A recording and a session in memory, for the tests of models and pages: they answer later, as the real ones do, or
// only when the test says so.
#pragma once

#include "ui/session.h"

#include <deque>
#include <map>

namespace sluice::ui {

class FakeRecording : public RecordingAccess {
public:
    // As many exchanges as that come in, with ids that go on; `each` may change one before it is put away.
    void grow(size_t count, const std::function<void(journey::Exchange &)> &each = {});
    int64_t last() const { return lastId_; }
    // As if nothing had been recorded yet.
    void clear()
    {
        exchanges_.clear();
        lastId_ = 0;
    }
    // Takes away all up to this id; who has listed them is not told.
    void prune(int64_t upTo) { exchanges_.erase(exchanges_.begin(), exchanges_.upper_bound(upTo)); }
    // Without exchanges behind them, cheap: 1,000,000 ids for a test of memory.
    void pretend(int64_t ids)
    {
        lastId_ = ids;
        pretended_ = ids;
    }
    size_t rowsAsked = 0, idsAsked = 0, slicesAsked = 0;
    std::string sliceRoute = "users";
    std::optional<WallTime> sliceStart;  // nothing: the first slice that is asked for
    // While held, answers wait for release().
    bool held = false;
    // While failing, every question is answered with an error, and counted.
    bool failing = false;
    size_t failed = 0;
    void release();
    std::map<int64_t, int> marks;
    std::map<std::string, std::string> sealed;  // what placeholders stand for
    std::string noKey;                          // why there is no key for any; empty: there is
    size_t secretsAsked = 0;
    // Messages by exchange, in order; of these that are negative, the exchange is open.
    std::map<int64_t, std::vector<journey::Message>> streams;
    std::map<int64_t, int64_t> openAs;  // what an open one is recorded as, once it is not open any more
    size_t messagesAsked = 0;
    recording::NamedFields names;

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
    Result<recording::Unsealed> unsealed(std::string_view placeholder) const;
    template<class T>
    void answer(Asker asker, Then<T> then, Result<T> value);
    std::map<int64_t, journey::Exchange> exchanges_;
    int64_t lastId_ = 0, pretended_ = 0;
    std::deque<std::function<void()>> waiting_;
    std::map<std::pair<QObject *, int>, uint64_t> newest_;
};

class FakeSession : public Session {
    Q_OBJECT
public:
    FakeSession();
    RecordingAccess &recording() override { return fake; }
    bool attached() const override { return false; }
    void explain(gateway::Question, QObject *context, std::function<void(Result<gateway::Explanation>)>) override;
    void reload(QObject *context, std::function<void(Outcome)>) override;

    // Exchanges come in and the session says so.
    void arrive(size_t count, const std::function<void(journey::Exchange &)> &each = {});
    void tell(gateway::Status status) { setStatus(std::move(status)); }
    void lose(const QString &why) { setLost(why); }
    // Another recording takes the place of this one, with as many exchanges.
    void replace(size_t count);
    void tellLastId() { setLastId(fake.last()); }
    FakeRecording fake;
    int reloads = 0;
    // While held, questions about what the gateway would do wait here for their answers.
    bool holdQuestions = false;
    std::vector<std::function<void(Result<gateway::Explanation>)>> questions;
};

journey::Exchange sampleExchange(int64_t id);
gateway::Status sampleStatus();

}  // namespace sluice::ui
