// authd init caddy|nginx|…: the files of packaging/proxies/, with the names of the caller's hosts.
// Those files are complete examples, which work as they are; what may differ is in them as the
// values of kExample, so that file and command cannot drift apart.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/check.h"
#include "base/ip_address.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "config/reading/values.h"
#include "web/asset.h"

namespace authd::cli {
namespace {

struct Values {
  std::string app_host = "app.example.org";
  std::string auth_host = "auth.example.org";
  std::string upstream = "127.0.0.1:3000";
  std::string authd = "127.0.0.1:8080";
  std::string certificate = "/etc/ssl/example.org/fullchain.pem";
  std::string key = "/etc/ssl/example.org/privkey.pem";
  std::string role;
};

const Values kExample{};
constexpr std::string_view kExampleDomain = "example.org";

struct File {
  const char* command;
  const char* help;
  std::string_view name;   // in packaging/proxies/
  const char* place;       // where it belongs
  const char* other = "";  // the command that prints the file that it needs besides
};

constexpr std::array kFiles = {
    File{"caddy", "Caddy", "Caddyfile", "/etc/caddy/Caddyfile"},
    File{"nginx", "nginx", "nginx.conf", "/etc/nginx/conf.d/app.conf"},
    File{"haproxy", "HAProxy", "haproxy.cfg", "/etc/haproxy/haproxy.cfg", "haproxy-lua"},
    File{"haproxy-lua", "The script of HAProxy", "haproxy-authd.lua",
         "/etc/haproxy/haproxy-authd.lua"},
    File{"apache", "Apache httpd", "apache.conf", "/etc/apache2/sites-available/app.conf",
         "apache-lua"},
    File{"apache-lua", "The script of Apache httpd", "apache-authd.lua",
         "/etc/apache2/apache-authd.lua"},
    File{"traefik", "Traefik (file provider)", "traefik.yaml", "/etc/traefik/conf.d/app.yaml"},
    File{"envoy", "Envoy", "envoy.yaml", "/etc/envoy/envoy.yaml"},
    File{"toml", "The settings of authd that go with all of them", "authd.toml",
         "/etc/authd/authd.toml"},
};

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

// The longest domain that both hosts are in: the session cookie is for all hosts of it.
Result<std::string> common_domain(const Values& values) {
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

Result<Values> checked(Values values) {
  values.app_host = TRY(host_name("--app-host", values.app_host));
  values.auth_host = TRY(host_name("--auth-host", values.auth_host));
  TRY(check_address("--upstream", values.upstream));
  TRY(check_address("--authd", values.authd));
  TRY(check_path("--certificate", values.certificate));
  TRY(check_path("--key", values.key));
  TRY(check_role(values.role));
  return values;
}

// Envoy writes host and port apart.
std::string for_envoy(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = "\"" + host.substr(1, host.size() - 2) + "\"";
  return "address: " + host + ", port_value: " + address.substr(colon + 1);
}

using Swaps = std::vector<std::pair<std::string, std::string>>;

// Each place is replaced once, by the first pair that fits.
std::string replaced(std::string_view text, const Swaps& swaps) {
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

std::string filled(const File& file, const Values& values, const std::string& domain) {
  Swaps swaps;
  // If it was not given, the path follows the domain, as every other place with that.
  if (values.certificate != kExample.certificate)
    swaps.emplace_back(kExample.certificate, values.certificate);
  if (values.key != kExample.key) swaps.emplace_back(kExample.key, values.key);
  swaps.emplace_back(kExample.app_host, values.app_host);
  swaps.emplace_back(kExample.auth_host, values.auth_host);
  swaps.emplace_back(for_envoy(kExample.upstream), for_envoy(values.upstream));
  swaps.emplace_back(for_envoy(kExample.authd), for_envoy(values.authd));
  swaps.emplace_back(kExample.upstream, values.upstream);
  // A server listens on addresses, not on a name that others know it by.
  const std::string host(without_port(values.authd));
  const bool is_name = file.name == "authd.toml" && host != "localhost" && !IpAddress::parse(host);
  swaps.emplace_back(kExample.authd, is_name ? values.authd.substr(host.size()) : values.authd);
  swaps.emplace_back(kExampleDomain, domain);
  const auto assets = web::embedded_proxies();
  const auto asset = std::find_if(assets.begin(), assets.end(), [&](const web::Asset& one) {
    return one.path.substr(1) == file.name;
  });
  CHECK(asset != assets.end());
  return with_role(replaced(web::contents(*asset), swaps), values.role);
}

Result<void> print_file(Command& command, const File& file, const Values& given) {
  const Values values = TRY(checked(given));
  const std::string text = filled(file, values, TRY(common_domain(values)));
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().field("place", file.place).field("text", text).end_object();
  });
  const bool is_toml = file.name == "authd.toml";
  std::string note = is_toml ? "authd: set these keys in the tables of " : "authd: put this into ";
  note += file.place;
  const auto also = [&](const std::string& name) {
    note += "; `authd init " + name + "` with the same options prints what goes with it";
  };
  if (*file.other != '\0') also(file.other);
  if (file.name != "authd.toml" && *file.other == '\0') also("toml");
  if (*file.other != '\0') note += ", as does `authd init toml`";
  const std::string host(without_port(values.authd));
  if (is_toml && !is_loopback_host(host)) {
    note += "; set server.trusted_proxies to the address of the proxy";
    if (!IpAddress::parse(host)) note += ", and note that authd will listen on all addresses";
  }
  std::fprintf(stderr, "%s\n", note.c_str());
  return {};
}

}  // namespace

void add_init(const Subcommand& app, Command& command) {
  Group<Values> group(app, command, "init",
                      "Print a complete configuration of a reverse proxy, or of authd behind it");
  for (const File& file : kFiles) {
    const Subcommand sub = group.add(
        file.command, file.help,
        [&file](Command& c, const Values& values) { return print_file(c, file, values); });
    const auto option = [&](const char* name, std::string& value, const char* help) {
      const bool is_file = value.starts_with('/');
      sub.add_option(name, value, help).type_name(is_file ? "FILE" : "TEXT").capture_default_str();
    };
    option("--app-host", group.flags->app_host, "The host of the application");
    option("--auth-host", group.flags->auth_host, "The host of authd's own pages");
    option("--upstream", group.flags->upstream, "Where the application listens");
    option("--authd", group.flags->authd, "Where authd listens");
    option("--certificate", group.flags->certificate, "PEM file of the certificate for both hosts");
    option("--key", group.flags->key, "PEM file of its key");
    sub.add_option("--role", group.flags->role, "Let in only users with one of these roles")
        .type_name("ROLE");
  }
}

}  // namespace authd::cli
