// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace sluice {

// For a thread that works for nobody who waits: from here on whoever wakes goes first, and it runs long rather than often.
// Its share of a busy processor is a third of others'. Never fails: where the system knows no such thing, nothing changes.
void goBehindOthers();

}  // namespace sluice
