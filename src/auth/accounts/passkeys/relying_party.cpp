#include "auth/accounts/passkeys/relying_party.h"

#include "base/ip_address.h"
#include "base/refusal.h"
#include "config/reading/values.h"

namespace authd::auth {
namespace {

// Of a page at "https://ID.example.org:443/auth", as browsers write it: "https://id.example.org".
std::string origin_of(const std::string& url) {
  const std::string plain = url.substr(0, url.find('/', url.find("://") + 3));
  return config::parse_origin(plain).value_or(plain);
}

bool is_localhost(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost");
}

constexpr const char* kRpId = "passkey_rp_id";

struct Recorded {
  std::string rp_id;  // empty: none yet
  bool has_passkeys = false;
};

Result<Recorded> recorded_rp_id(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<Recorded> {
    Recorded recorded{tables::settings.find(tx, kRpId).value_or(tables::Setting{}).value};
    tables::passkeys.scan(tx, "", "", [&](std::string_view, const tables::Passkey&) {
      recorded.has_passkeys = true;
      return false;
    });
    return recorded;
  });
}

}  // namespace

std::string_view why_no_passkeys(const config::Config& config) {
  const std::string host = config::host_of(config.public_url);
  if (!config.passkeys.enabled) return "Passkeys are switched off here (passkeys.enabled).";
  if (host.starts_with('[') || IpAddress::parse(host)) {
    return "Passkeys need a host name: the address of this server (server.public_url) is an IP "
           "address.";
  }
  if (config.passkeys.rp_id.empty()) {
    return "Passkeys need a host name: the host of server.public_url is not one.";
  }
  if (!config.public_url.starts_with("https://") && !is_localhost(host)) {
    return "Passkeys need https: the address of this server (server.public_url) is plain http.";
  }
  return "";
}

Result<RelyingParty> relying_party(const config::Config& config) {
  const std::string_view why = why_no_passkeys(config);
  if (!why.empty()) return refused(ErrorCode::not_found, "passkeys_unavailable", std::string(why));
  RelyingParty party{config.passkeys.rp_id, {origin_of(config.public_url)}};
  party.origins.insert(party.origins.end(), config.passkeys.origins.begin(),
                       config.passkeys.origins.end());
  return party;
}

uint64_t usable_passkeys(const config::Config& config, const tables::User& user) {
  return why_no_passkeys(config).empty() ? user.passkeys : 0;
}

Result<void> check_required_passkeys(const config::Config& config) {
  const std::string_view why = why_no_passkeys(config);
  if (config.passkeys.required_for.empty() || why.empty()) return {};
  return Error{ErrorCode::usage, "nobody with the roles of passkeys.required_for could sign in. " +
                                     std::string(why) +
                                     " Correct that, or empty passkeys.required_for"};
}

Result<void> record_rp_id(const Services& s, bool may_change) {
  if (!why_no_passkeys(s.config).empty()) return {};
  const std::string& wanted = s.config.passkeys.rp_id;
  const Recorded recorded = TRY(recorded_rp_id(s));
  if (recorded.rp_id == wanted) return {};
  if (recorded.has_passkeys && !recorded.rp_id.empty() && !may_change) {
    return Error{ErrorCode::conflict,
                 "the passkeys here are for " + recorded.rp_id + ", and passkeys.rp_id is now " +
                     wanted + ": no browser would offer them any more. Set passkeys.rp_id to " +
                     recorded.rp_id +
                     ", or start once with --rp-id-change: people then sign in "
                     "another way and make new passkeys, and accounts with a security key need "
                     "`authd user reset-mfa` first"};
  }
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::settings.put(tx, kRpId, {wanted, {}});
    return {};
  });
}

}  // namespace authd::auth
