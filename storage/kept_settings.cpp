// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/kept_settings.h"

#include "engine/http/headers.h"

#include <algorithm>
#include <charconv>

namespace sluice::storage {

namespace {

constexpr std::string_view headersKey = "redact_headers", jsonKey = "redact_json", limitKey = "body_limit",
                           socketKey = "socket";

// One a line: no name has a line end.
std::string joined(const std::vector<std::string> &names)
{
    std::string out;
    for (const std::string &name : names) {
        out += name;
        out += '\n';
    }
    return out;
}

void addTo(std::vector<std::string> &names, std::string_view lines)
{
    for (size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
        const std::string_view name = lines.substr(0, end);
        if (std::none_of(names.begin(), names.end(),
                         [&](const std::string &each) { return http::equalsIgnoreCase(each, name); }))
            names.emplace_back(name);
        lines.remove_prefix(end + 1);
    }
}

}  // namespace

Kept readKept(Database &database)
{
    Kept out;
    auto statement = Statement::prepare(database, "SELECT key, value FROM meta");
    while (statement && statement->step() == SQLITE_ROW) {
        const std::string_view key = statement->text(0), value = statement->text(1);
        if (key == headersKey)
            addTo(out.settings.redactHeaders, value);
        else if (key == jsonKey)
            addTo(out.settings.redactJson, value);
        else if (key == limitKey)
            std::from_chars(value.data(), value.data() + value.size(), out.settings.bodyLimit);
        else if (key == socketKey)
            out.socket = value;
    }
    return out;
}

Outcome writeKept(Database &database, const config::RecordSettings &settings, const std::string &socket)
{
    if (Outcome begun = database.run("BEGIN IMMEDIATE"); !begun)
        return begun;
    const std::pair<std::string_view, std::string> all[] = {{headersKey, joined(settings.redactHeaders)},
                                                            {jsonKey, joined(settings.redactJson)},
                                                            {limitKey, std::to_string(settings.bodyLimit)},
                                                            {socketKey, socket}};
    auto statement = Statement::prepare(
        database,
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    Outcome outcome = statement ? Outcome(Done{}) : Outcome(statement.error());
    for (const auto &[key, value] : all) {
        if (!outcome)
            break;
        statement->bind(1, key);
        statement->bind(2, value);
        if (const int code = statement->step(); code != SQLITE_DONE)
            outcome = database.error(code);
        statement->reset();
    }
    if (outcome)
        outcome = database.run("COMMIT");
    if (!outcome)
        sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return outcome;
}

}  // namespace sluice::storage
