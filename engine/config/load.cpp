// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/load.h"

#include "engine/config/check.h"
#include "engine/config/document.h"
#include "engine/config/plan_builder.h"
#include "engine/config/text.h"
#include "engine/config/values.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace sluice::config {

namespace {

Loaded finish(std::shared_ptr<Plan> plan, Report &report)
{
    Loaded out;
    if (!report.hasErrors())
        out.plan = std::move(plan);
    out.problems = report.take();
    return out;
}

}  // namespace

Loaded load(std::string_view text, const std::string &fileName, const Environment &environment,
            const Overrides &overrides)
{
    const std::string source = fileName.empty() ? "command line" : fileName;
    Report report(source);
    Document document = parseDocument(text, source);
    report.add(std::move(document.problems));
    if (document.broken)
        return finish(nullptr, report);
    Node &root = document.root;
    if (root.kind == Node::Kind::Null) {
        if (!report.hasErrors())
            report.error({1, 1}, "the file is empty", "the smallest useful one names services and routes");
        return finish(nullptr, report);
    }
    if (!root.isMapping()) {
        report.error(root.place, "the file must be a mapping with keys like 'services' and 'routes'");
        return finish(nullptr, report);
    }
    Substituted values = substitute(root, environment, source);
    report.add(std::move(values.problems));
    const Names names = namesOf(root);
    checkDocument(root, names, values.missing, report);
    checkRelations(root, report);
    auto plan = std::make_shared<Plan>();
    plan->file = fileName;
    plan->references = std::move(values.references);
    PlanBuilder(root, *plan, report).build(overrides);
    return finish(std::move(plan), report);
}

Loaded planFor(const std::string &to, const Overrides &overrides)
{
    Report report("command line");
    Origin origin;
    if (const std::string wrong = parseEndpoint(to, origin); !wrong.empty())
        report.error({}, "--to " + inQuotes(to) + ' ' + wrong, "write it as http://localhost:3000");
    if (report.hasErrors())
        return finish(nullptr, report);
    return load("services: {upstream: \"" + origin.url() + "\"}\nroutes: [{path: /**, service: upstream}]\n", {}, {},
                overrides);
}

Lookup readReferenced(const std::string &path)
{
    Lookup out;
    struct stat about {};
    const int file =
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe has no end that could be waited for
    const auto fail = [&](std::string why) {
        if (file >= 0)
            ::close(file);
        out.why = std::move(why);
        return out;
    };
    if (file < 0 || ::fstat(file, &about) != 0)
        return fail(std::strerror(errno));
    if (!S_ISREG(about.st_mode))
        return fail("it is no regular file");
    std::string text(maxReferencedBytes + 1, '\0');
    size_t size = 0;
    for (ssize_t count = 1; count > 0 && size < text.size(); size += size_t(std::max<ssize_t>(count, 0))) {
        count = ::read(file, text.data() + size, text.size() - size);
        if (count < 0)
            return fail(std::strerror(errno));
    }
    if (size > maxReferencedBytes) {
        Secret::wipe(text);
        return fail("it is larger than 1 MiB");
    }
    text.resize(size);
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    ::close(file);
    out.state = Lookup::State::Found;
    out.value = Secret(std::move(text));
    return out;
}

FileText readFile(const std::string &path)
{
    FileText out;
    const auto fail = [&](std::string what, std::string hint) {
        out.problems.push_back({Problem::Severity::Error, path, 1, 1, std::move(what), std::move(hint)});
        return out;
    };
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return fail("this is a directory", "Name the gateway file in it");
    const std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (!file)
        return fail(std::string("cannot be read: ") + std::strerror(errno),
                    errno == ENOENT ? "Name one with -c FILE, or run without a file: --to URL" : "");
    char buffer[65536];
    for (size_t count; (count = std::fread(buffer, 1, sizeof buffer, file.get())) > 0;) {
        out.text.append(buffer, count);
        if (out.text.size() > maxFileBytes)
            return out.text.clear(), fail("the file is larger than 4 MiB", "A gateway file holds rules, not data");
    }
    if (std::ferror(file.get()))
        return out.text.clear(), fail(std::string("cannot be read: ") + std::strerror(errno), "");
    return out;
}

Loaded loadFile(const std::string &path, const Environment &environment, const Overrides &overrides)
{
    FileText file = readFile(path);
    if (!file.problems.empty())
        return {nullptr, std::move(file.problems)};
    return load(file.text, path, environment, overrides);
}

}  // namespace sluice::config
