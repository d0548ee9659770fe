// Creates the transport that mail.url names.
#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "config/config.h"
#include "mail/transport.h"

namespace authd::mail {

// The transport of mail.url. `is_ending` is asked while a transfer runs, at least once a second;
// true aborts it. Settings and log outlive the transport.
std::unique_ptr<Transport> make_transport(const config::MailSettings& settings, Log& log,
                                          std::function<bool()> is_ending);

}  // namespace authd::mail
