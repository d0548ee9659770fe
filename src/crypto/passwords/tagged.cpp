// Hashes with a tag or a name in front of a form that is known: {CRYPT}$6$… as directories and mail
// servers write them (RFC 2307, Dovecot), argon2$argon2id$… as Django does.
#include "base/text.h"
#include "crypto/passwords/hash_forms.h"
#include "crypto/passwords/password_hash.h"

namespace authd::crypto {
namespace {

Verdict verify_inner(const Password* password, std::string_view stored,
                     std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (stored.starts_with(prefix)) return verify_form(password, stored);
  }
  return Verdict::unsupported;
}

}  // namespace

// {SCHEME}…; the scheme in any case.
Verdict verify_tagged(const Password* password, std::string_view stored) {
  const size_t end = stored.find('}');
  if (end == std::string_view::npos) return Verdict::unsupported;
  const std::string scheme = lower(stored.substr(1, end - 1));
  stored.remove_prefix(end + 1);
  if (scheme == "crypt" || scheme == "sha512-crypt" || scheme == "sha256-crypt" ||
      scheme == "blf-crypt") {
    return verify_inner(password, stored, {"$2", "$1$", "$5$", "$6$", "$y$", "$gy$"});
  }
  if (scheme == "argon2" || scheme == "argon2id" || scheme == "argon2i") {
    return verify_inner(password, stored, {"$argon2"});
  }
  if (scheme == "pbkdf2" || scheme == "pbkdf2-sha1") {
    return verify_form(password, "$pbkdf2$" + std::string(stored));
  }
  if (scheme == "pbkdf2-sha256" || scheme == "pbkdf2-sha512") {
    // Dovecot's form of the same name is another one; OpenLDAP's has the parts of passlib's.
    return verify_form(password, "$" + scheme + "$" + std::string(stored));
  }
  return verify_salted_digest(password, scheme, stored);
}

// argon2$argon2id$…
Verdict verify_django_argon2(const Password* password, std::string_view stored) {
  constexpr std::string_view kHead = "argon2";
  return verify_inner(password, stored.substr(kHead.size()), {"$argon2"});
}

// bcrypt$$2b$12$…
Verdict verify_django_bcrypt(const Password* password, std::string_view stored) {
  constexpr std::string_view kHead = "bcrypt$";
  return verify_inner(password, stored.substr(kHead.size()), {"$2"});
}

}  // namespace authd::crypto
