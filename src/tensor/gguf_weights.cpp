#include "tensor/gguf_weights.h"

#include <ATen/ATen.h>

#include <array>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "tensor/gguf_facts.h"

namespace automodel {
namespace {

struct Name {
  std::string_view gguf;
  std::string_view hf;
};

constexpr auto kModelNames = std::to_array<Name>(
    {{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}});

constexpr auto kLayerNames = std::to_array<Name>({{"attn_norm", "input_layernorm"},
                                                  {"attn_q", "self_attn.q_proj"},
                                                  {"attn_k", "self_attn.k_proj"},
                                                  {"attn_v", "self_attn.v_proj"},
                                                  {"attn_output", "self_attn.o_proj"},
                                                  {"attn_q_norm", "self_attn.q_norm"},
                                                  {"attn_k_norm", "self_attn.k_norm"},
                                                  {"ffn_gate", "mlp.gate_proj"},
                                                  {"ffn_up", "mlp.up_proj"},
                                                  {"ffn_down", "mlp.down_proj"}});

constexpr auto kPreNormNames = std::to_array<Name>({{"ffn_norm", "post_attention_layernorm"}});

/// Gemma has norms before and after each half of a layer.
constexpr auto kSandwichNames =
    std::to_array<Name>({{"post_attention_norm", "post_attention_layernorm"},
                         {"ffn_norm", "pre_feedforward_layernorm"},
                         {"post_ffw_norm", "post_feedforward_layernorm"}});

std::optional<std::string_view> lookup(std::span<const Name> names, std::string_view gguf) {
  for (const Name& name : names) {
    if (name.gguf == gguf) {
      return name.hf;
    }
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What has to be done to a tensor on its way to Hugging Face's layout.
enum class Change { none, unpermute, subtract_one };

struct Source {
  std::string gguf_name;
  Change change = Change::none;
  std::int64_t heads = 0;  // of unpermute
};

/// llama.cpp rotates neighbouring rows, Hugging Face rows half a head apart: [heads, half, 2, ...]
/// -> [heads, 2, half, ...].
Tensor unpermute(const Tensor& stored, std::int64_t heads) {
  auto shape = stored.sizes().vec();
  shape.front() = shape.front() / heads / 2;
  shape.insert(shape.begin(), heads);
  shape.insert(shape.begin() + 2, 2);
  return stored.reshape(shape).transpose(1, 2).reshape(stored.sizes());
}

class GgufWeights final : public WeightSource {
 public:
  explicit GgufWeights(std::shared_ptr<const GgufFile> file) : file_(std::move(file)) {
    const GgufFacts facts(*file_);
    for (const GgufTensor& tensor : file_->tensors()) {
      if (tensor.name == "rope_freqs.weight") {
        continue;  // gguf_config makes rope_scaling of it
      }
      const auto name = hf_weight_name(tensor.name, facts.architecture());
      if (!name) {
        fail(ErrorKind::unsupported, "{}: tensor '{}' of architecture '{}' is not known",
             file_->path().string(), tensor.name, facts.architecture());
      }
      sources_.emplace(*name, source_of(tensor, *name, facts));
      names_.push_back(*name);
    }
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool contains(std::string_view name) const override { return sources_.contains(name); }
  void release_pages() const override { file_->release_pages(); }
  std::filesystem::path file(std::string_view name) const override {
    find(name);
    return file_->path();
  }
  TensorInfo info(std::string_view name) const override {
    const Source& source = find(name);
    TensorInfo info = file_->info(source.gguf_name);
    info.dtype = source.change == Change::subtract_one ? at::kFloat : info.dtype;
    return info;
  }
  Tensor tensor(std::string_view name) const override {
    const Source& source = find(name);
    Tensor stored = file_->tensor(source.gguf_name);
    switch (source.change) {
      case Change::unpermute:
        return unpermute(stored, source.heads);
      case Change::subtract_one:
        return stored.to(at::kFloat) - 1;
      case Change::none:
        break;
    }
    return stored;
  }

 private:
  Source source_of(const GgufTensor& tensor, std::string_view name, const GgufFacts& facts) const {
    Source source{.gguf_name = tensor.name};
    const bool is_query = name.find(".q_proj.") != std::string_view::npos;
    const bool is_key = name.find(".k_proj.") != std::string_view::npos;
    if (facts.architecture() == "gemma3" && name.ends_with("norm.weight")) {
      source.change = Change::subtract_one;
    } else if (facts.architecture() == "llama" && (is_query || is_key)) {
      const std::int64_t heads = facts.count("attention.head_count");
      source.change = Change::unpermute;
      source.heads =
          is_query ? heads : facts.maybe_count("attention.head_count_kv").value_or(heads);
      check(!tensor.shape.empty() && tensor.shape.front() % (2 * source.heads) == 0,
            ErrorKind::corrupt_data, "{}: '{}' of shape {} does not divide into {} heads",
            file_->path().string(), tensor.name, shape_text(tensor.shape), source.heads);
    }
    return source;
  }

  const Source& find(std::string_view name) const {
    const auto found = sources_.find(name);
    if (found == sources_.end()) {
      fail(ErrorKind::not_found, "no weight '{}' in {}{}", name, file_->path().string(),
           did_you_mean(name, names_));
    }
    return found->second;
  }

  std::shared_ptr<const GgufFile> file_;
  std::vector<std::string> names_;
  std::map<std::string, Source, std::less<>> sources_;
};

}  // namespace

std::optional<std::string> hf_weight_name(std::string_view gguf_name,
                                          std::string_view architecture) {
  const auto parts = split(gguf_name, '.');
  if (parts.size() < 2 || (parts.back() != "weight" && parts.back() != "bias")) {
    return std::nullopt;
  }
  if (parts.size() == 2) {
    const auto name = lookup(kModelNames, parts[0]);
    return name ? std::optional(fmt::format("{}.{}", *name, parts[1])) : std::nullopt;
  }
  if (parts.size() != 4 || parts[0] != "blk" || !is_number(parts[1])) {
    return std::nullopt;
  }
  auto name = lookup(kLayerNames, parts[2]);
  if (!name) {
    name = architecture == "gemma3" ? lookup(kSandwichNames, parts[2])
                                    : lookup(kPreNormNames, parts[2]);
  }
  return name ? std::optional(fmt::format("model.layers.{}.{}.{}", parts[1], *name, parts[3]))
              : std::nullopt;
}

std::unique_ptr<WeightSource> open_gguf_weights(std::shared_ptr<const GgufFile> file) {
  return std::make_unique<GgufWeights>(std::move(file));
}

}  // namespace automodel
