// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs of `sluice`, a file each, and what the command line gives them. Each answers the program's exit code.
#pragma once

#include <string>
#include <vector>

namespace sluice::cli {

// product.md's; `sluice VERB --help` names them.
enum Exit { Fine = 0, Failed = 1, Misused = 2, Differs = 3 };

struct RunArgs {
    std::string file;    // -c; empty: ./sluice.yaml where it is and `to` is empty
    std::string record;  // a path, "none", empty: the default recording
    std::string to;
    std::vector<std::string> listen;
    int workers = 0;
    std::string socket, certificate, key;
    std::string loop = "epoll";
};
int run(RunArgs args);

struct CheckArgs {
    std::string file;
    bool json = false, keys = false;
};
int check(const CheckArgs &args);

struct DemoArgs {
    bool headless = false;
    int seconds = 0;  // 0: until it is ended
};
int demo(const DemoArgs &args);
int demoServices(int parent);

struct LogArgs {
    std::vector<std::string> filter;
    std::string record;
    bool follow = false, json = false, reverse = false, open = false;
    long limit = -1;  // negative: 100 for people, all with --json; 0: all
};
int log(const LogArgs &args);

struct ShowArgs {
    std::string id;  // a number, or "@" and that of one that is open
    std::string record, body;
    bool raw = false, json = false;
};
int show(const ShowArgs &args);

struct ExplainArgs {
    long id = 0;
    std::string record, request, file, socket;
    std::vector<std::string> headers;
    bool json = false;
};
int explain(const ExplainArgs &args);

struct ReplayArgs {
    std::vector<std::string> filter;
    std::string record, to, ca, timing = "fast", expect;
    int concurrency = 0;  // not given
    std::vector<std::string> setHeaders;
    bool json = false;
};
int replay(const ReplayArgs &args);

struct ExportArgs {
    std::string target, folder, file;
    bool json = false;
};
int exportConfig(const ExportArgs &args);

struct SecretArgs {
    std::string act;  // "set" "list" "remove"
    std::string name, fromFile;
    bool json = false;
};
int secret(const SecretArgs &args);

struct CaArgs {
    std::string act;  // "show" "trust" "renew"
    bool pem = false, json = false, userOnly = false;
};
int ca(const CaArgs &args);

struct ControlArgs {
    std::string socket;
    bool json = false;
};
int status(const ControlArgs &args);
int reload(const ControlArgs &args);
int drain(const ControlArgs &args);

int gui(const std::vector<std::string> &args);

}  // namespace sluice::cli
