// The TLS certificate of this server.
#include "crypto/certificate.h"

#include "base/file.h"
#include "config/reading/values.h"
#include "http/front/tls.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kSoon = 14 * 24h;
constexpr Milliseconds kNow = 3 * 24h;
constexpr size_t kMaxFile = 1 << 20;

}  // namespace

bool judge_certificate(Report& report, const std::string& what, std::string_view pem,
                       const std::string& host, Time now) {
  const Result<crypto::Certificate> read = crypto::read_certificate(pem, host);
  if (!read) {
    report.fail(what + ": " + read.error().message, "check the file");
    return false;
  }
  const Milliseconds left = read->ends_at - now;
  const std::string end = "ends in " + in_words(left) + ", at " + format_rfc3339(read->ends_at);
  const char* renew = "renew it, and find out why that did not happen by itself";
  if (now < read->begins_at) {
    report.fail(what + " is not valid before " + format_rfc3339(read->begins_at),
                "check the clock and the certificate");
  } else if (left <= 0ms) {
    report.fail(what + " expired at " + format_rfc3339(read->ends_at), renew);
  } else if (left < kNow) {
    report.fail(what + " " + end, renew);
  } else if (left < kSoon) {
    report.warn(what + " " + end, renew);
  } else {
    report.ok(what + " " + end);
  }
  const bool is_good = read->begins_at <= now && left > 0ms && read->covers;
  if (!read->covers) {
    report.fail(what + " is for " + (read->names.empty() ? "no name" : read->names) +
                    ", and not for " + host,
                "get one for the host of server.public_url");
  }
  return is_good;
}

void check_certificate(const Patient& patient, Report& report) {
  const config::Ingress& ingress = patient.config().ingress;
  if (ingress.tls_cert.empty()) return report.ok("TLS is not done here (server.tls_cert)");
  const Result<http::TlsContext> context = http::load_tls(ingress.tls_cert, ingress.tls_key);
  if (!context) {
    report.fail(context.error().message, "name the certificate's chain and its own key");
  }
  const Result<std::string> pem = read_file(ingress.tls_cert, kMaxFile);
  if (!pem) return;  // The context has reported it.
  judge_certificate(report, ingress.tls_cert, *pem, config::host_of(patient.config().public_url),
                    patient.clock.now());
}

}  // namespace authd::server::doctor
