// SPDX-License-Identifier: GPL-3.0-or-later
// The whole window over a session in memory, on the screen and active, for tests that drive it by keys and mouse.
#pragma once

#include "tests/ui/fake_session.h"
#include "ui/main_window.h"
#include "ui/models/exchange_model.h"
#include "ui/pages/traffic_page.h"
#include "ui/widgets/detail_panel.h"
#include "ui/widgets/long_table.h"

#include <QApplication>
#include <QTest>

namespace sluice::ui {

struct Opened {
    FakeSession session;
    MainWindow window;
    explicit Opened(Theme &theme, size_t exchanges = 0) : window(session, theme)
    {
        window.resize(1280, 800);
        window.show();
        window.activateWindow();
        (void)!QTest::qWaitForWindowActive(&window);
        traffic().table()->setFocus();
        if (exchanges)
            session.arrive(exchanges);
    }
    TrafficPage &traffic() { return *window.traffic(); }
    bool listed(int rows)
    {
        return QTest::qWaitFor([&] { return traffic().model()->rowCount() == rows; });
    }
    bool read(int64_t id)
    {
        traffic().select(id);
        return QTest::qWaitFor(
            [&] { return traffic().detail()->exchange() && traffic().detail()->exchange()->id == id; });
    }
    void key(const char *keys)
    {
        QTest::keySequence(QApplication::focusWidget() ? QApplication::focusWidget() : &window,
                           QKeySequence(QLatin1String(keys)));
    }
};

}  // namespace sluice::ui
