#include "models/sampling_defaults.h"

#include <array>

#include "base/error.h"
#include "base/json.h"

namespace automodel::models {
namespace {

/// Leaves `value` where the key is absent or null.
template <typename T>
void read_key(const Json& defaults, const char* key, T& value) {
  const auto found = defaults.find(key);
  if (found == defaults.end() || found->is_null()) {
    return;
  }
  constexpr bool kIsFlag = std::is_same_v<T, bool>;
  check(kIsFlag ? found->is_boolean() : found->is_number(), ErrorKind::corrupt_data,
        "{} is {}, expected {}", key, found->dump(), kIsFlag ? "true or false" : "a number");
  value = found->get<T>();
}

/// Keys of which any value but null changes the text, as do numbers but `neutral` and true.
/// Source: Transformers 5 GenerationConfig and its logits processors.
struct OtherKey {
  const char* name;
  double neutral = 0;
};
constexpr auto kOtherKeys = std::to_array<OtherKey>({
    {"num_beams", 1},
    {"min_p"},
    {"typical_p", 1},
    {"epsilon_cutoff"},
    {"eta_cutoff"},
    {"top_h"},
    {"guidance_scale", 1},
    {"encoder_repetition_penalty", 1},
    {"no_repeat_ngram_size"},
    {"min_length"},
    {"min_new_tokens"},
    {"bad_words_ids"},
    {"sequence_bias"},
    {"suppress_tokens"},
    {"begin_suppress_tokens"},
    {"forced_bos_token_id", -1},
    {"forced_eos_token_id", -1},
    {"exponential_decay_length_penalty"},
    {"watermarking_config"},
    {"stop_strings"},
    {"max_time"},
});

bool changes_text(const Json& value, double neutral) {
  if (value.is_number()) {
    return value.get<double>() != neutral;
  }
  return value == true || value.is_string() || (value.is_structured() && !value.empty());
}

}  // namespace

SamplingDefaults sampling_defaults(const std::filesystem::path& folder) {
  SamplingDefaults out;
  const auto file = folder / "generation_config.json";
  if (!std::filesystem::exists(file)) {
    return out;
  }
  const ErrorContext context("reading {}", file.string());
  const Json defaults = read_json(file);
  check(defaults.is_object(), ErrorKind::corrupt_data, "it holds {}, expected an object",
        defaults.type_name());
  read_key(defaults, "do_sample", out.do_sample);
  read_key(defaults, "temperature", out.temperature);
  read_key(defaults, "top_k", out.top_k);
  read_key(defaults, "top_p", out.top_p);
  read_key(defaults, "repetition_penalty", out.repetition_penalty);
  for (const auto& [name, neutral] : kOtherKeys) {
    if (const auto found = defaults.find(name);
        found != defaults.end() && changes_text(*found, neutral)) {
      out.not_applied.push_back(fmt::format("{} = {}", name, found->dump()));
    }
  }
  return out;
}

}  // namespace automodel::models
