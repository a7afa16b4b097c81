#include "models/shared_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "spec/parameters.h"

namespace automodel::models {
namespace {

void borrow(const ConfigReader& config, std::vector<spec::Layer>& layers, std::size_t layer,
            std::size_t from) {
  auto& own = std::get<spec::Gqa>(layers[layer].mixer);
  const auto& theirs = std::get<spec::Gqa>(layers[from].mixer);
  check(own.head_dim == theirs.head_dim && own.kv_heads == theirs.kv_heads, ErrorKind::corrupt_data,
        "{}: layer {} with {} key heads of {} shares those of layer {}, {} of {}; they must agree",
        config.source(), layer, own.kv_heads, own.head_dim, from, theirs.kv_heads, theirs.head_dim);
  own.kv_layer = static_cast<std::int64_t>(from);
}

}  // namespace

void share_keys(const ConfigReader& config, std::vector<spec::Layer>& layers,
                const std::vector<bool>& sliding) {
  const auto shared = config.integer("num_kv_shared_layers", 0);
  const auto count = static_cast<std::int64_t>(layers.size());
  check(shared >= 0 && shared < count, ErrorKind::corrupt_data,
        "{}: num_kv_shared_layers is {}, expected 0 to {}", config.source(), shared, count - 1);
  const auto end = sliding.begin() + (count - shared);
  for (auto i = static_cast<std::size_t>(count - shared); i < layers.size(); ++i) {
    const auto lender = std::find(std::make_reverse_iterator(end), sliding.rend(), sliding[i]);
    check(lender != sliding.rend(), ErrorKind::corrupt_data,
          "{}: layer {} shares keys and values, but no layer of its kind before makes any",
          config.source(), i);
    borrow(config, layers, i, static_cast<std::size_t>(sliding.rend() - lender - 1));
  }
}

std::vector<std::string> unused_keys(const spec::ModelSpec& model) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    for (const auto* part : {"k_proj", "v_proj", "k_norm", "v_norm"}) {
      if (spec::lender(model.layers[i])) {
        parts.push_back(fmt::format("layers.{}.self_attn.{}", i, part));
      }
    }
  }
  return parts;
}

}  // namespace automodel::models
