// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/headers.h"

namespace sluice::http {

namespace {
constexpr unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

// Eight bytes of each: where they differ they do so in the bit of the case only, and only where they are letters.
bool equalEight(const char *a, const char *b)
{
    const auto x = wordAt<uint64_t>(a), other = x ^ wordAt<uint64_t>(b);
    return other == 0 || (other & ~caseBits(x)) == 0;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}
}  // namespace

bool equalsIgnoreCase(std::string_view a, std::string_view b)
{
    const size_t size = a.size();
    if (size != b.size())
        return false;
    if (size < 8) {
        for (size_t i = 0; i < size; ++i) {
            if (a[i] != b[i] && lower(static_cast<unsigned char>(a[i])) != lower(static_cast<unsigned char>(b[i])))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i + 8 < size; i += 8) {
        if (!equalEight(a.data() + i, b.data() + i))
            return false;
    }
    return equalEight(a.data() + size - 8, b.data() + size - 8);  // may look at some of them again
}

size_t HeaderList::search(std::string_view name, size_t from) const
{
    const unsigned char first = name.empty() ? 0 : lower(static_cast<unsigned char>(name[0]));
    for (size_t i = from; i < fields_.size(); ++i) {
        const Entry &e = fields_[i];
        if (e.nameLength == name.size() && lower(static_cast<unsigned char>(text_.data()[e.name])) == first
            && equalsIgnoreCase({text_.data() + e.name, e.nameLength}, name))
            return i;
    }
    return npos;
}

std::string_view HeaderList::line(size_t index) const
{
    const Entry &e = fields_[index];
    const size_t end = size_t(e.value) + e.valueLength + 2;
    const char *text = text_.data();
    if (e.line)
        return {text + e.name, end - e.name};
    if (e.value != e.name + e.nameLength + 2 || end > text_.size() || text[e.value - 2] != ':'
        || text[e.value - 1] != ' ' || text[end - 2] != '\r' || text[end - 1] != '\n')
        return {};
    return {text + e.name, end - e.name};
}

std::string_view HeaderList::get(std::string_view name) const
{
    const size_t at = find(name);
    return at == npos ? std::string_view() : (*this)[at].value;
}

size_t HeaderList::count(std::string_view name) const
{
    size_t n = 0;
    for (size_t at = find(name); at != npos; at = find(name, at + 1))
        ++n;
    return n;
}

std::string HeaderList::joined(std::string_view name) const
{
    std::string out;
    for (size_t at = find(name); at != npos; at = find(name, at + 1)) {
        if (!out.empty())
            out += ", ";
        out += (*this)[at].value;
    }
    return out;
}

bool HeaderList::hasToken(std::string_view name, std::string_view token) const
{
    for (size_t at = find(name); at != npos; at = find(name, at + 1)) {
        std::string_view rest = (*this)[at].value;
        while (!rest.empty()) {
            const size_t comma = rest.find(',');
            if (equalsIgnoreCase(trimmed(rest.substr(0, comma)), token))
                return true;
            rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
        }
    }
    return false;
}

void HeaderList::add(std::string_view name, std::string_view value, bool checked)
{
    value = trimmed(value);
    const auto at = uint32_t(text_.size());
    char *to = text_.grow(name.size() + value.size() + 4);
    to += name.copy(to, name.size());
    to = static_cast<char *>(std::memcpy(to, ": ", 2)) + 2;
    to += value.copy(to, value.size());
    std::memcpy(to, "\r\n", 2);
    marks_ |= markOf(name);
    fields_.push(at, uint32_t(at + name.size() + 2), uint32_t(value.size()), uint16_t(name.size()), checked, true);
}

void HeaderList::set(std::string_view name, std::string_view value, bool checked)
{
    const size_t at = find(name);
    if (at == npos)
        return add(name, value, checked);
    for (size_t other = find(name, at + 1); other != npos; other = find(name, other))
        removeAt(other);
    value = trimmed(value);
    Entry &e = fields_[at];
    e.value = uint32_t(text_.size());
    e.valueLength = uint32_t(value.size());
    e.checked = checked && e.checked;
    e.line = false;
    text_.append(value);
}

size_t HeaderList::remove(std::string_view name)
{
    size_t kept = 0;
    const size_t before = fields_.size();
    for (size_t i = 0; i < before; ++i) {
        if (!equalsIgnoreCase((*this)[i].name, name))
            fields_[kept++] = fields_[i];
    }
    fields_.cut(kept);
    return before - kept;
}

void HeaderList::clear()
{
    text_.clear();
    fields_.clear();
    marks_ = 0;
}

void HeaderList::reserve(size_t fields, size_t bytes)
{
    fields_.reserve(fields);
    text_.reserve(bytes);
}

void HeaderList::addBlock(std::string_view block, std::span<const Place> places)
{
    const uint32_t base = uint32_t(text_.size());
    text_.append(block);
    const char *const text = block.data();
    uint64_t marks = 0;
    Place *to = fields_.grow(places.size());
    for (Place p : places) {
        marks |= markOf({text + p.name, p.nameLength});
        p.name += base;
        p.value += base;
        *to++ = p;
    }
    marks_ |= marks;
}

bool HeaderList::operator==(const HeaderList &other) const
{
    if (size() != other.size())
        return false;
    for (size_t i = 0; i < size(); ++i) {
        if ((*this)[i].name != other[i].name || (*this)[i].value != other[i].value)
            return false;
    }
    return true;
}

}  // namespace sluice::http
