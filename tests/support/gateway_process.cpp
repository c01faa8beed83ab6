// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/gateway_process.h"

#include <csignal>
#include <cstdlib>

namespace support {

std::string sluiceProgram()
{
    return std::string(SLUICE_BINARY_DIR) + "/bin/sluice";
}

std::map<std::string, std::string> cleanEnvironment(const TempFolder &home)
{
    return {{"HOME", home.path()},
            {"XDG_DATA_HOME", home.path("data")},
            {"XDG_CONFIG_HOME", home.path("config")},
            {"XDG_RUNTIME_DIR", home.path()},
            {"DBUS_SESSION_BUS_ADDRESS", ""},  // no keychain either
            {"LC_ALL", "C.UTF-8"}};
}

QList<QJsonObject> jsonLines(const std::string &text)
{
    QList<QJsonObject> out;
    for (const QByteArray &line : QByteArray::fromStdString(text).split('\n')) {
        const QJsonDocument document = QJsonDocument::fromJson(line);
        if (document.isObject())
            out.append(document.object());
    }
    return out;
}

QJsonObject jsonObject(const std::string &text)
{
    return QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
}

namespace {

// Of the first address in a whole ready line; 0: it is not there yet.
uint16_t firstPort(const std::string &said)
{
    const size_t url = said.find("http://");
    if (url == said.npos || said.find('\n') == said.npos)
        return 0;
    const size_t end = said.find_first_of(" \n", url), colon = said.rfind(':', end);
    return uint16_t(std::atoi(said.c_str() + colon + 1));
}

}  // namespace

GatewayProcess::GatewayProcess(const GatewaySetup &setup)
{
    std::vector<std::string> command = {sluiceProgram(), "run",    "--workers", std::to_string(setup.workers),
                                        "--socket",      socket(), "--record",  setup.recording ? recording() : "none"};
    if (const char *loop = std::getenv("SLUICE_TEST_LOOP"))
        command.insert(command.end(), {"--loop", loop});
    if (!setup.listen.empty())
        command.insert(command.end(), {"--listen", setup.listen});
    if (!setup.to.empty())
        command.insert(command.end(), {"--to", setup.to});
    if (!setup.file.empty()) {
        rewriteFile(setup.file);
        command.insert(command.end(), {"-c", filePath()});
    }
    ProcessOptions options;
    options.environment = cleanEnvironment(home_);
    options.folder = home_.path();
    options.mostFiles = setup.mostFiles;
    process_ = std::make_unique<Process>(command, options);
    uint16_t port = 0;
    waitUntil([&] { return (port = firstPort(process_->out())) != 0 || !process_->running(); });
    if (process_->running())
        port_ = port;
}

std::string GatewayProcess::trouble() const
{
    return process_->out() + process_->err();
}

int GatewayProcess::stop()
{
    process_->signal(SIGTERM);
    process_->wait();
    return process_->exitCode();
}

Ran GatewayProcess::sluice(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.begin(), sluiceProgram());
    ProcessOptions options;
    options.environment = cleanEnvironment(home_);
    options.folder = home_.path();
    return run(arguments, options);
}

Ran GatewayProcess::onRecording(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.end(), {"--record", recording()});
    return sluice(std::move(arguments));
}

Ran GatewayProcess::onSocket(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.end(), {"--socket", socket()});
    return sluice(std::move(arguments));
}

QList<QJsonObject> GatewayProcess::log(int atLeast, const std::vector<std::string> &filter) const
{
    std::vector<std::string> arguments = {"log", "--json"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    QList<QJsonObject> rows;
    waitUntil([&] {
        rows = jsonLines(onRecording(arguments).out);
        return rows.size() >= atLeast;
    });
    return rows;
}

}  // namespace support
