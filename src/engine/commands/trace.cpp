#include "train/trace.h"

#include <map>

#include "base/command_line.h"
#include "engine/commands/commands.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "usage/trace.h"

namespace automodel::engine {
namespace {

const std::map<std::string, Recompute> kRecompute = {
    {"off", Recompute::off}, {"selective", Recompute::selective}, {"full", Recompute::full}};

const std::map<std::string, train::TraceOptions::Experts> kExperts = {
    {"unnamed", train::TraceOptions::Experts::unnamed},
    {"chosen", train::TraceOptions::Experts::chosen},
    {"given", train::TraceOptions::Experts::given}};

ExitCode run_trace(const usage::Trace& line, Arguments) {
  train::trace(checkpoint::open_model(line.model, {.revision = line.revision}), line.batch,
               line.out,
               {.model = {.compute = dtype_from_name(line.dtype),
                          .recompute = kRecompute.at(line.recompute),
                          .device = device_from_name(line.device)},
                .experts = kExperts.at(line.experts)});
  return ExitCode::ok;
}

}  // namespace

Command trace_command() { return make_command<usage::Trace>(run_trace); }

}  // namespace automodel::engine
