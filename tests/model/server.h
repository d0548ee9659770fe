// The whole application without its sockets: every route with its guards, limits and middleware
// (http/app/app.h) over a store, with a clock that stands still until it is moved. Keeps what
// clients would keep: tokens, codes and ids, by the step that got them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/contract/openapi.h"
#include "api/endpoints/pages/pages.h"
#include "api/routes.h"
#include "base/json.h"
#include "http/app/app.h"
#include "model/step.h"
#include "support/manual_clock.h"

namespace authd::model {

struct HttpRequest {
  http::Method method = http::Method::get;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int address = 0;
};

// The rate limits by address are off: other tests cover them, and here they would hide the rest.
class Server {
 public:
  Server(const auth::Services& services, test::ManualClock& clock);

  // The request of a step; nullopt if it needs something that no step got, or something ambiguous
  // (a code that is also that of another moment).
  std::optional<HttpRequest> request_of(const Step& step);
  // Thread-safe.
  http::Reply send(const HttpRequest& request);
  // Keeps what the reply contains, and returns what a model can know about it.
  Answer read(const Step& step, const http::Reply& reply);
  // Takes new mails out of the outbox: "mail=kind>user". Keeps links and codes as the step's.
  std::vector<std::string> take_mails(const Step& step);

  // Steps that are not requests.
  void advance(int64_t seconds);
  void run_jobs();
  // What `authd db check` finds.
  std::vector<std::string> findings();

 private:
  void log_admin_in();
  std::optional<HttpRequest> request_of_login(const Step& step);
  std::optional<HttpRequest> request_by_token(const Step& step);
  std::optional<HttpRequest> request_by_admin(const Step& step);
  std::optional<HttpRequest> request_with_proof(const Step& step);
  // requests_provider.cpp
  std::optional<HttpRequest> request_by_browser(const Step& step);
  std::optional<HttpRequest> request_by_client(const Step& step);
  std::optional<HttpRequest> request_about_client(const Step& step);
  void read_way(const Step& step, const http::Reply& reply, Answer& answer);
  void read_provider_fields(const Step& step, const JsonObject& json, Answer& answer);
  std::optional<std::string> factor(const Code& code) const;
  std::optional<std::string> totp(const Code& code) const;
  void keep_tokens(const Step& step, const JsonObject& json, Answer& answer);
  void keep_cookie(const Step& step, const http::Reply& reply);
  void read_fields(const Step& step, const JsonObject& json, Answer& answer);

  const auth::Services& services_;
  test::ManualClock& clock_;
  http::Metrics metrics_;
  web::Site site_;
  api::OpenApi documentation_;
  api::Api api_;
  http::App app_;

  using Texts = std::map<int, std::string>;
  Texts accesses_, refreshes_, sessions_, challenges_, links_, bindings_, codes_, keys_, key_ids_,
      secrets_, accounts_;
  std::map<int, std::vector<std::string>> recovery_;
  // Of browsers, of applications, and of what these have.
  Texts cookies_, csrf_, wishes_, grant_codes_, grant_ids_, grant_accesses_, grant_refreshes_,
      clients_, client_secrets_, secret_ids_;
  std::map<int, int> verifiers_;  // the step that began the request, by that which got its code
  std::map<std::string, int> grant_refresh_names_, grant_names_, client_names_;
  std::map<std::string, int> refresh_names_, session_names_;
  std::string admin_;   // an access token
  std::string client_;  // Basic credentials for introspection
  Time admin_since_;
};

}  // namespace authd::model
