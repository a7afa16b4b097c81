#include "models/shared_keys.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "spec/parameters.h"

namespace automodel::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

std::vector<spec::Layer> layers(std::size_t count) {
  return std::vector<spec::Layer>(
      count, {.mixer = spec::Gqa{.heads = 4, .kv_heads = 2, .head_dim = 8}, .ffn = spec::Mlp{}});
}

std::vector<spec::Layer> shared(std::vector<spec::Layer> from, std::int64_t count,
                                const std::vector<bool>& sliding) {
  const Json config = {{"num_kv_shared_layers", count}};
  share_keys(ConfigReader(config, "config.json"), from, sliding);
  return from;
}

TEST(SharedKeys, ComeFromTheLastLayerOfTheKind) {
  const auto all = shared(layers(6), 3, {true, false, true, true, false, true});
  EXPECT_FALSE(spec::lender(all[2]));
  for (const auto& [layer, from] : {std::pair(3, 2), std::pair(4, 1), std::pair(5, 2)}) {
    EXPECT_EQ(std::get<spec::Gqa>(all[static_cast<std::size_t>(layer)].mixer).kv_layer, from);
  }
}

TEST(SharedKeys, UnusedTensorsAreNamed) {
  EXPECT_THAT(unused_keys({.layers = layers(2)}), IsEmpty());
  EXPECT_THAT(unused_keys({.layers = shared(layers(2), 1, {true, true})}),
              ElementsAre("layers.1.self_attn.k_proj", "layers.1.self_attn.v_proj",
                          "layers.1.self_attn.k_norm", "layers.1.self_attn.v_norm"));
}

TEST(SharedKeys, NeedALayerOfTheKindWithTheSameHeads) {
  EXPECT_THAT([] { shared(layers(2), 2, {true, true}); },
              ThrowsMessage<Error>(HasSubstr("num_kv_shared_layers is 2, expected 0 to 1")));
  EXPECT_THAT([] { shared(layers(2), 1, {true, false}); },
              ThrowsMessage<Error>(HasSubstr("layer 1 shares keys and values, but no layer")));
  auto other = layers(2);
  std::get<spec::Gqa>(other[1].mixer).head_dim = 16;
  EXPECT_THAT([&] { shared(other, 1, {true, true}); },
              ThrowsMessage<Error>(HasSubstr("shares those of layer 0, 2 of 8; they must agree")));
}

}  // namespace
}  // namespace automodel::models
