#include "data/checks.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace automodel::data {
namespace {

constexpr std::array<CheckInfo, 21> kChecks = {{
    {Check::no_trained_tokens, "no_trained_tokens", true, "have no token that is learnt",
     "see which messages are the assistant's, and whether truncation cuts them off"},
    {Check::prompt_trained, "prompt_trained", true, "learn every token, the prompt as well",
     "give a chat template that tells prompt and answer apart, or ask for it "
     "(answer_only_loss_mask: false)"},
    {Check::missing_eos, "missing_eos", true, "have an answer that does not end in an EOS token",
     "the model would not learn to stop: use a chat template that ends each answer in one, or, if "
     "answers end in another special token, name that one in dataset.tokenizer.eos_token, or its "
     "id in model.eos_token_id"},
    {Check::masked_eos, "masked_eos", true,
     "have an EOS token behind an answer, but do not learn it",
     "the model would not learn to stop: end the template's {% generation %} block behind the EOS "
     "token, and mask padding by where it stands, not by its id, which pad_token may share with "
     "EOS"},
    {Check::double_eos, "double_eos", true, "have an answer that ends in two EOS tokens",
     "the chat template and the text both bring one: take it out of the text"},
    {Check::missing_bos, "missing_bos", false,
     "do not begin with the BOS token that the tokenizer puts before a text",
     "if the model was trained with it, let the chat template begin with {{ bos_token }}"},
    {Check::double_bos, "double_bos", true, "begin with two BOS tokens",
     "the chat template and the text both bring one: take it out of the text"},
    {Check::outside_vocabulary, "outside_vocabulary", true,
     "have token ids that the model's embedding does not have",
     "the tokenizer is not this model's, or the embedding must be enlarged"},
    {Check::too_long, "too_long", true, "are longer than the model's limit",
     "set seq_length and truncation: true, leave such rows out, or split texts by "
     "packed_sequence.long_samples; the limit is the lesser of config.json's and the tokenizer's "
     "model_max_length"},
    {Check::special_in_content, "special_in_content", false,
     "have the text of a special token in a message, tool or document, where it becomes that token",
     "if this is not meant, take it out of the data: it can end a turn early"},
    {Check::merged_boundary, "merged_boundary", false,
     "have a token that belongs to prompt and answer alike, which is not learnt",
     "end the prompt in a blank or a newline"},
    {Check::empty_answer, "empty_answer", false, "have an answer without any text",
     "the model learns to say nothing there"},
    {Check::not_shown, "not_shown", true,
     "have tools, calls of tools, documents, reasoning, text beside calls of tools, or messages "
     "(system, developer, tool) that their chat template does not write",
     "the model would learn from a prompt or an answer without them: take a template that writes "
     "them (chat_template), or take them out of the data"},
    {Check::truncated, "truncated", false, "are cut to their maximum length",
     "what is cut off is not learnt; raise seq_length, or split texts by "
     "packed_sequence.long_samples"},
    {Check::not_truncated, "not_truncated", false,
     "are longer than seq_length, which alone cuts nothing",
     "set truncation: true to cut them, or raise seq_length"},
    {Check::template_differs, "template_differs", false, "the chat template is not the model's own",
     "prompts will look as the model has not seen them; leave chat_template out unless this is "
     "meant, and use the same one at inference"},
    {Check::vocabulary_too_large, "vocabulary_too_large", false,
     "the tokenizer has tokens that the model's embedding does not have",
     "texts with those cannot be learnt: is the tokenizer this model's?"},
    {Check::template_eos, "template_eos", false,
     "the chat template ends answers in a token at which the model does not stop yet",
     "the saved model's eos_token_id names it, too, so that it stops there; "
     "dataset.tokenizer.eos_token also makes it the tokenizer's eos_token"},
    {Check::class_differs, "class_differs", false,
     "the tokenizer_class of tokenizer_config.json cuts text otherwise than tokenizer.json says",
     "so it does in Transformers 5; if the model was trained with the file's tokens, set "
     "tokenizer_class to PreTrainedTokenizerFast there, or list a token that is missing in "
     "added_tokens_decoder"},
    {Check::mistral_regex, "mistral_regex", false,
     "tokenizer.json has the wrong expression that Transformers before 5 saved for Mistral's "
     "models",
     "set dataset.tokenizer.fix_mistral_regex: true to split texts as those were trained, or false "
     "if this model was trained with the file's"},
    {Check::template_unused, "template_unused", false,
     "questions are written without the model's chat template",
     "chats, and 'generate', ask by that template, which is not what is learnt here: set "
     "use_hf_chat_template: true, or ask without it (generate --raw)"},
}};

/// Looks at one document: ids and mask of tokens [begin, end).
class DocumentChecks {
 public:
  DocumentChecks(const TokenizedSample& sample, const TextContext& context,
                 const CheckLimits& limits)
      : sample_(sample), context_(context), limits_(limits) {}

  void look_at(std::size_t begin, std::size_t end) {
    if (begin == end) {
      return;
    }
    const auto computed = static_cast<std::int64_t>(end - begin) -
                          (sample_.notes.is_window || sample_.notes.ends_in_class ? 1 : 0);
    too_long |= limits_.max_tokens > 0 && computed > limits_.max_tokens;
    const std::int32_t* ids = sample_.ids.data();
    outside_vocabulary |=
        limits_.vocab_size > 0 &&
        std::any_of(ids + begin, ids + end_of_tokens(sample_, end),
                    [this](auto id) { return id < 0 || id >= limits_.vocab_size; });
    missing_bos |= context_.adds_bos && ids[begin] != context_.bos_id;
    double_bos |= end_of_tokens(sample_, end) - begin > 1 && context_.bos_id &&
                  ids[begin] == *context_.bos_id && ids[begin + 1] == *context_.bos_id;
    // The very first token is not predicted, so its mark says nothing.
    const auto mask = std::span(sample_.loss_mask).subspan(begin + 1, end - begin - 1);
    look_at_ends(begin, end);
    const auto last = std::find(mask.rbegin(), mask.rend(), 1);
    if (last == mask.rend()) {
      return;
    }
    const bool lost_prompt = sample_.notes.truncated && context_.cuts_beginning;
    prompt_trained |= std::count(mask.begin(), mask.end(), 0) == 0 && !lost_prompt;
    auto at = begin + static_cast<std::size_t>(mask.rend() - last);
    // Marks of a template may hold the white space behind the EOS.
    while (at > begin + 1 && !is_end(ids[at]) && is_blank(ids[at]) &&
           sample_.loss_mask[at - 1] == 1) {
      --at;
    }
    const bool is_masked = at + 1 < end && is_end(ids[at + 1]);
    missing_eos |= !is_masked && !is_end(ids[at]);
  }

  bool outside_vocabulary = false;
  bool too_long = false;
  bool double_bos = false;
  bool prompt_trained = false;
  bool missing_eos = false;
  bool masked_eos = false;
  bool double_eos = false;
  bool missing_bos = false;

 private:
  bool is_end(std::int32_t id) const { return is_eos(id, context_, limits_.eos_ids); }

  bool is_blank(std::int32_t id) const {
    return trim(context_.tokenizer.decode(std::vector<std::int32_t>{id})).empty();
  }

  /// Where what is learnt goes over into what is not.
  void look_at_ends(std::size_t begin, std::size_t end) {
    for (std::size_t t = begin + 1; t + 1 < end; ++t) {
      const bool ends = is_end(sample_.ids[t]);
      if (sample_.loss_mask[t] != 0 && is_end(sample_.ids[t + 1])) {
        double_eos |= ends && sample_.ids[t] == sample_.ids[t + 1];
        masked_eos |= !ends && sample_.loss_mask[t + 1] == 0;
      }
    }
  }

  const TokenizedSample& sample_;
  const TextContext& context_;
  const CheckLimits& limits_;
};

}  // namespace

std::span<const CheckInfo> all_checks() { return kChecks; }

const CheckInfo& info_of(Check check) { return kChecks[static_cast<std::size_t>(check)]; }

std::vector<Check> failed_checks(const TokenizedSample& sample, const TextContext& context,
                                 const CheckLimits& limits) {
  DocumentChecks documents(sample, context, limits);
  std::size_t begin = 0;
  for (const std::int64_t length : sample.document_lengths) {
    documents.look_at(begin, begin + static_cast<std::size_t>(length));
    begin += static_cast<std::size_t>(length);
  }
  const SampleNotes& notes = sample.notes;
  // The rest are checks of the whole, see text_checks.h.
  const std::array<bool, kChecks.size()> failed = {
      num_trained_tokens(sample) == 0,
      documents.prompt_trained && !notes.all_learnt,
      documents.missing_eos && !notes.truncated && !notes.is_window && !notes.ends_in_class,
      documents.masked_eos,
      documents.double_eos && !notes.is_window,
      documents.missing_bos && !notes.is_window,
      documents.double_bos,
      documents.outside_vocabulary,
      documents.too_long,
      notes.special_in_content,
      notes.merged_boundary,
      notes.empty_answer,
      notes.not_shown,
      notes.truncated,
      notes.not_truncated,
  };
  std::vector<Check> out;
  for (std::size_t i = 0; i < failed.size(); ++i) {
    if (failed[i]) {
      out.push_back(kChecks[i].check);
    }
  }
  return out;
}

void check_names(std::span<const std::string> names) {
  std::vector<std::string> known;
  for (const CheckInfo& info : kChecks) {
    known.emplace_back(info.name);
  }
  for (const std::string& name : names) {
    check(std::count(known.begin(), known.end(), name) > 0, ErrorKind::invalid_argument,
          "there is no check '{}'{}; checks are: {}", name, did_you_mean(name, known),
          join(known, ", "));
  }
}

}  // namespace automodel::data
