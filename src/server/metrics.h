// The series of /metrics that are not about HTTP requests: the process and its disk, logins,
// tokens, password lane, store, connections, jobs, mail, sign-outs and events on their way to
// applications.
#pragma once

#include "auth/core/services.h"
#include "http/app/metrics.h"
#include "http/front/front.h"
#include "server/jobs.h"
#include "server/logout_runner.h"
#include "server/mail_runner.h"
#include "server/webhook_runner.h"

namespace authd::server {

// All references outlive `metrics`' last render().
void add_metrics(http::Metrics& metrics, const auth::Services& services, const http::Front& front,
                 const JobRunner& jobs, const MailRunner& mails, const LogoutRunner& logouts,
                 const WebhookRunner& webhooks);

// The same of a replica, which has no jobs and no mail.
void add_replica_metrics(http::Metrics& metrics, const auth::Services& services,
                         const http::Front& front);

}  // namespace authd::server
