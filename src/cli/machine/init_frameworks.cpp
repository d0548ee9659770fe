// authd init express|fastify|…: what an application needs, of the folder examples/, with the names
// and addresses of the caller. Behind a proxy: the proxy's file, the settings, and the code. With
// access tokens, the settings and the code.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/encoding.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/machine/init_values.h"
#include "config/choices.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

struct Framework {
  const char* command;
  const char* help;
  std::string_view proxy;   // in examples/COMMAND/: the code behind a proxy
  std::string_view bearer;  // the code with access tokens
  const char* settings = ".env";
  bool asks = false;  // authd about each token, and needs a client for that
};

constexpr std::array kFrameworks = {
    Framework{"express", "Express", "proxy.mjs", "bearer.mjs"},
    Framework{"fastify", "Fastify", "proxy.mjs", "bearer.mjs"},
    Framework{"nextjs", "Next.js", "app/proxy/route.js", "app/bearer/route.js", ".env.local"},
    Framework{"flask", "Flask", "proxy.py", "bearer.py"},
    Framework{"fastapi", "FastAPI", "proxy.py", "bearer.py"},
    Framework{"django", "Django", "proxy.py", "bearer.py"},
    Framework{"go", "Go", "proxy.go", "bearer.go"},
    Framework{"php", "PHP", "proxy.php", "bearer.php", ".env", true},
};

struct Proxy {
  std::string_view name;
  std::string_view file;  // in packaging/proxies/
  const char* place;
};

constexpr std::array kProxies = {
    Proxy{"nginx", "nginx.conf", "/etc/nginx/conf.d/app.conf"},
    Proxy{"caddy", "Caddyfile", "/etc/caddy/Caddyfile"},
};

struct Flags {
  InitValues values;
  std::string way = "proxy";
  std::string proxy = std::string(kProxies.front().name);
};

struct Printed {
  std::string place;
  std::string text;
};

// What stands for the secret, in a line that is a comment until there is one.
constexpr std::string_view kSecret = "PROXY_SECRET";
constexpr size_t kSecretBytes = 32;

std::string with_secret(std::string_view text, const std::string& secret) {
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    const size_t hash = line.find('#');
    if (line.find(kSecret) == std::string_view::npos || hash == std::string_view::npos) {
      result += line;
      continue;
    }
    const std::string code = std::string(line.substr(0, hash)) + std::string(line.substr(hash + 2));
    result += replaced(code, {{std::string(kSecret), secret}});
  }
  return result;
}

// The names of this server, if it is configured and the caller does not say otherwise.
struct Realm {
  InitValues values;
  std::string issuer;
  std::string audience;
  config::SigningAlgorithm algorithm = config::SigningAlgorithm::es256;
};

Result<Realm> realm_of(Command& command, InitValues values) {
  const config::Config& config = TRY(command.loaded())->config;
  Realm realm{std::move(values), "", config.tokens.audience, config.tokens.algorithm};
  const std::string host = config::host_of(config.public_url);
  const bool is_named = config.public_url.starts_with("https://") && config::parse_domain(host) &&
                        host.find('.') != std::string::npos;
  if (is_named && realm.values.auth_host == kInitExample.auth_host) {
    realm.values.auth_host = host;
    if (realm.values.app_host == kInitExample.app_host)
      realm.values.app_host = "app" + host.substr(host.find('.'));
    realm.issuer = config.tokens.issuer;
  }
  realm.values = TRY(checked(std::move(realm.values)));
  if (realm.issuer.empty()) realm.issuer = "https://" + realm.values.auth_host;
  return realm;
}

// The file of examples/ with the addresses of the caller.
std::string filled_example(const std::string& name, const Realm& realm) {
  const InitValues& values = realm.values;
  const std::string port = values.upstream.substr(values.upstream.rfind(':') + 1);
  // Tokens and keys cross no network in plain text.
  const bool is_here = is_loopback_host(without_port(values.authd));
  const std::string server =
      (is_here ? "http://" : "https://") + (is_here ? values.authd : values.auth_host);
  return replaced(embedded_text(web::embedded_examples(), name),
                  {{"ISSUER=https://auth.example.org", "ISSUER=" + realm.issuer},
                   {"AUDIENCE=authd", "AUDIENCE=" + realm.audience},
                   {"http://" + kInitExample.authd, server},
                   {"PORT=3000", "PORT=" + port},
                   {"--port 3000", "--port " + port},
                   {"runserver 3000", "runserver " + port},
                   {kInitExample.upstream, values.upstream}});
}

std::vector<Printed> behind_proxy(const Framework& framework, const Proxy& proxy,
                                  const Realm& realm, const std::string& domain,
                                  const std::string& secret) {
  const std::string code = std::string(framework.command) + "/" + std::string(framework.proxy);
  const std::string settings = filled_example("proxy.env", realm);
  return {
      {proxy.place, with_secret(filled_proxy(proxy.file, realm.values, domain), secret)},
      {framework.settings, replaced(settings, {{"=" + std::string(kSecret), "=" + secret}})},
      {std::string(framework.proxy), filled_example(code, realm)},
  };
}

std::vector<Printed> with_tokens(const Framework& framework, const Realm& realm) {
  const std::string code = std::string(framework.command) + "/" + std::string(framework.bearer);
  std::string settings = filled_example("bearer.env", realm);
  if (framework.asks) settings += filled_example("introspection.env", realm);
  return {{framework.settings, settings},
          {std::string(framework.bearer), filled_example(code, realm)}};
}

void print_note(const Framework& framework, const Flags& flags, const Realm& realm) {
  std::string note = "authd: put each file into its place";
  if (flags.way == "proxy") {
    note +=
        "; `authd init toml` with the same options prints the settings of authd that go with "
        "it; who has the secret can say who they are";
  } else if (framework.asks) {
    note += "; `authd client add app` prints the id and secret of a client";
  } else if (realm.algorithm != config::SigningAlgorithm::es256) {
    note += "; tokens.algorithm is " + std::string(config::word_of(realm.algorithm)) +
            ": the code checks ES256";
  }
  std::fprintf(stderr, "%s\n", note.c_str());
}

Result<void> print_files(Command& command, const Framework& framework, const Flags& flags) {
  const Realm realm = TRY(realm_of(command, flags.values));
  std::vector<Printed> files;
  if (flags.way == "bearer") {
    files = with_tokens(framework, realm);
  } else {
    const std::string domain = TRY(common_domain(realm.values));
    const auto proxy = std::find_if(kProxies.begin(), kProxies.end(),
                                    [&](const Proxy& one) { return one.name == flags.proxy; });
    files = behind_proxy(framework, *proxy, realm, domain,
                         hex_encode(command.random().bytes(kSecretBytes)));
  }
  std::string text;
  for (const Printed& file : files)
    text += (text.empty() ? "==> " : "\n==> ") + file.place + " <==\n" + file.text;
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().key("files").begin_array();
    for (const Printed& file : files)
      json.begin_object().field("place", file.place).field("text", file.text).end_object();
    json.end_array().end_object();
  });
  print_note(framework, flags, realm);
  return {};
}

}  // namespace

void add_frameworks(const Subcommand& init, Command& command) {
  for (const Framework& framework : kFrameworks) {
    const auto flags = std::make_shared<Flags>();
    const Subcommand sub = init.add_subcommand(framework.command, framework.help);
    set_action(sub, command, flags, [&framework](Command& c, const Flags& given) {
      return print_files(c, framework, given);
    });
    sub.add_option("--way", flags->way,
                   "How it knows who asks: from the proxy in front of it, or by the access token")
        .check(one_of({"proxy", "bearer"}))
        .capture_default_str();
    sub.add_option("--proxy", flags->proxy, "The proxy in front of it")
        .check(one_of({"nginx", "caddy"}))
        .capture_default_str();
    add_init_options(sub, flags->values);
  }
}

}  // namespace authd::cli
