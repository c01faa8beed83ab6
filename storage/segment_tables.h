// SPDX-License-Identifier: GPL-3.0-or-later
// The tables `exchange` and `message` of a connection: what segments hold, as rows that SQL can ask for (SQLite virtual tables, which are
// there without being created). They see what the statement's transaction sees. One thread: the connection's.
//
//   exchange: id, time, status, latency, latency_class, request_bytes, response_bytes, method, host, client, user, route, service, endpoint,
//             version, cache, breaker, attempts, bits, failed_by, replay_of, trace_key, trace, request_id, path, query, failure
//             as migrations/0001.sql has them, but for trace and request_id, which are texts in their usual form.
//             Walked by id, in either order; "= id", "BETWEEN … AND …" of id and of trace_key, and `request` (hidden) = a request id,
//             whatever its case, are looked for without the row being made.
//   message:  id, coded (1 the request's content, 2 that of the answer), detail, like_detail (what decodeDetail() wants beside it),
//             request_body, response_body; only by "= id".
#pragma once

#include "storage/sqlite.h"

namespace sluice::storage {

Outcome addSegmentTables(Database &);

}  // namespace sluice::storage
