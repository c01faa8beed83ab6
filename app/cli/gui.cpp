// SPDX-License-Identifier: GPL-3.0-or-later
// sluice gui: starts the window, which stands beside this program.
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace sluice::cli {

int gui(const std::vector<std::string> &args)
{
    std::error_code error;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
    const std::string program = self.substr(0, self.rfind('/') + 1) + "sluice-desktop";
    std::vector<char *> argv = {const_cast<char *>(program.c_str())};
    for (const std::string &arg : args)
        argv.push_back(const_cast<char *>(arg.c_str()));
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    return fail(Failed,
                "cannot start " + program + ": " + std::strerror(errno)
                    + (errno == ENOENT
                           ? ". It is built and installed beside sluice; was this build made without the window?"
                           : ""));
}

}  // namespace sluice::cli
