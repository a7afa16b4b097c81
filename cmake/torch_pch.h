// Precompiled once for every source of a module that uses LibTorch. Never <torch/torch.h>: it is several times as large.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>
