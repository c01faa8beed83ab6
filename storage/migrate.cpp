// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/migrations.h"

namespace sluice::storage {

Result<FileKind> identify(Database &database, int64_t &version)
{
    const auto application = database.number("PRAGMA application_id");
    if (!application)
        return application.error();
    const auto user = database.number("PRAGMA user_version");
    if (!user)
        return user.error();
    version = *user;
    if (*application == applicationId)
        return version > int64_t(migrations().size()) ? FileKind::Newer : FileKind::Recording;
    const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables)
        return tables.error();
    return *application == 0 && *user == 0 && *tables == 0 ? FileKind::Empty : FileKind::Foreign;
}

std::string whyNot(FileKind kind, const std::string &path, int64_t version)
{
    if (kind == FileKind::Newer)
        return "the recording " + path + " was written by a newer Sluice (version " + std::to_string(version)
            + " of the file, this one knows " + std::to_string(migrations().size())
            + "); update Sluice, or record into another file";
    return path + " is not a recording";
}

Outcome migrate(Database &database, int64_t version)
{
    const auto steps = migrations();
    for (size_t next = size_t(version); next < steps.size(); ++next) {
        std::string sql = "BEGIN IMMEDIATE;\n";
        sql += steps[next];
        sql += "\nPRAGMA application_id = " + std::to_string(applicationId)
            + ";\nPRAGMA user_version = " + std::to_string(next + 1) + ";\nCOMMIT;";
        if (const Outcome done = database.run(sql.c_str()); !done) {
            sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
            return done.error();
        }
    }
    return Done{};
}

}  // namespace sluice::storage
