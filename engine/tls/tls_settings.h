// SPDX-License-Identifier: GPL-3.0-or-later
// What the gateway file says of TLS. Plain values; any thread.
#pragma once

#include <string>
#include <vector>

namespace sluice::tls {

// A certificate with its key. Files are PEM, by path: absolute, or from where the program runs; they are watched and taken
// anew when their content changes.
struct PairSettings {
    std::string certificate;  // file: the chain, leaf first
    std::string key;          // file; or the key itself (PEM text), when it came from a secret
    bool operator==(const PairSettings &) const = default;
};

// A listener's side (RFC 8446, RFC 5246).
struct ServerSettings {
    std::vector<PairSettings> certificates;  // picked by server name; the first is for the rest. Empty: the local CA's
    std::string clientCa;  // file of CAs (and CRLs): a client must show a certificate of one; empty: none is asked
    bool tls13Only = false;
    bool operator==(const ServerSettings &) const = default;
};

// Our side towards a service's https endpoints.
struct ClientSettings {
    std::string ca;          // file of CAs (and CRLs) to trust instead of the system's; empty: the system's
    PairSettings pair;       // what we show when asked; empty paths: nothing
    std::string serverName;  // the name to ask for and to check; empty: the endpoint's host
    bool operator==(const ClientSettings &) const = default;
};

}  // namespace sluice::tls
