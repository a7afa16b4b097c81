#pragma once
// Small tokenizers made by hand.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/tokenizer.h"

namespace automodel::text {

/// A tokenizer.json whose model is byte-level BPE without merges: ids are bytes' places in GPT-2's
/// alphabet, which shows the normalized text. `parts` replaces members.
inline Json byte_tokenizer(const Json& parts = Json::object()) {
  Json vocabulary = Json::object();
  const auto add = [&](int byte) { vocabulary[std::string(1, static_cast<char>(byte))] = byte; };
  for (int byte = '!'; byte <= '~'; ++byte) {
    add(byte);
  }
  vocabulary["\u0120"] = 32;  // a space in the alphabet
  Json json = {
      {"version", "1.0"},
      {"added_tokens", Json::array()},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}},
      {"post_processor", nullptr},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}};
  for (const auto& [key, value] : parts.items()) {
    json[key] = value;
  }
  return json;
}

/// A tokenizer.json that gives one token per piece, so that offsets show the pieces. `parts`
/// replaces members.
inline Json piece_tokenizer(const Json& parts = Json::object()) {
  Json json = {
      {"model", {{"type", "WordLevel"}, {"vocab", {{"[UNK]", 0}}}, {"unk_token", "[UNK]"}}}};
  for (const auto& [key, value] : parts.items()) {
    json[key] = value;
  }
  return json;
}

inline Tokenizer make(const Json& json) { return Tokenizer::from_json(json, "test.json"); }

/// The parts of `text` that the tokens stand for.
inline std::vector<std::string> parts_of(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::string> parts;
  for (const auto& [begin, end] : tokenizer.encode(text).offsets) {
    parts.push_back(text.substr(begin, end - begin));
  }
  return parts;
}

inline std::vector<std::string> pieces(const Json& pre_tokenizer, const std::string& text) {
  return parts_of(make(piece_tokenizer({{"pre_tokenizer", pre_tokenizer}})), text);
}

/// The message of the Error of the given kind that `action` throws.
template <typename Action>
std::string error_of(ErrorKind kind, Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.message();
  }
  ADD_FAILURE() << "no error";
  return "";
}

inline std::string load_error(ErrorKind kind, const Json& json) {
  return error_of(kind, [&] { make(json); });
}

}  // namespace automodel::text
