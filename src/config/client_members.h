// What an administrator may set of a client of the provider, by name: one list for the
// configuration, the command line, the administration API, exports and imports. Names follow
// RFC 7591 section 2 where that has one. Where each is stored: auth/oauth/clients/client_members.h.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace authd::config {

using MemberValue = std::variant<std::string, std::vector<std::string>, bool>;

struct ClientMember {
  enum class Kind {
    text,
    list,
    flag,
    choice,    // one of two words, a flag in the row: "pkce" is "required" or "optional"
    duration,  // "15m"; "0": the general setting
  };
  std::string_view name;
  Kind kind = Kind::text;
  std::string_view help;      // for people
  std::string_view off = {};  // of a choice
  std::string_view on = {};
};

// In the order in which people read them.
inline constexpr auto kClientMembers = std::to_array<ClientMember>({
    {"name", ClientMember::Kind::text, "for people, up to 100 characters"},
    {"description", ClientMember::Kind::text, "shown on the consent page"},
    {"redirect_uris", ClientMember::Kind::list, "where people return to"},
    {"post_logout_redirect_uris", ClientMember::Kind::list,
     "where people return to after they sign out"},
    {"backchannel_logout_uri", ClientMember::Kind::text,
     "where it learns that somebody was signed out"},
    {"grant_types", ClientMember::Kind::list,
     "authorization_code, refresh_token, client_credentials, "
     "urn:ietf:params:oauth:grant-type:device_code, "
     "urn:ietf:params:oauth:grant-type:token-exchange"},
    {"public", ClientMember::Kind::flag, "has no secret: an app on people's devices"},
    {"token_endpoint_auth_method", ClientMember::Kind::text,
     "client_secret_basic, client_secret_post or private_key_jwt; empty: either of the first two"},
    {"jwks", ClientMember::Kind::text, "its public keys, as a JWK Set"},
    {"jwks_uri", ClientMember::Kind::text, "where it publishes its keys"},
    {"federated_identities", ClientMember::Kind::list,
     "\"ISSUER SUBJECT\": whose tokens count as its assertions"},
    {"profile", ClientMember::Kind::choice, "standard, or fapi2: the FAPI 2.0 Security Profile",
     "standard", "fapi2"},
    {"pkce", ClientMember::Kind::choice, "required or optional", "required", "optional"},
    {"require_pushed_authorization_requests", ClientMember::Kind::flag,
     "authorization requests only pushed (RFC 9126)"},
    {"require_signed_request_object", ClientMember::Kind::flag,
     "authorization requests only as signed objects (RFC 9101)"},
    {"dpop_bound_access_tokens", ClientMember::Kind::flag,
     "access tokens only for a key that it proves (RFC 9449)"},
    {"scopes", ClientMember::Kind::list, "scopes that it may ask for; empty: the standard ones"},
    {"roles", ClientMember::Kind::list, "roles of people who may enter; empty: everybody"},
    {"consent", ClientMember::Kind::choice, "ask or skip", "ask", "skip"},
    {"required_acr", ClientMember::Kind::text,
     "mfa: only with a second factor; phr: only with a passkey"},
    {"max_age", ClientMember::Kind::duration, "the oldest login that it accepts"},
    {"networks", ClientMember::Kind::list, "networks from which people may enter; empty: all"},
    {"id_token_signed_response_alg", ClientMember::Kind::text, "RS256, ES256 or EdDSA"},
    {"id_token_claims", ClientMember::Kind::flag, "the claims of the scopes in the ID token too"},
    {"userinfo_signed_response_alg", ClientMember::Kind::text,
     "RS256, ES256 or EdDSA: userinfo as a JWT; empty: as JSON"},
    {"subject_type", ClientMember::Kind::choice, "public, or pairwise: a subject of its own",
     "public", "pairwise"},
    {"sector_identifier_uri", ClientMember::Kind::text,
     "list of redirect addresses that share pairwise subjects"},
    {"groups", ClientMember::Kind::list, "roles that it sees, as names or prefix*; empty: all"},
    {"group_names", ClientMember::Kind::list, "role=name: what it sees instead"},
    {"group_separator", ClientMember::Kind::text,
     "the claim groups is one text with this between the names; empty: a list"},
    {"access_ttl", ClientMember::Kind::duration, "lifetime of its access tokens"},
    {"refresh_ttl", ClientMember::Kind::duration, "lifetime of a refresh token that nobody uses"},
    {"always_refresh", ClientMember::Kind::flag, "a refresh token without offline_access too"},
    {"resources", ClientMember::Kind::list, "APIs for which it may get tokens"},
    {"audiences", ClientMember::Kind::list, "audiences whose tokens it may introspect"},
    {"replica", ClientMember::Kind::flag, "may follow this server (authd serve --replica-of)"},
    {"client_uri", ClientMember::Kind::text, "its home page"},
    {"initiate_login_uri", ClientMember::Kind::text, "where it begins a sign-in itself"},
    {"policy_uri", ClientMember::Kind::text, "its privacy policy"},
    {"tos_uri", ClientMember::Kind::text, "its terms of service"},
    {"disabled", ClientMember::Kind::flag, "lets nobody in, and gets no tokens"},
});

}  // namespace authd::config
