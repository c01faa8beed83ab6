// SPDX-License-Identifier: GPL-3.0-or-later
// HttpAnswer: one HTTP/1 answer read off a RawSocket, simply, by a reader that shares nothing with the gateway's own.
#pragma once

#include "tests/support/raw_socket.h"

#include <map>
#include <string>

namespace support {

struct HttpAnswer {
    int status = 0;                                   // 0: none came
    std::string head;                                 // with its empty line
    std::multimap<std::string, std::string> headers;  // names in lower case
    std::string body;
    bool whole = false;  // the body ended as its framing says
    bool has(const std::string &name) const { return headers.contains(name); }
    std::string header(const std::string &name) const;  // the first; empty: none
};

// `toHead`: the request was HEAD. Interim answers (1xx but 101) are passed over and counted in `interim`.
HttpAnswer readAnswer(RawSocket &socket, bool toHead = false, int *interim = nullptr);

// Sends a request with a connection of its own, and reads its answer. `request` is all of it, as it goes out.
HttpAnswer ask(uint16_t port, const std::string &request, bool toHead = false);
// "GET target" with Host, Connection: close and these lines ("Name: value\r\n…").
HttpAnswer get(uint16_t port, const std::string &target, const std::string &lines = {});

}  // namespace support
