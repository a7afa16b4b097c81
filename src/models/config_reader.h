#pragma once
// Typed reading of a config.json that remembers what was read, so that a key nobody understood is
// an error.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::models {

/// A family's own name of a key that the shared readers know by another: GPT-2 says n_embd where
/// Llama says hidden_size. Source: the attribute_map of transformers' configuration classes.
struct KeyName {
  std::string common;
  std::string own;
};

/// What became of one key of a config.json.
struct KeyUse {
  enum class Fate {
    used,      // the config's value is part of the spec, or was checked
    fallback,  // absent: the value that holds then
    ignored,   // has no effect on the mathematics
  };
  std::string key;  // "rope_parameters.factor" within an object
  Json value;
  Fate fate = Fate::used;
  bool operator==(const KeyUse&) const = default;
};

/// A null value counts as absent, as Transformers writes unset keys.
/// Every getter takes a common name and reads the family's own key where the config has it. Every
/// getter throws Error(corrupt_data) if the value has another type, naming key and value.
class ConfigReader {
 public:
  /// `source` names the file in errors. The reader keeps a reference: `config` must outlive it.
  /// `defaults` are values of absent keys, before the getters' fallbacks.
  ConfigReader(const Json& config, std::string source, std::vector<KeyName> names = {},
               Json defaults = Json::object());

  bool has(std::string_view key) const;
  /// The key is there, though perhaps null.
  bool states(std::string_view key) const;
  bool is_text(std::string_view key) const;
  bool is_list(std::string_view key) const;
  /// Without a fallback a missing key throws Error(corrupt_data), whatever the defaults say.
  std::int64_t integer(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t fallback) const;
  std::optional<std::int64_t> maybe_integer(std::string_view key) const;
  double number(std::string_view key) const;
  double number(std::string_view key, double fallback) const;
  std::optional<double> maybe_number(std::string_view key) const;
  /// Absent: the fallback; null: none.
  std::optional<double> maybe_number(std::string_view key, double fallback) const;
  bool flag(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;
  std::vector<double> numbers(std::string_view key) const;
  /// Empty if absent.
  std::vector<std::string> texts(std::string_view key) const;
  /// The reader of an object; of its default, or an empty one, if absent or null.
  ConfigReader object(std::string_view key) const;
  /// This config, or object, has no keys.
  bool empty() const { return config_->empty(); }
  /// The reader of an empty object that this config has no key for: everything is at its default.
  ConfigReader nothing() const;

  /// The key is known and has no effect here, whatever its value.
  void pass_over(std::string_view key) const { read_.emplace(key); }
  /// Throws Error(unsupported): "<key>: <value> is not supported; use <what>".
  [[noreturn]] void refuse(std::string_view key, std::string_view supported) const;
  /// Throws Error(unsupported), naming key and value, if the key is there and has another value
  /// than this one, the only one that is supported.
  void expect(std::string_view key, const Json& only) const;
  /// Keys of `config`, this one or another, that nobody asked this reader for, that carry a value
  /// (not null, false, 0 or empty), that are not in `ignored` and that are not known to leave the
  /// mathematics alone.
  std::vector<std::string> unread(const Json& config, std::span<const std::string> ignored) const;
  /// Throws Error(unsupported) if there are unread keys.
  void finish(std::span<const std::string> ignored) const;

  /// Every key of the config that has a value, in its order, then what was read and not there.
  std::vector<KeyUse> key_uses() const;

  const std::string& source() const { return source_; }

 private:
  struct Log {
    std::set<std::string, std::less<>> read;  // full names
    std::map<std::string, Json> fallbacks;
  };
  /// Remembers the value that holds for an absent key.
  template <typename T>
  T fall_back(std::string_view key, T value) const {
    log_->fallbacks.try_emplace(prefix_ + std::string(spelled(key)), value);
    return value;
  }
  void add_uses(const Json& object, const std::string& prefix, std::vector<KeyUse>& uses) const;

  /// The key as this config spells it.
  std::string_view spelled(std::string_view key) const;
  const Json* find(std::string_view key) const;
  /// The default of a key that is not there.
  const Json* find_default(std::string_view key) const;
  /// Throws for a key that is not there.
  void require(std::string_view key, std::string_view expected) const;
  [[noreturn]] void wrong_type(std::string_view key, std::string_view expected) const;

  const Json* config_;
  std::string source_;
  std::vector<KeyName> names_;
  mutable std::set<std::string, std::less<>> read_;
  Json defaults_ = Json::object();
  std::string prefix_;                                  // of the keys in the whole config
  std::shared_ptr<Log> log_ = std::make_shared<Log>();  // of the whole config
};

}  // namespace automodel::models
