// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever the writer writes, the reader reads back as the same: heads, content in either framing, trailers; and not a byte
// of what lies behind. What cannot be written leaves nothing.
#include "engine/http/http1_reader.h"
#include "engine/http/http1_writer.h"
#include "tests/fuzz/source.h"

#include <algorithm>
#include <vector>

using namespace sluice::http;
using fuzz::require;
using fuzz::Source;

namespace {

constexpr std::string_view behind = "GET /behind HTTP/1.1\r\nHost: b\r\n\r\n";

std::string trimmed(std::string_view text)
{
    const size_t first = text.find_first_not_of(" \t");
    return first == text.npos ? std::string()
                              : std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

bool sameFields(const HeaderList &written, const HeaderList &read)
{
    if (written.size() != read.size())
        return false;
    for (size_t i = 0; i < written.size(); ++i) {
        if (written[i].name != read[i].name || trimmed(written[i].value) != read[i].value)
            return false;
    }
    return true;
}

// Names of framing and routing are the caller's business; the rest may be anything.
void addFields(HeaderList &list, Source &source, std::string_view before)
{
    for (unsigned left = source.below(8); left > 0; --left) {
        const std::string name = std::string(before) + source.text();
        if (!equalsIgnoreCase(name, "host") && !equalsIgnoreCase(name, "content-length")
            && !equalsIgnoreCase(name, "transfer-encoding"))
            list.add(name, source.text());
    }
}

struct Message {
    Framing framing;
    std::vector<std::string> pieces;
    HeaderList trailers;
    std::string content() const
    {
        std::string out;
        for (const std::string &piece : pieces)
            out += piece;
        return out;
    }
};

Message message(Source &source)
{
    Message out;
    for (unsigned left = source.below(5); left > 0; --left)
        out.pieces.push_back(source.text());
    if (source.below(2)) {
        out.framing.kind = Framing::Kind::Chunked;
        addFields(out.trailers, source, "X-Tr");  // no name that a trailer must not have
    } else if (const size_t size = out.content().size()) {
        out.framing = {Framing::Kind::Length, size};
    }
    return out;
}

void append(std::string &out, const Message &message)
{
    for (const std::string &piece : message.pieces) {
        if (piece.empty())
            continue;
        if (message.framing.kind == Framing::Kind::Chunked)
            appendChunkPrefix(out, piece.size());
        out += piece;
        if (message.framing.kind == Framing::Kind::Chunked)
            out += kChunkSuffix;
    }
    if (message.framing.kind == Framing::Kind::Chunked)
        appendLastChunk(out, &message.trailers);
}

HeaderList writable(const HeaderList &trailers)
{
    HeaderList out;
    for (const Field field : trailers) {
        const bool clean = std::all_of(field.value.begin(), field.value.end(),
                                       [](char c) { return c == '\t' || (uint8_t(c) >= 0x20 && c != 0x7f); });
        if (isToken(field.name) && clean)
            out.add(field.name, field.value);
    }
    return out;
}

// `text`: a message as written, with `behind` behind it.
template<class Reader, class Head>
void readBack(Reader &reader, std::string_view text, const Head &head, const Message &message)
{
    size_t consumed = 0;
    Step step = reader.read(text, consumed);
    require(step == Step::Head || step == Step::Informational);
    require(sameFields(head.headers, reader.head().headers));
    text.remove_prefix(consumed);
    if (step == Step::Informational)
        return require(text == behind);
    std::string content;
    while ((step = reader.read(text, consumed)) == Step::Body) {
        content += reader.data();
        text.remove_prefix(consumed);
    }
    text.remove_prefix(consumed);
    require(step == Step::End && text == behind && content == message.content());
    require(sameFields(writable(message.trailers), reader.trailers()));
}

const Limits wide{.line = 60'000, .headerCount = 100, .headBytes = 60'000, .chunkLine = 1024, .trailerBytes = 60'000};

void tryRequest(Source &source)
{
    RequestHead head;
    head.method = source.below(4) ? std::string("POST") : source.text();
    head.target = '/' + source.text();
    head.headers.add("Host", "a");
    addFields(head.headers, source, "");
    const Message content = message(source);
    Wire how{.framing = content.framing, .connection = std::nullopt};
    if (source.below(2))
        how.connection = "close";
    std::string out = "before";
    if (!appendHead(out, head, how))
        return require(out == "before");
    if (head.method == "CONNECT")
        return;
    append(out, content);
    out += behind;
    noteAsWritten(head, how);
    RequestReader reader(wide);
    readBack(reader, std::string_view(out).substr(6), head, content);
    require(reader.head().method == head.method && reader.head().target == head.target);
}

void tryResponse(Source &source)
{
    ResponseHead head;
    head.status = 100 + int(source.below(250)) * 4;
    head.reason = source.below(2) ? source.text() : "OK";
    addFields(head.headers, source, "");
    Message content = message(source);
    if (hasNoContent("GET", head.status))
        content = {};
    Wire how{.framing = content.framing, .connection = std::nullopt};
    if (source.below(2))
        how.connection = "keep-alive";
    std::string out = "before";
    if (!appendHead(out, head, how))
        return require(out == "before");
    append(out, content);
    out += behind;
    noteAsWritten(head, how);
    ResponseReader reader(wide);
    reader.expect("GET");
    readBack(reader, std::string_view(out).substr(6), head, content);
    require(reader.head().status == head.status && reader.head().reason == head.reason);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Source source(data, size);
    if (source.below(2))
        tryResponse(source);
    else
        tryRequest(source);
    return 0;
}
