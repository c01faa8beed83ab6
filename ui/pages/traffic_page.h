// SPDX-License-Identifier: GPL-3.0-or-later
// TrafficPage: the live list of exchanges, its filter, and the detail of the one that is being read.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QLabel;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace sluice::ui {

class DetailPanel;
class ExchangeModel;
class FilterBar;
class FirstScreen;
class LongTable;
class OpenStreams;

class TrafficPage : public QWidget {
    Q_OBJECT
public:
    TrafficPage(Session &session, const Theme &theme, QWidget *parent = nullptr);

    // Shows just these; text of the filter language.
    void setFilter(const QString &text);
    void focusFilter();
    void select(int64_t id);
    // Its detail, whether it is in the list or not.
    // `part`: "decisions", say; empty: the one that was shown last.
    void open(int64_t id, const QString &part = {});
    std::vector<int64_t> selectedIds() const;  // oldest first, at most 200
    FilterBar *filterBar() const { return filter_; }
    LongTable *table() const { return table_; }
    ExchangeModel *model() const { return model_; }
    DetailPanel *detail() const { return detail_; }
    OpenStreams *openStreams() const { return open_; }
    FirstScreen *firstScreen() const { return first_; }

    // The verbs of the keyboard; each says with said() why it cannot.
    void replay(bool edit);
    void compare();
    void copyCurl();
    // With its secrets in clear: the only way, beside "Copy with secrets" of what is selected, in which they leave the program.
    void copyCurlWithSecrets();
    void reveal();          // or hide again
    void mark(int number);  // 1 to 6; the same again takes it off
    void closeDetail();
    void turnOrder();
    void follow();

Q_SIGNALS:
    void replayAsked(qint64 id, bool edit);
    void compareAsked(qint64 before, qint64 after);
    void said(const QString &sentence);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    QWidget *listPart();
    void addShortcuts();
    void currentChanged();
    void readOpen(qint64 id);
    enum Part { FirstPart, ListPart };
    void showPart(Part part);
    void showState();
    void showFollowing();
    void openMenu(const QPoint &at);
    const journey::Exchange *readNow();  // nothing: said() has told why
    void takeNames();
    void restyle();

    Session &session_;
    const Theme &theme_;
    ExchangeModel *model_;
    FilterBar *filter_;
    QToolButton *order_, *follow_;
    LongTable *table_;
    OpenStreams *open_;
    DetailPanel *detail_;
    FirstScreen *first_;
    QSplitter *splitter_;
    QStackedWidget *outer_, *inner_;  // first screen or list; table or a word about why it is empty
    QLabel *empty_, *count_;
    int64_t reading_ = 0, pausedAt_ = 0;
    int arrived_ = 0;
    QString toldTrouble_;
    bool seeking_ = false;  // the row of what is being read has not come into the list yet
};

}  // namespace sluice::ui
