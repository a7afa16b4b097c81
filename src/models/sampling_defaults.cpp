#include "models/sampling_defaults.h"

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
  return out;
}

}  // namespace automodel::models
