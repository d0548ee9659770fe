#include "config/reading/load.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "config/reading/keys.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::config;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A temporary directory with a configuration file in it.
class Place {
 public:
  void write(std::string_view text) const { REQUIRE(write_file_atomic(file, text, 0600)); }

  authd::test::TempDir temporary;
  std::string directory = temporary.path();
  std::string file = temporary.file("authd.toml");
};

using Environment = std::map<std::string, std::string>;

Sources from_environment(Environment environment) {
  Sources sources;
  sources.default_file = "";
  sources.environment = std::move(environment);
  return sources;
}

Sources from_flags(std::vector<Sources::Flag> flags) {
  Sources sources = from_environment({});
  sources.flags = std::move(flags);
  return sources;
}

Config config_of(const Sources& sources) {
  const Result<Loaded> loaded = load(sources);
  if (!loaded) FAIL(loaded.error().message);
  return loaded->config;
}

std::string refusal(const Sources& sources) {
  const Result<Loaded> loaded = load(sources);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::invalid);
  return loaded.error().message;
}

// The refusal of a file with that text, without the path that it must begin with.
std::string file_refusal(std::string_view text) {
  const Place place;
  place.write(text);
  Sources sources = from_environment({});
  sources.file = place.file;
  const std::string message = refusal(sources);
  CAPTURE(message);
  REQUIRE(message.starts_with(place.file));
  return message.substr(place.file.size());
}

Origin origin_of(const Loaded& loaded, std::string_view key) {
  for (const Origin& origin : loaded.origins) {
    if (origin.key == key) return origin;
  }
  FAIL("no origin");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without any source the server listens on the loopback with safe defaults") {
  const Loaded loaded = load(from_environment({})).value();
  const Config& c = loaded.config;
  REQUIRE(c.server.listen.size() == 1);
  CHECK(c.server.listen[0].host == "localhost");
  CHECK(c.server.listen[0].port == 8080);
  CHECK(c.server.data_dir == "./authd-data");
  CHECK(c.public_url == "http://localhost:8080");
  CHECK(c.ingress.allowed_hosts == std::vector<std::string>{"*"});
  CHECK(c.ingress.trusted_proxies.empty());
  CHECK(c.server.workers == 64);
  CHECK(c.server.max_body == 65536);
  CHECK(c.store.max_size == 64ull << 30);
  CHECK(c.secrets.master_key_file == "./authd-data/master.key");
  CHECK(c.tokens.issuer == "http://localhost:8080");
  CHECK(c.tokens.algorithm == SigningAlgorithm::es256);
  CHECK(c.tokens.access_ttl == 15min);
  CHECK(c.tokens.refresh_grace == 10s);
  CHECK(c.hashing.argon2_memory == 19 << 20);
  CHECK(c.rate_limit[Limit::login] == Rate{5, 1min});
  CHECK(c.rate_limit[Limit::standard] == Rate{600, 1min});
  CHECK(c.cors.allowed_origins.empty());
  CHECK(c.log.level == LogLevel::info);
  CHECK(loaded.warnings.empty());
  CHECK(loaded.file.empty());
}

TEST_CASE("words are read as other programs write them") {
  for (const auto& [text, level] :
       {std::pair("INFO", LogLevel::info), {"Debug", LogLevel::debug}, {"warn", LogLevel::warn}}) {
    CAPTURE(text);
    const auto loaded = load(from_environment({{"AUTHD_LOG_LEVEL", text}}));
    REQUIRE(loaded);
    CHECK(loaded->config.log.level == level);
  }
  CHECK(load(from_environment({{"AUTHD_SIGNUP_ENABLED", "False"}})).value().config.signup.enabled ==
        false);
}

TEST_CASE("file, environment and flags win in that order, and each value knows its source") {
  const Place place;
  place.write(
      "[tokens]\naudience = \"file\"\n[passwords]\nmin_length = 9\n[log]\nlevel = \"warn\"\n");
  Sources sources = from_environment(
      {{"AUTHD_PASSWORDS_MIN_LENGTH", "10"}, {"AUTHD_LOG_LEVEL", "error"}, {"HOME", "/root"}});
  sources.file = place.file;
  sources.flags = {{"log.level", "debug", "--log-level"}};
  const Loaded loaded = load(sources).value();
  CHECK(loaded.config.tokens.audience == "file");
  CHECK(loaded.config.passwords.min_length == 10);
  CHECK(loaded.config.log.level == LogLevel::debug);
  CHECK(loaded.file == place.file);
  CHECK(origin_of(loaded, "tokens.audience").source == place.file + ":2");
  CHECK(origin_of(loaded, "passwords.min_length").source == "AUTHD_PASSWORDS_MIN_LENGTH");
  CHECK(origin_of(loaded, "log.level").source == "--log-level");
  CHECK(origin_of(loaded, "log.level").value == "debug");
  CHECK(origin_of(loaded, "signup.enabled").source == "default");
  CHECK(origin_of(loaded, "signup.enabled").value == "true");
  CHECK(loaded.origins.size() == all_keys().size());
}

TEST_CASE("of two flags for one key the last wins") {
  CHECK(config_of(from_flags({{"log.level", "warn", "--log-level"},
                              {"log.level", "error", "--log.level"}}))
            .log.level == LogLevel::error);
}

TEST_CASE(
    "the file is the one of the flag, else of AUTHD_CONFIG, else the default if it is there") {
  const Place of_flag;
  const Place of_variable;
  const Place of_default;
  of_flag.write("tokens.audience = \"flag\"\n");
  of_variable.write("tokens.audience = \"variable\"\n");
  of_default.write("tokens.audience = \"default\"\n");
  Sources sources;
  sources.default_file = of_default.file;
  CHECK(config_of(sources).tokens.audience == "default");
  sources.environment["AUTHD_CONFIG"] = of_variable.file;
  CHECK(config_of(sources).tokens.audience == "variable");
  sources.file = of_flag.file;
  CHECK(config_of(sources).tokens.audience == "flag");
}

TEST_CASE("a file that was named must exist, but the default file need not") {
  Sources sources;
  sources.default_file = "/nonexistent/default.toml";
  CHECK(load(sources));
  sources.environment["AUTHD_CONFIG"] = "/nonexistent/variable.toml";
  const Result<Loaded> loaded = load(sources);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::not_found);
  CHECK(contains(loaded.error().message, "/nonexistent/variable.toml"));
}

TEST_CASE("a default file that cannot be read is an error, not ignored") {
  Sources sources;
  sources.default_file = "/";  // A directory: it exists, and reading it fails.
  const Result<Loaded> loaded = load(sources);
  REQUIRE_FALSE(loaded);
  CHECK(contains(loaded.error().message, "cannot read /"));
}

TEST_CASE("lists are arrays in the file and have commas elsewhere") {
  const Place place;
  place.write(
      "[server]\nlisten = [\"127.0.0.1:1\", \"unix:/run/a\"]\ntrusted_proxies = \"10.0.0.0/8\"\n");
  Sources sources =
      from_environment({{"AUTHD_CORS_ALLOWED_ORIGINS", "https://a.example, https://b.example"}});
  sources.file = place.file;
  sources.flags = {{"server.allowed_hosts", "a.example,*.b.example", "--server.allowed-hosts"}};
  const Config c = config_of(sources);
  CHECK(c.server.listen.size() == 2);
  CHECK(c.ingress.trusted_proxies.size() == 1);  // One item needs no brackets.
  CHECK(c.cors.allowed_origins ==
        std::vector<std::string>{"https://a.example", "https://b.example"});
  CHECK(c.ingress.allowed_hosts == std::vector<std::string>{"a.example", "*.b.example"});
}

TEST_CASE("an unknown key names file, line and the key that was meant") {
  CHECK(file_refusal("[server]\n\nmax_bdy = \"64KiB\"\n") ==
        ":3: there is no key \"server.max_bdy\"; did you mean \"server.max_body\"?");
  CHECK(file_refusal("port = 8080\n") ==
        ":1: there is no key \"port\"; `authd config show` lists them all");
  CHECK(file_refusal("[mail]\nport = 25\n").starts_with(":2: there is no key \"mail.port\""));
  CHECK(
      file_refusal("[signup]\nrequire_verified_phone = true\n").starts_with(":2: there is no key"));
}

TEST_CASE("an unknown table is an error even if it is empty, and a known one may be empty") {
  CHECK(file_refusal("[sever]\n").starts_with(":1: there is no key \"sever\""));
  const Place place;
  place.write("[server]\n[tokens]\n");
  Sources sources = from_environment({});
  sources.file = place.file;
  CHECK(load(sources));
}

TEST_CASE("the error about a value names file, line, key and what would be valid") {
  CHECK(file_refusal("[tokens]\naccess_ttl = \"15 minutes\"\n") ==
        ":2: tokens.access_ttl: \"15 minutes\" is not a duration (such as 90s, 15m, 1h, 30d)");
  CHECK(file_refusal("[server]\nworkers = 0\n") ==
        ":2: server.workers: must be between 1 and 1024");
  CHECK(file_refusal("[server]\nlisten = [\"127.0.0.1:80\",\n  \"nowhere\"]\n")
            .starts_with(":2: server.listen: \"nowhere\" is not an address to listen on"));
  CHECK(file_refusal("[server]\nlisten = []\n") == ":2: server.listen: is empty");
}

TEST_CASE("a value of the wrong type names file, line, key and the right type") {
  CHECK(file_refusal("[signup]\nenabled = \"true\"\n") ==
        ":2: signup.enabled: takes true or false without quotes");
  CHECK(file_refusal("[signup]\nenabled = 1\n") ==
        ":2: signup.enabled: takes true or false without quotes");
  CHECK(file_refusal("[passwords]\nmin_length = \"8\"\n") ==
        ":2: passwords.min_length: takes a whole number without quotes");
  CHECK(file_refusal("[server]\ndata_dir = 5\n") == ":2: server.data_dir: takes text in quotes");
  CHECK(file_refusal("[server]\nmax_body = true\n") ==
        ":2: server.max_body: takes text in quotes or a whole number");
  CHECK(file_refusal("[server]\nlisten = 8080\n") ==
        ":2: server.listen: takes text in quotes, or an array of such texts: [\"a\", \"b\"]");
  CHECK(file_refusal("[log]\nlevel = [\"info\"]\n") ==
        ":2: log.level: takes one value, not an array");
  CHECK(file_refusal("[log.level]\n") == ":1: log.level: takes a value, not a table");
  CHECK(file_refusal("[log.level]\nall = \"info\"\n").starts_with(":2: there is no key"));
}

TEST_CASE("sizes may be plain bytes and durations a plain zero") {
  const Place place;
  place.write("[server]\nmax_body = 4096\ndrain_timeout = 0\n");
  Sources sources = from_environment({});
  sources.file = place.file;
  const Config c = config_of(sources);
  CHECK(c.server.max_body == 4096);
  CHECK(c.server.drain_timeout == 0ms);
}

TEST_CASE("the error about a key that is in the file twice names both lines") {
  const std::string message =
      file_refusal("\"server.data_dir\" = \"a\"\n[server]\ndata_dir = \"b\"\n");
  CHECK(contains(message, "server.data_dir: is in the file twice, also at "));
  CHECK(contains(message, ":1"));
  CHECK(contains(message, ":3"));
}

TEST_CASE("an error of syntax in the file names file and line") {
  CHECK(file_refusal("[server]\nlisten =\n").starts_with(":2: "));
}

TEST_CASE("a bad variable or flag is named as it was written") {
  CHECK(refusal(from_environment({{"AUTHD_TOKENS_ACCESS_TTL", "soon"}}))
            .starts_with("AUTHD_TOKENS_ACCESS_TTL: tokens.access_ttl: \"soon\" is not a duration"));
  CHECK(refusal(from_flags({{"server.listen", "8080", "--listen"}}))
            .starts_with("--listen: server.listen: \"8080\" is not an address"));
  CHECK(refusal(from_flags({{"server.listn", "x", "--server.listn"}})) ==
        "--server.listn: there is no key \"server.listn\"; did you mean \"server.listen\"?");
  CHECK(refusal(from_environment({{"AUTHD_SERVER_LISTEN", ""}})) ==
        "AUTHD_SERVER_LISTEN: server.listen: is empty");
}

TEST_CASE("an unknown variable with our prefix is an error that suggests the right one") {
  CHECK(refusal(from_environment({{"AUTHD_LOG_LEVLE", "info"}})) ==
        "environment: AUTHD_LOG_LEVLE is not a variable of authd; did you mean AUTHD_LOG_LEVEL?");
  CHECK(contains(
      refusal(from_environment({{"AUTHD_FRUIT_BASKET", "log:"}})),
      "AUTHD_FRUIT_BASKET is not a variable of authd; `authd config show` lists the keys"));
  CHECK(contains(refusal(from_environment({{"AUTHD_PORT", "9090"}})), "AUTHD_PORT"));
  CHECK(contains(refusal(from_environment({{"AUTHD_SERVER_PORT", "9090"}})), "AUTHD_SERVER_PORT"));
  CHECK(contains(refusal(from_environment({{"AUTHD_", ""}})), "AUTHD_"));
  CHECK(
      contains(refusal(from_environment({{"AUTHD_server_listen", ":1"}})), "AUTHD_server_listen"));
}

TEST_CASE("variables of the build and of Kubernetes are left alone") {
  CHECK(load(from_environment({{"AUTHD_SOURCES", "/srv/tarballs"},
                               {"AUTHD_CACHE", "/var/cache/authd"},
                               {"AUTHD_ALLOW_NEWER", "1"},
                               {"AUTHD_SERVICE_HOST", "10.0.0.1"},
                               {"AUTHD_SERVICE_PORT", "80"},
                               {"AUTHD_SERVICE_PORT_HTTP", "80"},
                               {"AUTHD_PORT", "tcp://10.0.0.1:80"},
                               {"AUTHD_PORT_80_TCP", "tcp://10.0.0.1:80"},
                               {"AUTHD_PORT_80_TCP_PROTO", "tcp"},
                               {"AUTHD_PORT_80_TCP_PORT", "80"},
                               {"AUTHD_INTERNAL_SERVICE_HOST", "10.0.0.2"},
                               {"AUTHD_INTERNAL_PORT", "udp://10.0.0.2:53"},
                               {"AUTHD", "x"},
                               {"authd_nothing", "x"}})));
}

TEST_CASE("the data directory is systemd's first state directory") {
  CHECK(config_of(from_environment({{"STATE_DIRECTORY", "/var/lib/authd"}})).server.data_dir ==
        "/var/lib/authd");
  CHECK(
      config_of(from_environment({{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}})).server.data_dir ==
      "/var/lib/a");
  CHECK(config_of(from_environment(
                      {{"STATE_DIRECTORY", "/var/lib/a"}, {"AUTHD_SERVER_DATA_DIR", "/srv/b"}}))
            .server.data_dir == "/srv/b");
}

TEST_CASE("the master key is systemd's credential if there is one, else in the data directory") {
  const Place place;
  Sources sources = from_environment(
      {{"CREDENTIALS_DIRECTORY", place.directory}, {"AUTHD_SERVER_DATA_DIR", "/srv/data"}});
  CHECK(config_of(sources).secrets.master_key_file == "/srv/data/master.key");
  REQUIRE(write_file_atomic(place.directory + "/master.key", "x", 0600));
  CHECK(config_of(sources).secrets.master_key_file == place.directory + "/master.key");
  sources.environment["AUTHD_SECRETS_MASTER_KEY_FILE"] = "/etc/authd/key";
  CHECK(config_of(sources).secrets.master_key_file == "/etc/authd/key");
  CHECK(config_of(from_environment({{"CREDENTIALS_DIRECTORY", ""}})).secrets.master_key_file ==
        "./authd-data/master.key");
}

TEST_CASE("the public URL follows from the first TCP address and TLS") {
  const auto url_for = [](const std::string& listen, bool has_tls) {
    Environment environment{{"AUTHD_SERVER_LISTEN", listen}};
    if (has_tls) {
      environment["AUTHD_SERVER_TLS_CERT"] = "c.pem";
      environment["AUTHD_SERVER_TLS_KEY"] = "k.pem";
    }
    return config_of(from_environment(environment)).public_url;
  };
  CHECK(url_for("192.0.2.1:8080", false) == "http://192.0.2.1:8080");
  CHECK(url_for("192.0.2.1:8443", true) == "https://192.0.2.1:8443");
  CHECK(url_for("[2001:db8::1]:8080", false) == "http://[2001:db8::1]:8080");
  CHECK(url_for("unix:/run/a,127.0.0.1:1", false) == "http://localhost:1");
  CHECK(url_for("127.0.0.2:1", false) == "http://localhost:1");
  CHECK(url_for("[::1]:1", true) == "https://localhost:1");
  CHECK(url_for(":8080", false) == "http://localhost:8080");
  CHECK(url_for("[::]:8080", false) == "http://localhost:8080");
  CHECK(url_for("0.0.0.0:443", true) == "https://localhost");
  CHECK(url_for("0.0.0.0:80", false) == "http://localhost");
  CHECK(url_for("0.0.0.0:80", true) == "https://localhost:80");
  CHECK(url_for("systemd", false) == "http://localhost");
}

TEST_CASE("the issuer is the public URL unless it is set") {
  CHECK(config_of(from_environment({{"AUTHD_SERVER_PUBLIC_URL", "https://a.example/"}}))
            .tokens.issuer == "https://a.example");
  CHECK(config_of(from_environment({{"AUTHD_SERVER_PUBLIC_URL", "https://a.example"},
                                    {"AUTHD_TOKENS_ISSUER", "https://b.example/"}}))
            .tokens.issuer == "https://b.example/");
}

TEST_CASE("workers follow from the cores, within their bounds") {
  const auto workers_for = [](unsigned cores) {
    Sources sources = from_environment({});
    sources.cores = cores;
    return config_of(sources).server.workers;
  };
  CHECK(workers_for(1) == 64);
  CHECK(workers_for(2) == 64);
  CHECK(workers_for(32) == 128);
  CHECK(workers_for(1000) == 1024);
}

TEST_CASE("the log is text on a terminal and JSON elsewhere unless it is set") {
  Sources sources = from_environment({});
  CHECK(config_of(sources).log.format == LogFormat::json);
  sources.is_terminal = true;
  CHECK(config_of(sources).log.format == LogFormat::text);
  sources.environment["AUTHD_LOG_FORMAT"] = "json";
  CHECK(config_of(sources).log.format == LogFormat::json);
}

TEST_CASE("a certificate needs its key and a key its certificate") {
  CHECK(refusal(from_environment({{"AUTHD_SERVER_TLS_CERT", "c.pem"}})) ==
        "server.tls_cert (AUTHD_SERVER_TLS_CERT) needs server.tls_key: set both or neither");
  CHECK(refusal(from_flags({{"server.tls_key", "k.pem", "--server.tls-key"}})) ==
        "server.tls_key (--server.tls-key) needs server.tls_cert: set both or neither");
}

TEST_CASE("https can be forced only if it is available") {
  Environment environment{{"AUTHD_SERVER_FORCE_HTTPS", "true"}};
  CHECK(refusal(from_environment(environment))
            .starts_with("server.force_https (AUTHD_SERVER_FORCE_HTTPS) needs server.tls_cert"));
  environment["AUTHD_SERVER_TRUSTED_PROXIES"] = "127.0.0.1";
  CHECK(contains(refusal(from_environment(environment)), "begins with https://"));
  environment["AUTHD_SERVER_PUBLIC_URL"] = "https://a.example";
  CHECK(load(from_environment(environment)));
  CHECK(load(from_environment({{"AUTHD_SERVER_FORCE_HTTPS", "true"},
                               {"AUTHD_SERVER_TLS_CERT", "c.pem"},
                               {"AUTHD_SERVER_TLS_KEY", "k.pem"}})));
}

TEST_CASE("the redirect needs TLS and a TCP address") {
  CHECK(refusal(from_environment({{"AUTHD_SERVER_REDIRECT_LISTEN", ":80"}})) ==
        "server.redirect_listen (AUTHD_SERVER_REDIRECT_LISTEN) needs server.tls_cert and "
        "server.tls_key");
  CHECK(contains(refusal(from_environment({{"AUTHD_SERVER_REDIRECT_LISTEN", "systemd"}})),
                 "\"systemd\" is not a TCP address"));
  CHECK(load(from_environment({{"AUTHD_SERVER_REDIRECT_LISTEN", ":80"},
                               {"AUTHD_SERVER_TLS_CERT", "c.pem"},
                               {"AUTHD_SERVER_TLS_KEY", "k.pem"}})));
}

TEST_CASE("everything that is wrong is told at once, in the order of file, environment and flags") {
  const Place place;
  place.write("[tokens]\naccess_ttl = 1\nrefresh_ttl = true\n[log]\nlevel = \"loud\"\n[sever]\n");
  Sources sources = from_environment({{"AUTHD_SERVER_WORKERS", "0"}, {"AUTHD_NONSENSE", ""}});
  sources.file = place.file;
  sources.flags = {{"server.listen", "nowhere", "--listen"}};
  const Result<Loaded> loaded = load(sources);
  REQUIRE_FALSE(loaded);
  const std::vector<std::string> problems = problems_of(loaded.error());
  const std::vector<std::string> begins = {place.file + ":2: tokens.access_ttl: ",
                                           place.file + ":3: tokens.refresh_ttl: ",
                                           place.file + ":5: log.level: ",
                                           place.file + ":6: there is no key \"sever\"",
                                           "environment: AUTHD_NONSENSE ",
                                           "AUTHD_SERVER_WORKERS: server.workers: ",
                                           "--listen: server.listen: "};
  REQUIRE(problems.size() == begins.size());
  for (size_t i = 0; i < begins.size(); ++i)
    CHECK(problems[i].starts_with(begins[i]));
  // Rules between keys are looked at when each key is valid, and then all of them.
  CHECK(problems_of(load(from_environment({{"AUTHD_TOKENS_REFRESH_TTL", "91d"},
                                           {"AUTHD_PASSWORDS_MIN_LENGTH", "20"},
                                           {"AUTHD_PASSWORDS_MAX_LENGTH", "16"}}))
                        .error())
            .size() == 2);
}

TEST_CASE("the public URL has no path: nothing here works below one") {
  for (const char* url : {"https://example.org/auth", "http://localhost:8080/auth/"}) {
    const std::string refused = refusal(from_environment({{"AUTHD_SERVER_PUBLIC_URL", url}}));
    CHECK(refused.find("server.public_url (AUTHD_SERVER_PUBLIC_URL): the path /auth") == 0);
  }
  CHECK(config_of(from_environment({{"AUTHD_SERVER_PUBLIC_URL", "https://example.org/"}}))
            .public_url == "https://example.org");
  // The name of the issuer may have one.
  CHECK(config_of(from_environment({{"AUTHD_TOKENS_ISSUER", "https://example.org/auth"}}))
            .tokens.issuer == "https://example.org/auth");
}

TEST_CASE("a return origin that never gets the session cookie is refused") {
  const auto sources = [](const char* url, const char* domain, const char* origins) {
    return from_environment({{"AUTHD_SERVER_PUBLIC_URL", url},
                             {"AUTHD_COOKIES_DOMAIN", domain},
                             {"AUTHD_PAGES_RETURN_ORIGINS", origins}});
  };
  struct Case {
    const char* url;
    const char* domain;
    const char* origin;
  };
  for (const auto& [url, domain, origin] :
       {Case{"http://localhost:8080", "", "http://127.0.0.1:3000"},
        Case{"http://127.0.0.1:8080", "", "http://localhost:3000"},
        Case{"https://auth.example.org", "", "https://app.example.org"},
        Case{"https://auth.example.org", "", "https://*.auth.example.org"},
        Case{"https://auth.example.org", "example.org", "https://app.example.com"},
        Case{"https://auth.example.org", "example.org", "https://*.example.com"},
        Case{"https://auth.example.org", "example.org", "http://app.example.org"},
        Case{"https://auth.a.example.org", "a.example.org", "https://*.example.org"},
        Case{"https://auth.example.org", "example.org", "https://notexample.org"}}) {
    CAPTURE(url, domain, origin);
    const std::string refused = refusal(sources(url, domain, origin));
    CHECK(refused.find("pages.return_origins (AUTHD_PAGES_RETURN_ORIGINS): ") == 0);
    CHECK(refused.find(origin) != std::string::npos);
  }
  for (const auto& [url, domain, origin] :
       {Case{"http://localhost:8080", "", "http://localhost:3000"},
        Case{"http://localhost:8080", "", "https://localhost:3000"},
        Case{"https://auth.example.org", "", "https://auth.example.org:8443"},
        Case{"https://auth.example.org", "example.org", "https://*.example.org"},
        Case{"https://auth.example.org", "example.org", "https://*.app.example.org"},
        Case{"https://auth.example.org", "example.org", "https://example.org"},
        Case{"http://auth.example.org", "example.org", "https://app.example.org"}}) {
    CAPTURE(url, domain, origin);
    CHECK(config_of(sources(url, domain, origin)).pages.return_origins.size() == 1);
  }
}

TEST_CASE("lives of tokens must fit into each other, and the refusal names both sources") {
  CHECK(refusal(from_environment(
            {{"AUTHD_TOKENS_REFRESH_GRACE", "1m"}, {"AUTHD_TOKENS_ACCESS_TTL", "60s"}})) ==
        "tokens.refresh_grace (AUTHD_TOKENS_REFRESH_GRACE) must be shorter than tokens.access_ttl "
        "(AUTHD_TOKENS_ACCESS_TTL)");
  CHECK(refusal(from_environment({{"AUTHD_TOKENS_REFRESH_TTL", "10m"}})) ==
        "tokens.access_ttl (default) must not be longer than tokens.refresh_ttl "
        "(AUTHD_TOKENS_REFRESH_TTL)");
  CHECK(refusal(from_environment({{"AUTHD_TOKENS_REFRESH_TTL", "91d"}})) ==
        "tokens.refresh_ttl (AUTHD_TOKENS_REFRESH_TTL) must not be longer than "
        "tokens.session_max_age (default)");
}

TEST_CASE("the shortest password is not longer than the longest") {
  CHECK(refusal(from_environment(
            {{"AUTHD_PASSWORDS_MIN_LENGTH", "20"}, {"AUTHD_PASSWORDS_MAX_LENGTH", "16"}})) ==
        "passwords.min_length (AUTHD_PASSWORDS_MIN_LENGTH) must not be greater than "
        "passwords.max_length (AUTHD_PASSWORDS_MAX_LENGTH)");
}

TEST_CASE("tokens without an audience are refused") {
  CHECK(refusal(from_environment({{"AUTHD_TOKENS_AUDIENCE", ""}})) ==
        "AUTHD_TOKENS_AUDIENCE: tokens.audience: must not be empty");
}

TEST_CASE("weak hashing and proxies that anyone may be are warned of") {
  const auto warnings_for = [](const Environment& environment) {
    return load(from_environment(environment)).value().warnings;
  };
  const auto weak = warnings_for({{"AUTHD_PASSWORDS_ARGON2_MEMORY", "64KiB"}});
  REQUIRE(weak.size() == 1);
  CHECK(contains(weak[0], "passwords.argon2_memory (AUTHD_PASSWORDS_ARGON2_MEMORY) is below"));
  for (const char* everyone : {"0.0.0.0/0", "::/0", "10.0.0.0/8,::/0"}) {
    const auto trusting = warnings_for({{"AUTHD_SERVER_TRUSTED_PROXIES", everyone}});
    REQUIRE(trusting.size() == 1);
    CHECK(contains(trusting[0], "trusts everyone"));
  }
  CHECK(warnings_for({{"AUTHD_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32"}}).empty());
}

TEST_CASE("settings that cannot be reloaded are named, and others are not") {
  const Config running = config_of(from_environment({}));
  CHECK(changed_until_restart(running, running).empty());
  const Config wanted = config_of(from_environment({{"AUTHD_LOG_LEVEL", "debug"},
                                                    {"AUTHD_RATE_LIMIT_LOGIN", "1/1m"},
                                                    {"AUTHD_SERVER_ALLOWED_HOSTS", "a.example"},
                                                    {"AUTHD_SERVER_WORKERS", "16"},
                                                    {"AUTHD_STORE_MAX_SIZE", "1GiB"}}));
  CHECK(changed_until_restart(running, wanted) ==
        std::vector<std::string>{"server.workers", "store.max_size"});
}

TEST_CASE(
    "the variables that are read are ours, systemd's, and those that say where PostgreSQL is") {
  for (const auto& [name, value] : read_environment()) {
    CAPTURE(name);
    CHECK((name.starts_with("AUTHD_") || name == "STATE_DIRECTORY" ||
           name == "CREDENTIALS_DIRECTORY" || name == "PGHOST" || name == "PGHOSTADDR" ||
           name == "PGSERVICE"));
  }
  CHECK(environment_variable("AUTHD_TEST_OF_A_VARIABLE_THAT_IS_NOT_SET").empty());
  CHECK_FALSE(environment_variable("PATH").empty());
}
