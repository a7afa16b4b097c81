#include "corpus/answer_ends.h"

#include <algorithm>

#include "data/answer_end.h"
#include "data/registry.h"
#include "data/weighted_blend.h"

namespace automodel::corpus {

std::vector<std::int32_t> answer_ends(const config::Dataset& section,
                                      const data::TextContext& used) {
  std::vector<std::int32_t> out;
  const auto sections = data::with_parts(section.keys);
  for (std::size_t i = sections.size() > 1 ? 1 : 0; i < sections.size(); ++i) {
    const Json& keys = sections[i];
    if (!data::uses_template(keys.value("_target_", section.target), keys)) {
      continue;
    }
    const Json given = keys.value("chat_template", Json());
    const auto end = data::answer_end(
        given.is_string() ? data::with_chat_template(used, given.get<std::string>()) : used);
    if (end && std::ranges::find(out, *end) == out.end()) {
      out.push_back(*end);
    }
  }
  return out;
}

}  // namespace automodel::corpus
