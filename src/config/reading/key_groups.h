// The keys by subject. keys.cpp puts the groups in the order of the manual page.
#pragma once

#include <vector>

#include "config/reading/key.h"

namespace authd::config {

// Of the machine and its front: keys_machine.cpp.
void add_server(std::vector<Key>& keys);
void add_store(std::vector<Key>& keys);
void add_cluster(std::vector<Key>& keys);
void add_replica(std::vector<Key>& keys);
void add_audit(std::vector<Key>& keys);
void add_backup(std::vector<Key>& keys);
void add_fetch(std::vector<Key>& keys);
void add_webhooks(std::vector<Key>& keys);
void add_limits(std::vector<Key>& keys);
void add_browsers(std::vector<Key>& keys);
void add_log(std::vector<Key>& keys);
void add_metrics(std::vector<Key>& keys);

// Of the realm: its people, how they get in, and what they see: keys_accounts.cpp.
void add_tokens(std::vector<Key>& keys);
void add_passwords(std::vector<Key>& keys);
void add_signup(std::vector<Key>& keys);
void add_login(std::vector<Key>& keys);
void add_mfa(std::vector<Key>& keys);
void add_terms(std::vector<Key>& keys);
void add_retention(std::vector<Key>& keys);
void add_passkeys(std::vector<Key>& keys);
void add_mail(std::vector<Key>& keys);
void add_branding(std::vector<Key>& keys);
void add_compat(std::vector<Key>& keys);
void add_provider(std::vector<Key>& keys);

}  // namespace authd::config
