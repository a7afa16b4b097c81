#include "data/loader.h"

#include <algorithm>
#include <numeric>

#include "data/support.h"

namespace automodel::data {
namespace {

LoaderOptions options_of(std::int64_t global, std::int64_t local, int num_threads = 2) {
  return {.seed = 42,
          .global_batch_size = global,
          .local_batch_size = local,
          .num_threads = num_threads,
          .num_prefetched = 4};
}

std::shared_ptr<const Dataset> numbers(std::int64_t size) {
  return std::make_shared<NumberRows>(size);
}

std::vector<std::int64_t> rows_of(const Step& step) {
  std::vector<std::int64_t> rows;
  for (const Batch& batch : step.micro_batches) {
    rows.insert(rows.end(), batch.samples.begin(), batch.samples.end());
  }
  return rows;
}

TEST(Loader, AnEpochHasEachRowOnceInANewOrder) {
  Loader loader(numbers(10), options_of(4, 2));
  EXPECT_EQ(loader.steps_per_epoch(), 3);
  std::vector<std::vector<std::int64_t>> epochs(2);
  for (std::int64_t i = 0; i < 6; ++i) {
    const Step step = loader.next();
    EXPECT_EQ(step.epoch, i / 3);
    EXPECT_EQ(step.ends_epoch, i % 3 == 2);
    EXPECT_EQ(step.begin, i % 3 * 4);
    EXPECT_EQ(step.end, std::min<std::int64_t>(step.begin + 4, 10));
    EXPECT_EQ(step.micro_batches.size(), i % 3 == 2 ? 1U : 2U);
    const auto rows = rows_of(step);
    auto& epoch = epochs[static_cast<std::size_t>(step.epoch)];
    epoch.insert(epoch.end(), rows.begin(), rows.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_EQ(epochs[0], epoch_order(10, 42, 0));
  EXPECT_EQ(epochs[1], epoch_order(10, 42, 1));
}

TEST(Loader, WithoutShufflingKeepsTheOrder) {
  LoaderOptions options = options_of(3, 3, 0);
  options.shuffle = false;
  Loader loader(numbers(4), options);
  EXPECT_EQ(rows_of(loader.next()), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(rows_of(loader.next()), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(rows_of(loader.next()), (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(Loader, ThreadsChangeNothing) {
  Loader plain(numbers(23), options_of(6, 3, 0));
  Loader threaded(numbers(23), options_of(6, 3, 4));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(plain.next().micro_batches, threaded.next().micro_batches);
  }
}

TEST(Loader, ResumesAtEveryStep) {
  Loader whole(numbers(10), options_of(4, 1));
  std::vector<LoaderState> states = {whole.state()};
  std::vector<std::vector<Batch>> steps;
  for (int i = 0; i < 7; ++i) {
    steps.push_back(whole.next().micro_batches);
    states.push_back(whole.state());
  }
  Loader restored(numbers(10), options_of(4, 1));
  for (std::size_t at = 0; at < steps.size(); ++at) {
    Loader resumed(numbers(10), options_of(4, 1), states[at]);
    restored.restore(states[at]);
    for (std::size_t i = at; i < steps.size(); ++i) {
      ASSERT_EQ(resumed.next().micro_batches, steps[i]);
      ASSERT_EQ(restored.next().micro_batches, steps[i]);
    }
    EXPECT_EQ(resumed.state(), whole.state());
  }
}

TEST(Loader, TwoRanksSeeWhatOneSees) {
  for (const std::int64_t num_rows : {13, 16, 17}) {
    Loader alone(numbers(num_rows), options_of(4, 1));
    LoaderOptions options = options_of(4, 1);
    options.num_data_ranks = 2;
    Loader first(numbers(num_rows), options);
    options.data_rank = 1;
    Loader second(numbers(num_rows), options);
    for (int i = 0; i < 10; ++i) {
      const Step a = first.next();
      const Step b = second.next();
      EXPECT_EQ(a.micro_batches.size(), b.micro_batches.size());
      std::vector<std::int64_t> both = rows_of(a);
      const auto rows = rows_of(b);
      both.insert(both.end(), rows.begin(), rows.end());
      std::erase(both, -1);
      std::sort(both.begin(), both.end());
      auto expected = rows_of(alone.next());
      std::sort(expected.begin(), expected.end());
      EXPECT_EQ(both, expected);
    }
  }
}

TEST(Loader, ARankWithoutRowsGetsAFiller) {
  LoaderOptions options = options_of(2, 1, 1);
  options.num_data_ranks = 2;
  options.data_rank = 1;
  Loader loader(numbers(1), options);
  const Step step = loader.next();
  ASSERT_EQ(step.micro_batches.size(), 1U);
  EXPECT_EQ(num_label_tokens(step.micro_batches[0]), 0);
  EXPECT_FALSE(step.micro_batches[0].ids.empty());
}

TEST(Loader, DropLastLeavesOutIncompleteMicroBatches) {
  LoaderOptions options = options_of(8, 4);
  options.drop_last = true;
  Loader loader(numbers(15), options);
  EXPECT_EQ(loader.steps_per_epoch(), 2);
  EXPECT_EQ(rows_of(loader.next()).size(), 8U);
  const Step last = loader.next();
  EXPECT_TRUE(last.ends_epoch);
  EXPECT_EQ(rows_of(last).size(), 4U);
  EXPECT_EQ(loader.state(), (LoaderState{1, 0}));
  options.local_batch_size = 8;
  EXPECT_THAT(error_of([&] { Loader(numbers(7), options); }),
              ::testing::HasSubstr("with drop_last it needs at least"));
}

TEST(Loader, ErrorsOfRowsReachTheCaller) {
  for (const int num_threads : {0, 3}) {
    LoaderOptions options = options_of(2, 2, num_threads);
    options.shuffle = false;
    Loader loader(std::make_shared<NumberRows>(8, std::set<std::int64_t>{5}), options);
    loader.next();
    loader.next();
    EXPECT_EQ(error_of([&] { loader.next(); }), "numbers:6: bad row");
    EXPECT_EQ(error_of([&] { loader.next(); }), "numbers:6: bad row");
  }
}

TEST(Loader, ARowThatTheModelCannotTakeIsNamed) {
  LoaderOptions options = options_of(2, 2);
  options.shuffle = false;
  options.limits.vocab_size = 5;
  Loader loader(numbers(8), options);
  loader.next();
  loader.next();
  EXPECT_THAT(error_of([&] { loader.next(); }),
              ::testing::StartsWith("numbers:6: the row has the token id 5,"));
}

TEST(Loader, RefusesToResumeOutsideTheData) {
  EXPECT_EQ(
      error_of([] { Loader(numbers(5), options_of(1, 1), {0, 6}); }),
      "cannot resume at row 6 of epoch 0: the data set has 5 rows; go on with the same data "
      "and packing (of Megatron's data raise dataset.num_train_samples), or train into another "
      "checkpoint.checkpoint_dir");
}

/// The lengths of NumberRows.
std::vector<std::int64_t> lengths_of_numbers(std::int64_t size) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < size; ++i) {
    lengths.push_back(2 + i % 3);
  }
  return lengths;
}

TEST(Loader, RowsOfSimilarLengthComeTogether) {
  LoaderOptions options = options_of(4, 2);
  options.lengths = lengths_of_numbers(50);
  const auto order = order_by_length(epoch_order(50, 42, 3), options, 3);
  std::vector<std::int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(50);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  std::int64_t spread = 0;  // of lengths within the steps
  for (std::size_t step = 0; step + 4 <= 50; step += 4) {
    spread += order[step] % 3 - order[step + 3] % 3;
    EXPECT_GE(order[step] % 3, order[step + 3] % 3) << "the longest first";
  }
  EXPECT_LE(spread, 2) << "only where one length ends and the next begins";
  EXPECT_NE(order, order_by_length(epoch_order(50, 42, 4), options, 4));

  Loader loader(numbers(50), options);
  std::vector<std::int64_t> seen;
  while (seen.size() < 50) {
    const auto rows = rows_of(loader.next());
    seen.insert(seen.end(), rows.begin(), rows.end());
  }
  EXPECT_EQ(seen, order_by_length(epoch_order(50, 42, 0), options, 0));
}

TEST(Loader, StepsOfSimilarLengthAreDrawnEachEpochAlsoOfRowsInOrder) {
  LoaderOptions options = options_of(4, 2);
  options.shuffle = false;
  options.lengths = lengths_of_numbers(50);
  std::vector<std::int64_t> all(50);
  std::iota(all.begin(), all.end(), 0);
  Loader loader(numbers(50), options, {.epoch = 1});
  for (const std::int64_t epoch : {1, 2}) {
    std::vector<std::int64_t> seen;
    while (seen.size() < 50) {
      const auto rows = rows_of(loader.next());
      seen.insert(seen.end(), rows.begin(), rows.end());
    }
    EXPECT_EQ(seen, order_by_length(all, options, epoch));
  }
}

TEST(Loader, LengthsDoNotChangeWhatRanksSeeTogether) {
  LoaderOptions options = options_of(4, 1);
  options.lengths = lengths_of_numbers(21);
  Loader one(numbers(21), options);
  options.num_data_ranks = 2;
  Loader first(numbers(21), options);
  options.data_rank = 1;
  Loader second(numbers(21), options);
  for (int i = 0; i < 12; ++i) {
    auto together = rows_of(first.next());
    const auto others = rows_of(second.next());
    together.insert(together.end(), others.begin(), others.end());
    std::erase(together, -1);
    std::sort(together.begin(), together.end());
    auto alone = rows_of(one.next());
    std::sort(alone.begin(), alone.end());
    EXPECT_EQ(together, alone);
  }
}

}  // namespace
}  // namespace automodel::data
