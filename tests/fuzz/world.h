// A whole server over a store in memory, with one person and all credentials of her account.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/openapi.h"
#include "api/endpoints/pages/pages.h"
#include "api/routes.h"
#include "support/instance.h"

namespace authd::fuzz {

class World {
 public:
  World();
  // Each World needs its own Instance, because the parts refer to each other.
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const std::vector<http::Route>& routes() const { return routes_; }
  test::Instance& instance() { return instance_; }
  http::Metrics& metrics() { return metrics_; }

  // The text with "@access@", "@refresh@", "@cookie@", "@csrf@" and "@key@" replaced by valid
  // values: no input could guess them.
  std::string filled(std::string_view text) const;
  // Whether it contains one of those texts.
  bool has_credential(std::string_view text) const;
  // Whether the access token is still valid.
  bool is_fresh();

 private:
  struct Word {
    std::string name;
    std::string text;
  };

  test::Instance instance_;
  http::Metrics metrics_;
  web::Site site_;
  api::OpenApi documentation_;
  api::Api api_;
  std::vector<http::Route> routes_;
  std::vector<Word> words_;
};

}  // namespace authd::fuzz
