// Names from other systems: forms of password hashes that authd cannot verify, and usernames that
// it does not accept.
#pragma once

#include <string>
#include <string_view>

namespace authd::auth::transfer {

// Names the form of a password hash, without any of the hash: "$apr1$ (Apache's MD5)".
std::string form_of_hash(std::string_view hash);

// True for what Django, shadow files and Keycloak write where there is no password.
bool is_no_password(std::string_view hash);

// A username that authd takes, as close as can be: "CORP\Jürgen Groß" becomes "Juergen.Gross".
// Empty if nothing is left.
std::string mapped_username(std::string_view name);

}  // namespace authd::auth::transfer
