// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_writer.h"

#include "engine/http/characters.h"

#include <algorithm>
#include <charconv>

namespace sluice::http {

namespace {

void appendNumber(std::string &out, uint64_t number, int base)
{
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
    out.append(digits, size_t(end - digits));
}

bool writable(std::string_view value)
{
    for (size_t at = plainRun(value, 0); at < value.size(); at += 1 + plainRun(value, at + 1)) {
        if (value[at] != '\t')
            return false;
    }
    return true;
}

// Does the writer say this one itself?
bool replaced(std::string_view name, const Wire &wire)
{
    switch (name.size()) {
    case 10: return wire.connection && (equalsIgnoreCase(name, "connection") || equalsIgnoreCase(name, "keep-alive"));
    case 14: return wire.framing && equalsIgnoreCase(name, "content-length");
    case 17: return wire.framing && equalsIgnoreCase(name, "transfer-encoding");
    }
    return false;
}

bool appendField(std::string &out, const Field &field)
{
    if (!isToken(field.name) || !writable(field.value))
        return false;
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
    return true;
}

// Lines that follow each other in the list's own text go out in one copy.
bool appendList(std::string &out, const HeaderList &headers, const Wire &wire)
{
    std::string_view run;
    for (size_t i = 0; i < headers.size(); ++i) {
        const Field field = headers[i];
        if (replaced(field.name, wire))
            continue;
        if (!headers.checked(i) && !(isToken(field.name) && writable(field.value)))
            return false;
        const std::string_view line = headers.line(i);
        if (!line.empty() && line.data() == run.data() + run.size()) {
            run = {run.data(), run.size() + line.size()};
            continue;
        }
        out += run;
        run = line;
        if (line.empty() && !appendField(out, field))
            return false;
    }
    out += run;
    return true;
}

// `lengthOfNothing`: a message without content says so.
bool appendFields(std::string &out, const HeaderList &headers, const Wire &wire, bool lengthOfNothing)
{
    if (!appendList(out, headers, wire))
        return false;
    if (wire.framing) {
        const bool length = wire.framing->kind == Framing::Kind::Length;
        if (length || (wire.framing->kind == Framing::Kind::None && lengthOfNothing)) {
            out += "Content-Length: ";
            appendNumber(out, length ? wire.framing->length : 0, 10);
            out += "\r\n";
        } else if (wire.framing->kind == Framing::Kind::Chunked) {
            out += "Transfer-Encoding: chunked\r\n";
        }
    }
    if (wire.connection && !wire.connection->empty()) {
        if (!appendField(out, {"Connection", *wire.connection}))
            return false;
    }
    out += "\r\n";
    return true;
}

bool saysLengthOfNothing(const RequestHead &head)
{
    return head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
}

bool saysLengthOfNothing(const ResponseHead &head)
{
    return head.status >= 200 && head.status != 204;
}

void noteFields(HeaderList &headers, const Wire &wire, bool lengthOfNothing)
{
    for (size_t i = headers.size(); i-- > 0;) {
        if (replaced(headers[i].name, wire))
            headers.removeAt(i);
    }
    if (wire.framing) {
        const bool length = wire.framing->kind == Framing::Kind::Length;
        if (length || (wire.framing->kind == Framing::Kind::None && lengthOfNothing))
            headers.add("Content-Length", std::to_string(length ? wire.framing->length : 0));
        else if (wire.framing->kind == Framing::Kind::Chunked)
            headers.add("Transfer-Encoding", "chunked");
    }
    if (wire.connection && !wire.connection->empty())
        headers.add("Connection", *wire.connection);
}

size_t roomFor(const HeaderList &headers)
{
    return 128 + headers.textSize() + 4 * headers.size();
}

void reserveMore(std::string &out, size_t bytes)
{
    // Not exactly: a string that grows by exact steps copies itself each time.
    if (out.capacity() - out.size() < bytes)
        out.reserve(std::max(out.size() + bytes, out.capacity() * 2));
}

bool orUndo(std::string &out, size_t size, bool written)
{
    if (!written)
        out.resize(size);
    return written;
}

}  // namespace

bool appendHead(std::string &out, const RequestHead &head, const Wire &wire)
{
    if (!isToken(head.method) || head.target.empty() || targetRun(head.target, 0) != head.target.size())
        return false;
    const size_t before = out.size();
    reserveMore(out, head.method.size() + head.target.size() + roomFor(head.headers));
    out += head.method;
    out += ' ';
    out += head.target;
    out += " HTTP/1.1\r\n";
    return orUndo(out, before, appendFields(out, head.headers, wire, saysLengthOfNothing(head)));
}

bool appendHead(std::string &out, const ResponseHead &head, const Wire &wire)
{
    if (head.status < 100 || head.status > 999 || !writable(head.reason))
        return false;
    const size_t before = out.size();
    reserveMore(out, head.reason.size() + roomFor(head.headers));
    out += "HTTP/1.1 ";
    appendNumber(out, uint64_t(head.status), 10);
    out += ' ';
    out += head.reason;
    out += "\r\n";
    return orUndo(out, before, appendFields(out, head.headers, wire, saysLengthOfNothing(head)));
}

void noteAsWritten(RequestHead &head, const Wire &wire)
{
    noteFields(head.headers, wire, saysLengthOfNothing(head));
}

void noteAsWritten(ResponseHead &head, const Wire &wire)
{
    noteFields(head.headers, wire, saysLengthOfNothing(head));
}

void appendChunkPrefix(std::string &out, uint64_t size)
{
    appendNumber(out, size, 16);
    out += "\r\n";
}

void appendLastChunk(std::string &out, const HeaderList *trailers)
{
    out += "0\r\n";
    const Wire framingLeftOut{.framing = Framing(), .connection = ""};
    if (trailers) {
        for (const Field field : *trailers) {
            if (!replaced(field.name, framingLeftOut) && !equalsIgnoreCase(field.name, "host"))
                appendField(out, field);
        }
    }
    out += "\r\n";
}

}  // namespace sluice::http
