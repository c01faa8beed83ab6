// SPDX-License-Identifier: GPL-3.0-or-later
// Whole conversations in virtual time: a client and upstreams say whatever the fuzzer wants, in pieces, slowly, breaking off. Each
// exchange ends once and leaves one record; nothing is left waiting; what the client gets are whole answers, the last one aside
// where it was cut; and an upstream never sees more requests than were sent to it.
//
// The input: a line of six characters for how both sides behave, then what the client says, then what the upstreams answer, one
// text a request; parted by lines of "----".
#include "engine/config/load.h"
#include "tests/fuzz/byte_peers.h"
#include "tests/fuzz/source.h"

#include <map>

using namespace fuzz;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view file = "services:\n"
                                  "  users:\n"
                                  "    endpoints: [\"http://127.0.0.1:9001\", \"http://127.0.0.1:9002\"]\n"
                                  "    timeouts: {connect: 1s, response: 5s, idle: 10s, total: 30s}\n"
                                  "routes:\n"
                                  "  - {path: /users/**, service: users, methods: [GET, POST], strip_prefix: /users}\n"
                                  "  - {path: /**, service: users}\n";

journey::RulesPtr rules()
{
    static const journey::RulesPtr made = [] {
        const config::Loaded loaded = config::load(file, "fuzz.yaml", {});
        require(loaded.plan != nullptr);
        return journey::Rules::create(loaded.plan, nullptr).take();
    }();
    return made;
}

class ByteWorld final : public journey::World {
public:
    ByteWorld(std::vector<std::string_view> answers, Manner manner, unsigned refusals)
        : random_(1), answers_(std::move(answers)), manner_(manner), refusals_(refusals)
    {
        scheduler_.setNow(Moment(1s));
    }
    bool run(size_t most)
    {
        while (most-- > 0) {
            for (size_t rounds = 0; scheduler_.drain(); ++rounds)
                require(rounds < 1000);
            const std::optional<Moment> next = scheduler_.nextDue();
            if (!next)
                return true;
            scheduler_.setNow(std::max(scheduler_.now(), *next));
            scheduler_.fireDue();
        }
        return false;
    }
    size_t records() const { return ids_.size(); }
    size_t open() const { return open_; }
    const std::vector<std::unique_ptr<ByteUpstream>> &connections() const { return connections_; }

    Scheduler &scheduler() override { return scheduler_; }
    WallTime wallTime() override { return WallTime(std::chrono::seconds(1'767'268'800)); }
    Random &random() override { return random_; }
    bool recording() const override { return true; }
    journey::UpstreamStream &open(const config::EndpointSettings &endpoint, bool fresh) override
    {
        ++open_;
        std::vector<ByteUpstream *> &idle = idle_[endpoint.url];
        const bool reuse = !fresh && !idle.empty();
        ByteUpstream *stream = reuse ? idle.back() : nullptr;
        if (reuse) {
            idle.pop_back();
        } else {
            connections_.push_back(std::make_unique<ByteUpstream>(scheduler_, manner_, (refusals_ & 1) != 0));
            refusals_ >>= 1;
            stream = connections_.back().get();
        }
        stream->serve(next_ < answers_.size() ? std::string(answers_[next_++]) : std::string(), reuse);
        places_[stream] = endpoint.url;
        return *stream;
    }
    void release(journey::UpstreamStream &stream, bool keep) override
    {
        require(open_ > 0);
        --open_;
        auto &connection = static_cast<ByteUpstream &>(stream);
        if (keep && connection.clean())
            idle_[places_[&connection]].push_back(&connection);
    }
    void record(std::unique_ptr<journey::Exchange> x) override
    {
        require(x->returned.status >= 100 && x->returned.status <= 999);
        require(!x->requestId.empty());
        ids_.push_back(x->requestId);
    }

private:
    Scheduler scheduler_;
    Random random_;
    std::vector<std::string_view> answers_;
    Manner manner_;
    unsigned refusals_;
    size_t next_ = 0, open_ = 0;
    std::vector<std::unique_ptr<ByteUpstream>> connections_;
    std::map<std::string, std::vector<ByteUpstream *>> idle_;
    std::map<const ByteUpstream *, std::string> places_;
    std::vector<std::string> ids_;
};

// What an upstream got: no more requests than were begun, and none that cannot be read.
void doubt(const ByteUpstream &upstream)
{
    http::RequestReader reader(
        {.line = 60'000, .headerCount = 200, .headBytes = 200'000, .chunkLine = 1024, .trailerBytes = 60'000});
    std::string_view rest = upstream.received();
    size_t heads = 0;
    for (;;) {
        size_t consumed = 0;
        const http::Step step = reader.read(rest, consumed);
        rest.remove_prefix(consumed);
        require(step != http::Step::Refused);
        if (step == http::Step::NeedMore)
            break;
        if (step == http::Step::End)
            reader.next();
        if (step != http::Step::Head)
            continue;
        ++heads;
        require(reader.head().headers.count("x-request-id") == 1);
        if (reader.head().headers.has("upgrade"))
            return require(heads <= upstream.requests);  // a tunnel may follow
    }
    require(heads <= upstream.requests);
}

// What the client got: one whole answer an exchange, in order; the last may be cut.
void doubt(const ByteClient &client)
{
    std::string_view rest = client.answers();
    for (size_t i = 0; i < client.methods.size(); ++i) {
        const bool last = i + 1 == client.methods.size();
        http::ResponseReader reader(
            {.line = 60'000, .headerCount = 200, .headBytes = 200'000, .chunkLine = 1024, .trailerBytes = 60'000});
        reader.expect(client.methods[i]);
        http::Step step = http::Step::Informational;
        while (step != http::Step::End && step != http::Step::NeedMore) {
            size_t consumed = 0;
            step = reader.read(rest, consumed);
            rest.remove_prefix(consumed);
            require(step != http::Step::Refused);
        }
        if (step == http::Step::NeedMore)
            require(last && (client.cut || client.left || reader.endOfStream() == http::Step::End));
        if (reader.switched())
            return;
    }
    require(rest.empty());
}

std::vector<std::string_view> parted(std::string_view text)
{
    constexpr std::string_view mark = "\n----\n";
    std::vector<std::string_view> out;
    for (;;) {
        const size_t at = text.find(mark);
        out.push_back(text.substr(0, at));
        if (at == text.npos)
            return out;
        text.remove_prefix(at + mark.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 7)
        return 0;
    Source how(data, 6);
    const unsigned flags = how.byte();
    Manner client, upstream;
    client.closes = flags & 1;
    upstream.closes = flags & 2;
    client.piece = flags & 4 ? 1 + how.byte() % 64 : 1 << 16;
    upstream.piece = flags & 8 ? 1 + how.byte() % 64 : 1 << 16;
    client.every = flags & 16 ? Nanos(1ms) * (1 + how.byte()) : Nanos(0);
    upstream.every = flags & 32 ? Nanos(1ms) * (1 + how.byte()) : Nanos(0);
    const unsigned more = how.byte();
    client.takesFor = more & 1 ? Nanos(300ms) : Nanos(0);
    upstream.takesFor = more & 2 ? Nanos(200ms) : Nanos(0);
    const Nanos leaves = more & 4 ? Nanos(50ms) * (more >> 4) : Nanos(0);
    const unsigned refusals = more & 8 ? more >> 4 : 0;
    std::vector<std::string_view> texts = parted({reinterpret_cast<const char *>(data) + 7, size - 7});
    const std::string_view says = texts.front();
    texts.erase(texts.begin());
    ByteWorld world(std::move(texts), upstream, refusals);
    {
        ByteClient peer(world, rules(), client, leaves);
        peer.start(says);
        require(world.run(100'000));
        require(peer.over && world.open() == 0 && world.records() == peer.methods.size());
        require(world.bodyRoom() == journey::World::mostBodies);
        doubt(peer);
    }
    for (const auto &connection : world.connections())
        doubt(*connection);
    return 0;
}
