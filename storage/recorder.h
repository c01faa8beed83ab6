// SPDX-License-Identifier: GPL-3.0-or-later
// Recorder: the one writer of a recording. A thread of its own, a bounded queue before it, batches of rows a transaction
// (512 exchanges or 100 ms, whichever is first), WAL, synchronous NORMAL: a killed process leaves a sound file that lacks at
// most the last 200 ms. Redacts before anything reaches the disk, keeps within RecordSettings::keepBytes and keepAge.
#pragma once

#include "engine/base/result.h"
#include "engine/config/plan.h"
#include "engine/recording/sink.h"
#include "storage/sealing.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::storage {

class Recorder : public recording::Sink {
public:
    // A gateway writes its settings into the recording, for guests to read (Reader::kept()): programs that add to what it recorded.
    enum class Role { Gateway, Guest };
    // Creates the file (0600) and its folder where they are missing; runs the migrations of an older one. Error: not a
    // recording, newer than this version, no space, no right; or another process is writing to it: then it is repeatable.
    // `key`: what seals the secrets that are redacted; asked for on the writer's thread, when the first one comes, and again a minute after
    // an error. Empty, or while there is none: placeholders only, as stats().unsealed says.
    static Result<std::unique_ptr<Recorder>> create(const std::string &path, const config::RecordSettings &,
                                                    Role = Role::Gateway, SealingKeySource key = {});
    ~Recorder() override;  // writes what is queued, then closes; what the disk refuses now is counted on stderr

    recording::Batch push(recording::Batch) override;
    void tell(std::vector<journey::StreamNews>) override;
    // One that another program finished and wrote with encodeExchange(). Error: it cannot be read.
    Outcome take(std::string_view handedOver);
    recording::SinkStats stats() const override;
    const std::string &path() const;
    void setSettings(const config::RecordSettings &);  // after a reload; any thread
    // Where the gateway's control socket is, for guests; any thread.
    void setSocket(const std::string &path);
    // Schemas of gRPC messages by service (engine/protobuf), for readers; those of other services stay. Any thread.
    void setDescriptorSets(std::vector<std::pair<std::string, std::string>>);
    // Called on the writer's thread after each commit, with the highest id; must return at once.
    void onCommit(std::function<void(int64_t lastId)>);
    // Blocks until all that was pushed before is on disk, or the disk refuses (stats().trouble). Any thread but the writer's.
    void flush();

private:
    struct Impl;
    explicit Recorder(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

// $XDG_DATA_HOME/sluice/recording.db, or ~/.local/share/…
std::string defaultRecordingPath();

}  // namespace sluice::storage
