#include "auth/upkeep/state/state_file.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "config/reading/toml_file.h"

namespace authd::auth::state {
namespace {

using Texts = std::vector<std::string>;
using Entries = std::vector<StateEntry>;

constexpr const char* kStandardInput = "-";

std::string named(const std::string& file) {
  return file == kStandardInput ? "standard input" : file;
}

Error wrong(const std::string& place, const Texts& path, const std::string& message) {
  std::string key;
  for (const std::string& part : path)
    key += (key.empty() ? "" : ".") + part;
  return Error{ErrorCode::invalid, place + ": " + shown(key) + ": " + message};
}

Result<StateEntry> entry_of(const config::TomlEntry& toml, const std::string& file) {
  using config::TomlType;
  StateEntry entry{toml.path, {}, file, named(file) + ":" + std::to_string(toml.line)};
  if (toml.is_array) {
    if (toml.type != TomlType::text && toml.type != TomlType::empty)
      return wrong(entry.place, toml.path, "a list has texts in quotes");
    entry.value = toml.parts;
  } else if (toml.type == TomlType::text) {
    entry.value = toml.parts.front();
  } else if (toml.type == TomlType::boolean) {
    entry.value = toml.parts.front() == "true";
  } else if (toml.type == TomlType::number) {
    entry.value = static_cast<int64_t>(std::strtoll(toml.parts.front().c_str(), nullptr, 10));
  }
  return entry;
}

Result<Entries> parse_toml(std::string_view text, const std::string& file) {
  Entries entries;
  for (const config::TomlEntry& toml : TRY(config::parse_toml(text, named(file))))
    entries.push_back(TRY(entry_of(toml, file)));
  return entries;
}

// Of the types that a file may have; nullopt for any other.
std::optional<AttributeValue> value_of(const JsonObject& object, const std::string& name) {
  if (object.is_null(name)) return std::nullopt;
  if (const auto text = object.optional_string(name)) return AttributeValue(**text);
  if (const auto flag = object.optional_boolean(name)) return AttributeValue(**flag);
  if (const auto number = object.optional_integer(name)) return AttributeValue(**number);
  if (const auto list = object.optional_strings(name)) return AttributeValue(**list);
  return std::nullopt;
}

// The reader of JSON limits the depth.
Result<void> flatten(const JsonObject& object, const Texts& above, const std::string& file,
                     Entries& entries) {
  for (const std::string& name : object.keys()) {
    StateEntry entry{above, value_of(object, name), file, named(file)};
    entry.path.push_back(name);
    if (entry.value) {
      entries.push_back(std::move(entry));
      continue;
    }
    const Result<JsonObject> inner = object.object(name);
    if (!inner) {
      return wrong(named(file), entry.path,
                   "must be a text, a whole number, true or false, or a list of texts");
    }
    if (inner->keys().empty()) {
      entries.push_back(std::move(entry));
    } else {
      TRY(flatten(*inner, entry.path, file, entries));
    }
  }
  return {};
}

Result<Entries> parse_json(std::string_view text, const std::string& file) {
  JsonLimits limits;
  limits.max_bytes = kMaxStateFile;
  const Result<JsonObject> whole = JsonObject::parse(text, limits);
  if (!whole) return Error{whole.error().code, named(file) + ": " + whole.error().message};
  Entries entries;
  TRY(flatten(*whole, {}, file, entries));
  return entries;
}

bool is_state_name(std::string_view name) {
  return !name.starts_with('.') && (name.ends_with(".toml") || name.ends_with(".json"));
}

Error cannot_read(const std::string& path, int number) {
  return Error{number == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
               "cannot read " + path + ": " + system_message(number)};
}

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

// A FIFO in a directory would make this wait for ever; one that is named may be a pipe of a shell.
Result<Texts> files_in(const std::string& directory) {
  const std::unique_ptr<DIR, CloseDirectory> open(opendir(directory.c_str()));
  if (!open) return cannot_read(directory, errno);
  const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
  Texts files;
  while (const dirent* entry = readdir(open.get())) {
    if (!is_state_name(entry->d_name)) continue;
    const std::string path = prefix + entry->d_name;
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return cannot_read(path, errno);
    if (!S_ISREG(status.st_mode)) return Error{ErrorCode::invalid, path + " is not a file"};
    files.push_back(path);
    if (files.size() > kMaxStateFiles)
      return Error{ErrorCode::too_large, directory + " has more than 1000 files"};
  }
  if (files.empty())
    return Error{ErrorCode::usage, directory + " has no file that ends with .toml or .json"};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 200;
  JsonWriter json;
  json.value(text.substr(0, kLongest));
  return json.take();
}

Result<Entries> parse_state(std::string_view text, const std::string& file) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  return is_json ? parse_json(text, file) : parse_toml(text, file);
}

Result<Texts> state_files(const Texts& names) {
  Texts files;
  for (const std::string& name : names) {
    struct stat status {};
    if (name != kStandardInput && stat(name.c_str(), &status) != 0) return cannot_read(name, errno);
    if (name == kStandardInput || !S_ISDIR(status.st_mode)) {
      files.push_back(name);
      continue;
    }
    const Texts inside = TRY(files_in(name));
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

Result<Entries> read_state(const Texts& names) {
  Entries all;
  size_t bytes = 0;
  for (const std::string& file : TRY(state_files(names))) {
    const std::string text =
        TRY(read_file(file == kStandardInput ? "/dev/stdin" : file, kMaxStateFile));
    bytes += text.size();
    if (bytes > kMaxStateBytes)
      return Error{ErrorCode::too_large, "the files are larger than 32 MiB together"};
    Entries entries = TRY(parse_state(text, file));
    std::move(entries.begin(), entries.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace authd::auth::state
