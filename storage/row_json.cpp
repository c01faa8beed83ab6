// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/row_json.h"

#include "engine/base/json.h"
#include "engine/recording/facts.h"

namespace sluice::storage {

std::string jsonLine(const Row &row, std::string_view messages)
{
    std::string out;
    JsonObject line(out);
    line.add("id", row.id)
        .add("time", rfc3339(row.time))
        .add("method", row.method)
        .addOrNull("host", row.host)
        .add("path", row.path)
        .addOrNull("query", row.query)
        .add("status", row.status)
        .add("latency_us", row.latency.count() / 1000)
        .add("request_bytes", row.requestBytes)
        .add("response_bytes", row.responseBytes)
        .addOrNull("client", row.client)
        .addOrNull("user", row.user)
        .addOrNull("route", row.route)
        .addOrNull("service", row.service)
        .addOrNull("endpoint", row.endpoint)
        .addOrNull("version", row.version)
        .add("attempts", row.attempts)
        .addOrNull("cache", row.cache)
        .addOrNull("request_id", row.requestId)
        .addOrNull("trace_id", row.traceId)
        .addOrNull("failed_by", recording::failedByName(row.failedBy))
        .addOrNull("failure", row.failure);
    row.replayOf ? line.add("replay_of", row.replayOf) : line.addRaw("replay_of", "null");
    if (row.stream.kind != journey::Streaming::None) {
        line.add("stream", journey::name(row.stream.kind));
        if (messages.empty())
            line.add("messages", row.stream.messages);
        if (row.stream.kind == journey::Streaming::Grpc) {
            line.addOrNull("grpc_method", std::string_view(row.path).substr(row.path.starts_with('/') ? 1 : 0));
            row.stream.grpcStatus < 0 ? line.addRaw("grpc_status", "null")
                                      : line.add("grpc_status", row.stream.grpcStatus);
            line.addOrNull("grpc_message", row.stream.grpcMessage);
        }
    }
    if (!messages.empty())
        line.addRaw("messages", messages);
    if (row.open)
        line.add("open", true);
    row.mark ? line.add("mark", row.mark) : line.addRaw("mark", "null");
    line.addRaw("decisions", row.decisions.empty() ? "[]" : row.decisions);
    line.close();
    return out;
}

}  // namespace sluice::storage
