// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever comes: a reader of PROXY headers says the same however the bytes are cut, never before it must, and who reads no
// more than it wants never takes a byte of what lies behind the header.
#include "engine/http/proxy_protocol.h"
#include "tests/fuzz/source.h"

#include <memory>

using namespace sluice::http;
using fuzz::require;

namespace {

struct Told {
    ProxyReader::Step step = ProxyReader::Step::NeedMore;
    size_t consumed = 0, wants = 0;
    std::string reason, client;
    bool same(const Told &other) const
    {
        return step == other.step && consumed == other.consumed && reason == other.reason && client == other.client;
    }
};

Told tell(std::string_view in)
{
    // A copy of exactly its size, so that the address sanitizer sees every byte read past it.
    const std::unique_ptr<char[]> copy(new char[in.size()]);
    in.copy(copy.get(), in.size());
    ProxyReader reader;
    Told out;
    out.step = reader.read({copy.get(), in.size()}, out.consumed);
    out.wants = reader.wants();
    if (out.step == ProxyReader::Step::Refused)
        out.reason = reader.reason();
    if (out.step == ProxyReader::Step::Done && reader.header().known)
        out.client = text(reader.header().client) + ' ' + std::to_string(reader.header().port);
    require((out.step == ProxyReader::Step::Refused) == !out.reason.empty());
    require(out.step == ProxyReader::Step::Done ? out.consumed > 0 : out.consumed == 0);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view in(reinterpret_cast<const char *>(data), size);
    const Told whole = tell(in);
    require(whole.step != ProxyReader::Step::NeedMore || size < 16 + 216 + ProxyReader::mostBlock);
    if (whole.step == ProxyReader::Step::Done) {
        for (size_t cut = 0; cut < whole.consumed; ++cut)
            require(tell(in.substr(0, cut)).step == ProxyReader::Step::NeedMore);
        require(tell(in.substr(0, whole.consumed)).same(whole));
    }
    size_t have = 0;
    Told step = tell({});
    while (step.step == ProxyReader::Step::NeedMore) {
        require(step.wants > 0);
        have += step.wants;
        if (have > size)
            break;
        step = tell(in.substr(0, have));
    }
    if (whole.step == ProxyReader::Step::Done)
        require(step.same(whole) && have == whole.consumed);
    return 0;
}
