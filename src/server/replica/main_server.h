// The main server as a replica reaches it: over https, or over a unix socket on the same machine.
#pragma once

#include <string>

#include "auth/replica/settings.h"
#include "base/stop.h"
#include "config/config.h"
#include "fetch/client.h"
#include "store/replica/replica.h"

namespace authd::server {

// One connection, which stays open. Only one thread uses it.
class MainServer final : public store::Source {
 public:
  // `client` outlives it; `stopping` ends a request within about a second. `limit` is for the
  // answer to a question that does not wait for news.
  MainServer(const config::Config& config, const auth::ReplicaClient& client, Milliseconds limit,
             Stopping stopping);

  // Errors: those of Source; `forbidden` when the main server does not take the client.
  Result<store::Page> changes(const store::Place& after, Milliseconds wait) override;
  Result<store::Page> records(std::string_view from) override;
  struct Settings {
    std::string tag;  // Page::settings while they are in force
    auth::SharedSettings values;
  };
  Result<Settings> settings();
  // What was used here, as a form.
  Result<void> tell_used(const std::string& form);

 private:
  Result<fetch::Reply> ask(const std::string& path, Milliseconds limit, std::string form = "");

  const Milliseconds limit_;
  fetch::KeptConnection connection_;
  fetch::Request request_;  // what all have in common
  std::string origin_;
};

}  // namespace authd::server
