#include "engine/commands/generate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/error.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "models/find_model.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "text/chat_template.h"
#include "train/compute_dtype.h"
#include "train/generate.h"
#include "train/model_text.h"

namespace automodel::engine {
namespace {

struct Settings {
  std::string model;
  std::string revision = "main";
  std::string prompt;
  std::string system;
  std::string adapter;
  std::string dtype = "auto";
  std::string device = "auto";
  bool raw = false;
  train::GenerateOptions generation;
};

/// The adapter's folder, and its base model if `model` is an adapter, so that `generate ADAPTER`
/// works by itself.
Settings resolve_adapter(Settings settings) {
  if (!settings.adapter.empty()) {
    settings.adapter = models::find_model(settings.adapter);
    return settings;
  }
  const auto path = models::find_model(settings.model, settings.revision);
  if (checkpoint::is_adapter_folder(path)) {
    settings.adapter = path;
    settings.revision = "main";
    settings.model = checkpoint::read_peft_adapter(settings.adapter).config.base_model;
    check(!settings.model.empty(), ErrorKind::invalid_argument,
          "{} names no base model; call: automodel generate BASE --adapter {}", settings.adapter,
          settings.adapter);
  }
  return settings;
}

parallel::ShardedModel load_model(const checkpoint::ModelFolder& folder, const Settings& settings) {
  const auto storage =
      settings.dtype == "auto" ? checkpoint::stored_dtype(folder) : dtype_from_name(settings.dtype);
  auto parameters = checkpoint::load_parameters(folder, storage, checkpoint::Use::freeze);
  if (!settings.adapter.empty()) {
    parameters = checkpoint::with_adapter(
        std::move(parameters), checkpoint::read_peft_adapter(settings.adapter), folder.modules);
  }
  const auto device = device_from_name(settings.device);
  return {
      folder.spec,
      std::move(parameters),
      {.compute = train::resolve_compute_dtype("auto", storage, train::has_bfloat16(device)).dtype,
       .device = device}};
}

std::vector<std::int32_t> prompt_ids(const data::TextContext& text, const Settings& settings) {
  const auto* chat = settings.raw ? nullptr : data::find_template(text, /*has_tools=*/false);
  check(settings.raw || chat != nullptr, ErrorKind::invalid_argument,
        "{} has no chat template; add --raw to continue the prompt as it is", settings.model);
  if (chat == nullptr) {
    return text.tokenizer.encode(settings.prompt).ids;
  }
  Json messages = Json::array();
  if (!settings.system.empty()) {
    messages.push_back({{"role", "system"}, {"content", settings.system}});
  }
  messages.push_back({{"role", "user"}, {"content", settings.prompt}});
  const auto rendered =
      chat->render(messages, {.add_generation_prompt = true}, text.special_tokens);
  return text.tokenizer.encode(rendered.text, {.add_special_tokens = false}).ids;
}

void write_out(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void generate(const Settings& given) {
  const auto settings = resolve_adapter(given);
  const auto folder = checkpoint::open_model(settings.model, {.revision = settings.revision});
  const auto text = train::model_text(folder);
  auto options = settings.generation;
  options.stop_ids = train::stop_ids(folder, text);
  const auto prompt = prompt_ids(text, settings);
  const auto model = load_model(folder, settings);
  text::StreamDecoder decoder(text.tokenizer);
  train::generate(model, prompt, options, [&](std::int32_t id) {
    write_out(decoder.push(id));
    return true;
  });
  write_out(decoder.finish() + "\n");
}

ExitCode run_generate(Arguments arguments) {
  Settings settings;
  auto& sampling = settings.generation.sampling;
  CLI::App app("Writes a model's answer to the terminal as it is made", "automodel generate");
  app.add_option("model", settings.model,
                 "Hugging Face folder, adapter folder, hub id of either or .gguf file")
      ->required();
  app.add_option("prompt", settings.prompt,
                 "what the user says; without it standard input is read");
  app.add_option("--system", settings.system, "a system message before it");
  app.add_option("--revision", settings.revision, "branch, tag or commit of a hub id");
  app.add_option("--adapter", settings.adapter, "PEFT adapter folder or its hub id");
  app.add_flag("--raw", settings.raw, "continue the prompt without a chat template");
  app.add_option("--dtype", settings.dtype, "of the weights: auto, float32 or bfloat16");
  app.add_option("--device", settings.device, "auto (a GPU if there is one), cpu, cuda or cuda:N");
  app.add_option("--max-new-tokens", settings.generation.max_new_tokens, "stop after this many");
  app.add_option("--temperature", sampling.temperature, "0: always the most likely token");
  app.add_option("--top-k", sampling.top_k, "sample from the k most likely tokens; 0: all");
  app.add_option("--top-p", sampling.top_p, "sample from the smallest set of this probability");
  app.add_option("--repetition-penalty", sampling.repetition_penalty,
                 "above 1: avoids tokens that occurred");
  app.add_option("--seed", sampling.seed, "of the draws");
  if (!parse_arguments(app, arguments)) {
    return ExitCode::ok;
  }
  if (app.count("prompt") == 0) {
    settings.prompt.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  generate(settings);
  return ExitCode::ok;
}

}  // namespace

Command generate_command() { return {"generate", "Write text with a model", run_generate}; }

}  // namespace automodel::engine
