// The words of OAuth 2.0 and OpenID Connect that this server knows: one list of each kind.
// Discovery, the rules for clients, the command line and the messages all take them from here.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "auth/core/grant_session.h"

namespace authd::auth {

// Grant types (RFC 6749 sections 4.1, 6 and 4.4, RFC 8628 section 3.4, RFC 8693 section 2.1). The
// implicit and the password grant are refused (RFC 9700 sections 2.1.2 and 2.4).
inline constexpr std::string_view kCodeGrant = "authorization_code";
inline constexpr std::string_view kRefreshGrant = "refresh_token";
inline constexpr std::string_view kClientGrant = "client_credentials";
inline constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
inline constexpr std::string_view kExchangeGrant =
    "urn:ietf:params:oauth:grant-type:token-exchange";
inline constexpr std::array kGrantTypes = {kCodeGrant, kRefreshGrant, kClientGrant, kDeviceGrant,
                                           kExchangeGrant};
// What people may write for the long ones when they set the members of a client.
inline constexpr std::string_view kShortDeviceGrant = "device_code";
inline constexpr std::string_view kShortExchangeGrant = "token_exchange";

// Types of tokens in an exchange (RFC 8693 section 3). Access tokens are JWTs here; whatever other
// kind a client presents or wants is refused.
inline constexpr std::string_view kAccessTokenType =
    "urn:ietf:params:oauth:token-type:access_token";
inline constexpr std::string_view kJwtType = "urn:ietf:params:oauth:token-type:jwt";

// How a client authenticates (RFC 7591 section 2).
inline constexpr std::string_view kBasicAuth = "client_secret_basic";
inline constexpr std::string_view kPostAuth = "client_secret_post";
inline constexpr std::string_view kPrivateKeyAuth = "private_key_jwt";
inline constexpr std::string_view kNoAuth = "none";
inline constexpr std::array kAuthMethods = {kBasicAuth, kPostAuth, kPrivateKeyAuth, kNoAuth};

// What clients sign (RFC 7518 section 3.1), for which they have keys here: assertions and requests.
inline constexpr std::array<std::string_view, 4> kClientAlgorithms = {"RS256", "PS256", "ES256",
                                                                      "EdDSA"};
// client_assertion_type (RFC 7523 section 2.2).
inline constexpr std::string_view kJwtAssertion =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
// The types of such tokens, if they say one (draft-ietf-oauth-rfc7523bis section 4, RFC 9101
// section 10.8).
inline constexpr std::string_view kAssertionType = "client-authentication+jwt";
inline constexpr std::string_view kRequestObjectType = "oauth-authz-req+jwt";

// What is wrong with the metadata of a client (RFC 7591 section 3.2.2).
inline constexpr std::string_view kInvalidMetadata = "invalid_client_metadata";
inline constexpr std::string_view kInvalidRedirect = "invalid_redirect_uri";

// Scopes (OpenID Connect Core sections 5.4 and 11). `groups` is no standard, but every application
// that knows roles asks for it.
inline constexpr std::string_view kOpenidScope = "openid";
inline constexpr std::string_view kProfileScope = "profile";
inline constexpr std::string_view kEmailScope = "email";
inline constexpr std::string_view kPhoneScope = "phone";
inline constexpr std::string_view kAddressScope = "address";
inline constexpr std::string_view kGroupsScope = "groups";
inline constexpr std::array kStandardScopes = {kOpenidScope, kProfileScope, kEmailScope,
                                               kPhoneScope,  kAddressScope, kGroupsScope,
                                               kOfflineScope};

// Algorithms of ID tokens; the first is the default (OpenID Connect Core section 15.1). HS256 would
// let a client make its own tokens, and "none" anybody.
inline constexpr std::array<std::string_view, 3> kIdTokenAlgorithms = {"RS256", "ES256", "EdDSA"};

// Algorithms of proofs of possession (RFC 9449 section 4.2). RS256 is for keys that a device
// already has; the FAPI profile refuses it (fapi.h).
inline constexpr std::array<std::string_view, 3> kProofAlgorithms = {"ES256", "EdDSA", "RS256"};

// Types of access tokens (RFC 6749 section 7.1, RFC 9449 section 5).
inline constexpr std::string_view kBearerType = "Bearer";
inline constexpr std::string_view kDpopType = "DPoP";

// Types of subjects (OpenID Connect Core section 8).
inline constexpr std::array<std::string_view, 2> kSubjectTypes = {"public", "pairwise"};

// Values of the parameter prompt (OpenID Connect Core section 3.1.2.1, Initiating User Registration
// section 4).
inline constexpr std::string_view kPromptNone = "none";
inline constexpr std::string_view kPromptLogin = "login";
inline constexpr std::string_view kPromptConsent = "consent";
inline constexpr std::string_view kPromptSelect = "select_account";
inline constexpr std::string_view kPromptCreate = "create";
inline constexpr std::array kPrompts = {kPromptNone, kPromptLogin, kPromptConsent, kPromptSelect,
                                        kPromptCreate};

// How an answer gets to the client (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post
// Response Mode).
inline constexpr std::string_view kQueryMode = "query";
inline constexpr std::string_view kFormPostMode = "form_post";
inline constexpr std::array kResponseModes = {kQueryMode, kFormPostMode};

// Classes of a login, from weak to strong: with one factor, with several, or with a passkey that
// verified the person, which no other site can get hold of (OpenID Connect Extended Authentication
// Profile ACR Values 1.0, "phishing-resistant").
inline constexpr std::string_view kOneFactor = "1fa";
inline constexpr std::string_view kSeveralFactors = "mfa";
inline constexpr std::string_view kPhishingResistant = "phr";
inline constexpr std::array kAcrs = {kOneFactor, kSeveralFactors, kPhishingResistant};

template <typename List>
constexpr bool contains(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

}  // namespace authd::auth
