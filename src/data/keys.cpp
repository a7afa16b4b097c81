#include "data/keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace automodel::data {
namespace {

const Json kNull = nullptr;

}  // namespace

Keys::Keys(Json values, std::string target)
    : values_(std::move(values)), target_(std::move(target)) {}

const Json& Keys::read(const std::string& name) {
  known_.insert(name);
  const auto found = values_.find(name);
  return found == values_.end() ? kNull : *found;
}

void Keys::refuse(const std::string& name, const std::string& expected) const {
  if (!values_.contains(name)) {
    fail(ErrorKind::invalid_argument, "{} needs the key '{}': {}", target_, name, expected);
  }
  fail(ErrorKind::invalid_argument, "{}: '{}' must be {}, found {}", target_, name, expected,
       values_.at(name).dump());
}

bool Keys::flag(const std::string& name, bool otherwise) {
  const Json& value = read(name);
  if (!value.is_null() && !value.is_boolean()) {
    refuse(name, "true or false");
  }
  return value.is_null() ? otherwise : value.get<bool>();
}

std::optional<std::int64_t> Keys::maybe_integer(const std::string& name) {
  const Json& value = read(name);
  if (value.is_null()) {
    return std::nullopt;
  }
  if (!value.is_number_integer()) {
    refuse(name, "an integer");
  }
  return value.get<std::int64_t>();
}

std::int64_t Keys::integer(const std::string& name, std::int64_t otherwise) {
  return maybe_integer(name).value_or(otherwise);
}

std::optional<std::string> Keys::maybe_text(const std::string& name) {
  const Json& value = read(name);
  if (value.is_null()) {
    return std::nullopt;
  }
  if (!value.is_string()) {
    refuse(name, "a string");
  }
  return value.get<std::string>();
}

std::string Keys::text(const std::string& name, const std::string& otherwise) {
  return maybe_text(name).value_or(otherwise);
}

std::vector<std::string> Keys::paths(const std::string& name) {
  const Json& value = read(name);
  std::vector<std::string> out;
  if (value.is_string()) {
    out.push_back(value.get<std::string>());
  } else if (value.is_array()) {
    for (const Json& item : value) {
      if (!item.is_string()) {
        refuse(name, "a path or a list of paths");
      }
      out.push_back(item.get<std::string>());
    }
  }
  if (out.empty()) {
    refuse(name, "a path or a list of paths");
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Keys::text_map(const std::string& name) {
  const Json& value = read(name);
  std::vector<std::pair<std::string, std::string>> out;
  if (!value.is_object()) {
    refuse(name, "a mapping of names to column names");
  }
  for (const auto& [key, item] : value.items()) {
    if (item.is_string()) {
      out.emplace_back(key, item.get<std::string>());
    } else if (!item.is_null()) {
      refuse(name, "a mapping of names to column names");
    }
  }
  return out;
}

bool Keys::truncation() {
  return strategy("truncation", "do_not_truncate", {"longest_first", "only_first", "only_second"});
}

bool Keys::padding() { return strategy("padding", "do_not_pad", {"longest", "max_length"}); }

bool Keys::strategy(const std::string& name, const std::string& off,
                    const std::vector<std::string>& ways) {
  const Json& value = read(name);
  if (value.is_boolean()) {
    return value.get<bool>();
  }
  const auto is_value = [&](const std::string& way) { return value == way; };
  if (!value.is_null() && value != off && std::ranges::none_of(ways, is_value)) {
    refuse(name, fmt::format("true, false, {} or {}", off, join(ways, ", ")));
  }
  return !value.is_null() && value != off;
}

Json Keys::any(const std::string& name) { return read(name); }

void Keys::expect(const std::string& name, const Json& only) {
  const Json& value = read(name);
  check(value.is_null() || value == only, ErrorKind::unsupported,
        "{}: '{}' = {} is not supported yet; leave it out", target_, name, value.dump());
}

void Keys::finish() const {
  const std::vector<std::string> known(known_.begin(), known_.end());
  for (const auto& item : values_.items()) {
    check(known_.contains(item.key()), ErrorKind::invalid_argument, "{} has no key '{}'{}", target_,
          item.key(), did_you_mean(item.key(), known));
  }
}

}  // namespace automodel::data
