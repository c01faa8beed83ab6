// SPDX-License-Identifier: GPL-3.0-or-later
// sluice replay: sends recorded requests again and compares the answers. They are recorded, linked to their originals: by
// the gateway that they pass where it writes to this recording, else by this program.
#include "engine/replay/replay.h"
#include "app/cli/answer_keeper.h"
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/signals.h"
#include "app/cli/verbs.h"
#include "engine/base/json.h"
#include "engine/http/uri.h"
#include "engine/tls/certificate.h"

#include <QCoreApplication>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <thread>

namespace sluice::cli {

namespace {

std::atomic<bool> stop{false};  // set by SIGINT and SIGTERM

// Nothing: what is wrong is on stderr.
std::optional<replay::ReplayOptions> optionsOf(const ReplayArgs &args)
{
    replay::ReplayOptions out;
    const auto wrong = [](const std::string &what) {
        complain(what);
        return std::nullopt;
    };
    if (!args.to.empty()) {
        const Result<http::Url> url = http::parseUrl(args.to);
        if (!url)
            return wrong("--to: " + url.error().what + ". Write it as http://localhost:3000");
        out.to = args.to;
    }
    out.concurrency = args.concurrency;
    if (args.timing == "original") {
        out.timing = replay::ReplayOptions::Timing::Original;
    } else if (args.timing.ends_with("/s")) {
        out.timing = replay::ReplayOptions::Timing::Rate;
        const char *end = args.timing.data() + args.timing.size() - 2;
        const auto [at, error] = std::from_chars(args.timing.data(), end, out.perSecond);
        if (error != std::errc() || at != end || !(out.perSecond > 0) || out.perSecond > 1e6)
            return wrong("--timing takes a rate like 50/s");
    } else if (args.timing != "fast") {
        return wrong("--timing takes original, a rate like 50/s, or fast");
    }
    for (const std::string &text : args.setHeaders) {
        std::optional<std::pair<std::string, std::string>> header = headerOf(text);
        if (!header)
            return wrong("--set-header takes \"Name: value\", not " + text);
        out.setHeaders.push_back(std::move(*header));
    }
    return out;
}

std::string differencesJson(const replay::Comparison &comparison)
{
    std::string out = "[";
    for (const replay::Difference &d : comparison.differences) {
        if (out.size() > 1)
            out += ',';
        JsonObject o(out);
        o.add("where", d.where).add("before", d.before).add("after", d.after).add("noise", d.noise);
        o.close();
    }
    return out + ']';
}

// CAs to trust beside the system's. Nothing: what is wrong is on stderr.
std::optional<replay::SenderOptions> senderOptions(const ReplayArgs &args)
{
    replay::SenderOptions out;
    if (std::ifstream own(secretOptions().folder + "/local-ca.pem", std::ios::binary); own)  // this user's own
        out.trusted.assign(std::istreambuf_iterator<char>(own), std::istreambuf_iterator<char>());
    if (args.ca.empty())
        return out;
    std::ifstream in(args.ca, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in) {
        complain("--ca: " + args.ca + " cannot be read: " + std::strerror(errno));
        return std::nullopt;
    }
    if (const auto read = tls::readCertificates(text); !read) {
        complain("--ca: the file " + args.ca + ' ' + read.error().what);
        return std::nullopt;
    }
    out.trusted += text;
    return out;
}

class Session {
public:
    Session(const ReplayArgs &args, storage::Reader &reader, recording::Filter filter)
        : args_(args), reader_(reader), filter_(std::move(filter))
    {}

    // False: told on stderr.
    bool prepare()
    {
        const Result<int64_t> last = reader_.lastId();
        if (!last) {
            complain(last.error().what);
            return false;
        }
        last_ = *last;
        Result<std::unique_ptr<AnswerKeeper>> keeper =
            AnswerKeeper::create(recordingPath(args_.record), reader_.kept());
        if (!keeper) {
            complain(keeper.error().what);
            return false;
        }
        keeper_ = keeper.take();
        return args_.timing != "original" || sortByTime();
    }
    AnswerKeeper &keeper() { return *keeper_; }

    // The next one to send, in order: only what was there when we began, never our own answers.
    std::unique_ptr<journey::Exchange> next()
    {
        while (!stop) {
            if (ids_.empty() && !more())
                return nullptr;
            const int64_t id = ids_.front();
            ids_.pop_front();
            Result<journey::Exchange> exchange = reader_.exchange(id);
            if (exchange)
                return std::make_unique<journey::Exchange>(exchange.take());
            complain("#" + std::to_string(id) + ": " + exchange.error().what);  // pruned meanwhile
        }
        return nullptr;
    }

    void done(replay::Replayed result)
    {
        ++counts_[size_t(result.comparison.verdict)];
        Pending pending{result.original, result.answer ? result.answer->returned.status : 0,
                        result.answer ? result.answer->failure : std::string(), std::move(result.comparison)};
        if (!result.throughGateway && result.answer && result.answer->returned.status != 0)
            keeper_->keep(std::move(result.answer));
        pending_.push_back(std::move(pending));
        if (pending_.size() >= 64)
            settle(false);
    }

    // What has got its number in the recording is told, oldest first; `all`: the rest too, after a moment.
    void settle(bool all)
    {
        keeper_->flush();
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(all ? 1500 : 0);
        while (!pending_.empty()) {
            Pending &first = pending_.front();
            first.replayed = first.status == 0 ? 0 : numberOf(first.original);
            const bool wait = first.status != 0 && first.replayed == 0 && std::chrono::steady_clock::now() < until;
            if (wait) {
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                continue;
            }
            if (!all && first.status != 0 && first.replayed == 0 && pending_.size() < 1024)
                return;
            unrecorded_ += first.status != 0 && first.replayed == 0;
            tell(first);
            pending_.pop_front();
        }
    }

    int end()
    {
        settle(true);
        const uint64_t total = counts_[0] + counts_[1] + counts_[2] + counts_[3];
        if (args_.json) {
            std::string line;
            JsonObject o(line);
            o.add("summary", true).add("total", total);
            for (const replay::Verdict v :
                 {replay::Verdict::Same, replay::Verdict::Noise, replay::Verdict::Different, replay::Verdict::Failed})
                o.add(JsonKey::of(replay::name(v)), counts_[size_t(v)]);
            o.close();
            printLine(line);
        } else {
            printLine(std::to_string(total) + " sent again: " + std::to_string(counts_[0]) + " the same, "
                      + std::to_string(counts_[1]) + " but for noise, " + std::to_string(counts_[2]) + " different, "
                      + std::to_string(counts_[3]) + " failed");
        }
        if (unrecorded_ > 0)
            complain(std::to_string(unrecorded_) + " answers were not recorded: "
                     + (keeper_->trouble().empty() ? "the gateway did not record them" : keeper_->trouble()));
        if (failed_)
            return Failed;
        if (total == 0 && !stop)
            return fail(Failed, "nothing in " + recordingPath(args_.record) + " matches, so nothing was sent");
        return counts_[size_t(replay::Verdict::Different)] + counts_[size_t(replay::Verdict::Failed)] > 0 ? Differs
                                                                                                          : Fine;
    }

private:
    struct Pending {
        int64_t original;
        int status;
        std::string failure;
        replay::Comparison comparison;
        int64_t replayed = 0;
    };

    // An exchange gets its number when it ends. False: told on stderr.
    bool sortByTime()
    {
        constexpr size_t most = 1'000'000;  // 16 MiB
        std::vector<std::pair<WallTime, int64_t>> all;
        while (more() && all.size() < most) {
            const Result<std::vector<storage::Row>> rows = reader_.rows({ids_.begin(), ids_.end()});
            if (!rows) {
                complain(rows.error().what);
                return false;
            }
            for (const storage::Row &row : *rows)
                all.emplace_back(row.time, row.id);
            ids_.clear();
        }
        if (all.size() >= most)
            complain("only the oldest " + std::to_string(all.size()) + " are sent: narrow the filter");
        std::sort(all.begin(), all.end());
        for (const auto &[time, id] : all)
            ids_.push_back(id);
        sorted_ = true;
        return !failed_;
    }

    bool more()
    {
        constexpr size_t page = 1000;
        if (sorted_)
            return false;
        Result<std::vector<int64_t>> ids = reader_.ids(filter_, storage::Order::OldestFirst, after_, page);
        if (!ids) {
            complain(ids.error().what);
            failed_ = true;
            return false;
        }
        for (const int64_t id : *ids) {
            after_ = id;
            if (id <= last_)
                ids_.push_back(id);
        }
        return !ids_.empty();
    }

    // Of the newest repetition that this run made; 0: not in the recording (yet).
    int64_t numberOf(int64_t original)
    {
        const Result<std::vector<int64_t>> ids = reader_.replaysOf(original);
        return ids && !ids->empty() && ids->back() > last_ ? ids->back() : 0;
    }

    void tell(const Pending &p)
    {
        if (args_.json) {
            std::string line;
            JsonObject o(line);
            o.add("original", p.original);
            if (p.replayed)
                o.add("replayed", p.replayed);
            else
                o.addRaw("replayed", "null");
            o.add("verdict", replay::name(p.comparison.verdict))
                .add("status", p.status)
                .addOrNull("failure", p.failure)
                .addRaw("differences", differencesJson(p.comparison));
            o.close();
            return printLine(line);
        }
        const replay::Verdict verdict = p.comparison.verdict;
        const bool fine = verdict == replay::Verdict::Same || verdict == replay::Verdict::Noise;
        printLine("#" + std::to_string(p.original) + (p.replayed ? " -> #" + std::to_string(p.replayed) : "") + "  "
                  + painted(std::string(replay::name(verdict)), fine ? Colour::Green : Colour::Red)
                  + (p.failure.empty() ? "" : "  " + printable(p.failure)));
        for (const replay::Difference &d : p.comparison.differences) {
            if (!d.noise)
                printLine(printable("    " + d.where + ": " + (d.before.empty() ? "(nothing)" : d.before) + " -> "
                                    + (d.after.empty() ? "(nothing)" : d.after)));
        }
    }

    const ReplayArgs &args_;
    storage::Reader &reader_;
    recording::Filter filter_;
    std::unique_ptr<AnswerKeeper> keeper_;
    std::deque<int64_t> ids_;
    std::deque<Pending> pending_;  // at most 1,024
    int64_t after_ = 0, last_ = 0;
    uint64_t counts_[4] = {0, 0, 0, 0};
    uint64_t unrecorded_ = 0;
    bool sorted_ = false;  // ids_ has all there are
    bool failed_ = false;
};

// What placeholders stand for, with this user's key, which is asked for when the first one comes.
class Unsealing {
public:
    Unsealing(storage::Reader &reader, gateway::SecretStore &store) : reader_(reader), store_(store) {}
    Result<recording::Unsealed> of(const journey::Exchange &original, std::string_view placeholder)
    {
        if (!key_)
            key_ = store_.read(gateway::sealingKeyEntry, gateway::patient);
        if (!*key_)
            return key_->error();
        if (!**key_)
            return Error{Fault::Gateway, "this user has no key for sealed secrets " + store_.place()};
        return reader_.unseal(placeholder, original.id, ***key_);
    }

private:
    storage::Reader &reader_;
    gateway::SecretStore &store_;
    std::optional<Result<std::optional<Secret>>> key_;
};

}  // namespace

int replay(const ReplayArgs &args)
{
    if (!args.expect.empty() && args.expect != "same")
        return fail(Misused,
                    "--expect takes same: exit code 3 when an answer is different (noise, as dates and ids, is none)");
    if (args.filter.empty())
        return fail(Misused,
                    "name what to send again, as in sluice replay id:17, or sluice replay 'method:GET since:10m'");
    std::optional<replay::ReplayOptions> options = optionsOf(args);
    std::optional<recording::Filter> filter = parseFilter(args.filter);
    std::optional<replay::SenderOptions> sending = senderOptions(args);
    if (!options || !filter || !sending)
        return Misused;
    int code = Fine;
    const std::unique_ptr<storage::Reader> reader = openRecording(args.record, code);
    if (!reader)
        return code;
    Session session(args, *reader, std::move(*filter));
    if (!session.prepare())
        return Failed;
    options->redact = [&](journey::Exchange &exchange) { session.keeper().redact(exchange); };
    options->isGateway = [&](const std::string &url) { return session.keeper().isItsGateway(url); };
    raiseDescriptorLimit();
    for (const int number : {SIGINT, SIGTERM})
        ::signal(number, [](int) { stop = true; });
    int argc = 1;
    char name[] = "sluice", *argv[] = {name, nullptr};
    const QCoreApplication application(argc, argv);  // the sender's loop needs one, and the keychain's library
    gateway::SecretStore store(secretOptions());
    Unsealing unsealing(*reader, store);
    options->unseal = [&](const journey::Exchange &original, std::string_view placeholder) {
        return unsealing.of(original, placeholder);
    };
    replay::Sender sender(*std::move(sending));
    replay::run(
        *options, sender, [&] { return session.next(); }, [&](replay::Replayed r) { session.done(std::move(r)); },
        stop);
    return session.end();
}

}  // namespace sluice::cli
