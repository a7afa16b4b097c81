#include "models/sampling_defaults.h"

#include <array>

#include "base/error.h"
#include "base/json.h"

namespace automodel::models {
namespace {

/// What a key may be, and that in words.
struct Expected {
  bool (*fits)(const Json& value);
  const char* text;
};

constexpr Expected kFlag = {[](const Json& v) { return v.is_boolean(); }, "true or false"};
constexpr Expected kCount = {[](const Json& v) { return v.is_number_unsigned(); },
                             "a whole number from 0 (all tokens) on"};
constexpr Expected kNotNegative = {[](const Json& v) { return v.is_number() && v >= 0; },
                                   "a number of at least 0"};
constexpr Expected kPositive = {[](const Json& v) { return v.is_number() && v > 0; },
                                "a number above 0"};
constexpr Expected kShare = {[](const Json& v) { return v.is_number() && v > 0 && v <= 1; },
                             "a number above 0 and at most 1"};

/// Leaves `value` where the key is absent or null.
template <typename T>
void read_key(const Json& defaults, const char* key, const Expected& expected, T& value) {
  const auto found = defaults.find(key);
  if (found == defaults.end() || found->is_null()) {
    return;
  }
  check(expected.fits(*found), ErrorKind::corrupt_data, "{} is {}, expected {}", key, found->dump(),
        expected.text);
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
  read_key(defaults, "do_sample", kFlag, out.do_sample);
  read_key(defaults, "temperature", kNotNegative, out.temperature);
  read_key(defaults, "top_k", kCount, out.top_k);
  read_key(defaults, "top_p", kShare, out.top_p);
  read_key(defaults, "repetition_penalty", kPositive, out.repetition_penalty);
  for (const auto& [name, neutral] : kOtherKeys) {
    if (const auto found = defaults.find(name);
        found != defaults.end() && changes_text(*found, neutral)) {
      out.not_applied.push_back(fmt::format("{} = {}", name, found->dump()));
    }
  }
  return out;
}

}  // namespace automodel::models
