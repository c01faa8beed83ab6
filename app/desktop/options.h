// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line of sluice-desktop says.
#pragma once

#include "ui/main_window.h"

#include <QCoreApplication>
#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace sluice::desktop {

struct Options {
    std::string attach, file, record, to, socket;
    std::vector<std::string> listen;
    std::optional<ui::Mode> theme;
    ui::MainWindow::Page page = ui::MainWindow::Traffic;
    QString screenshot, filter, size, tab, attempt;
    qint64 show = 0;  // an exchange to open
};

// Ends the program itself for --help and --version (0) and for bad usage (2).
Options readOptions(const QCoreApplication &);

}  // namespace sluice::desktop
