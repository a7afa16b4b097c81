#include "config/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::HasSubstr;

/// Overrides of the least recipe, and what the refusal must say.
struct Contradiction {
  std::vector<std::string> overrides;
  std::string text;
};

class Contradictions : public ::testing::TestWithParam<Contradiction> {};

TEST_P(Contradictions, AreRefused) {
  EXPECT_THAT(complaint_with(GetParam().overrides), HasSubstr(GetParam().text));
}

const std::string kDistil = "--recipe=KnowledgeDistillationRecipeForNextTokenPrediction";
const std::string kBenchmark = "--recipe=BenchmarkingRecipeForNextTokenPrediction";
const std::string kRows =
    "={'_target_': 'nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset', "
    "'path_or_dataset_id': 'x'}";
const std::string kData = "--dataset={'_target_': 'nemo_automodel.components.datasets.llm.";

INSTANTIATE_TEST_SUITE_P(
    Data, Contradictions,
    ::testing::Values(Contradiction{
        {"--validation_dataset={'_target_': "
         "'nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset', "
         "'path_or_dataset_id': 'x', 'tokenizer': {'pretrained_model_name_or_path': 'other'}}"},
        "validation_dataset.tokenizer: differs from dataset.tokenizer"}));

INSTANTIATE_TEST_SUITE_P(
    Parallel, Contradictions,
    ::testing::Values(
        Contradiction{
            {"--step_scheduler.global_batch_size=10", "--step_scheduler.local_batch_size=4"},
            "10 is not divisible by local_batch_size 4"},
        Contradiction{{"--distributed.dp_size=3"},
                      "32 is not divisible by local_batch_size 1 * distributed.dp_size 3"},
        Contradiction{{"--distributed.dp_size=4", "--distributed.dp_replicate_size=3"},
                      "dp_replicate_size: 3 must divide dp_size 4"},
        Contradiction{{"--distributed.dp_size=2", "--distributed.ep_size=4"},
                      "ep_size: 4 must divide dp_size * cp_size * tp_size = 2"},
        Contradiction{{"--distributed.strategy=ddp", "--distributed.tp_size=2"},
                      "tp_size: 2 is not possible with strategy ddp"},
        Contradiction{{"--distributed.strategy=mfsdp", "--distributed.ep_size=2"},
                      "ep_size: 2 is not possible with strategy megatron_fsdp"},
        Contradiction{{"--distributed.strategy=ddp", "--distributed.dp_size=4",
                       "--distributed.dp_replicate_size=2"},
                      "only strategy fsdp2 has replicated groups"},
        Contradiction{
            {"--distributed.strategy=mfsdp", "--distributed.activation_checkpointing=selective"},
            "selective is not possible"},
        Contradiction{{"--distributed.strategy=ddp", "--distributed.sequence_parallel=True"},
                      "distributed.sequence_parallel: unknown key"},
        Contradiction{{"--distributed.pp_size=2"},
                      "distributed.pipeline: pp_size is 2, which needs a pipeline section"},
        Contradiction{{"--distributed.pp_size=2", "--distributed.pipeline.pp_microbatch_size=1"},
                      "at least pp_size 2 are needed"},
        Contradiction{{"--distributed.pp_size=2", "--distributed.pipeline.pp_microbatch_size=1",
                       "--step_scheduler.local_batch_size=2", "--embedding_row_repair.enabled"},
                      "embedding_row_repair: not possible with pp_size > 1"},
        Contradiction{{"--teacher_distributed.tp_size=1"}, "needs separate_meshes: true"},
        Contradiction{{"--separate_meshes"},
                      "distributed.dp_size: separate_meshes needs this size"},
        Contradiction{{"--separate_meshes", "--offload_teacher_model"},
                      "offload_teacher_model: not possible with separate_meshes"},
        Contradiction{{"--separate_meshes", "--distributed.strategy=ddp"},
                      "ddp is not possible with separate_meshes"},
        Contradiction{{"--separate_meshes", "--teacher_distributed.pp_size=2",
                       "--teacher_distributed.pipeline.pp_microbatch_size=3",
                       "--step_scheduler.local_batch_size=8"},
                      "pp_microbatch_size: 3 must divide step_scheduler.local_batch_size 8"}));

INSTANTIATE_TEST_SUITE_P(
    Training, Contradictions,
    ::testing::Values(
        Contradiction{{"--optimizer.betas=[0.9, 1.0]"}, "1.0 is out of range"},
        Contradiction{{"--peft._target_=nemo_automodel.components._peft.lora.PeftConfig",
                       "--peft.dropout=1.0"},
                      "expected a number >= 0 and < 1"},
        Contradiction{{"--optimizer._target_=transformer_engine.pytorch.optimizers.FusedAdam",
                       "--optimizer.amsgrad=true"},
                      "must be false for FusedAdam"},
        Contradiction{{"--checkpoint.checkpoint_dir=~/runs"}, "write ${oc.env:HOME}/runs"},
        Contradiction{{"--checkpoint.checkpoint_dir="}, "checkpoint_dir: is empty; name a folder"},
        Contradiction{{"--loss_fn.label_smoothing=1"},
                      "loss_fn.label_smoothing: 1 is out of range; expected a number >= 0 and < 1"},
        Contradiction{{"--loss_fn.label_smoothing=-0.1"}, "expected a number >= 0"},
        Contradiction{{"--loss_fn.z_loss=-1"}, "expected a number >= 0"},
        Contradiction{{"--loss_fn._target_=nemo_automodel.components.loss.kd_loss.KDLoss",
                       "--loss_fn.label_smoothing=0.1"},
                      "loss_fn.label_smoothing: unknown key"},
        Contradiction{{"--lr_scheduler.min_lr=1"},
                      "lr_scheduler.min_lr: 1 is more than max_lr 0.001"},
        Contradiction{{"--lr_scheduler.init_lr=1"},
                      "lr_scheduler.init_lr: 1 is more than max_lr 0.001"},
        Contradiction{{"--lr_scheduler.lr_warmup_steps=5", "--lr_scheduler.lr_decay_steps=5"},
                      "lr_warmup_steps: 5 must be less than lr_decay_steps 5"},
        Contradiction{{"--lr_scheduler.lr_warmup_steps=5", "--step_scheduler.max_steps=4"},
                      "must be less than step_scheduler.max_steps 4"},
        Contradiction{{"--lr_scheduler.lr_warmup_steps=0.1"},
                      "lr_warmup_steps: expected an integer"},
        Contradiction{{"--lr_scheduler.start_wd=1"}, "start_wd: 1 is more than end_wd 0.01"},
        Contradiction{{"--lr_scheduler.end_wd=1"},
                      "constant, but start_wd 0.01 differs from end_wd 1"},
        Contradiction{{"--lr_scheduler.lr_decay_style=WSD"},
                      "lr_scheduler.wsd_decay_steps: this required key is missing"},
        Contradiction{{"--lr_scheduler={'lr_decay_style': 'WSD', 'lr_wsd_decay_style': 'linear', "
                       "'lr_warmup_steps': 4, 'wsd_decay_steps': 7}",
                       "--step_scheduler.max_steps=10"},
                      "lr_scheduler.wsd_decay_steps: 7 is more than the 6 steps after the warm-up"},
        Contradiction{{"--lr_scheduler.override_opt_param_scheduler"},
                      "not possible together with use_checkpoint_opt_param_scheduler"},
        Contradiction{
            {"--loss_fn._target_=nemo_automodel.components.loss.linear_ce.FusedLinearCrossEntropy",
             "--distributed.tp_size=2"},
            "not possible with distributed.tp_size > 1"},
        Contradiction{{"--peft={'_target_': 'nemo_automodel.components._peft.lora.PeftConfig', "
                       "'target_modules': 'a', 'exclude_modules': 'b'}"},
                      "not possible together with target_modules"},
        Contradiction{{"--peft={'_target_': 'nemo_automodel.components._peft.lora.PeftConfig', "
                       "'match_all_linear': True, 'exclude_modules': ['b']}"},
                      "peft.match_all_linear: not possible together"},
        Contradiction{
            {"--peft._target_=nemo_automodel.components._peft.lora.PeftConfig", "--qat.enabled"},
            "quantisation-aware training is not possible with peft"},
        Contradiction{{"--quantization.load_in_4bit=False"},
                      "load_in_8bit: this required key is missing"},
        Contradiction{{"--step_scheduler.start_step=5", "--step_scheduler.max_steps=5"},
                      "start_step: 5 leaves nothing to do: max_steps is 5"},
        Contradiction{{"--step_scheduler.start_epoch=10"},
                      "start_epoch: 10 leaves nothing to do: num_epochs is 10"},
        Contradiction{{"--model.backend.te_fp8.recipe=block"},
                      "model.backend.te_fp8: needs backend.linear or backend.experts: te"},
        Contradiction{{"--model.backend={'attn': 'sdpa', 'cuda_graph': {'modules': ['attn']}}"},
                      "'attn' needs backend.attn: te"},
        Contradiction{{"--model.backend={'cuda_graph': {'modules': ['moe_preprocess']}}"},
                      "'moe_preprocess' needs backend.dispatcher: hybridep"}));

INSTANTIATE_TEST_SUITE_P(
    Sections, Contradictions,
    ::testing::Values(
        Contradiction{{"--loss_fn=null"}, "loss_fn: this required section is missing"},
        Contradiction{{kDistil}, "teacher_model: this required section is missing"},
        Contradiction{{kBenchmark}, "benchmark.warmup_steps: this required key is missing"},
        Contradiction{{kBenchmark}, "dataset.seq_len: this required key is missing"},
        Contradiction{
            {"--model={'_target_': 'nemo_automodel.NeMoAutoModelForCausalLM.from_config', "
             "'config': {'_target_': 'transformers.AutoConfig.from_pretrained'}}"},
            "model.config.pretrained_model_name_or_path: this required key is missing"},
        Contradiction{{"--model.torch_dtype=bf16", "--model.dtype=float32"},
                      "model.dtype: differs from torch_dtype bfloat16"},
        Contradiction{
            {kData + "agent_chat.make_agent_chat_dataset'}"},
            "exactly one of dataset_name and path is needed; this required key is missing"},
        Contradiction{
            {kData + "agent_chat.make_agent_chat_dataset', 'path': 'a', 'dataset_name': 'b'}"},
            "both are given"},
        Contradiction{
            {kData + "nanogpt_dataset.NanogptDataset', 'file_pattern': 'a', 'seq_len': 4}"},
            "the data set is streamed and has no length"},
        Contradiction{{kData + "nanogpt_dataset.NanogptDataset', 'file_pattern': 'a', 'seq_len': "
                               "4, 'align_to_bos': True}"},
                      "align_to_bos needs it"},
        Contradiction{{"--dataloader.dataloader_type=cyclic"},
                      "only Megatron data sets have this key"},
        Contradiction{{"--step_scheduler.preemption_signal=9"},
                      "preemption_signal: 9 is no signal that a program can wait for; use e.g. "
                      "SIGTERM or SIGUSR1"},
        Contradiction{{"--step_scheduler.preemption_signal=[15, 64]"}, "64 is no signal"},
        Contradiction{
            {"--distributed.mp_policy.param_dtype=float32", "--model.compute_dtype=bfloat16"},
            "param_dtype: float32 differs from model.compute_dtype bfloat16"},
        Contradiction{{"--dataloader.prefetch_factor=2"}, "prefetch_factor: needs num_workers > 0"},
        Contradiction{{"--validation_dataloader.persistent_workers"},
                      "validation_dataloader.persistent_workers: needs num_workers > 0"},
        Contradiction{{"--dataloader.batch_size=null"}, "null is for streamed data sets"},
        Contradiction{{"--packed_sequence.pack_size=64"},
                      "packed_sequence.pack_size: only vision-language recipes have this key"},
        Contradiction{{"--checkpoint.best_metric_key=mine"},
                      "there is no section validation_dataset_mine"},
        Contradiction{{"--mlflow.tags={'/tmp/a': 'b'}"}, "'/tmp/a' is no name of a tag"},
        Contradiction{{"--mlflow.tags={'a/../../b': 'c'}"}, "'a/../../b' is no name of a tag"},
        Contradiction{{"--wandb.id=../run"}, "'../run' is no id of a run"},
        Contradiction{{"--validation_dataset_a/b" + kRows}, "has no name that a file can have"},
        Contradiction{{"--validation_dataset_default" + kRows, "--validation_dataset" + kRows},
                      "another section is the validation set 'default' as well"}));

TEST(Rules, WhatActsTogetherIsAccepted) {
  EXPECT_EQ(complaint_with(
                {"--distributed.dp_size=4", "--distributed.ep_size=8", "--distributed.tp_size=2"}),
            "");
  EXPECT_EQ(complaint_with({"--lr_scheduler={'lr_decay_style': 'WSD', 'wsd_decay_steps': 3, "
                            "'lr_wsd_decay_style': 'linear'}"}),
            "");
  EXPECT_EQ(complaint_with({"--distributed.strategy=Megatron-FSDP", "--distributed.tp_size=2"}),
            "");
}

TEST(Rules, ClassesAreLearntByClassifiers) {
  const std::string recipe = "--recipe=TrainFinetuneRecipeForSequenceClassification";
  const std::string model =
      "--model._target_=nemo_automodel.NeMoAutoModelForSequenceClassification.from_pretrained";
  const std::string data = kData + "mock_seq_cls.MockSequenceClassificationDataset'}";
  EXPECT_EQ(complaint_with({recipe, model, data}), "");
  EXPECT_THAT(complaint_with({recipe, data}),
              HasSubstr("the recipe trains classifiers of sequences: use "
                        "nemo_automodel.NeMoAutoModelForSequenceClassification"));
  EXPECT_THAT(complaint_with({recipe, model}),
              HasSubstr("its rows have no class to learn; use one of "
                        "nemo_automodel.components.datasets.llm.seq_cls"));
  EXPECT_THAT(complaint_with({model}),
              HasSubstr("classifiers of sequences are trained by the recipe "
                        "TrainFinetuneRecipeForSequenceClassification"));
  EXPECT_THAT(complaint_with({data}),
              HasSubstr("its rows have a class each, which the recipe "
                        "TrainFinetuneRecipeForSequenceClassification learns"));
}

std::vector<std::string> warns(const std::vector<std::string>& overrides) {
  return check_text(kLeast, overrides).warnings;
}

TEST(Rules, EpochsOfRowsThatBeginAgainAreIgnored) {
  const std::string streamed =
      kData +
      "column_mapped_text_instruction_iterable_dataset."
      "ColumnMappedTextInstructionIterableDataset', 'path_or_dataset_id': 'a', "
      "'column_mapping': {'answer': 'b'}, 'repeat_on_exhaustion': ";
  const std::string steps = "--step_scheduler={'num_epochs': 2, 'max_steps': 3}";
  EXPECT_THAT(warns({streamed + "True}", steps}),
              ::testing::ElementsAre(HasSubstr("ignored: the data set begins again")));
  EXPECT_THAT(warns({streamed + "False}", steps}), ::testing::IsEmpty());
}

TEST(Rules, WarnOfARateThatTrainsNothing) {
  const auto says = [](const char* path) {
    return ::testing::ElementsAre(HasSubstr(std::string(path) + ": 0 trains nothing"));
  };
  EXPECT_THAT(warns({"--optimizer.lr=0"}), says("optimizer.lr"));
  EXPECT_THAT(warns({"--optimizer.lr=0", "--lr_scheduler.lr_decay_style=cosine"}),
              says("optimizer.lr"));
  EXPECT_THAT(
      warns({"--lr_scheduler.max_lr=0", "--lr_scheduler.min_lr=0", "--lr_scheduler.init_lr=0"}),
      says("lr_scheduler.max_lr"));
  EXPECT_THAT(warns({"--optimizer.lr=0", "--lr_scheduler.max_lr=0.1"}), ::testing::IsEmpty());
}

TEST(Rules, WarnOfWhatIsIgnored) {
  EXPECT_THAT(warns({"--kd_ratio=0.2"}),
              ::testing::ElementsAre(HasSubstr("read by the distillation recipe only")));
  EXPECT_THAT(warns({"--model.revision=v1"}), ::testing::IsEmpty());
  EXPECT_THAT(
      warns({"--model.revision=v1", "--model.pretrained_model_name_or_path=/"}),
      ::testing::ElementsAre(HasSubstr("model.revision: has no effect: "
                                       "model.pretrained_model_name_or_path is /, a path on this "
                                       "machine, which has no versions")));
  EXPECT_THAT(
      warns({"--dataset.tokenizer={'pretrained_model_name_or_path': '/', 'revision': 'v'}"}),
      ::testing::Contains(HasSubstr("dataset.tokenizer.revision: has no effect")));
  EXPECT_THAT(warns({"--benchmark.warmup_steps=1"}),
              ::testing::ElementsAre(HasSubstr("read by the benchmark recipe only")));
  EXPECT_THAT(warns({"--recipe=TrainFinetuneRecipeForSequenceClassification",
                     "--model._target_=nemo_automodel.NeMoAutoModelForSequenceClassification."
                     "from_pretrained",
                     kData + "mock_seq_cls.MockSequenceClassificationDataset'}"}),
              ::testing::Contains(HasSubstr("loss_fn: only label_smoothing and z_loss are read")));
  EXPECT_THAT(
      warns({"--checkpoint.model_save_format=torch_save", "--checkpoint.save_consolidated=final"}),
      ::testing::ElementsAre(HasSubstr("needs model_save_format: safetensors")));
  EXPECT_THAT(warns({"--lr_scheduler.lr_decay_steps=9", "--step_scheduler.max_steps=5"}),
              ::testing::ElementsAre(HasSubstr("9 is longer than step_scheduler.max_steps 5")));
  EXPECT_THAT(warns({"--lr_scheduler.lr_decay_steps=4", "--step_scheduler.max_steps=5"}),
              ::testing::IsEmpty());
  EXPECT_THAT(warns({"--lr_scheduler.lr_decay_steps=4", "--step_scheduler.max_steps=5",
                     "--lr_scheduler.min_lr=0"}),
              ::testing::ElementsAre(HasSubstr("the learning rate is 0 from step 4 on, and the "
                                               "steps up to step_scheduler.max_steps 5")));
  EXPECT_THAT(warns({"--step_scheduler.val_every_steps=5"}),
              ::testing::ElementsAre(HasSubstr("ignored: there is no validation_dataset")));
  EXPECT_THAT(warns({"--validation_dataset_a" + kRows}), ::testing::IsEmpty());
  EXPECT_THAT(warns({"--validation_dataset_a" + kRows, "--validation_dataset_b" + kRows}),
              ::testing::ElementsAre(HasSubstr("defines LOWEST_VAL; name one here")));
  EXPECT_THAT(warns({"--checkpoint.enabled=false", "--checkpoint.restore_from=LATEST"}),
              ::testing::ElementsAre(HasSubstr("nothing is restored or saved")));
  EXPECT_THAT(warns({"--dataloader.batch_size=4", "--step_scheduler.local_batch_size=2"}),
              ::testing::ElementsAre(HasSubstr(
                  "dataloader.batch_size: micro-batches are of 4 rows, not of "
                  "step_scheduler.local_batch_size 2: a step trains on 64 rows, not on 32")));
  EXPECT_THAT(
      warns({kData + "mock_iterable_dataset.MockIterableDataset'}", "--step_scheduler.max_steps=3",
             "--step_scheduler.local_batch_size=8", "--dataloader.batch_size=null"}),
      ::testing::ElementsAre(HasSubstr("dataset.batch_size: micro-batches are of 1 rows")));
  EXPECT_THAT(warns({"--recipe=FinetuneRecipeForVLM", "--packed_sequence.packed_sequence_size=8",
                     "--packed_sequence.pack_size=64"}),
              ::testing::ElementsAre(HasSubstr("vision-language recipes read pack_size")));
  EXPECT_THAT(
      warns(
          {"--recipe=FinetuneRecipeForVLM", "--distributed.tp_size=2",
           "--loss_fn._target_=nemo_automodel.components.loss.linear_ce.FusedLinearCrossEntropy"}),
      ::testing::ElementsAre(HasSubstr("upstream computes MaskedCrossEntropy instead")));
  EXPECT_THAT(warns({}), ::testing::IsEmpty());
}

TEST(Rules, ASliceGoesBeforeALimitWhereUpstreamLoadsFromTheHub) {
  const std::string limited = "'split': 'train[:9]', 'limit_dataset_samples': 4}";
  for (const char* kind : {"squad.make_squad_dataset', ", "xlam.make_xlam_dataset', ",
                           "agent_chat.make_agent_chat_dataset', 'dataset_name': 'a/b', "}) {
    EXPECT_THAT(warns({kData + kind + limited}),
                ::testing::ElementsAre(HasSubstr("ignored: split has a slice already")))
        << kind;
  }
  EXPECT_THAT(warns({kData + "agent_chat.make_agent_chat_dataset', 'path': 'a.jsonl', " + limited}),
              ::testing::IsEmpty());
  const std::string part = "{'_target_': 'nemo_automodel.components.datasets.llm.";
  EXPECT_THAT(warns({kData + "blend.WeightedBlend', 'parts': [" + part +
                     "hellaswag.HellaSwag', 'path_or_dataset': 'x'}, " + part +
                     "squad.make_squad_dataset', " + limited + "]}"}),
              ::testing::ElementsAre(HasSubstr("dataset.parts.1.limit_dataset_samples: ignored")));
}

TEST(Rules, WarnOfAnotherTemplateThanIsTrained) {
  const std::string trained = "--dataset.chat_template=a.jinja";
  const std::string open = kRows.substr(0, kRows.size() - 1);
  EXPECT_THAT(warns({trained, "--validation_dataset" + open + "}"}), ::testing::IsEmpty());
  EXPECT_THAT(
      warns({trained, "--validation_dataset" + open + ", 'chat_template': 'b.jinja'}"}),
      ::testing::ElementsAre(HasSubstr(
          "validation_dataset.chat_template: is not the chat template of the training data")));
}

TEST(Rules, WarnOfToolCallsThatUpstreamDoesNotEvaluateEither) {
  const std::string section =
      "--tool_call_eval={'_target_': 'nemo_automodel.components.eval.tool_call_evaluator."
      "ToolCallAccuracyEvaluator', 'dataset_name': 'a/b'";
  EXPECT_THAT(warns({section + "}"}), ::testing::ElementsAre(HasSubstr(
                                          "tool_call_eval: without effect, as upstream: with "
                                          "distributed.strategy: fsdp2 only run_on_fsdp2: true")));
  EXPECT_THAT(warns({section + ", 'run_on_fsdp2': True}"}), ::testing::IsEmpty());
}

TEST(Rules, WarnOfKeysThatOthersLeaveNothingToSay) {
  const std::string peft = "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig";
  const auto expect = [](const std::vector<std::string>& overrides, const std::string& text) {
    EXPECT_THAT(warns(overrides), ::testing::ElementsAre(HasSubstr(text))) << overrides.front();
  };
  expect({"--distributed.mp_policy.param_dtype=bfloat16", "--model.torch_dtype=float32"},
         "float32 weights are computed with in float32 all the same");
  expect({"--checkpoint.save_consolidated=every", peft}, "only the adapter and its tokenizer");
  expect({"--checkpoint.merged_export=true"}, "ignored: there is no section peft");
  expect({"--checkpoint.model_save_format=torch_save", peft},
         "torch_save is without effect: adapters are saved as safetensors");
  const std::string fresh = "--model._target_=nemo_automodel.NeMoAutoModelForCausalLM.from_config";
  expect({fresh, "--model.config=x", peft},
         "the base model is drawn from the seed and no adapter's folder holds it");
  expect({"--lr_scheduler.wsd_decay_steps=5"}, "ignored: lr_decay_style is not WSD");
  expect({"--packed_sequence.max_packs=5"}, "ignored: packed_sequence_size is 0");
  expect({"--packed_sequence.packed_sequence_size=64", "--dataloader.group_by_length=true"},
         "ignored: packs are about equally long");
  expect({"--processor.name=x"}, "a language model sees no images");
  expect({kData + "nanogpt_dataset.NanogptDataset', 'file_pattern': 'x', 'seq_len': 8}",
          "--step_scheduler.max_steps=3", "--step_scheduler.num_epochs=1"},
         "ignored: the data set begins again until max_steps");
  expect({"--model._target_=nemo_automodel.NeMoAutoModelForCausalLM.from_config",
          "--model.config={'_target_': 'transformers.LlamaConfig', 'dtype': 'float32'}"},
         "model.torch_dtype counts");
}

INSTANTIATE_TEST_SUITE_P(
    NothingToSay, Contradictions,
    ::testing::Values(
        Contradiction{{"--model.config=other"},
                      "model.config: names other, but from_pretrained takes the configuration"},
        Contradiction{{"--model.config={'_target_': 'transformers.LlamaConfig'}"},
                      "model.config: names transformers.LlamaConfig, but from_pretrained"},
        Contradiction{{"--clip_grad_norm.max_norm=0"}, "a large norm such as 1e9 never clips"},
        Contradiction{{"--optimizer.master_weight_bits=28"}, "is 28, expected 24 or 32"},
        Contradiction{{"--recipe=TrainFinetuneRecipeForSequenceClassification",
                       "--dataset.tokenizer.add_eos_token=true"},
                      "a classifier's texts end as the tokenizer ends them"}));

}  // namespace
}  // namespace automodel::config
