// SPDX-License-Identifier: GPL-3.0-or-later
// MessageModel: the messages of one exchange (WebSocket, event stream, gRPC), one a row, also while they come. Holds only the
// pages that were looked at last, and of each message what fits on its line. Lives on the window's thread, never waits.
//
// Bounds: 32 pages of 200 rows, 600 bytes a row; the recording keeps at most 100,000 messages of a stream.
#pragma once

#include "engine/recording/message_text.h"
#include "ui/recording_access.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <list>
#include <map>

namespace sluice::ui {

class Revealer;

class MessageModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Number, Time, From, Kind, Size, Text, ColumnCount };
    static constexpr int64_t pageRows = 200;
    static constexpr size_t mostPages = 32, lineBytes = 600;

    // `revealer`: of the exchange whose messages these are; must outlive it. Null: their secrets stay dots.
    explicit MessageModel(RecordingAccess &recording, Revealer *revealer = nullptr, QObject *parent = nullptr);

    // 0: none. The rows come later.
    void show(int64_t exchange);
    int64_t exchange() const { return exchange_; }
    // Asks for what has come since.
    void look();
    // More may come.
    bool open() const { return open_; }
    // Schema for the fields of gRPC messages; texts are made anew.
    void setNames(recording::NamedFields names);
    const recording::NamedFields &names() const { return names_; }
    // Nothing: it is on its way (then dataChanged follows), or is not kept.
    const journey::Message *at(int row) const;
    // As data() has it in the column Text.
    ShownText textOf(const journey::Message &) const;
    int64_t numberAt(int row) const { return first_ + row; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void ended();    // it was open, and is not any more
    void settled();  // what was asked for last is there

private:
    enum Slot { Span, Rows };
    struct Line {
        enum class State : uint8_t { Missing, There, Gone } state = State::Missing;
        journey::Message message;
    };
    struct Page {
        std::vector<Line> lines;
        std::list<int64_t>::iterator used;
    };
    void takeSpan(const storage::MessageSpan &);
    void ask();
    void showTexts();
    void takeRows(int64_t from, size_t most, std::vector<journey::Message> messages);
    Line *line(int64_t number, bool make = false) const;
    QString cell(const journey::Message &, int column) const;

    RecordingAccess &recording_;
    Revealer *revealer_;
    recording::NamedFields names_;
    int64_t exchange_ = 0;
    int64_t first_ = 1, last_ = 0;  // numbers of the rows
    bool open_ = false, reading_ = false;
    mutable std::map<int64_t, Page> pages_;
    mutable std::list<int64_t> recent_;
    mutable int64_t wanted_ = 0;  // the number that was looked for last and is not there; 0: none
    mutable QTimer timer_;
};

}  // namespace sluice::ui
