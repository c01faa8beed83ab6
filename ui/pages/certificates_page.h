// SPDX-License-Identifier: GPL-3.0-or-later
// CertificatesPage: what this gateway shows to clients and to services: whose it is, for which names, how long it holds, where it comes from;
// and how to have the local CA trusted.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QFrame;
class QLabel;
class QTreeWidget;
class QTreeWidgetItem;

namespace sluice::ui {

class CertificatesPage : public QWidget {
    Q_OBJECT
public:
    enum Column { Where, State, Names, Expires, Issuer, Source, ColumnCount };
    CertificatesPage(Session &session, const Theme &theme, QWidget *parent = nullptr);
    QTreeWidget *tree() const { return tree_; }

Q_SIGNALS:
    void said(const QString &what);  // for a moment, at the window's foot

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void refresh();
    void fill(QTreeWidgetItem *item, const gateway::CertificateStatus &certificate);
    void showHint();

    Session &session_;
    const Theme &theme_;
    QLabel *summary_;
    QTreeWidget *tree_;
    QFrame *hint_;
    QLabel *hintText_;
};

// How a certificate is, in words that stand without their colour: "Valid for 212 days", "Expires in 9 days", "Expired 3 days ago",
// "Not in use: …". `worst`: 0 good, 1 a warning, 2 bad.
QString certificateState(const gateway::CertificateStatus &certificate, int &worst);

}  // namespace sluice::ui
