// SPDX-License-Identifier: GPL-3.0-or-later
// What is sealed in a recording, for one who has the key and asks.
#include "storage/reader_impl.h"
#include "storage/sealing.h"

namespace sluice::storage {

Result<recording::Unsealed> Reader::Impl::unseal(std::string_view placeholder, int64_t id, const Secret &key)
{
    const int64_t number = streamOf(id);
    journey::StreamFacts facts;
    int64_t exchange = id > 0 ? id : 0;
    if (id < 0) {
        if (const int code = readStream(number, facts, exchange); code != SQLITE_OK)
            return database->error(code);
    }
    return storage::unseal(*database, placeholder, exchange, number, key);
}

Result<recording::Unsealed> Reader::unseal(std::string_view placeholder, int64_t id, const Secret &key)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    return impl_->unseal(placeholder, id, key);
}

Result<Secret> Reader::unsealMessage(int64_t exchange, uint64_t number, const Secret &key)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    auto found = impl_->messages(exchange, number - 1, 1, size_t(-1));
    if (!found)
        return found.error();
    if (number == 0 || found->empty() || found->front().number != number)
        return Error{Fault::Client,
                     "message " + std::to_string(number) + " of this exchange is not in the recording (any more)"};
    journey::Message &message = found->front();
    if (!message.redacted)
        return Secret(std::move(message.bytes));
    Result<std::optional<Secret>> original = unsealOriginal(*impl_->database, impl_->streamOf(exchange), number, key);
    if (!original)
        return original.error();
    if (*original)
        return *std::move(*original);
    if (auto wrong = recording::unsealMessage(
            message.bytes, [&](std::string_view placeholder) { return impl_->unseal(placeholder, exchange, key); }))
        return *std::move(wrong);
    return Secret(std::move(message.bytes));
}

}  // namespace sluice::storage
