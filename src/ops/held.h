#pragma once
// What an autograd node keeps for its backward that is no tensor.

#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace automodel::ops {

template <class Value>
struct Held : torch::CustomClassHolder {
  explicit Held(Value v) : value(std::move(v)) {}
  Value value;
};

/// Keeps one value, which held() gives back as long as the node lives.
template <class Value>
void hold(torch::autograd::AutogradContext* context, Value value) {
  context->saved_data["held"] =
      c10::IValue::make_capsule(c10::make_intrusive<Held<Value>>(std::move(value)));
}

template <class Value>
const Value& held(torch::autograd::AutogradContext* context) {
  return static_cast<Held<Value>*>(context->saved_data["held"].toCapsule().get())->value;
}

}  // namespace automodel::ops
