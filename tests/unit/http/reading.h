// SPDX-License-Identifier: GPL-3.0-or-later
// Drives a reader as a connection would, and writes down what it said, so that two ways of cutting can be compared.
#pragma once

#include "engine/http/http1_reader.h"

#include <string>
#include <string_view>
#include <vector>

namespace reading {

using sluice::http::Framing;
using sluice::http::HeaderList;
using sluice::http::RequestReader;
using sluice::http::ResponseReader;
using sluice::http::Step;

inline std::string textOf(const HeaderList &headers)
{
    std::string out;
    for (const auto field : headers)
        out += std::string(field.name) + ": " + std::string(field.value) + "|";
    return out;
}

inline std::string textOf(const Framing &framing)
{
    switch (framing.kind) {
    case Framing::Kind::None: return "none";
    case Framing::Kind::Length: return "length " + std::to_string(framing.length);
    case Framing::Kind::Chunked: return "chunked";
    case Framing::Kind::UntilClose: return "until close";
    }
    return {};
}

inline std::string textOf(const sluice::http::RequestHead &h)
{
    return h.method + " " + h.target + " " + h.scheme + " " + h.authority + " " + std::string(name(h.version)) + " "
        + textOf(h.headers);
}

inline std::string textOf(const sluice::http::ResponseHead &h)
{
    return std::to_string(h.status) + " " + h.reason + " " + std::string(name(h.version)) + " " + textOf(h.headers);
}

// One message or the piece of one, as the reader told it.
struct Told {
    std::vector<std::string> heads;  // one line each, the framing behind it
    std::vector<std::string> rawHeads;
    std::vector<std::string> bodies;    // one a head; what came of it
    std::vector<std::string> trailers;  // one a message that ended
    std::vector<bool> keptAlive;        // one a message that ended
    int status = 0;                     // of a refusal
    std::string why;
    std::string left;  // unconsumed bytes
    bool switched = false;
    bool operator==(const Told &) const = default;
};

inline void startNext(RequestReader &reader)
{
    reader.next();
}
inline void startNext(ResponseReader &) {}

inline bool mayGoOn(const RequestReader &)
{
    return true;
}
inline bool mayGoOn(const ResponseReader &)
{
    return false;
}

inline bool switchedOf(const RequestReader &)
{
    return false;
}
inline bool switchedOf(const ResponseReader &reader)
{
    return reader.switched();
}

// Gives the pieces one after the other; `buffer` holds what was not consumed. Each piece lies in memory of its own, so
// a view that outlives its call shows under the address sanitizer.
template<class Reader>
void feed(Reader &reader, const std::string &piece, std::string &buffer, Told &told)
{
    buffer += piece;
    for (;;) {
        const std::string in = buffer;
        size_t consumed = 0;
        const Step step = reader.read(in, consumed);
        switch (step) {
        case Step::Informational:
        case Step::Head:
            told.heads.push_back(textOf(reader.head()) + textOf(reader.framing()));
            told.rawHeads.emplace_back(reader.rawHead());
            if (step == Step::Head)
                told.bodies.emplace_back();
            break;
        case Step::Body: told.bodies.back() += reader.data(); break;
        case Step::End:
            told.trailers.push_back(textOf(reader.trailers()));
            told.keptAlive.push_back(reader.keepAlive());
            told.switched = switchedOf(reader);
            startNext(reader);
            break;
        case Step::Refused:
            told.status = reader.refusal().status;
            told.why = reader.refusal().what;
            break;
        case Step::NeedMore: break;
        }
        buffer.erase(0, consumed);
        if (step == Step::NeedMore || step == Step::Refused || (step == Step::End && !mayGoOn(reader)))
            break;
    }
    told.left = told.status ? std::string() : buffer;
}

template<class Reader>
Told readInPieces(Reader reader, const std::vector<std::string> &pieces)
{
    Told told;
    std::string buffer;
    for (const std::string &piece : pieces) {
        feed(reader, piece, buffer, told);
        if (told.status || (!told.trailers.empty() && !mayGoOn(reader)))
            break;
    }
    return told;
}

template<class Reader>
Told readWhole(Reader reader, const std::string &raw)
{
    return readInPieces(std::move(reader), {raw});
}

inline std::vector<std::string> oneByOne(const std::string &raw)
{
    std::vector<std::string> pieces;
    for (char c : raw)
        pieces.emplace_back(1, c);
    return pieces;
}

}  // namespace reading
