// The command groups, each with its file. Each adds its subcommands to `app`; the chosen one sets
// command.action.
#pragma once

#include "cli/command.h"

namespace authd::cli {

void add_serve(CLI::App& app, Command& command);       // serve.cpp
void add_user(CLI::App& app, Command& command);        // user.cpp
void add_role(CLI::App& app, Command& command);        // role.cpp
void add_session(CLI::App& app, Command& command);     // session.cpp
void add_token(CLI::App& app, Command& command);       // token.cpp
void add_key(CLI::App& app, Command& command);         // key.cpp
void add_client(CLI::App& app, Command& command);      // client.cpp
void add_resource(CLI::App& app, Command& command);    // resource.cpp
void add_apikey(CLI::App& app, Command& command);      // apikey.cpp
void add_mail(CLI::App& app, Command& command);        // mail.cpp
void add_audit(CLI::App& app, Command& command);       // audit.cpp
void add_config(CLI::App& app, Command& command);      // config.cpp
void add_db(CLI::App& app, Command& command);          // db.cpp
void add_import(CLI::App& app, Command& command);      // import.cpp
void add_export(CLI::App& app, Command& command);      // export.cpp
void add_backup(CLI::App& app, Command& command);      // backup.cpp
void add_restore(CLI::App& app, Command& command);     // backup.cpp
void add_init(CLI::App& app, Command& command);        // init.cpp
void add_health(CLI::App& app, Command& command);      // health.cpp
void add_doctor(CLI::App& app, Command& command);      // doctor.cpp
void add_explain(CLI::App& app, Command& command);     // explain.cpp
void add_version(CLI::App& app, Command& command);     // version.cpp
void add_completion(CLI::App& app, Command& command);  // completion.cpp
void add_help(CLI::App& app, Command& command);        // completion.cpp

// The only list of command groups.
void add_all(CLI::App& app, Command& command);

}  // namespace authd::cli
