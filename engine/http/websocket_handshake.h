// SPDX-License-Identifier: GPL-3.0-or-later
// What a proxy checks of the opening handshake of a WebSocket over HTTP/1.1 (RFC 6455 sections 4.1 and 4.2), and what it agreed.
// Pure; any thread.
#pragma once

#include "engine/base/result.h"
#include "engine/http/message.h"

#include <string>
#include <string_view>

namespace sluice::http {

struct WebSocketAgreement {
    bool deflate = false;  // permessage-deflate (RFC 7692)
    bool clientTakesOver = true, serverTakesOver = true;
    std::string unknown;  // another extension that was agreed: its frames cannot be read; empty: none
};

// The client asks for a WebSocket.
bool asksForWebSocket(const RequestHead &);
// Why such a request is none that may be passed on; empty: it may. Its version is for the upstream to refuse.
std::string wrongWebSocketRequest(const RequestHead &);
// Holds a 101 against the request that it answers. Error (of the upstream): the sentence says what is wrong.
Result<WebSocketAgreement> checkWebSocketAnswer(const RequestHead &, const ResponseHead &);
// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string webSocketAccept(std::string_view key);

}  // namespace sluice::http
