// SPDX-License-Identifier: GPL-3.0-or-later
// A CA of a test's own and certificates that it signs, made by openssl's program. Paths of PEM files.
#pragma once

#include "tests/support/process.h"

#include <string>

namespace support {

class TestCa {
public:
    explicit TestCa(const std::string &name = "Test CA");
    std::string certificate() const { return files_.path("ca.pem"); }

    struct Pair {
        std::string certificate, key;
    };
    // For these names, "DNS:api.test,IP:127.0.0.1", or but for the common name; `days` from now, negative: it has expired. `name` is the common name and
    // that of the files; the same once more makes a new pair in their place.
    Pair issue(const std::string &name, const std::string &names, int days = 30) const;
    // The CA and a list of revoked certificates, with this one on it, in one file.
    std::string revoking(const Pair &pair) const;
    std::string path(const std::string &name) const { return files_.path(name); }
    std::string write(const std::string &name, const std::string &text) const { return files_.write(name, text); }

private:
    Ran openssl(std::vector<std::string> arguments) const;
    TempFolder files_;
};

}  // namespace support
