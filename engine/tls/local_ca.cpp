// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/tls/local_ca.h"

#include "engine/http/ip.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace sluice::tls {

namespace {

using namespace std::chrono_literals;

constexpr size_t mostPem = 64 << 10, longestName = 253, longestLabel = 63, longestCommonName = 64, longestOwner = 40;
constexpr auto early = 1h;  // a clock that is a little behind still takes it
constexpr auto ofAuthority = 3650 * 24h, ofLeaf = 397 * 24h;

template<auto release>
struct Release {
    template<class T>
    void operator()(T *object) const
    {
        release(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;

Error failed(std::string what)
{
    return Error{Fault::Gateway, std::move(what)};
}

// Never asks anybody: a key under a password is no key here.
int noPassword(char *, int, int, void *)
{
    return -1;
}

Memory reading(const std::string &text)
{
    return Memory(BIO_new_mem_buf(text.data(), int(text.size())));
}

std::string taken(BIO *memory)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string(data, size_t(size)) : std::string();
}

std::string pemOf(X509 *certificate)
{
    const Memory out(BIO_new(BIO_s_mem()));
    return out && PEM_write_bio_X509(out.get(), certificate) == 1 ? taken(out.get()) : std::string();
}

std::string pemOf(EVP_PKEY *key)
{
    const Memory out(BIO_new(BIO_s_secmem()));
    return out && PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1
        ? taken(out.get())
        : std::string();
}

time_t seconds(WallTime time)
{
    return time_t(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

WallTime wallTime(const ASN1_TIME *time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    const std::chrono::sys_days day = std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
    return day + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min)
        + std::chrono::seconds(parts.tm_sec);
}

// 127 random bits and one that is set: unique, and never negative (RFC 5280 section 4.1.2.2).
bool setSerial(X509 *certificate)
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
    const std::unique_ptr<BIGNUM, Release<BN_free>> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool setCommonName(X509 *certificate, const std::string &name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char *>(name.data()), int(name.size()), -1, 0)
        == 1;
}

bool addExtension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// What every certificate has; the times are [from, to).
Certificate begun(EVP_PKEY *key, WallTime from, WallTime to)
{
    Certificate out(X509_new());
    const bool good = out && X509_set_version(out.get(), X509_VERSION_3) == 1 && setSerial(out.get())
        && ASN1_TIME_set(X509_getm_notBefore(out.get()), seconds(from))
        && ASN1_TIME_set(X509_getm_notAfter(out.get()), seconds(to) - 1) && X509_set_pubkey(out.get(), key) == 1;
    return good ? std::move(out) : nullptr;
}

// A host name as certificates and TLS write it (RFC 5890 A-labels, RFC 6125 section 6.4.3); lower case. Nothing: it is none.
std::optional<std::string> hostName(std::string_view name)
{
    if (name.empty() || name.size() > longestName)
        return std::nullopt;
    std::string out;
    size_t labels = 0;
    bool numeric = false;
    for (size_t at = 0; at <= name.size(); ++labels) {
        const size_t end = std::min(name.find('.', at), name.size());
        const std::string_view label = name.substr(at, end - at);
        if (label.empty() || label.size() > longestLabel || label.front() == '-' || label.back() == '-')
            return std::nullopt;
        const bool star = labels == 0 && label == "*";
        numeric = true;
        for (const char c : label) {
            const bool digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z';
            if (!star && !digit && !upper && !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
                return std::nullopt;
            numeric = numeric && digit;
            out += upper ? char(c + 32) : c;
        }
        if (end < name.size())
            out += '.';
        at = end + 1;
    }
    // "1.2.3" would be taken for a piece of an address; a star stands before something.
    return numeric || out == "*" ? std::nullopt : std::optional(out);
}

// The one name of a leaf. Nothing: it is no name.
Names alternativeName(const std::string &name, std::string &written)
{
    std::unique_ptr<GENERAL_NAME, Release<GENERAL_NAME_free>> entry(GENERAL_NAME_new());
    const std::optional<http::IpAddress> address =
        name.find('%') == name.npos && name.size() <= longestName ? http::parseIp(name) : std::nullopt;
    std::string bytes;
    if (address) {
        bytes.assign(reinterpret_cast<const char *>(address->bytes.data()), address->v4 ? 4 : 16);
        written = http::text(*address);
    } else if (const std::optional<std::string> host = hostName(name)) {
        bytes = written = *host;
    } else {
        return nullptr;
    }
    ASN1_STRING *const value = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    if (!entry || !value || ASN1_STRING_set(value, bytes.data(), int(bytes.size())) != 1) {
        ASN1_STRING_free(value);
        return nullptr;
    }
    GENERAL_NAME_set0_value(entry.get(), address ? GEN_IPADD : GEN_DNS, value);
    Names out(GENERAL_NAMES_new());
    if (!out || sk_GENERAL_NAME_push(out.get(), entry.get()) == 0)
        return nullptr;
    (void)entry.release();
    return out;
}

}  // namespace

struct LocalCa::Impl {
    Certificate certificate;
    Key key;
    std::string pem;
};

LocalCa::LocalCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalCa::~LocalCa() = default;

Result<PemPair> LocalCa::make(WallTime now, const std::string &owner)
{
    std::string who;
    for (const char c : owner) {
        if (c >= 0x20 && c < 0x7f && who.size() < longestOwner)
            who += c;
    }
    const Key key(EVP_EC_gen("P-256"));
    if (!key)
        return failed("OpenSSL made no key for the local CA");
    const Certificate certificate = begun(key.get(), now - early, now - early + ofAuthority);
    X509 *const c = certificate.get();
    const bool good = c && setCommonName(c, "Sluice local CA" + (who.empty() ? "" : " (" + who + ")"))
        && X509_set_issuer_name(c, X509_get_subject_name(c)) == 1
        && addExtension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        && addExtension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign")
        && addExtension(c, c, NID_subject_key_identifier, "hash")
        && addExtension(c, c, NID_authority_key_identifier, "keyid:always")
        && X509_sign(c, key.get(), EVP_sha256()) > 0;
    PemPair out;
    if (good)
        out = {pemOf(c), pemOf(key.get())};
    if (out.certificate.empty() || out.key.empty())
        return failed("OpenSSL made no certificate for the local CA");
    return out;
}

Result<std::shared_ptr<const LocalCa>> LocalCa::load(const PemPair &pair)
{
    if (pair.certificate.size() > mostPem || pair.key.size() > mostPem)
        return failed("the local CA's certificate or key is larger than 64 KiB");
    const Memory certificateText = reading(pair.certificate), keyText = reading(pair.key);
    auto impl = std::make_unique<Impl>();
    impl->certificate.reset(PEM_read_bio_X509(certificateText.get(), nullptr, noPassword, nullptr));
    if (!impl->certificate)
        return failed("the local CA's certificate is no PEM certificate");
    impl->key.reset(PEM_read_bio_PrivateKey(keyText.get(), nullptr, noPassword, nullptr));
    if (!impl->key)
        return failed("the local CA's key is no PEM private key without a password");
    X509 *const c = impl->certificate.get();
    if (X509_check_ca(c) != 1 || !(X509_get_key_usage(c) & KU_KEY_CERT_SIGN))
        return failed("the local CA's certificate is not a certificate authority's");
    if (X509_check_private_key(c, impl->key.get()) != 1)
        return failed("the local CA's key does not belong to its certificate");
    impl->pem = pemOf(c);
    return std::shared_ptr<const LocalCa>(new LocalCa(std::move(impl)));
}

bool LocalCa::mayName(const std::string &name)
{
    std::string written;
    return !name.starts_with('*') && alternativeName(name, written);
}

Result<PemPair> LocalCa::issue(const std::string &name, WallTime now) const
{
    std::string written;
    const Names names = alternativeName(name, written);
    if (!names)
        return Error{Fault::Client,
                     "no certificate can be made for that name: it is neither a host name, nor *.NAME, nor an address"};
    X509 *const issuer = impl_->certificate.get();
    if (now > notAfter())
        return failed("the local CA expired at " + rfc3339(notAfter()) + "; make a new one: sluice ca renew");
    const Key key(EVP_EC_gen("P-256"));
    if (!key)
        return failed("OpenSSL made no key for " + written);
    const WallTime from = std::max(now - early, wallTime(X509_get0_notBefore(issuer)));
    const Certificate certificate = begun(key.get(), from, std::min<WallTime>(from + ofLeaf, notAfter()));
    X509 *const c = certificate.get();
    const bool named = written.size() <= longestCommonName;
    const bool good = c && (!named || setCommonName(c, written))
        && X509_set_issuer_name(c, X509_get_subject_name(issuer)) == 1
        && addExtension(c, issuer, NID_basic_constraints, "critical,CA:FALSE")
        && addExtension(c, issuer, NID_key_usage, "critical,digitalSignature")
        && addExtension(c, issuer, NID_ext_key_usage, "serverAuth")
        // Without a subject it is all there is (RFC 5280 section 4.2.1.6).
        && X509_add1_ext_i2d(c, NID_subject_alt_name, names.get(), named ? 0 : 1, X509V3_ADD_DEFAULT) == 1
        && addExtension(c, issuer, NID_subject_key_identifier, "hash")
        && addExtension(c, issuer, NID_authority_key_identifier, "keyid:always")
        && X509_sign(c, impl_->key.get(), EVP_sha256()) > 0;
    PemPair out;
    if (good)
        out = {pemOf(c), pemOf(key.get())};
    if (out.certificate.empty() || out.key.empty())
        return failed("OpenSSL made no certificate for " + written);
    out.certificate += impl_->pem;
    return out;
}

const std::string &LocalCa::certificatePem() const
{
    return impl_->pem;
}

std::string LocalCa::fingerprint() const
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    std::string out;
    if (X509_digest(impl_->certificate.get(), EVP_sha256(), digest, &size) != 1)
        return out;
    constexpr char digits[] = "0123456789ABCDEF";
    for (unsigned i = 0; i < size; ++i) {
        if (i)
            out += ':';
        out += digits[digest[i] >> 4];
        out += digits[digest[i] & 15];
    }
    return out;
}

WallTime LocalCa::notAfter() const
{
    return wallTime(X509_get0_notAfter(impl_->certificate.get()));
}

std::string LocalCa::subject() const
{
    const Memory out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(impl_->certificate.get()), 0, XN_FLAG_RFC2253) < 0)
        return {};
    return taken(out.get());
}

}  // namespace sluice::tls
