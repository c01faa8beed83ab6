// SPDX-License-Identifier: GPL-3.0-or-later
// HeaderList: the field lines of one message, in order, names as they were written (RFC 9110 section 5).
// One block of text and a table of places in it, so that a head costs two allocations. The text has each field as a line of
// HTTP/1 wherever it can, so that a whole head is written with few copies. A value; one thread.
// Views that it hands out live until the next change of the list.
// Bounds: 64 KiB - 1 bytes a name, 4 GiB in all; the readers bound far lower (Limits in http1_reader.h).
#pragma once

#include "engine/base/text_block.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// ASCII case-insensitive, as field names are compared.
bool equalsIgnoreCase(std::string_view a, std::string_view b);

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
    size_t find(std::string_view name, size_t from = 0) const;
    static constexpr size_t npos = size_t(-1);
    // All values of a list field joined by ", " (RFC 9110 section 5.3); Set-Cookie must not be read so.
    std::string joined(std::string_view name) const;
    // True when a comma-separated list field has this token, whatever the case.
    bool hasToken(std::string_view name, std::string_view token) const;

    // Neither may be a view into this list; so with set(). `checked`: see Place.
    void add(std::string_view name, std::string_view value, bool checked = false);
    // Replaces the first, removes the others, or adds.
    void set(std::string_view name, std::string_view value);
    // How many were removed. Their text stays in memory until the list is cleared.
    size_t remove(std::string_view name);
    void removeAt(size_t index) { fields_.erase(fields_.begin() + std::ptrdiff_t(index)); }
    void clear();
    void reserve(size_t fields, size_t bytes);
    // Bytes that a copy takes for names and values; removed ones may count.
    size_t textSize() const { return text_.size(); }

    // Where one field lies in a block of text; what the list itself keeps.
    struct Place {
        uint32_t name, value, valueLength;
        uint16_t nameLength;
        bool checked = false;  // a reader has seen that the name is a token and the value has no control character
    };
    bool checked(size_t index) const { return fields_[index].checked; }
    // "Name: value" with its CRLF, where the field stands so in the text; else empty. Neighbours may touch.
    std::string_view line(size_t index) const;
    // For readers: takes a whole head's text in one copy. Every place must lie in the block, its value trimmed.
    void addBlock(std::string_view block, std::span<const Place> places);
    // The text and the places in it, as addBlock() takes them.
    std::string_view block() const { return text_.view(); }
    std::span<const Place> places() const { return fields_; }
    // Adds those fields of another list (not this one) for which `keep(field)` is true, in their order, in one copy.
    template<class Keep>
    void addFrom(const HeaderList &from, Keep keep)
    {
        const uint32_t base = uint32_t(text_.size());
        text_.append(from.text_.view());
        for (Place p : from.fields_) {
            if (!keep(Field{{from.text_.data() + p.name, p.nameLength}, {from.text_.data() + p.value, p.valueLength}}))
                continue;
            p.name += base;
            p.value += base;
            fields_.push_back(p);
        }
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
    TextBlock text_;
    std::vector<Entry> fields_;
};

}  // namespace sluice::http
