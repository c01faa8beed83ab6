// SPDX-License-Identifier: GPL-3.0-or-later
// The headers that most of the window needs, compiled once.
#pragma once

#include <QtCharts>
#include <QtCore>
#include <QtGui>
#include <QtWidgets>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>
