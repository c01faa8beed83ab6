// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/content_kinds.h"

#include "engine/http/headers.h"
#include "engine/recording/match.h"

namespace sluice::recording {

bool isForm(std::string_view type)
{
    return containsFolded(type, "x-www-form-urlencoded");
}
bool isXml(std::string_view type, std::string_view bytes)
{
    const size_t first = bytes.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    return containsFolded(type, "xml") || containsFolded(type, "html") || (first != bytes.npos && bytes[first] == '<');
}
bool isPicture(std::string_view type)
{
    for (const std::string_view kind : {"image/", "video/", "audio/", "font/"}) {
        if (http::equalsIgnoreCase(type.substr(0, kind.size()), kind))
            return true;
    }
    return false;
}
}  // namespace sluice::recording
