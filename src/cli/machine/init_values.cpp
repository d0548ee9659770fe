#include "cli/machine/init_values.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "cli/frame/layout.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

constexpr std::string_view kExampleDomain = "example.org";

Error wrong(const std::string& flag, const std::string& value, const char* wanted) {
  return Error{ErrorCode::usage, flag + ": \"" + printable(value) + "\" is not " + wanted};
}

// "auth.example.org": a name, which cookies need, with letters that no file gives a meaning.
Result<std::string> host_name(const std::string& flag, const std::string& value) {
  const Result<std::string> host = config::parse_domain(value);
  if (host && !host->empty()) return *host;
  return wrong(flag, value, "the name of a host, such as app.example.org");
}

Result<void> check_address(const std::string& flag, const std::string& value) {
  const Result<std::string> host = config::parse_host(value);
  const size_t colon = value.rfind(':');
  const bool has_port = colon != std::string::npos && value.back() != ']';
  if (host && has_port && value.front() != '*') return {};
  return wrong(flag, value, "a host and a port, such as 127.0.0.1:3000");
}

Result<void> check_path(const std::string& flag, const std::string& value) {
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("/._-+@").find(c) != std::string_view::npos;
  });
  if (is_plain && value.starts_with('/')) return {};
  return wrong(flag, value, "a path that begins with / and has no spaces");
}

Result<void> check_role(const std::string& value) {
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._-,:").find(c) != std::string_view::npos;
  });
  if (is_plain) return {};
  return wrong("--role", value, "the name of a role, or several with commas");
}

// Envoy writes host and port apart.
std::string for_envoy(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = "\"" + host.substr(1, host.size() - 2) + "\"";
  return "address: " + host + ", port_value: " + address.substr(colon + 1);
}

// Adds the rule to the address that authd is asked at, and not to the comment above it.
std::string with_role(const std::string& text, const std::string& role) {
  if (role.empty()) return text;
  std::string result;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    const std::string_view code = trimmed(line, " \t");
    const bool is_comment = code.starts_with('#') || code.starts_with("--");
    for (const std::string_view mode : {"redirect=1", "redirect=location"}) {
      const size_t at = is_comment ? std::string_view::npos : line.find(mode);
      if (at == std::string_view::npos) continue;
      result += std::string(line.substr(0, at + mode.size())) + "&role=" + role;
      line.remove_prefix(at + mode.size());
    }
    result += line;
  }
  return result;
}

}  // namespace

void add_init_options(const Subcommand& app, InitValues& values) {
  const auto option = [&](const char* name, std::string& value, const char* help) {
    const bool is_file = value.starts_with('/');
    app.add_option(name, value, help).type_name(is_file ? "FILE" : "TEXT").capture_default_str();
  };
  option("--app-host", values.app_host, "The host of the application");
  option("--auth-host", values.auth_host, "The host of authd's own pages");
  option("--upstream", values.upstream, "Where the application listens");
  option("--authd", values.authd, "Where authd listens");
  option("--certificate", values.certificate, "PEM file of the certificate for both hosts");
  option("--key", values.key, "PEM file of its key");
  app.add_option("--role", values.role, "Let in only users with one of these roles")
      .type_name("ROLE");
}

Result<InitValues> checked(InitValues values) {
  values.app_host = TRY(host_name("--app-host", values.app_host));
  values.auth_host = TRY(host_name("--auth-host", values.auth_host));
  TRY(check_address("--upstream", values.upstream));
  TRY(check_address("--authd", values.authd));
  TRY(check_path("--certificate", values.certificate));
  TRY(check_path("--key", values.key));
  TRY(check_role(values.role));
  return values;
}

Result<std::string> common_domain(const InitValues& values) {
  std::string domain = values.auth_host;
  const auto has = [&](const std::string& host) {
    return host == domain || host.ends_with("." + domain);
  };
  while (!has(values.app_host)) {
    const size_t dot = domain.find('.');
    domain = dot == std::string::npos ? "" : domain.substr(dot + 1);
    if (domain.find('.') == std::string::npos) {
      return Error{ErrorCode::usage,
                   "--auth-host and --app-host must be in one domain, such as auth.example.org and "
                   "app.example.org: browsers send the session cookie to no other"};
    }
  }
  if (values.app_host == values.auth_host) {
    return Error{ErrorCode::usage,
                 "--auth-host and --app-host are the same: authd needs a host of its own"};
  }
  return domain;
}

std::string replaced(std::string_view text, const InitSwaps& swaps) {
  std::string result;
  while (!text.empty()) {
    const auto fits = std::find_if(swaps.begin(), swaps.end(),
                                   [&](const auto& swap) { return text.starts_with(swap.first); });
    if (fits == swaps.end()) {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    result += fits->second;
    text.remove_prefix(fits->first.size());
  }
  return result;
}

std::string embedded_text(std::span<const web::Asset> assets, std::string_view name) {
  const auto asset = std::find_if(assets.begin(), assets.end(), [&](const web::Asset& one) {
    return one.path.substr(1) == name;
  });
  CHECK(asset != assets.end());
  return web::contents(*asset);
}

std::string filled_proxy(std::string_view name, const InitValues& values, const std::string& domain,
                         InitSwaps swaps) {
  // If it was not given, the path follows the domain, as every other place with that.
  if (values.certificate != kInitExample.certificate)
    swaps.emplace_back(kInitExample.certificate, values.certificate);
  if (values.key != kInitExample.key) swaps.emplace_back(kInitExample.key, values.key);
  swaps.emplace_back(kInitExample.app_host, values.app_host);
  swaps.emplace_back(kInitExample.auth_host, values.auth_host);
  swaps.emplace_back(for_envoy(kInitExample.upstream), for_envoy(values.upstream));
  swaps.emplace_back(for_envoy(kInitExample.authd), for_envoy(values.authd));
  swaps.emplace_back(kInitExample.upstream, values.upstream);
  swaps.emplace_back(kInitExample.authd, values.authd);
  swaps.emplace_back(kExampleDomain, domain);
  return with_role(replaced(embedded_text(web::embedded_proxies(), name), swaps), values.role);
}

}  // namespace authd::cli
