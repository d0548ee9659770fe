// authd import FILE|-
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "auth/upkeep/transfer/import.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/input.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

namespace transfer = auth::transfer;

// --json lists at most this many; all are counted, and all are written to standard error.
constexpr size_t kMaxListed = 1000;
constexpr Milliseconds kRedraw{200};

struct ImportFlags {
  std::string file;
  std::string format = "auto";
  bool is_dry_run = false;
  bool resumes = false;
  bool allows_admin = false;
  bool keeps_ids = false;
  bool drops_unknown_passwords = false;
  bool maps_names = false;
  bool allows_losses = false;
  std::string firebase_config;  // a file
};

// Reports rejections on standard error and, on a terminal, the progress.
class Narrator final : public transfer::ImportObserver {
 public:
  Narrator(const Clock& clock, const transfer::Source& source, uint64_t size)
      : clock_(clock), source_(source), size_(size), begin_(clock.steady_now()) {}

  void rejected(const transfer::Rejection& rejection) override {
    wipe_bar();
    const std::string who = rejection.who.empty() ? "" : printable(rejection.who) + ": ";
    std::fprintf(stderr, "line %llu: %s%s\n", static_cast<unsigned long long>(rejection.line),
                 who.c_str(), printable(rejection.reason).c_str());
    if (listed_.size() < kMaxListed) listed_.push_back(rejection);
  }

  void noted(const transfer::Rejection& note) override {
    wipe_bar();
    std::fprintf(stderr, "line %llu: %s %s\n", static_cast<unsigned long long>(note.line),
                 printable(note.who).c_str(), printable(note.reason).c_str());
    if (notes_.size() < kMaxListed) notes_.push_back(note);
  }

  void progressed(const transfer::ImportReport& report) override {
    const SteadyTime now = clock_.steady_now();
    if (!is_terminal_ || now - drawn_ < kRedraw) return;
    drawn_ = now;
    constexpr size_t kWidth = 30;
    const double part =
        size_ == 0
            ? 0
            : std::min(1.0, static_cast<double>(source_.position()) / static_cast<double>(size_));
    const auto filled = static_cast<size_t>(part * kWidth);
    std::fprintf(stderr, "\r[%s%s] %3.0f%%  %llu users, %.0f a second ",
                 std::string(filled, '#').c_str(), std::string(kWidth - filled, ' ').c_str(),
                 part * 100, static_cast<unsigned long long>(report.imported),
                 static_cast<double>(report.imported - report.resumed) / seconds());
    is_drawn_ = true;
  }

  void wipe_bar() {
    if (is_drawn_) std::fprintf(stderr, "\r\x1b[K");
    is_drawn_ = false;
  }

  double seconds() const {
    const std::chrono::duration<double> took = clock_.steady_now() - begin_;
    return std::max(took.count(), 0.001);
  }
  const std::vector<transfer::Rejection>& listed() const { return listed_; }
  const std::vector<transfer::Rejection>& notes() const { return notes_; }

 private:
  const Clock& clock_;
  const transfer::Source& source_;
  const uint64_t size_;
  const SteadyTime begin_;
  SteadyTime drawn_;
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_drawn_ = false;
  std::vector<transfer::Rejection> listed_;
  std::vector<transfer::Rejection> notes_;
};

void write_list(JsonWriter& json, const char* name, const std::vector<transfer::Rejection>& list) {
  json.key(name).begin_array();
  for (const transfer::Rejection& one : list) {
    json.begin_object().field("line", one.line);
    api::text_or_null(json, "who", one.who);
    json.field("reason", one.reason).end_object();
  }
  json.end_array();
}

void write_counts(JsonWriter& json, const char* name,
                  const std::map<std::string, uint64_t>& counts) {
  json.key(name).begin_array();
  for (const auto& [what, count] : counts)
    json.begin_object().field("what", what).field("accounts", count).end_object();
  json.end_array();
}

void write_summary(JsonWriter& json, const ImportFlags& flags, const char* format,
                   const transfer::ImportReport& report, const Narrator& narrator) {
  json.begin_object()
      .field("format", format)
      .field("dry_run", flags.is_dry_run)
      .field("read", report.read)
      .field("imported", report.imported)
      .field("resumed", report.resumed)
      .field("rejected", report.rejected)
      .field("roles", report.roles)
      .field("clients", report.clients)
      .field("seconds", narrator.seconds());
  write_list(json, "rejections", narrator.listed());
  write_list(json, "changes", narrator.notes());
  write_counts(json, "losses", report.losses);
  write_counts(json, "ignored", report.ignored);
  json.end_object();
}

// "\nnot taken over: groups (3 users), …"; nothing for an empty list.
std::string listed(const char* head, const std::map<std::string, uint64_t>& counts) {
  if (counts.empty()) return "";
  return std::string("\n") + head + joined(counts, ", ", [](const auto& one) {
           return printable(one.first) + " (" + counted(one.second, "user") + ")";
         });
}

std::string summary(const ImportFlags& flags, const char* format,
                    const transfer::ImportReport& report) {
  std::string text = flags.is_dry_run ? "would import " : "imported ";
  text += counted(report.imported, "user");
  if (report.resumed > 0) text += " (" + std::to_string(report.resumed) + " of them earlier)";
  if (report.roles > 0) text += ", " + counted(report.roles, "role");
  if (report.clients > 0) text += ", " + counted(report.clients, "client");
  text += "; rejected " + std::to_string(report.rejected) + " of " +
          counted(report.read, "record") + " (" + format + ")";
  text += listed("not imported: ", report.losses);
  text += listed("ignored: ", report.ignored);
  return text;
}

// What the exit code says: 1 if people will miss something.
Result<void> verdict(const ImportFlags& flags, const transfer::ImportReport& report,
                     const transfer::RecordReader& reader) {
  if (report.read == 0) {
    const std::string content = reader.other_content();
    return Error{ErrorCode::invalid,
                 "the file has no users" + (content.empty() ? "" : ": " + printable(content))};
  }
  if (report.rejected > 0) {
    return Error{ErrorCode::invalid, counted(report.rejected, "record was", "records were") +
                                         " rejected, as listed above"};
  }
  if (report.losses.empty() || flags.allows_losses) return {};
  return Error{ErrorCode::invalid,
               "something was not imported, as listed above; with --allow-losses the command "
               "succeeds anyway"};
}

Result<transfer::Rules> rules_of(const ImportFlags& flags) {
  transfer::Rules rules{flags.allows_admin, flags.keeps_ids, flags.drops_unknown_passwords,
                        flags.maps_names, std::nullopt};
  if (flags.firebase_config.empty()) return rules;
  constexpr size_t kMaxConfig = 16 * 1024;
  rules.firebase =
      TRY(transfer::parse_firebase_config(TRY(read_file(flags.firebase_config, kMaxConfig))));
  return rules;
}

Result<void> import(Command& command, const ImportFlags& flags) {
  UniqueFd fd = TRY(open_input(flags.file));
  struct stat status {};
  const bool is_file = fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (flags.resumes && !is_file) {
    return Error{ErrorCode::usage, "an import from a pipe cannot be resumed"};
  }
  transfer::ImportOptions options;
  if (is_file) options.source = TRY(transfer::fingerprint(fd.get()));
  transfer::Source source(std::move(fd));
  const transfer::Format format = TRY(transfer::choose_format(flags.format, source));
  options.rules = TRY(rules_of(flags));
  options.is_dry_run = flags.is_dry_run;
  options.resumes = flags.resumes;
  options.label = format.name;
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  options.rules.realm = s->config;
  const auto reader = format.make(source);
  Narrator narrator(command.clock(), source, is_file ? static_cast<uint64_t>(status.st_size) : 0);
  const auto report = transfer::import_records(*s, *reader, options, operator_origin(), narrator);
  narrator.wipe_bar();
  if (!report) return Error(report.error());
  command.print(summary(flags, format.name, *report), [&](JsonWriter& json) {
    write_summary(json, flags, format.name, *report, narrator);
  });
  return verdict(flags, *report, *reader);
}

}  // namespace

void add_import(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand("import", "Import accounts from a file");
  const auto flags = std::make_shared<ImportFlags>();
  set_action(sub, command, flags, &import);
  std::vector<std::string> formats = {"auto"};
  for (const transfer::Format& format : transfer::all_formats())
    formats.emplace_back(format.name);
  sub.add_option("FILE", flags->file, "The file; - is standard input").required();
  sub.add_option("--format", flags->format, "The format of the file")
      .check(one_of(formats))
      .capture_default_str();
  sub.add_flag("--dry-run", flags->is_dry_run, "Check everything, but import nobody");
  sub.add_flag("--resume", flags->resumes, "Continue an interrupted import of this file");
  sub.add_flag("--allow-admin", flags->allows_admin, "The file may grant the role \"admin\"");
  sub.add_flag("--keep-ids", flags->keeps_ids, "Keep the ids that the users have in the file");
  sub.add_flag("--without-unknown-passwords", flags->drops_unknown_passwords,
               "Import accounts whose password hash cannot be verified without a password");
  sub.add_flag("--map-names", flags->maps_names,
               "Give a similar username to accounts whose username is not allowed here");
  sub.add_flag("--allow-losses", flags->allows_losses,
               "Exit code 0 even if something of an account was not imported");
  sub.add_option("--firebase-hash-config", flags->firebase_config,
                 "A file with the password hash parameters that Firebase's console shows")
      .type_name("FILE");
}

}  // namespace authd::cli
