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

// Does the writer say this one itself? Its length rules out nearly all.
bool replaced(std::string_view name, const Wire &wire)
{
    constexpr uint32_t lengths = 1 << 10 | 1 << 14 | 1 << 17;
    if (name.size() > 17 || !(lengths >> name.size() & 1)) [[likely]]
        return false;
    switch (name.size()) {
    case 10: return wire.connection && (equalsIgnoreCase(name, "connection") || equalsIgnoreCase(name, "keep-alive"));
    case 14: return wire.framing && equalsIgnoreCase(name, "content-length");
    case 17: return wire.framing && equalsIgnoreCase(name, "transfer-encoding");
    }
    return false;
}

bool appendField(TextBlock &out, const Field &field)
{
    if (!isToken(field.name) || !writable(field.value))
        return false;
    out.append(field.name);
    out.append(": ");
    out.append(field.value);
    out.append("\r\n");
    return true;
}

// Lines that follow each other in the list's own text go out in one copy.
class Lines {
public:
    Lines(TextBlock &out, const HeaderList &headers) : out_(out), headers_(headers), text_(headers.block().data()) {}

    bool append(const Wire &wire)
    {
        const std::span<const HeaderList::Place> places = headers_.places();
        for (const HeaderList::Place &p : places) {
            if (replaced({text_ + p.name, p.nameLength}, wire))
                continue;
            if (p.checked && p.line) [[likely]]
                take(p);
            else if (!appendOther(size_t(&p - places.data())))
                return false;
        }
        flush();
        return true;
    }

private:
    void take(const HeaderList::Place &p)
    {
        if (p.name != end_) {
            flush();
            begin_ = p.name;
        }
        end_ = p.value + p.valueLength + 2;
    }
    // One that nobody has looked at, or that stands otherwise than it is written.
    bool appendOther(size_t index)
    {
        const HeaderList::Place &p = headers_.places()[index];
        const Field field = headers_[index];
        if (!p.checked && !(isToken(field.name) && writable(field.value)))
            return false;
        if (!headers_.line(index).empty()) {
            take(p);
            return true;
        }
        flush();
        begin_ = end_;
        return appendField(out_, field);
    }
    void flush() { out_.append({text_ + begin_, end_ - begin_}); }

    TextBlock &out_;
    const HeaderList &headers_;
    const char *text_;
    size_t begin_ = 0, end_ = 0;  // of the lines that go out next
};

// `lengthOfNothing`: a message without content says so.
bool appendFields(TextBlock &out, const HeaderList &headers, const Wire &wire, bool lengthOfNothing)
{
    if (!Lines(out, headers).append(wire))
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
        out.append({end, size_t(at - end)});
        at = end;
        if (!appendField(out, {"Connection", *wire.connection}))
            return false;
    }
    at = put(at, "\r\n");
    out.append({end, size_t(at - end)});
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

// So much more will come. Not exactly: a block that grows by exact steps copies itself each time.
void reserveMore(TextBlock &out, size_t bytes)
{
    if (out.capacity() - out.size() < bytes)
        out.reserve(std::max(out.size() + bytes, out.capacity() * 2));
}

bool orUndo(TextBlock &out, size_t size, bool written)
{
    if (!written)
        out.cut(size);
    return written;
}

}  // namespace

bool appendHead(TextBlock &out, const RequestHead &head, const Wire &wire)
{
    if (!isToken(head.method) || head.target.empty() || targetRun(head.target, 0) != head.target.size())
        return false;
    const size_t before = out.size();
    reserveMore(out, head.method.size() + head.target.size() + roomFor(head.headers));
    out.append(head.method);
    out.append(" ");
    out.append(head.target);
    out.append(" HTTP/1.1\r\n");
    return orUndo(out, before, appendFields(out, head.headers, wire, saysLengthOfNothing(head)));
}

bool appendHead(TextBlock &out, const ResponseHead &head, const Wire &wire)
{
    if (head.status < 100 || head.status > 999 || !writable(head.reason))
        return false;
    const size_t before = out.size();
    reserveMore(out, head.reason.size() + roomFor(head.headers));
    char status[16];
    char *at = put(status, "HTTP/1.1 ");
    at = put(std::to_chars(at, at + 3, head.status).ptr, " ");
    out.append({status, size_t(at - status)});
    out.append(head.reason);
    out.append("\r\n");
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

void appendChunkPrefix(TextBlock &out, uint64_t size)
{
    char digits[18];
    char *const end = put(std::to_chars(digits, digits + 16, size, 16).ptr, "\r\n");
    out.append({digits, size_t(end - digits)});
}

void appendLastChunk(TextBlock &out, const HeaderList *trailers)
{
    out.append("0\r\n");
    const Wire framingLeftOut{.framing = Framing(), .connection = ""};
    if (trailers) {
        for (const Field field : *trailers) {
            if (!replaced(field.name, framingLeftOut) && !equalsIgnoreCase(field.name, "host"))
                appendField(out, field);
        }
    }
    out.append("\r\n");
}

}  // namespace sluice::http
