// SPDX-License-Identifier: GPL-3.0-or-later
// sluice-desktop: builds the gateway and its recorder (or attaches to one that runs), and the window that shows them.
#include "app/desktop/options.h"
#include "engine/config/load.h"
#include "engine/gateway/control.h"
#include "engine/gateway/environment.h"
#include "engine/gateway/gateway.h"
#include "engine/gateway/local_authority.h"
#include "storage/descriptor_files.h"
#include "storage/files.h"
#include "storage/recorder.h"
#include "ui/attached_session.h"
#include "ui/local_session.h"
#include "ui/pages/replay_page.h"
#include "ui/pages/routes_page.h"
#include "ui/pages/traffic_page.h"
#include "ui/widgets/try_panel.h"

#include <QApplication>
#include <QCursor>
#include <QIcon>
#include <QScreen>
#include <QSettings>
#include <QSocketNotifier>
#include <QTimer>

#include <csignal>
#include <cstdio>
#include <stop_token>
#include <sys/socket.h>
#include <unistd.h>

using namespace sluice;

namespace {

int signalPipe[2];

void onSignal(int)
{
    const char byte = 1;
    (void)!::write(signalPipe[1], &byte, 1);
}

// SIGINT and SIGTERM end the program in order, so that the recording is written to its end. The window is not asked: it
// could have a question of its own, and nobody may be there to answer it.
void quitOnSignals(QApplication &application)
{
    if (::pipe(signalPipe) != 0)
        return;
    auto *notifier = new QSocketNotifier(signalPipe[0], QSocketNotifier::Read, &application);
    QObject::connect(notifier, &QSocketNotifier::activated, &application, [] { QCoreApplication::exit(0); });
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
}

int failed(const std::string &why, int code)
{
    std::fprintf(stderr, "sluice-desktop: %s\n", why.c_str());
    return code;
}

// Everything that a gateway of our own needs; what is named first dies last.
struct Own {
    std::stop_source leaving;  // nobody waits for the keychain any more
    gateway::SecretStore secrets{gateway::secretStoreOptions(storage::dataFolder())};
    std::unique_ptr<storage::Recorder> recorder;
    std::unique_ptr<gateway::Gateway> gateway;
};

storage::SealingKeySource keyOf(Own &own)
{
    return [&own] { return gateway::sealingKey(own.secrets, gateway::patient, own.leaving.get_token()); };
}

// 0, or the exit code.
int startOwn(const desktop::Options &options, Own &own, std::unique_ptr<ui::Session> &session)
{
    // Loaded here once more than the gateway does it: what the file says of keeping and redacting holds from the
    // recording's first moment, or its old rows would be gone by the time that it is read.
    const config::Loaded loaded = options.file.empty()
        ? config::planFor(options.to, {options.listen, {}})
        : config::loadFile(options.file, gateway::environment(own.secrets, gateway::patient), {options.listen, {}});
    for (const Problem &problem : loaded.problems)
        std::fprintf(stderr, "%s\n", problem.text().c_str());
    if (!loaded.plan)
        return 2;
    const std::string path = options.record.empty() ? storage::defaultRecordingPath() : options.record;
    auto recorder = storage::Recorder::create(path, loaded.plan->record, storage::Recorder::Role::Gateway, [&own] {
        return own.secrets.readOrWrite(gateway::sealingKeyEntry, storage::makeSealingKey(), gateway::soon);
    });
    if (!recorder)
        return failed(recorder.error().what, 1);
    own.recorder = recorder.take();
    gateway::GatewayOptions made;
    made.file = options.file;
    made.to = options.to;
    made.listen = options.listen;
    made.socket = options.socket;
    made.recordingPath = own.recorder->path();
    made.secrets = &own.secrets;
    made.localCa = gateway::localCaSource(own.secrets);
    made.takeExchange = [&own](std::string_view bytes) { return own.recorder->take(bytes); };
    own.gateway = std::make_unique<gateway::Gateway>(own.recorder.get(), made);
    const Outcome started = own.gateway->start();
    if (!started)
        return failed(started.error().what, hasErrors(own.gateway->problems()) ? 2 : 1);
    own.recorder->setSettings(own.gateway->plan()->record);
    own.recorder->setDescriptorSets(storage::readDescriptorFiles(*own.gateway->plan()).sets);
    own.recorder->setSocket(own.gateway->status().socket);
    QObject::connect(own.gateway.get(), &gateway::Gateway::reloaded, own.gateway.get(), [&own](bool accepted) {
        if (!accepted)
            return;
        own.recorder->setSettings(own.gateway->plan()->record);
        own.recorder->setDescriptorSets(storage::readDescriptorFiles(*own.gateway->plan()).sets);
    });
    session = std::make_unique<ui::LocalSession>(*own.gateway, *own.recorder, keyOf(own));
    return 0;
}

int attach(const desktop::Options &options, Own &own, std::unique_ptr<ui::Session> &session)
{
    std::string socket = options.attach;
    if (socket.empty()) {
        const auto found = gateway::findSocket();
        if (!found)
            return failed(found.error().what + ". Say what to run: --to URL or -c FILE", 1);
        socket = *found;
    }
    auto attached = ui::AttachedSession::create(socket, keyOf(own));
    if (!attached)
        return failed(attached.error().what, 1);
    session = attached.take();
    return 0;
}

void prepare(ui::MainWindow &window, const desktop::Options &options)
{
    const QStringList size = options.size.split(u'x');
    if (size.size() == 2)
        window.resize(size[0].toInt(), size[1].toInt());
    window.show(options.page);
    if (!options.filter.isEmpty())
        window.traffic()->setFilter(options.filter);
    if (options.page == ui::MainWindow::Routes && !options.attempt.isEmpty()) {
        window.routes()->showTry();
        window.routes()->tryPanel()->tryRequest(u"GET"_qs, options.attempt);
    }
    if (options.show == 0)
        return;
    if (options.page == ui::MainWindow::Replay)
        window.replay()->load(options.show, true);
    else
        window.traffic()->open(options.show, options.tab);
}

// A picture once the page has had time to get its data: the recording answers within milliseconds, the charts once a
// second.
void takePicture(ui::MainWindow &window, const desktop::Options &options)
{
    // Off the window: a row beneath the mouse would look chosen.
    QCursor::setPos(window.screen()->geometry().bottomRight());
    QTimer::singleShot(2500, &window, [&window, file = options.screenshot] {
        const bool written = window.grab().save(file);
        if (!written)
            std::fprintf(stderr, "sluice-desktop: %s cannot be written\n", qPrintable(file));
        QCoreApplication::exit(written ? 0 : 1);
    });
}

// What Qt needs to show a window; without it, Qt ends the program in a way that explains nothing.
bool hasDisplay(int argc, char **argv)
{
    const bool chosen =
        std::any_of(argv, argv + argc, [](const char *arg) { return QByteArray(arg).endsWith("-platform"); });
    return chosen || !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") || !qEnvironmentVariableIsEmpty("DISPLAY")
        || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
}

}  // namespace

int main(int argc, char **argv)
{
    QCoreApplication::setApplicationName(u"sluice"_qs);
    QCoreApplication::setApplicationVersion(QStringLiteral(SLUICE_VERSION));
    if (!hasDisplay(argc, argv)) {
        const QCoreApplication application(argc, argv);
        desktop::readOptions(application);
        return failed(
            "there is no display for a window here (DISPLAY and WAYLAND_DISPLAY are not set). `sluice run` needs none",
            1);
    }
    QApplication application(argc, argv);
    QGuiApplication::setDesktopFileName(u"sluice"_qs);
    const desktop::Options options = desktop::readOptions(application);
    quitOnSignals(application);

    const bool dark =
        QSettings().value(u"theme/dark"_qs, application.palette().window().color().lightness() < 128).toBool();
    ui::Theme theme(application, options.theme.value_or(dark ? ui::Mode::Dark : ui::Mode::Light));
    QObject::connect(&theme, &ui::Theme::changed, &theme,
                     [&theme] { QSettings().setValue(u"theme/dark"_qs, theme.mode() == ui::Mode::Dark); });
    QApplication::setWindowIcon(QIcon(u":/icons/sluice.svg"_qs));

    Own own;
    std::unique_ptr<ui::Session> session;
    const bool runs = !options.file.empty() || !options.to.empty();
    if (const int code = runs ? startOwn(options, own, session) : attach(options, own, session))
        return code;
    ui::MainWindow window(*session, theme);
    prepare(window, options);
    window.show();
    if (!options.screenshot.isEmpty())
        takePicture(window, options);
    const int code = QApplication::exec();
    own.leaving.request_stop();
    return code;
}
