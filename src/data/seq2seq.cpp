#include "data/seq2seq.h"

#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "data/columns.h"
#include "data/split.h"
#include "data/squad.h"

namespace automodel::data {
namespace {

/// `text` with the columns that it names in braces; {{ and }} are braces.
std::string fill_in(const std::string& text, const Json& row) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      out += c;
    } else if (at + 1 < text.size() && text[at + 1] == c) {
      out += text[at++];
    } else {
      const std::size_t end = c == '{' ? text.find('}', at) : std::string::npos;
      check(end != std::string::npos, ErrorKind::invalid_argument,
            "source_template has a single '{}' at character {}; write {{column}}, or the brace "
            "twice",
            c, at + 1);
      out += text_column(row, text.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  return out;
}

std::string target_of(const Json& row, const std::string& name) {
  return column(row, name).is_string() ? text_column(row, name) : first_answer(row, name);
}

class Seq2SeqFormat {
 public:
  Seq2SeqFormat(Seq2SeqOptions options, std::shared_ptr<const TextContext> context)
      : options_(std::move(options)), context_(std::move(context)) {
    check(context_->eos_id.has_value(), ErrorKind::invalid_argument,
          "the tokenizer has no eos_token: the model could not learn where an answer ends. Set "
          "eos_token in tokenizer_config.json");
    const auto& pad = context_->special_tokens.pad_token;
    start_ = options_.decoder_start ? options_.decoder_start
             : pad                  ? context_->tokenizer.token_to_id(*pad)
                                    : std::nullopt;
    check(start_.has_value(), ErrorKind::invalid_argument,
          "the tokenizer has no pad_token that the decoder could begin with; give "
          "dataset.decoder_start_token_id");
  }

  TokenizedSample operator()(const Json& row) const {
    const std::string source = options_.source_template ? fill_in(*options_.source_template, row)
                                                        : text_column(row, options_.source_key);
    const std::string target = target_of(row, options_.target_key);
    TokenizedSample sample;
    append(sample, encode(*context_, source).ids, Role::prompt);
    std::vector<std::int32_t> ids = {known(start_)};
    for (const std::int32_t id : encode(*context_, target).ids) {
      ids.push_back(id);
    }
    if (ids.size() == 1 || ids.back() != known(context_->eos_id)) {
      ids.push_back(known(context_->eos_id));
    }
    sample.notes.empty_answer = ids.size() == 2;
    append(sample, std::move(ids), Role::answer);
    sample.notes.all_learnt = true;  // the decoder's text has no prompt
    sample.notes.special_in_content =
        context_->tokenizer.has_special(source) || context_->tokenizer.has_special(target);
    return sample;
  }

 private:
  void append(TokenizedSample& sample, std::vector<std::int32_t> ids, Role role) const {
    const std::size_t size = ids.size();
    std::vector<std::uint8_t> learnt(size, role == Role::answer);
    if (role == Role::answer) {
      learnt.front() = 0;
    }
    append_document(sample, std::move(ids), std::move(learnt));
    if (context_->finds_roles) {
      sample.roles.resize(sample.roles.size() + size, role);
    }
  }

  Seq2SeqOptions options_;
  std::shared_ptr<const TextContext> context_;
  std::optional<std::int32_t> start_;
};

}  // namespace

std::unique_ptr<const Dataset> make_seq2seq_dataset(const Seq2SeqOptions& options,
                                                    TextContext context) {
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  LengthLimit limit = options.limit;
  limit.eos_id = shared->eos_id;
  return make_limited_dataset(open_split(options.paths, options.split, options.rows),
                              Seq2SeqFormat(options, shared), limit, shared);
}

Seq2SeqOptions read_seq2seq_options(Keys& keys) {
  Seq2SeqOptions options;
  options.paths = keys.paths("dataset_name");
  options.split = keys.text("split", "train");
  options.rows.max_rows = keys.maybe_integer("limit_dataset_samples");
  options.source_template = keys.maybe_text("source_template");
  options.source_key = keys.text("source_key", "question");
  options.target_key = keys.text("target_key", "answers");
  if (const auto start = keys.maybe_integer("decoder_start_token_id")) {
    options.decoder_start = static_cast<std::int32_t>(*start);
  }
  options.limit.seq_length = keys.integer("seq_length", 0);
  options.limit.truncate = keys.any("truncation").is_null() || keys.truncation();
  options.rows.source = read_source_options(keys);
  keys.expect("chat_template", nullptr);
  return options;
}

}  // namespace automodel::data
