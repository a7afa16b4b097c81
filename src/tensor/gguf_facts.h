#pragma once
// Typed reading of a GGUF file's metadata that remembers what was read, so that a model fact that
// nobody understood is an error.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tensor/gguf.h"

namespace automodel {

/// The keys "<architecture>.*" of a file, by the part after the dot.
/// Getters throw Error(corrupt_data) if the value has another type, naming key and value.
class GgufFacts {
 public:
  /// Keeps a reference: `file` must outlive this. Throws Error(corrupt_data) without
  /// general.architecture.
  explicit GgufFacts(const GgufFile& file);

  /// general.architecture: "llama", "gemma3", ...
  const std::string& architecture() const { return architecture_; }
  /// Throws Error(corrupt_data) if it is missing or not in 1 ... 2^31 - 1.
  std::int64_t count(std::string_view key) const;
  std::optional<std::int64_t> maybe_count(std::string_view key) const;
  /// The shortest decimal number that is the stored float32 (1e-05 rather than 9.999999747e-06).
  std::optional<double> maybe_number(std::string_view key) const;
  double number(std::string_view key) const;
  std::optional<std::string> maybe_text(std::string_view key) const;
  /// For a key that says nothing about the mathematics: finish() lets it be.
  void ignore(std::string_view key) const { find(key); }
  /// Throws Error(unsupported) for keys that nobody read and that are not 0, false or empty.
  void finish() const;

  /// "FILE: 'llama.block_count'", the start of an error text.
  std::string where(std::string_view key) const;

 private:
  const Json* find(std::string_view key) const;
  const Json& require(std::string_view key) const;

  const GgufFile* file_;
  std::string architecture_;
  mutable std::set<std::string> read_;
};

}  // namespace automodel
