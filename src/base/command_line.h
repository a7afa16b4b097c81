#pragma once
// A command whose words become the fields of a struct:
//
//   struct Greeting {
//     static constexpr const char* kName = "greet";
//     static constexpr const char* kSummary = "Greets someone";
//     std::string whom;
//     void declare(CLI::App& app);  // description, options, and an example as footer
//   };
//   make_command<Greeting>([](const Greeting& greeting, Arguments) { ...; return ExitCode::ok; })
//
// The one declaration serves parsing, --help, the man page and completion. If the struct has a
// field `overrides`, words "--section.key" that are no option of it go there.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/command.h"

namespace automodel {

template <typename Line>
concept TakesOverrides = requires(Line line) { line.overrides; };

/// Sets what `declare` binds to the options of `automodel NAME`. Words "--section.key" that are no
/// option go to `overrides`; null: they are wrong. False if the words asked for help, which was
/// printed. Throws as parse_arguments.
bool read_options(const char* name, const std::function<void(CLI::App&)>& declare,
                  std::vector<std::string>* overrides, Arguments arguments);

/// The fields that the words set; nothing if they asked for help. Throws as parse_arguments.
template <typename Line>
std::optional<Line> read_line(Arguments arguments) {
  Line line;
  std::vector<std::string>* overrides = nullptr;
  if constexpr (TakesOverrides<Line>) {
    overrides = &line.overrides;
  }
  const auto declare = [&line](CLI::App& app) { line.declare(app); };
  return read_options(Line::kName, declare, overrides, arguments) ? std::optional(std::move(line))
                                                                  : std::nullopt;
}

/// `run` takes the line and the words that it was read from.
template <typename Line, typename Run>
Command make_command(Run run) {
  return {.name = Line::kName,
          .summary = Line::kSummary,
          .run =
              [run](Arguments arguments) {
                const auto line = read_line<Line>(arguments);
                return line ? run(*line, arguments) : ExitCode::ok;
              },
          .declare = [](CLI::App& app) -> std::shared_ptr<void> {
            auto line = std::make_shared<Line>();
            line->declare(app);
            return line;
          },
          .takes_overrides = TakesOverrides<Line>};
}

}  // namespace automodel
