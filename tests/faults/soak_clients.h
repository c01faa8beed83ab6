// SPDX-License-Identifier: GPL-3.0-or-later
// The clients of the soak: each does one thing after the other, as its random numbers say, and keeps a list of the ids that it
// gave its requests.
#pragma once

#include "tests/support/http_answer.h"

#include <atomic>
#include <random>
#include <set>
#include <string>

namespace soak {

using namespace support;

// What one client knows of its requests, by X-Request-ID.
struct Ledger {
    std::set<std::string> sent;     // may have one record
    std::set<std::string> certain;  // must have one: it was answered, or sent whole and not reset
    uint64_t answers = 0, refused = 0, failed = 0, cut = 0, left = 0;
    std::string wrong;  // what must not be; empty: nothing
};

class Client {
public:
    Client(uint16_t port, unsigned number, unsigned seed) : port_(port), number_(number), random_(seed) {}
    void run(const std::atomic<bool> &stop);
    const Ledger &ledger() const { return ledger_; }

private:
    unsigned below(unsigned limit) { return unsigned(random_() % limit); }
    std::string newId();
    std::string head(const std::string &method, const std::string &path, const std::string &id,
                     const std::string &lines = {});
    // Reads one answer; false: the connection is over.
    bool take(RawSocket &socket, const std::string &id, const std::string *body = nullptr);
    void leave(RawSocket &socket, const std::string &id);
    std::string anyPath();

    void asksInOrder();
    void asksAllAtOnce();
    void uploads();
    void uploadsInPieces();
    void leavesEarly();
    void closesItsHalf();
    void readsSlowly();
    void saysNonsense();
    void saysNothing();

    uint16_t port_;
    unsigned number_;
    uint64_t next_ = 0;
    std::mt19937 random_;
    Ledger ledger_;
};

}  // namespace soak
