#include "engines.h"

#include "postgresql_server.h"
#include "scratch.h"
#include "store/engine.h"
#include "store/lmdb/engine.h"
#include "support/fault_store.h"
#include "support/memory_store.h"
#include "support/rerun_store.h"

namespace authd::test {
namespace {

using store::Store;

class MemoryEngine final : public Engine {
 public:
  Store& store() override { return store_; }
  void reopen() override {}  // It has nothing to close.

 private:
  MemoryStore store_{store::kMaxWritesPerTransaction};
};

class LmdbEngine final : public Engine {
 public:
  LmdbEngine() { open(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    Result<std::unique_ptr<Store>> opened =
        store::open_lmdb({.directory = directory_.path(), .max_bytes = 1ull << 30}, null_log());
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }

  ScratchDirectory directory_;
  std::unique_ptr<Store> store_;
};

class PostgresqlEngine final : public Engine {
 public:
  PostgresqlEngine() : schema_(fresh_schema()) { open(); }
  ~PostgresqlEngine() override {
    store_.reset();
    run_sql("DROP SCHEMA " + schema_ + " CASCADE");
  }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    store::Options options;
    options.engine = "postgresql";
    options.directory = directory_.path();
    options.max_bytes = 1ull << 30;
    options.url = postgresql_url();
    options.schema = schema_;
    options.node = "one";
    options.lease = Milliseconds(60'000);  // The machine of a test may be slow.
    Result<std::unique_ptr<Store>> opened = store::open(options, null_log());
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }

  std::string schema_;
  ScratchDirectory directory_;
  std::unique_ptr<Store> store_;
};

// A decorator around another engine.
template <typename Decorator, typename Below>
class Over final : public Engine {
 public:
  Over() { decorator_.emplace(below_.store()); }
  Store& store() override { return *decorator_; }
  void reopen() override {
    decorator_.reset();
    below_.reopen();
    decorator_.emplace(below_.store());
  }

 private:
  Below below_;
  std::optional<Decorator> decorator_;
};

template <typename Kind>
std::unique_ptr<Engine> make() {
  return std::make_unique<Kind>();
}

}  // namespace

const std::vector<EngineKind>& engine_kinds() {
  static const std::vector<EngineKind> kinds = {
      {"memory", make<MemoryEngine>},
      {"lmdb", make<LmdbEngine>},
      {"postgresql", make<PostgresqlEngine>},
      {"rerun over memory", make<Over<RerunStore, MemoryEngine>>},
      {"rerun over lmdb", make<Over<RerunStore, LmdbEngine>>},
      {"rerun over postgresql", make<Over<RerunStore, PostgresqlEngine>>},
      {"fault over memory", make<Over<FaultStore, MemoryEngine>>},
      {"fault over lmdb", make<Over<FaultStore, LmdbEngine>>},
      {"fault over postgresql", make<Over<FaultStore, PostgresqlEngine>>},
  };
  return kinds;
}

}  // namespace authd::test
