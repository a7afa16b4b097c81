#pragma once
// What keys are called by other programs that fine-tune (Transformers, PEFT, TRL, axolotl, Unsloth,
// torchtune, LitGPT), or by those who look for them in another section, so that the error of such a
// key says where it is here.

#include <span>
#include <string_view>

namespace automodel::config {

struct ForeignName {
  std::string_view name;
  /// The dotted path of the key that does the same; empty: there is none.
  std::string_view key;
  /// What is to be known beside it, or in its place; empty: the values are the same.
  std::string_view note = {};
};

std::span<const ForeignName> foreign_names();

/// The entry of that name, null if there is none.
const ForeignName* find_foreign_name(std::string_view name);

}  // namespace automodel::config
