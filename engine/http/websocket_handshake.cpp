// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/websocket_handshake.h"

#include "engine/http/characters.h"

#include <openssl/evp.h>

namespace sluice::http {

namespace {

// Calls `take` with each element of a comma-separated list, quoted commas left alone.
template<class Take>
void eachElement(std::string_view list, Take take)
{
    size_t begin = 0;
    bool quoted = false;
    for (size_t i = 0; i <= list.size(); ++i) {
        if (i < list.size() && list[i] == '"')
            quoted = !quoted;
        if (i < list.size() && (quoted || list[i] != ','))
            continue;
        if (const std::string_view one = trimBlanks(list.substr(begin, i - begin)); !one.empty())
            take(one);
        begin = i + 1;
    }
}

std::string_view nameOf(std::string_view extension)
{
    return trimBlanks(extension.substr(0, extension.find(';')));
}

bool offers(const std::string &list, std::string_view name)
{
    bool found = false;
    eachElement(list, [&](std::string_view one) { found = found || equalsIgnoreCase(nameOf(one), name); });
    return found;
}

Error wrong(std::string why)
{
    return Error{Fault::Upstream, "the upstream's WebSocket handshake is wrong: " + std::move(why)};
}

// The parameters of permessage-deflate, as the server gave them (RFC 7692 section 7.1). Empty: fine.
std::string readDeflate(std::string_view extension, WebSocketAgreement &agreed)
{
    agreed.deflate = true;
    std::string why;
    for (size_t at = extension.find(';'); at != extension.npos;) {
        const size_t next = extension.find(';', at + 1);
        const std::string_view one =
            trimBlanks(extension.substr(at + 1, next == extension.npos ? next : next - at - 1));
        const size_t equals = one.find('=');
        const std::string_view name = trimBlanks(one.substr(0, equals));
        if (equalsIgnoreCase(name, "server_no_context_takeover"))
            agreed.serverTakesOver = false;
        else if (equalsIgnoreCase(name, "client_no_context_takeover"))
            agreed.clientTakesOver = false;
        else if (!equalsIgnoreCase(name, "server_max_window_bits") && !equalsIgnoreCase(name, "client_max_window_bits"))
            why = "permessage-deflate has a parameter that is not known";
        at = next;
    }
    return why;
}

}  // namespace

bool asksForWebSocket(const RequestHead &head)
{
    return head.headers.hasToken("Connection", "upgrade") && head.headers.hasToken("Upgrade", "websocket");
}

std::string wrongWebSocketRequest(const RequestHead &head)
{
    if (head.method != "GET")
        return "a WebSocket begins with GET";
    if (head.headers.count("Sec-WebSocket-Key") != 1)
        return "a WebSocket's handshake has one Sec-WebSocket-Key";
    // 16 bytes in base64: 22 characters and two signs of padding.
    const std::string_view key = head.headers.get("Sec-WebSocket-Key");
    bool good = key.size() == 24 && key.ends_with("==");
    for (size_t i = 0; good && i < 22; ++i) {
        const char c = key[i];
        good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    }
    if (!good)
        return "Sec-WebSocket-Key is not 16 bytes in base64";
    if (head.headers.count("Sec-WebSocket-Version") != 1)
        return "a WebSocket's handshake has one Sec-WebSocket-Version";
    return {};
}

std::string webSocketAccept(std::string_view key)
{
    std::string text(key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[EVP_MAX_MD_SIZE], out[64];
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1)
        return {};
    const int length = EVP_EncodeBlock(out, digest, int(size));
    return std::string(reinterpret_cast<const char *>(out), size_t(length));
}

Result<WebSocketAgreement> checkWebSocketAnswer(const RequestHead &request, const ResponseHead &answer)
{
    const HeaderList &headers = answer.headers;
    if (!headers.hasToken("Upgrade", "websocket"))
        return wrong("it switched to something else");
    if (request.headers.get("Sec-WebSocket-Version") != "13")
        return wrong("it accepted a version that is not 13");
    if (headers.count("Sec-WebSocket-Accept") != 1
        || headers.get("Sec-WebSocket-Accept") != webSocketAccept(request.headers.get("Sec-WebSocket-Key")))
        return wrong("Sec-WebSocket-Accept does not fit the client's key");
    const std::string offered = request.headers.joined("Sec-WebSocket-Protocol");
    bool chosen = !headers.has("Sec-WebSocket-Protocol");
    eachElement(offered, [&](std::string_view one) {
        chosen =
            chosen || (headers.count("Sec-WebSocket-Protocol") == 1 && one == headers.get("Sec-WebSocket-Protocol"));
    });
    if (!chosen)
        return wrong("it chose a protocol that the client did not offer");
    WebSocketAgreement agreed;
    const std::string extensions = request.headers.joined("Sec-WebSocket-Extensions");
    std::string why;
    eachElement(headers.joined("Sec-WebSocket-Extensions"), [&](std::string_view one) {
        const std::string_view name = nameOf(one);
        if (!offers(extensions, name))
            why = "it chose an extension that the client did not offer";
        else if (!equalsIgnoreCase(name, "permessage-deflate"))
            agreed.unknown = name;
        else if (agreed.deflate)
            why = "it chose permessage-deflate twice";
        else
            why = readDeflate(one, agreed);
    });
    if (!why.empty())
        return wrong(why);
    return agreed;
}

}  // namespace sluice::http
