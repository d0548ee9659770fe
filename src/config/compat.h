// The APIs of the services that authd replaces (compat.enabled). Each is a client with a built-in
// profile (config/client_profile.h).
#pragma once

#include <array>
#include <string_view>

namespace authd::config {

inline constexpr std::string_view kSecureauth = "secureauth";
inline constexpr std::string_view kFacade = "facade";
inline constexpr std::string_view kFastapi = "fastapi";
inline constexpr std::string_view kOauthapp = "oauthapp";

inline constexpr std::array kCompatApis = {kSecureauth, kFacade, kFastapi, kOauthapp};

}  // namespace authd::config
