#include "data/packed.h"

#include <algorithm>

#include "data/batch.h"
#include "data/loader.h"
#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

/// Row i has lengths[i] tokens, of which all but the first `prompt` are learnt.
class Rows : public Dataset {
 public:
  explicit Rows(std::vector<std::int64_t> lengths, bool end_in_class, std::int64_t prompt)
      : lengths_(std::move(lengths)), end_in_class_(end_in_class), prompt_(prompt) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(lengths_.size()); }
  TokenizedSample sample(std::int64_t index) const override {
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> mask;
    for (std::int64_t t = 0; t < lengths_[static_cast<std::size_t>(index)]; ++t) {
      ids.push_back(static_cast<std::int32_t>(1000 * index + t));
      mask.push_back(t >= prompt_);
    }
    TokenizedSample out;
    append_document(out, ids, mask);
    out.notes.ends_in_class = end_in_class_;
    return out;
  }
  std::string location(std::int64_t index) const override { return fmt::format("rows:{}", index); }
  std::uint64_t content_hash() const override { return 5; }

 private:
  std::vector<std::int64_t> lengths_;
  bool end_in_class_;
  std::int64_t prompt_;
};

class Packed : public ::testing::Test {
 protected:
  std::shared_ptr<const TokenStore> store(std::vector<std::int64_t> lengths,
                                          bool end_in_class = false, std::int64_t prompt = 2) {
    const auto rows = std::make_shared<const Rows>(std::move(lengths), end_in_class, prompt);
    const auto path = folder_.path(fmt::format("{}.tokens", ++num_stores_));
    TokenStore::write(*rows, path, 1);
    return std::make_shared<const TokenStore>(path, rows);
  }

 private:
  ScratchFolder folder_;
  int num_stores_ = 0;
};

/// (first id of the document, position, label) of every learnt position, sorted.
std::vector<std::array<std::int64_t, 3>> learnt(const Dataset& dataset, bool drop_last_token) {
  std::vector<std::array<std::int64_t, 3>> out;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const std::vector<TokenizedSample> samples = {dataset.sample(i)};
    const Batch batch =
        collate(samples, std::vector<std::int64_t>{i}, {.drop_last_token = drop_last_token});
    for (std::size_t t = 0; t < batch.ids.size(); ++t) {
      if (batch.labels[t] != kIgnoreLabel) {
        out.push_back({batch.ids[t], batch.positions[t], batch.labels[t]});
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_F(Packed, KeepsEveryDocumentAndItsBounds) {
  const auto rows = store({5, 3, 4, 8, 2, 3});
  for (const PackOrder order : {PackOrder::in_order, PackOrder::decreasing}) {
    for (const bool drop_last_token : {false, true}) {
      const PackedDataset packs(
          rows,
          {.capacity = 8, .order = order, .shuffle_seed = 3, .drop_last_token = drop_last_token});
      EXPECT_EQ(learnt(packs, drop_last_token), learnt(*rows, drop_last_token));
      for (std::int64_t i = 0; i < packs.size(); ++i) {
        const TokenizedSample pack = packs.sample(i);
        for (std::size_t d = 0, t = 0; d < pack.document_lengths.size(); ++d) {
          EXPECT_EQ(pack.ids[t] % 1000, 0) << "a document begins";
          t += static_cast<std::size_t>(pack.document_lengths[d]);
          EXPECT_TRUE(t == pack.ids.size() || pack.ids[t] / 1000 != pack.ids[t - 1] / 1000);
        }
      }
    }
  }
}

TEST_F(Packed, InOrderFillsOnePackAfterTheOther) {
  const auto rows = store({5, 3, 4, 8, 2, 3});
  const PackedDataset packs(rows, {.capacity = 8});
  EXPECT_EQ(packs.stats(), (PackStats{.num_packs = 4, .num_documents = 6, .fill = 25.0 / 32}));
  EXPECT_EQ(packs.sample(0).document_lengths, (std::vector<std::int64_t>{5, 3}));
  EXPECT_EQ(packs.sample(3).document_lengths, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(packs.location(0), "rows:0 and 1 more documents of a pack");
  EXPECT_EQ(packs.location(2), "rows:3");
  const PackedDataset best(rows, {.capacity = 8, .order = PackOrder::decreasing});
  EXPECT_EQ(best.size(), 4);
  const PackedDataset first(rows, {.capacity = 8, .max_packs = 2});
  EXPECT_EQ(first.stats(),
            (PackStats{.num_packs = 2, .num_documents = 3, .num_beyond = 3, .fill = 12.0 / 16}));
  EXPECT_NE(first.content_hash(), packs.content_hash());
}

TEST_F(Packed, ADocumentThatTheModelCannotTakeIsNamedByItsRow) {
  const PackedDataset packs(store({5, 3, 4}), {.capacity = 8});
  EXPECT_EQ(packs.document_location(0, 1), "rows:1");
  EXPECT_THAT(error_of([&] {
                batch_of_rows(packs, std::vector<std::int64_t>{0}, {.vocab_size = 1000}, {});
              }),
              ::testing::StartsWith("rows:1: the row has the token id 1000,"));
}

TEST_F(Packed, ALastTokenThatIsDroppedTakesNoRoom) {
  const PackedDataset packs(store({5, 5, 9}), {.capacity = 8, .drop_last_token = true});
  EXPECT_EQ(packs.size(), 2);
  EXPECT_DOUBLE_EQ(packs.stats().fill, 1.0);
}

TEST_F(Packed, LongDocumentsAreRefusedLeftOutOrSplitWithEveryLabel) {
  const auto rows = store({4, 21, 3});
  EXPECT_EQ(error_of([&] { PackedDataset(rows, {.capacity = 8}); }),
            "rows:1: the row has a document of 21 tokens, more than the 8 of a pack; raise "
            "packed_sequence.packed_sequence_size, or say by packed_sequence.long_samples whether "
            "to split or drop such rows");
  PackOptions options{.capacity = 8, .long_documents = LongDocuments::drop};
  const PackedDataset dropped(rows, options);
  EXPECT_EQ(dropped.stats().num_dropped, 1);
  EXPECT_EQ(dropped.stats().num_documents, 2);
  EXPECT_THAT(describe_packs(dropped.stats(), options), HasSubstr("1 longer ones were left out"));
  options.long_documents = LongDocuments::split;
  for (const bool drop_last_token : {false, true}) {
    options.drop_last_token = drop_last_token;
    const PackedDataset split(rows, options);
    EXPECT_EQ(split.stats().num_split, 1);
    auto labels = learnt(split, drop_last_token);
    auto all = learnt(*rows, drop_last_token);
    const auto without_positions = [](auto& triples) {
      std::for_each(triples.begin(), triples.end(), [](auto& triple) { triple[1] = 0; });
    };
    without_positions(labels);
    without_positions(all);
    EXPECT_EQ(labels, all) << "each label once";
  }
}

TEST_F(Packed, PartsWithNothingToLearnAreLeftOutAndCounted) {
  const auto rows = store({21}, false, 18);  // the last three are learnt
  PackOptions options{
      .capacity = 8, .long_documents = LongDocuments::split, .drop_last_token = true};
  const PackedDataset split(rows, options);
  EXPECT_EQ(learnt(split, true).size(), 3U);
  for (std::int64_t i = 0; i < split.size(); ++i) {
    EXPECT_GT(num_trained_tokens(split.sample(i)), 0) << i;
  }
  EXPECT_EQ(split.stats().num_unlearnt_parts, 2);
  EXPECT_THAT(describe_packs(split.stats(), options),
              HasSubstr("; 1 longer ones were split; 2 of their parts were left out: nothing of "
                        "them is learnt"));
  EXPECT_EQ(error_of([&] { const PackedDataset none(store({21}, false, 30), options); }),
            "no pack can be made: all 1 documents are longer than the 8 tokens of a pack, and "
            "nothing is learnt of their parts");
}

TEST_F(Packed, TheHashSeesWhereDocumentsAreCut) {
  const auto rows = store({11});
  PackOptions options{.capacity = 8, .long_documents = LongDocuments::split};
  const auto hash = PackedDataset(rows, options).content_hash();
  options.capacity = 7;
  EXPECT_NE(PackedDataset(rows, options).content_hash(), hash);
}

/// The first id of every document of a step, by micro-batches.
std::vector<std::int64_t> documents_of(const Step& step) {
  std::vector<std::int64_t> out;
  for (const Batch& batch : step.micro_batches) {
    for (std::size_t d = 0; d + 1 < batch.cu_seqlens.size(); ++d) {
      out.push_back(
          batch.samples[d] < 0 ? -1 : batch.ids[static_cast<std::size_t>(batch.cu_seqlens[d])]);
    }
  }
  return out;
}

TEST_F(Packed, TheLoaderGoesOnAtEveryStepAndRanksShareThePacks) {
  const auto packs = std::make_shared<const PackedDataset>(
      store({8, 5, 4, 8, 3, 4, 8}), PackOptions{.capacity = 8, .order = PackOrder::decreasing});
  ASSERT_EQ(packs->size(), 5) << "one rank has nothing to do at last";
  LoaderOptions options{.seed = 3, .global_batch_size = 2, .local_batch_size = 1};
  Loader whole(packs, options);
  std::vector<LoaderState> states = {whole.state()};
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < 2 * whole.steps_per_epoch(); ++i) {
    steps.push_back(whole.next());
    states.push_back(whole.state());
  }
  for (std::size_t at = 0; at < steps.size(); ++at) {
    Loader resumed(packs, options, states[at]);
    for (std::size_t i = at; i < steps.size(); ++i) {
      ASSERT_EQ(resumed.next().micro_batches, steps[i].micro_batches) << at;
    }
  }
  options.num_data_ranks = 2;
  Loader first(packs, options);
  options.data_rank = 1;
  Loader second(packs, options);
  for (const Step& step : steps) {
    auto together = documents_of(first.next());
    const auto others = documents_of(second.next());
    together.insert(together.end(), others.begin(), others.end());
    std::erase(together, -1);
    EXPECT_EQ(together, documents_of(step));
  }
}

TEST_F(Packed, NoPackIsAnError) {
  EXPECT_THAT(error_of([&] {
                PackedDataset(store({9, 9}),
                              {.capacity = 8, .long_documents = LongDocuments::drop});
              }),
              HasSubstr("no pack can be made: all 2 documents are longer than the 8 tokens"));
  EXPECT_THAT(error_of([&] { PackedDataset(store({2}), {.capacity = 1}); }),
              HasSubstr("must be at least 2 tokens"));
}

TEST_F(Packed, IsDescribed) {
  const PackOptions options{.capacity = 8};
  EXPECT_EQ(describe_packs({.num_packs = 4, .num_documents = 6, .fill = 0.78125}, options),
            "4 packs of 8 tokens hold 6 documents, filled to 78.1 %; packing_strategy: neat fills "
            "packs better");
}

TEST_F(Packed, RowsWithAClassStayWhole) {
  PackOptions options{.capacity = 6, .drop_last_token = true};
  const PackedDataset packed(store({3, 4, 3}, true), options);
  ASSERT_EQ(packed.size(), 2);
  const std::vector<TokenizedSample> samples = {packed.sample(0)};
  EXPECT_TRUE(samples[0].notes.ends_in_class);
  const Batch batch = collate(samples, std::vector<std::int64_t>{0});
  EXPECT_EQ(batch.ids, (std::vector<std::int64_t>{0, 1, 1000, 1001, 1002}));
  options.long_documents = LongDocuments::split;
  EXPECT_THAT(error_of([&] { const PackedDataset split(store({9}, true), options); }),
              HasSubstr("rows:0: the row has 8 tokens, more than the 6 of a pack, and a row with a "
                        "class cannot be split"));
}

}  // namespace
}  // namespace automodel::data
