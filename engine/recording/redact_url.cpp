// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/uri.h"
#include "engine/recording/redaction.h"

#include <algorithm>

namespace sluice::recording {

bool redactUserInfo(std::string &text, size_t authority, Placeholders &placeholders)
{
    const size_t end = std::min(text.find_first_of("/?#\\", authority), text.size());
    const size_t at = text.substr(0, end).rfind('@');
    if (at == text.npos || at < authority || isPlaceholder(std::string_view(text).substr(authority, at - authority)))
        return false;
    // The name stays, but where it is all there is: then it is a token.
    const size_t colon = text.find(':', authority);
    const size_t begin = colon < at ? colon + 1 : authority;
    const std::string written = text.substr(begin, at - begin);
    if (written.empty() || isPlaceholder(written))
        return false;
    text.replace(begin, at - begin, placeholders.of(http::percentDecode(written), written));
    return true;
}

bool redactUrl(std::string &url, const std::vector<std::string> &names, Placeholders &placeholders)
{
    bool changed = false;
    const size_t slashes = url.find("//");
    if (slashes == 0
        || (slashes != url.npos && slashes > 1 && url[slashes - 1] == ':' && url.find_first_of("/?#") == slashes))
        changed = redactUserInfo(url, slashes + 2, placeholders);
    else if (!url.empty() && url[0] != '/' && url[0] != '?' && url[0] != '#')
        changed = redactUserInfo(url, 0, placeholders);  // CONNECT bob:secret@host:443
    if (names.empty())
        return changed;
    // A fragment is a query to scripts: #access_token=…
    for (size_t at = url.find_first_of("?#"); at != url.npos;) {
        const size_t end = std::min(url.find('#', at + 1), url.size());
        std::string query = url.substr(at + 1, end - at - 1);
        const size_t before = query.size();
        if (redactForm(query, names, placeholders)) {
            url.replace(at + 1, before, query);
            changed = true;
        }
        at = url.find('#', at + 1 + query.size());
    }
    return changed;
}

bool replaceInQuery(std::string &url, size_t from, const Placeholders &placeholders)
{
    bool changed = false;
    for (size_t at = from; at < url.size();) {
        const size_t end = std::min(url.find_first_of("&;?#", at), url.size());
        std::string value = url.substr(at, end - at), plain = value;
        std::replace(plain.begin(), plain.end(), '+', ' ');
        plain = http::percentDecode(plain);
        if (placeholders.replaceIn(value)
            || (placeholders.replaceIn(plain) && !(value = http::percentEncode(plain, "{}:=")).empty())) {
            url.replace(at, end - at, value);
            changed = true;
        }
        at += value.size() + 1;
    }
    return changed;
}

}  // namespace sluice::recording
