// A configuration file, and the forms of single values: any file is either a configuration or one
// error that names the place; an accepted value is written in a form that is accepted too.
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "config/reading/keys.h"
#include "config/reading/load.h"
#include "config/reading/values.h"
#include "target.h"

namespace authd::fuzz {
namespace {

// Not on a disk.
class TextFile {
 public:
  explicit TextFile(std::string_view text) : fd_(memfd_create("authd.toml", MFD_CLOEXEC)) {
    CHECK(fd_ && write_all(fd_.get(), text, "memfd"));
    path_ = "/proc/self/fd/" + std::to_string(fd_.get());
  }
  const std::string& path() const { return path_; }

 private:
  UniqueFd fd_;
  std::string path_;
};

void load_file(std::string_view text) {
  const TextFile file(text);
  config::Sources sources;
  sources.file = file.path();
  const auto loaded = config::load(sources);
  if (!loaded) {
    CHECK(loaded.error().code == ErrorCode::invalid && !loaded.error().message.empty());
    return;
  }
  for (const config::Origin& origin : loaded->origins) {
    const config::Key* key = config::find_key(origin.key);
    if (key == nullptr || key->is_list) continue;
    if (origin.key == "mail.url") continue;  // Its password is masked.
    config::Config again;
    CHECK(origin.value.empty() || key->set(again, {origin.value}));
    CHECK(origin.value.empty() || key->show(again) == origin.value);
  }
}

template <typename Value, typename Format>
void round_trip(const Result<Value>& value, Result<Value> (*parse)(std::string_view),
                Format format) {
  if (!value) return;
  const auto again = parse(format(*value));
  CHECK(again && *again == *value);
}

// A parser accepts its own result unchanged.
void keeps(std::string_view text, Result<std::string> (*parse)(std::string_view)) {
  round_trip<std::string>(parse(text), parse, [](const std::string& value) { return value; });
}

void parse_values(std::string_view text) {
  using namespace config;
  round_trip<Milliseconds>(parse_duration(text), &parse_duration, &format_duration);
  round_trip<uint64_t>(parse_size(text), &parse_size, &format_size);
  round_trip<Rate>(parse_rate(text), &parse_rate, &format_rate);
  round_trip<Listen>(parse_listen(text), &parse_listen, &format_listen);
  round_trip<LogLevel>(parse_log_level(text), &parse_log_level, &word_of<LogLevel>);
  round_trip<LogFormat>(parse_log_format(text), &parse_log_format, &word_of<LogFormat>);
  for (const auto parse :
       {&parse_url, &parse_issuer, &parse_origin, &parse_accent, &parse_link, &parse_domain,
        &parse_page_url, &parse_return_origin, &parse_host, &parse_mail_from, &parse_compat_api})
    keeps(text, parse);
  for (const std::string& part : split_list(text))
    CHECK(!part.starts_with(' ') && !part.ends_with(' '));
  const auto mail = parse_mail_url(text);
  if (mail && mail->kind != MailUrl::Kind::log) CHECK(!format_mail_url(*mail).empty());
  static_cast<void>(parse_network(text));
}

}  // namespace

void run(std::string_view input) {
  load_file(input);
  parse_values(input);
}

}  // namespace authd::fuzz
