#pragma once
// The tokenizer, special tokens and chat template that belong to a model.

#include "checkpoint/model_folder.h"
#include "data/text_context.h"

namespace automodel::train {

/// Reads them from the model's folder, or makes them of what its .gguf file says.
/// Throws Error(not_found | unsupported | corrupt_data).
data::TextContext model_text(const checkpoint::ModelFolder& model);

/// bos_token_id and pad_token_id of the `tokens` by name that are given in place of the model's,
/// but for those with which the model was opened, and for tokens that its embedding has no row for.
Json given_ids(const checkpoint::ModelFolder& model, const Json& tokens,
               const text::Tokenizer& tokenizer);

/// Has the model exported with `text`, whose contents are `used`. Its eos_token and `ends`, the
/// tokens by which it ends answers, end the model's from then on, too, unless the model was opened
/// with an eos_token_id of the recipe's. Those of given_ids for the text's keys take the place of
/// the model's.
void set_text(checkpoint::ModelFolder& model, checkpoint::TextSource text,
              const data::TextContext& used, const std::vector<std::int32_t>& ends);

/// The ids that end an answer: the eos_token_id (one or several) with which the model was opened,
/// else that of generation_config.json, else of config.json, and what set_text adds; else the
/// tokenizer's eos_token.
std::vector<std::int32_t> stop_ids(const checkpoint::ModelFolder& model,
                                   const data::TextContext& text);

}  // namespace automodel::train
