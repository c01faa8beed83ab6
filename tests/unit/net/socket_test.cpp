// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets of this program, on this machine: what is set once on those that listen holds for whoever connects.
#include "engine/net/socket.h"

#include <QTest>

#include <netinet/tcp.h>
#include <poll.h>

using namespace sluice;
using net::Address;
using net::Fd;

namespace {

std::string congestionControl(int fd)
{
    char name[16] = "";
    socklen_t size = sizeof name;
    return ::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) == 0 ? name : "?";
}

int option(int fd, int which)
{
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, IPPROTO_TCP, which, &value, &size) == 0 ? value : -1;
}

// Asked of the system itself, not of what is tested.
bool hasIPv6()
{
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = in6addr_loopback;
    const Fd fd(::socket(AF_INET6, SOCK_STREAM, 0));
    return fd && ::bind(fd.get(), reinterpret_cast<const sockaddr *>(&loopback), sizeof loopback) == 0;
}

Address boundTo(int fd)
{
    Address out;
    out.length = sizeof out.storage;
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&out.storage), &out.length);
    return out;
}

}  // namespace

class SocketTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void addressesOfThisMachineAreKnown_data();
    void addressesOfThisMachineAreKnown();
    void bothEndsAreTunedFromTheFirstByte_data();
    void bothEndsAreTunedFromTheFirstByte();
};

void SocketTest::addressesOfThisMachineAreKnown_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<bool>("loopback");
    const std::pair<const char *, bool> cases[] = {
        {"127.0.0.1", true},
        {"127.255.0.9", true},
        {"::1", true},
        {"::ffff:127.0.0.1", true},
        {"128.0.0.1", false},
        {"10.0.0.1", false},
        {"0.0.0.0", false},
        {"::", false},
        {"::2", false},
        {"fe80::1", false},
        {"::ffff:10.0.0.1", false},
    };
    for (const auto &[host, loopback] : cases)
        QTest::newRow(host) << QString(host) << loopback;
}

void SocketTest::addressesOfThisMachineAreKnown()
{
    QFETCH(QString, host);
    Address address;
    QVERIFY(Address::parse(host.toStdString(), 80, address));
    QTEST(address.isLoopback(), "loopback");
}

void SocketTest::bothEndsAreTunedFromTheFirstByte_data()
{
    QTest::addColumn<QString>("host");
    QTest::newRow("IPv4") << "127.0.0.1";
    if (hasIPv6())
        QTest::newRow("IPv6") << "::1";
    QTest::newRow("all") << "0.0.0.0";
}

void SocketTest::bothEndsAreTunedFromTheFirstByte()
{
    QFETCH(QString, host);
    Address address;
    QVERIFY(Address::parse(host.toStdString(), 0, address));
    const Result<Fd> listening = net::listenOn(address);
    QVERIFY(listening);
    Address to = boundTo(listening->get());
    QVERIFY(address.isLoopback() || Address::parse("127.0.0.1", to.port(), to));
    const Result<Fd> client = net::connectTo(to);
    QVERIFY(client);
    pollfd waits{listening->get(), POLLIN, 0};
    QCOMPARE(::poll(&waits, 1, 5000), 1);
    const Fd accepted(::accept4(listening->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    QVERIFY(accepted);
    for (const int fd : {client->get(), accepted.get()}) {
        QCOMPARE(option(fd, TCP_NODELAY), 1);
        QCOMPARE(option(fd, TCP_NOTSENT_LOWAT), 128 * 1024);
    }
    QCOMPARE(congestionControl(client->get()), std::string("reno"));
    // Who may come from elsewhere goes by the system's own control.
    const Fd plain(::socket(AF_INET, SOCK_STREAM, 0));
    QCOMPARE(congestionControl(accepted.get()),
             address.isLoopback() ? std::string("reno") : congestionControl(plain.get()));
}

QTEST_GUILESS_MAIN(SocketTest)
#include "socket_test.moc"
