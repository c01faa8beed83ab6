// SPDX-License-Identifier: GPL-3.0-or-later
// Where the answers of a replay go: into the recording, by this program where no gateway runs; else the gateway that holds it records
// those that pass it, and is handed the others over its control socket. One thread.
#pragma once

#include "engine/recording/redaction.h"
#include "storage/kept_settings.h"
#include "storage/recorder.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::cli {

class AnswerKeeper {
public:
    // Error: secrets cannot be replaced, so that nothing may be told.
    static Result<std::unique_ptr<AnswerKeeper>> create(const std::string &recording, storage::Kept kept);

    // The gateway that holds the recording listens at this URL.
    bool isItsGateway(const std::string &url) const;
    // As the recording does it.
    void redact(journey::Exchange &exchange) { redactor_.redact(exchange); }
    // Bodies are cut to what the recording keeps.
    void keep(std::unique_ptr<journey::Exchange> answer);
    // What was kept is on disk, or given up.
    void flush();
    // Why an answer could not be recorded; empty: nothing went wrong.
    const std::string &trouble() const { return trouble_; }

private:
    AnswerKeeper(const std::string &recording, storage::Kept kept, const recording::PlaceholderKey &key);
    void findGateway();
    bool asks(const std::string &socket, bool named);
    void handOver(const journey::Exchange &answer);

    std::string recording_;
    storage::Kept kept_;
    recording::Redactor redactor_;
    std::unique_ptr<storage::Recorder> recorder_;
    std::string socket_;  // of the gateway that holds the recording
    std::vector<std::string> listen_;
    std::string trouble_;
};

}  // namespace sluice::cli
