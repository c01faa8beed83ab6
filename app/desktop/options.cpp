// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/options.h"

#include <QCommandLineParser>

#include <cstdio>
#include <cstdlib>

namespace sluice::desktop {

namespace {

[[noreturn]] void misused(const QString &why)
{
    std::fprintf(stderr, "sluice-desktop: %s. See sluice-desktop --help\n",
                 qPrintable(why.endsWith(u'.') ? why.chopped(1) : why));
    std::exit(2);
}

// What is wrong with the options as a whole; nothing: nothing.
QString misuse(const Options &options)
{
    if (options.record == "none")
        return u"--record none leaves nothing for the window to show: it lists what is recorded. `sluice run --record "
               "none` runs a gateway without a recording (a file of that name is ./none)"_qs;
    if (int(!options.attach.empty()) + int(!options.file.empty()) + int(!options.to.empty()) > 1)
        return u"only one of --attach, -c and --to makes sense"_qs;
    return {};
}

void addOptions(QCommandLineParser &parser)
{
    const QCommandLineOption attach(u"attach"_qs, u"Show the gateway behind this control socket."_qs, u"SOCKET"_qs);
    const QCommandLineOption config({u"c"_qs, u"config"_qs}, u"Run the gateway of this file."_qs, u"FILE"_qs);
    const QCommandLineOption record(u"record"_qs, u"Record into this file."_qs, u"DB"_qs);
    const QCommandLineOption to(u"to"_qs, u"Run a gateway that sends every request here."_qs, u"URL"_qs);
    const QCommandLineOption listen(u"listen"_qs, u"Listen here, instead of where the file says."_qs, u"URL"_qs);
    const QCommandLineOption socket(u"socket"_qs, u"The control socket of the gateway that is run."_qs, u"PATH"_qs);
    const QCommandLineOption theme(u"theme"_qs, u"light or dark."_qs, u"THEME"_qs);
    const QCommandLineOption page(
        u"page"_qs, u"Begin with this page: traffic, routes, services, dashboard, replay, certificates."_qs,
        u"NAME"_qs);
    const QCommandLineOption filter(u"filter"_qs, u"Begin with this filter in Traffic."_qs, u"FILTER"_qs);
    const QCommandLineOption show(u"show"_qs, u"Open this exchange."_qs, u"ID"_qs);
    const QCommandLineOption screenshot(
        u"screenshot"_qs, u"Write a picture of the page once it has its data, then leave."_qs, u"FILE"_qs);
    const QCommandLineOption size(u"size"_qs, u"The window's size, 1440x900."_qs, u"SIZE"_qs);
    const QCommandLineOption tab(u"tab"_qs, u"Open this part of the exchange: messages, decisions, timing, raw."_qs,
                                 u"NAME"_qs);
    const QCommandLineOption attempt(u"try"_qs, u"Try this path against the routes, without sending it."_qs,
                                     u"PATH"_qs);
    parser.addOptions(
        {attach, config, record, to, listen, socket, theme, page, filter, show, tab, attempt, screenshot, size});
}

}  // namespace

Options readOptions(const QCoreApplication &application)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"The window of Sluice, the API gateway on a developer's laptop.\n\n"
                                     "It runs a gateway of its own:      sluice-desktop --to http://localhost:3000\n"
                                     "                                   sluice-desktop -c sluice.yaml\n"
                                     "or shows one that runs already:    sluice-desktop --attach SOCKET\n"
                                     "With none of these it attaches to the only gateway that runs."_qs);
    const QCommandLineOption help = parser.addHelpOption(), version = parser.addVersionOption();
    addOptions(parser);
    if (!parser.parse(application.arguments()))
        misused(parser.errorText());
    if (parser.isSet(help))
        parser.showHelp();
    if (parser.isSet(version))
        parser.showVersion();
    if (!parser.positionalArguments().isEmpty())
        misused(u"nothing is known about \"%1\""_qs.arg(parser.positionalArguments().first()));

    Options out;
    out.attach = parser.value(u"attach"_qs).toStdString();
    out.file = parser.value(u"config"_qs).toStdString();
    out.record = parser.value(u"record"_qs).toStdString();
    out.to = parser.value(u"to"_qs).toStdString();
    out.socket = parser.value(u"socket"_qs).toStdString();
    for (const QString &url : parser.values(u"listen"_qs))
        out.listen.push_back(url.toStdString());
    if (const QString why = misuse(out); !why.isEmpty())
        misused(why);
    if (const QString name = parser.value(u"theme"_qs); name == u"light" || name == u"dark")
        out.theme = name == u"dark" ? ui::Mode::Dark : ui::Mode::Light;
    else if (!name.isEmpty())
        misused(u"--theme is light or dark"_qs);
    if (const QString name = parser.value(u"page"_qs); !name.isEmpty()) {
        const auto known = ui::MainWindow::pageNamed(name);
        if (!known)
            misused(u"there is no page \"%1\""_qs.arg(name));
        out.page = *known;
    }
    out.screenshot = parser.value(u"screenshot"_qs);
    out.filter = parser.value(u"filter"_qs);
    out.size = parser.value(u"size"_qs);
    out.tab = parser.value(u"tab"_qs);
    out.attempt = parser.value(u"try"_qs);
    if (!out.attempt.isEmpty())
        out.page = ui::MainWindow::Routes;
    out.show = parser.value(u"show"_qs).toLongLong();
    return out;
}

}  // namespace sluice::desktop
