// SPDX-License-Identifier: GPL-3.0-or-later
// ServicesPage: every service and its endpoints: whether they take requests and why not, how many they got, how fast
// they are.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

#include <map>

class QLabel;
class QTreeWidget;
class QTreeWidgetItem;

namespace sluice::ui {

class ServicesPage : public QWidget {
    Q_OBJECT
public:
    enum Column { Name, State, Weight, Requests, Share, Failures, Active, Idle, Mean, P95, ColumnCount };
    ServicesPage(Session &session, const Theme &theme, QWidget *parent = nullptr);
    QTreeWidget *tree() const { return tree_; }

Q_SIGNALS:
    void filterAsked(const QString &filter);  // show this in Traffic

protected:
    void showEvent(QShowEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    bool lost() const { return !session_.lost().isEmpty(); }
    void refresh();
    void askLatencies();
    void fillService(QTreeWidgetItem *item, const gateway::ServiceStatus &service);
    void fillEndpoint(QTreeWidgetItem *item, const gateway::ServiceStatus &service,
                      const gateway::EndpointStatus &endpoint, uint64_t all);
    void setState(QTreeWidgetItem *item, const QString &icon, const QColor &color, const QString &word);
    QTreeWidgetItem *child(QTreeWidgetItem *parent, int index);

    Session &session_;
    const Theme &theme_;
    QLabel *summary_;
    QTreeWidget *tree_;
    std::map<std::string, Nanos> p95_;  // by endpoint, over the last five minutes
    QTimer latencies_;
};

}  // namespace sluice::ui
