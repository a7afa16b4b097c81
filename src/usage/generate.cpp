#include "usage/generate.h"

#include "base/number_range.h"
#include "usage/revision.h"

namespace automodel::usage {

void Generate::declare(CLI::App& app) {
  app.description("Writes a model's answer to the terminal as it is made");
  app.add_option("model", model,
                 "Hugging Face folder, adapter folder, hub id of either or .gguf file")
      ->required();
  app.add_option("prompt", prompt,
                 "what the user says; without it standard input is read, less its final newline");
  app.add_option("--system", system, "a system message before it");
  app.add_option("--chat-template-kwargs", chat_template_kwargs,
                 "further variables of the chat template, as JSON: {\"enable_thinking\": false}");
  declare_revision(app, revision, model);
  app.add_option("--adapter", adapter, "PEFT adapter folder or its hub id");
  app.add_flag("--raw", raw, "continue the prompt without a chat template");
  app.add_option("--dtype", dtype,
                 "of the weights: auto (as the model is stored), float32, bfloat16 or float16");
  app.add_option("--device", device, "auto (a GPU if there is one), cpu, cuda or cuda:N");
  app.add_option("--max-new-tokens", max_new_tokens, "stop after this many")
      ->check(above(0))
      ->capture_default_str();
  app.add_option(
         "--temperature", temperature,
         "tokens are drawn with this temperature; 0: always the most likely token. Default: "
         "0, or as generation_config.json says if that has do_sample, or 1 if another "
         "option asks for draws")
      ->check(at_least(0));
  app.add_option("--top-k", top_k,
                 "draw from the k most likely tokens; 0: from all. Default: 50, or as "
                 "generation_config.json says")
      ->check(at_least(0));
  app.add_option("--top-p", top_p, "draw from the smallest set of this probability; 1: from all")
      ->check(above_and_at_most(0, 1));
  app.add_option("--repetition-penalty", repetition_penalty, "above 1: avoids tokens that occurred")
      ->check(above(0));
  app.add_option("--seed", seed, "of the draws; default 0")->check(at_least(0));
  app.footer(
      "Example: automodel generate HuggingFaceTB/SmolLM2-135M-Instruct \"What is a hub?\" "
      "--temperature 0.7");
}

}  // namespace automodel::usage
