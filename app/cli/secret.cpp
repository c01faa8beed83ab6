// SPDX-License-Identifier: GPL-3.0-or-later
// sluice secret: what ${secret:NAME} in a gateway file stands for. A value comes from stdin, a prompt or a file, never from an argument,
// where other users of the machine would see it; and none is ever printed.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/base/json.h"

#include <QCoreApplication>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

namespace sluice::cli {

namespace {

constexpr size_t mostValue = 64 << 10;

volatile std::sig_atomic_t interrupted = 0;

// No echo on a terminal, for as long as it lives; Ctrl+C ends the reading, and the echo comes back.
class Hidden {
public:
    Hidden()
    {
        struct sigaction act {};
        act.sa_handler = [](int) { interrupted = 1; };
        ::sigaction(SIGINT, &act, &before_);  // no SA_RESTART
        on_ = ::tcgetattr(STDIN_FILENO, &settings_) == 0;
        termios quiet = settings_;
        quiet.c_lflag &= ~tcflag_t(ECHO);
        on_ = on_ && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    ~Hidden()
    {
        if (on_)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings_);
        ::sigaction(SIGINT, &before_, nullptr);
        std::fputs("\n", stderr);
    }
    Hidden(const Hidden &) = delete;
    Hidden &operator=(const Hidden &) = delete;

private:
    termios settings_{};
    struct sigaction before_ {};
    bool on_ = false;
};

// To the end, or of a terminal one line. Nothing: why is in errno, EINTR: interrupted, EFBIG: too much.
std::optional<Secret> readValue(int descriptor, bool line)
{
    std::string text;
    text.reserve(mostValue + 2);  // what grows would leave copies behind
    errno = 0;
    while (text.size() <= mostValue + 1) {
        char buffer[256];
        const size_t room = std::min(sizeof buffer, mostValue + 2 - text.size());
        const ssize_t count = ::read(descriptor, buffer, line ? 1 : room);
        if (count < 0 && errno == EINTR && !interrupted)
            continue;
        if (count < 0 || interrupted) {
            errno = interrupted ? EINTR : errno;
            Secret::wipe(text);
            return std::nullopt;
        }
        if (count == 0 || (line && buffer[0] == '\n'))
            break;
        text.append(buffer, size_t(count));
    }
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    if (text.size() > mostValue) {
        errno = EFBIG;
        Secret::wipe(text);
        return std::nullopt;
    }
    return Secret(std::move(text));
}

std::optional<Secret> valueOf(const SecretArgs &args)
{
    if (!args.fromFile.empty()) {
        const int file = ::open(args.fromFile.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return std::nullopt;
        std::optional<Secret> out = readValue(file, false);
        const int error = errno;
        ::close(file);
        errno = error;
        return out;
    }
    if (!::isatty(STDIN_FILENO))
        return readValue(STDIN_FILENO, false);
    std::fprintf(stderr, "Value of %s (it is not shown): ", printable(args.name).c_str());
    const Hidden hidden;
    return readValue(STDIN_FILENO, true);
}

int set(gateway::SecretStore &store, const SecretArgs &args)
{
    std::optional<Secret> value = valueOf(args);
    if (!value) {
        const std::string from = args.fromFile.empty() ? "the value" : args.fromFile;
        if (errno == EFBIG)
            return fail(Misused, from + " is larger than 64 KiB");
        return fail(Failed,
                    errno == EINTR ? "nothing was changed" : "cannot read " + from + ": " + std::strerror(errno));
    }
    if (value->empty())
        return fail(Misused,
                    "there is no value; give it on stdin, as in: printf %s \"$TOKEN\" | sluice secret set "
                        + args.name);
    if (const Outcome done = store.write(args.name, *value, gateway::patient); !done)
        return fail(Failed, done.error().what);
    printLine("kept " + store.place() + "; a gateway file has it as ${secret:" + args.name + "}");
    return Fine;
}

int list(gateway::SecretStore &store, bool asJson)
{
    const Result<std::vector<std::string>> names = store.names(gateway::patient);
    if (!names)
        return fail(Failed, names.error().what);
    for (const std::string &name : *names) {
        if (!asJson) {
            printLine(printable(name));
            continue;
        }
        std::string line;
        JsonObject o(line);
        o.add("name", name).add("kept", store.place());
        o.close();
        printLine(line);
    }
    if (names->empty() && !asJson)
        complain("no secrets are kept " + store.place() + "; `sluice secret set NAME` adds one");
    return Fine;
}

int remove(gateway::SecretStore &store, const std::string &name)
{
    const Result<bool> had = store.remove(name, gateway::patient);
    if (!had)
        return fail(Failed, had.error().what);
    if (!*had)
        return fail(Failed,
                    "there is no secret '" + name + "' " + store.place() + "; `sluice secret list` has the names");
    printLine("removed");
    return Fine;
}

}  // namespace

int secret(const SecretArgs &args)
{
    if (args.act != "list") {
        if (const std::string wrong = gateway::secretNameComplaint(args.name); !wrong.empty())
            return fail(Misused, "the name of a secret " + wrong);
    }
    int argc = 1;
    char program[] = "sluice", *argv[] = {program, nullptr};
    const QCoreApplication application(argc, argv);
    gateway::SecretStore store(secretOptions());
    if (args.act == "list")
        return list(store, args.json);
    return args.act == "set" ? set(store, args) : remove(store, args.name);
}

}  // namespace sluice::cli
