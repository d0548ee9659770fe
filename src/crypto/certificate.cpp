#include "crypto/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "crypto/init.h"

namespace authd::crypto {
namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

Time time_of(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return from_unix_seconds(timegm(&parts));
}

std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return "";
  std::string text;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const Bio out(BIO_new(BIO_s_mem()));
    if (!out || GENERAL_NAME_print(out.get(), sk_GENERAL_NAME_value(names.get(), i)) != 1) continue;
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    text += (text.empty() ? "" : ", ") + std::string(bytes, static_cast<size_t>(size));
  }
  return text;
}

}  // namespace

Result<Certificate> read_certificate(std::string_view pem, const std::string& host) {
  init();
  const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, X509Free> certificate(
      in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return Error{ErrorCode::invalid, "there is no certificate in it"};
  Certificate read;
  read.begins_at = time_of(X509_get0_notBefore(certificate.get()));
  read.ends_at = time_of(X509_get0_notAfter(certificate.get()));
  read.names = names_of(certificate.get());
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  const std::string bare = is_bracketed ? host.substr(1, host.size() - 2) : host;
  if (bare.empty()) return read;
  read.covers = X509_check_host(certificate.get(), bare.data(), bare.size(), 0, nullptr) == 1 ||
                X509_check_ip_asc(certificate.get(), bare.c_str(), 0) == 1;
  return read;
}

}  // namespace authd::crypto
