// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/sealing.h"

#include "engine/http/characters.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

namespace sluice::storage {

namespace {

constexpr size_t keyBytes = 32, nonceBytes = 12, tagBytes = 16, keyIdBytes = 8, placeholderBytes = 6;
constexpr size_t mostSecrets = 16'384, mostBytes = 32 << 20;
constexpr int asText = 1, asJson = 2;
constexpr std::string_view begins = "{{secret:", ends = "}}";
constexpr std::string_view insertSql =
    "INSERT INTO sealed (epoch, placeholder, kinds, key, nonce, box) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT "
    "(epoch, "
    "placeholder) DO UPDATE SET kinds = kinds | excluded.kinds, key = excluded.key, nonce = excluded.nonce, box = "
    "excluded.box";

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char *bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}
unsigned char *bytesOf(std::string &text)
{
    return reinterpret_cast<unsigned char *>(text.data());
}

// The 6 bytes of "{{secret:0123456789ab}}"; empty: it is none.
std::string packed(std::string_view placeholder)
{
    std::string out;
    if (placeholder.size() != begins.size() + 2 * placeholderBytes + ends.size() || !placeholder.starts_with(begins)
        || !placeholder.ends_with(ends))
        return out;
    for (size_t i = begins.size(); i < placeholder.size() - ends.size(); i += 2) {
        if (!http::is(http::kHexDigit, placeholder[i]) || !http::is(http::kHexDigit, placeholder[i + 1]))
            return {};
        out += char(http::hexValue(placeholder[i]) * 16 + http::hexValue(placeholder[i + 1]));
    }
    return out;
}

// Not the key, and nothing that tells of it.
std::string idOf(const Secret &key)
{
    std::string text = "sluice sealing key " + std::string(key.reveal());
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(bytesOf(text), text.size(), hash);
    Secret::wipe(text);
    return std::string(reinterpret_cast<const char *>(hash), keyIdBytes);
}

std::string boundTo(std::string_view placeholder, std::string_view recording)
{
    return "sluice sealed 1 " + std::string(placeholder) + std::string(recording);
}

Result<std::string> recordingId(Database &database)
{
    auto statement = Statement::prepare(database, "SELECT value FROM meta WHERE key = 'recording_id'");
    if (!statement)
        return statement.error();
    return statement->step() == SQLITE_ROW ? std::string(statement->text(0)) : std::string();
}

// Empty: OpenSSL refused.
std::string boxed(const Secret &key, const std::string &nonce, const std::string &bound, std::string_view secret)
{
    const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    std::string out(secret.size() + tagBytes, '\0');
    int size = 0, more = 0;
    const bool good = cipher
        && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(key.reveal()), bytesOf(nonce)) == 1
        && EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytesOf(bound), int(bound.size())) == 1
        && EVP_EncryptUpdate(cipher.get(), bytesOf(out), &size, bytesOf(secret), int(secret.size())) == 1
        && EVP_EncryptFinal_ex(cipher.get(), bytesOf(out) + size, &more) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, int(tagBytes), bytesOf(out) + secret.size()) == 1;
    return good ? out : std::string();
}

// False: it was not sealed so.
bool opened(const Secret &key, std::string_view nonce, const std::string &bound, std::string_view box, std::string &out)
{
    if (key.size() != keyBytes || nonce.size() != nonceBytes || box.size() < tagBytes)
        return false;
    const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    const size_t length = box.size() - tagBytes;
    std::string tag(box.substr(length));
    out.assign(length, '\0');
    int size = 0, more = 0;
    const bool good = cipher
        && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(key.reveal()), bytesOf(nonce)) == 1
        && EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytesOf(bound), int(bound.size())) == 1
        && EVP_DecryptUpdate(cipher.get(), bytesOf(out), &size, bytesOf(box), int(length)) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, int(tagBytes), bytesOf(tag)) == 1
        && EVP_DecryptFinal_ex(cipher.get(), bytesOf(out) + size, &more) == 1;
    if (!good)
        Secret::wipe(out);
    return good;
}

Error failed(std::string what)
{
    return Error{Fault::Gateway, std::move(what)};
}

}  // namespace

Secret makeSealingKey()
{
    std::string bytes(keyBytes, '\0');
    if (RAND_bytes(bytesOf(bytes), int(keyBytes)) != 1)
        bytes.clear();
    return Secret(std::move(bytes));
}

Result<std::unique_ptr<Sealer>> Sealer::create(Database &database)
{
    std::unique_ptr<Sealer> sealer(new Sealer);
    Result<std::string> id = recordingId(database);
    auto insert = Statement::prepare(database, insertSql, true);
    if (!id || !insert)
        return id ? insert.error() : id.error();
    sealer->recording_ = id.take();
    sealer->insert_ = insert.take();
    return sealer;
}

void Sealer::setKey(const Secret &key)
{
    if (key.size() != keyBytes)
        return;
    key_ = key;
    keyId_ = idOf(key);
    forget();
}

void Sealer::forget()
{
    epoch_ = -1;
    known_.clear();
    bytes_ = 0;
}

// What a file has of this epoch from before counts anew: the bounds are against growing without end, no more.
void Sealer::enter(int64_t epoch)
{
    if (epoch == epoch_)
        return;
    forget();
    epoch_ = epoch;
    trouble_.clear();
}

std::vector<SealedSecret> Sealer::seal(const std::vector<recording::Placeholders::Met> &secrets, int64_t id)
{
    std::vector<SealedSecret> out;
    if (!hasKey())
        return out;
    enter(id >> sealedEpochBits);
    for (const recording::Placeholders::Met &met : secrets) {
        std::string placeholder = packed(met.placeholder);
        const int kind = met.json ? asJson : asText;
        const auto at = known_.find(placeholder);
        if (placeholder.empty() || (at != known_.end() && (at->second & kind)))
            continue;
        if (known_.size() >= mostSecrets || bytes_ + met.secret.size() > mostBytes) {
            trouble_ = "more different secrets come than are sealed; further ones are placeholders only";
            continue;
        }
        SealedSecret sealed{placeholder, kind, keyId_, std::string(nonceBytes, '\0'), {}};
        if (RAND_bytes(bytesOf(sealed.nonce), int(nonceBytes)) == 1)
            sealed.box = boxed(key_, sealed.nonce, boundTo(placeholder, recording_), met.secret);
        if (sealed.box.empty()) {
            trouble_ = "OpenSSL refused to seal";
            continue;
        }
        known_[std::move(placeholder)] |= kind;
        bytes_ += met.secret.size();
        out.push_back(std::move(sealed));
    }
    return out;
}

int Sealer::write(const std::vector<SealedSecret> &secrets, int64_t id)
{
    for (const SealedSecret &sealed : secrets) {
        insert_.bind(1, id >> sealedEpochBits);
        insert_.bindBlob(2, sealed.placeholder);
        insert_.bind(3, sealed.kinds);
        insert_.bindBlob(4, sealed.key);
        insert_.bindBlob(5, sealed.nonce);
        insert_.bindBlob(6, sealed.box);
        const int code = insert_.step();
        insert_.reset();
        if (code != SQLITE_DONE)
            return code;
    }
    return SQLITE_OK;
}

Result<recording::Unsealed> unseal(Database &database, std::string_view placeholder, int64_t id, const Secret &key)
{
    const std::string wanted = packed(placeholder);
    const Result<std::string> recording = recordingId(database);
    if (!recording)
        return recording.error();
    // The exchange's own epoch first; a replay past the gateway may have its secrets in an earlier one.
    auto statement =
        Statement::prepare(database,
                           "SELECT kinds, key, nonce, box FROM sealed WHERE placeholder = ?1 ORDER BY epoch "
                           "<> ?2, epoch DESC");
    if (!statement || wanted.empty())  // a file from before there were such ones
        return failed("it was not sealed when it was recorded");
    statement->bindBlob(1, wanted);
    statement->bind(2, id >> sealedEpochBits);
    const std::string own = idOf(key);
    bool any = false, damaged = false;
    for (int rows = 0; rows < 1000 && statement->step() == SQLITE_ROW; ++rows) {
        any = true;
        if (statement->text(1) != own)
            continue;
        std::string text;
        if (opened(key, statement->text(2), boundTo(wanted, *recording), statement->text(3), text)) {
            const int64_t kinds = statement->integer(0);
            return recording::Unsealed{Secret(std::move(text)), (kinds & asText) != 0, (kinds & asJson) != 0};
        }
        damaged = true;
    }
    if (damaged)
        return failed("what is kept of it is damaged, or belongs elsewhere");
    return failed(any ? "it was sealed with another key, of another user or one that is lost"
                      : "it was not sealed when it was recorded");
}

}  // namespace sluice::storage
