// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/soak_clients.h"

#include <array>

namespace soak {

std::string Client::newId()
{
    std::string id = "soak-" + std::to_string(number_) + '-' + std::to_string(next_++);
    ledger_.sent.insert(id);
    return id;
}

std::string Client::head(const std::string &method, const std::string &path, const std::string &id,
                         const std::string &lines)
{
    return method + ' ' + path + " HTTP/1.1\r\nHost: a\r\nX-Request-ID: " + id + "\r\n" + lines + "\r\n";
}

std::string Client::anyPath()
{
    constexpr std::array paths{"/ok",   "/ok",    "/ok",  "/slow", "/big",  "/chunked",
                               "/echo", "/reset", "/cut", "/half", "/hang", "/nowhere/../.."};
    return paths[below(paths.size())];
}

bool Client::take(RawSocket &socket, const std::string &id, const std::string *body)
{
    const HttpAnswer answer = readAnswer(socket);
    if (socket.end() == RawSocket::End::TimedOut)
        ledger_.wrong = "no answer to " + id + " in half a minute";
    if (answer.status == 0)
        return false;
    const std::string given = answer.header("x-request-id");
    if (given.empty())
        ledger_.wrong = "an answer without an id to " + id;
    ledger_.certain.insert(given);
    ledger_.sent.insert(given);
    ++ledger_.answers;
    ledger_.refused += answer.status / 100 == 4;
    ledger_.failed += answer.status / 100 == 5;
    ledger_.cut += !answer.whole;
    if (answer.whole && answer.status == 200 && body && answer.body != *body)
        ledger_.wrong = "the content of " + id + " came back as another";
    if (!id.empty() && answer.status / 100 != 4 && given != id)
        ledger_.wrong = "the answer to " + id + " has the id " + given;
    return answer.whole && answer.header("connection") != "close";
}

// In one of the ways in which clients leave. After a reset nobody knows whether the request was ever read.
void Client::leave(RawSocket &socket, const std::string &id)
{
    ++ledger_.left;
    socket.hasInput(std::chrono::milliseconds(below(50)));
    if (below(2)) {
        socket.reset();
        return;
    }
    socket.close();
    if (!id.empty())
        ledger_.certain.insert(id);
}

void Client::asksInOrder()
{
    RawSocket socket = RawSocket::connectTo(port_);
    for (unsigned left = 1 + below(8); left > 0; --left) {
        const std::string id = newId();
        if (!socket.send(head("GET", anyPath(), id)) || !take(socket, id))
            return;
    }
}

void Client::asksAllAtOnce()
{
    RawSocket socket = RawSocket::connectTo(port_);
    std::string all;
    std::vector<std::string> ids;
    for (unsigned left = 2 + below(5); left > 0; --left) {
        ids.push_back(newId());
        all += head("GET", anyPath(), ids.back());
    }
    socket.send(all);
    for (const std::string &id : ids) {
        if (!take(socket, id))
            return;
    }
}

void Client::uploads()
{
    RawSocket socket = RawSocket::connectTo(port_);
    const std::string id = newId(), body(below(100'000), char('a' + below(26)));
    const std::string path = below(4) ? "/echo" : "/early";
    socket.send(head("POST", path, id, "Content-Length: " + std::to_string(body.size()) + "\r\n"));
    socket.send(body);
    take(socket, id, &body);
}

void Client::uploadsInPieces()
{
    RawSocket socket = RawSocket::connectTo(port_);
    const std::string id = newId();
    std::string body;
    socket.send(head("POST", "/echo", id, "Transfer-Encoding: chunked\r\n"));
    for (unsigned left = below(6); left > 0; --left) {
        const std::string piece(1 + below(2000), char('a' + below(26)));
        char size[16];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        if (!socket.send(size + piece + "\r\n") || socket.hasInput(std::chrono::milliseconds(below(20))))
            break;
        if (below(8) == 0)
            return leave(socket, id);
        body += piece;
    }
    socket.send(below(10) ? "0\r\n\r\n" : "0x0\r\n\r\n");
    take(socket, id, &body);
}

void Client::leavesEarly()
{
    RawSocket socket = RawSocket::connectTo(port_);
    const std::string id = newId();
    if (!socket.send(head("GET", below(2) ? "/slow" : anyPath(), id)))
        return;
    leave(socket, id);
}

void Client::closesItsHalf()
{
    RawSocket socket = RawSocket::connectTo(port_);
    const std::string id = newId();
    socket.send(head("GET", anyPath(), id));
    socket.shutdownSend();
    ledger_.certain.insert(id);
    take(socket, {});
}

void Client::readsSlowly()
{
    RawSocket socket = RawSocket::connectTo(port_, 4096);
    const std::string id = newId();
    socket.send(head("GET", "/big", id));
    for (unsigned left = below(20); left > 0 && !socket.readExactly(1000).empty(); --left)
        support::waitUntil([] { return false; }, std::chrono::milliseconds(below(20)));
    leave(socket, id);
}

void Client::saysNonsense()
{
    RawSocket socket = RawSocket::connectTo(port_);
    constexpr std::array nonsense{
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "\x16\x03\x01\x02\n", "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"};
    if (below(4) == 0) {
        socket.send("GET / HTTP/1.1\r\nHo");
        return leave(socket, {});
    }
    socket.send(nonsense[below(nonsense.size())]);
    take(socket, {});
}

void Client::saysNothing()
{
    RawSocket socket = RawSocket::connectTo(port_);
    leave(socket, {});
}

void Client::run(const std::atomic<bool> &stop)
{
    constexpr std::array all{&Client::asksInOrder,   &Client::asksInOrder,     &Client::asksAllAtOnce,
                             &Client::uploads,       &Client::uploadsInPieces, &Client::leavesEarly,
                             &Client::closesItsHalf, &Client::readsSlowly,     &Client::saysNonsense,
                             &Client::saysNothing};
    while (!stop && ledger_.wrong.empty())
        (this->*all[below(all.size())])();
}

}  // namespace soak
