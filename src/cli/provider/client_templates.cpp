// authd client templates
#include "cli/provider/client_templates.h"

#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"

namespace authd::cli {
namespace {

struct TemplateFlags {
  std::string id;
};

std::string settings_text(const std::string& name, const std::vector<auth::AppSettings>& settings) {
  std::string text;
  for (const auth::AppSettings& one : settings)
    text += "\n# " + name + ": " + one.title + "\n" + one.text + "\n";
  return text;
}

std::string advice_text(const auth::ClientTemplate& one) {
  std::string text = "\n# Good to know\n- " + one.roles;
  for (const std::string& trap : one.traps)
    text += "\n- " + trap;
  return text + "\n- Checked with: " + one.checked + ".";
}

std::string value_text(const auth::MemberValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  return joined(std::get<std::vector<std::string>>(value), ", ");
}

std::string template_text(const auth::ClientTemplate& one) {
  std::vector<std::vector<std::string>> members;
  for (const auth::ClientChange& change : one.members)
    members.push_back({change.name, value_text(change.value)});
  return one.name + (one.home.empty() ? "" : ", " + one.home) + "\n" +
         table({"MEMBER", "VALUE"}, members) + "\n" + settings_text(one.name, one.settings) +
         advice_text(one);
}

Result<void> show(Command& command, const TemplateFlags& flags) {
  const auto all = api::client_templates();
  if (!flags.id.empty()) {
    const auto* one = TRY(from_arguments(auth::find_template(all, flags.id)));
    command.print(template_text(*one),
                  [&](JsonWriter& json) { api::write_whole_template(json, *one); });
    return {};
  }
  command.print_list("templates", all, &api::write_template,
                     {"TEMPLATE", "APPLICATION", "EXAMPLE OF --url", "CHECKED"},
                     [](const auth::ClientTemplate& one) {
                       return std::vector{one.id, one.name, one.url, one.checked};
                     });
  return {};
}

}  // namespace

config::Loaded as_served(const config::Loaded& loaded) {
  config::Loaded served = loaded;
  if (loaded.is_default("tokens.issuer") && loaded.is_default("server.public_url")) {
    served.config.public_url = loaded.config.tokens.issuer;
  }
  return served;
}

std::string app_text(const api::MadeApp& app) {
  return settings_text(app.from->name, app.settings) + advice_text(*app.from);
}

void add_templates(const Subcommand& client, Command& command) {
  const auto flags = std::make_shared<TemplateFlags>();
  const Subcommand app = client.add_subcommand(
      "templates", "Ready-made applications for client add --template: list them, or show one");
  set_action(app, command, flags, &show);
  app.add_option("TEMPLATE", flags->id, "Show what it registers, and its settings");
}

}  // namespace authd::cli
