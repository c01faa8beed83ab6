// SPDX-License-Identifier: GPL-3.0-or-later
// Recursive descent over the filter language. Internal to this room.
//   filter  = [ or ] ;  or = and { "or" and } ;  and = not { [ "and" ] not } ;  not = { "not" } primary
//   primary = "(" or ")" | test | text
#pragma once

#include "engine/recording/filter_fields.h"

namespace sluice::recording {

class FilterParser {
public:
    FilterParser(std::string_view text, WallTime now) : text_(text), now_(now) {}
    // False: error() says where and why.
    bool parse(Term &root);
    const FilterError &error() const { return error_; }

private:
    enum class Token : uint8_t { End, Open, Close, And, Or, Not, Other };
    Token peek();  // skips white space; stands before the token afterwards
    void skipWord(size_t length) { at_ += length; }
    bool parseOr(Term &out, int depth);
    bool parseAnd(Term &out, int depth);
    bool parseNot(Term &out, int depth);
    bool parseTest(Term &out);
    bool parseFreeText(Term &out);
    bool parseField(const FieldRule &, size_t nameAt, std::string_view op, Term &out);
    bool parseHeaderName(Term &test, std::string_view &op);
    bool readWord(std::string &out, bool &quoted, bool list);
    std::string_view operatorAt(size_t at) const;
    bool fail(size_t position, std::string what, std::string hint);

    std::string_view text_;
    WallTime now_;
    size_t at_ = 0;
    FilterError error_;
};

}  // namespace sluice::recording
