// SPDX-License-Identifier: GPL-3.0-or-later
// The client's side of the control socket: HTTP/1.1 over a Unix domain socket that only its user can open (so
// `curl --unix-socket PATH http://sluice/status` works too). Blocking, with a time limit; any thread.
//
//   GET /status          → Status as JSON
//   POST /reload         → 200, or 422 with {"problems": [...]}
//   POST /drain          → 202
//   POST /record         → 202: an exchange that another program finished goes into the recording; its content is
//                          GatewayOptions::takeExchange's to read, at most 24 MiB
//   GET /explain?method=GET&target=/a%3Fb&host=…&header=Name:value  → the decisions for a request not sent
// A POST that a web page made (it has Origin or Sec-Fetch-Site) → 403.
#pragma once

#include "engine/base/result.h"
#include "engine/gateway/status.h"

#include <string>
#include <vector>

namespace sluice::gateway {

struct ControlAnswer {
    int status = 0;
    std::string body;
};

// `limit` bounds the whole call; `content` goes with a POST. Error: nobody listens there, it is not ours, it hangs.
Result<ControlAnswer> control(const std::string &socket, std::string_view method, std::string_view target,
                              Nanos limit = std::chrono::seconds(5), std::string_view content = {});

// The only running gateway's socket in socketFolder() (stale ones are skipped). Error: none, or several: what()
// lists them and says to use --socket.
Result<std::string> findSocket();
// $XDG_RUNTIME_DIR/sluice; where there is no such folder, or its name is too long for a socket: /tmp/sluice-UID.
std::string socketFolder();
constexpr size_t longestSocketPath = 107;  // what the kernel takes
std::vector<std::string> sockets();        // those of all gateways that run for this user, as found there

}  // namespace sluice::gateway
