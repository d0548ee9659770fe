// Probes of `authd doctor`: it asks the server at its public URL what arrived there of a request,
// and so sees what the proxies in between did to it. The answer tells of the proxies, so it is for
// the holder of a token that the doctor has just written into the store, for a minute; to anybody
// else there is nothing at that address.
#pragma once

#include "base/random.h"
#include "base/secret.h"
#include "base/time.h"
#include "store/store.h"

namespace authd::auth {

// A fresh token, in the store as its hash alone. Works without the master key.
Result<OneTimeSecret> make_doctor_token(store::Store& store, Random& random, Time now);
// Takes it out of the store.
Result<void> remove_doctor_token(store::Store& store, const OneTimeSecret& token);

// Whether the doctor's token is in the store now. Error: `unavailable`.
Result<bool> is_doctor_token(store::Store& store, std::string_view token, Time now);

}  // namespace authd::auth
