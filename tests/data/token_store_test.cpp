#include "data/token_store.h"

#include <cstdlib>

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

/// Row i has i % 3 + 1 documents; every second token is learnt.
class Views : public Dataset {
 public:
  explicit Views(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  TokenizedSample sample(std::int64_t index) const override {
    TokenizedSample out;
    for (std::int64_t d = 0; d <= index % 3; ++d) {
      std::vector<std::int32_t> ids;
      std::vector<std::uint8_t> mask;
      for (std::int64_t t = 0; t < 2 + index % 5 + d; ++t) {
        ids.push_back(static_cast<std::int32_t>(index * 100 + t));
        mask.push_back(t % 2 == 1);
      }
      append_document(out, ids, mask);
    }
    out.notes.truncated = index % 2 == 1;
    out.notes.not_truncated = index % 3 == 1;
    out.notes.all_learnt = index % 4 == 0;
    out.notes.special_in_content = index % 5 == 0;
    out.notes.not_shown = index % 11 == 3;
    out.notes.ends_in_class = index % 7 == 0;
    return out;
  }
  std::string location(std::int64_t index) const override { return fmt::format("views:{}", index); }
  std::uint64_t content_hash() const override { return 77; }

 private:
  std::int64_t size_;
};

TEST(TokenStore, HoldsEveryRowAsItWas) {
  const ScratchFolder folder;
  const auto source = std::make_shared<const Views>(1203);
  for (const int num_threads : {1, 4}) {
    TokenStore::write(*source, folder.path("rows.tokens"), num_threads);
    const TokenStore store(folder.path("rows.tokens"), source);
    ASSERT_EQ(store.size(), 1203);
    std::int64_t num_tokens = 0;
    for (std::int64_t row = 0; row < store.size(); ++row) {
      ASSERT_EQ(store.sample(row), source->sample(row)) << row;
      num_tokens += store.row_lengths()[static_cast<std::size_t>(row)];
    }
    EXPECT_EQ(num_tokens, store.num_tokens());
    EXPECT_EQ(store.location(7), "views:7");
    EXPECT_EQ(store.documents()[2], (StoredDocument{1, 5, 9}));
    EXPECT_EQ(static_cast<std::int64_t>(store.documents().size()), store.num_documents());
  }
}

TEST(TokenStore, ARowThatCannotBeUsedLeavesNoFile) {
  const ScratchFolder folder;
  const NumberRows source(10, {7});
  EXPECT_EQ(error_of([&] { TokenStore::write(source, folder.path("x.tokens"), 2); }),
            "numbers:8: bad row");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(TokenStore, DamagedFilesAreRefused) {
  const ScratchFolder folder;
  const auto source = std::make_shared<const Views>(9);
  TokenStore::write(*source, folder.path("rows.tokens"), 1);
  const std::string good = read_file(folder.path("rows.tokens"));
  const auto error = [&](const std::string& bytes) {
    const auto path = folder.write("bad.tokens", bytes);
    return error_of([&] { TokenStore(path, source); });
  };
  EXPECT_EQ(error(good), "no error");
  EXPECT_THAT(error(""), HasSubstr("is damaged, or not a file of tokens of this data; remove it"));
  EXPECT_THAT(error(good.substr(0, good.size() / 2)), HasSubstr("is damaged"));
  EXPECT_THAT(error(good + good), HasSubstr("is damaged"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const auto path = folder.write("bad.tokens", changed);
    EXPECT_NE(error_of([&] { TokenStore(path, source); }), "no error") << at;
  }
  const auto other = std::make_shared<const Views>(8);
  EXPECT_THAT(error_of([&] { TokenStore(folder.path("rows.tokens"), other); }),
              HasSubstr("is damaged"));
}

TEST(TokenStore, WhoIsToldOfRowsMayEndTheWritingWhichLeavesNoFile) {
  const ScratchFolder folder;
  std::int64_t most = 0;
  const auto stop = [&](std::int64_t num_done, std::int64_t num_rows) {
    EXPECT_EQ(num_rows, 5000);
    most = num_done;
    check(num_done < 1000, ErrorKind::interrupted, "stopped");
  };
  EXPECT_EQ(error_of([&] { TokenStore::write(Views(5000), folder.path("x.tokens"), 2, stop); }),
            "stopped");
  EXPECT_LT(most, 2000);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// Stores go to a folder of the test's own.
class CachedTokenStore : public ::testing::Test {
 protected:
  CachedTokenStore() { ::setenv("AUTOMODEL_CACHE", folder_.path().c_str(), 1); }
  ~CachedTokenStore() override { ::unsetenv("AUTOMODEL_CACHE"); }
  std::int64_t num_files() const {
    return std::distance(std::filesystem::directory_iterator(folder_.path("tokens")), {});
  }

  ScratchFolder folder_;
  std::shared_ptr<const Views> source_ = std::make_shared<const Views>(5);
};

TEST_F(CachedTokenStore, IsMadeOnceForTheSameContent) {
  EXPECT_EQ(open_token_store(source_, 1)->sample(3), source_->sample(3));
  EXPECT_EQ(num_files(), 1);
  open_token_store(std::make_shared<const Views>(5), 1);
  EXPECT_EQ(num_files(), 1) << "the same rows";
  open_token_store(source_, 2);
  EXPECT_EQ(num_files(), 2) << "other keys";
}

TEST_F(CachedTokenStore, RemovesWhatKilledProcessesLeftOfAnyStore) {
  constexpr int kNoProcess = 1 << 22;  // the least number that none has
  folder_.write(fmt::format("tokens/0123456789abcdef.tokens.tmp{}", kNoProcess), "left");
  open_token_store(source_, 1);
  EXPECT_EQ(num_files(), 1);
}

TEST_F(CachedTokenStore, ATooSmallDiskIsSeenBeforeRowsAreEncoded) {
  const StoreOptions options{.row_tokens = std::int64_t{1} << 55};
  EXPECT_THAT(error_of([&] { open_token_store(source_, 1, options); }),
              HasSubstr("let AUTOMODEL_CACHE name a folder on another disk"));
  EXPECT_EQ(num_files(), 0);
}

}  // namespace
}  // namespace automodel::data
