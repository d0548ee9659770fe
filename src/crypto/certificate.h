// The contents of a certificate (X.509, PEM).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace authd::crypto {

struct Certificate {
  Time begins_at;
  Time ends_at;
  std::string names;    // "DNS:example.org, DNS:www.example.org"; for people
  bool covers = false;  // the host that was asked for
};

// The first certificate in the text, and whether it is valid for the host: a name, or an address as
// in a URL (RFC 6125). Error: `invalid`.
Result<Certificate> read_certificate(std::string_view pem, const std::string& host);

}  // namespace authd::crypto
