// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in texts that people see. In recordings placeholders stand for them, {{secret:HEX}}; on the screen these are dots and the
// first digits of HEX, so that equal ones look equal, or the secret itself where somebody asked for it. What is copied is the
// placeholder in either case. Pure.
#pragma once

#include "engine/recording/unsealing.h"

#include <QString>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::ui {

// What placeholders of one exchange stand for; wiped when the last holder lets go.
struct Secrets {
    std::map<std::string, recording::Unsealed, std::less<>> known;
    std::map<std::string, std::string, std::less<>> missing;  // why it cannot be had
};
using SecretsPtr = std::shared_ptr<const Secrets>;

// Where a text stands, and so how a secret is written there. Fields: lines "Name: value"; one that is none is the first line of a request.
enum class Place { Text, Url, Fields, Json, Xml, Form };

struct SecretSpan {
    qsizetype begin = 0, size = 0;  // of the text, in characters
    QString recorded;               // what stands there in the recording
    bool open = false;              // the secret is seen
};
struct ShownText {
    QString text;
    std::vector<SecretSpan> spans;  // in order, none within another
    bool opens() const;             // a secret is seen
};

// Null: dots for all.
ShownText shownText(const QString &recorded, Place place = Place::Text, const Secrets *open = nullptr);
// No line longer than text/fold.h says; the spans go with it.
ShownText folded(ShownText text);
// The placeholders in it, each once, at most so many.
std::vector<std::string> placeholdersIn(const QString &recorded, size_t most);
// As it stands in the recording; a placeholder of which only a part is asked for is given whole.
QString recordedPart(const ShownText &text, qsizetype begin, qsizetype end);
// Overwrites what this string holds, where nothing else holds it too, and empties it. Copies that Qt made for the screen are beyond reach.
void wipe(QString &text);
void wipe(ShownText &text);

// What to tell of secrets that are not shown: how many, why, and what to do. Empty: all are there.
QString missingText(const Secrets &secrets);

}  // namespace sluice::ui
