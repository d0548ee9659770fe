// A machine on which no worker starts, so that no picture can be decoded: one without /proc.
#pragma once

#include "store/scratch.h"
#include "support/instance.h"

namespace authd::test {

class NoPictures {
 public:
  explicit NoPictures(Instance& t) : t_(t) {}

  RecordedLog log;

 private:
  Instance& t_;
  media::Converter images_{log, t_.clock, {.program = "/nonexistent/exe"}};

 public:
  auth::Services services{t_.services.store,       t_.services.config,
                          t_.services.clock,       t_.services.random,
                          t_.services.hasher,      t_.services.master_key,
                          t_.services.server_key,  t_.services.keyring,
                          t_.services.credentials, t_.services.in_flight,
                          t_.services.verified,    t_.services.activity,
                          t_.services.providers,   t_.services.known,
                          t_.services.oauth,       images_,
                          t_.services.counters,    log,
                          t_.services.writer};
};

}  // namespace authd::test
