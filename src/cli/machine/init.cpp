// authd init caddy|nginx|…: the files of packaging/proxies/, with the names of the caller's hosts.
// authd init express|flask|…: init_frameworks.cpp.
#include <array>
#include <cstdio>

#include "base/ip_address.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/machine/init_values.h"

namespace authd::cli {
namespace {

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

std::string text_of(const File& file, const InitValues& values, const std::string& domain) {
  InitSwaps swaps;
  // A server listens on addresses, not on a name that others know it by.
  const std::string host(without_port(values.authd));
  const bool is_name = file.name == "authd.toml" && host != "localhost" && !IpAddress::parse(host);
  if (is_name) swaps.emplace_back(kInitExample.authd, values.authd.substr(host.size()));
  return filled_proxy(file.name, values, domain, std::move(swaps));
}

Result<void> print_file(Command& command, const File& file, const InitValues& given) {
  const InitValues values = TRY(checked(given));
  const std::string text = text_of(file, values, TRY(common_domain(values)));
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
  Group<InitValues> group(app, command, "init",
                          "Print a complete configuration of a reverse proxy, of authd behind it, "
                          "or of an application");
  for (const File& file : kFiles) {
    const Subcommand sub = group.add(
        file.command, file.help,
        [&file](Command& c, const InitValues& values) { return print_file(c, file, values); });
    add_init_options(sub, *group.flags);
  }
  add_frameworks(group.app(), command);
}

}  // namespace authd::cli
