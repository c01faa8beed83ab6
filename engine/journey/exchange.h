// SPDX-License-Identifier: GPL-3.0-or-later
// Exchange: one request and its answer, with everything learned on the way. The conductor fills it; when the journey is
// over it moves, whole, into the recording. A value; one thread at a time.
#pragma once

#include "engine/base/ids.h"
#include "engine/base/moment.h"
#include "engine/base/result.h"
#include "engine/http/message.h"
#include "engine/journey/decision.h"
#include "engine/journey/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::journey {

// Content that went by: the first `limit` bytes and how long it was. Transfer-coding taken off, content-coding left on.
struct Content {
    std::string bytes;
    uint64_t size = 0;
    bool complete = true;  // false: it broke off
    // Redaction replaced secrets in `bytes`, whose length says nothing since then; wasCut is what cut() was before.
    bool redacted = false, wasCut = false;
    std::string withheld;  // why nothing of it may be kept (it may hide secrets); else empty
    bool cut() const { return redacted ? wasCut : bytes.size() < size; }
    void take(std::string_view chunk, uint64_t limit)
    {
        size += chunk.size();
        if (bytes.size() < limit)
            bytes.append(chunk.substr(0, limit - bytes.size()));
    }
};

// Offsets from Exchange::started; negative: it did not come to that.
struct Times {
    Nanos routed{-1};       // the way is known
    Nanos connected{-1};    // an upstream connection is there
    Nanos requestSent{-1};  // its last byte went out
    Nanos firstByte{-1};    // the answer's head is there
    Nanos answered{-1};     // our head went to the client
    Nanos ended{-1};        // the last byte; what the client saw as the whole
};

// One try at one endpoint.
struct Attempt {
    std::string endpoint;                                        // URL
    Nanos started{-1}, connected{-1}, firstByte{-1}, ended{-1};  // offsets, as in Times
    int status = 0;                                              // 0: no answer
    bool reused = false;                                         // over a kept connection
    std::string error;                                           // empty: an answer came
    Fault fault = Fault::Upstream;                               // with an error: whose
};

struct Exchange {
    int64_t id = 0;  // given by the recording; 0 before
    WallTime time{};
    Moment started{};
    std::string client;  // address, as believed (X-Forwarded-For and PROXY headers only from trusted peers)
    std::string peer;    // address:port that the connection came from: with a PROXY header, the proxy's
    std::string user;    // nobody yet: empty

    http::RequestHead received;   // as the client sent it
    std::string path, query;      // normalised
    http::RequestHead sent;       // as it went upstream, at the last attempt
    http::ResponseHead answer;    // as the upstream gave it; status 0: it did not
    http::ResponseHead returned;  // as the client got it; without a head: 499, it left before, or 408, it was let go
    http::HeaderList requestTrailers, responseTrailers;
    Content requestBody, responseBody;

    std::string route, service, endpoint, version;
    std::string cache;  // "hit" "miss" …; empty: no cache asked
    std::vector<Attempt> attempts;
    std::string requestId;
    TraceContext trace;
    std::optional<Fault> failedBy;
    std::string failure;   // one sentence
    int64_t replayOf = 0;  // id of the exchange that this one repeats
    bool tunnel = false;
    StreamFacts stream;  // of one that has messages
    bool kept = true;    // false: its rules say that nothing is recorded
    Times times;
    DecisionLog decisions;

    // Nothing was sent to the client; the status of `returned` says how that came.
    bool unanswered() const { return failedBy && times.answered < Nanos(0) && returned.headers.empty(); }
    // As new, for another request; the memory of its texts stays, up to 16 KiB a body.
    void reset();
};

}  // namespace sluice::journey
