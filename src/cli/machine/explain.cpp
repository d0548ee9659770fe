// authd explain token|login|verify|authorize: why a credential, a login or a request of a proxy is
// accepted or refused now. Nothing is counted or written.
#include "auth/upkeep/explain.h"

#include <algorithm>

#include "api/contract/openapi.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/pages/pages.h"
#include "api/routes.h"
#include "auth/sessions/session_cookie.h"
#include "auth/upkeep/explain_authorization.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "config/reading/values.h"
#include "http/app/error_reply.h"
#include "http/app/proxies.h"
#include "http/wire/head.h"

namespace authd::cli {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

struct Flags {
  std::string login;
  std::string address;
  std::string client;
  std::string request;  // of an application
  std::vector<std::string> headers;
  std::string from = "127.0.0.1";
  Texts rules;  // role, permission, scope, redirect, basic
  bool has_credential = true;
};

void write_pairs(JsonWriter& json, std::string_view key, const Texts& pairs) {
  json.key(key).begin_object();
  for (const auto& [name, value] : pairs)
    json.field(name, value);
  json.end_object();
}

void write_steps(JsonWriter& json, const auth::Trace& trace) {
  json.key("checks").begin_array();
  for (const auth::Trace::Step& step : trace.steps) {
    json.begin_object()
        .field("check", step.what)
        .field("passed", step.is_passed)
        .field("found", step.detail)
        .end_object();
  }
  json.end_array();
}

std::string steps_table(const auth::Trace& trace) {
  std::vector<std::vector<std::string>> rows;
  for (const auth::Trace::Step& step : trace.steps)
    rows.push_back({step.what, step.is_passed ? "ok" : "NO", step.detail});
  return table({"CHECK", "", "FOUND"}, rows);
}

// With several hosts, an answer rests on a copy of a revision (docs/cluster.md).
std::string state_text(const auth::Services& s) {
  const std::optional<store::Replication> state = s.store.replication();
  if (!state) return "";
  return "\n(from revision " + std::to_string(state->revision) + ", which was the newest " +
         config::format_duration(state->age) + " ago)";
}

void write_state(JsonWriter& json, const auth::Services& s) {
  const std::optional<store::Replication> state = s.store.replication();
  if (state) {
    json.field("revision", state->revision).field("age_ms", state->age.count());
  } else {
    json.key("revision").null();
    json.key("age_ms").null();
  }
}

void write_explanation(JsonWriter& json, const auth::Services& s, const auth::Explanation& told) {
  json.begin_object().field("what", told.what).field("accepted", told.is_accepted);
  json.field("verdict", told.verdict);
  write_pairs(json, "says", told.says);
  write_steps(json, told.trace);
  json.key("recent").begin_array();
  for (const tables::AuditEntry& entry : told.recent) {
    json.begin_object()
        .field("created_at", format_rfc3339(entry.at))
        .field("at", format_rfc3339(entry.at))
        .field("action", entry.action)
        .field("outcome", entry.outcome);
    api::text_or_null(json, "address", entry.address);
    json.end_object();
  }
  json.end_array();
  write_state(json, s);
  json.end_object();
}

void show(Command& command, const auth::Services& s, const auth::Explanation& told) {
  std::string text = printable(told.what) + "\n";
  for (const auto& [name, value] : told.says) {
    if (!value.empty()) text += "  " + printable(name) + ": " + printable(value) + "\n";
  }
  text += "\n" + steps_table(told.trace);
  if (!told.recent.empty()) {
    std::vector<std::vector<std::string>> rows;
    for (const tables::AuditEntry& entry : told.recent)
      rows.push_back({format_rfc3339(entry.at), entry.action, entry.outcome, entry.address});
    text += "\n" + table({"AUDIT LOG", "ACTION", "OUTCOME", "ADDRESS"}, rows);
  }
  command.print(text + "\n" + printable(told.verdict) + state_text(s),
                [&](JsonWriter& json) { write_explanation(json, s, told); });
}

Result<void> explain_token(Command& command, const Flags&) {
  const auth::Services* s = TRY(command.services());
  const Password text = TRY(read_password("Token", false));
  show(command, *s, TRY(auth::explain_token(*s, text.reveal(), command.clock().now())));
  return {};
}

// The default address stands for a client without one.
Result<IpAddress> address_of(const Flags& flags) {
  if (flags.address.empty()) return IpAddress();
  const std::optional<IpAddress> parsed = IpAddress::parse(flags.address);
  if (parsed) return *parsed;
  return Error{ErrorCode::usage, "--address: \"" + printable(flags.address) +
                                     "\" is not an address, such as 192.0.2.1 or 2001:db8::1"};
}

Result<void> explain_login(Command& command, const Flags& flags) {
  const auth::Services* s = TRY(command.services());
  auth::Explanation told = TRY(auth::explain_login(*s, flags.login, TRY(address_of(flags))));
  if (flags.address.empty()) {
    told.verdict += " (without --address, failures from addresses were not considered)";
  }
  show(command, *s, told);
  return {};
}

Result<void> explain_authorize(Command& command, const Flags& flags) {
  if (flags.client.empty() == flags.request.empty()) {
    return Error{ErrorCode::usage, "give either --client or --request"};
  }
  const IpAddress address = TRY(address_of(flags));
  const auth::Services* s = TRY(command.services());
  show(command, *s,
       TRY(auth::explain_authorization(*s, {flags.client, flags.request, flags.login, address})));
  return {};
}

// The request as a proxy would send it, read by the server's own parser.
class AskedRequest final : public http::Request {
 public:
  AskedRequest(const http::Head& head, Texts rules) : head_(head), rules_(std::move(rules)) {}

  std::optional<std::string_view> header(std::string_view name) const override {
    const std::string_view* value = head_.find(name);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  size_t header_count(std::string_view name) const override {
    const auto& all = head_.headers;
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const auto& one) {
      return http::equal_names(one.first, name);
    }));
  }
  std::optional<std::string_view> find_name(bool (*is_wanted)(std::string_view)) const override {
    return head_.find_name(is_wanted);
  }
  std::optional<std::string_view> query(std::string_view name) const override {
    for (const auto& [key, value] : rules_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  std::span<const std::pair<std::string, std::string>> queries() const override { return rules_; }

 private:
  const http::Head& head_;
  Texts rules_;
};

// Standard input is either a whole header line or a bare credential.
std::string credential_header(const config::Config& config, std::string_view text) {
  if (text.empty()) return "";
  for (const std::string_view name : {"Authorization:", "Cookie:", "X-API-Key:"}) {
    if (http::equal_names(text.substr(0, name.size()), name)) return std::string(text) + "\r\n";
  }
  const bool is_cookie = auth::is_cookie_text(text) && text.find('.') == std::string_view::npos &&
                         !text.starts_with("authd_pat_");
  if (is_cookie) {
    return "Cookie: " + auth::session_cookie_name(config) + "=" + std::string(text) + "\r\n";
  }
  const bool has_scheme = text.starts_with("Bearer ") || text.starts_with("Basic ");
  return std::string("Authorization: ") + (has_scheme ? "" : "Bearer ") + std::string(text) +
         "\r\n";
}

struct Verdict {
  auth::Trace trace;
  int status = 0;
  std::string error;
  Texts headers;  // of the reply
};

Result<Verdict> ask(const auth::Services& s, const http::Request& request) {
  http::Metrics metrics;
  const web::Site site = TRY(api::make_site(s.config));
  const api::OpenApi documentation(api::served_routes(s.config), s.config.public_url);
  const api::Api api{s, metrics, site, [] { return false; }, documentation};
  Verdict verdict;
  Result<http::Reply> reply = api::explain_verify({api, request}, verdict.trace);
  if (!reply && reply.error().code == ErrorCode::unavailable) return reply.error();
  if (!reply) {
    verdict.error = reply.error().message;
    reply = http::error_reply(reply.error(), "");
  }
  verdict.status = reply->status;
  for (const auto& [name, value] : reply->headers) {
    if (name.starts_with("X-Auth-") || name == "Location")
      verdict.headers.emplace_back(name, value);
  }
  return verdict;
}

void show(Command& command, const auth::Services& s, const http::Request& request,
          const Verdict& verdict) {
  std::string text =
      steps_table(verdict.trace) + "\nanswered with " + std::to_string(verdict.status);
  if (!verdict.error.empty()) text += ": " + verdict.error;
  for (const auto& [name, value] : verdict.headers)
    text += "\n  " + name + ": " + printable(value);
  command.print(text + state_text(s), [&](JsonWriter& json) {
    json.begin_object()
        .field("status", verdict.status)
        .field("client", request.client.to_string())
        .field("from_trusted_proxy", request.is_from_proxy);
    write_steps(json, verdict.trace);
    write_pairs(json, "headers", verdict.headers);
    write_state(json, s);
    json.end_object();
  });
}

Result<void> explain_verify(Command& command, const Flags& flags) {
  const auth::Services* s = TRY(command.services());
  const std::optional<IpAddress> peer =
      flags.from == "unix" ? IpAddress{} : IpAddress::parse(flags.from);
  if (!peer) {
    return Error{ErrorCode::usage, "--from: \"" + printable(flags.from) +
                                       "\" is not an address; give the proxy's address, or unix"};
  }
  Password credential;
  if (flags.has_credential) credential = TRY(read_password("Token, key, cookie or header", false));
  std::string text = "GET /auth/verify HTTP/1.1\r\n";
  bool has_host = false;
  for (const std::string& header : flags.headers) {
    text += header + "\r\n";
    has_host |= http::equal_names(header.substr(0, 5), "host:");
  }
  if (!has_host) text += "Host: " + config::host_of(s->config.public_url) + "\r\n";
  text += credential_header(s->config, credential.reveal()) + "\r\n";
  size_t searched = 0;
  const http::HeadResult parsed = http::parse_head(text, searched, s->config.server.max_header);
  if (parsed.parsed != http::Parsed::complete) {
    return Error{
        ErrorCode::usage,
        std::string("such a request is refused before its content is considered: ") +
            (parsed.parsed == http::Parsed::refused ? parsed.reason : "the head is incomplete")};
  }
  AskedRequest request(parsed.head, flags.rules);
  const http::Policy policy = http::Policy::of(s->config);
  const http::ClientOrigin origin = http::find_client(parsed.head, *peer, false, policy);
  request.method = parsed.head.method;
  request.path = "/auth/verify";
  request.client = origin.address;
  request.secure = origin.is_secure;
  request.host = origin.host;
  request.is_from_proxy = http::is_trusted(*peer, policy.ingress.trusted_proxies);
  show(command, *s, request, TRY(ask(*s, request)));
  wipe(text);
  return {};
}

void add_verify(Group<Flags>& group, Command& command) {
  const auto& flags = group.flags;
  const Subcommand sub = group.add(
      "verify",
      "Why GET /auth/verify answers a proxy as it does; reads the credential from standard input",
      &explain_verify);
  command.add_keys(sub);
  sub.add_option("--header", flags->headers, "A header of the request, \"Name: value\"")
      .type_name("HEADER");
  sub.add_option("--from", flags->from, "The proxy's address, or unix").capture_default_str();
  for (const char* name : {"role", "permission", "scope", "redirect", "preflight"}) {
    sub.add_option_function(
           std::string("--") + name,
           [flags, name](const std::string& value) { flags->rules.emplace_back(name, value); },
           std::string("The parameter ?") + name + "= of the proxy's rule")
        .type_name("TEXT");
  }
  sub.add_flag_callback(
      "--no-credential", [flags] { flags->has_credential = false; },
      "The request has no credential, and standard input is not read");
}

}  // namespace

void add_explain(const Subcommand& app, Command& command) {
  Group<Flags> group(app, command, "explain",
                     "Why something is accepted or refused now: token, login, verify, authorize");
  command.add_keys(group.add(
      "token",
      "An access token, refresh token, API key or session cookie; read from standard input",
      &explain_token));
  const Subcommand login =
      group.add("login", "A login of an account with its right password", &explain_login);
  command.add_keys(login);
  login.add_option("LOGIN", group.flags->login, "The username or email, as a person types it")
      .required();
  login.add_option("--address", group.flags->address, "The IP address that it comes from")
      .type_name("ADDRESS");
  const Subcommand authorize = group.add(
      "authorize", "What happens when a person signs in to an application", &explain_authorize);
  command.add_keys(authorize);
  authorize.add_option("LOGIN", group.flags->login, "The person: a username, email or id")
      .required();
  authorize.add_option("--client", group.flags->client, "The application: an ordinary request")
      .type_name("CLIENT");
  authorize
      .add_option("--request", group.flags->request,
                  "The URL to which the application sends the browser, with its query")
      .type_name("ADDRESS");
  authorize.add_option("--address", group.flags->address, "The IP address of the person")
      .type_name("ADDRESS");
  add_verify(group, command);
}

}  // namespace authd::cli
