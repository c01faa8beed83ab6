// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/functions.h"

#include "engine/recording/match.h"
#include "storage/detail_codec.h"

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

void headerHas(sqlite3_context *context, int, sqlite3_value **values)
{
    const Term *test = termOf(context, values[0]);
    journey::Exchange x;
    if (!test)
        return;
    bool found = false;
    x.requestId = textOf(values[3]);
    x.trace.trace = textOf(values[4]);
    if (decodeDetail(textOf(values[1]), textOf(values[2]), x)) {
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
    journey::Exchange x;
    if (sqlite3_value_int64(values[1]) != 0)  // a content with a coding of its own
        decodeDetail(textOf(values[2]), textOf(values[3]), x);
    const http::HeaderList &answer = x.answer.status ? x.answer.headers : x.returned.headers;
    const struct {
        std::string_view bytes;
        const http::HeaderList &head;
    } contents[] = {{textOf(values[4]), x.received.headers}, {textOf(values[5]), answer}};
    bool found = false;
    for (const auto &content : contents) {
        found = found || recording::contentContains(content.bytes, content.head.get("Content-Encoding"), test->value);
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
    } functions[] = {{"term", 2, term}, {"header_has", 5, headerHas}, {"body_has", 6, bodyHas}};
    for (const auto &function : functions) {
        const int code = sqlite3_create_function_v2(database.handle(), function.name, function.arguments,
                                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, nullptr, function.call, nullptr,
                                                    nullptr, nullptr);
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
