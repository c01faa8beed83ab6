// SPDX-License-Identifier: GPL-3.0-or-later
// What a content is, by its Content-Type and its first bytes; as redacting and unsealing must agree on it. Pure; any thread.
#pragma once

#include <string_view>

namespace sluice::recording {

bool isForm(std::string_view type);
// Also HTML, and whatever begins with "<".
bool isXml(std::string_view type, std::string_view bytes);
// Pictures, films, sounds, fonts: nothing is looked for in them.
bool isPicture(std::string_view type);

}  // namespace sluice::recording
