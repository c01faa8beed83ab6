// SPDX-License-Identifier: GPL-3.0-or-later
// Where the verbs find things when nobody says: the gateway file, the recording, the running gateway.
#pragma once

#include "engine/base/result.h"
#include "engine/config/load.h"
#include "engine/gateway/secret_store.h"
#include "storage/reader.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

// `given`, else ./sluice.yaml where it is, else nothing.
std::string gatewayFile(const std::string &given);
// `given`, else the default recording.
std::string recordingPath(const std::string &given);
// This user's secrets: beside the default recording, or in the keychain.
gateway::SecretStoreOptions secretOptions();
// The gateway file, read. With errors: they are told on stderr.
config::Loaded loadGatewayFile(const std::string &path);

// Opens the recording, or says on stderr why not and answers nothing; `code` is what the verb ends with then.
std::unique_ptr<storage::Reader> openRecording(const std::string &given, int &code);
// The words of a filter, joined. Where it is wrong: a line that points at the place, on stderr, and nothing.
std::optional<recording::Filter> parseFilter(const std::vector<std::string> &words);
WallTime wallTime();

// `given`, else the only running gateway's; else it says why not and answers an empty path.
std::string controlSocket(const std::string &given);

// "Name: value" taken apart. Nothing: it is none.
std::optional<std::pair<std::string, std::string>> headerOf(const std::string &text);

}  // namespace sluice::cli
