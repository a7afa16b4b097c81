#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

Target recipe_kind(std::string name, const std::string& module, std::string doc) {
  std::string dotted = "nemo_automodel.recipes." + module + "." + name;
  return {
      .name = std::move(name), .doc = std::move(doc), .keys = {}, .aliases = {std::move(dotted)}};
}

}  // namespace

std::vector<OtherKind> other_kinds() {
  const char* retrieval = "retrieval models";
  const char* drafter = "drafters of speculative decoding";
  const char* diffusion = "diffusion models";
  const char* multimodal = "models that make images and text";
  return {{"TrainBiEncoderRecipe", retrieval},
          {"TrainCrossEncoderRecipe", retrieval},
          {"EmbeddingDistillRecipe", retrieval},
          {"MineHardNegativesRecipe", retrieval},
          {"TrainEagle1Recipe", drafter},
          {"TrainEagle2Recipe", drafter},
          {"TrainEagle3Recipe", drafter},
          {"TrainDFlashRecipe", drafter},
          {"TrainDFlash2Recipe", drafter},
          {"TrainDSparkRecipe", drafter},
          {"TrainDominoRecipe", drafter},
          {"TrainJetSpecRecipe", drafter},
          {"TrainVispecRecipe", drafter},
          {"TrainVispecStage1Recipe", drafter},
          {"DiffusionLMSFTRecipe", diffusion},
          {"DiffusionGemmaSFTRecipe", diffusion},
          {"TrainDiffusionRecipe", diffusion},
          {"FinetuneRecipeForMultimodal", multimodal},
          {"PretrainRecipeForMultimodal", multimodal}};
}

Key recipe_section() {
  return target_mapping(
             "recipe",
             "what the run does, e.g. TrainFinetuneRecipeForNextTokenPrediction; a bare class "
             "name, "
             "a dotted one, or a mapping with `_target_`",
             {recipe_kind("TrainFinetuneRecipeForNextTokenPrediction", "llm.train_ft",
                          "fine-tuning (full or LoRA) and pre-training of a language model"),
              recipe_kind("KnowledgeDistillationRecipeForNextTokenPrediction", "llm.kd",
                          "distillation of a teacher model into a student"),
              recipe_kind("BenchmarkingRecipeForNextTokenPrediction", "llm.benchmark",
                          "timed training steps on mock data"),
              recipe_kind("TrainFinetuneRecipeForSequenceClassification", "llm.train_seq_cls",
                          "classification of whole sequences"),
              recipe_kind("FinetuneRecipeForVLM", "vlm.finetune",
                          "fine-tuning of a vision-language model"),
              recipe_kind("KnowledgeDistillationRecipeForVLM", "vlm.kd",
                          "distillation of a vision-language model")})
      .or_target_name()
      .must();
}

Key recipe_key() {
  std::vector<Key> keys = {
      recipe_section(),
      integer("seed",
              "seed of data order, initialisation and dropout; `rng.seed` counts if this is absent",
              42)
          .at_least(0),
      step_scheduler_section(),
      dist_env_section(),
      distributed_section("distributed"),
      model_section("model"),
      peft_section(),
      quantization_section(),
      loss_section("loss_fn"),
      dataset_section("dataset"),
      texts(
          "disabled_data_checks",
          "checks of the data that are not made before the first step; docs/data.md explains them")
          .of({"no_trained_tokens",
               "prompt_trained",
               "missing_eos",
               "masked_eos",
               "double_eos",
               "missing_bos",
               "double_bos",
               "outside_vocabulary",
               "too_long",
               "special_in_content",
               "merged_boundary",
               "empty_answer",
               "not_shown",
               "truncated",
               "not_truncated",
               "template_differs",
               "vocabulary_too_large",
               "template_eos",
               "class_differs",
               "mistral_regex",
               "template_unused"})
          .own(),
      packed_sequence_section(),
      dataloader_section("dataloader"),
      dataset_section("validation_dataset").with_prefix(),
      dataloader_section("validation_dataloader"),
      optimizer_section(),
      lr_scheduler_section(),
      clip_grad_norm_section(),
      checkpoint_section(),
      fp8_section(),
      qat_section(),
      model_section("teacher_model"),
      distributed_section("teacher_distributed"),
      loss_section("kd_loss_fn"),
  };
  for (const auto& group : {small_sections(), logging_sections(), dead_sections()}) {
    keys.insert(keys.end(), group.begin(), group.end());
  }
  return mapping("", "", std::move(keys));
}

}  // namespace automodel::config
