// The token for the probes of `authd doctor`. The doctor asks the server, at its public URL, what
// it received of a request, and so sees what the proxies in between changed. The answer reveals
// details of the proxies, so the server gives it only to the holder of a token that the doctor has
// just written to the store, valid for one minute. For everyone else that address does not exist.
#pragma once

#include "base/random.h"
#include "base/secret.h"
#include "base/time.h"
#include "store/store.h"

namespace authd::auth {

// A new token; the store holds only its hash. Works without the master key.
Result<OneTimeSecret> make_doctor_token(store::Store& store, Random& random, Time now);
// Removes it from the store.
Result<void> remove_doctor_token(store::Store& store, const OneTimeSecret& token);

// Whether this is the doctor's token that is in the store now. Error: `unavailable`.
Result<bool> is_doctor_token(store::Store& store, std::string_view token, Time now);

}  // namespace authd::auth
