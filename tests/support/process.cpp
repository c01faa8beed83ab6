// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/process.h"

#include "tests/support/raw_socket.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace support {

namespace {

void redirect(int descriptor, const std::string &path, int flags)
{
    const int fd = ::open(path.c_str(), flags, 0600);
    ::dup2(fd, descriptor);
}

// In the child: only what is safe between fork and exec of a program that may have threads, prepared before.
[[noreturn]] void become(char *const *arguments, char *const *environment, const ProcessOptions &options,
                         const TempFolder &files)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    redirect(0, options.input.empty() ? "/dev/null" : files.path("in"), O_RDONLY);
    redirect(1, files.path("out"), O_WRONLY | O_CREAT | O_APPEND);
    redirect(2, files.path("err"), O_WRONLY | O_CREAT | O_APPEND);
    if (options.mostFiles > 0) {
        const rlimit limit{options.mostFiles, options.mostFiles};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0)
        ::_exit(126);
    ::execvpe(arguments[0], arguments, environment);
    ::_exit(127);
}

std::vector<char *> pointers(std::vector<std::string> &texts)
{
    std::vector<char *> out;
    for (std::string &text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

std::vector<std::string> environmentWith(const std::map<std::string, std::string> &more)
{
    std::vector<std::string> out;
    for (char **entry = environ; *entry; ++entry) {
        const std::string text(*entry);
        if (!more.contains(text.substr(0, text.find('='))))
            out.push_back(text);
    }
    for (const auto &[name, value] : more)
        out.push_back(name + '=' + value);
    return out;
}

}  // namespace

TempFolder::TempFolder()
{
    std::string pattern = std::filesystem::temp_directory_path() / "sluice-test-XXXXXX";
    if (const char *made = ::mkdtemp(pattern.data()))
        path_ = made;
}

TempFolder::~TempFolder()
{
    std::error_code ignored;
    if (!path_.empty())
        std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string &name, const std::string &text) const
{
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
}

std::string readFile(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool isInstalled(const std::string &program)
{
    std::istringstream folders(std::getenv("PATH") ? std::getenv("PATH") : "");
    std::string folder;
    while (std::getline(folders, folder, ':')) {
        if (::access((folder + '/' + program).c_str(), X_OK) == 0)
            return true;
    }
    return false;
}

Process::Process(const std::vector<std::string> &command, const ProcessOptions &options)
{
    if (!options.input.empty())
        files_.write("in", options.input);
    std::vector<std::string> arguments = command, environment = environmentWith(options.environment);
    const std::vector<char *> argumentPointers = pointers(arguments), environmentPointers = pointers(environment);
    pid_ = ::fork();
    if (pid_ == 0)
        become(argumentPointers.data(), environmentPointers.data(), options, files_);
    reaped_ = pid_ < 0;
}

Process::~Process()
{
    if (!running())
        return;
    ::kill(-pid_, SIGKILL);  // its whole group: nginx has workers
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
}

bool Process::running()
{
    if (!reaped_ && ::waitpid(pid_, &status_, WNOHANG) == pid_)
        reaped_ = true;
    return !reaped_;
}

bool Process::wait(std::chrono::milliseconds limit)
{
    return waitUntil([&] { return !running(); }, limit);
}

int Process::exitCode()
{
    if (running())
        return -1;
    return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

void Process::signal(int number)
{
    if (running())
        ::kill(pid_, number);
}

bool Process::waitForOutput(const std::string &text, std::chrono::milliseconds limit)
{
    const auto said = [&] { return out().find(text) != std::string::npos || err().find(text) != std::string::npos; };
    waitUntil([&] { return said() || !running(); }, limit);
    return said();
}

uint64_t Process::statusNumber(const std::string &name) const
{
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with(name + ":"))
            return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
    }
    return 0;
}

uint64_t Process::residentKiB() const
{
    return statusNumber("VmRSS");
}

uint64_t Process::peakKiB() const
{
    return statusNumber("VmHWM");
}

Ran run(const std::vector<std::string> &command, const ProcessOptions &options, std::chrono::milliseconds limit)
{
    Process process(command, options);
    process.wait(limit);
    return {process.exitCode(), process.out(), process.err()};
}

uint16_t freePort()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *raw = reinterpret_cast<sockaddr *>(&address);
    ::bind(fd, raw, size);
    ::getsockname(fd, raw, &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

bool waitForPort(uint16_t port, std::chrono::milliseconds limit)
{
    return waitUntil([&] { return RawSocket::connectTo(port).isOpen(); }, limit);
}

}  // namespace support
