#include "config/reading/clients.h"

#include <algorithm>

#include "base/text.h"
#include "config/reading/by_name.h"
#include "config/reading/values.h"

namespace authd::config {
namespace {

using Parts = std::vector<std::string>;
using Kind = ClientMember::Kind;

Error bad(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

const ConfiguredClient* find(const Config& config, std::string_view id) {
  return find_by_name(config.clients, &ConfiguredClient::id, id);
}

ConfiguredClient& obtain(Config& config, const std::string& id) {
  return obtain_by_name(config.clients, &ConfiguredClient::id, id);
}

Result<MemberValue> value_of(const ClientMember& member, const Parts& parts) {
  switch (member.kind) {
    case Kind::list: return MemberValue(parts);
    case Kind::flag: return MemberValue(TRY(parse_bool(parts.front())));
    case Kind::choice:
      if (parts.front() == member.off || parts.front() == member.on) break;
      return bad("must be " + std::string(member.off) + " or " + std::string(member.on));
    case Kind::duration: TRY(parse_duration(parts.front())); break;
    case Kind::text: break;
  }
  return MemberValue(parts.front());
}

std::string text_of(const MemberValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* list = std::get_if<Parts>(&value)) return joined(*list, ",");
  return std::get<std::string>(value);
}

KeyType type_of(Kind kind) {
  switch (kind) {
    case Kind::flag: return KeyType::boolean;
    case Kind::duration: return KeyType::quantity;
    case Kind::text:
    case Kind::list:
    case Kind::choice: return KeyType::text;
  }
  __builtin_unreachable();
}

std::string key_name(const std::string& id, std::string_view member) {
  return std::string(kClientsSection) + "." + id + "." + std::string(member);
}

// "Where people return to." A value of the protocol keeps its letters.
std::string sentence(const ClientMember& member) {
  std::string text(member.help);
  const std::string_view first = std::string_view(text).substr(0, text.find(' '));
  const bool is_value =
      member.kind == Kind::choice || first.find_first_of("_:=") != std::string_view::npos;
  if (!is_value && text[0] >= 'a' && text[0] <= 'z') text[0] -= 'a' - 'A';
  return text + ".";
}

Key member_key(const std::string& id, const ClientMember& member) {
  Key key;
  key.name = key_name(id, member.name);
  key.type = type_of(member.kind);
  key.is_list = member.kind == Kind::list;
  key.help = sentence(member);
  if (member.kind == Kind::choice) {
    key.choices = {std::string(member.off), std::string(member.on)};
    key.default_text = member.off;  // so that an empty table declares a client, too
  }
  if (member.kind == Kind::flag) key.default_note = "false";
  if (member.kind == Kind::duration) key.default_note = "0";
  key.set = [id, &member](Config& config, const Parts& parts) -> Result<void> {
    MemberValue value = TRY(value_of(member, parts));
    obtain(config, id).members.insert_or_assign(std::string(member.name), std::move(value));
    return {};
  };
  key.show = [id, &member](const Config& config) -> std::string {
    const ConfiguredClient* client = find(config, id);
    if (client == nullptr) return "";
    const auto found = client->members.find(std::string(member.name));
    return found == client->members.end() ? "" : text_of(found->second);
  };
  return key;
}

Key secret_key(const std::string& id) {
  Key key;
  key.name = key_name(id, "secret");
  key.help =
      "Its secret, of at least 32 characters. Without secret and secret_file, it has those that "
      "authd client secret add creates.";
  key.set = [id](Config& config, const Parts& parts) -> Result<void> {
    if (parts.front().size() < kMinClientSecret) return bad("must have at least 32 characters");
    obtain(config, id).secret = parts.front();
    return {};
  };
  key.show = [id](const Config& config) -> std::string {
    const ConfiguredClient* client = find(config, id);
    return client == nullptr || client->secret.empty() ? "" : "***";
  };
  return key;
}

template <std::string ConfiguredClient::*member>
Key file_key(const std::string& id, const char* name, const char* help) {
  Key key;
  key.name = key_name(id, name);
  key.help = help;
  key.set = [id](Config& config, const Parts& parts) -> Result<void> {
    obtain(config, id).*member = parts.front();
    return {};
  };
  key.show = [id](const Config& config) -> std::string {
    const ConfiguredClient* client = find(config, id);
    return client == nullptr ? "" : client->*member;
  };
  return key;
}

}  // namespace

bool is_client_id(std::string_view id) {
  return id.size() >= kMinClientId && id.size() <= kMaxClientId && id[0] != '-' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           const char small = lower(c);
           return (small >= 'a' && small <= 'z') || is_digit(c) || c == '_' || c == '-';
         });
}

Result<void> check_client_name(std::string_view id) {
  if (is_client_id(id)) return {};
  return bad("\"" + std::string(id) +
             "\" is not a name for a client: 3 to 64 letters, digits, '_' and '-'");
}

std::vector<Key> client_keys(const std::string& id) {
  std::vector<Key> keys;
  for (const ClientMember& member : kClientMembers)
    keys.push_back(member_key(id, member));
  keys.push_back(secret_key(id));
  keys.push_back(file_key<&ConfiguredClient::secret_file>(
      id, "secret_file",
      "A file with its secret, instead of secret. A line break at the end is not part of it."));
  keys.push_back(file_key<&ConfiguredClient::logo_file>(
      id, "logo_file", "Its logo on the pages of a sign-in: PNG, JPEG or GIF."));
  return keys;
}

Result<void> check_configured_client(const ConfiguredClient& client) {
  if (client.secret.empty() || client.secret_file.empty()) return {};
  return bad(key_name(client.id, "secret") + " and secret_file are both set; keep one");
}

}  // namespace authd::config
