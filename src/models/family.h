#pragma once
// A family: how the config.json of one model_type becomes a spec.

#include <string>
#include <vector>

#include "models/config_reader.h"
#include "spec/weight_map.h"

namespace automodel::models {

struct Family {
  std::string model_type;
  std::vector<std::string> architectures;  // the first is written into an exported config.json
  std::vector<std::string> ignored_keys;  // known to this family, without effect on the mathematics
  spec::ModelSpec (*spec)(const ConfigReader&) = nullptr;
  /// How the checkpoint names the spec's parameters; none: as we do.
  spec::WeightNames (*names)(const spec::ModelSpec&) = nullptr;
  std::vector<KeyName> key_names = {};  // of the config's keys, where they are not Llama's
};

Family afmoe();
Family arcee();
Family aria_text();
Family axk1();
Family beam();
Family biogpt();
Family bloom();
Family codegen();
Family cohere();
Family cohere2();
Family cohere2_moe();
Family cohere_compass_text();
Family cwm();
Family dbrx();
Family deepseek_v2();
Family deepseek_v3();
Family dots1();
Family ernie4_5();
Family ernie4_5_moe();
Family exaone4();
Family exaone_moe();
Family falcon();
Family flex_olmo();
Family flint();
Family gemma();
Family gemma2();
Family gemma3_text();
Family gemma4_text();
Family gemma4_unified_text();
Family glm();
Family glm4();
Family glm4_moe();
Family glm4_moe_lite();
Family gpt2();
Family gpt_bigcode();
Family gpt_neo();
Family gpt_neox();
Family gpt_neox_japanese();
Family gpt_oss();
Family gpt_sw3();
Family gptj();
Family granite();
Family granite_swa();
Family granitemoe();
Family granitemoe_swa();
Family granitemoeshared();
Family helium();
Family hunyuan_v1_dense();
Family hunyuan_v1_moe();
Family hy_v3();
Family hyperclovax();
Family internlm3();
Family iquestcoder();
Family jais2();
Family kolibri1();
Family laguna();
Family llama();
Family llama4_text();
Family mellum();
Family mimo_v2_flash();
Family minicpm3();
Family minimax_m2();
Family ministral();
Family ministral3();
Family mistral();
Family mixtral();
Family modernbert_decoder();
Family mpt();
Family nanochat();
Family nemotron();
Family olmo();
Family olmo2();
Family olmo3();
Family olmoe();
Family openai_gpt();
Family opt();
Family persimmon();
Family phi();
Family phi3();
Family qwen2();
Family qwen2_moe();
Family qwen3();
Family qwen3_moe();
Family seed_oss();
Family smollm3();
Family solar_open();
Family stablelm();
Family starcoder2();
Family vaultgemma();
Family youtu();

}  // namespace automodel::models
