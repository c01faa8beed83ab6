// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/filter_parser.h"

#include "engine/http/characters.h"
#include "engine/http/headers.h"

namespace sluice::recording {

namespace {

constexpr size_t mostText = 4096;
constexpr int mostDepth = 64;

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool endsWord(char c)
{
    return isSpace(c) || c == '(' || c == ')' || c == '"';
}
bool isName(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// One part stands for itself.
void join(Term::Kind kind, std::vector<Term> parts, Term &out)
{
    if (parts.size() == 1) {
        Term only = std::move(parts.front());
        out = std::move(only);
        return;
    }
    out = Term();
    out.kind = kind;
    out.parts = std::move(parts);
}

Term negated(Term term)
{
    Term out;
    out.kind = Term::Kind::Not;
    out.parts.push_back(std::move(term));
    return out;
}

}  // namespace

bool FilterParser::fail(size_t position, std::string what, std::string hint)
{
    error_ = FilterError{position, std::move(what), std::move(hint)};
    return false;
}

bool FilterParser::parse(Term &root)
{
    if (text_.size() > mostText)
        return fail(mostText, "the filter is longer than 4096 bytes", "use fewer terms, or * for many values");
    root = Term();
    if (peek() == Token::End)
        return true;
    if (!parseOr(root, 0))
        return false;
    if (peek() == Token::Close)
        return fail(at_, "this ) closes nothing", "remove it, or open a ( before");
    return true;
}

FilterParser::Token FilterParser::peek()
{
    while (at_ < text_.size() && isSpace(text_[at_]))
        ++at_;
    if (at_ == text_.size())
        return Token::End;
    if (text_[at_] == '(')
        return Token::Open;
    if (text_[at_] == ')')
        return Token::Close;
    size_t end = at_;
    while (end < text_.size() && !endsWord(text_[end]))
        ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (http::equalsIgnoreCase(word, "and"))
        return Token::And;
    if (http::equalsIgnoreCase(word, "or"))
        return Token::Or;
    if (http::equalsIgnoreCase(word, "not"))
        return Token::Not;
    return Token::Other;
}

bool FilterParser::parseOr(Term &out, int depth)
{
    std::vector<Term> parts(1);
    if (!parseAnd(parts.back(), depth))
        return false;
    while (peek() == Token::Or) {
        skipWord(2);
        if (!parseAnd(parts.emplace_back(), depth))
            return false;
    }
    join(Term::Kind::Or, std::move(parts), out);
    return true;
}

bool FilterParser::parseAnd(Term &out, int depth)
{
    std::vector<Term> parts(1);
    if (!parseNot(parts.back(), depth))
        return false;
    for (;;) {
        const Token token = peek();
        if (token == Token::And)
            skipWord(3);
        else if (token != Token::Other && token != Token::Not && token != Token::Open)
            break;
        if (!parseNot(parts.emplace_back(), depth))
            return false;
    }
    join(Term::Kind::And, std::move(parts), out);
    return true;
}

bool FilterParser::parseNot(Term &out, int depth)
{
    const Token token = peek();
    if (depth >= mostDepth)
        return fail(at_, "more than 64 deep", "use fewer parentheses");
    switch (token) {
    case Token::Not: {
        skipWord(3);
        Term inner;
        if (!parseNot(inner, depth + 1))
            return false;
        out = negated(std::move(inner));
        return true;
    }
    case Token::Open: {
        const size_t opened = at_++;
        if (peek() == Token::Close)
            return fail(opened, "nothing between ( and )", "write a term there");
        if (!parseOr(out, depth + 1))
            return false;
        if (peek() != Token::Close)
            return fail(opened, "this ( is never closed", "add a )");
        ++at_;
        return true;
    }
    case Token::Other: return parseTest(out);
    case Token::End: return fail(at_, "something is missing here", "end with a term, as status>=500");
    case Token::Close: return fail(at_, "a term is missing before this )", "write one, as status>=500");
    case Token::And:
    case Token::Or:
        return fail(at_, "and, or stand between two terms", "to search for the word, write it in quotes: \"and\"");
    }
    return false;
}

std::string_view FilterParser::operatorAt(size_t at) const
{
    for (const std::string_view op : {"!=", "<=", ">=", ":", "=", "<", ">", "~"}) {
        if (text_.substr(at).starts_with(op))
            return text_.substr(at, op.size());
    }
    return {};
}

bool FilterParser::parseTest(Term &out)
{
    size_t end = at_;
    while (end < text_.size() && isName(text_[end]))
        ++end;
    const std::string_view op = end > at_ ? operatorAt(end) : std::string_view();
    if (op.empty() || text_.substr(end).starts_with("://"))
        return parseFreeText(out);
    const std::string_view name = text_.substr(at_, end - at_);
    const FieldRule *rule = findField(name);
    if (!rule) {
        const std::string_view near = nearestField(name);
        return fail(at_, "there is no field \"" + std::string(name) + "\"",
                    near.empty() ? "to search for the text, write it in quotes"
                                 : "did you mean " + std::string(near) + "?");
    }
    const size_t nameAt = at_;
    at_ = end + op.size();
    return parseField(*rule, nameAt, op, out);
}

bool FilterParser::parseFreeText(Term &out)
{
    out = Term();
    out.kind = Term::Kind::Test;
    out.field = "text";
    out.op = Term::Op::Contains;
    bool quoted = false;
    return readWord(out.value, quoted, false);
}

bool FilterParser::readWord(std::string &out, bool &quoted, bool list)
{
    quoted = at_ < text_.size() && text_[at_] == '"';
    if (!quoted) {
        while (at_ < text_.size() && !endsWord(text_[at_]) && !(list && text_[at_] == ','))
            out += text_[at_++];
        return true;
    }
    const size_t opened = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size())
            ++at_;
        out += text_[at_++];
    }
    if (at_ == text_.size())
        return fail(opened, "this quote is never closed", "add a \"");
    ++at_;
    return true;
}

// header:NAME, then perhaps an operator and a value; stands behind the operator afterwards.
bool FilterParser::parseHeaderName(Term &test, std::string_view &op)
{
    const size_t from = at_;
    // "!" may be part of a field name (RFC 9110 section 5.6.2), "~" too; here they are operators.
    while (at_ < text_.size() && http::is(http::kTokenChar, text_[at_]) && text_[at_] != '~' && text_[at_] != '!')
        ++at_;
    test.argument = text_.substr(from, at_ - from);
    if (test.argument.empty())
        return fail(from, "header needs a name", "header:X-Tenant=acme, or header:X-Tenant");
    op = operatorAt(at_);
    at_ += op.size();
    if (op.empty() && at_ < text_.size() && !endsWord(text_[at_]))
        return fail(at_, "this cannot be in a header's name", "header:X-Tenant=acme");
    return true;
}

bool FilterParser::parseField(const FieldRule &rule, size_t nameAt, std::string_view op, Term &out)
{
    Term pattern;
    pattern.kind = Term::Kind::Test;
    pattern.field = rule.name;
    if (rule.kind == FieldRule::Kind::Header) {
        if (op != ":" && op != "=")
            return fail(nameAt, "header needs a name first", "header:X-Tenant=acme");
        if (!parseHeaderName(pattern, op))
            return false;
        if (op.empty()) {
            pattern.op = Term::Op::Exists;
            out = std::move(pattern);
            return true;
        }
    }
    const bool list = rule.list && op != "~";
    std::vector<Term> parts;
    bool different = false;
    do {
        Term test = pattern;
        std::string value;
        bool quoted = false;
        const size_t from = at_;
        if (!readWord(value, quoted, list))
            return false;
        if (value.empty() && !quoted)
            return fail(from, std::string(rule.name) + " needs a value",
                        std::string(rule.name) + ":\"\" asks for an empty one");
        if (!readValue(rule, op, value, quoted, now_, test, error_)) {
            error_.position = from;
            return false;
        }
        different = op == "!=";
        parts.push_back(std::move(test));
    } while (list && at_ < text_.size() && text_[at_] == ',' && ++at_);
    if (at_ < text_.size() && !isSpace(text_[at_]) && text_[at_] != '(' && text_[at_] != ')')
        return fail(at_, "a value ends before this", "put a space between two terms");
    join(Term::Kind::Or, std::move(parts), out);
    if (different)
        out = negated(std::move(out));
    return true;
}

}  // namespace sluice::recording
