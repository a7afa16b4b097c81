#include <fmt/format.h>

#include "base/text.h"
#include "config/check.h"

namespace automodel::config {
namespace {

std::string bounds(const Key& key) {
  std::string text;
  if (key.least) {
    text += fmt::format(" >= {}", *key.least);
  }
  if (key.above) {
    text += fmt::format(" > {}", *key.above);
  }
  if (key.most) {
    text += fmt::format("{} <= {}", text.empty() ? "" : " and", *key.most);
  }
  return text;
}

std::string texts_in_words(const Key& key) {
  if (key.choices.empty()) {
    return "a text";
  }
  std::vector<std::string> names;
  for (const std::string& choice : key.choices) {
    names.push_back(first_spelling(choice));
  }
  return fmt::format("one of {}", join(names, ", "));
}

std::string list_in_words(const Key& key) {
  if (key.item.empty()) {
    return "a list";
  }
  const std::string elements = expected(key.item[0]);
  return key.num_items ? fmt::format("a list of {} values, each {}", *key.num_items, elements)
                       : fmt::format("a list, each {}", elements);
}

}  // namespace

std::string expected(const Key& key) {
  if (key.forms == kAny) {
    return "any value";
  }
  std::vector<std::string> words;
  if ((key.forms & kBoolean) != 0) {
    words.emplace_back("true or false");
  }
  if ((key.forms & kNumber) != 0) {
    words.push_back("a number" + bounds(key));
  } else if ((key.forms & kInteger) != 0) {
    words.push_back("an integer" + bounds(key));
  }
  if ((key.forms & kText) != 0) {
    words.push_back(key.text_is_target ? "a dotted name" : texts_in_words(key));
  }
  if ((key.forms & kList) != 0) {
    words.push_back(list_in_words(key));
  }
  if ((key.forms & kMap) != 0) {
    words.emplace_back("a mapping");
  }
  if (key.nullable) {
    words.emplace_back("null");
  }
  return join(words, " or ");
}

}  // namespace automodel::config
