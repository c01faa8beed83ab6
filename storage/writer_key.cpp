// SPDX-License-Identifier: GPL-3.0-or-later
// How the writer comes by the key that seals secrets, and seals them.
#include "storage/exchange_image.h"
#include "storage/writer_thread.h"

namespace sluice::storage {

namespace {
constexpr std::chrono::seconds keyPause{60};  // until a key that could not be had is asked for again
}  // namespace

// Between transactions: it may take seconds, and whoever sets a mark must not wait for it.
void Recorder::Impl::findKey()
{
    const Result<Secret> found =
        keySource ? keySource() : Result<Secret>(Error{Fault::Gateway, "this program has no key for them"});
    if (found)
        sealer->setKey(*found);
    askAgain = Clock::now() + keyPause;
    tellUnsealed(sealer->hasKey() ? "" : found ? "the key for them is none" : found.error().what);
}

void Recorder::Impl::tellUnsealed(const std::string &why)
{
    const std::lock_guard guard(mutex);
    unsealed = why;
}

int Recorder::Impl::writeOne(Entry &entry, int64_t id)
{
    if (!entry.large)
        readImage(entry.image, current);
    journey::Exchange &x = entry.large ? *entry.large : current;
    if (!entry.redacted) {
        redactor->redact(x);
        droppedSecrets |= redactor->droppedSecrets();
        if (entry.large)
            entry.secrets = redactor->secrets();
    }
    entry.redacted = entry.large;
    const auto &secrets = entry.large ? entry.secrets : redactor->secrets();
    if (!secrets.empty() && mayFindKey())
        return needsKey;
    if (const int code = sealer->write(sealer->seal(secrets, id), id); code != SQLITE_OK)
        return code;
    return writer->write(x, id);
}

}  // namespace sluice::storage
