#include "config/extract/section.h"
#include "config/extract/sections.h"

namespace automodel::config {
namespace {

/// "a.b.c.d" -> "c.d".
std::string last_two(const std::string& dotted_name) {
  const auto dot = dotted_name.rfind('.', dotted_name.rfind('.') - 1);
  return dot == std::string::npos ? dotted_name : dotted_name.substr(dot + 1);
}

std::optional<TokenizerSource> extract_tokenizer(const Json& dataset, const std::string& model) {
  const bool named = dataset.contains("tokenizer");
  if ((named && dataset.at("tokenizer").is_null()) || (!named && model.empty())) {
    return std::nullopt;
  }
  if (!named) {
    return TokenizerSource{.pretrained_model_name_or_path = model};
  }
  const Json& json = dataset.at("tokenizer");
  const Section s(json);
  return TokenizerSource{
      .pretrained_model_name_or_path = s.get<std::string>("pretrained_model_name_or_path", model),
      .add_bos_token = s.get("add_bos_token", false),
      .add_eos_token = s.get("add_eos_token", false),
      .keys = json};
}

}  // namespace

Dataset extract_dataset(const Json& json, const std::string& model_name) {
  Dataset out;
  out.target = last_two(Section(json).text("_target_"));
  for (const auto& [key, value] : json.items()) {
    if (key != "_target_" && key != "tokenizer") {
      out.keys[key] = value;
    }
  }
  out.tokenizer = extract_tokenizer(json, model_name);
  return out;
}

Dataloader extract_dataloader(const Json& json, std::int64_t local_batch_size) {
  const Section s(json);
  Dataloader out;
  out.names_batch_size = json.contains("batch_size");
  out.batch_size = out.names_batch_size ? s.optional<std::int64_t>("batch_size")
                                        : std::optional(local_batch_size);
  out.shuffle = s.optional<bool>("shuffle");
  out.group_by_length = s.get("group_by_length", false);
  out.drop_last = s.get("drop_last", false);
  out.dataloader_type = s.get("dataloader_type", out.dataloader_type);
  return out;
}

PackedSequence extract_packed_sequence(const Json& json) {
  const Section s(json);
  PackedSequence out;
  out.packed_sequence_size = s.get("packed_sequence_size", out.packed_sequence_size);
  out.packing_strategy = s.choice(
      "packing_strategy",
      Names<PackingStrategy, 2>{{{"thd", PackingStrategy::thd}, {"neat", PackingStrategy::neat}}});
  out.max_packs = s.optional<std::int64_t>("max_packs");
  const bool drops =
      out.packing_strategy == PackingStrategy::neat && s.get("drop_long_samples", true);
  out.long_samples = drops ? LongSamples::drop : LongSamples::refuse;
  if (s.has("long_samples")) {
    out.long_samples =
        s.choice("long_samples", Names<LongSamples, 3>{{{"refuse", LongSamples::refuse},
                                                        {"drop", LongSamples::drop},
                                                        {"split", LongSamples::split}}});
  }
  return out;
}

}  // namespace automodel::config
