// SPDX-License-Identifier: GPL-3.0-or-later
// Where this user's local CA (engine/tls/local_ca.h) is kept: certificate and key in the secret store, as one entry, and a copy of the
// certificate in a file, for `curl --cacert` and the like. Any thread; blocks for as long as the store may.
#pragma once

#include "engine/gateway/secret_store.h"
#include "engine/gateway/tls_keeper.h"
#include "engine/tls/local_ca.h"

#include <memory>
#include <string>

namespace sluice::gateway {

struct LocalAuthority {
    std::shared_ptr<const tls::LocalCa> ca;
    std::string certificateFile;  // FOLDER/local-ca.pem, as it is in the store
    std::string keptIn;           // SecretStore::place()
};

// The authority of this user, made at the first call. Error: the store's, or what it holds is no authority.
Result<LocalAuthority> localAuthority(SecretStore &, WallTime now, Millis within);
// A new one instead; the certificate before stays in FOLDER/local-ca.pem.old.
Result<LocalAuthority> renewLocalAuthority(SecretStore &, WallTime now, Millis within);

// For GatewayOptions: waits `patient`, as a keychain may have to be unlocked. The store must outlive it.
LocalCaSource localCaSource(SecretStore &);

}  // namespace sluice::gateway
