// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/proxy_protocol.h"

#include "engine/http/characters.h"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

constexpr std::string_view kLine = "PROXY ", kBlock{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr size_t kBlockHead = 16;
constexpr uint8_t kChecksum = 3;  // the type of the optional value that holds a CRC32c of the whole header

constexpr uint8_t byteAt(std::string_view text, size_t at)
{
    return uint8_t(text[at]);
}

constexpr uint16_t wordAt(std::string_view text, size_t at)
{
    return uint16_t(byteAt(text, at) << 8 | byteAt(text, at + 1));
}

bool parsePort(std::string_view text, uint16_t &port)
{
    if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')
        || !std::all_of(text.begin(), text.end(), isDigit))
        return false;
    unsigned number = 0;
    for (const char c : text)
        number = number * 10 + unsigned(c - '0');
    port = uint16_t(number);
    return number <= 65535;
}

// The next word of the line; they are parted by one space each.
std::string_view takeWord(std::string_view &rest)
{
    const size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

IpAddress addressAt(std::string_view text, size_t at, size_t size)
{
    IpAddress out;
    out.v4 = size == 4;
    for (size_t i = 0; i < size; ++i)
        out.bytes[i] = byteAt(text, at + i);
    if (!out.v4)  // an IPv4 address in disguise is that address, as everywhere
        return parseIp(http::text(out)).value_or(out);
    return out;
}

uint32_t crc32c(uint32_t sum, uint8_t byte)
{
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit)
        sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78U : 0U);
    return sum;
}

// Of the whole header, with zeros where the checksum itself stands.
uint32_t checksum(std::string_view header, size_t at)
{
    uint32_t sum = ~0U;
    for (size_t i = 0; i < header.size(); ++i)
        sum = crc32c(sum, i >= at && i < at + 4 ? 0 : byteAt(header, i));
    return ~sum;
}

// Empty: the optional values from `at` on have the right shape.
std::string_view wrongValues(std::string_view header, size_t at)
{
    while (at < header.size()) {
        if (header.size() - at < 3)
            return "An optional value of the PROXY header is cut short";
        const size_t value = at + 3, size = wordAt(header, at + 1);
        if (header.size() - value < size)
            return "An optional value of the PROXY header is longer than the header";
        if (byteAt(header, at) == kChecksum) {
            if (size != 4)
                return "The checksum of the PROXY header has the wrong size";
            const uint32_t said = uint32_t(wordAt(header, value)) << 16 | wordAt(header, value + 2);
            if (said != checksum(header, value))
                return "The checksum of the PROXY header is wrong";
        }
        at = value + size;
    }
    return {};
}

}  // namespace

ProxyReader::Step ProxyReader::refuse(std::string_view why)
{
    reason_ = why;
    return Step::Refused;
}

ProxyReader::Step ProxyReader::needs(size_t size, size_t have)
{
    wants_ = size - have;
    return Step::NeedMore;
}

ProxyReader::Step ProxyReader::read(std::string_view in, size_t &consumed)
{
    consumed = 0;
    header_ = {};
    if (in.substr(0, kBlock.size()) == kBlock.substr(0, in.size()) && !in.empty())
        return block(in, consumed);
    if (in.substr(0, kLine.size()) == kLine.substr(0, in.size()))
        return line(in, consumed);
    return refuse("There is no PROXY header before the request");
}

// "PROXY" SP ("TCP4" / "TCP6") SP client SP server SP port SP port CRLF, or "PROXY UNKNOWN" and anything up to CRLF.
ProxyReader::Step ProxyReader::line(std::string_view in, size_t &consumed)
{
    header_.version = 1;
    const size_t lf = in.substr(0, mostLine).find('\n');
    if (lf == in.npos) {
        if (in.size() >= mostLine)
            return refuse("The PROXY header is longer than 107 bytes");
        // The shortest ones: "PROXY UNKNOWN" and a line end, and with addresses "PROXY TCP6 :: :: 0 0" and one.
        constexpr size_t shortest = 15, withAddresses = 22;
        const size_t atLeast = in.starts_with("PROXY TCP") ? withAddresses : shortest;
        return needs(std::max(atLeast, in.size() + (in.ends_with('\r') ? 1 : 2)), in.size());
    }
    if (in[lf - 1] != '\r')
        return refuse("The line of the PROXY header ends without CR");
    std::string_view rest = in.substr(kLine.size(), lf - 1 - kLine.size());
    const std::string_view kind = takeWord(rest);
    if (kind != "UNKNOWN") {
        const bool v4 = kind == "TCP4";
        const std::string_view client = takeWord(rest), server = takeWord(rest), port = takeWord(rest);
        const auto fits = [&](std::string_view address) {
            return (address.find(':') == address.npos) == v4 && address.find('%') == address.npos && parseIp(address);
        };
        uint16_t serverPort = 0;
        if ((!v4 && kind != "TCP6") || !fits(client) || !fits(server) || !parsePort(port, header_.port)
            || !parsePort(rest, serverPort))
            return refuse("The PROXY header is malformed");
        header_.client = *parseIp(client);
        header_.known = true;
    }
    consumed = lf + 1;
    return Step::Done;
}

// Twelve bytes that nothing else begins with, version and command, family and protocol, length; addresses and values.
ProxyReader::Step ProxyReader::block(std::string_view in, size_t &consumed)
{
    header_.version = 2;
    if (in.size() < kBlockHead)
        return needs(kBlockHead, in.size());
    const unsigned version = byteAt(in, 12) >> 4, command = byteAt(in, 12) & 15, family = byteAt(in, 13) >> 4,
                   protocol = byteAt(in, 13) & 15;
    const size_t length = wordAt(in, 14);
    if (version != 2 || command > 1)
        return refuse("The PROXY header is of a version or has a command that nobody knows");
    if (family > 3 || protocol > 2)
        return refuse("The PROXY header names a family of addresses that nobody knows");
    constexpr std::array<size_t, 4> sizes{0, 12, 36, 216};  // of both addresses: none, IPv4, IPv6, Unix
    const bool local = command == 0;
    const size_t addresses = local ? 0 : sizes[family];
    if (length > sizes[3] + mostBlock)
        return refuse("The PROXY header is longer than is taken");
    if (length < addresses)
        return refuse("The PROXY header is too short for its addresses");
    if (in.size() < kBlockHead + length)
        return needs(kBlockHead + length, in.size());
    const std::string_view header = in.substr(0, kBlockHead + length);
    if (const std::string_view wrong = local ? "" : wrongValues(header, kBlockHead + addresses); !wrong.empty())
        return refuse(wrong);
    if (!local && protocol == 1 && (family == 1 || family == 2)) {
        const size_t size = family == 1 ? 4 : 16;
        header_.client = addressAt(header, kBlockHead, size);
        header_.port = wordAt(header, kBlockHead + 2 * size);
        header_.known = true;
    }
    consumed = header.size();
    return Step::Done;
}

}  // namespace sluice::http
