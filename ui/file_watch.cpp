// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/file_watch.h"

#include <QFileInfo>

namespace sluice::ui {

namespace {

constexpr int togetherMs = 100;

}  // namespace

FileWatch::FileWatch(QObject *parent) : QObject(parent)
{
    rest_.setSingleShot(true);
    rest_.setInterval(togetherMs);
    connect(&watcher_, &QFileSystemWatcher::fileChanged, &rest_, qOverload<>(&QTimer::start));
    connect(&watcher_, &QFileSystemWatcher::directoryChanged, &rest_, qOverload<>(&QTimer::start));
    connect(&rest_, &QTimer::timeout, this, &FileWatch::look);
}

void FileWatch::setPath(const QString &path)
{
    if (const QStringList old = watcher_.files() + watcher_.directories(); !old.isEmpty())
        watcher_.removePaths(old);
    path_ = path;
    if (path_.isEmpty())
        return;
    watcher_.addPath(QFileInfo(path_).absolutePath());
    watcher_.addPath(path_);
}

void FileWatch::look()
{
    // A file that was replaced is no longer the one that is watched; its folder tells when the new one is there.
    if (!path_.isEmpty() && !watcher_.files().contains(path_) && QFileInfo::exists(path_))
        watcher_.addPath(path_);
    Q_EMIT changed();
}

}  // namespace sluice::ui
