#include "config/key.h"

#include <utility>

namespace automodel::config {
namespace {

Key make(std::string name, std::string doc, Forms forms) {
  Key key;
  key.name = std::move(name);
  key.doc = std::move(doc);
  key.forms = forms;
  return key;
}

template <typename T>
Key make(std::string name, std::string doc, Forms forms, const std::optional<T>& fallback) {
  Key key = make(std::move(name), std::move(doc), forms);
  if (fallback) {
    key.fallback = Json(*fallback);
  }
  return key;
}

}  // namespace

Key Key::or_null() const {
  Key key = *this;
  key.nullable = true;
  if (!key.fallback && !key.required) {
    key.fallback = Json(nullptr);
  }
  return key;
}

Key Key::or_absent() const {
  Key key = *this;
  key.nullable = key.null_is_absent = true;
  return key;
}

Key Key::or_kept_null() const {
  Key key = *this;
  key.nullable = true;
  key.null_is_absent = false;
  return key;
}

Key Key::selected_by(std::string selecting_key, std::string target_by_default) const {
  Key key = *this;
  key.selector = std::move(selecting_key);
  key.default_target = std::move(target_by_default);
  return key;
}

Key Key::or_target_name() const {
  Key key = *this;
  key.forms |= kText;
  key.text_is_target = true;
  return key;
}

Key Key::must() const {
  Key key = *this;
  key.required = true;
  key.fallback.reset();
  return key;
}

Key Key::own() const {
  Key key = *this;
  key.ours = true;
  return key;
}

Key Key::with_prefix() const {
  Key key = *this;
  key.prefix = true;
  return key;
}

Key Key::always_there() const {
  Key key = *this;
  key.always = true;
  return key;
}

Key Key::at_least(double bound) const {
  Key key = *this;
  key.least = bound;
  return key;
}

Key Key::greater_than(double bound) const {
  Key key = *this;
  key.above = bound;
  return key;
}

Key Key::at_most(double bound) const {
  Key key = *this;
  key.most = bound;
  return key;
}

Key Key::otherwise(std::string derivation) const {
  Key key = *this;
  key.derived = std::move(derivation);
  return key;
}

Key Key::one_of(std::vector<std::string> texts) const {
  Key key = *this;
  key.choices = std::move(texts);
  key.forms |= kText;
  return key;
}

Key Key::in_any_case() const {
  Key key = *this;
  key.any_case = true;
  return key;
}

Key Key::or_text() const {
  Key key = *this;
  key.forms |= kText;
  return key;
}

Key Key::keeping_integers() const {
  Key key = *this;
  key.keeps_integers = true;
  return key;
}

Key Key::defaulting(Json value) const {
  Key key = *this;
  key.fallback = std::move(value);
  return key;
}

Key Key::or_auto() const {
  Key key = *this;
  key.choices.insert(key.choices.begin(), "auto");
  return key;
}

Key Key::of(std::vector<std::string> texts) const {
  Key key = *this;
  key.item = {text("", "").one_of(std::move(texts))};
  return key;
}

Key Key::or_list() const {
  Key key = *this;
  Key element = *this;
  element.fallback.reset();
  element.nullable = element.required = false;
  key.item = {element};
  key.forms |= kList;
  return key;
}

Key Key::accepting(Extra policy) const {
  Key key = *this;
  key.extra = policy;
  return key;
}

Key Key::unread(const std::string& why) const {
  Key key = *this;
  key.dead = "ignored: " + why;
  return key;
}

Key Key::without_effect(const std::string& why) const {
  Key key = *this;
  key.no_effect = why;
  return key;
}

Key flag(std::string name, std::string doc, std::optional<bool> fallback) {
  return make(std::move(name), std::move(doc), kBoolean, fallback);
}

Key integer(std::string name, std::string doc, std::optional<std::int64_t> fallback) {
  return make(std::move(name), std::move(doc), kInteger, fallback);
}

Key number(std::string name, std::string doc, std::optional<double> fallback) {
  return make(std::move(name), std::move(doc), kInteger | kNumber, fallback);
}

Key text(std::string name, std::string doc, const std::optional<std::string>& fallback) {
  return make(std::move(name), std::move(doc), kText, fallback);
}

Key texts(std::string name, std::string doc) {
  Key key = make(std::move(name), std::move(doc), kList);
  key.item = {text("", "")};
  key.fallback = Json::array();
  return key;
}

Key dtype(std::string name, std::string doc, const std::optional<std::string>& fallback) {
  return text(std::move(name), std::move(doc), fallback)
      .one_of({"float32|torch.float32|fp32|float|torch.float", "bfloat16|torch.bfloat16|bf16",
               "float16|torch.float16|fp16|half|torch.half",
               "float64|torch.float64|double|torch.double", "float8_e4m3fn|torch.float8_e4m3fn",
               "float8_e5m2|torch.float8_e5m2", "int8|torch.int8", "uint8|torch.uint8",
               "int16|torch.int16", "int32|torch.int32"});
}

Key betas(std::string name, const std::vector<double>& fallback) {
  Key key = make(std::move(name), "decay rates of the two moments", kList);
  key.item = {number("", "").at_least(0)};
  key.num_items = 2;
  key.fallback = fallback;
  return key;
}

Key anything(std::string name, std::string doc) {
  Key key = make(std::move(name), std::move(doc), kAny);
  key.nullable = true;
  key.extra = Extra::free;
  return key;
}

Key mapping(std::string name, std::string doc, std::vector<Key> keys) {
  Key key = make(std::move(name), std::move(doc), kMap).or_absent();
  key.keys = std::move(keys);
  return key;
}

Key target_mapping(std::string name, std::string doc, std::vector<Target> targets) {
  Key key = make(std::move(name), std::move(doc), kMap).or_absent();
  key.targets = std::move(targets);
  return key;
}

Key dead(std::string name, const std::string& why) {
  return anything(std::move(name), "").unread(why);
}

std::vector<Key> joined(std::vector<Key> first, const std::vector<Key>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string first_spelling(const std::string& choice) { return choice.substr(0, choice.find('|')); }

}  // namespace automodel::config
