// Who can read the secrets: data directory, database, master key, TLS key, configuration.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "config/reading/store_url.h"
#include "crypto/private_file.h"
#include "server/data/store_options.h"
#include "server/doctor/checks.h"
#include "store/engine.h"

namespace authd::server::doctor {
namespace {

constexpr size_t kMaxKeyFile = 64 << 10;

std::string mode_text(mode_t mode) {
  std::string text = "0000";
  for (size_t i = 0; i < 4; ++i)
    text[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7));
  return text;
}

// The findings about one file.
class Files {
 public:
  explicit Files(Report& report) : report_(report) {}

  // A directory or database that only its owner may read.
  void check_private(const std::string& path, const char* what, const char* right_mode) {
    struct stat found;
    if (stat(path.c_str(), &found) != 0) {
      const bool is_hidden = errno == EACCES;
      fail(std::string(what) + " " + path + ": " + system_message(errno),
           is_hidden ? "run this as the user that the server runs as, or as root"
                     : "name the right one with --data-dir or server.data_dir");
      return;
    }
    if ((found.st_mode & 077) != 0) {
      fail("others can read the " + std::string(what) + " " + path + " (mode " +
               mode_text(found.st_mode & 07777) + ")",
           std::string("chmod ") + right_mode + " " + path);
    }
  }

  void check_key(const std::string& path, const char* what) {
    Result<std::string> read = crypto::read_private_file(path, what, kMaxKeyFile);
    if (read) {
      wipe(*read);
      return;
    }
    if (read.error().code == ErrorCode::forbidden) {
      fail("others can read the " + std::string(what) + " " + path,
           "chmod 600 " + path + ", and replace it if others may have read it");
    } else {
      fail(read.error().message, "restore the file, or name where it is");
    }
  }

  // A file that its owner and group may read: it often belongs to root, with the service's group.
  void check_shared(const std::string& path, const char* why) {
    struct stat found;
    if (stat(path.c_str(), &found) != 0 || (found.st_mode & 07) == 0) return;
    fail("everybody can read " + path + ", " + why + " (mode " + mode_text(found.st_mode & 07777) +
             ")",
         "chmod 640 " + path + ", owned by root and the group of the service");
  }

  // A file that root created and the service cannot open.
  void check_owner(const std::string& directory, const std::string& path) {
    struct stat of_directory;
    struct stat of_file;
    if (stat(directory.c_str(), &of_directory) != 0 || stat(path.c_str(), &of_file) != 0) return;
    if (of_directory.st_uid == of_file.st_uid) return;
    fail(path + " belongs to user " + std::to_string(of_file.st_uid) +
             ", and the data directory to user " + std::to_string(of_directory.st_uid),
         "chown it to the owner of " + directory);
  }

  bool has_failed() const { return has_failed_; }

 private:
  void fail(std::string text, std::string advice) {
    has_failed_ = true;
    report_.fail(std::move(text), std::move(advice));
  }

  Report& report_;
  bool has_failed_ = false;
};

// Those from the environment do not count.
bool has_passwords_in_file(const config::Loaded& loaded) {
  if (loaded.file.empty()) return false;
  const auto is_there = [&](const std::string& key) {
    return config::source_of(loaded, key).starts_with(loaded.file + ":");
  };
  const config::Config& c = loaded.config;
  if (!c.mail.url.password.empty() && is_there("mail.url")) return true;
  if (config::has_password(c.store.url) && is_there("store.url")) return true;
  for (const config::Provider& provider : c.providers) {
    const std::string key = "providers." + provider.name + ".client_secret";
    if (!provider.client_secret.empty() && is_there(key)) return true;
  }
  for (const config::ConfiguredClient& client : c.clients) {
    if (!client.secret.empty() && is_there("clients." + client.id + ".secret")) return true;
  }
  return false;
}

}  // namespace

void check_files(const Patient& patient, Report& report) {
  const config::Config& c = patient.config();
  const std::string& directory = c.server.data_dir;
  Files files(report);
  const store::Options options = store_options(c);
  if (!store::has_database(options)) {
    report.fail("there is no database in " + directory,
                "name the server's directory by --data-dir or server.data_dir; authd serve makes "
                "a new one");
    return;
  }
  files.check_private(directory, "data directory", "700");
  if (store::is_one_file(options)) {
    for (const std::string& path : store::files_of(directory).all()) {
      files.check_private(path, "database", "600");
      files.check_owner(directory, path);
    }
  }
  files.check_key(c.secrets.master_key_file, "master key");
  if (!c.ingress.tls_key.empty()) files.check_shared(c.ingress.tls_key, "the key of TLS");
  if (!c.backup.key_file.empty()) files.check_key(c.backup.key_file, "backup key");
  for (const config::ConfiguredClient& client : c.clients) {
    if (client.secret_file.empty()) continue;
    files.check_shared(client.secret_file, ("the secret of the client " + client.id).c_str());
  }
  if (has_passwords_in_file(patient.loaded)) {
    files.check_shared(patient.loaded.file, "which has passwords in it");
  }
  if (!files.has_failed()) report.ok(directory + ": only their owner can read data and keys");
}

}  // namespace authd::server::doctor
