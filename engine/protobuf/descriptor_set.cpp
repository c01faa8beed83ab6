// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/protobuf/descriptor_set.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

namespace sluice::protobuf {

namespace pb = google::protobuf;

namespace {

// The first error alone: those that follow from it help nobody.
class FirstError : public pb::DescriptorPool::ErrorCollector {
public:
    void AddError(const std::string &file, const std::string &element, const pb::Message *, ErrorLocation,
                  const std::string &message) override
    {
        if (text.empty())
            text = file + ": " + element + ": " + message;
    }
    std::string text;
};

}  // namespace

struct DescriptorSet::Impl {
    pb::DescriptorPool pool;
    mutable pb::DynamicMessageFactory factory;  // has a lock of its own
};

DescriptorSet::DescriptorSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DescriptorSet::~DescriptorSet() = default;

Result<std::shared_ptr<const DescriptorSet>> DescriptorSet::create(std::string_view bytes)
{
    if (bytes.size() > mostDescriptorBytes)
        return Error{Fault::Client, "the descriptor set is larger than 8 MiB"};
    pb::FileDescriptorSet files;
    if (!files.ParseFromArray(bytes.data(), int(bytes.size())) || files.file_size() == 0)
        return Error{Fault::Client,
                     "this is no descriptor set; protoc --descriptor_set_out=FILE --include_imports X.proto makes one"};
    auto impl = std::make_unique<Impl>();
    impl->pool.AllowUnknownDependencies();
    for (const pb::FileDescriptorProto &file : files.file()) {
        FirstError error;
        if (!impl->pool.BuildFileCollectingErrors(file, &error))
            return Error{Fault::Client, "the descriptor set is wrong: " + error.text};
    }
    return std::shared_ptr<const DescriptorSet>(new DescriptorSet(std::move(impl)));
}

std::optional<std::string> DescriptorSet::text(std::string_view path, bool request, std::string_view bytes,
                                               bool lines) const
{
    const size_t slash = path.rfind('/');
    if (slash == path.npos || slash < 2 || path[0] != '/')
        return {};
    const auto *service = impl_->pool.FindServiceByName(std::string(path.substr(1, slash - 1)));
    const auto *method = service ? service->FindMethodByName(std::string(path.substr(slash + 1))) : nullptr;
    if (!method)
        return {};
    const auto *type = request ? method->input_type() : method->output_type();
    if (type->is_placeholder())
        return {};
    const std::unique_ptr<pb::Message> message(impl_->factory.GetPrototype(type)->New());
    if (!message->ParsePartialFromArray(bytes.data(), int(bytes.size())))
        return {};
    pb::TextFormat::Printer printer;
    printer.SetSingleLineMode(!lines);
    printer.SetUseUtf8StringEscaping(true);
    printer.SetUseShortRepeatedPrimitives(true);
    std::string out;
    if (!printer.PrintToString(*message, &out))
        return {};
    while (!out.empty() && (out.back() == ' ' || out.back() == '\n'))
        out.pop_back();
    return out;
}

}  // namespace sluice::protobuf
