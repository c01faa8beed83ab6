// SPDX-License-Identifier: GPL-3.0-or-later
// HeaderList: the field lines of one message, in order, names as they were written (RFC 9110 section 5).
// One block of text and a table of places in it, so that a head costs two allocations. The text has each field as a line of
// HTTP/1 wherever it can, so that a whole head is written with few copies. A value; one thread.
// Views that it hands out live until the next change of the list.
// Bounds: 64 KiB - 1 bytes a name, 4 GiB in all; the readers bound far lower (Limits in http1_reader.h).
#pragma once

#include "engine/base/plain_list.h"
#include "engine/base/text_block.h"
#include "engine/http/letters.h"

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::http {

// ASCII case-insensitive, as field names are compared.
bool equalsIgnoreCase(std::string_view a, std::string_view b);
// The same with a text of the source, whose words the compiler works out.
template<size_t size>
[[gnu::always_inline]] inline bool equalsIgnoreCase(std::string_view a, const char (&text)[size])
{
    return a.size() == size - 1 && sameLetters<size - 1>(a.data(), text);
}

struct Field {
    std::string_view name, value;  // value without surrounding white space
};

class HeaderList {
public:
    size_t size() const { return fields_.size(); }
    bool empty() const { return fields_.empty(); }
    Field operator[](size_t index) const
    {
        const Entry &e = fields_[index];
        return {{text_.data() + e.name, e.nameLength}, {text_.data() + e.value, e.valueLength}};
    }

    // The first with this name, or nothing; `has` tells an empty value from none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return find(name) != npos; }
    size_t count(std::string_view name) const;
    // Index of the first at or after `from`; npos where there is none.
    size_t find(std::string_view name, size_t from = 0) const
    {
        return marks_ & markOf(name) ? search(name, from) : npos;
    }
    static constexpr size_t npos = size_t(-1);
    // All values of a list field joined by ", " (RFC 9110 section 5.3); Set-Cookie must not be read so.
    std::string joined(std::string_view name) const;
    // True when a comma-separated list field has this token, whatever the case.
    bool hasToken(std::string_view name, std::string_view token) const;

    // Neither may be a view into this list; so with set(). `checked`: see Place.
    void add(std::string_view name, std::string_view value, bool checked = false);
    // A field that we write ourselves, of a name that stands in the source and a value without white space around it; the
    // second with a value in pieces.
    template<size_t size>
    void addOwn(const char (&name)[size], std::string_view value, bool checked)
    {
        value.copy(growOwn(name, value.size(), checked), value.size());
    }
    template<size_t size>
    void addOwn(const char (&name)[size], std::initializer_list<std::string_view> value, bool checked)
    {
        size_t all = 0;
        for (const std::string_view piece : value)
            all += piece.size();
        char *to = growOwn(name, all, checked);
        for (const std::string_view piece : value) {
            if (!piece.empty())
                to += piece.copy(to, piece.size());
        }
    }
    // The same, as set().
    template<size_t size>
    void setOwn(const char (&name)[size], std::string_view value)
    {
        if (has(name))
            set(name, value, true);
        else
            addOwn(name, value, true);
    }
    // Replaces the first, removes the others, or adds.
    void set(std::string_view name, std::string_view value, bool checked = false);
    // How many were removed. Their text stays in memory until the list is cleared.
    size_t remove(std::string_view name);
    void removeAt(size_t index) { fields_.erase(index); }
    void clear();
    void swap(HeaderList &other) noexcept
    {
        text_.swap(other.text_);
        fields_.swap(other.fields_);
        std::swap(marks_, other.marks_);
    }
    void reserve(size_t fields, size_t bytes);
    // Bytes that a copy takes for names and values; removed ones may count.
    size_t textSize() const { return text_.size(); }

    // Where one field lies in a block of text; what the list itself keeps.
    struct Place {
        uint32_t name = 0, value = 0, valueLength = 0;
        uint16_t nameLength = 0;
        bool checked = false;  // a reader has seen that the name is a token and the value has no control character
        bool line = false;     // it is known to stand as "Name: value" with its CRLF; false says nothing
    };
    bool checked(size_t index) const { return fields_[index].checked; }
    // "Name: value" with its CRLF, where the field stands so in the text; else empty. Neighbours may touch.
    std::string_view line(size_t index) const;
    // For readers: takes a whole head's text in one copy. Every place must lie in the block, its value trimmed.
    void addBlock(std::string_view block, std::span<const Place> places);
    // The text and the places in it, as addBlock() takes them.
    std::string_view block() const { return text_.view(); }
    std::span<const Place> places() const { return {fields_.data(), fields_.size()}; }
    // Adds those fields of another list (not this one) for which `keep(field)` is true, in their order, in one copy.
    template<class Keep>
    void addFrom(const HeaderList &from, Keep keep)
    {
        const uint32_t base = uint32_t(text_.size());
        text_.append(from.text_.view());
        marks_ |= from.marks_;
        Place *to = fields_.grow(from.fields_.size());
        const char *const text = from.text_.data();
        for (Place p : from.fields_) {
            if (!keep(Field{{text + p.name, p.nameLength}, {text + p.value, p.valueLength}}))
                continue;
            p.name += base;
            p.value += base;
            *to++ = p;
        }
        fields_.cut(size_t(to - fields_.data()));
    }

    class Iterator {
    public:
        Iterator(const HeaderList *list, size_t index) : list_(list), index_(index) {}
        Field operator*() const { return (*list_)[index_]; }
        Iterator &operator++()
        {
            ++index_;
            return *this;
        }
        bool operator!=(const Iterator &other) const { return index_ != other.index_; }

    private:
        const HeaderList *list_;
        size_t index_;
    };
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size()}; }

    // Same names and values in the same order.
    bool operator==(const HeaderList &) const;

private:
    using Entry = Place;
    // Most searches are for what is not there: a bit of a name's length and first letter tells so at once.
    static uint64_t markOf(std::string_view name)
    {
        return name.empty() ? 1 : uint64_t(1) << ((uint8_t(name[0] | 0x20) ^ (name.size() << 2)) & 63);
    }
    size_t search(std::string_view name, size_t from) const;
    // One field more. Where its value goes.
    template<size_t size>
    char *growOwn(const char (&name)[size], size_t valueSize, bool checked)
    {
        constexpr size_t length = size - 1;
        const auto at = uint32_t(text_.size()), valueAt = uint32_t(at + length + 2);
        char *to = text_.grow(length + valueSize + 4);
        std::memcpy(to, name, length);
        std::memcpy(to + length, ": ", 2);
        std::memcpy(to + length + 2 + valueSize, "\r\n", 2);
        marks_ |= markOf({name, length});
        fields_.push(at, valueAt, uint32_t(valueSize), uint16_t(length), checked, true);
        return to + length + 2;
    }

    TextBlock text_;
    PlainList<Entry> fields_;
    uint64_t marks_ = 0;  // of all names that were ever here since clear()
};

}  // namespace sluice::http
