// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/signals.h"

#include <QSocketNotifier>

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice::cli {

namespace {

// A handler may do no more than write to a pipe (signal-safety(7)).
int ends[2] = {-1, -1};
constexpr int watched[] = {SIGHUP, SIGTERM, SIGINT};
struct sigaction before[std::size(watched)];

void handle(int number)
{
    const int saved = errno;
    const char byte = char(number);
    [[maybe_unused]] const ssize_t n = ::write(ends[1], &byte, 1);
    errno = saved;
}

}  // namespace

Signals::Signals(QObject *parent) : QObject(parent), notifier_(nullptr)
{
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    notifier_ = new QSocketNotifier(ends[0], QSocketNotifier::Read, this);
    connect(notifier_, &QSocketNotifier::activated, this, [this] { arrived(); });
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < std::size(watched); ++i)
        ::sigaction(watched[i], &action, &before[i]);
}

Signals::~Signals()
{
    if (!notifier_)
        return;
    for (size_t i = 0; i < std::size(watched); ++i)
        ::sigaction(watched[i], &before[i], nullptr);
    delete notifier_;
    ::close(ends[0]);
    ::close(ends[1]);
}

void Signals::arrived()
{
    char bytes[64];
    const ssize_t n = ::read(ends[0], bytes, sizeof bytes);
    for (ssize_t i = 0; i < n; ++i) {
        if (bytes[i] == SIGHUP)
            Q_EMIT hangup();
        else
            Q_EMIT end();
    }
}

void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace sluice::cli
