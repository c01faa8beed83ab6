// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/tls/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace sluice::tls {

namespace {

constexpr size_t mostIssuers = 16, mostCertificates = 10'000;

struct FreeBio {
    void operator()(BIO *b) const { BIO_free(b); }
};
struct FreeNames {
    void operator()(GENERAL_NAMES *n) const { GENERAL_NAMES_free(n); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr over(std::string_view text)
{
    return BioPtr(BIO_new_mem_buf(text.data(), int(std::min<size_t>(text.size(), 64u << 20))));
}

// A key with a passphrase is refused, not asked for on the terminal.
int noPassphrase(char *, int, int, void *)
{
    return -1;
}

std::string nameText(const X509_NAME *name)
{
    const BioPtr out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB);
    char *data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return size > 0 ? std::string(data, size_t(size)) : std::string();
}

std::string commonNameOf(X509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return {};
    unsigned char *text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    std::string out = size > 0 ? std::string(reinterpret_cast<char *>(text), size_t(size)) : std::string();
    OPENSSL_free(text);
    return out.find('\0') == out.npos ? out : std::string();
}

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return text;
}

std::string addressText(const ASN1_OCTET_STRING *address)
{
    const int size = ASN1_STRING_length(address);
    const unsigned char *bytes = ASN1_STRING_get0_data(address);
    std::string out;
    if (size == 4) {
        for (int i = 0; i < 4; ++i)
            out += (i ? "." : "") + std::to_string(bytes[i]);
    } else if (size == 16) {
        for (int i = 0; i < 16; i += 2) {
            char part[6];
            std::snprintf(part, sizeof part, "%x", bytes[i] << 8 | bytes[i + 1]);
            out += (i ? ":" : "") + std::string(part);
        }
    }
    return out;
}

// RFC 6125: the list of alternative names, and the common name only where there is none.
std::vector<std::string> namesOf(X509 *certificate)
{
    std::vector<std::string> out;
    const std::unique_ptr<GENERAL_NAMES, FreeNames> all(
        static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all.get(), i);
        std::string text;
        if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI)
            text.assign(reinterpret_cast<const char *>(ASN1_STRING_get0_data(name->d.ia5)),
                        size_t(ASN1_STRING_length(name->d.ia5)));
        else if (name->type == GEN_IPADD)
            text = addressText(name->d.iPAddress);
        if (!text.empty() && text.find('\0') == text.npos)
            out.push_back(name->type == GEN_DNS ? lower(std::move(text)) : std::move(text));
    }
    if (std::string common = commonNameOf(certificate); out.empty() && !common.empty())
        out.push_back(lower(std::move(common)));
    return out;
}

WallTime timeOf(const ASN1_TIME *time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return WallTime{};
    return WallTime(std::chrono::seconds(::timegm(&parts)));
}

std::string fingerprintOf(X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    std::string out;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
        return out;
    for (unsigned i = 0; i < size; ++i) {
        char part[4];
        std::snprintf(part, sizeof part, "%s%02X", i ? ":" : "", digest[i]);
        out += part;
    }
    return out;
}

Error wrong(std::string what)
{
    const std::string why = openSslTrouble();
    return Error{Fault::Gateway, what + (why.empty() ? "" : " (" + why + ')')};
}

}  // namespace

std::string openSslTrouble()
{
    const unsigned long last = ERR_peek_last_error();
    ERR_clear_error();
    const char *why = last ? ERR_reason_error_string(last) : nullptr;
    return why ? why : "";
}

CertificateFacts factsOf(X509 *certificate)
{
    CertificateFacts out;
    out.subject = nameText(X509_get_subject_name(certificate));
    out.issuer = nameText(X509_get_issuer_name(certificate));
    out.commonName = commonNameOf(certificate);
    out.names = namesOf(certificate);
    out.fingerprint = fingerprintOf(certificate);
    out.notBefore = timeOf(X509_get0_notBefore(certificate));
    out.notAfter = timeOf(X509_get0_notAfter(certificate));
    return out;
}

Result<std::vector<X509Ptr>> readCertificates(std::string_view pem)
{
    ERR_clear_error();
    const BioPtr in = over(pem);
    std::vector<X509Ptr> out;
    while (out.size() < mostCertificates) {
        X509Ptr one(PEM_read_bio_X509_AUX(in.get(), nullptr, noPassphrase, nullptr));
        if (!one)
            break;
        out.push_back(std::move(one));
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return wrong("holds a certificate that cannot be read");
    ERR_clear_error();
    if (out.empty())
        return Error{Fault::Gateway, "holds no certificate: PEM text with -----BEGIN CERTIFICATE----- is wanted"};
    return out;
}

Result<CertificatePtr> Certificate::parse(std::string_view chain, std::string_view key)
{
    Result<std::vector<X509Ptr>> read = readCertificates(chain);
    if (!read)
        return Error{Fault::Gateway, "the certificate file " + read.error().what};
    std::vector<X509Ptr> all = read.take();
    if (all.size() > mostIssuers + 1)
        return Error{Fault::Gateway, "the certificate file holds more than 17 certificates, a chain is shorter"};
    const BioPtr in = over(key);
    KeyPtr made(PEM_read_bio_PrivateKey(in.get(), nullptr, noPassphrase, nullptr));
    if (!made)
        return wrong("the key cannot be read: a PEM key without a passphrase is wanted");
    if (X509_check_private_key(all[0].get(), made.get()) != 1) {
        ERR_clear_error();
        return Error{Fault::Gateway, "the key does not belong to the certificate"};
    }
    std::shared_ptr<Certificate> out(new Certificate);
    out->facts_ = factsOf(all[0].get());
    out->leaf_ = std::move(all[0]);
    all.erase(all.begin());
    out->issuers_ = std::move(all);
    out->key_ = std::move(made);
    return CertificatePtr(std::move(out));
}

}  // namespace sluice::tls
