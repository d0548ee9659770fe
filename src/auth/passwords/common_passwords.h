// The list of the commonest passwords as a file (crypto/lists/password_list.h), made by the build
// (src/folders.cmake).
#pragma once

#include <string_view>

namespace authd::auth {

std::string_view embedded_passwords();

}  // namespace authd::auth
