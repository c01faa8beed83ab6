// SPDX-License-Identifier: GPL-3.0-or-later
// sluice: the command line. Every verb's options are said here, in the one file that knows CLI11; what they do is in a file each.
#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "engine/recording/filter.h"

#include <CLI/CLI.hpp>

#include <functional>

namespace {

using namespace sluice::cli;

constexpr const char *recordHelp = "The recording (default: $XDG_DATA_HOME/sluice/recording.db)";
constexpr const char *socketHelp = "Control socket of the gateway (default: the only one that runs)";

std::string filterHelp()
{
    std::string out = "The filter: terms side by side are joined by `and`; there are `or`, `not` and parentheses, and "
                      "words alone look\n"
                      "for text. An empty filter takes everything.\n";
    for (const sluice::recording::FilterField &field : sluice::recording::filterFields()) {
        std::string example(field.example);
        example.resize(std::max<size_t>(example.size(), 34), ' ');
        out += "  " + example + "  " + std::string(field.help) + "\n";
    }
    return out;
}

// What `sluice log` lists first on a line.
// `open`: also "@" and the number of one that is open, or "-" as the JSON of `log --open` has it.
CLI::Validator exchangeId(bool open = false)
{
    const auto wrong = [open](std::string text) {
        if (open && (text.starts_with('@') || text.starts_with('-')))
            text.erase(0, 1);
        const bool fits = !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == text.npos
            && text.find_first_not_of('0') != text.npos;
        return fits ? std::string() : '\'' + printable(text) + "' is no number of an exchange; `sluice log` lists them";
    };
    return CLI::Validator(wrong, "ID");
}

// A verb: its options, what follows its help, and what it does.
CLI::App *verb(CLI::App &app, const std::string &name, const std::string &what, const std::string &footer,
               std::function<int()> act, int &code)
{
    CLI::App *out = app.add_subcommand(name, what);
    out->footer(footer);
    out->callback([act = std::move(act), &code] { code = act(); });
    return out;
}

struct All {
    RunArgs run;
    CheckArgs check;
    DemoArgs demo;
    LogArgs log;
    ShowArgs show;
    ExplainArgs explain;
    ReplayArgs replay;
    ExportArgs exported;
    ControlArgs control;
    SecretArgs secret;
    CaArgs ca;
    int parent = 0;
    std::vector<std::string> gui;
    int code = 0;
};

void addRun(CLI::App &app, All &a)
{
    CLI::App *v = verb(
        app, "run", "Runs the gateway until SIGTERM drains it; SIGHUP reloads its file",
        "Examples:\n  sluice run --to http://localhost:3000      no file needed: everything goes there\n"
        "  sluice run -c gateway.yaml --listen http://127.0.0.1:9000\n",
        [&a] { return run(a.run); }, a.code);
    v->add_option("-c,--config", a.run.file, "Gateway file (default: ./sluice.yaml)")->type_name("FILE");
    v->add_option("--to", a.run.to, "Send every request to this URL, without a file")->type_name("URL");
    v->add_option("--listen", a.run.listen, "Listen here instead of where the file says; may be given several times")
        ->type_name("URL")
        ->allow_extra_args(false);
    v->add_option("--record", a.run.record, std::string(recordHelp) + ", or none")->type_name("DB|none");
    v->add_option("--workers", a.run.workers, "Threads that serve (default: one a core, at most 4)")
        ->check(CLI::Range(1, 64));
    v->add_option("--socket", a.run.socket,
                  "Where to put the control socket, or none (default: $XDG_RUNTIME_DIR/sluice/PID.sock)")
        ->type_name("PATH");
    v->add_option("--certificate", a.run.certificate,
                  "PEM chain for the https addresses of --listen (default: made on demand by this laptop's own CA)")
        ->type_name("FILE");
    v->add_option("--key", a.run.key, "Its private key, PEM")->type_name("FILE");
    v->add_option("--loop", a.run.loop, "Event loop of the workers")->check(CLI::IsMember({"epoll", "stock"}));
}

void addFiles(CLI::App &app, All &a)
{
    CLI::App *v = verb(
        app, "check", "Tells every problem of a gateway file, one a line; exit code 2 when there are errors",
        "Examples:\n  sluice check -c gateway.yaml\n  sluice check --keys        every key with its type, default and "
        "meaning\n",
        [&a] { return check(a.check); }, a.code);
    v->add_option("-c,--config", a.check.file, "Gateway file (default: sluice.yaml)")->type_name("FILE");
    v->add_flag("--keys", a.check.keys, "List the keys that a gateway file may have");
    v->add_flag("--json", a.check.json, "One JSON object a line");

    v = verb(
        app, "export", "Writes the same rules for a production gateway, with a report of what it cannot say",
        "Example:\n  sluice export --to nginx -c gateway.yaml -o /tmp/nginx && nginx -t -p /tmp/nginx -c nginx.conf\n",
        [&a] { return exportConfig(a.exported); }, a.code);
    v->add_option("--to", a.exported.target, "Target: nginx")->required()->type_name("TARGET");
    v->add_option("-o,--output", a.exported.folder, "Folder to write to (default: TARGET-export)")->type_name("DIR");
    v->add_option("-c,--config", a.exported.file, "Gateway file (default: ./sluice.yaml)")->type_name("FILE");
    v->add_flag("--json", a.exported.json, "Print the report as JSON");
}

void addDemo(CLI::App &app, All &a)
{
    CLI::App *v = verb(
        app, "demo", "Sample services, a gateway before them and traffic through it, all on this machine",
        "Example:\n  sluice demo                   with the window where there is a display\n"
        "  sluice demo --headless --seconds 20\n",
        [&a] { return demo(a.demo); }, a.code);
    v->add_flag("--headless", a.demo.headless, "Without the window");
    v->add_option("--seconds", a.demo.seconds, "End after so long (default: at Ctrl+C)")->check(CLI::Range(1, 86'400));
    v = app.add_subcommand("demo-services", "")->group("");
    v->add_option("--parent", a.parent, "")->required();
    v->callback([&a] { a.code = demoServices(a.parent); });
}

void addRecordings(CLI::App &app, All &a)
{
    CLI::App *v = verb(
        app, "log", "Lists recorded exchanges, oldest first",
        "Examples:\n  sluice log 'status>=500 since:10m'\n  sluice log --follow route:users\n"
        "  sluice log --json | jq .latency_us\n\n"
            + filterHelp(),
        [&a] { return log(a.log); }, a.code);
    v->add_option("filter", a.log.filter, "Which exchanges (default: all)")->type_name("FILTER");
    v->add_flag("-f,--follow", a.log.follow, "Go on with what comes");
    v->add_flag("--json", a.log.json, "One JSON object a line, decisions and all");
    v->add_option("-n,--limit", a.log.limit, "Only the last N; 0: all (default: 100, with --json all)")
        ->check(CLI::Range(0L, 1'000'000'000L));
    v->add_flag("--reverse", a.log.reverse, "Newest first");
    v->add_flag("--open", a.log.open,
                "Those that go on still: WebSockets, event streams, gRPC calls; without a filter");
    v->add_option("--record", a.log.record, recordHelp)->type_name("DB");

    v = verb(
        app, "show", "Shows one exchange whole: both messages as they came and as they went on",
        "Examples:\n  sluice show 17\n  sluice show 17 --body response > answer.json\n", [&a] { return show(a.show); },
        a.code);
    v->add_option("id", a.show.id, "Its number in `sluice log`; @N is one that `sluice log --open` lists")
        ->required()
        ->check(exchangeId(true));
    v->add_option("--body", a.show.body, "Only this body: request or response")->type_name("WHICH");
    v->add_flag("--raw", a.show.raw, "With --body: as it went by, content codings left on");
    v->add_flag("--json", a.show.json, "One JSON object");
    v->add_option("--record", a.show.record, recordHelp)->type_name("DB");

    v = verb(
        app, "explain", "Tells why the gateway did what it did, or what it would do with a request",
        "Examples:\n  sluice explain 17\n  sluice explain --request \"GET /api/users/7\" -H \"X-Tenant: acme\" -c "
        "gateway.yaml\n",
        [&a] { return explain(a.explain); }, a.code);
    v->add_option("id", a.explain.id, "The number of a recorded exchange")->check(exchangeId());
    v->add_option("--request", a.explain.request, "A request that has not been sent")->type_name("\"METHOD PATH\"");
    v->add_option("-H,--header", a.explain.headers, "A header of it")
        ->type_name("\"Name: value\"")
        ->allow_extra_args(false);
    v->add_option("-c,--config", a.explain.file,
                  "By the rules of this file (default: ./sluice.yaml, else the running gateway)")
        ->type_name("FILE");
    v->add_option("--socket", a.explain.socket, socketHelp)->type_name("PATH");
    v->add_option("--record", a.explain.record, recordHelp)->type_name("DB");
    v->add_flag("--json", a.explain.json, "One JSON object");
}

void addReplay(CLI::App &app, All &a)
{
    CLI::App *v = verb(
        app, "replay", "Sends recorded requests again and compares the answers; exit code 3 where they differ",
        "Examples:\n  sluice replay id:17\n  sluice replay 'route:users since:1h' --to http://localhost:3001 --expect "
        "same\n\n"
            + filterHelp(),
        [&a] { return replay(a.replay); }, a.code);
    v->add_option("filter", a.replay.filter, "Which exchanges")->type_name("FILTER");
    v->add_option("--to", a.replay.to, "Send them here (default: where their gateway listened)")->type_name("URL");
    v->add_option("--ca", a.replay.ca, "For https: trust the CAs of this PEM file, beside the system's")
        ->type_name("FILE");
    v->add_option("--concurrency", a.replay.concurrency,
                  "So many at once (default 1; with --timing original as many as overlapped then)")
        ->check(CLI::Range(1, 64));
    v->add_option("--timing", a.replay.timing, "original, a rate like 50/s, or fast (default)")->type_name("WHEN");
    v->add_option("--set-header", a.replay.setHeaders,
                  "Set this header, for a secret that the recording does not have, say")
        ->type_name("\"Name: value\"")
        ->allow_extra_args(false);
    v->add_option("--expect", a.replay.expect, "same: what exit code 3 stands for, said aloud")->type_name("WHAT");
    v->add_flag("--json", a.replay.json, "One JSON object an exchange, then a summary");
    v->add_option("--record", a.replay.record, recordHelp)->type_name("DB");
}

void addControl(CLI::App &app, All &a)
{
    const auto add = [&](const char *name, const char *what, const char *example, int (*act)(const ControlArgs &)) {
        CLI::App *v = verb(
            app, name, what, std::string("Example:\n  ") + example + '\n', [&a, act] { return act(a.control); },
            a.code);
        v->add_option("--socket", a.control.socket, socketHelp)->type_name("PATH");
        v->add_flag("--json", a.control.json, "As JSON");
    };
    add("status", "Tells how the running gateway is", "sluice status --json | jq .services", status);
    add("reload", "Has the running gateway read its file again, all or nothing", "sluice check && sluice reload",
        reload);
    add("drain", "Ends the running gateway gracefully", "sluice drain", drain);
    CLI::App *v = verb(
        app, "gui", "Starts the window; what follows is passed on to sluice-desktop",
        "Examples:\n  sluice gui                       attaches to the running gateway\n  sluice gui -c gateway.yaml\n",
        [&a] { return gui(a.gui); }, a.code);
    v->prefix_command();
    v->callback([&a, v] {
        a.gui = v->remaining();
        a.code = gui(a.gui);
    });
}

void addSecrets(CLI::App &app, All &a)
{
    CLI::App *group = app.add_subcommand(
        "secret", "Keeps what ${secret:NAME} in a gateway file stands for, in the keychain of this user");
    group->require_subcommand(1);
    group->footer(
        "Examples:\n  sluice secret set pay            asks for the value and does not show it\n"
        "  printf %s \"$TOKEN\" | sluice secret set pay\n  sluice secret set api-key-pem --from-file key.pem\n"
        "Where no keychain service runs, or SLUICE_SECRETS=file says so, they are kept in a file that only you may "
        "read.\n");
    const auto add = [&](const char *name, const char *what, const char *example) {
        return verb(
            *group, name, what, std::string("Example:\n  ") + example + '\n',
            [&a, name] {
                a.secret.act = name;
                return secret(a.secret);
            },
            a.code);
    };
    CLI::App *v = add("set", "Keeps a value, from stdin or a prompt; a line end at its end is taken off",
                      "printf %s \"$TOKEN\" | sluice secret set pay");
    v->add_option("name", a.secret.name, "Letters, digits, '-', '_' and '.'")->required()->type_name("NAME");
    v->add_option("--from-file", a.secret.fromFile, "Take the value from here")->type_name("FILE");
    v = add("list", "Lists the names, never a value", "sluice secret list --json | jq .name");
    v->add_flag("--json", a.secret.json, "One JSON object a line");
    v = add("remove", "Forgets a value", "sluice secret remove pay");
    v->add_option("name", a.secret.name, "As `sluice secret list` has it")->required()->type_name("NAME");
}

void addCa(CLI::App &app, All &a)
{
    CLI::App *group = app.add_subcommand(
        "ca", "This laptop's own certificate authority, which signs what `certificates: local_ca` shows");
    group->require_subcommand(1);
    group->footer("Examples:\n  sluice ca show\n  curl --cacert <(sluice ca show --pem) https://localhost:8443/\n  "
                  "sluice ca trust\n");
    const auto add = [&](const char *name, const char *what, const char *example) {
        return verb(
            *group, name, what, std::string("Example:\n  ") + example + '\n',
            [&a, name] {
                a.ca.act = name;
                return ca(a.ca);
            },
            a.code);
    };
    CLI::App *v = add("show", "Shows it; makes it at the first use", "sluice ca show --pem > local-ca.pem");
    v->add_flag("--pem", a.ca.pem, "Print the certificate");
    v->add_flag("--json", a.ca.json, "As JSON");
    v = add("trust", "Has the browsers of this user trust it, and as root this machine; says what is left to do",
            "sluice ca trust");
    v->add_flag("--user-only", a.ca.userOnly, "Leave the machine's own trust alone, also as root");
    add("renew", "Makes a new one, which must be trusted anew", "sluice ca renew && sluice ca trust");
}

const CLI::App *verbNamed(const CLI::App &app, const std::string &name)
{
    const auto found = app.get_subcommands([&](const CLI::App *verb) { return verb->get_name() == name; });
    return found.empty() ? nullptr : found.front();
}

int noVerb(const std::string &name)
{
    return fail(Misused, "there is no verb '" + printable(name) + "'; `sluice --help` lists them");
}

// sluice help [VERB]
int help(const CLI::App &app, const std::string &name)
{
    const CLI::App *verb = name.empty() ? &app : verbNamed(app, name);
    if (!verb)
        return noVerb(name);
    print(name.empty() ? app.help() : verb->help("sluice"));
    return Fine;
}

}  // namespace

int main(int argc, char **argv)
{
    CLI::App app("Sluice, the API gateway on your laptop. It stands before your services, does what a production "
                 "gateway would do, and says why.");
    app.name("sluice");
    app.set_version_flag("--version", "sluice " SLUICE_VERSION);
    app.require_subcommand(1);
    app.footer("`sluice VERB --help` explains each verb. Begin with `sluice demo`, or with `sluice run --to "
               "http://localhost:3000`.\n"
               "Exit codes: 0 done; 1 could not; 2 bad usage or bad file; 3 it ran, and found differences.");
    app.get_formatter()->column_width(34);
    All all;
    addRun(app, all);
    addFiles(app, all);
    addDemo(app, all);
    addRecordings(app, all);
    addReplay(app, all);
    addControl(app, all);
    addSecrets(app, all);
    addCa(app, all);
    if (argc == 1) {
        std::fputs(app.help().c_str(), stderr);
        return Misused;
    }
    const std::string first = argv[1];
    if (first == "help")
        return afterOutput(help(app, argc > 2 ? argv[2] : ""));
    if (!first.starts_with('-') && !verbNamed(app, first))
        return noVerb(first);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success &answer) {  // --help, --version
        return afterOutput(app.exit(answer));
    } catch (const CLI::ParseError &error) {
        app.exit(error);
        return Misused;
    }
    return afterOutput(all.code);
}
