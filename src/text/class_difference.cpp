#include "text/class_difference.h"

#include <fmt/format.h>

#include <vector>

namespace automodel::text {
namespace {

/// Without what is at its default or tells of places only.
Json essential(Json step) {
  if (step.is_object()) {
    if (step.value("type", Json()) == "ByteLevel") {
      step.emplace("use_regex", true);
    }
    step.erase("trim_offsets");
  }
  if (step.is_structured()) {
    for (Json& part : step) {
      part = essential(std::move(part));
    }
  }
  return step;
}

std::vector<std::string> texts(const std::optional<std::string>& special) {
  std::vector<std::string> out = {"In 2024", "it's 1,234.5", "f(x) = y_1;", "a  b\n\n\tc",
                                  "Été 東京"};
  if (special) {
    out.push_back("one" + *special + "two");
  }
  return out;
}

std::string tokens(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  Json out = Json::array();
  for (const auto id : ids) {
    out.push_back(tokenizer.id_to_token(id).value_or(""));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json cutting_steps(const Json& tokenizer) {
  Json out = Json::object();
  for (const char* name : {"normalizer", "pre_tokenizer"}) {
    out[name] = tokenizer.is_object() ? essential(tokenizer.value(name, Json())) : Json();
  }
  return out;
}

std::string class_difference(const Tokenizer& by_class, const Tokenizer& by_file,
                             const std::optional<std::string>& special) {
  for (const std::string& text : texts(special)) {
    const auto ids = by_class.encode(text, {.add_special_tokens = false}).ids;
    const auto others = by_file.encode(text, {.add_special_tokens = false}).ids;
    if (ids != others) {
      return fmt::format("{} is {}, by the file {}", Json(text).dump(), tokens(by_class, ids),
                         tokens(by_file, others));
    }
  }
  return "";
}

}  // namespace automodel::text
