// A realm as `kc.sh export` writes it (with its users, in one file or in <realm>-users-0.json).
// Passwords are converted to formats that authd verifies: PBKDF2 as in passlib, Argon2 as PHC
// strings.
#include <algorithm>

#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/syntax/json_array.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

Error not_supported(const std::string& what) {
  return Error{ErrorCode::invalid, what + " cannot be imported"};
}

// Base64 without its padding.
std::string unpadded(std::string text) {
  while (text.ends_with('='))
    text.pop_back();
  return text;
}

// A parameter is a list of one string: "memory": ["7168"].
Result<std::string> parameter(const JsonObject& data, const char* name) {
  const JsonObject parameters = TRY(data.object("additionalParameters"));
  const auto values = TRY(parameters.optional_strings(name));
  if (!values || values->size() != 1) return not_supported("an Argon2 hash without its parameters");
  return values->front();
}

Result<std::string> password_hash(const JsonObject& secret, const JsonObject& data) {
  const std::string algorithm = TRY(data.string("algorithm"));
  const std::string iterations = std::to_string(TRY(data.integer("hashIterations")));
  const std::string salt = unpadded(TRY(secret.string("salt")));
  const std::string hash = unpadded(TRY(secret.string("value")));
  if (algorithm == "argon2") {
    const std::string type = TRY(parameter(data, "type"));
    if (TRY(parameter(data, "version")) != "1.3")
      return not_supported("an Argon2 version other than 1.3");
    return "$argon2" + type + "$v=19$m=" + TRY(parameter(data, "memory")) + ",t=" + iterations +
           ",p=" + TRY(parameter(data, "parallelism")) + "$" + salt + "$" + hash;
  }
  std::string form;
  if (algorithm == "pbkdf2") form = "$pbkdf2$";
  if (algorithm == "pbkdf2-sha256" || algorithm == "pbkdf2-sha512") form = "$" + algorithm + "$";
  if (form.empty()) return not_supported("a password hash of the algorithm \"" + algorithm + "\"");
  const auto ab64 = [](std::string text) {
    std::replace(text.begin(), text.end(), '+', '.');
    return text;
  };
  return form + iterations + "$" + ab64(salt) + "$" + ab64(hash);
}

// The secret as base32. In Keycloak the bytes of the text are the key, unless it states an
// encoding.
Result<std::string> totp_secret(const JsonObject& secret, const JsonObject& data) {
  const bool is_ours = TRY(data.string("subType")) == "totp" && TRY(data.integer("digits")) == 6 &&
                       TRY(data.integer("period")) == 30 &&
                       TRY(data.string("algorithm")) == "HmacSHA1";
  if (!is_ours) {
    return not_supported("an authenticator that is not TOTP with SHA-1, 6 digits and 30 seconds");
  }
  const std::string value = TRY(secret.string("value"));
  const auto encoding = TRY(data.optional_string("secretEncoding"));
  return encoding == "BASE32" ? value : base32_encode(value);
}

Result<void> take_credential(Account& account, const JsonObject& credential) {
  const std::string type = TRY(credential.string("type"));
  if (type != "password" && type != "otp") {
    // Passkeys are bound to the old domain.
    account.losses.push_back("second factor or passkey of the type " + type.substr(0, 64));
    return {};
  }
  const JsonObject secret = TRY(JsonObject::parse(TRY(credential.string("secretData"))));
  const JsonObject data = TRY(JsonObject::parse(TRY(credential.string("credentialData"))));
  if (type == "password") {
    account.password_hash = TRY(password_hash(secret, data));
    if (TRY(credential.optional_boolean("temporary")).value_or(false)) {
      account.losses.emplace_back("a password that is to be changed at the first login");
    }
  } else if (account.totp_secret.empty()) {
    account.totp_secret = TRY(totp_secret(secret, data));
  } else {
    account.losses.emplace_back("another authenticator");  // authd keeps one.
  }
  return {};
}

// Keycloak gives these roles to everybody.
bool is_of_keycloak(const std::string& role) {
  return role.starts_with("default-roles-") || role == "offline_access" ||
         role == "uma_authorization";
}

bool is_filled(const JsonObject& user, const char* field) {
  const auto strings = user.optional_strings(field);
  if (strings) return strings->has_value() && !(*strings)->empty();
  const auto objects = user.optional_objects(field);
  if (objects) return objects->has_value() && !(*objects)->empty();
  const auto object = user.object(field);
  return object && !object->keys().empty();
}

// What the account has that nothing is made of.
Result<void> note_losses(Account& account, const JsonObject& user) {
  for (const auto& [field, what] :
       {std::pair("groups", "groups"), std::pair("clientRoles", "roles of clients"),
        std::pair("federatedIdentities", "linked providers")}) {
    if (is_filled(user, field)) account.losses.emplace_back(what);
  }
  if (is_filled(user, "attributes")) account.ignored.emplace_back("attributes");
  for (const std::string& action :
       TRY(user.optional_strings("requiredActions")).value_or(std::vector<std::string>{})) {
    account.losses.push_back("required action " + action.substr(0, 64));
  }
  return {};
}

Result<void> read_user(const JsonObject& user, Account& account) {
  account.username = TRY(user.optional_string("username")).value_or("");
  account.email = TRY(user.optional_string("email")).value_or("");
  account.email_verified = TRY(user.optional_boolean("emailVerified")).value_or(false);
  account.disabled = !TRY(user.optional_boolean("enabled")).value_or(true);
  account.first_name = TRY(user.optional_string("firstName")).value_or("");
  account.last_name = TRY(user.optional_string("lastName")).value_or("");
  if (const auto created = TRY(user.optional_integer("createdTimestamp"))) {
    account.created_at = Time(Milliseconds(*created));
  }
  for (const std::string& role :
       TRY(user.optional_strings("realmRoles")).value_or(std::vector<std::string>{})) {
    if (!is_of_keycloak(role)) account.roles.push_back(lower(role));
  }
  if (const auto client = TRY(user.optional_string("serviceAccountClientId"))) {
    return Error{ErrorCode::invalid, "is the service account of the client \"" +
                                         client->substr(0, 64) +
                                         "\", and not a person: add a client or an API key"};
  }
  TRY(note_losses(account, user));
  if (const auto credentials = TRY(user.optional_objects("credentials"))) {
    for (const JsonObject& credential : *credentials)
      TRY(take_credential(account, credential));
  }
  return {};
}

class KeycloakReader final : public RecordReader {
 public:
  explicit KeycloakReader(Source& source) : source_(source), users_(source, "users") {}

  Result<std::optional<Record>> next() override {
    Record record;
    if (!users_.next(text_, record.problem)) {
      if (source_.failure()) return Error(*source_.failure());
      return std::optional<Record>{};
    }
    record.line = users_.line();
    if (record.problem.empty()) {
      Account account;
      const Result<void> done = read(account);
      if (!done) record.problem = done.error().message;
      settle_names(account);
      record.who = name_of(account);
      record.what = std::move(account);
    }
    return std::optional<Record>(std::move(record));
  }

 private:
  Result<void> read(Account& account) { return read_user(TRY(JsonObject::parse(text_)), account); }

  Source& source_;
  JsonArray users_;
  std::string text_;
};

}  // namespace

std::unique_ptr<RecordReader> read_keycloak(Source& source) {
  source.skip_byte_order_mark();
  return std::make_unique<KeycloakReader>(source);
}

}  // namespace authd::auth::transfer
