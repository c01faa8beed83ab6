// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/certificates_page.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/row_height_delegate.h"

#include <QApplication>
#include <QClipboard>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr int expiresSoonDays = 30;
constexpr const char *trustLine = "sluice ca trust";

// Of "CN=shop.test,O=Shop": what people call it.
QString commonName(const std::string &subject)
{
    const QString text = qs(subject);
    const qsizetype at = text.indexOf(u"CN="_qs);
    return at < 0 ? text : text.mid(at + 3).section(u',', 0, 0);
}

bool isLocalCa(const gateway::CertificateStatus &certificate)
{
    return certificate.where == "local CA";
}

QString namesOf(const gateway::CertificateStatus &certificate)
{
    QStringList all;
    for (const std::string &name : certificate.names)
        all << qs(name);
    return all.isEmpty() || isLocalCa(certificate) ? commonName(certificate.subject) : all.join(u", "_qs);
}

// Without the file, which has a column of its own.
QString troubleOf(const gateway::CertificateStatus &certificate)
{
    const QString trouble = qs(certificate.trouble), file = qs(certificate.file) + u": "_qs;
    return trouble.startsWith(file) ? trouble.mid(file.size()) : trouble;
}

QString expiryDay(WallTime time)
{
    return qs(rfc3339(time)).left(10);
}

}  // namespace

QString certificateState(const gateway::CertificateStatus &certificate, int &worst)
{
    const auto days = [](int count) { return counted(uint64_t(count), QObject::tr("day"), QObject::tr("days")); };
    worst = 2;
    if (certificate.subject.empty())
        return QObject::tr("Not in use: %1").arg(troubleOf(certificate));
    if (certificate.daysLeft < 0)
        return QObject::tr("Expired %1 ago").arg(days(-certificate.daysLeft));
    worst = 1;
    if (!certificate.trouble.empty())
        return QObject::tr("The one before is in use: %1").arg(troubleOf(certificate));
    if (certificate.daysLeft < expiresSoonDays)
        return QObject::tr("Expires in %1").arg(days(certificate.daysLeft));
    worst = 0;
    return QObject::tr("Valid for %1").arg(days(certificate.daysLeft));
}

CertificatesPage::CertificatesPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      summary_(label({}, "muted")),
      tree_(new QTreeWidget),
      hint_(new QFrame),
      hintText_(label({}, "muted"))
{
    tree_->setAccessibleName(tr("Certificates"));
    tree_->setColumnCount(ColumnCount);
    tree_->setHeaderLabels({tr("Where"), tr("State"), tr("Names"), tr("Expires"), tr("Signed by"), tr("Comes from")});
    tree_->setItemDelegate(new RowHeightDelegate(tree_));
    tree_->setUniformRowHeights(true);
    tree_->setRootIsDecorated(false);
    tree_->header()->setStretchLastSection(false);
    tree_->header()->setSectionResizeMode(State, QHeaderView::Stretch);  // it must stay whole

    auto *top = new QVBoxLayout;
    top->setContentsMargins(space::s, space::m, space::s, space::m);  // as the cells below
    top->setSpacing(2);
    top->addWidget(label(tr("Certificates"), "title"));
    top->addWidget(summary_);
    auto *copy = new QPushButton(tr("Copy the line"));
    copy->setAccessibleName(tr("Copy %1").arg(QLatin1String(trustLine)));
    auto *line = new QHBoxLayout(hint_);
    line->setContentsMargins(space::s, space::m, space::s, space::m);
    hintText_->setWordWrap(true);
    hintText_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    line->addWidget(hintText_, 1);
    line->addWidget(copy);
    auto *frame = panel();
    auto *inner = new QVBoxLayout(frame);
    inner->setContentsMargins(1, 1, 1, 1);
    inner->setSpacing(0);
    inner->addLayout(top);
    inner->addWidget(tree_, 1);
    inner->addWidget(hint_);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(frame);
    setFocusProxy(tree_);

    connect(copy, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(QLatin1String(trustLine));
        Q_EMIT said(tr("Copied: %1").arg(QLatin1String(trustLine)));
    });
    connect(&session_, &Session::statusChanged, this, &CertificatesPage::refresh);
    connect(&session_, &Session::lostChanged, this, &CertificatesPage::refresh);
    connect(&theme_, &Theme::changed, this, &CertificatesPage::refresh);
    refresh();
}

void CertificatesPage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    const bool narrow = width() < 1240;
    const int wide[ColumnCount] = {210, 0, 210, 110, 150, 150}, tight[ColumnCount] = {170, 0, 140, 100, 120, 130};
    for (int i = 0; i < ColumnCount; ++i) {
        if (i != State)
            tree_->header()->resizeSection(i, narrow ? tight[i] : wide[i]);
    }
}

void CertificatesPage::refresh()
{
    const std::vector<gateway::CertificateStatus> &all = session_.status().certificates;
    QTreeWidgetItem *root = tree_->invisibleRootItem();
    size_t soon = 0, bad = 0;
    for (size_t i = 0; i < all.size(); ++i) {
        if (root->childCount() <= int(i))
            new QTreeWidgetItem(root);
        fill(root->child(int(i)), all[i]);
        int worst = 0;
        certificateState(all[i], worst);
        soon += worst == 1;
        bad += worst == 2;
    }
    while (root->childCount() > int(all.size()))
        delete root->takeChild(root->childCount() - 1);
    QString summary = counted(all.size(), tr("certificate"), tr("certificates"));
    if (!session_.lost().isEmpty())
        summary += tr(". The gateway is gone: these are its last ones");
    else if (bad + soon == 0)
        summary += tr(", all of them fine");
    if (bad > 0)
        summary += tr(", %1 not usable").arg(bad);
    if (soon > 0)
        summary += tr(", %1 to look after").arg(soon);
    summary_->setText(
        all.empty() ? tr("No listener speaks TLS. Listen at an https:// URL, and a certificate is made on demand.")
                    : summary + u'.');
    showHint();
}

void CertificatesPage::fill(QTreeWidgetItem *item, const gateway::CertificateStatus &certificate)
{
    const Palette &c = theme_.colors();
    const auto set = [item](Column column, const QString &text) {
        if (item->text(column) != text) {
            item->setText(column, text);
            item->setToolTip(column, text);
        }
    };
    int worst = 0;
    set(State, certificateState(certificate, worst));
    set(Where, isLocalCa(certificate) ? tr("Local CA") : qs(certificate.where));
    set(Names, namesOf(certificate));
    const bool known = !certificate.subject.empty();
    set(Expires, known ? expiryDay(certificate.notAfter) : u"–"_qs);
    set(Issuer,
        !known                                          ? u"–"_qs
            : certificate.issuer == certificate.subject ? tr("itself")
                                                        : commonName(certificate.issuer));
    set(Source, !certificate.file.empty() ? qs(certificate.file) : tr("made here"));
    const QString icon = worst == 2 ? u"error"_qs : worst == 1 ? u"warning"_qs : u"check"_qs;
    const QColor color = worst == 2 ? c.bad : worst == 1 ? c.warn : c.good;
    if (item->data(State, Qt::UserRole).toString() != icon + color.name()) {
        item->setIcon(State, theme_.icon(icon, color));
        item->setData(State, Qt::UserRole, icon + color.name());
    }
    item->setFont(Where, theme_.ui(13, QFont::DemiBold));
    item->setToolTip(Names,
                     known ? qs(certificate.subject) + u"\nSHA-256 "_qs + qs(certificate.fingerprint) : QString());
    for (const Column column : {Names, Expires, Issuer, Source})
        item->setForeground(column, c.muted);
}

void CertificatesPage::showHint()
{
    const std::vector<gateway::CertificateStatus> &all = session_.status().certificates;
    const bool local = std::any_of(all.begin(), all.end(), isLocalCa);
    hint_->setVisible(local);
    hintText_->setText(tr("Certificates that are made on demand are signed by this laptop's own CA. Browsers and "
                          "programs trust it after "
                          "“%1”, which also says what is left to do by hand.")
                           .arg(QLatin1String(trustLine)));
}

}  // namespace sluice::ui
