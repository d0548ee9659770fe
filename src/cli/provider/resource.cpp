// authd resource add|list|show|set|delete
#include "auth/oauth/clients/resources.h"

#include <cstdio>
#include <optional>

#include "auth/oauth/clients/resource_metadata.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

constexpr size_t kMaxIdentifier = 400;  // bytes; none is longer (auth/oauth/clients/resources.h)

struct ResourceFlags {
  std::string identifier;
  std::string name;
  std::vector<std::string> scopes;
  std::string access_ttl;
  bool wants_metadata = false;
  bool is_sure = false;
};

Result<Milliseconds> life_of(const ResourceFlags& flags) {
  const Result<Milliseconds> life = config::parse_duration(flags.access_ttl);
  if (life) return *life;
  return Error{ErrorCode::usage, "--access-ttl is a duration such as 5m"};
}

std::vector<std::string> cells(const tables::Resource& resource) {
  const Milliseconds life(static_cast<int64_t>(resource.access_ttl_ms));
  return {resource.identifier, resource.name, joined(resource.scopes, " "),
          life == Milliseconds(0) ? "" : config::format_duration(life)};
}

void print_resources(Command& command, const std::vector<tables::Resource>& resources) {
  command.print_list("resources", resources, &api::write_resource,
                     {"IDENTIFIER", "NAME", "SCOPES", "ACCESS TOKENS LIVE"}, &cells);
}

Result<void> add(Command& command, const ResourceFlags& flags) {
  tables::Resource resource;
  resource.identifier = flags.identifier;
  resource.name = flags.name;
  resource.scopes = flags.scopes;
  if (!flags.access_ttl.empty())
    resource.access_ttl_ms = static_cast<uint64_t>(TRY(life_of(flags)).count());
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  resource = TRY(from_arguments(auth::add_resource(*s, std::move(resource), operator_origin())));
  print_resources(command, {resource});
  return {};
}

Result<void> list(Command& command, const ResourceFlags&) {
  const auth::Services* s = TRY(command.services());
  print_resources(command, TRY(auth::list_resources(*s)));
  return {};
}

// The document is JSON for programs either way.
void print_metadata(Command& command, const auth::Services& s, const tables::Resource& resource) {
  JsonWriter document;
  auth::write_resource_metadata(document, s.config, resource);
  const std::string text = document.take();
  const std::string address = auth::resource_metadata_address(resource.identifier);
  if (!address.empty()) std::fprintf(stderr, "authd: publish this at %s\n", address.c_str());
  command.print(text, [&](JsonWriter& json) { json.raw(text); });
}

Result<void> show(Command& command, const ResourceFlags& flags) {
  const auth::Services* s = TRY(command.services());
  using Found = std::optional<tables::Resource>;
  const Found found = TRY(s->store.read([&](store::ReadTxn& tx) -> Result<Found> {
    return flags.identifier.size() > kMaxIdentifier ? std::nullopt
                                                    : tables::resources.find(tx, flags.identifier);
  }));
  if (!found) {
    return with_near_resource(
        *s, flags.identifier,
        Error{ErrorCode::not_found, "there is no resource \"" + flags.identifier + "\""});
  }
  if (flags.wants_metadata)
    print_metadata(command, *s, *found);
  else
    print_resources(command, {*found});
  return {};
}

Result<void> set(Command& command, const ResourceFlags& flags) {
  auth::ResourceChange change;
  if (!flags.name.empty()) change.name = flags.name;
  if (!flags.scopes.empty()) change.scopes = flags.scopes;
  if (!flags.access_ttl.empty()) change.access_ttl = TRY(life_of(flags));
  const auth::Services* s = TRY(command.services());
  const auto changed =
      from_arguments(auth::change_resource(*s, flags.identifier, change, operator_origin()));
  if (!changed) return with_near_resource(*s, flags.identifier, changed.error());
  print_resources(command, {*changed});
  return {};
}

Result<void> remove(Command& command, const ResourceFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(confirm(flags.is_sure, "delete the resource " + flags.identifier));
  const auto removed = auth::delete_resource(*s, flags.identifier, operator_origin());
  if (!removed) return with_near_resource(*s, flags.identifier, removed.error());
  command.print("resource " + flags.identifier + " is deleted", [&](JsonWriter& json) {
    json.begin_object().field("deleted", flags.identifier).end_object();
  });
  return {};
}

}  // namespace

void add_resource(const Subcommand& app, Command& command) {
  Group<ResourceFlags> group(app, command, "resource",
                             "APIs that clients' tokens can be for: add, list, show, set, delete");
  const auto add_identifier = [&](const Subcommand& to) {
    to.add_option("IDENTIFIER", group.flags->identifier, "Its address: https://api.example.org")
        .required();
  };
  const auto add_members = [&](const Subcommand& to) {
    to.add_option("--scope", group.flags->scopes, "A scope that it knows; may be repeated")
        .one_value_each();
    to.add_option("--access-ttl", group.flags->access_ttl, "Lifetime of access tokens for it: 5m");
  };
  const Subcommand adding = group.add("add", "Register an API", &add);
  add_identifier(adding);
  adding.add_option("NAME", group.flags->name, "Its name, for people").required();
  add_members(adding);
  group.add("list", "List the APIs", &list);
  const Subcommand showing = group.add("show", "Show an API", &show);
  add_identifier(showing);
  showing.add_flag("--metadata", group.flags->wants_metadata,
                   "The document that its server publishes for programs (RFC 9728)");
  const Subcommand setting =
      group.add("set", "Change an API; --scope replaces all of its scopes (also: edit)", &set);
  setting.alias("edit");
  add_identifier(setting);
  setting.add_option("--name", group.flags->name, "Its name, for people");
  add_members(setting);
  const Subcommand removing =
      group.add("delete", "Delete an API; nobody gets tokens for it any more", &remove);
  add_identifier(removing);
  removing.add_flag("--yes", group.flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
