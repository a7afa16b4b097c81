#pragma once
// What makes each command. Those that automodel-engine does are made from their usage alone
// (cli/commands.cpp).

#include "base/command.h"

namespace automodel::cli {

/// `automodel completion bash|zsh|fish`: the script that completes command lines.
Command completion_command();
/// `automodel data RECIPE`, or `--dataset FILES`: corpus::inspect_data, what a model would be
/// trained on. Where model or tokenizer is a .gguf file automodel-engine takes over, which reads
/// those.
Command data_command();
/// `automodel describe PATH|HUB_ID|model_type`: layers, kinds of blocks, parameter counts, and what
/// became of each key of config.json. A .gguf file is handed to automodel-engine.
Command describe_command();
/// `automodel diff RUN RUN`: in what two training runs differ.
Command diff_command();
/// `automodel doctor`: what to fix on this machine.
Command doctor_command();
/// `automodel download REPOSITORY [FILES...]`: from the hub into the cache that huggingface_hub
/// shares; prints the folder.
Command download_command();
/// `automodel man`: the manual page.
Command man_command();
/// `automodel models [--json]`: every supported model type with the kinds of blocks it uses.
Command models_command();
/// `automodel plan RECIPE`: memory and time of a run before it is started.
Command plan_command();
/// `automodel render-template FILE < conversations.jsonl`: what a chat template makes of
/// conversations.
Command render_template_command();
/// `automodel report RUN...`: runs as one HTML page.
Command report_command();
/// `automodel tokenize TOKENIZER`: how a tokenizer cuts text; converts many texts for scripts.
Command tokenize_command();
/// `automodel validate RECIPE...`: checks recipes without weights, data or network.
Command validate_command();

}  // namespace automodel::cli
