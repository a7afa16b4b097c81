#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

constexpr const char* kModule = "nemo_automodel.components.datasets.";

Target dataset(const std::string& name, std::string doc, std::vector<Key> keys,
               const std::string& config = "") {
  const std::string module = kModule + name.substr(0, name.rfind('.') + 1);
  const std::string package = kModule + name.substr(0, name.find('.'));
  Target target{.name = kModule + name,
                .doc = std::move(doc),
                .keys = std::move(keys),
                .aliases = {package + name.substr(name.rfind('.'))}};
  if (!config.empty()) {
    target.aliases.push_back(module + config);
  }
  return target;
}

Key optional_count(std::string name, std::string doc) {
  return integer(std::move(name), std::move(doc)).at_least(1).or_null();
}
Key count(std::string name, std::string doc, std::int64_t fallback) {
  return integer(std::move(name), std::move(doc), fallback).at_least(1);
}

constexpr const char* kOwnTokenizer = "the tokenizers here are the program's own";

Key split(const std::optional<std::string>& fallback) {
  const Key key =
      text("split", "part of the data set, with a slice if wanted: train[:100]", fallback);
  return key.fallback ? key : key.or_null();
}
Key seq_length() {
  return optional_count("seq_length", "longest sequence, for truncation and padding");
}
Key limit() { return optional_count("limit_dataset_samples", "rows that are read"); }
Key chat_template() {
  return text("chat_template", "template, or its file; null: dataset's, else the tokenizer's")
      .or_null();
}
Key mask_reasoning() { return flag("mask_reasoning_content", "reasoning is not learnt", false); }
Key skip_invalid() {
  return flag("skip_invalid_samples", "leave out rows that cannot be used, with a count", false);
}
Key roles_to_train() {
  return texts("roles_to_train", "roles whose messages are learnt")
      .of({"system", "developer", "user", "assistant", "tool"})
      .defaulting({"assistant"})
      .own();
}
Key start_of_turn() { return text("start_of_turn_token", "accepted").or_null(); }

Key padding(Json fallback) {
  return flag("padding", "accepted; batches hold no padding here")
      .one_of({"do_not_pad|no", "longest", "max_length"})
      .defaulting(std::move(fallback))
      .or_null();
}
Key truncation(Json fallback) {
  return flag("truncation", "cut sequences that are longer than seq_length")
      .one_of({"do_not_truncate|no", "longest_first", "only_first", "only_second"})
      .defaulting(std::move(fallback))
      .or_null();
}

Key path_or_dataset_id() {
  return text("path_or_dataset_id", "JSONL file, list of them, or hub data set").or_list().must();
}

Key column_mapping() {
  return mapping("column_mapping", "which columns hold the text",
                 {text("context", "column before the question").or_null(),
                  text("question", "column of the question").or_null(),
                  text("answer", "column of the answer").must()})
      .must();
}

std::vector<Key> column_mapped_keys(const std::optional<std::string>& split_fallback) {
  return {path_or_dataset_id(),
          column_mapping(),
          split(split_fallback),
          text("name", "configuration of a hub data set").or_null(),
          flag("answer_only_loss_mask", "learn the answer only", true),
          seq_length(),
          padding("do_not_pad"),
          truncation("do_not_truncate"),
          limit(),
          flag("use_hf_chat_template", "format question and answer by the chat template", false),
          skip_invalid().own()};
}

std::vector<Key> streamed_column_mapped_keys() {
  std::vector<Key> keys = column_mapped_keys(std::nullopt);
  for (Key key : {start_of_turn(),
                  flag("repeat_on_exhaustion",
                       "begin again at the end, until max_steps; false: num_epochs counts", true),
                  anything("delta_storage_options", "options of a Delta table's storage").or_null(),
                  anything("delta_version", "version of a Delta table").or_null(),
                  text("delta_sql_query", "query on a Delta table").or_null()}) {
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<Key> chat_keys() {
  return {
      path_or_dataset_id(),
      split(std::nullopt),
      text("name", "configuration of a hub data set").or_null(),
      seq_length(),
      padding("do_not_pad"),
      truncation("do_not_truncate"),
      start_of_turn(),
      chat_template(),
      integer("shuffle_seed", "shuffle as `datasets` does, before slicing").at_least(0).or_null(),
      mask_reasoning(),
      flag("mask_history", "learn the last answer only", false),
      flag("unshifted", "labels are not shifted", false),
      skip_invalid(),
      roles_to_train()};
}

std::vector<Key> agent_chat_keys() {
  return {text("dataset_name", "hub data set; this or path").or_null(),
          text("path", "JSONL file or files; this or dataset_name").or_list().or_null(),
          split("train"),
          text("revision", "version on the hub").or_null(),
          flag("filter_no_assistant", "leave out rows without an answer", false),
          flag("filter_overlong", "leave out rows longer than seq_length", false),
          flag("trim_incomplete_last_turn", "drop a last turn that is no answer", false),
          chat_template(),
          seq_length(),
          limit(),
          padding(false),
          truncation(false),
          mask_reasoning(),
          flag("train_on_last_turn_only", "learn the last answer only", false),
          flag("drop_history_reasoning_content", "drop the reasoning of earlier turns", false),
          flag("truncate_history", "drop the oldest turns of rows longer than seq_length", false),
          roles_to_train(),
          skip_invalid().own()};
}

std::vector<Key> megatron_keys() {
  Key paths =
      text("paths",
           "prefix, pattern, weighted list, mapping by split, or JSON file of .bin/.idx pairs")
          .must();
  paths.forms |= kList | kMap;
  for (const char* name : {"train", "validation", "valid", "val", "dev", "test"}) {
    paths.keys.push_back(anything(name, "paths of this split"));
  }
  Key fractions =
      text("split", "shares of training, validation and test data", "900,50,50").or_list();
  fractions.item = {number("", "").at_least(0)};
  return {paths,
          count("seq_length", "tokens of a sample", 2048),
          fractions,
          integer("seed", "seed of the blend and its order", 1234),
          text("index_mapping_dir", "folder for the order of samples").or_null(),
          text("splits_to_build", "which split this is")
              .one_of({"train", "validation", "test"})
              .or_list()
              .or_null(),
          optional_count("num_train_samples",
                         "training samples, at least max_steps * global_batch_size"),
          optional_count("num_val_samples", "validation samples, at most"),
          optional_count("num_test_samples", "test samples, at most"),
          flag("create_attention_mask", "accepted", false)
              .without_effect("attention is causal; the mask is never built"),
          count("num_dataset_builder_threads", "threads", 1).without_effect("one is enough"),
          number("trainer_limit_val_batches",
                 "a whole number: batches of global_batch_size that each validation takes at "
                 "most, where num_val_samples is absent; 1.0: all")
              .keeping_integers()
              .or_null(),
          number("trainer_limit_test_batches", "test batches", 1)
              .or_null()
              .without_effect("recipes have no test data of their own"),
          flag("mmap_bin_files", "map the files", true).without_effect("they are always mapped"),
          anything("object_storage_config", "null only: files are local").or_null()};
}

std::vector<Key> mock_text_keys() {
  return {number("mean_len", "mean sentence length", 20).at_least(0),
          number("std_len", "its standard deviation", 6).at_least(0),
          count("vocab_size", "token ids", 100), count("max_sentence_len", "longest sentence", 64),
          integer("seed", "seed", 0)};
}

std::vector<Key> with(Key first, std::vector<Key> rest) {
  rest.insert(rest.begin(), std::move(first));
  return rest;
}

std::vector<Target> text_targets() {
  return {
      dataset("llm.chat_dataset.ChatDataset",
              "conversations: rows with `messages` and perhaps `tools`", chat_keys(),
              "ChatDatasetConfig"),
      dataset("llm.column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
              "rows with a question and an answer in named columns", column_mapped_keys("train"),
              "ColumnMappedTextInstructionDatasetConfig"),
      dataset("llm.column_mapped_text_instruction_iterable_dataset."
              "ColumnMappedTextInstructionIterableDataset",
              "the same, streamed", streamed_column_mapped_keys(),
              "ColumnMappedTextInstructionIterableDatasetConfig"),
      dataset("llm.agent_chat.make_agent_chat_dataset", "conversations with tool calls",
              agent_chat_keys(), "AgentChatConfig"),
      dataset("llm.squad.make_squad_dataset", "SQuAD: questions about a text",
              {seq_length(), limit(), flag("fp8", "accepted; unused", false), split("train"),
               text("dataset_name", "hub data set", "squad"), padding(false), truncation(false),
               chat_template(), skip_invalid().own()},
              "SquadConfig"),
      dataset("llm.hellaswag.HellaSwag", "HellaSwag: the likeliest end of a text",
              {text("path_or_dataset", "hub data set or folder").must(), split("train"),
               optional_count("num_samples_limit", "rows that are read"),
               flag("pad_to_max_length", "accepted; batches hold no padding here", true),
               skip_invalid().own()},
              "HellaSwagConfig"),
      dataset("llm.xlam.make_xlam_dataset", "xLAM: function calls",
              {text("dataset_name", "hub data set", "Salesforce/xlam-function-calling-60k"),
               split("train"), seq_length(), limit(), flag("fp8", "accepted; unused", false),
               padding(false), truncation(false), skip_invalid().own()},
              "XlamConfig"),
  };
}

/// A blend's parts are of the kinds above.
Target blend_target() {
  std::vector<Target> kinds = text_targets();
  for (Target& kind : kinds) {
    std::erase_if(kind.keys, [](const Key& key) { return key.name == "skip_invalid_samples"; });
    kind.keys.push_back(number("weight", "share of the rows, beside those of the other parts", 1)
                            .greater_than(0)
                            .own());
  }
  Key parts = texts("parts", "data sets, each with its own `_target_` and keys, and a `weight`");
  parts.item = {target_mapping("", "a data set", std::move(kinds))};
  parts.item[0].nullable = false;
  parts.fallback.reset();
  return dataset("llm.blend.WeightedBlend",
                 "several of the data sets above, each with a share of the rows; upstream has no "
                 "such kind",
                 {parts.must(),
                  optional_count("num_samples",
                                 "rows of an epoch; null: until every part was seen as a whole"),
                  skip_invalid()});
}

/// Upstream's data sets of texts with a class.
Target classes(const std::string& name, std::string doc, const std::string& hub_name,
               const std::string& columns) {
  return dataset(
      "llm.seq_cls." + name, std::move(doc),
      {text("path_or_dataset",
            "hub data set; or files, folder or list of them with columns " + columns, hub_name)
           .or_list()
           .own(),
       split("train"), optional_count("num_samples_limit", "rows that are read"),
       flag("trust_remote_code", "accepted; no code is run", true),
       count("max_length", "longer rows are cut; null: to the model's limit", 256).or_null(),
       skip_invalid().own()});
}

std::vector<Target> task_targets() {
  return {
      blend_target(),
      dataset(
          "llm.preference_dataset.PreferenceDataset",
          "a chosen and a rejected answer to one prompt; upstream has no such kind",
          {path_or_dataset_id(), split("train"),
           text("name", "configuration of a hub data set").or_null(), limit(), seq_length(),
           padding("do_not_pad"), truncation("do_not_truncate"), chat_template(), skip_invalid()}),
      dataset(
          "llm.seq2seq.make_seq2seq_dataset", "sources and targets of an encoder-decoder model",
          {seq_length(), limit(), split("train"),
           text("dataset_name", "hub data set", "rajpurkar/squad"),
           text("source_template", "how the source is written",
                "question: {question}  context: {context}")
               .or_null(),
           text("source_key", "column of the source", "question"),
           text("target_key", "column of the target", "answers"),
           integer("decoder_start_token_id", "first token of the decoder").at_least(0).or_null(),
           truncation(true), chat_template(), skip_invalid().own()}),
      classes("GLUE_MRPC", "MRPC: do two sentences mean the same?", "nyu-mll/glue",
              "sentence1, sentence2 and label"),
      classes("IMDB", "reviews of films, for or against; upstream has no such kind",
              "stanfordnlp/imdb", "text and label"),
      classes("YelpReviewFull", "reviews with 1 to 5 stars; upstream has no such kind",
              "Yelp/yelp_review_full", "text and label"),
      dataset("llm.seq_cls.TextClassificationDataset",
              "texts or pairs of texts with a class; upstream has no such kind",
              {path_or_dataset_id(), split("train"),
               text("name", "configuration of a hub data set").or_null(),
               text("revision", "version of a hub data set").or_null(), limit(),
               text("text_column", "column of the text", "text"),
               text("text_pair_column", "column of a second text").or_null(),
               text("label_column", "column of the class", "label"),
               texts("labels",
                     "what that column holds, in the order of the classes; absent: their numbers")
                   .or_absent(),
               optional_count("max_length", "longer rows are cut; null: to the model's limit"),
               skip_invalid()}),
  };
}

std::vector<Target> token_targets() {
  return {
      dataset("llm.nanogpt_dataset.NanogptDataset", "token files (.bin) of nanogpt",
              {text("file_pattern", "file pattern or list of files").or_list().must(),
               integer("seq_len", "tokens of a sample").at_least(1).must(),
               integer("bos_token", "id of the first token of a text").at_least(0).or_null(),
               flag("shuffle_files", "shuffle the files", false),
               flag("align_to_bos", "samples start at the beginning of a text; needs bos_token",
                    false)},
              "NanogptDatasetConfig"),
      dataset("llm.megatron_dataset.MegatronPretraining",
              "indexed token files (.bin and .idx) of Megatron", megatron_keys(),
              "MegatronPretrainingConfig"),
      dataset("llm.delta_lake_dataset.DeltaLakeDataset", "a Delta table",
              {text("table_path", "folder or address").must(),
               texts("columns", "columns that are read").or_absent(),
               anything("storage_options", "options of the storage").or_null(),
               anything("version", "version").or_null(), text("sql_query", "query").or_null()},
              "DeltaLakeDatasetConfig"),
  };
}

std::vector<Target> mock_targets() {
  return {
      dataset(
          "llm.mock_iterable_dataset.MockIterableDataset", "random batches",
          {count("vocab_size", "token ids", 1024), count("seq_len", "tokens of a sample", 1024),
           count("num_samples", "samples", 1000000), count("batch_size", "samples of a batch", 1)},
          "MockIterableDatasetConfig"),
      dataset("llm.mock.build_unpacked_dataset", "random sentences",
              with(count("num_sentences", "sentences", 10), mock_text_keys()),
              "MockUnpackedDatasetConfig"),
      dataset("llm.mock_packed.build_packed_dataset", "random sentences, packed",
              with(count("num_blocks", "blocks", 10),
                   with(count("block_size", "tokens of a block", 128), mock_text_keys())),
              "MockPackedDatasetConfig"),
      dataset("llm.mock_prefix_tree.build_mock_rollout_dataset",
              "random answers that share prompts",
              {count("num_groups", "prompts", 16),
               count("completions_per_group", "answers of a prompt", 4),
               count("prompt_len", "tokens of a prompt", 32),
               count("completion_len", "tokens of an answer", 16),
               count("vocab_size", "token ids", 1024), integer("seed", "seed", 0)}),
      dataset("llm.mock_seq_cls.MockSequenceClassificationDataset", "random labelled sequences",
              {count("num_samples", "samples", 64), count("num_labels", "labels", 2),
               count("vocab_size", "token ids", 256), count("max_seq_len", "longest sequence", 32),
               integer("seed", "seed", 0)},
              "MockSequenceClassificationDatasetConfig"),
  };
}

/// Which media there are and how they are read is not in the table: other keys are only told.
Target media(const std::string& name, std::string doc, std::vector<Key> keys,
             const std::string& config) {
  for (const Key& key : {flag("pretokenize", "tokenise before training"),
                         flag("truncate", "cut sequences that are longer than max_length"),
                         flag("inject_fake_images", "an image for rows without one"),
                         anything("packing", "older form of packed_sequence"),
                         optional_count("max_length", "longest sequence").or_absent(),
                         text("chat_template", "template").or_absent()}) {
    keys.push_back(key);
  }
  Target target = dataset(name, std::move(doc), std::move(keys), config);
  target.extra = Extra::ignored;
  return target;
}

Target images(const std::string& function, const std::string& fallback, const std::string& config) {
  return media("vlm.datasets." + function, "images with questions",
               {text("path_or_dataset", "hub data set or folder", fallback).or_list(),
                split("train"), limit(), seq_length()},
               config);
}

std::vector<Target> audio_targets() {
  const auto columns = [](const std::string& text_column) {
    return std::vector<Key>{integer("sampling_rate", "samples a second", 16000).at_least(1),
                            text("audio_column", "column of the audio", "audio"),
                            text("text_column", "column of the transcript", text_column)};
  };
  const std::vector<Key> prompts = {text("system_prompt", "first message").or_null(),
                                    text("user_prompt", "text beside the audio").or_null()};
  const auto with_prompts = [&](std::vector<Key> keys) { return joined(std::move(keys), prompts); };
  const auto hub = [&](const std::optional<std::string>& name, std::vector<Key> keys) {
    const Key place = text("path_or_dataset", "hub data set or folder", name);
    return with(name ? place : place.must(), with(split("train"), std::move(keys)));
  };
  return {
      media("audio.datasets.make_cv17_dataset", "transcripts of CommonVoice 17",
            hub("ysdede/commonvoice_17_tr_fixed", columns("transcription")), "Cv17DatasetConfig"),
      media("audio.datasets.make_hf_audio_asr_dataset", "transcripts of speech",
            hub(std::nullopt, with(text("name", "configuration of a hub data set").or_null(),
                                   with_prompts(columns("text")))),
            ""),
      media("audio.multi_en.make_multi_en_asr_dataset",
            "transcripts of English speech from several data sets", with_prompts(columns("text")),
            "")};
}

std::vector<Target> image_targets() {
  return {images("make_cord_v2_dataset", "naver-clova-ix/cord-v2", "CordV2DatasetConfig"),
          images("make_rdr_dataset", "quintend/rdr-items", "RdrDatasetConfig"),
          images("make_medpix_dataset", "medpix-dataset/medpix-dataset", "MedPixDatasetConfig"),
          images("make_unimm_chat_dataset", "Yirany/UniMM-Chat", "UnimmChatDatasetConfig"),
          images("make_llava_onevision_dataset", "liuhaotian/LLaVA-Instruct-150K",
                 "LlavaOnevisionDatasetConfig"),
          images("make_shopify_product_catalogue_dataset", "Shopify/product-catalogue",
                 "ShopifyProductCatalogueDatasetConfig"),
          images("make_tulu3_dataset", "allenai/tulu-3-sft-mixture", ""),
          images("make_meta_dataset", "", "MetaDatasetConfig"),
          media("vlm.datasets.make_tulu3_magicoder_text_mix_dataset",
                "conversations of Tulu 3 and Magicoder",
                {text("tulu_split", "part of Tulu 3", "train"),
                 text("magicoder_split", "part of Magicoder", "train"),
                 integer("seed", "seed of the mix", 42), count("max_turns", "longest", 16),
                 optional_count("limit_total", "rows that are read")},
                "Tulu3MagicoderTextMixDatasetConfig"),
          media("vlm.mock.build_mock_vlm_dataset", "made-up images",
                {count("num_samples", "samples", 10),
                 count("num_images_per_sample", "images of a sample", 1),
                 text("prompt", "question", "Describe this image."),
                 texts("responses", "answers").or_absent(), integer("seed", "seed", 0)},
                "")};
}

}  // namespace

Key tokenizer_key() {
  const std::string name = "NeMoAutoTokenizer.from_pretrained";
  const std::vector<Key> keys = {
      text("pretrained_model_name_or_path", "folder, .gguf file or hub id; absent: the model's"),
      flag("add_bos_token", "put the BOS token first; false: as the tokenizer does by itself",
           false),
      flag("add_eos_token", "accepted; answers end in EOS in any case; not of classifiers", false),
      flag("fix_mistral_regex",
           "split as Mistral's models were trained; false: by the file's rule"),
      flag("trust_remote_code", "accepted").without_effect(kNoRemoteCode),
      flag("use_fast", "accepted").without_effect(kOwnTokenizer),
      text("truncation_side", "which end is cut").one_of({"left", "right"}),
      text("padding_side", "accepted")
          .one_of({"left", "right"})
          .without_effect("batches hold no padding"),
      text("revision", "version on the hub"),
      text("chat_template", "template instead of the tokenizer's"),
      text("cache_dir", "the hub's cache").without_effect(kHubCache),
      text("subfolder", "folder inside the model's"),
      integer(
          "model_max_length",
          "longest sequence, instead of what the tokenizer says; the model's own limit holds too")
          .at_least(1),
      text("pad_token", "padding token"),
      text("eos_token", "end-of-text token"),
      text("bos_token", "begin-of-text token")};
  return target_mapping("tokenizer",
                        "absent: the model's; null: none. One tokenizer serves all loaders, this "
                        "one of `dataset`",
                        {{.name = "nemo_automodel." + name,
                          .doc = "tokenizer of a model",
                          .keys = keys,
                          .aliases = {"nemo_automodel._transformers." + name,
                                      "nemo_automodel._transformers.auto_tokenizer." + name},
                          .extra = Extra::ignored},
                         {.name = "transformers.AutoTokenizer.from_pretrained",
                          .doc = "tokenizer of a model",
                          .keys = keys,
                          .extra = Extra::ignored}})
      .selected_by("_target_", "nemo_automodel." + name)
      .or_kept_null();
}

Key dataset_section(std::string name) {
  std::vector<Target> targets = text_targets();
  for (const auto& group :
       {task_targets(), token_targets(), mock_targets(), image_targets(), audio_targets()}) {
    targets.insert(targets.end(), group.begin(), group.end());
  }
  const bool training = name == "dataset";
  Key section =
      target_mapping(std::move(name),
                     training ? "what is trained on"
                              : "what is validated on; validation_dataset_NAME adds further sets",
                     std::move(targets));
  section.keys = {tokenizer_key()};
  return training ? section.must() : section;
}

}  // namespace automodel::config
