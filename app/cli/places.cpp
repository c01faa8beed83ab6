// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/places.h"

#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "engine/gateway/control.h"
#include "engine/gateway/environment.h"
#include "engine/http/message.h"
#include "storage/files.h"
#include "storage/recorder.h"

#include <chrono>
#include <filesystem>

namespace sluice::cli {

std::string gatewayFile(const std::string &given)
{
    std::error_code error;
    if (given.empty() && std::filesystem::exists("sluice.yaml", error))
        return "sluice.yaml";
    return given;
}

std::string recordingPath(const std::string &given)
{
    return given.empty() ? storage::defaultRecordingPath() : given;
}

gateway::SecretStoreOptions secretOptions()
{
    return gateway::secretStoreOptions(storage::dataFolder());
}

config::Loaded loadGatewayFile(const std::string &path)
{
    config::Loaded loaded = config::loadFile(path, gateway::environment());
    if (!loaded.plan) {
        for (const Problem &problem : loaded.problems)
            std::fprintf(stderr, "%s\n", problem.text().c_str());
    }
    return loaded;
}

std::unique_ptr<storage::Reader> openRecording(const std::string &given, int &code)
{
    Result<std::unique_ptr<storage::Reader>> reader = storage::Reader::open(recordingPath(given));
    if (reader)
        return reader.take();
    std::error_code error;
    const bool there = std::filesystem::exists(recordingPath(given), error);
    code = storage::isBadRecording(recordingPath(given)) ? Misused : Failed;
    complain(reader.error().what + (there ? "" : ". `sluice run` makes one; name another with --record DB"));
    return nullptr;
}

std::optional<recording::Filter> parseFilter(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : " ") + word;
    recording::Filter::Parsed parsed = recording::Filter::parse(text, wallTime());
    if (parsed.filter)
        return std::move(parsed.filter);
    complain("the filter cannot be read: " + parsed.error.what
             + (parsed.error.hint.empty() ? "" : "; " + parsed.error.hint));
    std::fprintf(stderr, "  %s\n  %*s^\n", printable(text).c_str(), int(std::min(parsed.error.position, text.size())),
                 "");
    return std::nullopt;
}

WallTime wallTime()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string controlSocket(const std::string &given)
{
    if (!given.empty())
        return given;
    Result<std::string> found = gateway::findSocket();
    if (found)
        return found.take();
    complain(found.error().what);
    return {};
}

std::optional<std::pair<std::string, std::string>> headerOf(const std::string &text)
{
    const size_t colon = text.find(':');
    if (colon == text.npos || !http::isToken(std::string_view(text).substr(0, colon)))
        return std::nullopt;
    const size_t begin = text.find_first_not_of(" \t", colon + 1);
    std::string value = begin == text.npos ? std::string() : text.substr(begin);
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
        return std::nullopt;
    return std::pair(text.substr(0, colon), std::move(value));
}

}  // namespace sluice::cli
