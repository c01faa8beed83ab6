// SPDX-License-Identifier: GPL-3.0-or-later
// Our reader of requests beside a foreign one, Boost.Beast's. What ours takes, Beast must read as the same request: method,
// target, fields, content, and where it ends, so that no second request hides in it. Where the two differ, a rule in the tables
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
    Rule{"The line of a chunk's size is longer", "a limit of ours"},
    Rule{"The extensions of the chunks are larger", "a limit of ours"},
    Rule{"The head is larger", "a limit of ours"},
    Rule{"There are more fields", "a limit of ours"},
    Rule{"A trailer would frame or route", "RFC 9110 section 6.5.1"},
};

// Beast refuses what ours takes; of the request both agree on nothing then, but no second one can hide in what is refused.
constexpr std::array laxer{
    Rule{"bad value",
         "Beast takes Connection and Upgrade for lists of tokens; ours looks for the words that it knows in them"},
};

struct Read {
    bool whole = false;
    std::string refused;  // why; empty: it was not
    std::string method, target, content;
    std::vector<std::pair<std::string, std::string>> fields;
    size_t size = 0;  // bytes that it took
};

Read ours(std::string_view in)
{
    Read out;
    RequestReader reader(
        {.line = 60'000, .headerCount = 1000, .headBytes = 60'000, .chunkLine = 1024, .trailerBytes = 60'000});
    for (;;) {
        size_t consumed = 0;
        const Step step = reader.read(in.substr(out.size), consumed);
        out.size += consumed;
        switch (step) {
        case Step::Head:
            out.method = reader.head().method;
            out.target = reader.head().target;
            for (const Field field : reader.head().headers)
                out.fields.emplace_back(field.name, field.value);
            continue;
        case Step::Body: out.content += reader.data(); continue;
        case Step::End: out.whole = true; return out;
        case Step::Refused: out.refused = reader.refusal().what; return out;
        default: return out;
        }
    }
}

Read theirs(std::string_view in)
{
    Read out;
    beast::request_parser<beast::string_body> parser;
    parser.header_limit(1 << 20);
    parser.body_limit(1 << 20);
    boost::system::error_code error;
    while (!parser.is_done()) {
        const boost::asio::const_buffer rest(in.data() + out.size, in.size() - out.size);
        if (rest.size() == 0)
            break;
        out.size += parser.put(rest, error);
        if (error == beast::error::need_more)
            break;
        if (error) {
            out.refused = error.message();
            return out;
        }
        if (parser.is_header_done() && !parser.eager()) {  // trailers join the fields later
            for (const auto &field : parser.get())
                out.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
            parser.eager(true);
        }
    }
    out.whole = parser.is_done();
    out.method = std::string(parser.get().method_string());
    out.target = std::string(parser.get().target());
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    std::string_view in(reinterpret_cast<const char *>(data), size);
    for (int requests = 0; requests < 8 && !in.empty(); ++requests) {
        // One empty line before is forgiven here and not there (RFC 9112 section 2.2).
        const size_t forgiven = in.starts_with("\r\n") ? 2 : 0;
        Read we = ours(in), they = theirs(in.substr(forgiven));
        they.size += forgiven;
        if (!we.whole) {
            const bool named = std::any_of(stricter.begin(), stricter.end(),
                                           [&](const Rule &rule) { return we.refused.starts_with(rule.says); });
            if (they.whole && !named)
                unexplained("Beast takes what ours does not", we, they);
            return 0;
        }
        if (std::any_of(laxer.begin(), laxer.end(), [&](const Rule &rule) { return they.refused == rule.says; }))
            return 0;
        if (!they.whole)
            unexplained("Beast does not take what ours takes", we, they);
        sort(we);
        sort(they);
        if (we.method != they.method || we.target != they.target || we.content != they.content
            || we.fields != they.fields)
            unexplained("The same request is read as another", we, they);
        if (we.size != they.size)
            unexplained("The same request ends elsewhere", we, they);
        in.remove_prefix(we.size);
    }
    return 0;
}
