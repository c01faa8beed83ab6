// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever comes: a reader that gets it in two pieces says what one says that gets it whole, and a head that was taken
// and written again reads the same. The first byte picks the side and the second where to cut.
#include "engine/http/http1_reader.h"
#include "engine/http/http1_writer.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using namespace sluice::http;

namespace {

void require(bool truth)
{
    if (!truth)
        std::abort();
}

struct Told {
    std::vector<std::string> heads, bodies;
    std::vector<HeaderList> trailers;
    std::vector<bool> keptAlive;
    int status = 0;
    std::string why;
    bool operator==(const Told &) const = default;
};

void checkFacts(const RequestReader &reader, const RequestHead &head)
{
    require(head.headers.count("host") <= 1 && (head.version == Version::Http10 || !head.authority.empty()));
    require(reader.framing().kind != Framing::Kind::UntilClose);
    require(!(head.headers.has("content-length") && head.headers.has("transfer-encoding")));
}

void checkFacts(const ResponseReader &, const ResponseHead &head)
{
    require(head.status >= 100 && head.status <= 999);
    require(!(head.headers.has("content-length") && head.headers.has("transfer-encoding")));
}

void checkAgain(const RequestHead &head)
{
    std::string out;
    require(appendHead(out, head));
    RequestReader reader;
    size_t consumed = 0;
    // Written as HTTP/1.1 it must have what HTTP/1.1 asks for, and may be longer by what white space was left out.
    if (head.version == Version::Http10 || out.size() > 8000)
        return;
    require(reader.read(out, consumed) == Step::Head && consumed == out.size() && reader.head() == head);
}

void checkAgain(const ResponseHead &head)
{
    std::string out;
    require(appendHead(out, head));
    if (head.version == Version::Http10 || out.size() > 8000)
        return;
    ResponseReader reader;
    reader.expect("GET");
    size_t consumed = 0;
    const Step step = reader.read(out, consumed);
    require((step == Step::Head || step == Step::Informational) && consumed == out.size() && reader.head() == head);
}

bool startNext(RequestReader &reader)
{
    const bool goOn = reader.keepAlive();
    reader.next();
    return goOn;
}

bool startNext(ResponseReader &reader)
{
    const bool goOn = reader.keepAlive();
    reader.expect("GET");
    return goOn;
}

// True: the connection takes more.
template<class Reader>
bool feed(Reader &reader, std::string_view piece, std::string &buffer, Told &told)
{
    buffer += piece;
    for (;;) {
        // A copy of exactly its size, so that the address sanitizer sees every byte read past it.
        const std::unique_ptr<char[]> copy(new char[buffer.size()]);
        buffer.copy(copy.get(), buffer.size());
        size_t consumed = 0;
        const Step step = reader.read({copy.get(), buffer.size()}, consumed);
        require(consumed <= buffer.size());
        switch (step) {
        case Step::NeedMore: buffer.erase(0, consumed); return true;
        case Step::Refused:
            told.status = reader.refusal().status;
            told.why = reader.refusal().what;
            require(told.status >= 400 && !told.why.empty());
            return false;
        case Step::Informational:
        case Step::Head: {
            require(reader.rawHead().ends_with("\r\n\r\n"));
            checkFacts(reader, reader.head());
            checkAgain(reader.head());
            std::string head;
            require(appendHead(head, reader.head()));
            told.heads.push_back(std::move(head));
            told.bodies.emplace_back();
            break;
        }
        case Step::Body:
            require(!reader.data().empty());
            told.bodies.back() += reader.data();
            break;
        case Step::End:
            told.trailers.push_back(reader.trailers());
            told.keptAlive.push_back(reader.keepAlive());
            buffer.erase(0, consumed);
            if (!startNext(reader))
                return false;
            continue;
        }
        buffer.erase(0, consumed);
    }
}

template<class Reader>
void compare(const Reader &fresh, std::string_view input, size_t cut)
{
    Told whole, parts;
    std::string buffer;
    Reader reader = fresh;
    feed(reader, input, buffer, whole);
    reader = fresh;
    buffer.clear();
    if (feed(reader, input.substr(0, cut), buffer, parts))
        feed(reader, input.substr(cut), buffer, parts);
    require(whole == parts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const std::string_view input(reinterpret_cast<const char *>(data) + 2, size - 2);
    const size_t cut = input.empty() ? 0 : data[1] * input.size() / 256;
    // Small limits are met often.
    const Limits limits{.line = 200, .headerCount = 10, .headBytes = 600, .chunkLine = 40, .trailerBytes = 200};
    if (data[0] & 1) {
        ResponseReader reader(data[0] & 2 ? limits : Limits());
        reader.expect(data[0] & 4 ? "HEAD" : "GET");
        compare(reader, input, cut);
    } else {
        compare(RequestReader(data[0] & 2 ? limits : Limits()), input, cut);
    }
    return 0;
}
