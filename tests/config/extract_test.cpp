#include "config/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::ElementsAre;

Recipe read(const std::vector<std::string>& overrides) {
  return check_text(kLeast, overrides).recipe;
}

/// The key table and the structs' initialisers say the same.
TEST(Extract, DefaultsAreThoseOfTheStructs) {
  const Recipe recipe = read({});
  EXPECT_EQ(recipe.seed, 42);
  EXPECT_EQ(recipe.step_scheduler, StepScheduler());
  EXPECT_EQ(recipe.dist_env, DistEnv());
  EXPECT_EQ(recipe.loss_fn, LossFn());
  EXPECT_EQ(recipe.checkpoint, Checkpoint());
  EXPECT_EQ(recipe.clip_grad_norm, ClipGradNorm());
  EXPECT_EQ(recipe.moe_metrics, MoeMetrics());
  EXPECT_EQ(recipe.packed_sequence, PackedSequence());
  EXPECT_EQ(recipe.dataloader, Dataloader());
  EXPECT_EQ(recipe.optimizer, Optimizer());
  EXPECT_EQ(recipe.distributed, Distributed());
  ModelSource model = recipe.model;
  EXPECT_EQ(model.pretrained_model_name_or_path, "some/model");
  model.pretrained_model_name_or_path.clear();
  EXPECT_EQ(model, ModelSource());
  EXPECT_FALSE(recipe.peft || recipe.lr_scheduler);
  EXPECT_TRUE(recipe.validation_datasets.empty());
  EXPECT_EQ(*read({"--lr_scheduler={}"}).lr_scheduler, LrScheduler());
  EXPECT_EQ(*read({"--peft._target_=nemo_automodel.components._peft.lora.PeftConfig"}).peft,
            Peft());
}

TEST(Extract, Optimizers) {
  EXPECT_FALSE(read({"--optimizer._target_=torch.optim.Adam"}).optimizer.decoupled_weight_decay);
  EXPECT_EQ(read({"--optimizer._target_=torch.optim.Adam"}).optimizer.weight_decay, 0);
  const std::string module = "--optimizer._target_=nemo_automodel.components.optim.optimizer.";
  EXPECT_EQ(read({module + "AdamConfig"}).optimizer.lr, 1e-4);
  EXPECT_EQ(read({module + "AdamConfig"}).optimizer.kind, OptimizerKind::adam);
  const std::string fused = "--optimizer._target_=transformer_engine.pytorch.optimizers.FusedAdam";
  EXPECT_TRUE(read({fused}).optimizer.decoupled_weight_decay);
  EXPECT_FALSE(read({fused, "--optimizer.adam_w_mode=False"}).optimizer.decoupled_weight_decay);
  const Recipe muon = read({"--optimizer._target_=dion.Muon"});
  EXPECT_EQ(muon.optimizer.kind, OptimizerKind::muon);
  EXPECT_EQ(muon.optimizer.beta2, 0.95);
  const Recipe groups =
      read({"--optimizer.param_group_overrides=[{'pattern': 'bias', 'wd_mult': 0}]"});
  EXPECT_THAT(groups.optimizer.param_group_overrides,
              ElementsAre(ParamGroupOverride{"bias", 1, 0}));
}

TEST(Extract, EveryNumberAndTypeOfAdam) {
  const Recipe recipe =
      read({"--optimizer.lr=0.5", "--optimizer.betas=[0.8, 0.95]", "--optimizer.eps=1e-4",
            "--optimizer.weight_decay=0.25", "--optimizer.amsgrad", "--optimizer.maximize",
            "--optimizer.master_weights=false", "--optimizer.master_weight_bits=32",
            "--optimizer.master_weight_dtype=float32", "--optimizer.exp_avg_dtype=bfloat16",
            "--optimizer.exp_avg_sq_dtype=float16"});
  EXPECT_EQ(recipe.optimizer, (Optimizer{.lr = 0.5,
                                         .beta1 = 0.8,
                                         .beta2 = 0.95,
                                         .eps = 1e-4,
                                         .weight_decay = 0.25,
                                         .amsgrad = true,
                                         .maximize = true,
                                         .master_weights = false,
                                         .master_weight_bits = 32,
                                         .master_weight_dtype = "float32",
                                         .exp_avg_dtype = "bfloat16",
                                         .exp_avg_sq_dtype = "float16"}));
  const std::string fused = "--optimizer._target_=transformer_engine.pytorch.optimizers.FusedAdam";
  EXPECT_FALSE(read({fused, "--optimizer.bias_correction=false"}).optimizer.bias_correction);
  EXPECT_EQ(read({"--optimizer._target_=dion.Muon", "--optimizer.epsilon=1e-4"}).optimizer.eps,
            1e-4);
}

TEST(Extract, Schedules) {
  const auto style = [](const std::string& name) {
    return read({"--lr_scheduler={'lr_decay_style': '" + name +
                 "', 'wsd_decay_steps': 1, 'lr_wsd_decay_style': 'minus_sqrt'}"})
        .lr_scheduler;
  };
  EXPECT_EQ(style("inverse-square-root")->lr_decay_style, DecayStyle::inverse_square_root);
  EXPECT_EQ(style("WSD")->lr_decay_style, DecayStyle::wsd);
  EXPECT_EQ(style("WSD")->lr_wsd_decay_style, WsdDecayStyle::minus_sqrt);
  EXPECT_EQ(style("constant")->lr_decay_style, DecayStyle::constant);
}

TEST(Extract, StepsAndSignals) {
  const auto signals = [](const std::string& value) {
    return read({"--step_scheduler.preemption_signal=" + value}).step_scheduler.preemption_signals;
  };
  EXPECT_THAT(signals("SIGUSR1"), ElementsAre(SIGUSR1));
  EXPECT_THAT(signals("15"), ElementsAre(SIGTERM));
  EXPECT_THAT(signals("['SIGINT', 10]"), ElementsAre(SIGINT, 10));
  EXPECT_THAT(signals("None"), ElementsAre());
  EXPECT_EQ(read({"--step_scheduler.num_epochs=null"}).step_scheduler.num_epochs, std::nullopt);
  EXPECT_EQ(read({"--clip_grad_norm.max_norm=null"}).clip_grad_norm.max_norm, 1.0);
}

TEST(Extract, WhatEveryCrossEntropyMayAdd) {
  for (const char* target :
       {"masked_ce.MaskedCrossEntropy", "linear_ce.FusedLinearCrossEntropy",
        "chunked_ce.ChunkedCrossEntropy", "te_parallel_ce.TEParallelCrossEntropy"}) {
    const Recipe recipe =
        read({std::string("--loss_fn._target_=nemo_automodel.components.loss.") + target,
              "--loss_fn.label_smoothing=0.1", "--loss_fn.z_loss=1e-4"});
    EXPECT_EQ(recipe.loss_fn.label_smoothing, 0.1) << target;
    EXPECT_EQ(recipe.loss_fn.z_loss, 1e-4) << target;
  }
}

TEST(Extract, SaveConsolidated) {
  const auto save = [](const std::string& value) {
    return read({"--checkpoint.save_consolidated=" + value}).checkpoint.save_consolidated;
  };
  EXPECT_EQ(save("true"), SaveConsolidated::every);
  EXPECT_EQ(save("every"), SaveConsolidated::every);
  EXPECT_EQ(save("Final"), SaveConsolidated::final);
  EXPECT_EQ(save("False"), SaveConsolidated::never);
}

TEST(Extract, Recompute) {
  const auto recompute = [](const std::string& value) {
    return read({"--distributed.activation_checkpointing=" + value})
        .distributed.activation_checkpointing;
  };
  EXPECT_EQ(recompute("True"), Recompute::full);
  EXPECT_EQ(recompute("Enabled"), Recompute::full);
  EXPECT_EQ(recompute("None"), Recompute::off);
  EXPECT_EQ(recompute("selective"), Recompute::selective);
  EXPECT_EQ(recompute("auto"), std::nullopt);
}

TEST(Extract, Float32OfAMixedPrecisionPolicyIsThatOfTheArithmetic) {
  const auto compute = [](const std::string& dtype) {
    return read({"--distributed.mp_policy.param_dtype=" + dtype}).model.compute_dtype;
  };
  EXPECT_EQ(compute("torch.float32"), "float32");
  EXPECT_EQ(compute("bfloat16"), "auto");
  EXPECT_EQ(compute("null"), "auto");
}

TEST(Extract, ModelFromPretrainedWithOverrides) {
  const Recipe recipe = read(
      {"--model.num_hidden_layers=2", "--model.config={'rope_theta': 5}", "--model.dtype=bf16"});
  EXPECT_EQ(recipe.model.config_overrides, Json({{"num_hidden_layers", 2}, {"rope_theta", 5.0}}));
  EXPECT_EQ(recipe.model.torch_dtype, "bfloat16");
  EXPECT_EQ(recipe.model.pretrained_model_name_or_path, "some/model");
}

TEST(Extract, TrainingOfRouters) {
  const Recipe recipe = read({"--model.output_router_logits=true",
                              "--model.moe_overrides={'aux_loss_coeff': 0.5, 'z_loss_coeff': 0, "
                              "'gate_bias_update_factor': None}",
                              "--moe_metrics={'enabled': True, 'mode': 'detailed', "
                              "'detailed_every_steps': 3, 'top_k_experts': 2}"});
  EXPECT_EQ(recipe.model.config_overrides, Json({{"output_router_logits", true}}));
  EXPECT_EQ(recipe.model.moe_overrides, (MoeOverrides{.aux_loss_coeff = 0.5, .z_loss_coeff = 0}));
  EXPECT_EQ(recipe.moe_metrics,
            (MoeMetrics{
                .enabled = true, .detailed = true, .detailed_every_steps = 3, .top_k_experts = 2}));
}

TEST(Extract, ModelFromConfig) {
  const std::string entry =
      "'_target_': 'nemo_automodel.NeMoAutoModelForCausalLM.from_config', 'config': ";
  const Recipe named = read({"--model={" + entry +
                             "{'_target_': 'transformers.AutoConfig.from_pretrained', "
                             "'name_or_path': 'x/y', 'hidden_size': 8}}"});
  EXPECT_EQ(named.model.entry, ModelEntry::from_config);
  EXPECT_EQ(named.model.pretrained_model_name_or_path, "x/y");
  EXPECT_EQ(named.model.config_class, "");
  EXPECT_EQ(named.model.config_overrides, Json({{"hidden_size", 8}}));
  const Recipe classy =
      read({"--model={" + entry + "{'_target_': 'transformers.Qwen3Config', 'hidden_size': 8}}"});
  EXPECT_EQ(classy.model.config_class, "Qwen3Config");
  EXPECT_EQ(classy.dataset.tokenizer, std::nullopt)
      << "no model is named, so there is no tokenizer";
  EXPECT_EQ(read({"--model={" + entry + "'x/y'}"}).model.pretrained_model_name_or_path, "x/y");
  const Recipe gpt2 =
      read({"--model={'_target_': 'nemo_automodel.components.models.gpt2.build_gpt2_model', "
            "'n_layer': 2}"});
  EXPECT_EQ(gpt2.model.entry, ModelEntry::build_gpt2);
  EXPECT_EQ(gpt2.model.config_class, "GPT2Config");
  EXPECT_EQ(gpt2.model.torch_dtype, "float32");
  EXPECT_EQ(gpt2.model.config_overrides.at("n_layer"), 2);
  EXPECT_EQ(gpt2.model.config_overrides.at("activation_function"), "gelu");
  EXPECT_EQ(gpt2.model.config_overrides.at("n_positions"), 2048);
  EXPECT_FALSE(gpt2.model.config_overrides.contains("n_ctx"));
}

TEST(Extract, ModelTasks) {
  const auto task = [](const std::string& name) {
    return read({"--model._target_=nemo_automodel.NeMoAutoModelFor" + name + ".from_pretrained"})
        .model.task;
  };
  EXPECT_EQ(task("Seq2SeqLM"), ModelTask::seq2seq_lm);
  EXPECT_EQ(task("ImageTextToText"), ModelTask::image_text_to_text);
}

TEST(Extract, ClassifiersAreNamedByTheirArchitecture) {
  std::vector<std::string> overrides = {
      "--recipe=TrainFinetuneRecipeForSequenceClassification",
      "--model._target_=nemo_automodel.NeMoAutoModelForSequenceClassification.from_pretrained",
      "--model.num_labels=3",
      "--dataset={'_target_': 'nemo_automodel.components.datasets.llm.seq_cls.GLUE_MRPC'}"};
  const Recipe recipe = read(overrides);
  EXPECT_EQ(recipe.model.task, ModelTask::sequence_classification);
  EXPECT_EQ(recipe.model.config_overrides,
            (Json{{"num_labels", 3}, {"architectures", {"ForSequenceClassification"}}}));
  EXPECT_EQ(recipe.dataset.keys.at("path_or_dataset"), "nyu-mll/glue");
  EXPECT_FALSE(recipe.model.fresh_head);
  overrides.emplace_back("--checkpoint.skip_task_head_prefixes_for_base_model=['score.']");
  EXPECT_TRUE(read(overrides).model.fresh_head);
}

TEST(Extract, EveryKeyOfAdapters) {
  const Recipe recipe = read(
      {"--peft={'_target_': 'nemo_automodel.components._peft.lora.PeftConfig', "
       "'target_modules': ['q_proj'], 'dim': 3, 'alpha': 5, 'use_dora': True, 'dropout': 0.25, "
       "'dropout_position': 'pre', 'lora_A_init': 'kaiming', 'lora_dtype': 'bfloat16', "
       "'adapter_name_or_path': 'some/adapter'}"});
  EXPECT_EQ(*recipe.peft, (Peft{.target_modules = {"q_proj"},
                                .dim = 3,
                                .alpha = 5,
                                .use_dora = true,
                                .dropout = 0.25,
                                .dropout_position = DropoutPosition::pre,
                                .lora_a_init = "kaiming",
                                .lora_dtype = "bfloat16",
                                .adapter_name_or_path = "some/adapter"}));
}

TEST(Extract, PatternsMayBeOneOrMany) {
  const std::string lora = "'_target_': 'nemo_automodel.components._peft.lora.PeftConfig', ";
  EXPECT_THAT(read({"--peft={" + lora + "'target_modules': '*_proj'}"}).peft->target_modules,
              ElementsAre("*_proj"));
  EXPECT_THAT(read({"--peft={" + lora + "'exclude_modules': ['a', 'b']}"}).peft->exclude_modules,
              ElementsAre("a", "b"));
  EXPECT_EQ(read({"--peft={" + lora + "'dropout_position': 'pre'}"}).peft->dropout_position,
            DropoutPosition::pre);
}

TEST(Extract, AWholeNumberOfBatchesIsNoShareOfThem) {
  const auto limit = [](const std::string& text) {
    const std::string megatron =
        "{'_target_': "
        "'nemo_automodel.components.datasets.llm.megatron_dataset.MegatronPretraining', "
        "'paths': 'x', 'splits_to_build': 'validation', 'trainer_limit_val_batches': ";
    const Recipe recipe = read({"--validation_dataset=" + megatron + text + "}"});
    return recipe.validation_datasets.at("default").keys.at("trainer_limit_val_batches").dump();
  };
  EXPECT_EQ(limit("32"), "32");
  EXPECT_EQ(limit("1.0"), "1.0");
}

TEST(Extract, DataSetsAndTokenizers) {
  const std::string chat =
      "{'_target_': 'nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset', "
      "'path_or_dataset_id': 'x'}";
  const Recipe recipe = read({"--dataset.mask_history", "--validation_dataset=" + chat,
                              "--validation_dataset_hard=" + chat});
  EXPECT_EQ(recipe.dataset.target, "chat_dataset.ChatDataset");
  EXPECT_EQ(recipe.dataset.keys.at("path_or_dataset_id"), "chats.jsonl");
  EXPECT_EQ(recipe.dataset.keys.at("mask_history"), true);
  EXPECT_EQ(recipe.dataset.keys.at("seq_length"), nullptr);
  EXPECT_EQ(recipe.dataset.tokenizer->pretrained_model_name_or_path, "some/model");
  EXPECT_EQ(recipe.validation_datasets.size(), 2U);
  EXPECT_EQ(recipe.validation_datasets.at("hard").keys.at("path_or_dataset_id"), "x");
  EXPECT_EQ(read({"--dataset.tokenizer=null"}).dataset.tokenizer, std::nullopt);
  EXPECT_EQ(read({"--dataset.tokenizer.pretrained_model_name_or_path=t"})
                .dataset.tokenizer->pretrained_model_name_or_path,
            "t");
  EXPECT_TRUE(read({"--dataset.tokenizer.add_bos_token"}).dataset.tokenizer->add_bos_token);
}

TEST(Extract, Loaders) {
  EXPECT_EQ(read({"--step_scheduler.local_batch_size=4"}).dataloader.batch_size, 4);
  EXPECT_EQ(read({"--dataloader.batch_size=8"}).dataloader.batch_size, 8);
}

TEST(Extract, LongSamplesOfPacks) {
  const auto of = [](const std::vector<std::string>& overrides) {
    return read(overrides).packed_sequence.long_samples;
  };
  const std::string neat = "--packed_sequence.packing_strategy=neat";
  EXPECT_EQ(of({}), LongSamples::refuse);
  EXPECT_EQ(of({neat}), LongSamples::drop);
  EXPECT_EQ(of({neat, "--packed_sequence.drop_long_samples=false"}), LongSamples::refuse);
  EXPECT_EQ(of({neat, "--packed_sequence.long_samples=split"}), LongSamples::split);
  EXPECT_EQ(of({"--packed_sequence.long_samples=drop"}), LongSamples::drop);
}

TEST(Extract, OtherSectionsAreKept) {
  const Recipe recipe = read({"--fp8.enabled"});
  EXPECT_EQ(recipe.other.at("fp8").at("enabled"), true);
  EXPECT_FALSE(recipe.other.contains("model"));
}

}  // namespace
}  // namespace automodel::config
