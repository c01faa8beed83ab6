// SPDX-License-Identifier: GPL-3.0-or-later
// Our readers beside a foreign one, Boost.Beast's. What ours take, Beast must read as the same message: first line, fields,
// content, and where it ends, so that no second message hides in it. Where the two differ, a rule in the tables
// below says why, and one that is met without its rule ends the program.
#include "engine/http/http1_reader.h"

#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace sluice::http;

namespace {

namespace beast = boost::beast::http;

struct Rule {
    std::string_view says;  // how our reason begins
    const char *why;
};

// Ours refuses what Beast takes.
constexpr std::array stricter{
    Rule{"The request target holds a character",
         "a target is ASCII without controls, spaces and # (RFC 3986 section 2)"},
    Rule{"The request target is neither", "origin-form or an http URL (RFC 9112 section 3.2)"},
    Rule{"The scheme of the request target", "the connection's own scheme (RFC 9110 section 7.4)"},
    Rule{"The authority of the request target", "an authority that is one (RFC 9110 section 4.2)"},
    Rule{"A target of * goes with OPTIONS only", "RFC 9112 section 3.2.4"},
    Rule{"CONNECT is not offered", "a gateway makes no tunnels to where a client says"},
    Rule{"There is no Host", "RFC 9112 section 3.2"},
    Rule{"There is more than one Host", "RFC 9112 section 3.2"},
    Rule{"Host is malformed", "RFC 9112 section 3.2"},
    Rule{"Host and the request target name different", "RFC 9112 section 3.2.2; who reads only one goes elsewhere"},
    Rule{"A field line begins with white space", "obs-fold is refused, not joined (RFC 9112 section 5.2)"},
    Rule{"Trailers: A field line begins with white space", "the same in trailers"},
    Rule{"There is more than one Content-Length", "refused also where they agree (RFC 9112 section 6.3)"},
    Rule{"Content-Length is malformed", "a list of lengths that agree is not mended (RFC 9112 section 6.3)"},
    Rule{"The transfer codings do not end", "chunked once, alone and last (RFC 9112 section 6.3)"},
    Rule{"There is more than one Transfer-Encoding", "one line of it (RFC 9112 section 6.1)"},
    Rule{"Transfer-Encoding came with HTTP/1.0", "RFC 9112 section 6.1"},
    Rule{"Content-Length and Transfer-Encoding came together", "whatever the coding is (RFC 9112 section 6.1)"},
    Rule{"The transfer coding is not known", "chunked alone (RFC 9112 section 6.1)"},
    Rule{"The size of a chunk is malformed", "extensions by their grammar (RFC 9112 section 7.1.1)"},
    Rule{"The line of a chunk's size ends without CR",
         "a bare LF is no text of a quoted extension (RFC 9110 section 5.6.4)"},
    Rule{"The line of a chunk's size is longer", "a limit of ours"},
    Rule{"The extensions of the chunks are larger", "a limit of ours"},
    Rule{"The head is larger", "a limit of ours"},
    Rule{"There are more fields", "a limit of ours"},
    Rule{"A trailer would frame or route", "RFC 9110 section 6.5.1"},
    Rule{"The status line of the answer is malformed", "a status of 100 to 999 (RFC 9110 section 15)"},
    Rule{"An informational answer announces content", "RFC 9110 section 8.6"},
    Rule{"The answer's Content-Length is malformed", "one length of digits (RFC 9112 section 6.3)"},
    Rule{"The answer has a transfer coding other", "chunked once, alone and last (RFC 9112 section 6.3)"},
    Rule{"The answer has both", "RFC 9112 section 6.3"},
    Rule{"The answer has Transfer-Encoding with HTTP/1.0", "RFC 9112 section 6.1"},
};

// Beast refuses what ours takes; of the request both agree on nothing then, but no second one can hide in what is refused.
constexpr std::array laxer{
    Rule{"bad value",
         "Beast takes Connection and Upgrade for lists of tokens; ours looks for the words that it knows in them"},
    Rule{"bad status", "a status line without a reason may lack its last space, too: many do so"},
};

struct Read {
    bool whole = false;
    std::string refused;  // why; empty: it was not
    std::string method, target, content;
    std::vector<std::pair<std::string, std::string>> fields;
    size_t size = 0;  // bytes that it took
};

const Limits wide{.line = 60'000, .headerCount = 1000, .headBytes = 60'000, .chunkLine = 1024, .trailerBytes = 60'000};

RequestReader newReader(const RequestReader *)
{
    return RequestReader(wide);
}
ResponseReader newReader(const ResponseReader *)
{
    ResponseReader reader(wide);
    reader.expect("GET");
    return reader;
}

void note(Read &out, const RequestHead &head)
{
    out.method = head.method;
    out.target = head.target;
}
void note(Read &out, const ResponseHead &head)
{
    out.method = std::to_string(head.status);
    out.target = head.reason;
}
void note(Read &out, const beast::request<beast::string_body> &message)
{
    out.method = std::string(message.method_string());
    out.target = std::string(message.target());
}
void note(Read &out, const beast::response<beast::string_body> &message)
{
    out.method = std::to_string(message.result_int());
    out.target = std::string(message.reason());
}

Step atEnd(RequestReader &)
{
    return Step::NeedMore;
}
Step atEnd(ResponseReader &reader)
{
    return reader.endOfStream();
}

// One message, the end of the stream behind it. A 1xx head is a message of its own, as it is to Beast.
template<class Reader>
Read ours(std::string_view in)
{
    Read out;
    Reader reader = newReader(static_cast<const Reader *>(nullptr));
    for (;;) {
        size_t consumed = 0;
        Step step = reader.read(in.substr(out.size), consumed);
        out.size += consumed;
        if (step == Step::NeedMore)
            step = atEnd(reader);
        switch (step) {
        case Step::Head:
        case Step::Informational:
            note(out, reader.head());
            for (const Field field : reader.head().headers)
                out.fields.emplace_back(field.name, field.value);
            out.whole = step == Step::Informational;
            if (out.whole)
                return out;
            continue;
        case Step::Body: out.content += reader.data(); continue;
        case Step::End: out.whole = true; return out;
        case Step::Refused: out.refused = reader.refusal().what; return out;
        default: return out;
        }
    }
}

template<bool isRequest>
Read theirs(std::string_view in)
{
    Read out;
    beast::parser<isRequest, beast::string_body> parser;
    parser.header_limit(1 << 20);
    parser.body_limit(1 << 20);
    boost::system::error_code error;
    while (!parser.is_done() && !error) {
        const boost::asio::const_buffer rest(in.data() + out.size, in.size() - out.size);
        if (rest.size() == 0)
            break;
        out.size += parser.put(rest, error);
        if (parser.is_header_done() && !parser.eager()) {  // trailers join the fields later
            for (const auto &field : parser.get())
                out.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
            parser.eager(true);
        }
    }
    if (!isRequest && !parser.is_done() && (!error || error == beast::error::need_more) && parser.is_header_done()) {
        error = {};
        parser.put_eof(error);
    }
    if (error && error != beast::error::need_more) {
        out.refused = error.message();
        return out;
    }
    out.whole = parser.is_done();
    note(out, parser.get());
    out.content = parser.get().body();
    return out;
}

// Beast keeps fields of one name together.
void sort(Read &read)
{
    for (auto &[name, value] : read.fields)
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    std::stable_sort(read.fields.begin(), read.fields.end(),
                     [](const auto &a, const auto &b) { return a.first < b.first; });
}

[[noreturn]] void unexplained(const char *what, const Read &we, const Read &they)
{
    std::fprintf(stderr,
                 "%s\nours:   %s whole %d, %zu bytes, %zu of content\ntheirs: %s whole %d, %zu bytes, %zu of content\n",
                 what, we.refused.c_str(), we.whole, we.size, we.content.size(), they.refused.c_str(), they.whole,
                 they.size, they.content.size());
    std::abort();
}

// The messages of a connection one after the other, as far as both read them.
template<class Reader, bool isRequest>
void compare(std::string_view in)
{
    for (int messages = 0; messages < 8 && !in.empty(); ++messages) {
        // One empty line before a request is forgiven here and not there (RFC 9112 section 2.2).
        const size_t forgiven = isRequest && in.starts_with("\r\n") ? 2 : 0;
        Read we = ours<Reader>(in), they = theirs<isRequest>(in.substr(forgiven));
        they.size += forgiven;
        if (!we.whole) {
            const bool named = std::any_of(stricter.begin(), stricter.end(),
                                           [&](const Rule &rule) { return we.refused.starts_with(rule.says); });
            if (they.whole && !named)
                unexplained("Beast takes what ours does not", we, they);
            return;
        }
        if (std::any_of(laxer.begin(), laxer.end(), [&](const Rule &rule) { return they.refused == rule.says; }))
            return;
        if (!they.whole)
            unexplained("Beast does not take what ours takes", we, they);
        sort(we);
        sort(they);
        if (!isRequest && we.target.empty())
            they.target.clear();  // Beast fills in the usual reason
        if (we.method != they.method || we.target != they.target || we.content != they.content
            || we.fields != they.fields)
            unexplained("The same message is read as another", we, they);
        if (we.size != they.size)
            unexplained("The same message ends elsewhere", we, they);
        in.remove_prefix(we.size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view in(reinterpret_cast<const char *>(data), size);
    if (in.starts_with("HTTP/"))
        compare<ResponseReader, false>(in);
    else
        compare<RequestReader, true>(in);
    return 0;
}
