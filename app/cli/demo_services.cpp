// SPDX-License-Identifier: GPL-3.0-or-later
// sluice demo-services: the sample services in a process of their own, which `sluice demo` starts. Prints their ports, then
// serves until its parent is gone, however that went.
#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "app/demo/services.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace sluice::cli {

int demoServices(int parent)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGINT, SIG_IGN);  // Ctrl+C is for the demo, which ends us in good order
    if (::getppid() != parent)  // it went before the line above
        return Failed;
    int argc = 1;
    char name[] = "sluice", *argv[] = {name, nullptr};
    const QCoreApplication application(argc, argv);
    demo::Services services(uint64_t(::getpid()));
    const Result<demo::Ports> ports = services.open();
    if (!ports)
        return fail(Failed, ports.error().what);
    std::string line = "ports";
    for (const uint16_t port : *ports)
        line += ' ' + std::to_string(port);
    printLine(line);
    flush();
    // The demo holds the other end of stdin.
    QSocketNotifier gone(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&gone, &QSocketNotifier::activated, &application, [] {
        char byte;
        if (::read(STDIN_FILENO, &byte, 1) <= 0)
            QCoreApplication::quit();
    });
    return QCoreApplication::exec();
}

}  // namespace sluice::cli
