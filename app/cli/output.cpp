// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/output.h"

#include "app/cli/verbs.h"

#include "engine/base/json.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <unistd.h>

namespace sluice::cli {

void complain(std::string_view what)
{
    std::fflush(stdout);
    std::fprintf(stderr, "sluice: %.*s\n", int(what.size()), what.data());
}

int fail(int code, std::string_view what)
{
    complain(what);
    return code;
}

namespace {

int writeError = 0;  // the first one of stdout

void note(bool good)
{
    if (!good && writeError == 0)
        writeError = errno;
}

}  // namespace

void print(std::string_view text)
{
    note(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void printLine(std::string_view text)
{
    print(text);
    note(std::fputc('\n', stdout) != EOF);
}

bool flush()
{
    note(std::fflush(stdout) == 0);
    return writeError == 0;
}

int ended(int code)
{
    if (flush() || writeError == EPIPE)
        return code;
    return fail(Failed, std::string("not all could be written to standard output: ") + std::strerror(writeError));
}

bool isTerminal(FILE *file)
{
    return ::isatty(::fileno(file)) == 1;
}

std::string painted(std::string_view text, Colour colour)
{
    static const bool on = isTerminal(stdout) && !std::getenv("NO_COLOR");
    if (!on || colour == Colour::None)
        return std::string(text);
    const char *code = "";
    switch (colour) {
    case Colour::None: break;
    case Colour::Dim: code = "\x1b[2m"; break;
    case Colour::Red: code = "\x1b[31m"; break;
    case Colour::Green: code = "\x1b[32m"; break;
    case Colour::Yellow: code = "\x1b[33m"; break;
    case Colour::Bold: code = "\x1b[1m"; break;
    }
    return code + std::string(text) + "\x1b[0m";
}

Colour ofStatus(int status)
{
    if (status == 0 || status == 499 || status >= 500)
        return Colour::Red;
    return status >= 400 ? Colour::Yellow : status >= 200 && status < 300 ? Colour::Green : Colour::None;
}

std::string printable(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool c1 =
            c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;  // U+0080 to U+009F
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || c1)
            out += "·";
        else
            out += text[i];
        i += c1;
    }
    return out;
}

std::string localTime(WallTime time)
{
    const auto micros = time.time_since_epoch().count();
    const std::time_t seconds = std::time_t(micros / 1'000'000), now = std::time(nullptr);
    std::tm then{}, today{};
    ::localtime_r(&seconds, &then);
    ::localtime_r(&now, &today);
    char text[64];
    const bool sameDay = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    const size_t n = std::strftime(text, sizeof text, sameDay ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
    std::snprintf(text + n, sizeof text - n, ".%03d", int(micros / 1000 % 1000));
    return text;
}

std::string sizeText(uint64_t bytes)
{
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    constexpr const char *units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = double(bytes) / 1024;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit)
        value /= 1024;
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

std::string latencyText(Nanos latency)
{
    const double ms = double(latency.count()) / 1e6;
    char text[32];
    if (ms >= 1000)
        std::snprintf(text, sizeof text, "%.2f s", ms / 1000);
    else
        std::snprintf(text, sizeof text, ms < 10 ? "%.2f ms" : "%.0f ms", ms);
    return text;
}

namespace {
size_t width(std::string_view text)  // UTF-8, one column a character
{
    return size_t(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}
}  // namespace

void Table::add(std::vector<std::string> cells, Colour colour)
{
    rows_.push_back(std::move(cells));
    colours_.push_back(colour);
}

std::string Table::text() const
{
    std::vector<size_t> widths;
    for (const auto &row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (size_t r = 0; r < rows_.size(); ++r) {
        std::string line;
        for (size_t i = 0; i < rows_[r].size(); ++i) {
            line += rows_[r][i];
            if (i + 1 < rows_[r].size())
                line.append(widths[i] - width(rows_[r][i]) + 2, ' ');
        }
        out += painted(line, colours_[r]) + '\n';
    }
    return out;
}

std::string json(const Problem &problem)
{
    std::string out;
    JsonObject o(out);
    o.add("severity", problem.severity == Problem::Severity::Error ? "error" : "warning")
        .add("file", problem.file)
        .add("line", problem.line)
        .add("column", problem.column)
        .add("what", problem.what)
        .add("hint", problem.hint);
    o.close();
    return out;
}

}  // namespace sluice::cli
