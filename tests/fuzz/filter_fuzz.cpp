// SPDX-License-Identifier: GPL-3.0-or-later
// Any text is a filter or an error with a place in it and a hint; a filter can be asked about any exchange. The same bytes as JSON,
// form and header value are redacted: a secret that stands alone never stays.
#include "engine/recording/filter.h"
#include "engine/recording/redaction.h"

#include <cstdlib>

using namespace sluice;

namespace {

void check(bool good)
{
    if (!good)
        std::abort();
}

void filter(std::string_view text)
{
    const auto parsed = recording::Filter::parse(text, WallTime(std::chrono::seconds(1'795'000'000)));
    if (!parsed.filter) {
        check(!parsed.error.what.empty() && !parsed.error.hint.empty() && parsed.error.position <= text.size());
        return;
    }
    journey::Exchange x;
    x.received.method = "GET";
    x.path = text;
    x.returned.status = 200;
    parsed.filter->matches(x);
    check(recording::Filter::parse(parsed.filter->text(), WallTime(std::chrono::seconds(1'795'000'000))).filter
          == parsed.filter);
}

void redaction(std::string_view text)
{
    static const std::vector<std::string> names = {"password", "card.number"};
    recording::Placeholders placeholders(recording::PlaceholderKey{1});
    // Whatever stands before it, as long as no text is left open and it is not the secret itself.
    const bool harmless = text.find('"') == text.npos && text.find("planted-secret") == text.npos;
    std::string planted =
        "{\"a\":" + std::string(harmless ? text : std::string_view("1")) + ",\"password\":\"planted-secret\"}";
    recording::redactJson(planted, names, placeholders);
    check(planted.find("planted-secret") == planted.npos);
    std::string json(text), form(text);
    recording::redactJson(json, names, placeholders);
    recording::redactForm(form, names, placeholders);
    std::string xml(text), url(text), parts(text), decisions(text);
    recording::redactXml(xml, names, placeholders);
    recording::redactUrl(url, names, placeholders);
    const auto replace = [](std::string &content, std::string_view name, std::string_view) {
        content = "x";
        return name == "password";
    };
    recording::redactMultipart(parts, "multipart/form-data; boundary=a", replace);
    recording::redactMultipart(parts, text, replace);
    placeholders.of("planted-secret");
    placeholders.replaceInDecisions(decisions);
    recording::redactedFieldValue("Cookie", text, placeholders);
    recording::redactedFieldValue("Set-Cookie", text, placeholders);
    recording::redactedFieldValue("Authorization", text, placeholders);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    filter(text);
    redaction(text);
    return 0;
}
