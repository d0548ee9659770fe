#include "cli/machine/named_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "api/endpoints/pages/pages.h"
#include "auth/oauth/clients/configured_clients.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/lists/password_list.h"
#include "crypto/master_keys.h"
#include "crypto/sealed_stream.h"
#include "http/front/tls.h"
#include "media/avatar.h"
#include "server/data/store_options.h"
#include "store/directory.h"
#include "store/engine.h"
#include "web/own_texts.h"

namespace authd::cli {
namespace {

constexpr size_t kMaxAuthorities = 16 << 20;

// "mail.ca_file (authd.toml:7)"
std::string named(const config::Loaded& loaded, const std::string& key) {
  return key + " (" + config::source_of(loaded, key) + ")";
}

// What is wrong with a file in PEM form, whose part begins with a line that ends like this; empty:
// nothing.
std::string pem_problem(const std::string& file, std::string_view mark, const char* what) {
  const Result<std::string> text = read_file(file, kMaxAuthorities);
  if (!text) return text.error().message;
  return text->find(mark) == std::string::npos ? file + " has no " + what + " in PEM form" : "";
}

std::string authorities_problem(const std::string& file) {
  return pem_problem(file, "-----BEGIN CERTIFICATE-----", "certificate");
}

std::string secret_problem(const std::string& file) {
  Result<std::string> text = read_file(file, kMaxAuthorities);
  if (!text) return text.error().message;
  const bool is_empty = trimmed(*text, " \r\n").empty();
  wipe(*text);
  return is_empty ? file + " is empty" : "";
}

// The same for a logo. The worker decodes it when the server starts.
std::string logo_problem(const std::string& file) {
  const Result<std::string> picture = read_file(file, media::kMaxFile);
  if (!picture) return picture.error().message;
  return media::begins_as_picture(*picture) ? "" : file + " is not a PNG, JPEG or GIF image";
}

std::string password_list_problem(const std::string& file) {
  const auto list = crypto::PasswordList::open(file);
  const Result<void> checked = list ? list->check() : Result<void>(list.error());
  return checked ? "" : checked.error().message;
}

std::string directory_problem(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return path + ": " + system_message(errno);
  if (!S_ISDIR(found.st_mode)) return path + " is not a directory";
  if (access(path.c_str(), W_OK | X_OK) != 0) return path + ": " + system_message(errno);
  return "";
}

// The directory is made with the first mail, but not the one that it is in.
std::string mail_directory_problem(std::string path) {
  struct stat found;
  if (stat(path.c_str(), &found) == 0) return directory_problem(path);
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return directory_problem(parent_of(path));
}

class Looking {
 public:
  explicit Looking(const config::Loaded& loaded) : loaded_(loaded) {}

  void need(const std::string& key, const std::string& problem) {
    if (!problem.empty()) files_.problems.push_back(named(loaded_, key) + ": " + problem);
  }
  void want(const std::string& key, const std::string& problem) {
    if (!problem.empty()) files_.later.push_back(named(loaded_, key) + ": " + problem);
  }
  // An error that begins with one of the keys itself.
  void need_either(std::initializer_list<const char*> keys, const std::string& problem) {
    for (const std::string key : keys) {
      if (!problem.starts_with(key)) continue;
      return need(key, std::string(trimmed(std::string_view(problem).substr(key.size()), ": ")));
    }
    need(*keys.begin(), problem);
  }

  NamedFiles take() { return std::move(files_); }

 private:
  const config::Loaded& loaded_;
  NamedFiles files_;
};

// Both files may be wrong, and load_tls() tells of one.
void look_at_tls(Looking& looking, const config::Ingress& ingress) {
  if (ingress.tls_cert.empty() || ingress.tls_key.empty()) return;  // load() says that both belong
  // OpenSSL takes several kinds of both.
  const auto certificate = pem_problem(ingress.tls_cert, "CERTIFICATE-----", "certificate");
  const auto key = pem_problem(ingress.tls_key, "PRIVATE KEY-----", "private key");
  looking.need("server.tls_cert", certificate);
  looking.need("server.tls_key", key);
  if (!certificate.empty() || !key.empty()) return;
  const auto tls = http::load_tls(ingress.tls_cert, ingress.tls_key);
  if (!tls) looking.need_either({"server.tls_cert", "server.tls_key"}, tls.error().message);
}

}  // namespace

NamedFiles open_named_files(const config::Loaded& loaded) {
  const config::Config& c = loaded.config;
  Looking looking(loaded);
  look_at_tls(looking, c.ingress);
  if (!c.branding.logo.empty()) {
    const auto site = api::make_site(c);
    if (!site) looking.need_either({"branding.logo_file"}, site.error().message);
  }
  if (const auto texts = web::read_own_texts(c.branding.texts_dir); !texts) {
    looking.need("branding.texts_dir", texts.error().message);
  }
  if (!c.mail.ca_file.empty()) looking.need("mail.ca_file", authorities_problem(c.mail.ca_file));
  if (!c.fetch.ca_file.empty()) {
    looking.need("fetch.ca_file", authorities_problem(c.fetch.ca_file));
  }
  if (!c.replica.of.empty()) {
    looking.need("replica.client_secret_file", secret_problem(c.replica.client_secret_file));
  }
  for (const config::Provider& provider : c.providers) {
    const std::string table = "providers." + provider.name;
    if (!provider.ca_file.empty()) {
      looking.need(table + ".ca_file", authorities_problem(provider.ca_file));
    }
    if (!provider.logo_file.empty()) {
      looking.need(table + ".logo_file", logo_problem(provider.logo_file));
    }
  }
  for (const config::ConfiguredClient& client : c.clients) {
    const auto secret = auth::configured_secret(client);
    if (!secret) looking.need(secret.error().field, secret.error().message);
    if (client.logo_file.empty()) continue;
    looking.need("clients." + client.id + ".logo_file", logo_problem(client.logo_file));
  }
  if (!c.passwords.blocklist_file.empty()) {
    looking.need("passwords.blocklist_file", password_list_problem(c.passwords.blocklist_file));
  }
  if (!c.mail.oauth_token_file.empty()) {
    const auto token = read_file(c.mail.oauth_token_file, kMaxAuthorities);
    if (!token) looking.want("mail.oauth_token_file", token.error().message);
  }
  if (c.mail.url.kind == config::MailUrl::Kind::file) {
    looking.need("mail.url", mail_directory_problem(c.mail.url.directory));
  }
  if (!c.backup.directory.empty()) {
    looking.want("backup.directory", directory_problem(c.backup.directory));
  }
  if (!c.backup.key_file.empty()) {
    const auto secret = crypto::key_file_secret(c.backup.key_file);
    if (!secret) looking.want("backup.key_file", secret.error().message);
  }
  return looking.take();
}

std::string named_master_key_problem(const config::Loaded& loaded) {
  constexpr const char* kKey = "secrets.master_key_file";
  const config::Config& c = loaded.config;
  if (loaded.is_default(kKey)) return "";
  const auto key = crypto::MasterKeys::load(c.secrets.master_key_file);
  if (key) return "";
  // The first start makes a new one. Whether there is shared data, only opening it tells.
  const store::Options options = server::store_options(c);
  const bool is_first = !store::is_one_file(options) || !store::has_database(options);
  const bool is_new = key.error().code == ErrorCode::not_found && is_first &&
                      directory_problem(parent_of(c.secrets.master_key_file)).empty();
  return is_new ? "" : named(loaded, kKey) + ": " + key.error().message;
}

}  // namespace authd::cli
