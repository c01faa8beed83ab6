// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/thread_end.h"

#include <openssl/crypto.h>

namespace sluice {

void endThread()
{
    OPENSSL_thread_stop();
}

}  // namespace sluice
