// The checks, with the file of each.
#pragma once

#include "server/doctor/doctor.h"
#include "store/cluster.h"

namespace authd::server::doctor {

void check_configuration(const Patient& patient, Report& report);  // configuration.cpp
void check_files(const Patient& patient, Report& report);          // files.cpp
void check_data(const Patient& patient, Report& report);           // data.cpp
void check_cluster(const Patient& patient, Report& report);        // cluster.cpp
void check_clock(const Patient& patient, Report& report);          // clock.cpp
void check_resources(const Patient& patient, Report& report);      // resources.cpp
void check_keys(const Patient& patient, Report& report);           // keys.cpp
void check_passwords(const Patient& patient, Report& report);      // passwords.cpp
void check_backups(const Patient& patient, Report& report);        // backups.cpp
void check_mail(const Patient& patient, Report& report);           // mail.cpp
void check_providers(const Patient& patient, Report& report);      // providers.cpp
void check_certificate(const Patient& patient, Report& report);    // certificate.cpp
void check_public_url(const Patient& patient, Report& report);     // public_url.cpp
void check_discovery(const Patient& patient, Report& report);      // discovery.cpp
void check_passkeys(const Patient& patient, Report& report);       // passkeys.cpp
void check_clients(const Patient& patient, Report& report);        // clients.cpp
void check_logouts(const Patient& patient, Report& report);        // logouts.cpp
void check_webhooks(const Patient& patient, Report& report);       // webhooks.cpp

// cluster.cpp: what the state of the cluster means.
void judge_cluster(Report& report, const store::ClusterStatus& status,
                   const config::Cluster& cluster);
// clock.cpp: compares our clock with another server's.
void compare_clocks(Report& report, const std::string& whose, std::optional<Time> theirs,
                    Time ours);
// certificate.cpp: how long the certificate is valid, and whether for this host. `what` names it.
// False if it is not valid now.
bool judge_certificate(Report& report, const std::string& what, std::string_view pem,
                       const std::string& host, Time now);

}  // namespace authd::server::doctor
