// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/boxes.h"

#include "engine/http/characters.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <memory>

namespace sluice::storage {

namespace {

constexpr size_t nonceBytes = 12, tagBytes = 16, keyIdBytes = 8, placeholderBytes = 6;
constexpr std::string_view begins = "{{secret:", ends = "}}";

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char *bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}
unsigned char *bytesOf(std::string &text)
{
    return reinterpret_cast<unsigned char *>(text.data());
}

}  // namespace

std::string packedPlaceholder(std::string_view placeholder)
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

std::string idOf(const Secret &key)
{
    std::string text = "sluice sealing key " + std::string(key.reveal());
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(bytesOf(text), text.size(), hash);
    Secret::wipe(text);
    return std::string(reinterpret_cast<const char *>(hash), keyIdBytes);
}

std::string contextOfSecret(std::string_view packedPlaceholder, std::string_view recording)
{
    return "sluice sealed 1 " + std::string(packedPlaceholder) + std::string(recording);
}

std::string contextOfMessage(int64_t stream, uint64_t number, std::string_view recording)
{
    return "sluice sealed message 1 " + std::to_string(stream) + ' ' + std::to_string(number) + ' '
        + std::string(recording);
}

Result<std::string> recordingId(Database &database)
{
    auto statement = Statement::prepare(database, "SELECT value FROM meta WHERE key = 'recording_id'");
    if (!statement)
        return statement.error();
    return statement->step() == SQLITE_ROW ? std::string(statement->text(0)) : std::string();
}

Box sealed(const Secret &key, const std::string &context, std::string_view text)
{
    if (key.size() != sealingKeyBytes)
        return {};
    const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    Box box{std::string(nonceBytes, '\0'), std::string(text.size() + tagBytes, '\0')};
    unsigned char *const out = bytesOf(box.bytes);
    int size = 0, more = 0;
    const bool good = cipher && RAND_bytes(bytesOf(box.nonce), int(nonceBytes)) == 1
        && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(key.reveal()), bytesOf(box.nonce)) == 1
        && EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytesOf(context), int(context.size())) == 1
        && EVP_EncryptUpdate(cipher.get(), out, &size, bytesOf(text), int(text.size())) == 1
        && EVP_EncryptFinal_ex(cipher.get(), out + size, &more) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, int(tagBytes), out + text.size()) == 1;
    return good ? box : Box{};
}

bool opened(const Secret &key, std::string_view nonce, const std::string &context, std::string_view bytes,
            std::string &out)
{
    out.clear();
    if (key.size() != sealingKeyBytes || nonce.size() != nonceBytes || bytes.size() < tagBytes)
        return false;
    const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    const size_t length = bytes.size() - tagBytes;
    std::string tag(bytes.substr(length));
    out.assign(length, '\0');
    int size = 0, more = 0;
    const bool good = cipher
        && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(key.reveal()), bytesOf(nonce)) == 1
        && EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytesOf(context), int(context.size())) == 1
        && EVP_DecryptUpdate(cipher.get(), bytesOf(out), &size, bytesOf(bytes), int(length)) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, int(tagBytes), bytesOf(tag)) == 1
        && EVP_DecryptFinal_ex(cipher.get(), bytesOf(out) + size, &more) == 1;
    if (!good)
        Secret::wipe(out);
    return good;
}

bool Unopened::open(const Statement &row, const Secret &key, const std::string &context, std::string &out)
{
    any = true;
    if (row.text(1) != idOf(key))
        return false;
    if (opened(key, row.text(2), context, row.text(3), out))
        return true;
    damaged = true;
    return false;
}

Error Unopened::why() const
{
    if (damaged)
        return {Fault::Gateway, "what is kept of it is damaged, or belongs elsewhere"};
    return {Fault::Gateway,
            any ? "it was sealed with another key, of another user or one that is lost"
                : "it was not sealed when it was recorded"};
}

}  // namespace sluice::storage
