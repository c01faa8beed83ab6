// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/content.h"

#include "engine/http/http1_writer.h"

#include <sys/uio.h>

namespace sluice::net {

using journey::Sent;

bool Framer::frame(std::string_view data, bool last, const http::HeaderList *trailers, TextBlock &before,
                   Behind &behind)
{
    written_ += data.size();
    done_ = done_ || last;
    switch (framing_.kind) {
    case http::Framing::Kind::None: return true;  // no content goes out, whatever comes (the answer to HEAD)
    case http::Framing::Kind::Length: return written_ <= framing_.length && (!last || written_ == framing_.length);
    case http::Framing::Kind::Chunked:
        if (!data.empty()) {
            http::appendChunkPrefix(before, data.size());
            behind.text = http::kChunkSuffix;
        }
        if (last && trailers && !trailers->empty()) {
            behind.storage.append(behind.text);
            http::appendLastChunk(behind.storage, trailers);
            behind.text = behind.storage.view();
        } else if (last) {
            behind.text = data.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
        }
        return true;
    case http::Framing::Kind::UntilClose: return true;
    }
    return false;
}

Sent toSent(Wire::Send send)
{
    switch (send) {
    case Wire::Send::Done: return Sent::Taken;
    case Wire::Send::Held: return Sent::Full;
    case Wire::Send::Broken: break;
    }
    return Sent::Failed;
}

Sent sendFramed(Wire &wire, TextBlock &head, Framer &framer, std::string_view data, bool last,
                const http::HeaderList *trailers)
{
    Framer::Behind behind;
    if (!framer.frame(data, last, trailers, head, behind))
        return Sent::Failed;
    if (framer.framing().kind == http::Framing::Kind::None)
        data = {};
    const auto piece = [](std::string_view text) { return iovec{const_cast<char *>(text.data()), text.size()}; };
    const iovec pieces[] = {piece(head.view()), piece(data), piece(behind.text)};
    const Wire::Send sent = wire.send(pieces, 3);
    wire.buffers().giveText(std::move(head));  // held back no more; an idle connection keeps no memory
    return toSent(sent);
}

journey::Chunk readRaw(Wire &wire, std::string &trouble)
{
    using Kind = journey::Chunk::Kind;
    if (wire.input().empty()) {
        switch (wire.fill()) {
        case Wire::Fill::More: break;
        case Wire::Fill::Nothing: wire.releaseInput(); return {Kind::Wait, {}};
        case Wire::Fill::End: return {Kind::End, {}};
        case Wire::Fill::Broken:
            if (wire.cutShort())  // who talks through a tunnel has an end of its own
                return {Kind::End, {}};
            trouble = wire.trouble();
            return {Kind::Failed, {}};
        }
    }
    const std::string_view data = wire.input();
    wire.consume(data.size());
    return {Kind::Data, data};
}

Sent writeRaw(Wire &wire, std::string_view data, bool last)
{
    const iovec piece{const_cast<char *>(data.data()), data.size()};
    const Wire::Send sent = wire.send(&piece, 1);
    if (last && sent == Wire::Send::Done)
        wire.shutdownSend();
    return toSent(sent);
}

}  // namespace sluice::net
