#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

constexpr const char* kMadeAhead = "batches are made ahead by a thread of the program";
constexpr const char* kAllRows = "validation takes every row once";

Key collate() {
  const std::string data = "nemo_automodel.components.datasets.";
  const Key divisible = integer("pad_seq_len_divisible", "pad to a multiple of this")
                            .at_least(1)
                            .or_null()
                            .without_effect("batches hold no padding");
  std::vector<Target> targets = {
      {.name = data + "utils.default_collater",
       .doc = "sequences side by side",
       .keys = {divisible}},
      {.name = data + "utils.packed_sequence_thd_collater",
       .doc = "sequences one after the other",
       .keys = {}},
      {.name = "torch.utils.data.default_collate",
       .doc = "samples of equal length",
       .keys = {},
       .aliases = {"torch.utils.data.dataloader.default_collate",
                   "torch.utils.data._utils.collate.default_collate"}},
      {.name = data + "llm.prefix_tree.prefix_tree_collate_fn",
       .doc = "answers that share prompts",
       .keys = {}},
      {.name = data + "utils.packed_sequence_thd_collater_vlm",
       .doc = "sequences one after the other",
       .keys = {},
       .extra = Extra::free},
  };
  const std::string images = "vlm.collate_fns.";
  const std::string audio = "audio.collate_fns.";
  for (const std::string& name :
       {images + "default_collate_fn", images + "phi4_mm_collate_fn", images + "qwen2_5_collate_fn",
        images + "qwen3_omni_collate_fn", images + "kimi_vl_collate_fn",
        images + "kimi_k25_vl_collate_fn", images + "nemotron_parse_collate_fn",
        images + "nemotron_omni_collate_fn", images + "gemma4_prefix_collate_fn",
        images + "llava_onevision_collate_fn", images + "pad_collate_fn",
        images + "neat_packed_vlm_collater", images + "packed_sequence_thd_vlm_collater",
        audio + "qwen2_5_omni_asr_collate_fn", audio + "qwen3_omni_asr_collate_fn"}) {
    targets.push_back({.name = data + name,
                       .doc = name.starts_with("vlm") ? "images and text" : "audio and text",
                       .keys = {integer("max_length", "longest sequence").at_least(1).or_null(),
                                flag("drop_overlong", "leave out longer ones", false)},
                       .extra = Extra::ignored});
  }
  return target_mapping("collate_fn",
                        "how samples become a batch; batches hold no padding here whatever it says",
                        std::move(targets))
      .or_target_name()
      .without_effect("batches hold no padding");
}

}  // namespace

Key dataloader_section(std::string name) {
  const bool validates = name.starts_with("validation");
  const Key shuffle =
      flag("shuffle",
           "new order each epoch; null: yes for data with a length, else no; of Megatron data "
           "dataloader_type says it")
          .or_null();
  const Key by_length = flag("group_by_length", "sequences of similar length together", false);
  const Key drop_last = flag("drop_last", "leave out the last, smaller batch", false);
  return mapping(
             std::move(name), "how samples become batches",
             {text("_target_", "accepted; the loader is always this program's")
                  .one_of({"torchdata.stateful_dataloader.StatefulDataLoader|torchdata.stateful_"
                           "dataloader.stateful_dataloader.StatefulDataLoader",
                           "torch.utils.data.DataLoader|torch.utils.data.dataloader.DataLoader"})
                  .or_absent(),
              integer("batch_size", "sequences of a batch; null: the data set yields whole batches")
                  .at_least(1)
                  .or_kept_null()
                  .otherwise("step_scheduler.local_batch_size"),
              validates ? shuffle.without_effect(kAllRows) : shuffle,
              integer("shuffle_buffer_size", "samples held to shuffle streamed data", 10000)
                  .at_least(1)
                  .without_effect("all rows are shuffled together"),
              validates ? by_length.without_effect(kAllRows) : by_length,
              integer("num_workers", "loading threads", 0).at_least(0).without_effect(kMadeAhead),
              flag("pin_memory", "accepted; for GPUs", false).without_effect(kForGpus),
              flag("persistent_workers", "accepted", false).without_effect(kMadeAhead),
              integer("prefetch_factor", "batches made ahead")
                  .at_least(1)
                  .or_null()
                  .without_effect(kMadeAhead),
              validates ? drop_last.without_effect(kAllRows) : drop_last,
              text("dataloader_type", "order of Megatron data, the only one that has this key")
                  .one_of({"single", "cyclic"})
                  .otherwise("single"),
              collate()})
      .always_there();
}

Key packed_sequence_section() {
  return mapping(
             "packed_sequence",
             "several sequences in one row of training data; docs/data.md explains it",
             {integer("packed_sequence_size", "tokens of a pack; 0: off", 0).at_least(0),
              text("packing_strategy",
                   "thd: in order; neat: the longest first, each into the first pack with room",
                   "thd")
                  .one_of({"thd", "neat"}),
              integer("max_packs", "most packs").at_least(1).or_null(),
              flag("prepacked", "the data set is packed already", false),
              integer("num_proc", "accepted", 1).at_least(1).or_null().without_effect(kMadeAhead),
              flag("drop_long_samples", "neat: leave out sequences longer than a pack", true),
              text("long_samples", "what becomes of sequences longer than a pack")
                  .one_of({"refuse", "drop", "split"})
                  .or_null()
                  .own()
                  .otherwise("neat with drop_long_samples: drop, else refuse"),
              flag("split_across_pack", "").unread("it has no effect"),
              integer("pack_size", "vision-language: tokens of a pack; 0: off").at_least(0),
              flag("pretokenize", "vision-language: tokenise before packing"),
              integer("max_length", "vision-language: longest sequence").at_least(1).or_absent(),
              number("packing_ratio", "vision-language: share of a pack that is filled")
                  .greater_than(0)
                  .at_most(1),
              flag("balance_media_tokens", "vision-language: even out images over packs"),
              integer("collate_max_length", "vision-language: longest batch row")
                  .at_least(1)
                  .or_absent(),
              text("packing_format", "vision-language: neat or thd").one_of({"neat", "thd"}),
              text("attn_implementation", "vision-language: accepted").or_absent(),
              target_mapping("post_tokenize_hook_fn", "vision-language: changes the tokens",
                             {{.name = "nemo_automodel.components.datasets.vlm.collate_fns."
                                       "gemma4_inject_thinking_prefix",
                               .doc = "an empty thought before each answer",
                               .keys = {}}})
                  .or_target_name()})
      .always_there();
}

}  // namespace automodel::config
