// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/secret_file.h"

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <openssl/crypto.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

namespace sluice::gateway {

namespace {

constexpr off_t mostBytes = 100 << 20;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    operator int() const { return number_; }

private:
    int number_;
};

Error failed(const std::string &what)
{
    return Error{Fault::Gateway, what};
}

Error systemError(const std::string &what)
{
    return failed(what + ": " + std::strerror(errno));
}

// Only for its owner, who is us. Empty: it is.
std::string exposure(const struct stat &about, const std::string &path, const char *mode)
{
    if (about.st_uid != ::geteuid())
        return path + " belongs to somebody else; secrets are not kept there";
    if (about.st_mode & 077)
        return path + " may be read by others; take that right away first: chmod " + mode + ' ' + path;
    return {};
}

void wipe(QByteArray &bytes)
{
    OPENSSL_cleanse(bytes.data(), size_t(bytes.size()));
    bytes.clear();
}

bool writeAll(int descriptor, const QByteArray &bytes)
{
    for (qsizetype done = 0; done < bytes.size();) {
        const ssize_t count = ::write(descriptor, bytes.constData() + done, size_t(bytes.size() - done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += count;
    }
    return ::fsync(descriptor) == 0;
}

}  // namespace

Outcome SecretFile::makeFolder() const
{
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::path(folder_).parent_path();
    if (!parent.empty())
        std::filesystem::create_directories(parent, error);
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
        return systemError("cannot make the folder " + folder_);
    struct stat about {};
    if (::lstat(folder_.c_str(), &about) != 0)
        return systemError("cannot look at " + folder_);
    if (!S_ISDIR(about.st_mode))
        return failed(folder_ + " is no folder");
    if (const std::string wrong = exposure(about, folder_, "700"); !wrong.empty())
        return failed(wrong);
    return Done{};
}

Result<SecretFile::Entries> SecretFile::read() const
{
    struct stat about {};
    if (::lstat(folder_.c_str(), &about) == 0) {
        if (const std::string wrong = exposure(about, folder_, "700"); !wrong.empty())
            return failed(wrong);
    }
    const Descriptor file(::open(path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file < 0 && errno == ENOENT)
        return Entries();
    if (file < 0)
        return systemError("cannot open " + path());
    if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > mostBytes)
        return failed(path() + " is no file of secrets");
    if (const std::string wrong = exposure(about, path(), "600"); !wrong.empty())
        return failed(wrong);
    QByteArray text(about.st_size, '\0');
    const ssize_t count = ::pread(file, text.data(), size_t(text.size()), 0);
    const QJsonDocument document = QJsonDocument::fromJson(text.left(std::max<qsizetype>(count, 0)));
    wipe(text);
    const QJsonObject entries = document.object().value("secrets").toObject();
    if (document.object().value("version").toInt() != 1)
        return failed(path() + " is damaged, or of a newer version of sluice; it is left as it is");
    Entries out;
    for (auto at = entries.begin(); at != entries.end(); ++at) {
        QByteArray value = QByteArray::fromBase64(at.value().toString().toLatin1());
        out.emplace(at.key().toStdString(), Secret(std::string_view(value.constData(), size_t(value.size()))));
        wipe(value);
    }
    return out;
}

// Beside it and renamed: a program that is killed half-way leaves the file before.
Outcome SecretFile::write(const Entries &entries) const
{
    QJsonObject secrets;
    for (const auto &[name, value] : entries) {
        const std::string_view text = value.reveal();
        secrets.insert(QString::fromStdString(name),
                       QString::fromLatin1(QByteArray(text.data(), qsizetype(text.size())).toBase64()));
    }
    QByteArray text = QJsonDocument(QJsonObject{{"version", 1}, {"secrets", secrets}}).toJson();
    const std::string fresh = path() + ".new";
    ::unlink(fresh.c_str());  // of a program that was killed; the lock is ours
    bool good = false;
    {
        const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        good = file >= 0 && writeAll(file, text);
    }
    wipe(text);
    if (!good || ::rename(fresh.c_str(), path().c_str()) != 0) {
        const Error error = systemError("cannot write " + path());
        ::unlink(fresh.c_str());
        return error;
    }
    const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder >= 0)
        ::fsync(folder);
    return Done{};
}

Outcome SecretFile::change(const std::function<Result<bool>(Entries &)> &edit)
{
    if (Outcome folder = makeFolder(); !folder)
        return folder;
    const std::string lockPath = path() + ".lock";
    const Descriptor lock(::open(lockPath.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock < 0)
        return systemError("cannot open " + lockPath);
    for (int tries = 0; ::flock(lock, LOCK_EX | LOCK_NB) != 0; ++tries) {
        if (tries == 200)
            return failed("another program holds " + lockPath);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    Result<Entries> entries = read();
    if (!entries)
        return entries.error();
    const Result<bool> changed = edit(*entries);
    if (!changed)
        return changed.error();
    return *changed ? write(*entries) : Outcome(Done{});
}

}  // namespace sluice::gateway
