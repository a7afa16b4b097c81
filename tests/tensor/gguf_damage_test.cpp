// Everything that is made of a GGUF file survives a damaged one: an Error or a result, never a
// crash.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tensor/gguf_config.h"
#include "tensor/gguf_vocabulary.h"
#include "tensor/gguf_weights.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::GgufBuilder;

std::string model_of(const std::string& architecture) {
  return GgufBuilder()
      .text("general.architecture", architecture)
      .u32(architecture + ".block_count", 1)
      .u32(architecture + ".embedding_length", 4)
      .u32(architecture + ".feed_forward_length", 4)
      .u32(architecture + ".context_length", 64)
      .u32(architecture + ".attention.head_count", 2)
      .u32(architecture + ".attention.head_count_kv", 1)
      .u32(architecture + ".attention.sliding_window", architecture == "gemma3" ? 2 : 0)
      .f32(architecture + ".attention.layer_norm_rms_epsilon", 1e-5F)
      .text("tokenizer.ggml.model", "gpt2")
      .texts("tokenizer.ggml.tokens", {"a", "b"})
      .numbers<float>("tokenizer.ggml.scores", {0, 1})
      .u32("tokenizer.ggml.bos_token_id", 1)
      .tensor("token_embd.weight", {2, 4}, std::vector<float>(8))
      .tensor("blk.0.attn_q.weight", {4, 4}, std::vector<float>(16))
      .tensor("blk.0.attn_norm.weight", {4}, std::vector<float>(4))
      .bytes();
}

/// Calls `read`; is there a result rather than an Error?
template <typename Read>
bool succeeds(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool reads_all(const std::filesystem::path& path) {
  std::shared_ptr<const GgufFile> file;
  const bool opened = succeeds([&] { file = std::make_shared<const GgufFile>(path); });
  if (!opened) {
    return false;
  }
  const bool config = succeeds([&] { gguf_config(*file); });
  const bool vocabulary = succeeds([&] { gguf_vocabulary(*file); });
  const bool weights = succeeds([&] {
    const auto source = open_gguf_weights(file);
    for (const std::string& name : source->names()) {
      EXPECT_EQ(info_of(source->tensor(name)), source->info(name));
    }
  });
  return config && vocabulary && weights;
}

class DamagedGgufModel : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedGgufModel, NoFlippedByteCrashes) {
  const testing::TemporaryFolder folder;
  const auto reads_bytes = [&](const std::string& bytes) {
    std::ofstream(folder / "m.gguf", std::ios::binary) << bytes;
    return reads_all(folder / "m.gguf");
  };
  const std::string good = model_of(GetParam());
  EXPECT_TRUE(reads_bytes(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int flip : {0x01, 0xFF}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      reads_bytes(bytes);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Gguf, DamagedGgufModel, ::testing::Values("llama", "gemma3"));

}  // namespace
}  // namespace automodel
