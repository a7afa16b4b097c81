#include "tensor/gguf_facts.h"

#include <fmt/ranges.h>

#include <limits>
#include <vector>

#include "base/error.h"
#include "base/known.h"

namespace automodel {
namespace {

std::string value_text(const Json& value) {
  return value.is_array() ? fmt::format("a list of {}", value.size())
                          : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool says_nothing(const Json& value) {
  return value == 0 || value == false || ((value.is_string() || value.is_array()) && value.empty());
}

double shortest(double value) {
  const auto narrow = static_cast<float>(value);
  return static_cast<double>(narrow) == value ? std::stod(fmt::format("{}", narrow)) : value;
}

}  // namespace

GgufFacts::GgufFacts(const GgufFile& file) : file_(&file) {
  const auto found = file.metadata().find("general.architecture");
  check(found != file.metadata().end() && found->second.is_string(), ErrorKind::corrupt_data,
        "{}: 'general.architecture' is missing, so it is not known which model this is",
        file.path().string());
  architecture_ = found->second.get<std::string>();
}

std::string GgufFacts::where(std::string_view key) const {
  return fmt::format("{}: '{}.{}'", file_->path().string(), architecture_, key);
}

const Json* GgufFacts::find(std::string_view key) const {
  const std::string full = fmt::format("{}.{}", architecture_, key);
  read_.insert(full);
  const auto found = file_->metadata().find(full);
  return found == file_->metadata().end() ? nullptr : &found->second;
}

const Json& GgufFacts::require(std::string_view key) const {
  const Json* value = find(key);
  check(value != nullptr, ErrorKind::corrupt_data, "{} is missing", where(key));
  return *value;
}

std::optional<std::int64_t> GgufFacts::maybe_count(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  check(value->is_number_integer() && *value >= 1 &&
            *value <= std::numeric_limits<std::int32_t>::max(),
        ErrorKind::corrupt_data, "{} is {}, expected a count", where(key), value_text(*value));
  return value->get<std::int64_t>();
}

std::int64_t GgufFacts::count(std::string_view key) const {
  require(key);
  return known(maybe_count(key));
}

std::optional<double> GgufFacts::maybe_number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  check(value->is_number() && std::isfinite(value->get<double>()), ErrorKind::corrupt_data,
        "{} is {}, expected a number", where(key), value_text(*value));
  return shortest(value->get<double>());
}

double GgufFacts::number(std::string_view key) const {
  require(key);
  return known(maybe_number(key));
}

std::optional<std::string> GgufFacts::maybe_text(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  check(value->is_string(), ErrorKind::corrupt_data, "{} is {}, expected a text", where(key),
        value_text(*value));
  return value->get<std::string>();
}

void GgufFacts::finish() const {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : file_->metadata()) {
    if (key.starts_with(architecture_ + ".") && !read_.contains(key) && !says_nothing(value)) {
      unknown.push_back(fmt::format("{} = {}", key, value_text(value)));
    }
  }
  check(unknown.empty(), ErrorKind::unsupported,
        "{}: metadata that is not understood and could change the model's mathematics: {}",
        file_->path().string(), fmt::join(unknown, ", "));
}

}  // namespace automodel
