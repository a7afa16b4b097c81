#pragma once
// One benchmark for each instruction set of this machine and for LibTorch, by processor time.

#include <benchmark/benchmark.h>

#include <string>

#include "base/isa.h"

namespace automodel::ops {

/// Registers measure(state, isa) as NAME/ISA.
template <class Measure>
void register_for_every_isa(const std::string& name, const Measure& measure) {
  for (const Isa isa : supported_isas()) {
    benchmark::RegisterBenchmark((name + "/" + std::string(isa_name(isa))).c_str(),
                                 [=](benchmark::State& state) { measure(state, isa); })
        ->Unit(benchmark::kMicrosecond)
        ->MeasureProcessCPUTime()
        ->MinTime(0.05);
  }
}

}  // namespace automodel::ops
