// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/serving.h"

#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/gateway/environment.h"
#include "engine/gateway/local_authority.h"
#include "engine/protobuf/descriptor_set.h"
#include "storage/descriptor_files.h"
#include "storage/reader.h"

#include <QCoreApplication>

#include <csignal>

namespace sluice::cli {

namespace {

void tell(const Problems &problems)
{
    for (const Problem &problem : problems)
        std::fprintf(stderr, "%s\n", problem.text().c_str());
}

}  // namespace

Serving::Serving(gateway::GatewayOptions options, std::string record)
    : options_(std::move(options)), record_(std::move(record)), secrets_(secretOptions())
{
    options_.secrets = &secrets_;
    options_.localCa = gateway::localCaSource(secrets_);
}

Serving::~Serving() = default;

int Serving::openRecording(const config::Plan &plan)
{
    if (record_ == "none")
        return Fine;
    Result<std::unique_ptr<storage::Recorder>> recorder =
        storage::Recorder::create(record_, plan.record, storage::Recorder::Role::Gateway, [this] {
            return secrets_.readOrWrite(gateway::sealingKeyEntry, storage::makeSealingKey(), gateway::soon);
        });
    if (!recorder) {
        const std::string &why = recorder.error().what;
        const bool advised = why.find("--record") != why.npos;
        return fail(storage::isBadRecording(record_) ? Misused : Failed,
                    why + (advised ? ", or --record none" : ". Give another file with --record DB, or --record none"));
    }
    recorder_ = recorder.take();
    options_.recordingPath = record_;
    return Fine;
}

int Serving::start()
{
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);  // a limit on files is trouble of the recording, as a full disk is
    raiseDescriptorLimit();
    // Loaded here once more than the gateway does it: what the file says of the recording is needed before it starts.
    const config::Loaded loaded = options_.file.empty()
        ? config::planFor(options_.to, {options_.listen, options_.pair})
        : config::loadFile(options_.file, gateway::environment(secrets_, gateway::patient),
                           {options_.listen, options_.pair});
    if (!loaded.plan)
        tell(loaded.problems);
    if (!loaded.plan)
        return Misused;
    if (const int code = openRecording(*loaded.plan); code != Fine)
        return code;
    takeDescriptorSets(*loaded.plan);
    if (recorder_)
        options_.takeExchange = [this](std::string_view bytes) { return recorder_->take(bytes); };
    gateway_ = std::make_unique<gateway::Gateway>(recorder_.get(), options_);
    const Outcome started = gateway_->start();
    if (!started)
        return fail(Failed, started.error().what);
    tell(gateway_->problems());
    if (recorder_) {
        recorder_->setSocket(gateway_->status().socket);
        connect(&watch_, &QTimer::timeout, this, &Serving::watchRecording);
        watch_.start(std::chrono::milliseconds(250));
    }
    signals_ = std::make_unique<Signals>();
    connect(signals_.get(), &Signals::end, this, &Serving::end);
    connect(signals_.get(), &Signals::hangup, this, [this] { (void)gateway_->reload().ok(); });
    connect(gateway_.get(), &gateway::Gateway::reloaded, this, &Serving::told);
    connect(gateway_.get(), &gateway::Gateway::certificatesChanged, this,
            [](const QString &what) { complain(what.toStdString()); });
    connect(gateway_.get(), &gateway::Gateway::drained, this, [] { QCoreApplication::quit(); });
    return Fine;
}

// Schemas are for those who look at the recording later: one that cannot be read stops nothing.
void Serving::takeDescriptorSets(const config::Plan &plan)
{
    if (!recorder_)
        return;
    storage::DescriptorFiles files = storage::readDescriptorFiles(plan);
    for (const std::string &trouble : files.troubles)
        complain(trouble);
    std::erase_if(files.sets, [](const auto &set) {
        const auto good = protobuf::DescriptorSet::create(set.second);
        if (!good)
            complain("service " + set.first + ": " + good.error().what);
        return !good;
    });
    recorder_->setDescriptorSets(std::move(files.sets));
}

void Serving::watchRecording()
{
    const recording::SinkStats stats = recorder_->stats();
    if (stats.trouble != trouble_)
        complain(stats.trouble.empty() ? "recording: all is well again" : "recording: " + stats.trouble);
    if (stats.unsealed != unsealed_)
        complain(stats.unsealed.empty() ? "recording: secrets are sealed"
                                        : "recording: secrets are kept as placeholders only: " + stats.unsealed);
    trouble_ = stats.trouble;
    unsealed_ = stats.unsealed;
}

std::string Serving::readyLine() const
{
    std::string out = "sluice ready:";
    for (const std::string &address : gateway_->addresses())
        out += ' ' + address;
    return out;
}

int Serving::serve()
{
    return QCoreApplication::exec();
}

void Serving::end()
{
    if (std::exchange(ending_, true)) {
        complain("ended at once");
        QCoreApplication::quit();
        return;
    }
    complain("draining: what is under way ends, nothing new is taken. Once more to end at once");
    gateway_->drain();
}

void Serving::told(bool accepted)
{
    tell(gateway_->problems());
    if (!accepted)
        return complain("reload refused, the rules before stay on");
    const config::PlanPtr plan = gateway_->plan();
    if (recorder_)
        recorder_->setSettings(plan->record);
    takeDescriptorSets(*plan);
    complain("reloaded, revision " + std::to_string(gateway_->status().revision));
}

}  // namespace sluice::cli
