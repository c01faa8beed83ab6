// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: the rail with the pages, the line about the gateway, and the keys that work everywhere.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QMainWindow>
#include <QPointer>

class QButtonGroup;
class QMessageBox;
class QStackedWidget;
class QToolButton;

namespace sluice::ui {

class CertificatesPage;
class DashboardPage;
class ReplayPage;
class RoutesPage;
class ServicesPage;
class Toast;
class TrafficPage;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    enum Page { Traffic, Routes, Services, Dashboard, Replay, Certificates, PageCount };

    // Both must outlive the window.
    MainWindow(Session &session, Theme &theme);
    ~MainWindow() override;

    void show(Page page);
    using QMainWindow::show;
    Page page() const;
    // "traffic" "routes" …; nothing: no such page.
    static std::optional<Page> pageNamed(const QString &name);
    TrafficPage *traffic() const { return traffic_; }
    RoutesPage *routes() const { return routes_; }
    ServicesPage *services() const { return services_; }
    DashboardPage *dashboard() const { return dashboard_; }
    ReplayPage *replay() const { return replay_; }
    CertificatesPage *certificates() const { return certificates_; }

    void openPalette();
    void openShortcuts();

protected:
    void closeEvent(QCloseEvent *event) override;

private:
    QWidget *rail();
    void connectPages();
    void addShortcuts();
    void restyle();
    void askToSave();

    Session &session_;
    Theme &theme_;
    QStackedWidget *pages_;
    QButtonGroup *buttons_;
    TrafficPage *traffic_;
    RoutesPage *routes_;
    ServicesPage *services_;
    DashboardPage *dashboard_;
    ReplayPage *replay_;
    CertificatesPage *certificates_;
    Toast *toast_;
    QPointer<QMessageBox> asking_;  // what to do with edits that are not saved
    bool leaving_ = false;          // that has been answered
};

}  // namespace sluice::ui
