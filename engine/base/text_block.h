// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace sluice {

// Bytes that grow without being written twice, unlike a std::string's. A value; one thread.
class TextBlock {
public:
    TextBlock() = default;
    TextBlock(const TextBlock &other) { append(other.view()); }
    TextBlock &operator=(const TextBlock &other)
    {
        if (this != &other) {
            clear();
            append(other.view());
        }
        return *this;
    }
    TextBlock(TextBlock &&other) noexcept { *this = std::move(other); }
    TextBlock &operator=(TextBlock &&other) noexcept
    {
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
        room_ = std::exchange(other.room_, 0);
        return *this;
    }
    const char *data() const { return bytes_.get(); }
    char *data() { return bytes_.get(); }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::string_view view() const { return {bytes_.get(), size_}; }
    void swap(TextBlock &other) noexcept
    {
        bytes_.swap(other.bytes_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
    }
    void clear() { size_ = 0; }
    void cut(size_t size) { size_ = size; }  // to at most its size
    size_t capacity() const { return room_; }
    void reserve(size_t bytes)
    {
        if (bytes <= room_)
            return;
        auto larger = std::make_unique_for_overwrite<char[]>(bytes);
        if (size_)
            std::memcpy(larger.get(), bytes_.get(), size_);
        bytes_ = std::move(larger);
        room_ = bytes;
    }
    // So much more, to be written by the caller.
    char *grow(size_t bytes)
    {
        if (room_ - size_ < bytes) [[unlikely]]
            enlarge(bytes);
        char *const place = bytes_.get() + size_;
        size_ += bytes;
        return place;
    }
    void append(std::string_view text)
    {
        if (!text.empty())
            std::memcpy(grow(text.size()), text.data(), text.size());
    }

private:
    [[gnu::noinline]] void enlarge(size_t bytes) { reserve(std::max(size_ + bytes, room_ * 2)); }
    std::unique_ptr<char[]> bytes_;
    size_t size_ = 0, room_ = 0;
};

}  // namespace sluice
