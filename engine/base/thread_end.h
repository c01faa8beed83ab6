// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace sluice {

// The last that a QThread's function says where OpenSSL may have been used: frees what that keeps for the thread (errors, random
// generators). Else the thread's own destructors would; but QThread::wait() returns before they run, and where the program ends
// meanwhile they never do.
void endThread();

}  // namespace sluice
