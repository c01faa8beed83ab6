// SPDX-License-Identifier: GPL-3.0-or-later
// One wire on a loop, and a plain socket on its other end.
#include "engine/net/wire.h"

#include "tests/support/waiting.h"
#include "tests/unit/dispatcher/loops.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/uio.h>

using namespace sluice;
using namespace sluice::net;

namespace {

struct Owner final : WireOwner {
    void hungUp() override {}
};

bool take(const Fd &from, std::string_view expected)
{
    std::string got(expected.size(), '\0');
    size_t size = 0;
    pollfd ready{from.get(), POLLIN, 0};
    while (size < got.size() && ::poll(&ready, 1, 10'000) == 1) {
        const ssize_t n = ::recv(from.get(), got.data() + size, got.size() - size, 0);
        if (n <= 0)
            break;
        size += size_t(n);
    }
    return got == expected;
}

bool give(const Fd &to, std::string_view text)
{
    return ::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size());
}

// Segments that the other side has not said to have.
unsigned unheard(const Fd &fd)
{
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_unacked : 99;
}

}  // namespace

class WireTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aPeerThatHoldsBackIsToldAtOnceWhatHasCome_data() { addLoops(); }
    void aPeerThatHoldsBackIsToldAtOnceWhatHasCome();
};

void WireTest::aPeerThatHoldsBackIsToldAtOnceWhatHasCome()
{
    QFETCH(LoopKind, loop);
    Address here;
    QVERIFY(Address::parse("127.0.0.1", 0, here));
    const Result<Fd> listening = listenOn(here);
    QVERIFY(listening);
    here.length = sizeof here.storage;
    QCOMPARE(::getsockname(listening->get(), reinterpret_cast<sockaddr *>(&here.storage), &here.length), 0);
    const Fd peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    QCOMPARE(::connect(peer.get(), reinterpret_cast<const sockaddr *>(&here.storage), here.length), 0);
    Fd accepted(::accept4(listening->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    QVERIFY(accepted);
    inLoop(loop, [&](Poller &poller) {
        Scheduler scheduler;
        BufferPool buffers;
        Owner owner;
        Wire wire(std::move(accepted), poller, scheduler, buffers, owner);
        const auto comes = [&](std::string_view text) {
            const bool whole = turnUntil([&] {
                wire.fill();
                return wire.input().size() >= text.size();
            });
            const bool same = whole && wire.input() == text;
            wire.consume(wire.input().size());
            return same;
        };
        // Question and answer for a while: each is acknowledged by the other, and no longer at once.
        for (int i = 0; i < 20; ++i) {
            QVERIFY(give(peer, "question"));
            QVERIFY(comes("question"));
            const std::string_view answer = "answer";
            const iovec piece{const_cast<char *>(answer.data()), answer.size()};
            QCOMPARE(wire.send(&piece, 1), Wire::Send::Done);
            QVERIFY(take(peer, answer));
        }
        for (const char *part : {"a head", "some content", "more"}) {
            QVERIFY(give(peer, part));
            QVERIFY(comes(part));
            wire.acknowledge();
            // Far less than the 40 ms that it would take by itself.
            QVERIFY(support::waitUntil([&] { return unheard(peer) == 0; }, std::chrono::milliseconds(15)));
        }
    });
}

QTEST_GUILESS_MAIN(WireTest)
#include "wire_test.moc"
