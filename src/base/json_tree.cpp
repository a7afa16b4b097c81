#include "base/json_tree.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/exact_json.h"
#include "base/lfs_pointer.h"
#include "base/utf8.h"

namespace automodel {
namespace {

constexpr std::size_t kMaxDepth = 512;

std::string locate(std::string_view text, std::size_t byte, std::int64_t first_line) {
  const auto upto = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = first_line + std::count(upto.begin(), upto.end(), '\n');
  const auto last = upto.rfind('\n');
  const auto column = upto.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return fmt::format("{}:{}", line, column);
}

/// Of members with the same name the last one counts, at the place of the first.
void drop_repeated_keys(Json::object_t& object, JsonRules rules, std::string_view source) {
  std::vector<std::size_t> order(object.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) -> const std::string& {
    return (object.begin() + static_cast<std::ptrdiff_t>(i))->first;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<bool> repeated(object.size());
  bool any = false;
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (key(order[i]) != key(order[first])) {
      first = i;
      continue;
    }
    check(!rules.refuses_repeated_keys, ErrorKind::corrupt_data,
          "{}: the key '{}' appears twice in one JSON object", source, key(order[i]));
    (object.begin() + static_cast<std::ptrdiff_t>(order[first]))->second =
        std::move((object.begin() + static_cast<std::ptrdiff_t>(order[i]))->second);
    repeated[order[i]] = any = true;
  }
  if (!any) {
    return;
  }
  Json::object_t kept;
  for (std::size_t i = 0; auto& member : object) {
    if (!repeated[i++]) {
      static_cast<Json::object_t::Container&>(kept).push_back(std::move(member));
    }
  }
  object = std::move(kept);
}

/// What the parser met; it ends behind byte `end` of the text.
struct TooLargeNumber {
  std::size_t end = 0;
  std::string literal;
};

[[noreturn]] void refuse(const TooLargeNumber& number, const std::string& place) {
  constexpr std::size_t kShown = 40;
  const bool is_long = number.literal.size() > kShown;
  fail(
      ErrorKind::corrupt_data,
      "{}: the number {}{} is too large; the largest is about 1.8e308. Write it as text, in quotes",
      place, number.literal.substr(0, kShown), is_long ? "..." : "");
}

/// Builds the tree from parser events. nlohmann's own builder searches the whole object for each
/// new key, which takes minutes on a tokenizer's vocabulary of 262,144.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view source, JsonRules rules) : source_(source), rules_(rules) {}
  Json take() { return std::move(root_); }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& literal) {
    const bool is_integer = literal.find_first_of(".eE") == std::string::npos;
    return add(is_integer && rules_.keeps_wide_integers ? make_wide_integer(literal) : Json(value));
  }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool end_object() {
    drop_repeated_keys(open_.back()->get_ref<Json::object_t&>(), rules_, source_);
    return end_array();
  }
  bool key(std::string& name) {
    auto& members =
        static_cast<Json::object_t::Container&>(open_.back()->get_ref<Json::object_t&>());
    members.emplace_back(std::move(name), Json());
    return true;
  }
  template <typename Exception>
  bool parse_error(std::size_t end, const std::string& last, const Exception& exception) {
    if constexpr (std::is_same_v<Exception, Json::out_of_range>) {
      throw TooLargeNumber{.end = end, .literal = last};
    }
    throw Exception(exception);
  }

 private:
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    check(open_.size() < kMaxDepth, ErrorKind::corrupt_data,
          "{}: JSON is nested deeper than {} levels", source_, kMaxDepth);
    open_.push_back(&place(std::move(value)));
    return true;
  }
  Json& place(Json value) {
    if (open_.empty()) {
      return root_ = std::move(value);
    }
    if (open_.back()->is_array()) {
      return open_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
    }
    return open_.back()->get_ref<Json::object_t&>().back().second = std::move(value);
  }

  std::string_view source_;
  JsonRules rules_;
  Json root_;
  std::vector<Json*> open_;
};

}  // namespace

Json parse_json_tree(std::string_view text, std::string_view source, std::int64_t first_line,
                     JsonRules rules) {
  const auto place = [&](std::size_t byte) {
    return fmt::format("{}:{}", source, locate(text, byte, first_line));
  };
  try {
    TreeBuilder builder(source, rules);
    Json::sax_parse(text, &builder);
    return builder.take();
  } catch (const TooLargeNumber& number) {
    refuse(number, place(number.end - std::min(number.end, number.literal.size()) + 1));
  } catch (const Json::parse_error& error) {
    if (first_line == 1) {
      refuse_lfs_pointer(text, source);
      refuse_wide_encoding(text, source);
    }
    // nlohmann's text starts with "[json.exception...] parse error at line ...: "; ours has the
    // place already.
    std::string reason = error.what();
    if (const auto at = reason.find(": "); at != std::string::npos) {
      reason.erase(0, at + 2);
    }
    const auto near =
        text.substr(std::min(text.size(), std::max<std::size_t>(error.byte, 2) - 2), 10);
    const auto has = [&](std::string_view word) {
      return near.find(word) != std::string_view::npos;
    };
    const bool is_python = has("NaN") || has("Infinity");
    fail(ErrorKind::corrupt_data, "{}: not valid JSON: {}{}", place(error.byte), reason,
         is_python
             ? "; JSON has no NaN and no Infinity, which Python writes all the same: put null "
               "or a number there"
             : "");
  } catch (const Json::exception& error) {
    fail(ErrorKind::corrupt_data, "{}: not valid JSON: {}", source, error.what());
  }
}

}  // namespace automodel
