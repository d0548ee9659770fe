// The rows of the OAuth 2.1 / OpenID Connect provider: the applications, the APIs that their tokens
// are for, and what people have allowed them. An authorization request has a row only if its client
// pushed it; others the browser carries (auth/oauth/protocol/carried_request.h). The rules of
// rows.h hold.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// A program that is registered with this server: an application that signs people in, a program
// that gets tokens for itself, or a resource server, which only asks about tokens. The words
// that members may have: auth/oauth/protocol/words.h. Names follow RFC 7591 section 2.
struct Client {
  std::string id;
  std::string name;
  // SHA-256 of the secret that a client of 0.1.0 has. It has no end.
  std::string secret_hash;
  Time created_at;  // a grant that is older belongs to an earlier client of this id
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;
  // words.h has all of them, such as "authorization_code". Empty: a resource server, or a link.
  std::vector<std::string> grant_types;
  bool is_public = false;  // has no secret (RFC 6749 section 2.1)
  // "client_secret_basic", "client_secret_post" or "private_key_jwt"; empty: either of the first
  // two.
  std::string auth_method;
  bool pkce_optional = false;       // RFC 7636; required otherwise
  std::vector<std::string> scopes;  // that it may ask for; empty: the standard ones
  std::vector<std::string> roles;   // names; whoever has one of them may enter; empty: everybody
  bool skips_consent = false;
  std::string description;
  std::string client_uri;
  std::string policy_uri;
  std::string tos_uri;
  std::string id_token_algorithm;        // "ES256", "EdDSA"; empty: RS256
  bool id_token_claims = false;          // the claims of the scopes in the ID token too
  uint64_t access_ttl_ms = 0;            // of its access tokens; 0: tokens.access_ttl
  uint64_t refresh_ttl_ms = 0;           // of its refresh tokens; 0: tokens.refresh_ttl
  bool always_refresh = false;           // a refresh token even without the scope offline_access
  std::string required_acr;              // "mfa" or "phr"; empty: any login
  uint64_t max_age_ms = 0;               // of the login, if the request names none; 0: any
  std::vector<std::string> networks;     // CIDRs from which people may enter; empty: all
  std::vector<std::string> groups;       // roles that it sees, names or "prefix*"; empty: all
  std::vector<std::string> group_names;  // "role=name": what it sees instead
  std::string group_separator;           // the claim is one string with this between; empty: a list
  std::vector<std::string> resources;    // RFC 8707 identifiers for which it may get tokens
  // Audiences whose tokens it may ask about (RFC 7662), besides its own tokens.
  std::vector<std::string> audiences;
  bool disabled = false;
  Time updated_at;
  std::vector<std::string> secrets;  // each a ClientSecretRow as encode_row() writes it
  Time last_used;                    // authenticated, or got a code; may lag by an hour
  bool configured = false;           // the configuration declares it, and alone changes it
  std::string logo_version;          // of the row in `client_logos`; empty: none
  // Where it is told that somebody was signed out (OpenID Connect Back-Channel Logout 1.0); empty:
  // nowhere.
  std::string backchannel_logout_uri;
  std::string jwks;            // its public keys, a JWK Set (RFC 7517 section 5); empty: none
  std::string jwks_uri;        // where it publishes them; empty: nowhere
  bool requires_par = false;   // authorization requests only by RFC 9126
  bool requires_jar = false;   // authorization requests only as signed objects (RFC 9101)
  bool requires_dpop = false;  // access tokens only with a key that the client proves (RFC 9449)
  bool is_pairwise = false;    // its subjects are of its sector (OpenID Connect Core section 8.1)
  std::string sector_identifier_uri;  // empty: the host of its redirect URIs is the sector
  std::string userinfo_algorithm;     // userinfo as a JWT signed so; empty: as JSON
  bool is_fapi = false;               // FAPI 2.0 Security Profile
  // "ISSUER SUBJECT": whose ID token counts as its assertion, such as a CI job's.
  std::vector<std::string> federated_identities;
  std::string origin;  // who created it (auth/oauth/protocol/outbound.h); empty: an administrator
  std::string registration_hash;  // SHA-256 of its registration access token (RFC 7592)
  Time document_at;               // when its metadata document was fetched
  // Where it begins a sign-in itself (OpenID Connect Core section 4); empty: it cannot.
  std::string initiate_login_uri;
  bool is_replica = false;  // may follow this server (auth/replica/)
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "name", self.name);
    visit.secret(3, "secret_hash", self.secret_hash);
    visit(4, "created_at", self.created_at);
    visit(5, "redirect_uris", self.redirect_uris);
    visit(6, "post_logout_redirect_uris", self.post_logout_redirect_uris);
    visit(7, "grant_types", self.grant_types);
    visit(8, "is_public", self.is_public);
    visit(9, "auth_method", self.auth_method);
    visit(10, "pkce_optional", self.pkce_optional);
    visit(11, "scopes", self.scopes);
    visit(12, "roles", self.roles);
    visit(13, "skips_consent", self.skips_consent);
    visit(14, "description", self.description);
    visit(15, "client_uri", self.client_uri);
    visit(16, "policy_uri", self.policy_uri);
    visit(17, "tos_uri", self.tos_uri);
    visit(18, "id_token_algorithm", self.id_token_algorithm);
    visit(19, "id_token_claims", self.id_token_claims);
    visit(20, "access_ttl_ms", self.access_ttl_ms);
    visit(21, "refresh_ttl_ms", self.refresh_ttl_ms);
    visit(22, "always_refresh", self.always_refresh);
    visit(23, "required_acr", self.required_acr);
    visit(24, "max_age_ms", self.max_age_ms);
    visit(25, "networks", self.networks);
    visit(26, "groups", self.groups);
    visit(27, "group_names", self.group_names);
    visit(28, "group_separator", self.group_separator);
    visit(29, "resources", self.resources);
    visit(30, "audiences", self.audiences);
    visit(31, "disabled", self.disabled);
    visit(32, "updated_at", self.updated_at);
    visit.secret(33, "secrets", self.secrets);
    visit(34, "last_used", self.last_used);
    visit(35, "configured", self.configured);
    visit(36, "logo_version", self.logo_version);
    visit(37, "backchannel_logout_uri", self.backchannel_logout_uri);
    visit(38, "jwks", self.jwks);
    visit(39, "jwks_uri", self.jwks_uri);
    visit(40, "requires_par", self.requires_par);
    visit(41, "requires_jar", self.requires_jar);
    visit(42, "requires_dpop", self.requires_dpop);
    visit(43, "is_pairwise", self.is_pairwise);
    visit(44, "sector_identifier_uri", self.sector_identifier_uri);
    visit(45, "userinfo_algorithm", self.userinfo_algorithm);
    visit(46, "is_fapi", self.is_fapi);
    visit(47, "federated_identities", self.federated_identities);
    visit(48, "origin", self.origin);
    visit.secret(49, "registration_hash", self.registration_hash);
    visit(50, "document_at", self.document_at);
    visit(51, "initiate_login_uri", self.initiate_login_uri);
    visit(52, "is_replica", self.is_replica);
  }
};

// One of a client's secrets: a part of its row, so that one read finds them all.
struct ClientSecretRow {
  std::string id;    // 6 random bytes in hex; unique within the client
  std::string hash;  // SHA-256; the secret has 256 random bits
  Time created_at;
  Time expires_at;  // the epoch: never
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit.secret(2, "hash", self.hash);
    visit(3, "created_at", self.created_at);
    visit(4, "expires_at", self.expires_at);
  }
};

// An API that tokens can be for (RFC 8707).
struct Resource {
  std::string identifier;  // an absolute URI without a fragment
  std::string name;
  std::vector<std::string> scopes;  // that it knows, besides the standard ones
  uint64_t access_ttl_ms = 0;       // of the access tokens for it; 0: that of the client
  Time created_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "identifier", self.identifier);
    visit(2, "name", self.name);
    visit(3, "scopes", self.scopes);
    visit(4, "access_ttl_ms", self.access_ttl_ms);
    visit(5, "created_at", self.created_at);
  }
};

// What a person has allowed a client, so that they are asked only for what is new.
struct Consent {
  UserId user;
  std::string client;
  std::vector<std::string> scopes;
  std::vector<std::string> resources;
  Time created_at;
  Time updated_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit(2, "client", self.client);
    visit(3, "scopes", self.scopes);
    visit(4, "resources", self.resources);
    visit(5, "created_at", self.created_at);
    visit(6, "updated_at", self.updated_at);
  }
};

// One authorization of one client by one person: what its tokens are good for, and the family of
// its refresh tokens. As with sessions, the refresh token is derived from id and generation, and no
// secret is stored. Whether it is alive: auth/oauth/tokens/grants.h.
struct Grant {
  std::string id;  // 16 random bytes; as text the `sid` of its tokens
  UserId user;
  std::string client;
  std::string session;  // of the browser that allowed it; empty: it outlives that (offline_access)
  uint64_t epoch = 0;   // User::session_epoch when it was made
  std::vector<std::string> scopes;
  std::vector<std::string> resources;
  std::string claims;  // the claims parameter (OpenID Connect Core section 5.5), JSON, or empty
  Time created_at;
  Time auth_time;
  std::vector<std::string> amr;
  uint64_t generation = 0;  // of the current refresh token; 0: none yet
  Time rotated_at;          // when that was made
  std::string rotated_by;   // as Session::rotated_by
  Time expires_at;
  // Whether the code was exchanged: until then, its end is that of the code.
  bool is_open = false;
  // The RFC 7638 thumbprint of the key that a public client must prove to use the refresh token
  // (RFC 9449 section 5); empty: none.
  std::string dpop_jkt;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "user", self.user);
    visit(3, "client", self.client);
    visit(4, "session", self.session);
    visit(5, "epoch", self.epoch);
    visit(6, "scopes", self.scopes);
    visit(7, "resources", self.resources);
    visit(8, "claims", self.claims);
    visit(9, "created_at", self.created_at);
    visit(10, "auth_time", self.auth_time);
    visit(11, "amr", self.amr);
    visit(12, "generation", self.generation);
    visit(13, "rotated_at", self.rotated_at);
    visit(14, "rotated_by", self.rotated_by);
    visit(15, "expires_at", self.expires_at);
    visit(16, "is_open", self.is_open);
    visit(17, "dpop_jkt", self.dpop_jkt);
  }
};

// The code that stands for a grant until the client exchanges it (RFC 6749 section 4.1.2). A used
// one stays until its end, so that a second use is noticed, which ends the grant.
struct AuthorizationCode {
  std::string id;     // SHA-256 of the code
  std::string grant;  // Grant::id
  std::string client;
  std::string redirect_uri;         // to which it was sent
  bool named_redirect_uri = false;  // by the request, so the exchange has to name it too
  std::string code_challenge;       // S256 (RFC 7636); empty: the client need not use PKCE
  std::string nonce;
  Time issued_at;
  Time used_at;          // the epoch: not yet
  Time expires_at;       // of the row; that of the code is earlier: issued_at + provider.code_ttl
  std::string dpop_jkt;  // thumbprint of the key that the exchange must prove (RFC 9449 section 10)
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit.secret(2, "grant", self.grant);
    visit(3, "client", self.client);
    visit(4, "redirect_uri", self.redirect_uri);
    visit(5, "named_redirect_uri", self.named_redirect_uri);
    visit(6, "code_challenge", self.code_challenge);
    visit(7, "nonce", self.nonce);
    visit(8, "issued_at", self.issued_at);
    visit(9, "used_at", self.used_at);
    visit(10, "expires_at", self.expires_at);
    visit(11, "dpop_jkt", self.dpop_jkt);
  }
};

// An authorization request that a client has pushed (RFC 9126), until a code answers it or its time
// is over.
struct PushedRequest {
  std::string id;  // SHA-256 of the random part of the request_uri
  std::string client;
  std::string parameters;  // as a form (application/x-www-form-urlencoded)
  std::string dpop_jkt;    // of the proof with which it was pushed; empty: none
  Time created_at;
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "client", self.client);
    visit.secret(3, "parameters", self.parameters);
    visit(4, "dpop_jkt", self.dpop_jkt);
    visit(5, "created_at", self.created_at);
    visit(6, "expires_at", self.expires_at);
  }
};

// With this token, programs may register clients (the initial access token of RFC 7591 section 3).
struct RegistrationToken {
  std::string id;    // SHA-256 of the token
  std::string name;  // for people
  uint64_t uses_left = 0;
  Time created_at;
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "name", self.name);
    visit(3, "uses_left", self.uses_left);
    visit(4, "created_at", self.created_at);
    visit(5, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
