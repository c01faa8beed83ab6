// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/certificates.h"

#include <cstdio>

namespace support {

Ran TestCa::openssl(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.begin(), "openssl");
    ProcessOptions options;
    options.folder = files_.path();
    Ran ran = run(arguments, options);
    if (ran.exitCode != 0)
        std::fprintf(stderr, "openssl %s: %s\n", arguments[1].c_str(), ran.err.c_str());
    return ran;
}

TestCa::TestCa(const std::string &name)
{
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
             "-out", "ca.pem", "-days", "30", "-subj", "/CN=" + name});
    files_.write("index.txt", "");
    files_.write("ca.cnf",
                 "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n"
                 "certificate=ca.pem\nprivate_key=ca.key\n");
}

TestCa::Pair TestCa::issue(const std::string &name, const std::string &names, int days) const
{
    files_.write(name + ".ext",
                 (names.empty() ? "" : "subjectAltName=" + names + '\n') + "basicConstraints=CA:FALSE\n");
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
             name + ".csr", "-subj", "/CN=" + name});
    openssl({"x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
             name + ".pem", "-days", std::to_string(days), "-extfile", name + ".ext"});
    return {files_.path(name + ".pem"), files_.path(name + ".key")};
}

std::string TestCa::revoking(const Pair &pair) const
{
    openssl({"ca", "-config", "ca.cnf", "-revoke", pair.certificate});
    openssl({"ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem"});
    return files_.write("revoking.pem", readFile(certificate()) + readFile(files_.path("crl.pem")));
}

}  // namespace support
