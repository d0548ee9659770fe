// Values that are one of a few words: an enum each, with the words that the configuration writes
// for it. Code compares the enum; only this file has the words.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"

namespace authd::config {

// Where the data lies: in a file of this host, or in a PostgreSQL that several hosts share.
enum class StoreEngine { one_host, postgresql };

// The header that trusted proxies write: X-Forwarded-*, or Forwarded (RFC 7239).
enum class ProxyHeaders { x_forwarded, forwarded };

// The algorithm of access tokens (RFC 7518 section 3.1, RFC 8037 section 3.1).
enum class SigningAlgorithm { es256, eddsa, rs256, hs256 };

// Whether a login without another second factor needs a mailed code.
enum class EmailOtp { off, required };
enum class PasskeyRecovery { email, codes, admin };

// Whether a sign-up or a request for a mail needs a proof of work.
enum class ProofOfWork { automatic, off, always };

// The ways of signing in.
enum class LoginMethod { password, passkey, email_link, email_code, providers };

// Whether smtp:// sends without TLS when the mail server offers none.
enum class StartTls { required, optional };

// Whether the passwords that attackers try first are refused.
enum class Blocklist { common, off };

// When passwords are looked up among those of known breaches: never, when one is set, or at logins
// as well.
enum class PwnedCheck { off, signup, login };

// Whose rules passwords obey: our own, or those of NIST SP 800-63B-4 section 3.1.1.2.
enum class PasswordProfile { standard, nist };

// Which rules the replaced APIs have for passwords: those that they document, or ours.
enum class CompatPasswords { own, ours };

// Whose word about an email address counts: that of a provider that says it has verified the
// address, that of any claim, or none.
enum class EmailTrust { verified, always, never };

// How a provider sends the browser back (OAuth 2.0 Multiple Response Type Encoding Practices
// section 2.1, OAuth 2.0 Form Post Response Mode).
enum class ResponseMode { query, form_post };

// Who may register clients of the provider by program (RFC 7591): nobody, who has an initial access
// token, or anybody.
enum class Registration { off, token, open };

// Whether an address can be the id of a client, whose metadata this server fetches from there:
// never, at hosts of a list, or anywhere.
enum class ClientDocuments { off, listed, open };

// What an attribute of users holds: a text, a whole number, true or false, or a list of texts.
enum class AttributeType { text, number, boolean, texts };

// Who reads or writes an attribute: the person and administrators, or administrators alone.
enum class AttributeAccess { owner, admin };

// Which requests are logged.
enum class RequestLog { all, refused, none };

template <typename E>
struct Choice {
  E value;
  std::string_view word;
};

// Every value of E, in the order in which error messages list them.
template <typename E>
inline constexpr std::array<Choice<E>, 0> kChoices;

template <>
inline constexpr std::array kChoices<StoreEngine> = {
    Choice<StoreEngine>{StoreEngine::one_host, "lmdb"},
    Choice<StoreEngine>{StoreEngine::postgresql, "postgresql"},
};

template <>
inline constexpr std::array kChoices<ProxyHeaders> = {
    Choice{ProxyHeaders::x_forwarded, "x-forwarded"},
    Choice{ProxyHeaders::forwarded, "forwarded"},
};

template <>
inline constexpr std::array kChoices<SigningAlgorithm> = {
    Choice{SigningAlgorithm::es256, "ES256"},
    Choice{SigningAlgorithm::eddsa, "EdDSA"},
    Choice{SigningAlgorithm::rs256, "RS256"},
    Choice{SigningAlgorithm::hs256, "HS256"},
};

template <>
inline constexpr std::array kChoices<EmailOtp> = {
    Choice{EmailOtp::off, "off"},
    Choice{EmailOtp::required, "required"},
};

template <>
inline constexpr std::array kChoices<PasskeyRecovery> = {
    Choice{PasskeyRecovery::email, "email"},
    Choice{PasskeyRecovery::codes, "codes"},
    Choice{PasskeyRecovery::admin, "admin"},
};

template <>
inline constexpr std::array kChoices<ProofOfWork> = {
    Choice{ProofOfWork::automatic, "auto"},
    Choice{ProofOfWork::off, "off"},
    Choice{ProofOfWork::always, "always"},
};

template <>
inline constexpr std::array kChoices<Registration> = {
    Choice{Registration::off, "off"},
    Choice{Registration::token, "token"},
    Choice{Registration::open, "open"},
};

template <>
inline constexpr std::array kChoices<ClientDocuments> = {
    Choice{ClientDocuments::off, "off"},
    Choice{ClientDocuments::listed, "listed"},
    Choice{ClientDocuments::open, "open"},
};

template <>
inline constexpr std::array kChoices<LoginMethod> = {
    Choice{LoginMethod::password, "password"},     Choice{LoginMethod::passkey, "passkey"},
    Choice{LoginMethod::email_link, "email_link"}, Choice{LoginMethod::email_code, "email_code"},
    Choice{LoginMethod::providers, "providers"},
};

template <>
inline constexpr std::array kChoices<StartTls> = {
    Choice{StartTls::required, "required"},
    Choice{StartTls::optional, "optional"},
};

template <>
inline constexpr std::array kChoices<Blocklist> = {
    Choice{Blocklist::common, "common"},
    Choice{Blocklist::off, "off"},
};

template <>
inline constexpr std::array kChoices<PwnedCheck> = {
    Choice{PwnedCheck::off, "off"},
    Choice{PwnedCheck::signup, "signup"},
    Choice{PwnedCheck::login, "login"},
};

template <>
inline constexpr std::array kChoices<PasswordProfile> = {
    Choice{PasswordProfile::standard, "standard"},
    Choice{PasswordProfile::nist, "nist"},
};

template <>
inline constexpr std::array kChoices<CompatPasswords> = {
    Choice{CompatPasswords::own, "own"},
    Choice{CompatPasswords::ours, "ours"},
};

template <>
inline constexpr std::array kChoices<EmailTrust> = {
    Choice{EmailTrust::verified, "verified"},
    Choice{EmailTrust::always, "always"},
    Choice{EmailTrust::never, "never"},
};

template <>
inline constexpr std::array kChoices<ResponseMode> = {
    Choice{ResponseMode::query, "query"},
    Choice{ResponseMode::form_post, "form_post"},
};

template <>
inline constexpr std::array kChoices<AttributeType> = {
    Choice{AttributeType::text, "text"},
    Choice{AttributeType::number, "number"},
    Choice{AttributeType::boolean, "boolean"},
    Choice{AttributeType::texts, "texts"},
};

template <>
inline constexpr std::array kChoices<AttributeAccess> = {
    Choice{AttributeAccess::owner, "owner"},
    Choice{AttributeAccess::admin, "admin"},
};

template <>
inline constexpr std::array kChoices<RequestLog> = {
    Choice{RequestLog::all, "all"},
    Choice{RequestLog::refused, "refused"},
    Choice{RequestLog::none, "none"},
};

template <>
inline constexpr std::array kChoices<LogLevel> = {
    Choice{LogLevel::debug, "debug"}, Choice{LogLevel::info, "info"},
    Choice{LogLevel::warn, "warn"},   Choice{LogLevel::error, "error"},
    Choice{LogLevel::off, "off"},
};

template <>
inline constexpr std::array kChoices<LogFormat> = {
    Choice{LogFormat::json, "json"},
    Choice{LogFormat::text, "text"},
};

// The word for a value.
template <typename E>
constexpr std::string_view word_of(E value) {
  for (const Choice<E>& choice : kChoices<E>) {
    if (choice.value == value) return choice.word;
  }
  __builtin_unreachable();
}

// "ES256, EdDSA, RS256, HS256"
template <typename E>
std::string words_of() {
  std::string all;
  for (const Choice<E>& choice : kChoices<E>)
    all += (all.empty() ? "" : ", ") + std::string(choice.word);
  return all;
}

// Error: `invalid`, with the words.
template <typename E>
Result<E> parse_choice(std::string_view word) {
  for (const Choice<E>& choice : kChoices<E>) {
    if (choice.word == word) return choice.value;
  }
  return Error{ErrorCode::invalid, "must be one of " + words_of<E>()};
}

}  // namespace authd::config
