#include "cli/frame/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include "auth/core/audit/audit.h"
#include "auth/sessions/token_names.h"
#include "base/file.h"
#include "base/text.h"
#include "http/app/error_reply.h"
#include "store/directory.h"

namespace authd::cli {
namespace {

// Short forms of keys, available in every command.
const std::map<std::string, std::string> kShortFlags = {{"server.data_dir", "--data-dir"},
                                                        {"log.level", "--log-level"},
                                                        {"server.listen", "--listen"},
                                                        {"server.public_url", "--public-url"},
                                                        {"replica.of", "--replica-of"}};

// How help calls the value of the key.
std::string type_name(const config::Key& key) {
  if (key.name == "server.data_dir") return "DIR";
  if (key.name.ends_with("_file") || key.name.starts_with("server.tls_")) return "FILE";
  if (!key.choices.empty()) return "TEXT:{" + joined(key.choices, ",") + "}";
  switch (key.type) {
    case config::KeyType::number: return "NUMBER";
    case config::KeyType::boolean: return "true|false";
    case config::KeyType::text:
    case config::KeyType::quantity: break;
  }
  return key.is_list ? "LIST" : "TEXT";
}

// An error of auth/ begins like a sentence; here it follows "authd: ".
std::string after_colon(std::string line) {
  const bool is_word = line.size() > 1 && (line[1] == ' ' || (line[1] >= 'a' && line[1] <= 'z'));
  if (is_word) line[0] = lower(line[0]);
  return line;
}

}  // namespace

std::string short_flag_of(std::string_view key) {
  const auto found = kShortFlags.find(std::string(key));
  return found == kShortFlags.end() ? "" : found->second;
}

Command::Command() = default;
Command::~Command() = default;

void Command::add_common(const Subcommand& app) {
  app.add_flag("--json", json_, "Print JSON for programs");
  app.add_flag("--quiet", is_quiet_, "Do not name the data directory on standard error");
  app.add_option("--config", config_file_, "The configuration file").type_name("FILE");
  for (const char* name : {"server.data_dir", "log.level"}) {
    const std::string flag = short_flag_of(name);
    add_key(app, flag, *config::find_key(name), "Options");
    flags_[name] = flag;
  }
}

// An empty value is a value: it clears a list, and is refused where a value is required.
void Command::add_key(const Subcommand& app, const std::string& names, const config::Key& key,
                      const std::string& group) {
  const auto take = [this, &key](const CLI::results_t& given) {
    values_[key.name] = given.front();
    return true;
  };
  const std::string fallback = key.default_text.empty() ? key.default_note : key.default_text;
  app.app()
      .add_option(names, take, key.help)
      ->group(group)
      ->type_name(type_name(key))
      ->expected(1)
      ->default_str(fallback);
}

void Command::add_keys(const Subcommand& app) {
  for (const config::Key& key : config::all_keys()) {
    const std::string long_flag = config::flag_name(key.name);
    std::string names = long_flag;
    const auto short_flag = kShortFlags.find(key.name);
    // Short forms common to all commands are registered with the common flags.
    const bool is_common = flags_.contains(key.name) && short_flag != kShortFlags.end() &&
                           flags_[key.name] == short_flag->second;
    if (short_flag != kShortFlags.end() && !is_common) names += "," + short_flag->second;
    add_key(app, names, key, shows_keys_ ? "Configuration" : "");
    flags_.try_emplace(key.name, long_flag);
  }
  app.app()
      .add_flag("--help-all")
      ->description("Describe the flags of the configuration keys as well");
  app.app().footer(
      "Every key of the configuration is a flag as well, such as --server.max-body 1MiB, and in "
      "short --listen and --public-url: see --help-all, or man authd.toml.");
}

config::Sources Command::config_sources() const {
  config::Sources sources;
  sources.file = config_file_;
  sources.environment = config::read_environment();
  for (const auto& [key, value] : values_) {
    sources.flags.push_back({key, value, flags_.at(key)});
  }
  sources.is_terminal = isatty(STDERR_FILENO) == 1;
  sources.cores = std::max(std::thread::hardware_concurrency(), 1u);
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) sources.host_name = name.data();
  return sources;
}

Result<config::Loaded> Command::read_config(const std::map<std::string, std::string>& given) const {
  config::Sources sources = config_sources();
  for (const auto& [key, value] : given)
    sources.flags.push_back({key, value, "replica.of"});
  return config::load(sources);
}

Result<const config::Loaded*> Command::loaded() {
  if (!loaded_) {
    Result<config::Loaded> read = read_config();
    // Any error in the configuration counts as wrong usage.
    if (!read) return Error{ErrorCode::usage, read.error().message};
    loaded_ = std::move(*read);
  }
  return &*loaded_;
}

Log& Command::log() {
  if (!log_) {
    const bool is_known = loaded_.has_value();
    log_ = make_stderr_log(is_known ? loaded_->config.log.level : LogLevel::info,
                           is_known ? loaded_->config.log.format : LogFormat::text, clock_);
  }
  return *log_;
}

Result<const auth::Services*> Command::services(server::Making making) {
  if (!instance_) {
    const config::Loaded* config = TRY(loaded());
    const std::string& directory = config->config.server.data_dir;
    if (!is_quiet_) {
      const std::optional<int> server = store::running_server(directory);
      std::fprintf(stderr, "data directory: %s%s\n", directory.c_str(),
                   server ? (" (served by process " + std::to_string(*server) + ")").c_str() : "");
    }
    instance_ = TRY(server::Instance::open(config->config, log(), clock_, random_, making));
    TRY(take_token_names());
  }
  return &instance_->services();
}

void Command::finish() {
  if (!instance_ || instance_->services().store.stats().writes == 0) return;
  const auto written =
      auth::write_checkpoint(instance_->services(), clock_.now(), auth::kCheckpointPace);
  if (!written) log().debug("no checkpoint of the audit log", {{"cause", written.error().message}});
}

// Uses the server's token names where this process has no configuration of its own.
Result<void> Command::take_token_names() {
  const auto names = TRY(auth::recorded_token_names(instance_->services().store));
  if (!names) return {};
  config::Tokens& tokens = loaded_->config.tokens;
  if (loaded_->is_default("tokens.issuer") && loaded_->is_default("server.public_url")) {
    tokens.issuer = names->issuer;
  }
  if (loaded_->is_default("tokens.audience")) tokens.audience = names->audience;
  return {};
}

void Command::print(const std::string& text, FunctionRef<void(JsonWriter&)> write) const {
  if (json_) {
    JsonWriter json;
    write(json);
    print(json.text());
  } else if (!text.empty()) {
    print(text);
  }
}

void Command::print(const std::string& text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

void Command::print_error(const Error& error) const {
  if (!json_) {
    for (std::string_view rest = error.message; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string line = after_colon(std::string(rest.substr(0, end)));
      std::fprintf(stderr, "authd: %s\n", line.c_str());
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return;
  }
  JsonWriter json;
  http::write_error(json, error, "");
  std::fprintf(stderr, "%s\n", json.text().c_str());
}

auth::Origin operator_origin() {
  auth::Origin origin;
  origin.user_agent = "authd command";
  origin.operator_name = "cli:uid " + std::to_string(getuid());
  // The user who logged in, even under sudo (proc(5)).
  if (const Result<std::string> login = read_file("/proc/self/loginuid", 32);
      login && *login != std::to_string(UINT32_MAX)) {
    origin.operator_name += " login " + *login;
  }
  return origin;
}

}  // namespace authd::cli
