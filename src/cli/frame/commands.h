// The command groups, each with its file. Each adds its subcommands to `app`; the chosen one sets
// command.action.
#pragma once

#include "cli/frame/command.h"

namespace authd::cli {

void add_serve(const Subcommand& app, Command& command);       // serve.cpp
void add_user(const Subcommand& app, Command& command);        // user.cpp
void add_role(const Subcommand& app, Command& command);        // role.cpp
void add_session(const Subcommand& app, Command& command);     // session.cpp
void add_token(const Subcommand& app, Command& command);       // token.cpp
void add_passkey(const Subcommand& user, Command& command);    // passkey.cpp
void add_device(const Subcommand& user, Command& command);     // device.cpp
void add_people(const Subcommand& user, Command& command);     // people.cpp
void add_prune(const Subcommand& user, Command& command);      // prune.cpp
void add_key(const Subcommand& app, Command& command);         // key.cpp
void add_client(const Subcommand& app, Command& command);      // client.cpp
void add_logouts(const Subcommand& client, Command& command);  // client_logouts.cpp
// client_registration.cpp
void add_registration_tokens(const Subcommand& client, Command& command);
void add_foreign(const Subcommand& client, Command& command);     // client_import.cpp
void add_templates(const Subcommand& client, Command& command);   // client_templates.cpp
void add_check(const Subcommand& client, Command& command);       // client_check.cpp
void add_resource(const Subcommand& app, Command& command);       // resource.cpp
void add_apikey(const Subcommand& app, Command& command);         // apikey.cpp
void add_invite(const Subcommand& app, Command& command);         // invite.cpp
void add_mail(const Subcommand& app, Command& command);           // mail.cpp
void add_branding(const Subcommand& app, Command& command);       // branding.cpp
void add_webhook(const Subcommand& app, Command& command);        // webhook.cpp
void add_audit(const Subcommand& app, Command& command);          // audit.cpp
void add_events(const Subcommand& app, Command& command);         // events.cpp
void add_password_list(const Subcommand& app, Command& command);  // password_list.cpp
void add_config(const Subcommand& app, Command& command);         // config.cpp
void add_db(const Subcommand& app, Command& command);             // db.cpp
void add_move(const Subcommand& db, Command& command);            // move.cpp
void add_cluster(const Subcommand& app, Command& command);        // cluster.cpp
void add_replica(const Subcommand& app, Command& command);        // replica.cpp
void add_apply(const Subcommand& app, Command& command);          // apply.cpp
void add_state(const Subcommand& app, Command& command);          // state.cpp
void add_import(const Subcommand& app, Command& command);         // import.cpp
void add_export(const Subcommand& app, Command& command);         // export.cpp
void add_backup(const Subcommand& app, Command& command);         // backup.cpp
void add_restore(const Subcommand& app, Command& command);        // backup.cpp
void add_init(const Subcommand& app, Command& command);           // init.cpp
void add_frameworks(const Subcommand& init, Command& command);    // init_frameworks.cpp
void add_health(const Subcommand& app, Command& command);         // health.cpp
void add_doctor(const Subcommand& app, Command& command);         // doctor.cpp
void add_explain(const Subcommand& app, Command& command);        // explain.cpp
void add_version(const Subcommand& app, Command& command);        // version.cpp
void add_completion(const Subcommand& app, Command& command);     // completion.cpp
void add_help(const Subcommand& app, Command& command);           // completion.cpp

// The only list of command groups.
void add_all(const Subcommand& app, Command& command);

}  // namespace authd::cli
