// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/functions.h"

#include "engine/recording/match.h"
#include "storage/detail_codec.h"
#include "storage/dictionaries.h"
#include "storage/row_keys.h"

namespace sluice::storage {

namespace {

using recording::Term;

constexpr const char *termType = "sluice-term";

std::string_view textOf(sqlite3_value *value)
{
    const void *data = sqlite3_value_blob(value);
    return data ? std::string_view(static_cast<const char *>(data), size_t(sqlite3_value_bytes(value)))
                : std::string_view();
}

// One a connection.
struct Scratch {
    explicit Scratch(Database &database) : dictionaries(database) {}
    DictionaryReader dictionaries;
    std::string detail, body;

    static std::string_view plain(std::string_view bytes, bool packed, std::string &out,
                                  std::string_view dictionary = {})
    {
        if (!packed)
            return bytes;
        return unpack(bytes, out, dictionary) ? std::string_view(out) : std::string_view();
    }
    bool exchange(int64_t id, int64_t packing, std::string_view bytes, journey::Exchange &x)
    {
        return decodeDetail(plain(bytes, packing & kDetailPacked, detail, dictionaries.of(id)), x);
    }
};

Scratch &scratchOf(sqlite3_context *context)
{
    return *static_cast<Scratch *>(sqlite3_user_data(context));
}

const Term *termOf(sqlite3_context *context, sqlite3_value *value)
{
    const auto *term = static_cast<const Term *>(sqlite3_value_pointer(value, termType));
    if (!term)
        sqlite3_result_error(context, "not a test", -1);
    return term;
}

void term(sqlite3_context *context, int, sqlite3_value **values)
{
    if (const Term *test = termOf(context, values[0]))
        sqlite3_result_int(context, recording::textMatches(*test, textOf(values[1])));
}

void idText(sqlite3_context *context, int, sqlite3_value **values)
{
    if (sqlite3_value_type(values[0]) != SQLITE_BLOB) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    const std::string text = unpackUuid(textOf(values[0]));
    sqlite3_result_text(context, text.data(), int(text.size()), SQLITE_TRANSIENT);
}

void headerHas(sqlite3_context *context, int, sqlite3_value **values)
{
    const Term *test = termOf(context, values[0]);
    journey::Exchange x;
    if (!test)
        return;
    bool found = false;
    if (scratchOf(context).exchange(sqlite3_value_int64(values[1]), sqlite3_value_int64(values[2]), textOf(values[3]),
                                    x)) {
        for (const http::HeaderList *head :
             {&x.received.headers, &x.sent.headers, &x.answer.headers, &x.returned.headers})
            found = found || recording::headersMatch(*test, *head);
    }
    sqlite3_result_int(context, found);
}

void bodyHas(sqlite3_context *context, int, sqlite3_value **values)
{
    const Term *test = termOf(context, values[0]);
    if (!test)
        return;
    Scratch &scratch = scratchOf(context);
    const int64_t packing = sqlite3_value_int64(values[2]);
    journey::Exchange x;
    if (packing & (kRequestCoded | kResponseCoded))
        scratch.exchange(sqlite3_value_int64(values[1]), packing, textOf(values[3]), x);
    const http::HeaderList &answer = x.answer.status ? x.answer.headers : x.returned.headers;
    const struct {
        std::string_view bytes;
        unsigned packed;
        const http::HeaderList &head;
    } contents[] = {{textOf(values[4]), kRequestPacked, x.received.headers},
                    {textOf(values[5]), kResponsePacked, answer}};
    bool found = false;
    for (const auto &content : contents) {
        found = found
            || recording::contentContains(scratch.plain(content.bytes, packing & content.packed, scratch.body),
                                          content.head.get("Content-Encoding"), test->value);
    }
    sqlite3_result_int(context, found);
}

}  // namespace

Outcome addFunctions(Database &database)
{
    const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"term", 2, term}, {"id_text", 1, idText}, {"header_has", 4, headerHas}, {"body_has", 6, bodyHas}};
    for (const auto &function : functions) {
        // SQLite deletes the scratch with the connection, and also when it refuses.
        const int code =
            sqlite3_create_function_v2(database.handle(), function.name, function.arguments,
                                       SQLITE_UTF8 | SQLITE_DIRECTONLY, new Scratch(database), function.call, nullptr,
                                       nullptr, [](void *scratch) { delete static_cast<Scratch *>(scratch); });
        if (code != SQLITE_OK)
            return database.error(code);
    }
    return Done{};
}

void bindTerm(Statement &statement, int parameter, const Term &term)
{
    sqlite3_bind_pointer(statement.handle(), parameter, const_cast<Term *>(&term), termType, nullptr);
}

}  // namespace sluice::storage
