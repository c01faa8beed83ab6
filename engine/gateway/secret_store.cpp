// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/secret_store.h"

#include "engine/base/thread_end.h"
#include "engine/gateway/secret_keeper.h"

#include <QThread>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>

namespace sluice::gateway {

namespace {

using Clock = Keychain::Clock;
using Names = SecretKeeper::Names;

constexpr size_t longestName = 128, mostValue = 64 << 10, mostWaiting = 1000;
constexpr Millis farewell{1'000}, margin{200}, probe{3'000};

Error failed(std::string what)
{
    return Error{Fault::Gateway, std::move(what), true};
}

std::optional<Error> unfit(const std::string &name, const Secret *value)
{
    if (!isOurs(name)) {
        if (const std::string wrong = secretNameComplaint(name); !wrong.empty())
            return Error{Fault::Client, "the name of a secret " + wrong};
    }
    if (value && value->empty())
        return Error{Fault::Client, "an empty text is no secret"};
    if (value && value->size() > mostValue)
        return Error{Fault::Client, "the value is larger than 64 KiB"};
    return std::nullopt;
}

}  // namespace

std::string secretNameComplaint(const std::string &name)
{
    if (isOurs(name))
        return "must not begin with 'sluice:', as such ones are Sluice's own";
    const bool fits = !name.empty() && name.size() <= longestName && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
            || c == '.';
    });
    return fits ? std::string() : "must be 1 to 128 letters, digits, '-', '_' and '.'";
}

SecretStoreOptions secretStoreOptions(std::string folder)
{
    const char *where = std::getenv("SLUICE_SECRETS");
    return {std::move(folder), !where || std::string_view(where) != "file"};
}

struct SecretStore::Impl {
    using Work = std::function<void(Impl &)>;

    explicit Impl(SecretStoreOptions given) : options(std::move(given)), keeper(options.folder, options.keychain) {}

    SecretStoreOptions options;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Work> queue;
    bool stopping = false;
    std::string place;
    QThread *thread = nullptr;  // made with the first call

    SecretKeeper keeper;  // the thread's own

    bool post(Work work, std::shared_ptr<Impl> self);
    bool isPlaced();
    void run();
    // Of the thread.
    Outcome choose(Clock::time_point until);
};

bool SecretStore::Impl::post(Work work, std::shared_ptr<Impl> self)
{
    {
        const std::lock_guard lock(mutex);
        if (stopping || queue.size() >= mostWaiting)
            return false;
        queue.push_back(std::move(work));
        if (!thread) {
            thread = QThread::create([self = std::move(self)] {
                self->run();
                endThread();
            });
            thread->setObjectName("secrets");
            thread->start();
        }
    }
    wake.notify_one();
    return true;
}

bool SecretStore::Impl::isPlaced()
{
    const std::lock_guard lock(mutex);
    return !place.empty();
}

void SecretStore::Impl::run()
{
    for (;;) {
        Work work;
        {
            std::unique_lock lock(mutex);
            wake.wait(lock, [&] { return stopping || !queue.empty(); });
            if (stopping)
                return;
            work = std::move(queue.front());
            queue.pop_front();
        }
        work(*this);
    }
}

Outcome SecretStore::Impl::choose(Clock::time_point until)
{
    const Outcome chosen = keeper.choose(until);
    const std::lock_guard lock(mutex);
    place = keeper.place();
    return chosen;
}

namespace {

// What a caller waits for; outlives him where he has stopped waiting.
template<class T>
struct Slot {
    std::mutex mutex;
    std::condition_variable_any came;
    std::optional<Result<T>> result;
};

// Has `work` done on the store's thread, and waits for as long as that may take.
template<class T, class Work>
Result<T> ask(const std::shared_ptr<SecretStore::Impl> &store, Millis within, Work work,
              const std::stop_token &stop = {})
{
    const auto slot = std::make_shared<Slot<T>>();
    const Clock::time_point until = Clock::now() + within;
    const bool posted = store->post(
        [slot, until, work = std::move(work)](SecretStore::Impl &impl) {
            const Outcome chosen = impl.choose(until);
            Result<T> result = chosen ? work(impl.keeper, until) : Result<T>(chosen.error());
            {
                const std::lock_guard lock(slot->mutex);
                slot->result = std::move(result);
            }
            slot->came.notify_all();
        },
        store);
    if (!posted)
        return failed("too many calls wait for the keychain");
    std::unique_lock lock(slot->mutex);
    const auto came = [&] { return slot->result.has_value(); };
    // Whoever may have to unlock a keychain is waited for, but not a bus that does not even say whether there is one.
    if (slot->came.wait_until(lock, stop, std::min(until, Clock::now() + probe), came)
        || (store->isPlaced() && slot->came.wait_until(lock, stop, until + margin, came)))
        return *std::move(slot->result);
    if (stop.stop_requested())
        return failed("the keychain is not waited for any more");
    return failed("the keychain does not answer; SLUICE_SECRETS=file keeps secrets in a file instead");
}

}  // namespace

SecretStore::SecretStore(SecretStoreOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}

SecretStore::~SecretStore()
{
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wake.notify_all();
    // A thread that hangs in a call is left alone: it has its own hold on what it uses.
    if (impl_->thread && impl_->thread->wait(static_cast<unsigned long>(farewell.count())))
        delete impl_->thread;
}

Result<std::optional<Secret>> SecretStore::read(const std::string &name, Millis within, const std::stop_token &stop)
{
    if (std::optional<Error> wrong = unfit(name, nullptr))
        return *std::move(wrong);
    return ask<std::optional<Secret>>(
        impl_, within, [name](SecretKeeper &keeper, Clock::time_point until) { return keeper.read(name, until); },
        stop);
}

Outcome SecretStore::write(const std::string &name, const Secret &value, Millis within)
{
    if (std::optional<Error> wrong = unfit(name, &value))
        return *std::move(wrong);
    return ask<Done>(impl_, within, [name, value](SecretKeeper &keeper, Clock::time_point until) {
        return keeper.write(name, value, until);
    });
}

Result<Secret> SecretStore::readOrWrite(const std::string &name, const Secret &value, Millis within)
{
    if (std::optional<Error> wrong = unfit(name, &value))
        return *std::move(wrong);
    return ask<Secret>(impl_, within, [name, value](SecretKeeper &keeper, Clock::time_point until) {
        return keeper.readOrWrite(name, value, until);
    });
}

Result<bool> SecretStore::remove(const std::string &name, Millis within)
{
    if (std::optional<Error> wrong = unfit(name, nullptr))
        return *std::move(wrong);
    return ask<bool>(impl_, within,
                     [name](SecretKeeper &keeper, Clock::time_point until) { return keeper.remove(name, until); });
}

Result<std::vector<std::string>> SecretStore::names(Millis within)
{
    Result<Names> found =
        ask<Names>(impl_, within, [](SecretKeeper &keeper, Clock::time_point until) { return keeper.names(until); });
    if (!found)
        return found.error();
    return std::vector<std::string>(found->begin(), found->end());
}

std::string SecretStore::place() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->place;
}

const std::string &SecretStore::folder() const
{
    return impl_->options.folder;
}

Result<Secret> sealingKey(SecretStore &store, Millis within, const std::stop_token &stop)
{
    Result<std::optional<Secret>> found = store.read(sealingKeyEntry, within, stop);
    if (!found) {
        Error error = found.error();
        error.repeatable = true;
        return error;
    }
    if (!*found)
        return Error{Fault::Gateway, "this user has no key for sealed secrets " + store.place()};
    return *std::move(*found);
}

}  // namespace sluice::gateway
