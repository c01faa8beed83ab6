// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"

#include "ui/pages/certificates_page.h"
#include "ui/pages/dashboard_page.h"
#include "ui/pages/replay_page.h"
#include "ui/pages/routes_page.h"
#include "ui/pages/services_page.h"
#include "ui/pages/traffic_page.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/header_bar.h"
#include "ui/widgets/route_form.h"
#include "ui/widgets/toast.h"

#include <QAction>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QSettings>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

const char *const pageNames[] = {
    QT_TRANSLATE_NOOP("MainWindow", "Traffic"),  QT_TRANSLATE_NOOP("MainWindow", "Routes"),
    QT_TRANSLATE_NOOP("MainWindow", "Services"), QT_TRANSLATE_NOOP("MainWindow", "Dashboard"),
    QT_TRANSLATE_NOOP("MainWindow", "Replay"),   QT_TRANSLATE_NOOP("MainWindow", "Certificates")};
const char16_t *const pageIcons[] = {u"traffic", u"routes", u"services", u"dashboard", u"replay", u"lock"};

}  // namespace

MainWindow::MainWindow(Session &session, Theme &theme)
    : session_(session),
      theme_(theme),
      pages_(new QStackedWidget),
      buttons_(new QButtonGroup(this)),
      traffic_(new TrafficPage(session, theme)),
      routes_(new RoutesPage(session, theme)),
      services_(new ServicesPage(session, theme)),
      dashboard_(new DashboardPage(session, theme)),
      replay_(new ReplayPage(session, theme)),
      certificates_(new CertificatesPage(session, theme))
{
    setWindowTitle(tr("Sluice"));
    setAccessibleName(tr("Sluice"));
    for (QWidget *page :
         {static_cast<QWidget *>(traffic_), static_cast<QWidget *>(routes_), static_cast<QWidget *>(services_),
          static_cast<QWidget *>(dashboard_), static_cast<QWidget *>(replay_), static_cast<QWidget *>(certificates_)})
        pages_->addWidget(page);
    auto *header = new HeaderBar(session, theme);
    auto *inner = new QVBoxLayout;
    inner->setContentsMargins(0, 0, 0, 0);
    inner->setSpacing(0);
    inner->addWidget(header);
    auto *framed = new QVBoxLayout;
    framed->setContentsMargins(space::m, 0, space::m, space::m);
    framed->addWidget(pages_);
    inner->addLayout(framed, 1);
    auto *central = new QWidget;
    auto *row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(rail());
    row->addLayout(inner, 1);
    setCentralWidget(central);
    toast_ = new Toast(central);
    resize(1440, 900);
    restoreGeometry(QSettings().value(u"window/geometry"_qs).toByteArray());

    connect(header, &HeaderBar::paletteAsked, this, &MainWindow::openPalette);
    connect(header, &HeaderBar::shortcutsAsked, this, &MainWindow::openShortcuts);
    connect(header, &HeaderBar::problemsAsked, this, [this] { show(Routes); });
    connect(header, &HeaderBar::said, toast_, &Toast::say);
    connect(&theme_, &Theme::changed, this, &MainWindow::restyle);
    connectPages();
    addShortcuts();
    restyle();
    show(Traffic);
}

MainWindow::~MainWindow() = default;

QWidget *MainWindow::rail()
{
    auto *out = new QFrame;
    out->setObjectName(u"rail"_qs);
    out->setAccessibleName(tr("Pages"));
    out->setFixedWidth(84);
    auto *column = new QVBoxLayout(out);
    column->setContentsMargins(0, space::s, 0, space::s);
    column->setSpacing(0);
    for (int i = 0; i < PageCount; ++i) {
        auto *each = new QToolButton;
        each->setProperty("rail", true);
        each->setText(tr(pageNames[i]));
        each->setAccessibleName(tr(pageNames[i]));
        each->setToolTip(tr("%1 (Alt+%2)").arg(tr(pageNames[i])).arg(i + 1));
        each->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        each->setIconSize(QSize(24, 24));
        each->setCheckable(true);
        each->setFixedSize(83, 64);
        buttons_->addButton(each, i);
        column->addWidget(each);
    }
    column->addStretch(1);
    connect(buttons_, &QButtonGroup::idClicked, this, [this](int id) { show(Page(id)); });
    return out;
}

void MainWindow::restyle()
{
    for (int i = 0; i < PageCount; ++i) {
        const bool chosen = page() == i;
        buttons_->button(i)->setIcon(
            theme_.icon(QString::fromUtf16(pageIcons[i]), chosen ? theme_.colors().accent : theme_.colors().muted));
    }
}

void MainWindow::show(Page page)
{
    // Asked before the turn: what is hidden loses the focus to whatever comes next.
    const bool there = pages_->currentIndex() == page && pages_->currentWidget()->isAncestorOf(focusWidget());
    pages_->setCurrentIndex(page);
    buttons_->button(page)->setChecked(true);
    restyle();
    // The page's keys are the page's only while it has the focus; it knows where best to put it.
    if (!there)
        pages_->currentWidget()->setFocus(Qt::OtherFocusReason);
}

MainWindow::Page MainWindow::page() const
{
    return Page(pages_->currentIndex());
}

std::optional<MainWindow::Page> MainWindow::pageNamed(const QString &name)
{
    for (int i = 0; i < PageCount; ++i) {
        if (name.compare(QLatin1String(pageNames[i]), Qt::CaseInsensitive) == 0)
            return Page(i);
    }
    return std::nullopt;
}

void MainWindow::connectPages()
{
    const auto showFiltered = [this](const QString &filter) {
        traffic_->setFilter(filter);
        show(Traffic);
    };
    connect(traffic_, &TrafficPage::replayAsked, this, [this](qint64 id, bool edit) {
        replay_->load(id, !edit);
        show(Replay);
    });
    connect(traffic_, &TrafficPage::compareAsked, this, [this](qint64 before, qint64 after) {
        replay_->compare(before, after);
        show(Replay);
    });
    connect(traffic_, &TrafficPage::said, toast_, &Toast::say);
    connect(certificates_, &CertificatesPage::said, toast_, &Toast::say);
    connect(replay_, &ReplayPage::said, toast_, &Toast::say);
    connect(routes_, &RoutesPage::said, toast_, &Toast::say);
    connect(services_, &ServicesPage::filterAsked, this, showFiltered);
    connect(dashboard_, &DashboardPage::filterAsked, this, showFiltered);
}

void MainWindow::addShortcuts()
{
    const auto add = [this](const QString &keys, auto &&run) {
        auto *action = new QAction(this);
        action->setShortcut(QKeySequence(keys));
        action->setShortcutContext(Qt::WindowShortcut);
        connect(action, &QAction::triggered, this, run);
        addAction(action);
    };
    add(u"Ctrl+F"_qs, [this] {
        show(Traffic);
        traffic_->focusFilter();
    });
    add(u"Ctrl+K"_qs, [this] { openPalette(); });
    add(u"Ctrl+/"_qs, [this] { openShortcuts(); });
    add(u"Ctrl+Q"_qs, [this] { close(); });
    add(u"Ctrl+Shift+L"_qs, [this] { theme_.setMode(theme_.mode() == Mode::Dark ? Mode::Light : Mode::Dark); });
    for (int i = 0; i < PageCount; ++i)
        add(u"Alt+"_qs + QString::number(i + 1), [this, i] { show(Page(i)); });
}

void MainWindow::openPalette()
{
    std::vector<Command> commands;
    for (int i = 0; i < PageCount; ++i)
        commands.push_back(
            {tr("Go to %1").arg(tr(pageNames[i])), u"Alt+"_qs + QString::number(i + 1), [this, i] { show(Page(i)); }});
    const auto onTraffic = [this](auto &&run) {
        return [this, run] {
            show(Traffic);
            run();
        };
    };
    commands.push_back({tr("Filter the traffic"), u"Ctrl+F"_qs, onTraffic([this] { traffic_->focusFilter(); })});
    commands.push_back({tr("Clear the filter"), {}, onTraffic([this] { traffic_->setFilter({}); })});
    commands.push_back(
        {tr("Show what failed"), {}, onTraffic([this] { traffic_->setFilter(u"is:failed or status>=500"_qs); })});
    commands.push_back({tr("Show what was slow"), {}, onTraffic([this] { traffic_->setFilter(u"latency>500ms"_qs); })});
    commands.push_back({tr("Show replays"), {}, onTraffic([this] { traffic_->setFilter(u"is:replayed"_qs); })});
    commands.push_back({tr("Follow the newest"), u"F"_qs, onTraffic([this] { traffic_->follow(); })});
    commands.push_back({tr("Turn the order of the list"), {}, onTraffic([this] { traffic_->turnOrder(); })});
    commands.push_back({tr("Replay the exchange"), u"R"_qs, onTraffic([this] { traffic_->replay(false); })});
    commands.push_back({tr("Edit and replay the exchange"), u"E"_qs, onTraffic([this] { traffic_->replay(true); })});
    commands.push_back({tr("Compare exchanges"), u"Ctrl+D"_qs, onTraffic([this] { traffic_->compare(); })});
    commands.push_back({tr("Copy as cURL"), u"Ctrl+Shift+C"_qs, onTraffic([this] { traffic_->copyCurl(); })});
    commands.push_back({tr("Reveal or hide the secrets"), u"Ctrl+Shift+S"_qs, [this] {
                            if (page() == Replay)
                                return replay_->reveal();
                            show(Traffic);
                            traffic_->reveal();
                        }});
    commands.push_back({tr("Copy as cURL with secrets"), {}, onTraffic([this] { traffic_->copyCurlWithSecrets(); })});
    commands.push_back({tr("Try a request against the routes"), {}, [this] {
                            show(Routes);
                            routes_->showTry();
                        }});
    commands.push_back({tr("Save the gateway file"), u"Ctrl+S"_qs, [this] {
                            show(Routes);
                            routes_->save();
                        }});
    commands.push_back({tr("Light or dark theme"), u"Ctrl+Shift+L"_qs,
                        [this] { theme_.setMode(theme_.mode() == Mode::Dark ? Mode::Light : Mode::Dark); }});
    commands.push_back({tr("Keyboard shortcuts"), u"Ctrl+/"_qs, [this] { openShortcuts(); }});
    const auto typed = [this](const QString &text) -> std::optional<Command> {
        bool number = false;
        const qint64 id = (text.startsWith(u'#') ? text.mid(1) : text).toLongLong(&number);
        if (number && id > 0)
            return Command{tr("Go to exchange #%1").arg(id), {}, [this, id] {
                               show(Traffic);
                               traffic_->setFilter(u"id:"_qs + QString::number(id));
                           }};
        if (text.contains(u':') || text.contains(u'>') || text.contains(u'='))
            return Command{tr("Filter by %1").arg(text), {}, [this, text] {
                               show(Traffic);
                               traffic_->setFilter(text);
                           }};
        return std::nullopt;
    };
    (new CommandPalette(std::move(commands), typed, theme_, this))->show();
}

void MainWindow::openShortcuts()
{
    (new ShortcutSheet(theme_, this))->show();
}

void MainWindow::askToSave()
{
    if (asking_) {
        asking_->raise();
        return;
    }
    asking_ = new QMessageBox(QMessageBox::NoIcon, tr("Sluice"), tr("The gateway file has changes that are not saved."),
                              QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    asking_->setAttribute(Qt::WA_DeleteOnClose);
    asking_->button(QMessageBox::Cancel)->setText(tr("Stay"));
    asking_->setIconPixmap(theme_.pixmap(u"warning"_qs, 24, theme_.colors().warn, devicePixelRatioF()));
    asking_->setDefaultButton(QMessageBox::Save);
    connect(asking_, &QDialog::finished, this, [this](int answer) {
        show(Routes);
        if (answer == QMessageBox::Save)
            routes_->save();
        leaving_ = answer == QMessageBox::Discard || (answer == QMessageBox::Save && !routes_->modified());
        if (leaving_)
            close();
    });
    asking_->open();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    routes_->form()->commit();
    if (routes_->modified() && !leaving_) {
        event->ignore();
        askToSave();
        return;
    }
    QSettings().setValue(u"window/geometry"_qs, saveGeometry());
    QMainWindow::closeEvent(event);
}

}  // namespace sluice::ui
