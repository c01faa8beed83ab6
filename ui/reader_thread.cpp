// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/reader_thread.h"

#include "engine/protobuf/descriptor_set.h"
#include "engine/recording/redaction.h"
#include "engine/replay/replay.h"
#include "storage/files.h"

#include <QCoreApplication>
#include <QPointer>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace sluice::ui {

namespace {

constexpr size_t mostWaiting = 256;

}  // namespace

class ReaderThread::Worker {
public:
    // `run` answers on the worker's thread, with an error where there is no reader.
    struct Question {
        Asker asker;
        std::function<void(Result<storage::Reader *>)> run;
    };

    explicit Worker(std::string path) : path_(std::move(path)), thread_([this] { loop(); }) {}
    ~Worker()
    {
        {
            std::unique_lock lock(mutex_);
            stopping_ = true;
            waiting_.clear();
            wake_.notify_all();
            // Again and again: one that comes before the recording has been asked ends nothing.
            while (!ended_.wait_for(lock, std::chrono::milliseconds(10), [this] { return gone_; })) {
                if (reader_)
                    reader_->interrupt();
            }
        }
        thread_.join();
    }

    // What waits is given up, what is under way goes on: it may be held up by a keychain, and is not waited for.
    void reopen(std::string path)
    {
        const std::lock_guard lock(mutex_);
        waiting_.clear();
        path_ = std::move(path);
        moved_ = true;
    }

    void add(Question question)
    {
        std::function<void(Result<storage::Reader *>)> refused;
        {
            const std::lock_guard lock(mutex_);
            std::erase_if(waiting_, [&](const Question &q) { return same(q.asker, question.asker); });
            if (running_ && same(*running_, question.asker) && reader_)
                reader_->interrupt();
            if (waiting_.size() >= mostWaiting) {
                refused = std::move(waiting_.front().run);
                waiting_.pop_front();
            }
            waiting_.push_back(std::move(question));
        }
        wake_.notify_one();
        if (refused)
            refused(Error{Fault::Gateway, "too many questions to the recording at once", true});
    }

private:
    static bool same(const Asker &a, const Asker &b) { return a.who == b.who && a.slot == b.slot; }

    void loop()
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_)
                break;
            Question question = std::move(waiting_.front());
            waiting_.pop_front();
            running_ = question.asker;
            if (std::exchange(moved_, false))
                reader_.reset();
            const std::string path = path_;
            lock.unlock();
            if (!reader_) {
                auto opened = storage::Reader::open(path);
                lock.lock();
                if (opened)
                    reader_ = opened.take();
                lock.unlock();
                if (!reader_) {
                    question.run(opened.error());
                    lock.lock();
                    running_.reset();
                    continue;
                }
            }
            question.run(reader_.get());
            question.run = {};
            lock.lock();
            running_.reset();
        }
        gone_ = true;
        ended_.notify_all();
    }

    std::string path_;
    std::mutex mutex_;
    std::condition_variable wake_, ended_;
    bool gone_ = false;  // the thread has no more to do with us
    std::deque<Question> waiting_;
    std::optional<Asker> running_;
    std::unique_ptr<storage::Reader> reader_;  // made and used by the thread; the pointer changes under the mutex
    bool stopping_ = false, moved_ = false;
    std::thread thread_;
};

ReaderThread::ReaderThread(std::string path, storage::SealingKeySource key)
    : key_(std::make_shared<Key>(Key{std::move(key), {}})),
      newest_(std::make_shared<Numbers>()),
      quick_(std::make_unique<Worker>(path)),
      slow_(std::make_unique<Worker>(path)),
      sealed_(std::make_unique<Worker>(std::move(path)))
{}

ReaderThread::~ReaderThread() = default;

void ReaderThread::open(std::string path)
{
    newest_ = std::make_shared<Numbers>();
    quick_ = std::make_unique<Worker>(path);
    slow_ = std::make_unique<Worker>(path);
    sealed_->reopen(std::move(path));
}

template<class T, class Call>
void ReaderThread::post(Lane lane, Asker asker, Then<T> then, Call &&call)
{
    const uint64_t number = ++(*newest_)[{asker.who, asker.slot}];
    const std::weak_ptr<Numbers> numbers = newest_;
    const QPointer<QObject> who(asker.who);
    auto answer = [asker, who, numbers, number, then = std::move(then)](std::shared_ptr<Result<T>> result) {
        // The application's object is the one that surely lives; the asker is looked at on the window's thread only.
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [asker, who, numbers, number, then, result] {
                const auto newest = numbers.lock();
                if (who && newest && (*newest)[{asker.who, asker.slot}] == number)
                    then(std::move(*result));
            },
            Qt::QueuedConnection);
    };
    const auto run = [call = std::forward<Call>(call), answer](Result<storage::Reader *> reader) {
        if constexpr (std::is_invocable_v<Call &, storage::Reader *>)
            answer(std::make_shared<Result<T>>(call(reader ? *reader : nullptr)));
        else
            answer(std::make_shared<Result<T>>(reader ? call(**reader) : Result<T>(reader.error())));
    };
    Worker::Question question{asker, run};
    Worker &worker = lane == Lane::Quick ? *quick_ : lane == Lane::Slow ? *slow_ : *sealed_;
    worker.add(std::move(question));
}

void ReaderThread::ids(Asker asker, recording::Filter filter, storage::Order order, int64_t after, size_t most,
                       Then<Ids> then)
{
    post<Ids>(Lane::Slow, asker, std::move(then), [filter = std::move(filter), order, after, most](storage::Reader &r) {
        return r.ids(filter, order, after, most);
    });
}

void ReaderThread::rows(Asker asker, Ids ids, Then<Rows> then)
{
    post<Rows>(Lane::Quick, asker, std::move(then), [ids = std::move(ids)](storage::Reader &r) { return r.rows(ids); });
}

void ReaderThread::exchange(Asker asker, int64_t id, Then<journey::Exchange> then)
{
    post<journey::Exchange>(Lane::Quick, asker, std::move(then), [id](storage::Reader &r) { return r.exchange(id); });
}

void ReaderThread::slices(Asker asker, storage::SliceRequest request, Then<std::vector<storage::Slice>> then)
{
    post<std::vector<storage::Slice>>(Lane::Slow, asker, std::move(then),
                                      [request = std::move(request)](storage::Reader &r) { return r.slices(request); });
}

void ReaderThread::replaysOf(Asker asker, int64_t id, Then<Ids> then)
{
    post<Ids>(Lane::Quick, asker, std::move(then), [id](storage::Reader &r) { return r.replaysOf(id); });
}

void ReaderThread::setMark(Asker asker, int64_t id, int mark, Then<Done> then)
{
    post<Done>(Lane::Quick, asker, std::move(then), [id, mark](storage::Reader &r) { return r.setMark(id, mark); });
}

void ReaderThread::lastId(Asker asker, Then<int64_t> then)
{
    post<int64_t>(Lane::Quick, asker, std::move(then), [](storage::Reader &r) { return r.lastId(); });
}

void ReaderThread::open(Asker asker, size_t most, Then<Rows> then)
{
    post<Rows>(Lane::Quick, asker, std::move(then), [most](storage::Reader &r) { return r.open(most); });
}

void ReaderThread::messages(Asker asker, int64_t exchange, uint64_t after, size_t most, size_t bytes,
                            Then<std::vector<journey::Message>> then)
{
    post<std::vector<journey::Message>>(Lane::Quick, asker, std::move(then),
                                        [=](storage::Reader &r) { return r.messages(exchange, after, most, bytes); });
}

void ReaderThread::fieldNames(Asker asker, std::string service, std::string path, Then<recording::NamedFields> then)
{
    const auto names = [service = std::move(service),
                        path = std::move(path)](storage::Reader &r) -> Result<recording::NamedFields> {
        const Result<std::string> bytes = r.descriptorSet(service);
        if (!bytes)
            return bytes.error();
        if (bytes->empty())
            return recording::NamedFields();
        const auto set = protobuf::DescriptorSet::create(*bytes);
        if (!set)
            return set.error();
        return recording::NamedFields([set = *set, path](std::string_view message, bool request, bool lines) {
            return set->text(path, request, message, lines);
        });
    };
    post<recording::NamedFields>(Lane::Quick, asker, std::move(then), names);
}

void ReaderThread::messageSpan(Asker asker, int64_t exchange, Then<storage::MessageSpan> then)
{
    post<storage::MessageSpan>(Lane::Quick, asker, std::move(then),
                               [exchange](storage::Reader &r) { return r.messageSpan(exchange); });
}

Result<Secret> ReaderThread::Key::get()
{
    if (!known && !source)
        return Error{Fault::Gateway, "this window has no key for sealed secrets"};
    if (!known) {
        Result<Secret> found = source();
        if (!found)
            return found;
        known = found.take();
    }
    return *known;
}

void ReaderThread::secrets(Asker asker, int64_t exchange, std::vector<std::string> placeholders, Then<Secrets> then)
{
    const auto unsealed = [exchange, placeholders = std::move(placeholders),
                           key = key_](storage::Reader &r) -> Result<Secrets> {
        const Result<Secret> opener = key->get();
        if (!opener)
            return opener.error();
        Secrets out;
        for (const std::string &each : placeholders) {
            Result<recording::Unsealed> secret = r.unseal(each, exchange, *opener);
            if (secret)
                out.known.emplace(each, secret.take());
            else
                out.missing.emplace(each, secret.error().what);
        }
        return out;
    };
    post<Secrets>(Lane::Sealed, asker, std::move(then), unsealed);
}

void ReaderThread::putSecrets(Asker asker, int64_t exchange, replay::Request request, Then<replay::Request> then)
{
    const auto filled = [exchange, request = std::move(request),
                         key = key_](storage::Reader &r) -> Result<replay::Request> {
        const Result<Secret> opener = key->get();
        if (!opener)
            return opener.error();
        replay::Request out = request;
        const auto unseal = [&](std::string_view placeholder) { return r.unseal(placeholder, exchange, *opener); };
        if (std::optional<Error> wrong = replay::putSecrets(out, unseal))
            return *std::move(wrong);
        return out;
    };
    post<replay::Request>(Lane::Sealed, asker, std::move(then), filled);
}

void ReaderThread::redacted(Asker asker, ExchangePtr answer, Then<Redacted> then)
{
    const auto made = [answer](storage::Reader *reader) -> Result<Redacted> {
        const Result<recording::PlaceholderKey> key = storage::placeholderKey();
        if (!key)
            return key.error();
        Redacted out{*answer, {}};
        recording::Redactor redactor(reader ? reader->kept().settings : config::RecordSettings(), *key);
        redactor.wantSecrets(true);
        redactor.redact(out.exchange);
        for (const recording::Placeholders::Met &met : redactor.secrets()) {
            const auto at = out.secrets.known
                                .try_emplace(met.placeholder,
                                             recording::Unsealed{Secret(std::string_view(met.secret)), false, false})
                                .first;
            (met.json ? at->second.asJson : at->second.asText) = true;
        }
        return out;
    };
    post<Redacted>(Lane::Quick, asker, std::move(then), made);
}

void ReaderThread::compare(Asker asker, ExchangePtr before, ExchangePtr after, Then<replay::Comparison> then)
{
    const auto compared = [before, after](storage::Reader &r) -> Result<replay::Comparison> {
        const Result<recording::PlaceholderKey> key = storage::placeholderKey();
        if (!key)
            return key.error();
        journey::Exchange answer = *after;
        recording::Redactor(r.kept().settings, *key).redact(answer);
        return replay::compare(*before, answer);
    };
    post<replay::Comparison>(Lane::Quick, asker, std::move(then), compared);
}

}  // namespace sluice::ui
