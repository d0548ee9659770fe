// What replicas ask for (docs/sidecar.md): everything once, then what has changed; the settings
// that a check depends on; and what was used there, so that sessions do not idle out meanwhile.
#include <array>
#include <charconv>

#include "api/core/forms.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/core/activity.h"
#include "auth/core/audit/audit.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/replica/feed.h"
#include "auth/replica/settings.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "config/reading/values.h"
#include "store/replica/page.h"
#include "tables/schema.h"

namespace authd::api {
namespace {

constexpr Milliseconds kLongestWait{60'000};
constexpr size_t kMaxUsed = 1'000;  // of each kind
constexpr std::string_view kPageType = "application/octet-stream";

// What is sent is secret, so it goes over TLS, or stays within the machine on a socket that has an
// owner.
Result<void> check_replica(const Context& context, const auth::Program& program) {
  const http::Request& request = context.request;
  if (!program.client().is_replica) {
    return refused(ErrorCode::forbidden, "not_a_replica",
                   "This client may not copy this server: it needs replica = true.");
  }
  if (request.secure || request.client == IpAddress{}) return {};
  return refused(ErrorCode::forbidden, "insecure_connection",
                 "A replica has to come over https, or over a unix socket.");
}

auth::SharedSettings settings_now(const Context& context) {
  const config::InForce* settings = context.api.settings;
  return auth::shared_settings(settings != nullptr ? settings->settings()
                                                   : config::settings_of(context.auth().config));
}

std::string settings_tag(const Context& context) {
  return context.api.settings_tag.get(context.auth().clock.steady_now(),
                                      [&] { return auth::tag_of(settings_now(context)); });
}

http::Reply page_reply(std::string bytes) {
  http::Reply reply;
  reply.body = std::move(bytes);
  reply.content_type = kPageType;
  return std::move(reply).with("Cache-Control", "no-store");
}

Result<Milliseconds> wait_of(const Context& context) {
  const std::optional<std::string_view> wait = context.request.query("wait");
  if (!wait) return Milliseconds(0);
  const Result<Milliseconds> parsed = config::parse_duration(*wait);
  if (parsed && *parsed <= kLongestWait) return *parsed;
  return Error{ErrorCode::invalid, "This must be a duration of at most 60s, such as 25s.", "wait"};
}

Error wrong_use(const char* field) {
  return Error{ErrorCode::malformed, "This must be names with commas between them.", field,
               "invalid_request"};
}

template <typename Take>
Result<void> take_used(const auth::Parameters& form, const char* field, const Take& take) {
  if (!form.has(field)) return {};
  const std::vector<std::string> names = config::split_list(form[field]);
  if (names.size() > kMaxUsed) return wrong_use(field);
  for (const std::string& name : names) {
    if (!take(name)) return wrong_use(field);
  }
  return {};
}

struct Used {
  std::vector<uint64_t> users;
  std::vector<std::string> sessions;  // raw ids
  std::vector<std::string> api_keys;  // keys of their rows
};

// Made-up ones must not take the place of those that were used here.
Result<void> leave_out_unknown(const auth::Services& s, Used& used) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    const auto is_absent = [&](const auto& table, std::string_view key) {
      return !tx.look(table.full_key(key), [](std::string_view) {});
    };
    std::erase_if(used.users,
                  [&](uint64_t id) { return is_absent(tables::users, tables::big_endian(id)); });
    std::erase_if(used.sessions,
                  [&](const std::string& id) { return is_absent(tables::sessions, id); });
    std::erase_if(used.api_keys,
                  [&](const std::string& key) { return is_absent(tables::api_keys, key); });
    return {};
  });
}

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

// ?after=&wait= → a page
Result<http::Reply> replica_changes(const Context& context, const auth::Program& program) {
  TRY(check_replica(context, program));
  const http::Request& request = context.request;
  const store::Place after = TRY(store::parse_place(request.query("after").value_or(""), "after"));
  const Milliseconds wait = TRY(wait_of(context));
  const auto found =
      TRY(context.api.replicas.changes(context.auth(), after, settings_tag(context)));
  if (!found) {
    return refused(ErrorCode::conflict, "replica_behind",
                   "What has changed since is no longer known: copy everything.");
  }
  const SteadyTime until = request.received + wait;
  const bool waits = !found->has_news && context.auth().clock.steady_now() < until;
  if (waits && request.may_park) return http::Reply::parked(until);
  return page_reply(*found->page);
}

// ?from= → a page
Result<http::Reply> replica_records(const Context& context, const auth::Program& program) {
  TRY(check_replica(context, program));
  const std::string_view text = context.request.query("from").value_or("");
  const std::optional<std::string> from = hex_decode(text);
  if (!from || from->size() > store::kMaxKeyBytes) {
    return Error{ErrorCode::invalid, "This must be a key in hexadecimal digits.", "from"};
  }
  const auth::Services& s = context.auth();
  const std::string& client = program.client().id;
  if (from->empty() && context.api.replicas.is_new_copy(client, s.clock.steady_now())) {
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      auth::audit(s, tx, context.origin(), {"replica_copied", std::nullopt, "ok", client},
                  s.clock.now());
      return {};
    }));
  }
  return page_reply(TRY(auth::ReplicaFeed::records(s, *from, settings_tag(context))));
}

// → {version, tag, settings: {key: value}}
Result<http::Reply> replica_settings(const Context& context, const auth::Program& program) {
  TRY(check_replica(context, program));
  const auth::SharedSettings settings = settings_now(context);
  JsonWriter json;
  json.begin_object()
      .field("version", AUTHD_VERSION)
      .field("tag", auth::tag_of(settings))
      .key("settings")
      .begin_object();
  for (const auto& [key, value] : settings)
    json.field(key, value);
  json.end_object().end_object();
  return http::Reply::json(200, std::move(json));
}

// A form: users=7,9&sessions=ID,…&api_keys=7:1,… They count as used now, if they are there.
Result<http::Reply> replica_activity(const Context& context, const auth::Program& program) {
  TRY(check_replica(context, program));
  const auth::Services& s = context.auth();
  const auth::Parameters& form = *context.program_form;
  constexpr std::array<std::string_view, 5> kKnown = {"users", "sessions", "api_keys", "client_id",
                                                      "client_secret"};
  if (const std::string other = form.without(kKnown).encoded(); !other.empty()) {
    return Error{ErrorCode::invalid, "There is no such member here.",
                 other.substr(0, other.find('='))};
  }
  Used used;
  TRY(take_used(form, "users", [&](const std::string& name) {
    const std::optional<uint64_t> id = number_in(name);
    if (id) used.users.push_back(*id);
    return id.has_value();
  }));
  TRY(take_used(form, "sessions", [&](const std::string& name) {
    std::optional<std::string> id = auth::parse_session_id(name);
    if (id) used.sessions.push_back(std::move(*id));
    return id.has_value();
  }));
  TRY(take_used(form, "api_keys", [&](const std::string& name) {
    const size_t colon = std::min(name.find(':'), name.size() - 1);
    const auto user = number_in(std::string_view(name).substr(0, colon));
    const auto number = number_in(std::string_view(name).substr(colon + 1));
    if (user && number) used.api_keys.push_back(auth::api_key_row(UserId(*user), *number));
    return user && number;
  }));
  TRY(leave_out_unknown(s, used));
  const Time now = s.clock.now();
  for (const uint64_t id : used.users)
    s.activity.users.note(id, now);
  for (const std::string& id : used.sessions)
    s.activity.sessions.note(id, now);
  for (const std::string& key : used.api_keys)
    s.activity.api_keys.note(key, now);
  return http::Reply::no_content();
}

}  // namespace authd::api
