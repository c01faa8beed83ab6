// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/http_answer.h"

#include <algorithm>
#include <cstdlib>

namespace support {

namespace {

void parseHead(HttpAnswer &answer)
{
    const std::string &head = answer.head;
    if (!head.starts_with("HTTP/1.") || !head.ends_with("\r\n\r\n"))
        return;
    answer.status = std::atoi(head.substr(9, 3).c_str());
    size_t at = head.find("\r\n") + 2;
    while (at < head.size() - 2) {
        const size_t end = head.find("\r\n", at), colon = head.find(':', at);
        std::string name = head.substr(at, colon - at), value = head.substr(colon + 1, end - colon - 1);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        value.erase(0, value.find_first_not_of(" \t"));
        answer.headers.emplace(std::move(name), std::move(value));
        at = end + 2;
    }
}

void readChunks(RawSocket &socket, HttpAnswer &answer)
{
    while (true) {
        const std::string line = socket.readUntil("\r\n");
        if (!line.ends_with("\r\n"))
            return;
        const size_t size = std::strtoull(line.c_str(), nullptr, 16);
        if (size == 0)
            break;
        const std::string chunk = socket.readExactly(size);
        answer.body += chunk;
        if (chunk.size() < size || socket.readExactly(2) != "\r\n")
            return;
    }
    std::string line;
    while ((line = socket.readUntil("\r\n")).ends_with("\r\n") && line != "\r\n") {}
    answer.whole = line == "\r\n";
}

}  // namespace

std::string HttpAnswer::header(const std::string &name) const
{
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
}

HttpAnswer readAnswer(RawSocket &socket, bool toHead, int *interim)
{
    HttpAnswer answer;
    while (true) {
        answer = HttpAnswer();
        answer.head = socket.readHead();
        parseHead(answer);
        if (answer.status / 100 != 1 || answer.status == 101)
            break;
        if (interim)
            ++*interim;
    }
    if (answer.status == 0)
        return answer;
    if (toHead || answer.status == 204 || answer.status == 304 || answer.status == 101) {
        answer.whole = true;
    } else if (answer.header("transfer-encoding") == "chunked") {
        readChunks(socket, answer);
    } else if (answer.has("content-length")) {
        const size_t size = std::strtoull(answer.header("content-length").c_str(), nullptr, 10);
        answer.body = socket.readExactly(size);
        answer.whole = answer.body.size() == size;
    } else {
        answer.body = socket.readAll();
        answer.whole = socket.end() == RawSocket::End::Closed;
    }
    return answer;
}

HttpAnswer ask(uint16_t port, const std::string &request, bool toHead)
{
    RawSocket socket = RawSocket::connectTo(port);
    if (!socket.isOpen() || !socket.send(request))
        return {};
    return readAnswer(socket, toHead);
}

HttpAnswer get(uint16_t port, const std::string &target, const std::string &lines)
{
    return ask(port,
               "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n"
                   + lines + "\r\n");
}

}  // namespace support
