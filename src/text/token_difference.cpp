#include "text/token_difference.h"

#include <fmt/format.h>

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

std::vector<std::string> texts(const std::vector<std::string>& added) {
  std::vector<std::string> out = {"In 2024",     "it's 1,234.5", "f(x) = y_1;",
                                  "a  b\n\n\tc", "Été 東京",     "'The' isOpen"};
  for (const std::string& token : added) {
    out.push_back("one" + token + "two");
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

std::string token_difference(const Tokenizer& used, const Tokenizer& other, std::string_view by,
                             const std::vector<std::string>& added) {
  for (const std::string& text : texts(added)) {
    const auto ids = used.encode(text, {.add_special_tokens = false}).ids;
    const auto others = other.encode(text, {.add_special_tokens = false}).ids;
    if (ids == others) {
      continue;
    }
    const std::string here = tokens(used, ids);
    const std::string there = tokens(other, others);
    const bool reads_alike = here == there;
    return fmt::format("{} is {}, {} {}", Json(text).dump(), reads_alike ? Json(ids).dump() : here,
                       by, reads_alike ? Json(others).dump() : there);
  }
  return "";
}

}  // namespace automodel::text
