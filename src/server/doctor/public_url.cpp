// The public URL, requested as a client would, through all proxies in between: the server shows
// what arrived (auth/upkeep/doctor_token.h), and this is compared with what was sent.
#include <algorithm>
#include <array>

#include "auth/upkeep/doctor_token.h"
#include "base/encoding.h"
#include "base/ip_address.h"
#include "base/json.h"
#include "base/text.h"
#include "config/reading/values.h"
#include "http/app/proxies.h"
#include "http/wire/head.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

constexpr size_t kNonceBytes = 8;
// An address for documentation (RFC 5737), which no client has.
constexpr const char* kForged = "192.0.2.123";

// What the server saw.
struct Seen {
  std::string client;
  std::string host;
  bool is_secure = false;
  bool is_from_proxy = false;
  JsonObject headers;
  std::vector<std::string> cookies;  // that it sent
};

Result<Seen> parse_seen(std::string_view body) {
  const JsonObject json = TRY(JsonObject::parse(body));
  Seen seen;
  seen.client = TRY(json.string("client"));
  seen.host = TRY(json.string("host"));
  seen.is_secure = TRY(json.optional_boolean("secure")).value_or(false);
  seen.is_from_proxy = TRY(json.optional_boolean("from_proxy")).value_or(false);
  seen.headers = TRY(json.object("headers"));
  seen.cookies = TRY(json.optional_strings("cookies")).value_or(std::vector<std::string>{});
  return seen;
}

struct Answer {
  fetch::Reply reply;
  Seen seen;
};

class PublicUrl {
 public:
  PublicUrl(const Patient& patient, Report& report, const OneTimeSecret& token)
      : patient_(patient),
        report_(report),
        url_(patient.config().public_url),
        probe_(url_ + "/api/v1/doctor/" + std::string(token.reveal())),
        nonce_(hex_encode(patient.random.bytes(kNonceBytes))) {}

  void check() {
    const size_t before = report_.findings().size();
    const std::optional<Answer> answer = ask();
    if (!answer) return;
    compare_clocks(report_, url_, answer->reply.date, patient_.clock.now());
    check_headers(answer->seen);
    check_scheme(answer->seen);
    check_host(answer->seen);
    check_address(answer->seen);
    check_cookies(*answer);
    const auto& all = report_.findings();
    const bool is_good =
        std::all_of(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                    [](const Finding& finding) { return finding.severity == Severity::ok; });
    if (is_good) {
      report_.ok(url_ + " answers; headers, scheme, host, address (" + answer->seen.client +
                 ") and cookies arrive as they should");
    }
  }

 private:
  // The probe as a request, with a worthless credential of each kind.
  fetch::Request request(std::vector<std::string> more = {}) const {
    fetch::Request made;
    made.url = probe_;
    made.timeout = kPatience;
    made.takes_plain_http = true;
    made.wants_certificate = url_.starts_with("https://");
    made.headers = std::move(more);
    made.headers.push_back("Authorization: Bearer " + nonce_);
    made.headers.push_back("Cookie: authd_probe=" + nonce_);
    made.headers.push_back("X-API-Key: " + nonce_);
    made.headers.push_back("X-CSRF-Token: " + nonce_);
    return made;
  }

  // Sends it. If the certificate is not trusted, sends it again without verification.
  Result<fetch::Reply> send() {
    fetch::Request first = request();
    Result<fetch::Reply> reply = patient_.fetch.send(first);
    const std::string distrust = reply ? "" : reply.error().name;
    const std::string cause = reply ? "" : reply.error().message;
    if (distrust == fetch::kUnknownIssuer || distrust == fetch::kBadCertificate) {
      first.is_unverified = true;
      reply = patient_.fetch.send(first);
    }
    if (!reply) return reply;
    bool is_good = true;
    if (!reply->certificate.empty()) {
      is_good = judge_certificate(report_, "the certificate of " + url_, reply->certificate,
                                  config::host_of(url_), patient_.clock.now());
    }
    if (distrust == fetch::kUnknownIssuer) {
      report_.warn("this machine does not trust the certificate of " + url_ + ": " + cause,
                   "send the whole chain; if the authority is your own, clients need it");
    } else if (!distrust.empty() && is_good) {
      report_.fail("the certificate of " + url_ + " is not valid: " + cause, "get another one");
    }
    return reply;
  }

  std::optional<Answer> ask() {
    const Result<fetch::Reply> reply = send();
    if (!reply) {
      report_.fail(url_ + " does not answer: " + reply.error().message,
                   "check the proxy and the firewall; if this machine alone cannot reach its "
                   "public address, run the doctor with --skip public_url");
      return std::nullopt;
    }
    if (reply->status == 200) {
      Result<Seen> seen = parse_seen(reply->body);
      if (seen) return Answer{*reply, std::move(*seen)};
    }
    explain_status(*reply);
    return std::nullopt;
  }

  void explain_status(const fetch::Reply& reply) {
    const std::string location = reply.header("location");
    const std::string status = "status " + std::to_string(reply.status);
    // This server refuses to redirect an address with a token in it.
    const bool is_refused =
        reply.status == 403 && reply.body.find("\"https_required\"") != std::string::npos;
    const bool is_circle = reply.status >= 300 && reply.status < 400 && location == probe_;
    if (is_circle || (is_refused && url_.starts_with("https://"))) {
      report_.fail(
          url_ + " redirects to itself endlessly: the server sees http where the client used https",
          "let the proxy send X-Forwarded-Proto: https, and list it in "
          "server.trusted_proxies");
    } else if (reply.status >= 300 && reply.status < 400) {
      // The address has the token in it; its origin is enough.
      report_.fail(url_ + " redirects elsewhere (" + status + ", to " +
                       location.substr(0, location.find('/', 8)) + ")",
                   "set server.public_url to where clients end up");
    } else if (reply.status == 421) {
      report_.fail(url_ + " is refused for its host (" + status + ")",
                   "let the proxy pass the client's Host on, and list it in "
                   "server.allowed_hosts");
    } else if (reply.status == 429) {
      report_.skip(url_ + " answers that there were too many requests; try again in a minute");
    } else {
      report_.fail(url_ + " does not lead to this server (" + status + ")",
                   "check the routes of the proxy, and whether another authd is behind it");
    }
  }

  void check_headers(const Seen& seen) {
    for (const char* name : {"Authorization", "Cookie", "X-API-Key", "X-CSRF-Token"}) {
      const auto value = seen.headers.optional_string(lower(name));
      if (value && *value && (*value)->find(nonce_) != std::string::npos) continue;
      report_.fail(std::string("the header ") + name + " is lost on the way",
                   "let the proxy pass it on to authd as it came");
    }
  }

  void check_scheme(const Seen& seen) {
    const bool is_https = url_.starts_with("https://");
    if (is_https && !seen.is_secure) {
      report_.fail(
          "the client used https, and the server sees http: no redirect to the sign-in page, no "
          "Strict-Transport-Security",
          seen.is_from_proxy ? "let the proxy send X-Forwarded-Proto: https"
                             : "let the proxy send X-Forwarded-Proto: https, and list it in "
                               "server.trusted_proxies");
    } else if (!is_https && seen.is_secure) {
      report_.warn("the server sees https, and server.public_url is http: cookies are not Secure",
                   "make server.public_url https");
    }
  }

  void check_host(const Seen& seen) {
    const std::string wanted = url_.substr(url_.find("//") + 2);
    if (http::equal_names(seen.host, wanted.substr(0, wanted.find('/')))) return;
    report_.fail("the server sees the host " + seen.host + " instead of " + wanted,
                 "let the proxy pass the client's Host on, or send it as X-Forwarded-Host");
  }

  bool has(const Seen& seen, std::string_view name) const { return seen.headers.has(name); }

  void check_address(const Seen& seen) {
    const bool reads_forwarded =
        patient_.config().ingress.proxy_headers == config::ProxyHeaders::forwarded;
    const std::string read = reads_forwarded ? "forwarded" : "x-forwarded-for";
    const bool has_other = has(seen, reads_forwarded ? "x-forwarded-for" : "forwarded");
    const bool has_any = has(seen, read) || has_other || has(seen, "x-forwarded-proto");
    if (!seen.is_from_proxy) {
      if (!has_any) return;
      report_.fail("the proxy at " + seen.client +
                       " is not trusted: all clients have its address, and its limits",
                   "add \"" + seen.client + "\" to server.trusted_proxies");
      return;
    }
    if (leads_directly()) return;
    if (!has(seen, read)) {
      report_.fail("the proxy at " + seen.client + " does not say who the client is (no " + read +
                       "): all clients have its address, and its limits",
                   has_other ? "set server.proxy_headers to the header that it sends"
                             : "let the proxy send X-Forwarded-For");
      return;
    }
    // The server believes clients at trusted addresses, as configured, so a test from there shows
    // nothing.
    const std::optional<IpAddress> client = IpAddress::parse(seen.client);
    if (client && http::is_trusted(*client, patient_.config().ingress.trusted_proxies)) return;
    const Result<fetch::Reply> reply = patient_.fetch.send(forged());
    const Result<Seen> fooled = reply && reply->status == 200
                                    ? parse_seen(reply->body)
                                    : Result<Seen>(Error{ErrorCode::unavailable, "no answer"});
    if (fooled && fooled->client == kForged) {
      report_.fail("a client can choose its address: the X-Forwarded-For that it sends is believed",
                   "let the proxy replace or extend the header that clients send, and trust only "
                   "proxies");
    }
  }

  fetch::Request forged() const {
    fetch::Request made = request(
        {std::string("X-Forwarded-For: ") + kForged, std::string("Forwarded: for=") + kForged});
    made.is_unverified = true;  // The first request has checked it.
    return made;
  }

  // No proxy is involved: the URL names this machine's loopback and a port that the server listens
  // on.
  bool leads_directly() const {
    const std::string host = config::host_of(url_);
    const auto& listen = patient_.config().server.listen;
    return is_loopback_host(host) &&
           std::any_of(listen.begin(), listen.end(), [&](const config::Listen& one) {
             return one.port != 0 && url_.ends_with(":" + std::to_string(one.port));
           });
  }

  void check_cookies(const Answer& answer) {
    for (const std::string& sent : answer.seen.cookies) {
      const bool is_there = std::any_of(
          answer.reply.headers.begin(), answer.reply.headers.end(),
          [&](const auto& one) { return one.first == "set-cookie" && one.second == sent; });
      if (is_there) continue;
      report_.fail("a cookie of the server arrives changed or not at all (sent: " + sent + ")",
                   "let the proxy leave Set-Cookie as it is: name, Path, Domain and Secure");
      return;
    }
  }

  const Patient& patient_;
  Report& report_;
  const std::string url_;
  const std::string probe_;
  const std::string nonce_;
};

}  // namespace

void check_public_url(const Patient& patient, Report& report) {
  if (!patient.server || patient.store == nullptr) {
    return report.skip("no server runs here that could be asked");
  }
  const Result<OneTimeSecret> token =
      auth::make_doctor_token(*patient.store, patient.random, patient.clock.now());
  if (!token) {
    return report.fail("nothing can be written to the database: " + token.error().message,
                       "check the disk and the server's log");
  }
  PublicUrl(patient, report, *token).check();
  // It expires a minute later.
  static_cast<void>(auth::remove_doctor_token(*patient.store, *token));
}

}  // namespace authd::server::doctor
