#include "train/generate.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/command_line.h"
#include "base/error.h"
#include "base/known.h"
#include "base/terminal.h"
#include "base/text.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "data/system_turn.h"
#include "data/tool_calls.h"
#include "engine/commands/attach.h"
#include "engine/commands/commands.h"
#include "models/find_model.h"
#include "models/sampling_defaults.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "text/chat_template.h"
#include "train/compute_dtype.h"
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

using Adapter = std::optional<checkpoint::PeftAdapter>;

checkpoint::ModelFolder open_base(const Generate& given, const Generate& settings,
                                  const Adapter& adapter) {
  const auto open = [&] {
    return adapter ? open_base_of(*adapter, settings.model, settings.revision)
                   : checkpoint::open_model(settings.model, {.revision = settings.revision});
  };
  if (given.model == settings.model) {
    return open();
  }
  const ErrorContext context(
      "looking for the base model that {0} names; another, such as the same without quantisation, "
      "is taken by 'automodel generate BASE --adapter {0}'",
      given.model);
  return open();
}

parallel::ShardedModel load_model(const checkpoint::ModelFolder& folder, const Generate& settings,
                                  const Adapter& adapter, at::Device device) {
  const auto storage = settings.dtype == "auto"
                           ? checkpoint::auto_dtype(folder)
                           : train::storage_dtype_from_name("--dtype", settings.dtype);
  auto parameters = checkpoint::load_parameters(folder, storage, checkpoint::Use::freeze);
  if (adapter) {
    parameters = attach_adapter(std::move(parameters), *adapter, folder);
  }
  return {
      folder.spec,
      std::move(parameters),
      {.compute = train::resolve_compute_dtype("auto", storage, train::has_bfloat16(device)).dtype,
       .device = device}};
}

std::vector<std::int32_t> prompt_ids(const data::TextContext& text, const Generate& settings) {
  check(!settings.raw || settings.system.empty(), ErrorKind::invalid_argument,
        "--system is a message of a chat, which --raw switches off; give one of them");
  check(!settings.raw || settings.chat_template_kwargs.empty(), ErrorKind::invalid_argument,
        "--chat-template-kwargs is for the chat template, which --raw switches off; give one of "
        "them");
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
  const auto rendered = data::render_messages(
      *chat, messages,
      {.add_generation_prompt = true,
       .extra = data::normal_template_variables(settings.chat_template_kwargs)},
      text.special_tokens);
  return text.tokenizer.encode(rendered.text, {.add_special_tokens = false}).ids;
}

void write_out(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);  // which may hold the character 0
  std::fflush(stdout);
}

/// Without the newline that ends its last line.
std::string standard_input() {
  ask_for_input("what the user says");
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  for (const char end : {'\n', '\r'}) {
    if (text.ends_with(end)) {
      text.pop_back();
    }
  }
  return text;
}

/// What the line says goes before what the model's generation_config.json says.
train::SamplingOptions sampling_options(const Generate& line,
                                        const models::SamplingDefaults& defaults) {
  const bool draws = defaults.do_sample || line.asks_for_draws();
  const double temperature = line.temperature.value_or(draws ? defaults.temperature : 0);
  check(temperature > 0 || !line.asks_for_draws(), ErrorKind::invalid_argument,
        "--top-k, --top-p and --seed say how tokens are drawn, but with a temperature of 0 the "
        "most likely one is always taken; leave them out or give another --temperature");
  return {.temperature = temperature,
          .top_k = line.top_k.value_or(defaults.top_k),
          .top_p = line.top_p.value_or(defaults.top_p),
          .repetition_penalty = line.repetition_penalty.value_or(defaults.repetition_penalty),
          .seed = line.seed.value_or(0)};
}

/// Tells of draws that nobody asked for on the line.
void tell_draws(const Generate& line, const train::SamplingOptions& sampling) {
  if (sampling.temperature > 0 && !line.temperature && !line.asks_for_draws()) {
    fmt::print(stderr,
               "drawing tokens (temperature {}, top-k {}, top-p {}) as the model's "
               "generation_config.json says; --temperature 0 takes the most likely ones\n",
               sampling.temperature, sampling.top_k, sampling.top_p);
  }
}

ExitCode run_generate(const Generate& line, Arguments) {
  const auto device = device_from_name(line.device);
  Generate given = line;
  given.prompt = given.prompt ? *given.prompt : standard_input();
  const auto settings = resolve_adapter(given);
  const auto adapter =
      settings.adapter.empty() ? Adapter() : checkpoint::read_peft_adapter(settings.adapter);
  auto folder = open_base(given, settings, adapter);
  check(!folder.spec.is_classifier(), ErrorKind::invalid_argument,
        "{} is a classifier ({}), which writes no text", settings.model, folder.spec.architecture);
  const auto given_text = adapter ? use_adapter_text(folder, adapter->path) : std::nullopt;
  const auto text = given_text ? *given_text : train::model_text(folder);
  const auto defaults = models::sampling_defaults(folder.path);
  if (!defaults.not_applied.empty()) {
    fmt::print(
        stderr,
        "warning: the model's generation_config.json asks for {}, which is not applied here: "
        "Transformers may write another text\n",
        join(defaults.not_applied, ", "));
  }
  const train::GenerateOptions options{.max_new_tokens = settings.max_new_tokens,
                                       .stop_ids = train::stop_ids(folder, text),
                                       .sampling = sampling_options(settings, defaults)};
  tell_draws(settings, options.sampling);
  const auto prompt = prompt_ids(text, settings);
  const auto model = load_model(folder, settings, adapter, device);
  text::StreamDecoder decoder(text.tokenizer);
  const auto answer = train::generate(model, prompt, options, [&](std::int32_t id) {
    write_out(decoder.push(id));
    return true;
  });
  write_out(decoder.finish() + "\n");
  const auto length = static_cast<std::int64_t>(prompt.size() + answer.ids.size());
  if (answer.finish == train::Finish::length && length == folder.spec.max_positions) {
    fmt::print(stderr, "the text ends here because the model takes {} tokens at most\n", length);
  }
  return ExitCode::ok;
}

}  // namespace

Command generate_command() { return make_command<Generate>(run_generate); }

}  // namespace automodel::engine
