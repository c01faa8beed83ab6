// SPDX-License-Identifier: GPL-3.0-or-later
// sluice demo: sample services in a child process, a gateway in this one, traffic through it, the window beside it where
// there is a display. Everything on loopback; nothing outlives this process.
#include "app/cli/output.h"
#include "app/cli/serving.h"
#include "app/cli/verbs.h"
#include "app/demo/gateway_file.h"
#include "app/demo/traffic.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLockFile>
#include <QProcess>
#include <QSaveFile>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTimer>

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace sluice::cli {

namespace {

constexpr double perSecond = 12;

// 8080 where it is free, as in all the examples; else any.
uint16_t pickPort()
{
    QTcpServer probe;
    if (probe.listen(QHostAddress::LocalHost, 8080))
        return 8080;
    probe.listen(QHostAddress::LocalHost);
    return probe.serverPort();
}

// How this program is called from where its user stands.
std::string callOf()
{
    const QString self = QCoreApplication::applicationFilePath();
    if (QFileInfo(QStandardPaths::findExecutable("sluice")).canonicalFilePath() == QFileInfo(self).canonicalFilePath())
        return "sluice";
    const QString near = QDir::current().relativeFilePath(self);
    return (near.startsWith("..") ? self : near.contains('/') ? near : "./" + near).toStdString();
}

// A process that ends with us, at the latest when we are killed.
void bindToUs(QProcess &process)
{
    process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGTERM); });
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
}

class Demo : public QObject {
public:
    explicit Demo(const DemoArgs &args) : args_(args) {}
    ~Demo() override { endChildren(); }

    int run()
    {
        if (const int code = startServices(); code != Fine)
            return code;
        if (const int code = startGateway(); code != Fine)
            return code;
        const std::string url = serving_->gateway().addresses().front();
        explainAll(url);
        startWindow();
        traffic_ = std::make_unique<demo::Traffic>(url, perSecond, uint64_t(::getpid()));
        traffic_->start();
        connect(&summary_, &QTimer::timeout, this, [this] { tellSummary(); });
        summary_.start(isTerminal(stdout) ? 1000 : 5000);
        if (args_.seconds > 0)
            QTimer::singleShot(std::chrono::seconds(args_.seconds), this, [this] { end(); });
        connect(&services_, &QProcess::finished, this, [this] {
            if (!ending_)
                complain("the sample services ended unexpectedly"), failed_ = true, end();
        });
        const int code = serving_->serve();
        ending_ = true;
        traffic_->stop();
        tellSummary();
        print("\n");
        printLine("The demo is over. What went through is still in the recording:\n  " + callOf() + " log --record "
                  + recording_);
        flush();
        return failed_ ? int(Failed) : code;
    }

private:
    int startServices()
    {
        bindToUs(services_);
        services_.start(QCoreApplication::applicationFilePath(),
                        {"demo-services", "--parent", QString::number(::getpid())});
        QByteArray line;
        while (services_.state() != QProcess::NotRunning && !line.contains('\n')) {
            if (!services_.waitForReadyRead(10'000))
                break;
            line += services_.readAllStandardOutput();
        }
        const QList<QByteArray> words = line.simplified().split(' ');
        for (qsizetype i = 1; i < words.size(); ++i)
            ports_.push_back(uint16_t(words[i].toUInt()));
        if (words.first() != "ports" || ports_.size() != demo::serviceNames().size())
            return fail(Failed, "the sample services did not start");
        return Fine;
    }

    // The demo's folder; while another demo runs there, one of our own beside it: a gateway file that is written anew
    // would be taken into use by that one, and a recording has one writer. Empty: told why.
    std::string pickFolder()
    {
        const QString base =
            QFileInfo(QString::fromStdString(storage::defaultRecordingPath())).absolutePath() + "/demo";
        for (const QString &folder : {base, base + '-' + QString::number(::getpid())}) {
            if (!QDir().mkpath(folder))
                return complain("cannot make the folder " + folder.toStdString()), std::string();
            lock_ = std::make_unique<QLockFile>(folder + "/lock");
            lock_->setStaleLockTime(0);  // a demo may run for days; one that was killed is seen by its process id
            if (lock_->tryLock(0))
                return folder.toStdString();
            if (lock_->error() != QLockFile::LockFailedError)
                break;
        }
        complain("cannot write to the folder " + base.toStdString());
        return {};
    }

    int startGateway()
    {
        const std::string folder = pickFolder();
        if (folder.empty())
            return Failed;
        const std::string path = folder + "/sluice.yaml";
        recording_ = folder + "/recording.db";
        QSaveFile file(QString::fromStdString(path));
        const std::string text = demo::gatewayFile(ports_, pickPort());
        if (!file.open(QSaveFile::WriteOnly) || file.write(text.data(), qint64(text.size())) < 0 || !file.commit())
            return fail(Failed, "cannot write " + path + ": " + file.errorString().toStdString());
        gateway::GatewayOptions options;
        options.file = path;
        serving_ = std::make_unique<Serving>(options, recording_);
        return serving_->start();
    }

    void explainAll(const std::string &url)
    {
        const std::string file = serving_->gateway().status().file;
        printLine(serving_->readyLine());
        printLine("\nSix sample services run on this machine, and a gateway stands before them. Four callers look at "
                  "users and articles,");
        printLine("order and pay; payments fail at times, reports are slow, some requests are mistakes. Everything is "
                  "recorded.\n");
        printLine("  the gateway's rules     " + file + "   (edit and save: they are taken into use at once)");
        printLine("  the recording           " + recording_ + "\n");
        printLine(painted("Try, in another terminal:", Colour::Bold));
        const std::string sluice = "  " + callOf(), record = " --record " + recording_;
        printLine("  curl -i " + url + "/api/users/7");
        printLine(sluice + " log --follow" + record);
        printLine(sluice + " log 'status>=500'" + record);
        // The recording outlives a demo, and its oldest go: the first of this one's will be there.
        printLine(sluice + " explain " + std::to_string(serving_->gateway().status().recording.lastId + 1) + record);
        printLine(sluice + " explain --request \"GET /api/users/7\" -H \"X-API-Version: 3\" -c " + file);
        printLine(sluice + " replay 'path:/api/users/* method:GET since:1m'" + record);
        printLine(sluice + " status");
        printLine(sluice + " export --to nginx -c " + file + " -o /tmp/nginx-of-the-demo\n");
        printLine(args_.seconds > 0 ? "It ends after " + std::to_string(args_.seconds) + " seconds, or at Ctrl+C."
                                    : "It ends at Ctrl+C.");
        flush();
    }

    void startWindow()
    {
        const bool display = !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
        if (args_.headless)
            return;
        const QString program = QCoreApplication::applicationDirPath() + "/sluice-desktop";
        if (!display || !QFileInfo::exists(program)) {
            printLine(display ? "This build has no window (sluice-desktop is not beside sluice), so it goes on here."
                              : "There is no display, so it goes on without the window.");
            flush();
            return;
        }
        bindToUs(window_);
        connect(&window_, &QProcess::finished, this, [this] { end(); });
        connect(&window_, &QProcess::errorOccurred, this,
                [this] { complain("the window: " + window_.errorString().toStdString()); });
        window_.start(program, {"--attach", QString::fromStdString(serving_->gateway().status().socket)});
    }

    void tellSummary()
    {
        const gateway::Status status = serving_->gateway().status();
        uint64_t clientErrors = 0, serverErrors = 0, routed = 0;
        for (const gateway::RouteStatus &route : status.routes) {
            routed += route.requests;
            clientErrors += route.clientErrors;
            serverErrors += route.serverErrors;
        }
        const uint64_t unrouted = status.requests - std::min(status.requests, routed);
        const std::string line = std::to_string(status.requests) + " requests, "
            + std::to_string(clientErrors + unrouted) + " refused or not found, " + std::to_string(serverErrors)
            + " failed, " + std::to_string(status.active) + " under way, " + std::to_string(status.recording.rows)
            + " recorded";
        if (isTerminal(stdout))
            print("\r\x1b[K" + line);
        else
            printLine(line);
        flush();
    }

    void end()
    {
        if (std::exchange(ending_, true))
            return;
        if (traffic_)
            traffic_->stop();
        serving_->end();
    }

    void endChildren()
    {
        ending_ = true;
        if (window_.state() != QProcess::NotRunning) {
            window_.terminate();
            if (!window_.waitForFinished(3000))
                window_.kill(), window_.waitForFinished(3000);
        }
        if (services_.state() != QProcess::NotRunning) {
            services_.closeWriteChannel();
            if (!services_.waitForFinished(3000))
                services_.kill(), services_.waitForFinished(3000);
        }
    }

    DemoArgs args_;
    QProcess services_, window_;
    demo::Ports ports_;
    std::string recording_;
    std::unique_ptr<QLockFile> lock_;  // on the folder of file and recording
    std::unique_ptr<Serving> serving_;
    std::unique_ptr<demo::Traffic> traffic_;
    QTimer summary_;
    bool ending_ = false, failed_ = false;
};

}  // namespace

int demo(const DemoArgs &args)
{
    int argc = 1;
    char name[] = "sluice", *argv[] = {name, nullptr};
    const QCoreApplication application(argc, argv);
    Demo demo(args);
    return demo.run();
}

}  // namespace sluice::cli
