// SPDX-License-Identifier: GPL-3.0-or-later
// ExchangeModel: the list of recorded exchanges that a filter lets through, live. Holds ids, and rows only of the
// pages that were looked at last; text is made when it is painted. Lives on the window's thread, never waits.
//
// Bounds: 2,000,000 ids (8 bytes each; of more the oldest are left out, and leftOut() says so), 64 pages of 200 rows.
// Arrivals are taken in at most once a frame, in one insert. Ids only ever come behind the newest or before the oldest,
// so a row that is there moves only by whole inserts that a view can balance (widgets/long_table.h).
#pragma once

#include "storage/reader.h"
#include "ui/recording_access.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <deque>
#include <list>
#include <set>
#include <unordered_map>

namespace sluice::ui {

class ExchangeModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Mark, Id, Time, Method, Status, Path, Route, Service, Latency, Size, ColumnCount };
    static constexpr size_t mostIds = 2'000'000, pageRows = 200, mostPages = 64;

    explicit ExchangeModel(RecordingAccess &recording, QObject *parent = nullptr);
    ~ExchangeModel() override;

    // Starts the list anew. `lastId` is the newest id that the recording is known to have.
    void show(recording::Filter filter, storage::Order order, int64_t lastId);
    // Another recording is there: the same filter, from its beginning.
    void restart(int64_t lastId);
    // The same rows, turned around; nothing is read again.
    void setOrder(storage::Order order);
    const recording::Filter &filter() const { return filter_; }
    storage::Order order() const { return order_; }
    // The recording has grown up to this id.
    void advance(int64_t lastId);
    // Reads this row again (its mark was changed).
    void refresh(int64_t id);

    int64_t idAt(int row) const;  // 0: no such row
    int rowOf(int64_t id) const;  // -1: not in the list
    // Nothing: it is on its way (then dataChanged follows), or it is no longer kept.
    const storage::Row *rowAt(int row) const;
    // It was looked for and is no longer kept.
    bool gone(int row) const;
    bool loading() const { return loadingOlder_; }  // older ids are still on their way
    bool leftOut() const { return leftOut_; }
    // Why the list is not up to date; empty: it is.
    const QString &trouble() const { return trouble_; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    // The first rows of a new filter are there, or there are none; later whenever loading() or trouble() changes.
    void settled();

private:
    enum Slot { Older, Newer, Pages };  // of our questions
    struct Line {
        enum class State : uint8_t { Missing, There, Gone } state = State::Missing;
        storage::Row row;
    };
    using Page = std::vector<Line>;

    int64_t place(int row) const;  // the row's place in the list of ids, counted from where it began: stays
    int rowOfPlace(int64_t place) const;
    void askOlder();
    void askNewer();
    void addOlder(const std::vector<int64_t> &newestFirst);
    void addNewer(const std::vector<int64_t> &oldestFirst);
    void dropOldest();
    void askPages();
    void takeRows(const std::vector<int64_t> &asked, std::vector<storage::Row> rows);
    void fail(const Error &);
    void heal();                      // a question was answered after one that failed
    Line *line(int64_t place) const;  // of a page that is held; makes the page most recently used

    RecordingAccess &recording_;
    recording::Filter filter_;
    storage::Order order_ = storage::Order::NewestFirst;
    std::deque<int64_t> ids_;  // ascending
    int64_t origin_ = 0;       // the place of ids_.front(): goes down as older ones come
    int64_t known_ = 0;        // all up to this id are in the list
    int64_t newest_ = 0;       // what the recording has
    bool loadingOlder_ = false, askingNewer_ = false, leftOut_ = false, ready_ = false;
    bool olderFailed_ = false;
    uint64_t shown_ = 0;  // counts show(): an answer to what was asked before is another list's
    QString trouble_;

    struct Held {
        Page lines;
        std::list<int64_t>::iterator used;
    };
    mutable std::unordered_map<int64_t, Held> pages_;
    mutable std::list<int64_t> recent_;  // page numbers, the most recently used first
    mutable std::set<int64_t> wanted_;   // places of rows to read
    bool reading_ = false;
    mutable QTimer frame_, pageTimer_;
};

}  // namespace sluice::ui
