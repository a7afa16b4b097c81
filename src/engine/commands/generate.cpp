#include "engine/commands/generate.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/command_line.h"
#include "base/error.h"
#include "base/known.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "models/find_model.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "text/chat_template.h"
#include "train/compute_dtype.h"
#include "train/generate.h"
#include "train/model_text.h"
#include "usage/generate.h"

namespace automodel::engine {
namespace {

using usage::Generate;

/// The adapter's folder, and its base model if `model` is an adapter, so that `generate ADAPTER`
/// works by itself.
Generate resolve_adapter(Generate settings) {
  if (!settings.adapter.empty()) {
    settings.adapter = models::find_model(settings.adapter);
    return settings;
  }
  const auto path = models::find_model(settings.model, settings.revision);
  if (checkpoint::is_adapter_folder(path)) {
    settings.adapter = path;
    const auto config = checkpoint::read_peft_adapter(settings.adapter).config;
    settings.revision = config.base_revision;
    settings.model = config.base_model;
    check(!settings.model.empty(), ErrorKind::invalid_argument,
          "{} names no base model; call: automodel generate BASE --adapter {}", settings.adapter,
          settings.adapter);
  }
  return settings;
}

parallel::ShardedModel load_model(const checkpoint::ModelFolder& folder, const Generate& settings) {
  const auto storage = settings.dtype == "auto"
                           ? checkpoint::stored_dtype(folder)
                           : train::storage_dtype_from_name("--dtype", settings.dtype);
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

std::vector<std::int32_t> prompt_ids(const data::TextContext& text, const Generate& settings) {
  const auto* chat = settings.raw ? nullptr : data::find_template(text, /*has_tools=*/false);
  check(settings.raw || chat != nullptr, ErrorKind::invalid_argument,
        "{} has no chat template; add --raw to continue the prompt as it is", settings.model);
  if (chat == nullptr) {
    return text.tokenizer.encode(known(settings.prompt)).ids;
  }
  Json messages = Json::array();
  if (!settings.system.empty()) {
    messages.push_back({{"role", "system"}, {"content", settings.system}});
  }
  messages.push_back({{"role", "user"}, {"content", known(settings.prompt)}});
  const auto rendered =
      chat->render(messages, {.add_generation_prompt = true}, text.special_tokens);
  return text.tokenizer.encode(rendered.text, {.add_special_tokens = false}).ids;
}

void write_out(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string standard_input() { return {std::istreambuf_iterator<char>(std::cin), {}}; }

train::GenerateOptions generation_options(const Generate& settings) {
  return {.max_new_tokens = settings.max_new_tokens,
          .stop_ids = {},
          .sampling = {.temperature = settings.temperature,
                       .top_k = settings.top_k,
                       .top_p = settings.top_p,
                       .repetition_penalty = settings.repetition_penalty,
                       .seed = settings.seed}};
}

ExitCode run_generate(const Generate& line, Arguments) {
  Generate given = line;
  given.prompt = given.prompt ? *given.prompt : standard_input();
  const auto settings = resolve_adapter(given);
  const auto folder = checkpoint::open_model(settings.model, {.revision = settings.revision});
  check(!folder.spec.is_classifier(), ErrorKind::invalid_argument,
        "{} is a classifier ({}), which writes no text", settings.model, folder.spec.architecture);
  const auto text = train::model_text(folder);
  auto options = generation_options(settings);
  options.stop_ids = train::stop_ids(folder, text);
  const auto prompt = prompt_ids(text, settings);
  const auto model = load_model(folder, settings);
  text::StreamDecoder decoder(text.tokenizer);
  train::generate(model, prompt, options, [&](std::int32_t id) {
    write_out(decoder.push(id));
    return true;
  });
  write_out(decoder.finish() + "\n");
  return ExitCode::ok;
}

}  // namespace

Command generate_command() { return make_command<Generate>(run_generate); }

}  // namespace automodel::engine
