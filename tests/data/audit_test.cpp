#include "data/audit.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Rows : public Dataset {
 public:
  explicit Rows(std::vector<TokenizedSample> rows) : rows_(std::move(rows)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  TokenizedSample sample(std::int64_t index) const override {
    return rows_.at(static_cast<std::size_t>(index));
  }
  std::string location(std::int64_t index) const override { return fmt::format("rows:{}", index); }
  std::uint64_t content_hash() const override { return 1; }

 private:
  std::vector<TokenizedSample> rows_;
};

TokenizedSample row(std::vector<std::int32_t> ids, std::vector<std::uint8_t> mask) {
  TokenizedSample out;
  append_document(out, std::move(ids), std::move(mask));
  return out;
}

TEST(Audit, BeginningsEndsAndDuplicates) {
  const Rows rows({row({kBos, 'a', kImEnd, '\n'}, {0, 1, 1, 0}), row({'a', kImEnd}, {0, 0}),
                   row({'a', 'b'}, {0, 1}), row({'a', kImEnd}, {1, 0})});
  const std::vector<std::int64_t> all = {0, 1, 2, 3};
  for (const int num_threads : {1, 3}) {
    const Audit found = audit(rows, all, chatml_context(), num_threads);
    EXPECT_EQ(found.num_rows, 4);
    EXPECT_EQ(found.num_documents, 4);
    EXPECT_EQ(found.num_tokens, 10);
    EXPECT_EQ(found.begin_with_bos, 1);
    EXPECT_EQ(found.end_in_eos, 3) << "a newline behind the end of the turn does not count";
    EXPECT_EQ(found.learn_eos, 1);
    EXPECT_EQ(found.num_duplicates, 1);
    EXPECT_EQ(found.first_duplicate, "rows:3");
  }
}

TEST(Audit, IsDescribed) {
  EXPECT_THAT(describe_audit({.num_rows = 4,
                              .num_documents = 5,
                              .num_tokens = 3000,
                              .begin_with_bos = 1,
                              .end_in_eos = 4,
                              .learn_eos = 3,
                              .num_duplicates = 2,
                              .first_duplicate = "rows:3",
                              .seconds = 2}),
              ElementsAre("BOS: at the beginning of 1 of 5 documents",
                          "EOS: at the end of 4 of 5 documents, learnt in 3",
                          "duplicates: 2 of 4 rows have the tokens of one before (first rows:3)",
                          StartsWith("encoded at 1")));
  EXPECT_THAT(describe_audit({})[2], "duplicates: none");
}

TEST(Audit, HistogramOfLengths) {
  EXPECT_TRUE(length_histogram({}).empty());
  const std::vector<std::int64_t> lengths = {1, 2, 3, 12, 25};
  const auto lines = length_histogram(lengths);
  ASSERT_EQ(lines.size(), 9U) << "25 / 12 + 1 = 3 tokens a class";
  EXPECT_EQ(lines[0], "      0 -       2 |########################################| 2");
  EXPECT_THAT(lines[1], HasSubstr("|####################                    | 1"));
  EXPECT_THAT(lines[2], HasSubstr("|                                        | 0"));
  EXPECT_THAT(lines[8], StartsWith("     24 -      26 |"));
}

}  // namespace
}  // namespace automodel::data
