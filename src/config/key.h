#pragma once
// The definition of one recipe key. From these values a recipe is parsed, checked and printed, and
// docs/recipe.md is written; there is no second description of a key.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::config {

/// What a value may be, as a set of bits.
using Forms = unsigned;
inline constexpr Forms kBoolean = 1;
inline constexpr Forms kInteger = 2;
inline constexpr Forms kNumber = 4;
inline constexpr Forms kText = 8;
inline constexpr Forms kList = 16;
inline constexpr Forms kMap = 32;
inline constexpr Forms kAny = 63;

/// What happens to keys of a mapping that the table does not list.
enum class Extra {
  /// Unknown keys are errors.
  refused,
  /// The mapping is free-form.
  free,
  /// Names of Hugging Face's model configurations (config/schema/config_names.h); others are
  /// errors, unless their value is null.
  model_config,
  /// A name close to a listed one is an error, any other a warning: upstream reads only what is
  /// listed.
  ignored,
};

struct Target;

/// One key. Its modifiers return a changed copy, so that a table reads as one expression a key.
struct Key {
  std::string name;
  std::string doc;
  Forms forms = 0;
  bool nullable = false;
  bool required = false;
  /// Not upstream's: an extension of this program.
  bool ours = false;
  /// `name` is only the beginning: validation_dataset_NAME.
  bool prefix = false;
  /// The mapping is filled with defaults even if the recipe does not mention it.
  bool always = false;
  /// Accepted because recipes have it, with a warning that says why nothing reads it.
  std::string dead;
  /// Read, checked and kept, but nothing follows from it: why. Covers what a mapping holds.
  std::string no_effect;
  /// The value of an absent key; none: the key stays absent.
  std::optional<Json> fallback;
  /// How an absent or null value is computed later, for the reference.
  std::string derived;
  std::optional<double> least;
  std::optional<double> above;
  std::optional<double> most;
  /// Of a number: one without a point stays an integer, which means something else.
  bool keeps_integers = false;
  /// Accepted texts; "a|b|c" are spellings of a. Empty: any text.
  std::vector<std::string> choices;
  /// Choices in any case of letters.
  bool any_case = false;
  /// The type of a list's elements: one key, or none for any.
  std::vector<Key> item;
  std::optional<std::size_t> num_items;
  /// Keys of a mapping.
  std::vector<Key> keys;
  Extra extra = Extra::refused;
  /// A null means the same as an absent key.
  bool null_is_absent = false;
  /// What the mapping's `selector` key may name, each with keys of its own beside `keys`. Empty: no
  /// selector.
  std::vector<Target> targets;
  std::string selector = "_target_";
  /// The target of a mapping without selector; none: it must have one. "": the target without a
  /// name.
  std::optional<std::string> default_target;
  /// A text is short for {_target_: text}.
  bool text_is_target = false;

  Key or_null() const;
  Key or_absent() const;
  /// A null is a value of its own, an absent key stays absent.
  Key or_kept_null() const;
  Key must() const;
  Key own() const;
  Key with_prefix() const;
  Key always_there() const;
  Key at_least(double bound) const;
  Key greater_than(double bound) const;
  Key at_most(double bound) const;
  Key otherwise(std::string derivation) const;
  Key one_of(std::vector<std::string> texts) const;
  Key in_any_case() const;
  Key or_text() const;
  Key keeping_integers() const;
  Key defaulting(Json value) const;
  /// One more choice, "auto".
  Key or_auto() const;
  /// Of a list of texts: the accepted ones.
  Key of(std::vector<std::string> texts) const;
  Key or_list() const;
  Key accepting(Extra policy) const;
  /// Accepted and ignored, with a warning; still of the right type.
  Key unread(const std::string& why) const;
  /// Of the right type, but without effect here; told once where a recipe says something else than
  /// the default.
  Key without_effect(const std::string& why) const;
  Key selected_by(std::string key, std::string target_by_default) const;
  Key or_target_name() const;
};

/// One callable or class that a `_target_` may name.
struct Target {
  /// The dotted name that is printed.
  std::string name;
  std::string doc;
  std::vector<Key> keys;
  /// Other dotted names of the same; '*' stands for any text.
  std::vector<std::string> aliases = {};
  Extra extra = Extra::refused;
  /// Accepts a whole family of names, which are kept as written.
  bool (*matches)(std::string_view name) = nullptr;
};

Key flag(std::string name, std::string doc, std::optional<bool> fallback = std::nullopt);
Key integer(std::string name, std::string doc, std::optional<std::int64_t> fallback = std::nullopt);
Key number(std::string name, std::string doc, std::optional<double> fallback = std::nullopt);
Key text(std::string name, std::string doc,
         const std::optional<std::string>& fallback = std::nullopt);
/// A list of texts; an absent one is empty unless the key is made nullable.
Key texts(std::string name, std::string doc);
/// Names of element types: float32, bfloat16, float16 and the 8-bit ones, with and without
/// "torch.".
Key dtype(std::string name, std::string doc,
          const std::optional<std::string>& fallback = std::nullopt);
/// A list of exactly two numbers in [0, 1).
Key betas(std::string name, const std::vector<double>& fallback);
/// Any value at all.
Key anything(std::string name, std::string doc);
Key mapping(std::string name, std::string doc, std::vector<Key> keys);
Key target_mapping(std::string name, std::string doc, std::vector<Target> targets);
/// Accepted and ignored, with a warning.
Key dead(std::string name, const std::string& why);

std::vector<Key> joined(std::vector<Key> first, const std::vector<Key>& second);

/// The first spelling of "a|b|c".
std::string first_spelling(const std::string& choice);

}  // namespace automodel::config
