// A write transaction that changes nothing: it notes what a closure reads and what it would write,
// for a commit elsewhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace authd::store {

// nullopt: deleted.
using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

class RecordedTxn final : public WriteTxn {
 public:
  // Reads go to `state`, seen through `earlier`: the changes of the closures of the same group that
  // ran before. Both outlive this.
  RecordedTxn(Reader& state, const Changes& earlier) : state_(state), earlier_(earlier) {}

  std::optional<std::string> get(std::string_view key) override;
  bool look(std::string_view key, Take take) override;
  void put(std::string_view key, std::string_view value) override;
  void del(std::string_view key) override;

  const std::vector<std::string>& reads() const { return reads_; }
  const Changes& changes() const { return changes_; }

 private:
  Reader& state_;
  const Changes& earlier_;
  std::vector<std::string> reads_;  // without those of keys that it had written itself
  Changes changes_;
  size_t writes_ = 0;
};

}  // namespace authd::store
