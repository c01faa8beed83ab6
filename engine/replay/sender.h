// SPDX-License-Identifier: GPL-3.0-or-later
// Sender: sends single requests and gets whole answers back: replay, "edit and send", "try a request". Its own thread and
// loop; the callback runs there. https: the server's name is verified, by the system's CAs and those of SenderOptions. Bounds: 64 requests under way, 64 MiB of an answer kept, each ends within its limit.
#pragma once

#include "engine/base/result.h"
#include "engine/journey/exchange.h"

#include <functional>
#include <memory>
#include <string>

namespace sluice::replay {

struct Request {
    std::string url;         // http://host:port or https:// — where to connect; the target is in `head`
    http::RequestHead head;  // Host is set from the url where it is missing
    std::string body;        // framed with Content-Length
    // What the answer's record says of the request where secrets were put into it; null: what is sent.
    struct Shown {
        http::RequestHead head;
        std::string body;
    };
    std::shared_ptr<const Shown> shown;
    Nanos limit = std::chrono::seconds(30);
};

// `returned` and `responseBody` hold the answer; failedBy and failure why there is none. `times` from the start.
using Answer = std::unique_ptr<journey::Exchange>;

struct SenderOptions {
    // PEM of CAs that are trusted for https beside the system's: a file of the user's, the laptop's own CA. What cannot be read
    // fails each https request with a sentence.
    std::string trusted;
};

class Sender {
public:
    explicit Sender(SenderOptions options = {});
    ~Sender();  // what is under way ends as failed
    Sender(const Sender &) = delete;
    Sender &operator=(const Sender &) = delete;

    // Any thread. Past the bound requests wait in order.
    void send(Request, std::function<void(Answer)> done);
    // Blocks until it is there. Not from a callback.
    Answer sendAndWait(Request);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::replay
