// SPDX-License-Identifier: GPL-3.0-or-later
// Replay: sends recorded requests again, in order, and compares each answer with its original. Runs on the caller's thread and
// blocks; the sender does the work. No clock: timing comes from the recorded times and std::chrono::steady_clock in the caller's pacer.
#pragma once

#include "engine/recording/unsealing.h"
#include "engine/replay/compare.h"
#include "engine/replay/sender.h"

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::replay {

struct ReplayOptions {
    std::string to;       // URL; empty: where the original's gateway listened (received scheme and authority)
    int concurrency = 0;  // 1 to 64; 0: one at a time, with the original timing as many as then overlapped, up to 64
    enum class Timing { AsFastAsPossible, Original, Rate } timing = Timing::AsFastAsPossible;
    double perSecond = 0;  // with Rate
    std::vector<std::pair<std::string, std::string>> setHeaders;
    // Replaces secrets as the recording does, in original and answer, so that they can be compared and told; on the caller's thread.
    std::function<void(journey::Exchange &)> redact;
    // What a placeholder in this original stands for; goes into what is sent, and into nothing that is told or recorded. On the caller's
    // thread. Empty: nobody knows.
    std::function<Result<recording::Unsealed>(const journey::Exchange &original, std::string_view placeholder)> unseal;
    // The gateway that records these answers itself listens at this URL: it is told what a request repeats. Nobody else is. Empty: none.
    std::function<bool(const std::string &url)> isGateway;
};

struct Replayed {
    int64_t original = 0;
    Answer answer;  // redacted; its replayOf is the original's id; goes into the recording
    Comparison comparison;
    bool throughGateway = false;  // which records it; else `answer` has the original's route, service and version
};

// `originals` gives the next one to send, nothing at the end; `done` gets each result, in the order they finish.
// `stop`: looked at between requests.
void run(const ReplayOptions &, Sender &, const std::function<std::unique_ptr<journey::Exchange>()> &originals,
         const std::function<void(Replayed)> &done, const std::atomic<bool> &stop);

// The request that repeats this exchange, with its secrets. Error: its body was cut at the recording's limit, or it holds placeholders of
// secrets that cannot be unsealed and must be given with setHeaders; what() says which, and why.
Result<Request> requestOf(const journey::Exchange &, const ReplayOptions &);

}  // namespace sluice::replay
