#include "auth/core/user_agents.h"

#include <algorithm>
#include <array>

namespace authd::auth {
namespace {

struct Mark {
  std::string_view mark;
  std::string_view name;
};

// The first that is there; browsers name those that they resemble as well. As in
// web/pages/_account/devices.js and _core/new_passkey.js.
constexpr std::array kBrowsers = {
    Mark{"Edg/", "Edge"},      Mark{"OPR/", "Opera"},     Mark{"Firefox/", "Firefox"},
    Mark{"Chrome/", "Chrome"}, Mark{"Safari/", "Safari"}, Mark{"curl/", "curl"},
};
constexpr std::array kSystems = {
    Mark{"Android", "Android"}, Mark{"iPhone", "iOS"},     Mark{"iPad", "iPadOS"},
    Mark{"Windows", "Windows"}, Mark{"Mac OS X", "macOS"}, Mark{"CrOS", "ChromeOS"},
    Mark{"Linux", "Linux"},
};

template <typename Marks>
std::string_view named_in(std::string_view user_agent, const Marks& marks) {
  for (const Mark& one : marks)
    if (user_agent.find(one.mark) != std::string_view::npos) return one.name;
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

}  // namespace

std::string device_name(std::string_view user_agent) {
  const std::string_view browser = named_in(user_agent, kBrowsers);
  const std::string_view system = named_in(user_agent, kSystems);
  if (!browser.empty() && !system.empty()) {
    return std::string(browser) + ", " + std::string(system);
  }
  if (!browser.empty() || !system.empty()) return std::string(browser.empty() ? system : browser);
  constexpr size_t kMaxName = 32;
  const std::string_view first = user_agent.substr(0, user_agent.find_first_of("/ "));
  const bool is_name =
      first.size() <= kMaxName && std::all_of(first.begin(), first.end(), &is_of_name);
  return is_name ? std::string(first) : "";
}

std::string without_versions(std::string_view user_agent) {
  std::string text;
  for (const char c : user_agent) {
    if (!is_digit(c) && c != '.' && c != '_') text += c;
  }
  return text;
}

}  // namespace authd::auth
