#include "auth/upkeep/master_rotation.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "auth/core/mails.h"
#include "auth/upkeep/audit_verify.h"
#include "auth/upkeep/check.h"
#include "base/file.h"
#include "support/fault_store.h"
#include "support/people.h"
#include "support/temp_dir.h"
#include "tables/outbox.h"

namespace authd::auth {
namespace {

// An instance whose master keys are those of a file.
class House {
 public:
  House() {
    REQUIRE(write_file_atomic(file(), fresh.line().reveal(), 0600));
    std::string both(fresh.line().reveal());
    both += t.master_key.text().reveal();
    REQUIRE(write_file_atomic(file(), both, 0600));
    old = t.master_key.sealing_id();
    t.master_key = crypto::MasterKeys::load(file()).value();
    t.master_key.seal_with(old);
  }

  std::string file() const { return directory.file("master.key"); }

  // People with a TOTP secret each, sealed with the key that seals now.
  void add_factors(uint64_t first, uint64_t last) {
    for (uint64_t id = first; id <= last; ++id) {
      tables::Factors row;
      row.user = UserId{id};
      row.totp =
          t.master_key.seal("secret " + std::to_string(id), totp_context(row.user), t.random);
      put(row);
    }
  }
  void put(const tables::Factors& row) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::factors.put(tx, tables::big_endian(row.user.value), row);
      return {};
    }));
  }
  std::string totp(uint64_t id) {
    const auto row = t.store.read([&](store::ReadTxn& tx) -> Result<tables::Factors> {
      return tables::factors.find(tx, tables::big_endian(id)).value();
    });
    return t.master_key.open(row.value().totp, totp_context(UserId{id})).value_or("");
  }
  uint64_t sealed_with(const std::string& id) {
    auto counts = count_sealed(t.store);
    REQUIRE(counts);
    return (*counts)[id];
  }
  Result<SealedAnew> seal_all() {
    return seal_anew(t.services, [](uint64_t) {});
  }

  test::TempDir directory;
  SystemRandom random;
  crypto::MasterKey fresh = crypto::MasterKey::generate(random);
  test::Instance t;
  std::string old;
};

TEST_CASE("everything is sealed anew, in small pieces, and opens as before") {
  House h;
  test::add_user(h.t, "ann");
  const auto tokens = test::tokens_of(test::try_login(h.t, "ann"));
  h.add_factors(100, 100 + 3 * kSealBatch);
  const std::string id = h.fresh.id();
  const uint64_t all = h.sealed_with(h.old);
  CHECK(all > 3 * kSealBatch + 3);  // the factors, three keys of the server, and a mail at least
  CHECK(begin_master_rotation(h.t.services, id, {}).value());
  CHECK(h.sealed_with(id) == 1);
  CHECK(h.t.master_key.sealing_id() == id);
  CHECK_FALSE(begin_master_rotation(h.t.services, id, {}).value());
  uint64_t pieces = 0;
  uint64_t before = 0;
  const auto done = seal_anew(h.t.services, [&](uint64_t rows) {
    CHECK(rows - before <= kSealBatch);
    before = rows;
    pieces += 1;
  });
  REQUIRE(done);
  CHECK(done->rows == all - 1);
  CHECK(done->broken == 0);
  CHECK(pieces >= 4);
  CHECK(h.sealed_with(h.old) == 0);
  CHECK(h.sealed_with(id) == all);
  CHECK(h.totp(100 + kSealBatch) == "secret " + std::to_string(100 + kSealBatch));
  CHECK(h.seal_all()->rows == 0);
  // With the new key alone, and what the old one sealed is good: tokens, codes, the audit log.
  h.t.master_key = crypto::MasterKeys(
      crypto::MasterKey::parse(
          std::string(h.fresh.line().reveal()).substr(0, h.fresh.line().reveal().size() - 1))
          .value());
  h.t.keyring.replace(nullptr);
  CHECK(test::is_alive(h.t, tokens));
  CHECK(verify_audit(h.t.services, [](uint64_t, uint64_t) {})->problem.empty());
  const auto report = check_store(h.t.services);
  for (const std::string& finding : report->findings)
    CHECK(finding.find("does not open") == std::string::npos);
  CHECK(report->sealed == std::map<std::string, uint64_t>{{id, all}});
}

TEST_CASE("what was sealed before the rotation and is stored after it is sealed anew") {
  House h;
  tables::Mail mail;
  mail.id = std::string(16, 'm');
  mail.sealed = h.t.master_key.seal("token", mail_context(mail), h.t.random);
  REQUIRE(crypto::MasterKey::id_of(mail.sealed) == h.old);
  REQUIRE(begin_master_rotation(h.t.services, h.fresh.id(), {}));
  REQUIRE(h.seal_all());
  REQUIRE(h.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    insert_sealed_mail(h.t.services, tx, mail);
    return {};
  }));
  CHECK(h.sealed_with(h.old) == 0);
  const auto found = test::mails(h.t);
  REQUIRE(found.size() == 1);
  CHECK(h.t.master_key.open(found[0].sealed, mail_context(mail)) == "token");
}

TEST_CASE("every path that stores a sealed value does so, whatever key its process prefers") {
  House h;
  REQUIRE(begin_master_rotation(h.t.services, h.fresh.id(), {}));
  REQUIRE(h.seal_all());
  h.t.master_key.seal_with(h.old);  // as a process that has not heard of it
  test::add_user(h.t, "ann");
  const auto caller = test::caller_of(h.t, test::tokens_of(test::try_login(h.t, "ann")));
  REQUIRE(begin_totp(h.t.services, caller));
  REQUIRE(rotate_keys(h.t.services, crypto::Algorithm::es256, {}));
  CHECK(h.sealed_with(h.fresh.id()) > 4);
  CHECK(h.sealed_with(h.old) == 0);
}

TEST_CASE("a value that does not open stays as it is and is counted") {
  House h;
  h.add_factors(1, 2);
  tables::Factors broken;
  broken.user = UserId{3};
  broken.totp = h.t.master_key.seal("x", "another context", h.t.random);
  h.put(broken);
  h.add_factors(4, 5);
  REQUIRE(begin_master_rotation(h.t.services, h.fresh.id(), {}));
  const auto done = h.seal_all();
  REQUIRE(done);
  CHECK(done->broken == 1);
  CHECK(h.sealed_with(h.old) == 1);
  CHECK(h.totp(5) == "secret 5");
}

TEST_CASE("a store that fails anywhere leaves everything open, and the next run ends it") {
  House h;
  h.add_factors(1, kSealBatch + 10);
  test::FaultStore faults(h.t.memory);
  Services s{faults,         h.t.config,     h.t.clock,     h.t.random,      h.t.hasher,
             h.t.master_key, h.t.server_key, h.t.keyring,   h.t.credentials, h.t.in_flight,
             h.t.verified,   h.t.activity,   h.t.providers, h.t.known,       h.t.oauth,
             h.t.images,     h.t.counters,   null_log(),    kServerWriter};
  const auto rotate = [&]() -> Result<void> {
    TRY(begin_master_rotation(s, h.fresh.id(), {}));
    TRY(seal_anew(s, [](uint64_t) {}));
    return {};
  };
  size_t failures = 0;
  for (size_t n = 1;; n += 7) {
    faults.fail_at(n);
    const Result<void> done = rotate();
    faults.fail_at(0);
    for (const uint64_t id : {uint64_t{1}, uint64_t{kSealBatch + 10}})
      REQUIRE(h.totp(id) == "secret " + std::to_string(id));
    if (done) break;
    failures += 1;
  }
  CHECK(failures > 3);
  CHECK(h.sealed_with(h.old) == 0);
}

}  // namespace
}  // namespace authd::auth
