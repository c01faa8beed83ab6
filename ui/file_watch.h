// SPDX-License-Identifier: GPL-3.0-or-later
// FileWatch: tells that a file may have changed, also when an editor puts another one in its place. Whoever listens
// reads it and sees; events that come close together are told once. The window's thread.
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

namespace sluice::ui {

class FileWatch : public QObject {
    Q_OBJECT
public:
    explicit FileWatch(QObject *parent = nullptr);
    void setPath(const QString &path);  // empty: nothing is watched

Q_SIGNALS:
    void changed();

private:
    void look();
    QFileSystemWatcher watcher_;
    QTimer rest_;
    QString path_;
};

}  // namespace sluice::ui
