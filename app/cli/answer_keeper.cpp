// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answer_keeper.h"

#include "engine/gateway/control.h"
#include "engine/http/uri.h"
#include "storage/exchange_codec.h"
#include "storage/files.h"

#include <algorithm>
#include <filesystem>

namespace sluice::cli {

namespace {

bool isLoopback(const std::string &host)
{
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void cut(journey::Content &content, uint64_t limit)
{
    if (content.bytes.size() <= limit)
        return;
    content.bytes.resize(limit);
    content.wasCut = true;  // counts where the length does not tell
}

bool isSameFile(const std::string &a, const std::string &b)
{
    std::error_code error;
    return std::filesystem::equivalent(a, b, error);
}

}  // namespace

Result<std::unique_ptr<AnswerKeeper>> AnswerKeeper::create(const std::string &recording, storage::Kept kept)
{
    const Result<recording::PlaceholderKey> key = storage::placeholderKey();
    if (!key)
        return key.error();
    return std::unique_ptr<AnswerKeeper>(new AnswerKeeper(recording, std::move(kept), *key));
}

AnswerKeeper::AnswerKeeper(const std::string &recording, storage::Kept kept, const recording::PlaceholderKey &key)
    : recording_(recording), kept_(std::move(kept)), redactor_(kept_.settings, key)
{
    config::RecordSettings settings =
        kept_.settings;  // retention is the gateway's business: nothing is pruned from here
    settings.keepBytes = uint64_t(1) << 62;
    settings.keepAge = std::chrono::hours(24 * 365 * 100);
    Result<std::unique_ptr<storage::Recorder>> recorder =
        storage::Recorder::create(recording_, settings, storage::Recorder::Role::Guest);
    if (recorder)
        recorder_ = recorder.take();
    else if (recorder.error().repeatable)
        findGateway();
    else
        trouble_ = recorder.error().what;
}

// Where it said, or where any gateway of this user is.
void AnswerKeeper::findGateway()
{
    if (!kept_.socket.empty() && asks(kept_.socket, true))
        return;
    for (const std::string &socket : gateway::sockets()) {
        if (asks(socket, false))
            return;
    }
    trouble_ = "a running gateway holds " + recording_ + ", and its control socket was not found";
}

// `named`: the recording itself names it, which must do where its gateway began in another folder and tells a path from there.
bool AnswerKeeper::asks(const std::string &socket, bool named)
{
    const Result<gateway::ControlAnswer> answer = gateway::control(socket, "GET", "/status");
    if (!answer || answer->status != 200)
        return false;
    const Result<gateway::Status> status = gateway::statusFromJson(answer->body);
    if (!status)
        return false;
    const std::string &path = status->recording.path;
    if (!isSameFile(path, recording_) && !(named && !path.starts_with('/')))
        return false;
    socket_ = socket;
    listen_ = status->listen;
    return true;
}

bool AnswerKeeper::isItsGateway(const std::string &url) const
{
    const Result<http::Url> target = http::parseUrl(url);
    return target && std::any_of(listen_.begin(), listen_.end(), [&](const std::string &each) {
               const Result<http::Url> listener = http::parseUrl(each);
               return listener && listener->port == target->port
                   && (listener->host == target->host || isLoopback(target->host));
           });
}

void AnswerKeeper::keep(std::unique_ptr<journey::Exchange> answer)
{
    const uint64_t limit = std::min<uint64_t>(kept_.settings.bodyLimit, storage::mostOfBodyHandedOver);
    cut(answer->requestBody, recorder_ ? kept_.settings.bodyLimit : limit);
    cut(answer->responseBody, recorder_ ? kept_.settings.bodyLimit : limit);
    if (recorder_) {
        recording::Batch batch;
        batch.push_back(std::move(answer));
        recorder_->push(std::move(batch));
    } else if (!socket_.empty()) {
        handOver(*answer);
    }
}

void AnswerKeeper::handOver(const journey::Exchange &answer)
{
    const Result<gateway::ControlAnswer> taken =
        gateway::control(socket_, "POST", "/record", std::chrono::seconds(10), storage::encodeExchange(answer));
    if (!taken)
        trouble_ = taken.error().what;
    else if (taken->status != 202)
        trouble_ =
            "the gateway that holds " + recording_ + " answered " + std::to_string(taken->status) + ": " + taken->body;
}

void AnswerKeeper::flush()
{
    if (!recorder_)
        return;
    recorder_->flush();
    if (const std::string trouble = recorder_->stats().trouble; !trouble.empty())
        trouble_ = trouble;
}

}  // namespace sluice::cli
