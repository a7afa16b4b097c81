#include "usage/generate.h"

#include <CLI/CLI.hpp>

namespace automodel::usage {

void Generate::declare(CLI::App& app) {
  app.description("Writes a model's answer to the terminal as it is made");
  app.add_option("model", model,
                 "Hugging Face folder, adapter folder, hub id of either or .gguf file")
      ->required();
  app.add_option("prompt", prompt, "what the user says; without it standard input is read");
  app.add_option("--system", system, "a system message before it");
  app.add_option("--revision", revision, "branch, tag or commit of a hub id");
  app.add_option("--adapter", adapter, "PEFT adapter folder or its hub id");
  app.add_flag("--raw", raw, "continue the prompt without a chat template");
  app.add_option("--dtype", dtype, "of the weights: auto, float32 or bfloat16");
  app.add_option("--device", device, "auto (a GPU if there is one), cpu, cuda or cuda:N");
  app.add_option("--max-new-tokens", max_new_tokens, "stop after this many");
  app.add_option("--temperature", temperature, "0: always the most likely token");
  app.add_option("--top-k", top_k, "sample from the k most likely tokens; 0: all");
  app.add_option("--top-p", top_p, "sample from the smallest set of this probability");
  app.add_option("--repetition-penalty", repetition_penalty,
                 "above 1: avoids tokens that occurred");
  app.add_option("--seed", seed, "of the draws");
  app.footer(
      "Example: automodel generate HuggingFaceTB/SmolLM2-135M-Instruct \"What is a hub?\" "
      "--temperature 0.7");
}

}  // namespace automodel::usage
