#include "base/ip_address.h"
#include "config/languages.h"
#include "config/reading/key_forms.h"
#include "config/reading/key_groups.h"

namespace authd::config {

using namespace std::chrono_literals;

void add_tokens(std::vector<Key>& keys) {
  keys.push_back(computed("server.public_url",
                          one<std::string>("tokens.issuer", "", AT(tokens.issuer), &parse_issuer,
                                           &as_is, "The iss of the tokens.")));
  keys.push_back(
      filled(text("tokens.audience", "authd", AT(tokens.audience), "The aud of the tokens.")));
  keys.push_back(
      choice<SigningAlgorithm>("tokens.algorithm", "ES256", AT(tokens.algorithm),
                               "The algorithm of access tokens: ES256, EdDSA, RS256 or HS256."));
  keys.push_back(duration("tokens.access_ttl", "15m", 10s, 24h, AT(tokens.access_ttl),
                          "Lifetime of an access token."));
  keys.push_back(duration("tokens.refresh_ttl", "30d", 1min, 24h * 3650, AT(tokens.refresh_ttl),
                          "Lifetime of a session that is not refreshed."));
  keys.push_back(duration("tokens.refresh_grace", "10s", 0ms, 10min, AT(tokens.refresh_grace),
                          "How long the previous refresh token gives the same successor again."));
  keys.push_back(
      duration("tokens.idle_timeout", "0", 0ms, 24h * 365, AT(tokens.idle_timeout),
               "End the sessions of a user who has done nothing for this long; 0 is off."));
  keys.push_back(duration("tokens.session_max_age", "90d", 1min, 24h * 3650,
                          AT(tokens.session_max_age),
                          "Lifetime of a session, however often it is refreshed."));
  const auto parse_rotation = [](std::string_view text) -> Result<Milliseconds> {
    const Milliseconds value = TRY(parse_duration(text));
    // A retired key stays for 24 hours, and there are at most 20.
    if (value == 0ms || (value >= 2h && value <= 24h * 3650)) return value;
    return Error{ErrorCode::invalid, "must be 0 or between 2h and 3650d"};
  };
  keys.push_back(of_type(KeyType::quantity,
                         one<Milliseconds>("tokens.rotate_every", "0", AT(tokens.rotate_every),
                                           parse_rotation, &format_duration,
                                           "How often to rotate the signing keys (at least 2h); 0: "
                                           "only by command. A key signs once it has been "
                                           "published for 48 hours.")));
}

namespace {

// Hashes of passwords, even pieces of them, go only where nobody else reads them.
Result<std::string> parse_range_url(std::string_view text) {
  std::string url = TRY(parse_issuer(text));
  if (!url.starts_with("https://") && !is_loopback_host(host_of(url))) {
    return Error{ErrorCode::invalid, "must be https (http only to this machine)"};
  }
  if (!url.ends_with('/')) url += '/';
  return url;
}

}  // namespace

void add_passwords(std::vector<Key>& keys) {
  keys.push_back(number("passwords.min_length", "8", 1, 256, AT(passwords.min_length),
                        "Shortest password, in characters."));
  keys.push_back(number("passwords.max_length", "256", 8, 4096, AT(passwords.max_length),
                        "Longest password, in characters."));
  const auto parse_score = [](std::string_view value) -> Result<int> {
    if (value.size() == 1 && value[0] >= '0' && value[0] <= '4') return value[0] - '0';
    return outside("0", "4");
  };
  keys.push_back(of_type(KeyType::number,
                         one<int>(
                             "passwords.min_score", "0", AT(passwords.min_score), parse_score,
                             [](int value) { return std::to_string(value); },
                             "How hard to guess a password must be (zxcvbn, 0 to 4; 0 is off).")));
  keys.push_back(
      choice<Blocklist>("passwords.blocklist", "common", AT(passwords.blocklist),
                        "Refuse the passwords that attackers try first: common or off."));
  keys.push_back(text("passwords.blocklist_file", "", AT(passwords.blocklist_file),
                      "A list of further passwords to refuse, made by authd password-list build; "
                      "empty: none."));
  keys.push_back(choice<PwnedCheck>(
      "passwords.pwned", "off", AT(passwords.pwned),
      "Refuse passwords of known breaches: off, signup (wherever a password is set), or login "
      "(there, and each login looks whether its password has become known). The server of "
      "passwords.pwned_url learns five digits of a hash."));
  keys.push_back(one<std::string>(
      "passwords.pwned_url", "https://api.pwnedpasswords.com/range/", AT(passwords.pwned_url),
      &parse_range_url, &as_is,
      "Where to ask for passwords of known breaches: the address of Pwned Passwords, or of a copy "
      "of your own, to which the five digits are appended. https, or http to this machine."));
  keys.push_back(choice<PasswordProfile>(
      "passwords.profile", "standard", AT(passwords.profile),
      "standard, or nist: at least 15 characters, or 8 for an account with a second factor (NIST "
      "SP 800-63B-4)."));
  keys.push_back(size("passwords.argon2_memory", "19MiB", 64 << 10, 1ull << 30,
                      AT(hashing.argon2_memory), "Argon2id memory of a password hash."));
  keys.push_back(number("passwords.argon2_passes", "2", 1, 20, AT(hashing.argon2_passes),
                        "Argon2id passes of a password hash."));
}

void add_signup(std::vector<Key>& keys) {
  keys.push_back(
      flag("signup.enabled", "true", AT(signup.enabled), "Let people create accounts themselves."));
  keys.push_back(flag("signup.require_verified_email", "false", AT(signup.require_verified_email),
                      "Require a verified email before login."));
  keys.push_back(choice<ProofOfWork>("signup.proof_of_work", "auto", AT(signup.proof_of_work),
                                     "Whether sign-ups and requests for mails need a proof of "
                                     "work: auto (from 20 of them a minute, "
                                     "if rate_limit.enabled), off or always."));
  keys.push_back(list<std::string>(
      "signup.reserved_usernames",
      "abuse,admin,administrator,anonymous,authd,daemon,guest,hostmaster,mailer-daemon,moderator,"
      "no-reply,nobody,noreply,operator,postmaster,root,security,staff,superuser,support,sysadmin,"
      "system,webmaster",
      AT(signup.reserved_usernames),
      [](std::string_view name) -> Result<std::string> { return lower(name); }, &as_is,
      "Usernames that only an administrator can give to an account."));
  keys.push_back(duration("signup.username_retention", "180d", 0ms, 24h * 3650,
                          AT(signup.username_retention),
                          "How long a username that was given up, by renaming or deleting the "
                          "account, is kept from others; 0 is off."));
}

void add_login(std::vector<Key>& keys) {
  const auto parse = &parse_choice<LoginMethod>;
  keys.push_back(filled(choosing<LoginMethod>(list<LoginMethod>(
      "login.methods", "password,passkey,email_link,email_code,providers", AT(login.methods), parse,
      &word_of<LoginMethod>,
      "How people sign in: password, passkey, email_link, email_code, providers. What is not in "
      "the list is refused everywhere."))));
}

void add_mfa(std::vector<Key>& keys) {
  keys.push_back(
      choice<EmailOtp>("mfa.email_otp", "off", AT(mfa.email_otp),
                       "Whether a login without another second factor needs a mailed code: off or "
                       "required."));
  keys.push_back(duration(
      "mfa.remember", "0", 0ms, 24h * 365, AT(mfa.remember),
      "How long a device on which a person has asked for it needs no second factor; 0 is off. The "
      "first factor is always needed."));
}

void add_terms(std::vector<Key>& keys) {
  const auto parse_version = [](std::string_view value) -> Result<std::string> {
    const bool is_version =
        value.size() <= 64 &&
        std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (is_version) return std::string(value);
    return Error{ErrorCode::invalid,
                 "must be at most 64 characters without spaces, such as 2026-11"};
  };
  keys.push_back(computed(
      "empty", one<std::string>("terms.version", "", AT(terms.version), parse_version, &as_is,
                                "The version of the terms that people accept at sign-up, and at "
                                "the next login after it has changed; empty: there are none.")));
  const auto parse_url = [](std::string_view value) -> Result<std::string> {
    if (value.empty()) return std::string();
    return parse_page_url(value);
  };
  keys.push_back(computed(
      "empty", one<std::string>("terms.url", "", AT(terms.url), parse_url, &as_is,
                                "Where the terms can be read; needed with terms.version.")));
}

void add_retention(std::vector<Key>& keys) {
  keys.push_back(duration(
      "retention.unverified", "0", 0ms, 24h * 3650, AT(retention.unverified),
      "After how long without activity an account with an unverified email is disabled; 0 is "
      "never. People get a mail 30 and 7 days before. Administrators' accounts stay."));
  keys.push_back(duration("retention.inactive", "0", 0ms, 24h * 3650, AT(retention.inactive),
                          "The same for every other account."));
  keys.push_back(duration("retention.delete_after", "30d", 0ms, 24h * 3650,
                          AT(retention.delete_after),
                          "How long after that the account is deleted; 0 is never."));
}

void add_passkeys(std::vector<Key>& keys) {
  keys.push_back(
      flag("passkeys.enabled", "true", AT(passkeys.enabled), "Let people sign in with passkeys."));
  keys.push_back(
      computed("the host of server.public_url",
               one<std::string>(
                   "passkeys.rp_id", "", AT(passkeys.rp_id), &parse_rp_id, &as_is,
                   "The host that passkeys are made for: that of server.public_url, or a "
                   "domain above it. Passkeys that were made for another one no longer work.")));
  keys.push_back(list<std::string>(
      "passkeys.origins", "", AT(passkeys.origins), &parse_secure_origin, &as_is,
      "Other origins whose pages may use these passkeys; for another domain than passkeys.rp_id "
      "browsers ask /.well-known/webauthn (related origins)."));
  keys.push_back(choice<PasskeyRecovery>(
      "passkeys.recovery", "email", AT(passkeys.recovery),
      "What makes a new passkey for somebody who has lost the only way into the account: email (a "
      "mailed link, or a recovery code), codes (a recovery code), or admin (only a link from an "
      "administrator)."));
  keys.push_back(list<std::string>(
      "passkeys.required_for", "", AT(passkeys.required_for), &parse_role_name, &as_is,
      "Roles whose members sign in with a passkey, or with a passkey, a security key or a recovery "
      "code after the password. A server for which browsers make no passkeys does not start with "
      "it."));
}

void add_mail(std::vector<Key>& keys) {
  keys.push_back(one<MailUrl>(
      "mail.url", "log:", AT(mail.url), &parse_mail_url, &format_mail_url,
      "Where mail goes: smtp://[user:password@]host[:port], smtps://…, file:DIRECTORY, or log:."));
  keys.push_back(one<std::string>("mail.from", "authd@localhost", AT(mail.from), &parse_mail_from,
                                  &as_is, "The sender: an address, or Name <address>."));
  keys.push_back(duration("mail.timeout", "20s", 100ms, 10min, AT(mail.timeout),
                          "Time for a mail server to accept one mail."));
  keys.push_back(choice<StartTls>(
      "mail.starttls", "required", AT(mail.starttls),
      "Whether smtp:// needs STARTTLS: required, or optional, which sends without TLS if the "
      "server does not offer it. A password is sent without TLS only to this machine."));
  keys.push_back(text("mail.ca_file", "", AT(mail.ca_file),
                      "PEM file of the authorities for the mail server's certificate; empty: the "
                      "system's."));
  const auto parse_hello = [](std::string_view value) -> Result<std::string> {
    const bool is_name = value.size() <= 253 && std::all_of(value.begin(), value.end(), [](char c) {
                           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  std::string_view(".-[]:").find(c) != std::string_view::npos;
                         });
    if (is_name) return std::string(value);
    return Error{ErrorCode::invalid, "must be a host name, such as auth.example.org"};
  };
  keys.push_back(computed(
      "the host of server.public_url if it has a dot, else the machine's name",
      one<std::string>("mail.hello_name", "", AT(mail.hello_name), parse_hello, &as_is,
                       "The name by which this server introduces itself to mail servers (EHLO).")));
  keys.push_back(text(
      "mail.oauth_token_file", "", AT(mail.oauth_token_file),
      "A file with an OAuth access token, sent in place of a password (XOAUTH2, for Microsoft 365 "
      "and Google). It is read for each mail, so whatever renews the token replaces the file."));
  keys.push_back(flag("mail.new_device", "true", AT(mail.new_device),
                      "Tell people by mail of a login from a device that their account has not "
                      "seen for 90 days."));
}

void add_branding(std::vector<Key>& keys) {
  const auto parse_language = [](std::string_view value) -> Result<std::string> {
    if (const Language* language = find_language(value)) return std::string(language->tag);
    return Error{ErrorCode::invalid, "must be one of " + joined(kLanguages, ", ", &Language::tag)};
  };
  keys.push_back(filled(text("branding.name", "authd", AT(branding.name),
                             "What the service is called in mails and on pages.")));
  keys.push_back(one<std::string>("branding.accent", "#3d5af1", AT(branding.accent), &parse_accent,
                                  &as_is, "The colour of the pages' buttons and links: #rrggbb."));
  keys.push_back(text("branding.logo_file", "", AT(branding.logo),
                      "File of the logo on the pages (SVG, PNG, JPEG, WebP; at most 256KiB) and in "
                      "mails (PNG, JPEG; at most 64KiB); empty: the first letter of the name."));
  keys.push_back(list<std::string>(
      "branding.links", "", AT(branding.links), &parse_link, &as_is,
      "Links at the foot of the pages: a label, a space, and https://…, mailto:… or a path."));
  keys.push_back(one<std::string>("branding.language", "en", AT(branding.language), parse_language,
                                  &as_is,
                                  "The language of pages and mails for people who ask for none of "
                                  "these: en, de, fr, es, it, pt-BR, nl, pl, ja or zh-Hans."));
  keys.push_back(reloadable(computed(
      "empty", text("branding.texts_dir", "", AT(branding.texts_dir),
                    "Directory with your own words for texts of pages and mails, a file for each "
                    "language (en.json); empty: none."))));
}

void add_compat(std::vector<Key>& keys) {
  keys.push_back(list<std::string>("compat.enabled", "secureauth,facade,fastapi,oauthapp",
                                   AT(compat.enabled), &parse_compat_api, &as_is,
                                   "The APIs of replaced services to serve."));
  keys.push_back(choice<CompatPasswords>(
      "compat.passwords", "own", AT(compat.passwords),
      "Rules for passwords in these APIs: own, without passwords.blocklist, blocklist_file, pwned "
      "and profile, which they do not know, or ours."));
}

void add_provider(std::vector<Key>& keys) {
  keys.push_back(flag("provider.enabled", "true", AT(provider.enabled),
                      "Sign people in to other applications (OpenID Connect)."));
  keys.push_back(duration("provider.code_ttl", "1m", 10s, 10min, AT(provider.code_ttl),
                          "Lifetime of an authorization code."));
  keys.push_back(choice<Registration>("provider.registration", "off", AT(provider.registration),
                                      "Who may register clients by program (RFC 7591): off, token "
                                      "(whoever has an initial access token) or open."));
  keys.push_back(choice<ClientDocuments>(
      "provider.cimd", "off", AT(provider.cimd),
      "Clients whose id is the address of their metadata: off, listed (at hosts of "
      "provider.cimd_hosts) or open."));
  keys.push_back(list<std::string>("provider.cimd_hosts", "", AT(provider.cimd_hosts),
                                   &parse_domain, &as_is,
                                   "Hosts at which such clients have their metadata."));
  keys.push_back(list<Network>(
      "provider.outbound_networks", "", AT(provider.outbound_networks), &parse_network,
      [](const Network& network) { return network.to_string(); },
      "Private networks that the addresses of clients may lead to (jwks_uri, for example); empty: "
      "none."));
}

}  // namespace authd::config
