// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/files.h"

#include "storage/recorder.h"

#include <openssl/rand.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace sluice::storage {

namespace {

Error systemError(const std::string &what)
{
    return Error{Fault::Gateway, what + ": " + std::strerror(errno)};
}

Outcome makeFolder(const std::string &file)
{
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    if (folder.empty())
        return Done{};
    std::string made;
    for (const auto &part : folder) {
        made = (std::filesystem::path(made) / part).string();
        if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST)
            return systemError("cannot make the folder " + made);
    }
    return Done{};
}

bool readKey(int descriptor, recording::PlaceholderKey &key)
{
    return ::pread(descriptor, key.data(), key.size(), 0) == ssize_t(key.size());
}

}  // namespace

std::string dataFolder()
{
    if (const char *data = std::getenv("XDG_DATA_HOME"); data && data[0] == '/')
        return std::string(data) + "/sluice";
    const char *home = std::getenv("HOME");
    return std::string(home ? home : "") + "/.local/share/sluice";
}

std::string defaultRecordingPath()
{
    return dataFolder() + "/recording.db";
}

Outcome makeFile(const std::string &path, bool &made)
{
    made = false;
    if (::access(path.c_str(), F_OK) == 0)
        return Done{};
    if (Outcome folder = makeFolder(path); !folder)
        return folder;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return systemError("cannot make " + path);
    ::close(descriptor);
    made = true;
    return Done{};
}

Result<recording::PlaceholderKey> placeholderKey()
{
    const std::string path = dataFolder() + "/placeholder.key";
    if (const Outcome folder = makeFolder(path); !folder)
        return folder.error();
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return systemError("cannot open " + path);
    // Two processes that start at once must end with one key.
    ::flock(descriptor, LOCK_EX);
    recording::PlaceholderKey key{};
    bool good = readKey(descriptor, key);
    if (!good) {
        good = RAND_bytes(key.data(), int(key.size())) == 1 && ::fchmod(descriptor, 0600) == 0
            && ::pwrite(descriptor, key.data(), key.size(), 0) == ssize_t(key.size()) && ::fsync(descriptor) == 0;
    }
    ::close(descriptor);
    if (!good)
        return systemError("cannot write " + path);
    return key;
}

Result<FileLock> FileLock::take(const std::string &path)
{
    const std::string file = path + ".lock";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return systemError("cannot open " + file);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = {};
        const ssize_t size = ::pread(descriptor, holder, sizeof holder - 1, 0);
        ::close(descriptor);
        const std::string who = size > 0 ? " (process " + std::string(holder, size_t(size)) + ")" : std::string();
        return Error{Fault::Gateway,
                     "another gateway" + who + " is recording into " + path + "; choose another file with --record",
                     true};
    }
    const std::string self = std::to_string(::getpid());
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, self.data(), self.size(), 0) < 0) {
        // Only the sentence above is poorer without it.
    }
    return FileLock(descriptor);
}

FileLock::~FileLock()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

}  // namespace sluice::storage
