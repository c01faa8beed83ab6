// SPDX-License-Identifier: GPL-3.0-or-later
// Process: a real program, started by a test and gone with it. Its output goes to files, so it never blocks on the test.
// One thread.
#pragma once

#include "tests/support/waiting.h"

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace support {

// A folder of its own, removed with all that is in it.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder &) = delete;
    TempFolder &operator=(const TempFolder &) = delete;
    std::string path(const std::string &name = {}) const { return name.empty() ? path_ : path_ + '/' + name; }
    // Writes a file into it; its path.
    std::string write(const std::string &name, const std::string &text) const;

private:
    std::string path_;
};

std::string readFile(const std::string &path);
// True when the program is on this machine's PATH.
bool isInstalled(const std::string &program);

struct ProcessOptions {
    std::map<std::string, std::string> environment;  // beside the test's own
    std::string folder;                              // to run in; empty: the test's
    std::string input;                               // what it reads
    unsigned mostFiles = 0;                          // ulimit -n; 0: as it is
};

class Process {
public:
    // `program`: a path, or a name on PATH.
    explicit Process(const std::vector<std::string> &command, const ProcessOptions &options = {});
    ~Process();  // killed, if it still runs
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;

    pid_t pid() const { return pid_; }
    bool running();
    // Waits for its end; false: it still runs.
    bool wait(std::chrono::milliseconds limit = patience);
    // 128 + number where a signal ended it; -1: it still runs.
    int exitCode();
    void signal(int number);
    std::string out() const { return readFile(files_.path("out")); }
    std::string err() const { return readFile(files_.path("err")); }
    // Until this stands in its output or its errors; false: it ended before, or did not say it in time.
    bool waitForOutput(const std::string &text, std::chrono::milliseconds limit = patience);
    // Of the process alone. KiB; 0: it is gone.
    uint64_t residentKiB() const;
    uint64_t peakKiB() const;

private:
    uint64_t statusNumber(const std::string &name) const;
    TempFolder files_;
    pid_t pid_ = -1;
    int status_ = 0;
    bool reaped_ = false;
};

// Runs it to its end. The exit code is -1 when it had to be killed after `limit`.
struct Ran {
    int exitCode = -1;
    std::string out, err;
};
Ran run(const std::vector<std::string> &command, const ProcessOptions &options = {},
        std::chrono::milliseconds limit = std::chrono::seconds(60));

uint16_t freePort();
// Until somebody accepts there.
bool waitForPort(uint16_t port, std::chrono::milliseconds limit = patience);

}  // namespace support
