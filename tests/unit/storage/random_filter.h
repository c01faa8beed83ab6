// SPDX-License-Identifier: GPL-3.0-or-later
// Random filters as text, over the values that samples::any() takes.
#pragma once

#include "engine/base/random.h"
#include "engine/journey/exchange.h"

#include <iterator>
#include <string>

namespace sluice::samples {

inline constexpr const char *everyTest[] = {"method:get",
                                            "method:GET,DELETE",
                                            "method!=POST",
                                            "host:api.localhost",
                                            "host:\"\"",
                                            "host:*:8080",
                                            "host~LOCAL",
                                            "path:/api/users/**",
                                            "path:/api/*/7",
                                            "path:/api/users",
                                            "path:/**",
                                            "path:\"/a*b/100%\"",
                                            "path~USERS",
                                            "path!=/",
                                            "query~card",
                                            "query:page=2",
                                            "query:\"\"",
                                            "service:users",
                                            "service:users*",
                                            "service:\"\"",
                                            "service!=orders",
                                            "route:users,orders",
                                            "route~USER",
                                            "route:nothing",
                                            "endpoint:http://127.0.0.1:9001",
                                            "user:ada",
                                            "user:\"\"",
                                            "client:127.0.0.1",
                                            "client:127.*",
                                            "status:404",
                                            "status>=500",
                                            "status:5xx",
                                            "status:200,429",
                                            "status!=200",
                                            "status<300",
                                            "status:400..499",
                                            "latency>200ms",
                                            "latency<=50ms",
                                            "latency:100ms..300ms",
                                            "latency:0s",
                                            "size>1MB",
                                            "size<20",
                                            "size:0",
                                            "id>100",
                                            "id:10..60",
                                            "id:3",
                                            "is:replayed",
                                            "is:cached",
                                            "is:limited,tunnel",
                                            "is:retried",
                                            "is:failed",
                                            "failed:upstream",
                                            "failed!=client",
                                            "breaker:open",
                                            "breaker:\"\"",
                                            "version:v3",
                                            "cache:HIT",
                                            "body~card",
                                            "header:X-Tenant",
                                            "header:X-Tenant=acme",
                                            "header:x-tenant~inc",
                                            "users"};

inline std::string anyTest(Random &random, const journey::Exchange &known)
{
    switch (random.below(10)) {
    case 0: return "trace:" + known.trace.trace.substr(0, 1 + random.below(32));
    case 1:
        return "request:" + (random.below(2) ? known.requestId : known.requestId.substr(0, 1 + random.below(9)) + "…");
    case 2: return "since:" + rfc3339(known.time);
    case 3: return "until:" + rfc3339(known.time);
    default: return everyTest[random.below(std::size(everyTest))];
    }
}

inline std::string anyFilter(Random &random, const journey::Exchange &known, int depth = 0)
{
    const uint64_t what = random.below(depth > 3 ? 2 : 8);
    if (what < 2)
        return anyTest(random, known);
    if (what == 2)
        return "not " + anyFilter(random, known, depth + 1);
    const char *between = what < 5 ? " " : what < 6 ? " and " : " or ";
    std::string out = "(" + anyFilter(random, known, depth + 1);
    for (uint64_t n = 1 + random.below(2); n > 0; --n)
        out += between + anyFilter(random, known, depth + 1);
    return out + ")";
}

}  // namespace sluice::samples
