// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace sluice {

// A moved-from short text still has its letters.
Secret::Secret(std::string &&text) : text_(std::move(text))
{
    wipe(text);
}

Secret::Secret(Secret &&other) noexcept : text_(std::move(other.text_))
{
    wipe(other.text_);
}

Secret &Secret::operator=(const Secret &other)
{
    if (this != &other) {
        wipe(text_);
        text_ = other.text_;
    }
    return *this;
}

Secret &Secret::operator=(Secret &&other) noexcept
{
    if (this != &other) {
        wipe(text_);
        text_ = std::move(other.text_);
        wipe(other.text_);
    }
    return *this;
}

bool Secret::operator==(const Secret &other) const
{
    return text_.size() == other.text_.size() && CRYPTO_memcmp(text_.data(), other.text_.data(), text_.size()) == 0;
}

void Secret::wipe(std::string &text)
{
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

}  // namespace sluice
