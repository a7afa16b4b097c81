#include "data/completion.h"

#include <utility>

#include "base/error.h"
#include "data/tokenize.h"

namespace automodel::data {

TokenizedSample tokenize_completion(const Completion& completion, const TextContext& context) {
  if (!context.eos_id) {
    fail(ErrorKind::invalid_argument,
         "the tokenizer has no eos_token: the model could not learn where an answer ends. Set "
         "eos_token in tokenizer_config.json");
  }
  MarkedText marked{.text = completion.prompt + completion.answer, .answers = {}, .holes = {}};
  const std::size_t begin = completion.train_prompt ? 0 : completion.prompt.size();
  marked.answers.push_back({begin, marked.text.size(), false});
  if (context.finds_roles) {
    marked.turns = {{Role::prompt, completion.prompt.size()}, {Role::answer, marked.text.size()}};
  }
  text::Encoding encoding = encode(context, marked.text);
  TokenMask mask = mask_tokens(marked, encoding,
                               [&](std::int32_t id) { return context.tokenizer.is_special(id); });
  std::vector<Role> roles = roles_of(marked, encoding);
  const bool has_eos = !encoding.ids.empty() && encoding.ids.back() == *context.eos_id;
  if (has_eos) {
    mask.learnt.back() = 1;
  } else {
    encoding.ids.push_back(*context.eos_id);
    mask.learnt.push_back(1);
    roles.resize(roles.empty() ? 0 : roles.size() + 1, Role::answer);
  }
  TokenizedSample sample;
  append_document(sample, std::move(encoding.ids), std::move(mask.learnt));
  sample.roles = std::move(roles);
  sample.notes = mask.notes;
  sample.notes.all_learnt = begin == 0;
  sample.notes.special_in_content = context.tokenizer.has_special(marked.text);
  return sample;
}

}  // namespace automodel::data
