#include "auth/oauth/memory/memory.h"

namespace authd::auth {

OauthMemory::OauthMemory(const config::Config& config, fetch::Client& others, const Clock& clock,
                         Log& log)
    : remote(others),
      documents(config, others, clock, log),
      keys(config, others, clock, log),
      proofs(clock) {}

}  // namespace authd::auth
