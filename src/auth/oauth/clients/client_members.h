// The members of a client that an administrator may set (config/client_members.h), in rows of the
// store, in JSON and in the arguments of commands.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "config/client_members.h"
#include "tables/schema.h"

namespace authd::auth {

using config::MemberValue;

// A member, and where the row has it.
struct ClientMember : config::ClientMember {
  std::variant<std::string tables::Client::*, std::vector<std::string> tables::Client::*,
               bool tables::Client::*, uint64_t tables::Client::*>
      member;
};

// All of them, in the order in which people read them.
std::span<const ClientMember> client_members();

// Null if there is none of this name.
const ClientMember* find_client_member(std::string_view name);

MemberValue value_of(const tables::Client& client, const ClientMember& member);

// One member and its new value.
struct ClientChange {
  enum class How { set, add, remove };  // the last two: one value of a list
  std::string name;
  MemberValue value;
  How how = How::set;
};

// Sets a member. Successive changes of one list add up. If a list of roles or networks lost its
// last value that way, everybody would be let in, so that is refused: the list has to be set to
// empty explicitly. Whether the client as a whole is in order: client_rules.h. Error: `invalid`,
// with the member as its field; for an unknown one, the nearest is suggested.
Result<void> set_member(tables::Client& client, const ClientChange& change);

// All of them. Errors: as above; `invalid` for a name that is none (parse_shown_name).
Result<void> set_members(tables::Client& client, const std::vector<ClientChange>& changes);

// A client with these members and no id. One with redirect URIs signs people in, unless its grant
// types say otherwise. Errors: as above.
Result<tables::Client> client_with(const std::vector<ClientChange>& members);

// The text of a member, as the command line has it. A list has commas between its values.
Result<ClientChange> change_from_text(std::string_view name, std::string_view text);

// The members that the object has. Members in `others` do not belong to the client and are ignored.
// Error: `invalid`, with the field.
Result<std::vector<ClientChange>> changes_from_json(const JsonObject& form,
                                                    std::span<const std::string_view> others);

// Metadata as RFC 7591 section 2 names it ("client_name", "scope"). Members that only describe the
// client, or ask for the default, are ignored; a member that asks for something that this server
// does not do is `invalid`, with the field.
Result<std::vector<ClientChange>> changes_from_metadata(const JsonObject& metadata);

void write_value(JsonWriter& json, const MemberValue& value);

// Writes all members into the object that is open.
void write_members(JsonWriter& json, const tables::Client& client);

}  // namespace authd::auth
