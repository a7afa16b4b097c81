#pragma once
// Python values as templates see them. All are immutable and cheap to copy; the few that change
// (namespaces, loops) are Objects.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace automodel::text::jinja {

class Value;
class DictItems;
class Function;
class Iterator;
class Object;
struct Items;

inline constexpr int kMaxValueDepth = 500;
inline constexpr std::size_t kMaxValueWeight = std::size_t{1} << 22;
inline constexpr std::size_t kMaxStringBytes = std::size_t{64} << 20;

/// How much work it is to walk a value: nodes plus bytes / 32, and levels of nesting. Bounded, so
/// that every walk is.
struct Measure {
  std::size_t weight = 1;
  int depth = 0;
};

struct None {};

/// jinja2's Undefined: prints as nothing; `message` is the error of any other use.
struct Undefined {
  std::shared_ptr<const std::string> message;
};

/// str, or markupsafe's Markup if `markup`.
struct String {
  std::shared_ptr<const std::string> text;
  bool markup = false;
  std::string_view view() const { return *text; }
};

struct List {
  std::shared_ptr<const Items> items;
  const std::vector<Value>& values() const;
};

struct Tuple {
  std::shared_ptr<const Items> items;
  bool is_group = false;  // groupby's pair, with attributes grouper and list
  const std::vector<Value>& values() const;
};

struct Dict {
  std::shared_ptr<const DictItems> items;
  const DictItems* operator->() const { return items.get(); }
};

enum class ViewKind { keys, values, items };

/// dict.keys(), dict.values(), dict.items().
struct View {
  Dict dict;
  ViewKind kind;
};

/// range(start, stop, step); step is not 0.
struct Range {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
  std::int64_t size() const;
  /// Wraps around outside 64 bits.
  std::int64_t at(std::int64_t index) const;
};

class Value {
 public:
  using Data = std::variant<Undefined, None, bool, std::int64_t, double, String, List, Tuple, Dict,
                            View, Range, std::shared_ptr<Iterator>, std::shared_ptr<const Function>,
                            std::shared_ptr<Object>>;

  Value() : data_(None{}) {}
  template <typename T>
    requires std::constructible_from<Data, T>
  Value(T value) : data_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Value(std::string text)                      // NOLINT(google-explicit-constructor)
      : data_(String{std::make_shared<const std::string>(std::move(text))}) {}
  Value(const char*) = delete;

  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  /// The alternative T, or null.
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data_);
  }
  const Data& data() const { return data_; }

 private:
  Data data_;
};

struct Items {
  std::vector<Value> values;
  Measure measure;
};

/// The entries of a dict in insertion order.
class DictItems {
 public:
  /// Sets or replaces; a replaced entry keeps its place and key. Throws on an unhashable key.
  void set(Value key, Value value);
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  const std::vector<std::pair<Value, Value>>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  Measure measure() const { return measure_; }

 private:
  const Value* find_hashed(const Value& key, std::size_t hash) const;
  std::vector<std::pair<Value, Value>> entries_;
  std::unordered_multimap<std::size_t, std::size_t> index_;
  Measure measure_;
};

/// Throw Error(invalid_argument) if the value would be too deep or too large.
Value make_list(std::vector<Value> values);
Value make_tuple(std::vector<Value> values);
Value make_dict(DictItems items);
Value make_markup(std::string text);
Value make_undefined(std::string message);

/// True if the bytes of a string about to be made are allowed; throws Error(invalid_argument)
/// otherwise.
void check_string_bytes(std::size_t bytes);
/// a + b and a * b, or the largest std::size_t if that is too small.
std::size_t saturating_add(std::size_t a, std::size_t b);
std::size_t saturating_multiply(std::size_t a, std::size_t b);

Measure measure(const Value& value);
/// Python's type(value).__name__.
std::string type_name(const Value& value);
/// As jinja2 names it in errors: "dict object", "None".
std::string describe(const Value& value);
bool truth(const Value& value);
/// len(value), if it has one.
std::optional<std::int64_t> length(const Value& value);
/// bool and int as an integer, else nothing.
std::optional<std::int64_t> as_integer(const Value& value);
/// bool, int and float as a double, else nothing.
std::optional<double> as_number(const Value& value);

}  // namespace automodel::text::jinja
