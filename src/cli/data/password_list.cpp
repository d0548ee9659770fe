// authd password-list build|check|find
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/encoding.h"
#include "base/file.h"
#include "base/normal_form.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "crypto/lists/password_list.h"
#include "crypto/lists/password_list_writer.h"
#include "tables/rows/names.h"

namespace authd::cli {
namespace {

constexpr size_t kMaxLine = 64 * 1024;
constexpr size_t kPiece = 1 << 20;
constexpr Milliseconds kRedraw{200};

struct ListFlags {
  std::vector<std::string> inputs;
  std::string output;
  std::string file;
};

// One line on a terminal, drawn over itself; elsewhere nothing.
class Meter {
 public:
  explicit Meter(const Clock& clock) : clock_(clock) {}

  // `all` is 0 if it is not known.
  void show(const char* what, uint64_t done, uint64_t all, const char* unit) {
    const SteadyTime now = clock_.steady_now();
    if (!is_terminal_ || now - drawn_ < kRedraw) return;
    drawn_ = now;
    is_drawn_ = true;
    const std::string of = all == 0 ? "" : " of " + std::to_string(all);
    std::fprintf(stderr, "\r\x1b[K%s: %s%s %s", what, std::to_string(done).c_str(), of.c_str(),
                 unit);
  }
  void wipe() {
    if (is_drawn_) std::fprintf(stderr, "\r\x1b[K");
    is_drawn_ = false;
  }

 private:
  const Clock& clock_;
  SteadyTime drawn_{};
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_drawn_ = false;
};

struct Input {
  std::string name;
  UniqueFd fd;
  uint64_t size = 0;  // 0: not known
};

Result<Input> open_input(const std::string& path) {
  const bool is_standard = path == "-";
  Input input{is_standard ? "standard input" : path, UniqueFd(), 0};
  input.fd.reset(is_standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                             : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat found {};
  if (!input.fd || fstat(input.fd.get(), &found) != 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
    return Error{code, input.name + ": " + system_message(errno)};
  }
  if (S_ISREG(found.st_mode)) input.size = static_cast<uint64_t>(found.st_size);
  return input;
}

// Reads the lists, a line at a time.
class Reader {
 public:
  Reader(crypto::KeySpool& keys, Meter& meter, uint64_t all)
      : keys_(keys), meter_(meter), all_(all) {}

  Result<void> read(const Input& input) {
    std::string text;
    lines_ = 0;
    while (true) {
      const size_t begin = text.size();
      text.resize(begin + kPiece);
      const ssize_t got = ::read(input.fd.get(), text.data() + begin, kPiece);
      if (got < 0 && errno != EINTR) {
        return Error{ErrorCode::unavailable, input.name + ": " + system_message(errno)};
      }
      text.resize(begin + static_cast<size_t>(std::max<ssize_t>(got, 0)));
      if (got == 0) break;
      done_ += static_cast<uint64_t>(std::max<ssize_t>(got, 0));
      meter_.show("reading", done_ >> 20, all_ >> 20, "MiB");
      TRY(take_lines(input, text));
    }
    return text.empty() ? Result<void>() : take(input, text);
  }

 private:
  // Leaves what is behind the last line.
  Result<void> take_lines(const Input& input, std::string& text) {
    size_t begin = 0;
    for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      TRY(take(input, std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
    }
    text.erase(0, begin);
    return text.size() <= kMaxLine ? Result<void>() : take(input, text);
  }

  Result<void> take(const Input& input, std::string_view line) {
    lines_ += 1;
    const std::string place = input.name + ", line " + std::to_string(lines_) + ", ";
    if (line.size() > kMaxLine) {
      return Error{ErrorCode::invalid, place + "is longer than any password: is this a list?"};
    }
    const auto key = crypto::key_of_line(line);
    if (!key) return Error{key.error().code, place + key.error().message};
    return *key ? keys_.add(**key) : Result<void>();
  }

  crypto::KeySpool& keys_;
  Meter& meter_;
  const uint64_t all_;
  uint64_t done_ = 0;
  uint64_t lines_ = 0;  // of this input
};

Result<void> build(Command& command, const ListFlags& flags) {
  std::vector<Input> inputs;
  uint64_t all = 0;
  bool is_known = true;
  for (const std::string& path : flags.inputs) {
    inputs.push_back(TRY(open_input(path)));
    all += inputs.back().size;
    is_known = is_known && inputs.back().size > 0;
  }
  crypto::KeySpool keys(parent_of(flags.output));
  Meter meter(command.clock());
  Reader reader(keys, meter, is_known ? all : 0);
  Result<void> read;
  for (size_t i = 0; i < inputs.size() && read; ++i)
    read = reader.read(inputs[i]);
  meter.wipe();
  TRY(std::move(read));
  const auto made = crypto::write_password_list(flags.output, keys, [&](size_t done, size_t parts) {
    meter.show("making", done, parts, "parts");
  });
  meter.wipe();
  if (!made) return made.error();
  command.print(flags.output + " has " + counted(made->passwords, "password") + ", in " +
                    std::to_string(made->bytes) +
                    " bytes; name it in passwords.blocklist_file, and restart the server",
                [&](JsonWriter& json) {
                  json.begin_object()
                      .field("file", flags.output)
                      .field("read", keys.size())
                      .field("passwords", made->passwords)
                      .field("bytes", made->bytes)
                      .end_object();
                });
  return {};
}

Result<void> check(Command& command, const ListFlags& flags) {
  const crypto::PasswordList list = TRY(crypto::PasswordList::open(flags.file));
  TRY(list.check());
  command.print(flags.file + " is intact: " + counted(list.passwords(), "password"),
                [&](JsonWriter& json) {
                  json.begin_object()
                      .field("file", flags.file)
                      .field("passwords", list.passwords())
                      .field("bytes", list.bytes())
                      .end_object();
                });
  return {};
}

Result<void> find(Command& command, const ListFlags& flags) {
  const crypto::PasswordList list = TRY(crypto::PasswordList::open(flags.file));
  const Password typed = TRY(read_password("Password", false));
  const Password normal(is_valid_utf8(typed.reveal()) ? normal_form(typed.reveal())
                                                      : std::string(typed.reveal()));
  const Password folded(tables::fold(normal.reveal()));
  const bool is_there = TRY(list.contains(normal)) || TRY(list.contains(folded));
  command.print(is_there ? "it is in the list" : "it is not in the list", [&](JsonWriter& json) {
    json.begin_object().field("listed", is_there).end_object();
  });
  return {};
}

}  // namespace

void add_password_list(const Subcommand& app, Command& command) {
  Group<ListFlags> group(app, command, "password-list",
                         "Lists of passwords to refuse: build, check, find");
  const Subcommand building =
      group.add("build", "Make the file for passwords.blocklist_file", &build);
  building
      .add_option("INPUT", group.flags->inputs,
                  "A list with a password on each line, or with SHA-1 hashes as Pwned Passwords "
                  "has them (HASH:count); - is standard input")
      .required();
  building.add_option("--output", group.flags->output, "The file to write")
      .required()
      .type_name("FILE");
  const auto add_file = [&](const Subcommand& to) {
    to.add_option("FILE", group.flags->file, "A file made by build").required();
  };
  add_file(group.add("check", "Read all of such a file, and say whether it is intact", &check));
  add_file(group.add(
      "find", "Say whether a password, read from the terminal or standard input, is in it", &find));
}

}  // namespace authd::cli
