// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_writer.h"

#include "engine/http/characters.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sluice::http {

namespace {

// A text of the source, without its closing 0.
template<size_t size>
char *put(char *at, const char (&text)[size])
{
    std::memcpy(at, text, size - 1);
    return at + size - 1;
}

void appendNumber(std::string &out, uint64_t number, int base)
{
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
    out.append(digits, size_t(end - digits));
}

bool writable(std::string_view value)
{
    if (allPlain(value))
        return true;
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
    const char *const text = headers.block().data();
    size_t begin = 0, end = 0;  // of the lines that go out next
    size_t index = 0;
    for (const HeaderList::Place &p : headers.places()) {
        const size_t i = index++;
        if (replaced({text + p.name, p.nameLength}, wire))
            continue;
        size_t lineEnd = p.value + p.valueLength + 2;
        if (!(p.checked && p.line)) {
            if (!p.checked && !(isToken(headers[i].name) && writable(headers[i].value)))
                return false;
            if (headers.line(i).empty())
                lineEnd = p.name;
        }
        if (p.name != end) {
            out.append(text + begin, end - begin);
            begin = p.name;
        }
        end = lineEnd;
        if (end == p.name) {  // it stands otherwise than it is written
            out.append(text + begin, end - begin);
            begin = end;
            if (!appendField(out, headers[i]))
                return false;
        }
    }
    out.append(text + begin, end - begin);
    return true;
}

// `lengthOfNothing`: a message without content says so.
bool appendFields(std::string &out, const HeaderList &headers, const Wire &wire, bool lengthOfNothing)
{
    if (!appendList(out, headers, wire))
        return false;
    char end[64];
    char *at = end;
    if (wire.framing) {
        const bool length = wire.framing->kind == Framing::Kind::Length;
        if (length || (wire.framing->kind == Framing::Kind::None && lengthOfNothing)) {
            at = put(at, "Content-Length: ");
            at = put(std::to_chars(at, at + 20, length ? wire.framing->length : 0).ptr, "\r\n");
        } else if (wire.framing->kind == Framing::Kind::Chunked) {
            at = put(at, "Transfer-Encoding: chunked\r\n");
        }
    }
    if (wire.connection && !wire.connection->empty()) {
        out.append(end, size_t(at - end));
        at = end;
        if (!appendField(out, {"Connection", *wire.connection}))
            return false;
    }
    at = put(at, "\r\n");
    out.append(end, size_t(at - end));
    return true;
}

bool saysLengthOfNothing(const RequestHead &head)
{
    const std::string_view method = head.method;
    return method == "POST" || method == "PUT" || method == "PATCH";
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
        char digits[20];
        const char *const end = std::to_chars(digits, digits + sizeof digits, length ? wire.framing->length : 0).ptr;
        if (length || (wire.framing->kind == Framing::Kind::None && lengthOfNothing))
            headers.addOwn("Content-Length", {digits, size_t(end - digits)}, true);
        else if (wire.framing->kind == Framing::Kind::Chunked)
            headers.addOwn("Transfer-Encoding", "chunked", true);
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
    out.append(" HTTP/1.1\r\n", 11);
    return orUndo(out, before, appendFields(out, head.headers, wire, saysLengthOfNothing(head)));
}

bool appendHead(std::string &out, const ResponseHead &head, const Wire &wire)
{
    if (head.status < 100 || head.status > 999 || !writable(head.reason))
        return false;
    const size_t before = out.size();
    reserveMore(out, head.reason.size() + roomFor(head.headers));
    char status[16];
    char *at = put(status, "HTTP/1.1 ");
    at = put(std::to_chars(at, at + 3, head.status).ptr, " ");
    out.append(status, size_t(at - status));
    out += head.reason;
    out.append("\r\n", 2);
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
