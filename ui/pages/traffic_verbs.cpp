// SPDX-License-Identifier: GPL-3.0-or-later
// What the keyboard does with the exchange that is read, or with all that are chosen.
#include "ui/models/exchange_model.h"
#include "ui/pages/traffic_page.h"
#include "ui/text/curl.h"
#include "ui/text/format.h"
#include "ui/widgets/detail_panel.h"
#include "ui/widgets/reveal_button.h"
#include "ui/widgets/secret_edit.h"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>

namespace sluice::ui {

void TrafficPage::replay(bool edit)
{
    if (reading_ < 0)
        Q_EMIT said(tr("It is open still; it can be replayed when it has ended"));
    else if (reading_)
        Q_EMIT replayAsked(reading_, edit);
    else
        Q_EMIT said(tr("Choose an exchange first"));
}

void TrafficPage::compare()
{
    const std::vector<int64_t> ids = selectedIds();
    if (ids.size() == 2) {
        Q_EMIT compareAsked(ids[0], ids[1]);
        return;
    }
    const journey::Exchange *x = detail_->exchange();
    if (ids.size() == 1 && x && x->id == ids[0] && x->replayOf) {
        Q_EMIT compareAsked(x->replayOf, x->id);
        return;
    }
    if (ids.size() != 1) {
        Q_EMIT said(tr("Choose two exchanges to compare, or one that was replayed"));
        return;
    }
    session_.recording().replaysOf({this, 1}, ids[0], [this, id = ids[0]](Result<std::vector<int64_t>> replays) {
        if (replays && !replays->empty())
            Q_EMIT compareAsked(id, replays->back());
        else
            Q_EMIT said(tr("#%1 was not replayed yet; choose a second exchange to compare it with").arg(id));
    });
}

const journey::Exchange *TrafficPage::readNow()
{
    const journey::Exchange *x = detail_->exchange();
    if (x && !detail_->isHidden())
        return x;
    Q_EMIT said(reading_ ? tr("#%1 is not there yet").arg(reading_) : tr("Choose an exchange first"));
    return nullptr;
}

void TrafficPage::copyCurl()
{
    const journey::Exchange *x = readNow();
    if (!x)
        return;
    QGuiApplication::clipboard()->setText(curlLine(*x, session_.address()));
    Q_EMIT said(tr("Copied #%1 as cURL").arg(x->id));
}

void TrafficPage::copyCurlWithSecrets()
{
    const journey::Exchange *x = readNow();
    if (!x)
        return;
    std::vector<std::string> placeholders = placeholdersOf(*x);
    if (placeholders.empty()) {
        copyCurl();
        return;
    }
    // What is read may be another one by the time that the keychain has answered.
    const auto asked = std::make_shared<journey::Exchange>();
    asked->id = x->id;
    asked->received = x->received;
    asked->requestBody = x->requestBody;
    const auto copied = [this, asked](Result<Secrets> secrets) {
        auto line =
            secrets ? curlLineWithSecrets(*asked, session_.address(), *secrets) : Result<QString>(secrets.error());
        if (!line) {
            Q_EMIT said(tr("Not copied. %1").arg(qs(line.error().what)));
            return;
        }
        QString text = line.take();
        copySecret(text);
        wipe(text);
        Q_EMIT said(tr("Copied #%1 as cURL, with its secrets").arg(asked->id));
    };
    session_.recording().secrets({this, 2}, x->id, std::move(placeholders), copied);
}

void TrafficPage::reveal()
{
    if (readNow() && !detail_->revealButton()->press())
        Q_EMIT said(tr("There are no secrets in #%1").arg(detail_->id()));
}

void TrafficPage::mark(int number)
{
    const std::vector<int64_t> ids = selectedIds();
    if (ids.empty())
        Q_EMIT said(tr("Choose an exchange to mark"));
    int slot = 100;  // a slot each, so that one does not replace the other
    // It comes off where all have it: of a mixed choice it would else turn around one by one.
    const bool all = std::all_of(ids.begin(), ids.end(), [&](int64_t id) {
        const storage::Row *row = model_->rowAt(model_->rowOf(id));
        return row && row->mark == number;
    });
    const int wanted = all ? 0 : number;
    for (const int64_t id : ids) {
        session_.recording().setMark({this, slot++}, id, wanted, [this, id](Outcome done) {
            if (done)
                model_->refresh(id);
            else
                Q_EMIT said(qs(done.error().what));
        });
    }
}

}  // namespace sluice::ui
