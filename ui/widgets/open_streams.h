// SPDX-License-Identifier: GPL-3.0-or-later
// OpenStreams: what goes on still (WebSockets, event streams, gRPC calls), above the list of what is over. Hidden where nothing does.
// Bound: the newest 200 are listed.
#pragma once

#include "ui/recording_access.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QLabel;

namespace sluice::ui {

class LongTable;
class OpenModel;

class OpenStreams : public QWidget {
    Q_OBJECT
public:
    OpenStreams(RecordingAccess &recording, const Theme &theme, QWidget *parent = nullptr);
    ~OpenStreams() override;

    // Looks again, at once.
    void look();
    void clearChoice();
    int count() const;
    LongTable *table() const { return table_; }

Q_SIGNALS:
    void chosen(qint64 id);  // negative, as storage::Reader::open() gives it

private:
    void take(std::vector<storage::Row> rows);
    RecordingAccess &recording_;
    OpenModel *model_;
    QLabel *title_;
    LongTable *table_;
    QTimer timer_;
    bool taking_ = false;
};

}  // namespace sluice::ui
