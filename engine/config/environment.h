// SPDX-License-Identifier: GPL-3.0-or-later
// ${env:NAME}, ${secret:NAME} and ${file:PATH} in the values of a gateway file. Pure: what they stand for is looked up by functions
// that are handed in. Any thread that those may be called on.
#pragma once

#include "engine/base/secret.h"
#include "engine/config/document.h"

#include <functional>
#include <map>

namespace sluice::config {

// What a ${secret:…} or ${file:…} stands for.
struct Lookup {
    enum class State : uint8_t { Found, Missing, Unreachable };
    State state = State::Missing;
    Secret value;     // Found
    std::string why;  // else: a piece of a sentence, "No such file or directory"; may be empty where it is Missing
};

// What a file may refer to, handed in by whoever loads it.
struct Environment {
    std::map<std::string, std::string, std::less<>> variables;
    // By name; by path, absolute or from the program's folder. Each name is asked for once a load. Empty: nobody looks it up, and a
    // stand-in takes its place (standIn()), unchecked, without a problem: enough to explain or export the rules.
    std::function<Lookup(const std::string &)> secret, file;
    // Where the store cannot be reached: a warning and the stand-in, instead of an error.
    bool lenient = false;
};

constexpr size_t maxReferencedBytes = size_t(1) << 20;  // of one ${file:…}

// "SLUICE_SECRET_pay" for ${secret:pay}, "SLUICE_FILE_key.pem" for ${file:tls/key.pem}.
std::string standIn(std::string_view reference);
// The stand-in that this is, or the path of; empty: it is none.
std::string_view standInOf(std::string_view text);

struct Substituted {
    Problems problems;  // whatever the place is
    // Secrets that are not there, by line and column: what that means depends on the key (check.h). A stand-in takes their place.
    std::map<std::pair<int, int>, Problem> missing;
    std::vector<Reference> references;  // what the file names of secrets and files
};

// Puts values in place, everywhere below `node`, and marks their nodes (Node::reference); any other ${…} is nobody's and stays.
// A variable that is PEM text, which may be a key, is handled as a secret is. An unknown one is a problem, and so is a value with line ends, unless it is PEM text ("-----BEGIN") and all there is in its
// place, and one that is not UTF-8. No problem shows a value. Bound: 4 MiB of values in all.
Substituted substitute(Node &node, const Environment &, const std::string &fileName);
// Takes the values of secrets and files out again: for a file with errors, whose values may stand where a problem would show them.
void hideSecrets(Node &node);

}  // namespace sluice::config
