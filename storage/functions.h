// SPDX-License-Identifier: GPL-3.0-or-later
// The SQL functions that filters need; they call the same code as the predicate (engine/recording/match.h).
//   term(test, text)                                        a test of text
//   header_has(test, detail, like, request id, trace)       header:
//   body_has(test, coded, detail, like, request, response)  body:
// `test` is a const recording::Term *, bound with bindTerm(); it must outlive the statement.
#pragma once

#include "engine/recording/filter.h"
#include "storage/sqlite.h"

namespace sluice::storage {

Outcome addFunctions(Database &);
void bindTerm(Statement &, int parameter, const recording::Term &);

}  // namespace sluice::storage
