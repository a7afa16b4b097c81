#include "plan/activations.h"

#include <gtest/gtest.h>

#include "tests/plan/small_model.h"

namespace automodel::plan {
namespace {

const TrainedLinears kAll = {"model.layers.0.self_attn.q_proj", "model.layers.0.mlp.gate_proj",
                             "model.layers.0.mlp.gate"};

TEST(KeptBytes, CountsWhatALlamaLayerSaves) {
  const BatchShape batch{.rows = 2, .row_tokens = 10};
  // x, normed, sum, normed: 4 * 64; q and out: 2 * 64; k, v: 2 * 32; gate, up: 2 * 160.
  const std::int64_t values = 4 * 64 + 2 * 64 + 2 * 32 + 2 * 160;
  const std::int64_t statistics = 2 + 4;  // two norms, four heads
  EXPECT_EQ(layer_bytes(small_model(), 0, batch, kAll).kept, 20 * 4 * (values + statistics));
}

TEST(KeptBytes, LayerNormsKeepMeansToo) {
  auto model = small_model();
  const auto rms = layer_bytes(model, 0, {.row_tokens = 10}, kAll).kept;
  model.layers[0].norm.kind = spec::Norm::Kind::layer;
  EXPECT_EQ(layer_bytes(model, 0, {.row_tokens = 10}, kAll).kept, rms + 10 * 2 * 4);
}

TEST(KeptBytes, RecomputeMovesThemIntoTheBackward) {
  BatchShape batch{.rows = 2, .row_tokens = 10};
  const auto plain = layer_bytes(small_model(), 0, batch, kAll);
  batch.recompute = Recompute::selective;
  const auto selective = layer_bytes(small_model(), 0, batch, kAll);
  EXPECT_EQ(plain.again, 0);
  EXPECT_EQ(selective.again, 20 * 4 * 2 * 160);  // gate and up
  EXPECT_EQ(selective.kept + selective.again, plain.kept);
  batch.recompute = Recompute::full;
  const auto full = layer_bytes(small_model(), 0, batch, kAll);
  EXPECT_EQ(full.kept, 20 * 4 * 64);
  EXPECT_EQ(full.again, plain.kept);
}

TEST(KeptBytes, InputsOfFrozenLinearsAreNotKept) {
  const BatchShape batch{.row_tokens = 10};
  const TrainedLinears attention = {"model.layers.0.self_attn.q_proj"};
  EXPECT_EQ(layer_bytes(small_model(), 0, batch, kAll).kept -
                layer_bytes(small_model(), 0, batch, attention).kept,
            10 * 4 * 64);
}

TEST(KeptBytes, ProbabilitiesOfPlainAttentionGrowWithTheSquare) {
  auto model = small_model();
  const auto fused = layer_bytes(model, 0, {.row_tokens = 100}, kAll).kept;
  std::get<spec::Gqa>(model.layers[0].mixer).softcap = 30;
  EXPECT_GT(layer_bytes(model, 0, {.row_tokens = 100}, kAll).kept, fused + 4 * 4 * 100 * 100);
}

TEST(KeptBytes, OurAttentionKeepsNoProbabilities) {
  auto model = small_model();
  const BatchShape ours{.row_tokens = 100, .own_kernels = true};
  const auto plain = layer_bytes(model, 0, ours, kAll).kept;
  auto& gqa = std::get<spec::Gqa>(model.layers[0].mixer);
  gqa.softcap = 30;
  gqa.sinks = true;
  gqa.alibi = spec::Alibi{.in_bfloat16 = true};
  EXPECT_EQ(layer_bytes(model, 0, ours, kAll).kept, plain);
}

TEST(KeptBytes, ExpertsKeepTheChosenOnes) {
  const BatchShape batch{.row_tokens = 1};
  const auto two = layer_bytes(small_model(true), 0, batch, kAll).kept;
  auto model = small_model(true);
  std::get<spec::Moe>(model.layers[0].ffn).per_token = 3;
  EXPECT_EQ(layer_bytes(model, 0, batch, kAll).kept - two, 2 * 32 * 4 + 20);
}

TEST(BackwardBytes, GrowWithTheTokens) {
  for (const bool experts : {false, true}) {
    const auto model = small_model(experts);
    EXPECT_EQ(2 * backward_bytes(model, 0, {.row_tokens = 10}),
              backward_bytes(model, 0, {.rows = 2, .row_tokens = 10}));
  }
}

/// Of one long row with one head of keys 12 segments are made, and each query's gradient lies in
/// several.
TEST(BackwardBytes, AreThoseOfAttentionWhereThatIsWider) {
  auto model = small_model();
  auto& gqa = std::get<spec::Gqa>(model.layers[0].mixer);
  gqa = {.heads = 16, .kv_heads = 1, .head_dim = 64};
  BatchShape batch{.row_tokens = 4096, .own_kernels = true};
  const std::int64_t tokens = 4096 * 4;
  const std::int64_t stream = 2 * 64 * tokens, inner = 2 * 160 * tokens;
  const std::int64_t gradients = 17 * 128 * tokens, packed = 3 * 64 * tokens;
  const std::int64_t parts = 16 * 64 * tokens * 9 / 2;  // 8 segments of 512 keys
  const std::int64_t worker = 4 * (112 * 2000 + 512 * 128);
  EXPECT_EQ(backward_bytes(model, 0, batch), stream + gradients + packed + parts + worker - inner);
  batch.threads = 64;  // of which as many work as there are segments
  EXPECT_EQ(backward_bytes(model, 0, batch),
            stream + gradients + packed + parts + 8 * worker - inner);
  batch.threads = 1;
  gqa.window = 100;  // a query sees two segments at most
  EXPECT_EQ(backward_bytes(model, 0, batch),
            stream + gradients + packed + 16 * 64 * tokens + worker - inner);
  batch.own_kernels = false;
  EXPECT_EQ(backward_bytes(model, 0, batch), stream + gradients - inner);
}

TEST(LossBytes, AChunkHasAtMost256Rows) {
  const auto model = small_model();
  EXPECT_EQ(loss_chunk_bytes(model, {.labels = 10}), 10 * 1000 * 8);
  EXPECT_EQ(loss_chunk_bytes(model, {.labels = 5000}), 256 * 1000 * 8);
  EXPECT_EQ(loss_chunk_bytes(model, {.labels = 10, .compute_width = 2, .own_kernels = true}),
            10 * 1000 * 2);
  EXPECT_EQ(loss_kept_bytes(model, {.row_tokens = 10}), 10 * 3 * 64 * 4);
}

}  // namespace
}  // namespace automodel::plan
