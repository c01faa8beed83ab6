// SPDX-License-Identifier: GPL-3.0-or-later
// DescriptorSet: the schema of gRPC services, as protoc --descriptor_set_out writes it, and messages told by it. Immutable once made;
// any thread. Bounds: 8 MiB of schema. For people only, never on a request's way.
#pragma once

#include "engine/base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::protobuf {

constexpr size_t mostDescriptorBytes = size_t(8) << 20;

class DescriptorSet {
public:
    // Error (the client's, who gave the file): the sentence says what is wrong with it. A file that was left out (without
    // --include_imports) costs the names of its messages alone.
    static Result<std::shared_ptr<const DescriptorSet>> create(std::string_view bytes);
    ~DescriptorSet();
    DescriptorSet(const DescriptorSet &) = delete;
    DescriptorSet &operator=(const DescriptorSet &) = delete;

    // The message of a call to `path` ("/shop.Shop/Get") in protobuf's text format, on one line or a field a line. Nothing: there is no such
    // method, or it does not fit.
    std::optional<std::string> text(std::string_view path, bool request, std::string_view message, bool lines) const;

private:
    struct Impl;
    explicit DescriptorSet(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::protobuf
