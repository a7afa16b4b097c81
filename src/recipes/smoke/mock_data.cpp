#include "recipes/smoke/mock_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/file.h"
#include "base/random.h"
#include "data/registry.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 64;
constexpr std::int64_t kFileTokens = 20'000;
constexpr auto kWords = std::to_array<const char*>(
    {"red", "green", "blue", "one", "two", "three", "cat", "dog", "bird", "old", "new", "fast"});

std::string words(std::int64_t row, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(row * 7 + static_cast<std::int64_t>(i * i) + 3);
    out += i == 0 ? "" : " ";
    out += kWords[at % kWords.size()];
  }
  return out;
}

Json chat_row(std::int64_t i) {
  return {{"messages",
           {{{"role", "user"}, {"content", words(i, 3)}},
            {{"role", "assistant"}, {"content", words(i + 1, 2)}}}}};
}

Json squad_row(std::int64_t i) {
  return {{"id", std::to_string(i)},
          {"title", "made up"},
          {"context", words(i, 4)},
          {"question", words(i, 2)},
          {"answers", {{"text", {words(i, 1)}}, {"answer_start", {0}}}}};
}

Json hellaswag_row(std::int64_t i) {
  return {{"ctx", words(i, 4)},
          {"endings", {words(i, 1), words(i + 1, 2), words(i + 2, 1), words(i + 3, 2)}},
          {"label", std::to_string(i % 4)}};
}

Json xlam_row(std::int64_t i) {
  return {{"query", words(i, 3)},
          {"answers", R"([{"name": "look", "arguments": {"what": "cat"}}])"},
          {"tools",
           R"([{"name": "look", "description": "", "parameters": {"what": {"type": "str"}}}])"}};
}

Json class_row(std::int64_t i) {
  return {{"sentence1", words(i, 3)},
          {"sentence2", words(i + 1, 2)},
          {"text", words(i, 4)},
          {"label", i % 2}};
}

/// A kind of data set whose rows come from JSON files.
struct RowKind {
  std::string_view target;
  Json (*row)(std::int64_t index);
};

constexpr auto kRowKinds = std::to_array<RowKind>({{"agent_chat.make_agent_chat_dataset", chat_row},
                                                   {"chat_dataset.ChatDataset", chat_row},
                                                   {"squad.make_squad_dataset", squad_row},
                                                   {"hellaswag.HellaSwag", hellaswag_row},
                                                   {"xlam.make_xlam_dataset", xlam_row},
                                                   {"seq_cls.GLUE_MRPC", class_row},
                                                   {"seq_cls.IMDB", class_row},
                                                   {"seq_cls.YelpReviewFull", class_row}});

template <class Row>
void write_rows(const fs::path& file, const Row& row) {
  std::string text;
  for (std::int64_t i = 0; i < kRows; ++i) {
    text += row(i).dump() + "\n";
  }
  write_file_atomic(file, text);
}

template <class Number>
void append(std::string& bytes, Number value) {
  std::array<char, sizeof(Number)> raw{};
  std::memcpy(raw.data(), &value, sizeof(Number));
  bytes.append(raw.data(), raw.size());
}

std::string token_bytes(std::int64_t vocab_size) {
  RandomStream random(1, StreamPurpose::init, 0);
  std::string out;
  for (std::int64_t i = 0; i < kFileTokens; ++i) {
    append(out,
           static_cast<std::uint16_t>(random.next_u64() % static_cast<std::uint64_t>(vocab_size)));
  }
  return out;
}

/// A token file of nanogpt; see data/nanogpt.h.
void write_nanogpt(const fs::path& file, std::int64_t vocab_size) {
  std::string bytes;
  for (const std::int32_t word : {278895051, 1, static_cast<std::int32_t>(kFileTokens), 2}) {
    append(bytes, word);
  }
  bytes.resize(256 * sizeof(std::int32_t), '\0');
  write_file_atomic(file, bytes + token_bytes(vocab_size));
}

/// Documents of 100 tokens in Megatron's files; see data/indexed_tokens.h.
void write_megatron(const fs::path& prefix, std::int64_t vocab_size) {
  constexpr std::int64_t kDocument = 100;
  constexpr std::int64_t kDocuments = kFileTokens / kDocument;
  constexpr std::uint8_t kUint16 = 8;
  std::string index("MMIDIDX\0\0", 9);
  append(index, std::uint64_t{1});
  append(index, kUint16);
  append(index, static_cast<std::uint64_t>(kDocuments));
  append(index, static_cast<std::uint64_t>(kDocuments + 1));
  for (std::int64_t i = 0; i < kDocuments; ++i) {
    append(index, static_cast<std::int32_t>(kDocument));
  }
  for (std::int64_t i = 0; i < kDocuments; ++i) {
    append(index, 2 * kDocument * i);
  }
  for (std::int64_t i = 0; i <= kDocuments; ++i) {
    append(index, i);
  }
  write_file_atomic(prefix.string() + ".idx", index);
  write_file_atomic(prefix.string() + ".bin", token_bytes(vocab_size));
}

void shorten(Json& keys) {
  const auto limit = [&](const char* key, std::int64_t most) {
    if (keys.contains(key) && keys.at(key).is_number_integer()) {
      keys[key] = std::min(keys.at(key).get<std::int64_t>(), most);
    }
  };
  for (const char* key : {"seq_length", "seq_len", "max_length", "block_size"}) {
    limit(key, kMockTokens);
  }
  for (const char* key : {"prompt_len", "completion_len"}) {  // a document has both
    limit(key, kMockTokens / 2);
  }
}

/// Without what belongs to the real data.
void drop_places(Json& keys) {
  for (const char* key : {"name", "revision", "chat_template"}) {
    keys.erase(key);
  }
  for (const char* key : config::kHubDataKeys) {
    keys.erase(key);
  }
  if (keys.contains("split")) {
    keys["split"] = "train";  // what a file of its own is
  }
}

/// Of a TextClassificationDataset with these keys.
Json labelled_row(const Json& keys, std::int64_t i) {
  Json row = {{keys.at("text_column").get<std::string>(), words(i, 3)}};
  if (keys.value("text_pair_column", Json()).is_string()) {
    row[keys.at("text_pair_column").get<std::string>()] = words(i + 1, 2);
  }
  const Json labels = keys.value("labels", Json());
  row[keys.at("label_column").get<std::string>()] =
      labels.is_array() && !labels.empty() ? labels[static_cast<std::size_t>(i) % labels.size()]
                                           : Json(i % 2);
  return row;
}

Json mapped_row(const Json& mapping, std::int64_t i) {
  Json row = Json::object();
  for (const auto& [part, column] : mapping.items()) {
    if (column.is_string()) {
      row[column.get<std::string>()] = words(i, part == "answer" ? 2 : 3);
    }
  }
  return row;
}

/// Of a blend, each its own rows.
void mock_parts(Json& keys, const fs::path& folder, const std::string& name,
                std::int64_t vocab_size) {
  for (std::size_t i = 0; i < keys["parts"].size(); ++i) {
    Json& part = keys["parts"][i];
    const auto& kind = data::find_dataset_kind(part["_target_"].get<std::string>());
    const config::Dataset section{.target = std::string(kind.name), .keys = part};
    part = mock_dataset(section, folder, fmt::format("{}_{}", name, i), vocab_size).keys;
  }
}

}  // namespace

config::Dataset mock_dataset(config::Dataset section, const fs::path& folder,
                             const std::string& name, std::int64_t vocab_size) {
  Json& keys = section.keys;
  const fs::path file = folder / (name + ".jsonl");
  const auto is = [&section](std::string_view end) { return section.target.ends_with(end); };
  const auto place = [&](const fs::path& path) {
    keys[std::string(data::find_dataset_kind(section.target).place)] = path.string();
  };
  const auto make_rows = [&](const auto& row) {
    drop_places(keys);
    write_rows(file, row);
    place(file);
  };
  shorten(keys);
  const auto* kind =
      std::ranges::find_if(kRowKinds, [&](const RowKind& k) { return section.target == k.target; });
  if (kind != kRowKinds.end()) {
    make_rows(kind->row);
  } else if (is("WeightedBlend")) {
    mock_parts(keys, folder, name, vocab_size);
  } else if (is("NanogptDataset")) {
    write_nanogpt(folder / (name + ".bin"), vocab_size);
    place(folder / (name + ".bin"));
  } else if (is("MegatronPretraining")) {
    write_megatron(folder / name, vocab_size);
    place(folder / name);
    keys["index_mapping_dir"] = (folder / "index").string();
  } else if (is("TextClassificationDataset")) {
    make_rows([&](std::int64_t i) { return labelled_row(keys, i); });
  } else if (is("ColumnMappedTextInstructionDataset") ||
             is("ColumnMappedTextInstructionIterableDataset")) {
    make_rows([&](std::int64_t i) { return mapped_row(keys.at("column_mapping"), i); });
  } else if (keys.contains("vocab_size")) {
    keys["vocab_size"] = vocab_size;
  }
  return section;
}

}  // namespace automodel::recipes
