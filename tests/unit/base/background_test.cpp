// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/background.h"

#include <QTest>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

class BackgroundTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aThreadGoesBehindAllOthersAlone();
};

void BackgroundTest::aThreadGoesBehindAllOthersAlone()
{
    const auto mine = [] { return std::pair(::sched_getscheduler(0), ::getpriority(PRIO_PROCESS, id_t(::gettid()))); };
    const auto before = mine();
    auto behind = before, child = before;
    std::thread([&] {
        sluice::goBehindOthers();
        behind = mine();
    }).join();
    std::thread([&] { child = mine(); }).join();
    QCOMPARE(behind, std::pair(SCHED_BATCH, std::max(before.second, 5)));
    QCOMPARE(child, before);
    QCOMPARE(mine(), before);
}

QTEST_GUILESS_MAIN(BackgroundTest)
#include "background_test.moc"
