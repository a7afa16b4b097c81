#include "tables/table.h"

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/properties.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "tables/json_value.h"

namespace automodel::tables {
namespace {

constexpr std::int64_t kBatchRows = 1024;

template <typename Value>
Value value_of(arrow::Result<Value> result) {
  check(result.ok(), ErrorKind::corrupt_data, "{}", result.status().message());
  return std::move(result).ValueUnsafe();
}

void require(const arrow::Status& status) {
  check(status.ok(), ErrorKind::corrupt_data, "{}", status.message());
}

/// Gives the next batch of rows, null behind the last.
using NextBatch = std::function<std::shared_ptr<arrow::RecordBatch>()>;

struct Table {
  std::shared_ptr<arrow::Schema> schema;
  NextBatch next;
};

using File = std::shared_ptr<arrow::io::RandomAccessFile>;

Table parquet_table(const File& file, arrow::MemoryPool* pool) {
  parquet::ReaderProperties properties(pool);
  properties.enable_buffered_stream();  // not the whole of a column's part at once
  parquet::ArrowReaderProperties form;
  form.set_batch_size(kBatchRows);
  form.set_pre_buffer(false);
  form.set_arrow_extensions_enabled(true);  // columns of Parquet's own type JSON are arrow.json
  parquet::arrow::FileReaderBuilder builder;
  require(builder.Open(file, properties));
  builder.memory_pool(pool)->properties(form);
  const std::shared_ptr<parquet::arrow::FileReader> reader = value_of(builder.Build());
  const std::shared_ptr<arrow::RecordBatchReader> batches =
      value_of(reader->GetRecordBatchReader());
  return {batches->schema(), [reader, batches] { return value_of(batches->Next()); }};
}

arrow::ipc::IpcReadOptions ipc_options(arrow::MemoryPool* pool) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = pool;
  options.use_threads = false;
  return options;
}

Table ipc_file_table(const File& file, arrow::MemoryPool* pool) {
  const auto reader = value_of(arrow::ipc::RecordBatchFileReader::Open(file, ipc_options(pool)));
  return {reader->schema(), [reader, i = 0]() mutable {
            return i < reader->num_record_batches() ? value_of(reader->ReadRecordBatch(i++))
                                                    : nullptr;
          }};
}

Table ipc_stream_table(const File& file, arrow::MemoryPool* pool) {
  const std::shared_ptr<arrow::RecordBatchReader> reader =
      value_of(arrow::ipc::RecordBatchStreamReader::Open(file, ipc_options(pool)));
  return {reader->schema(), [reader] { return value_of(reader->Next()); }};
}

/// `begin`: the file's first bytes.
Table open_table(const std::string& path, std::string_view begin, arrow::MemoryPool* pool) {
  const File file = value_of(arrow::io::ReadableFile::Open(path, pool));
  if (begin.starts_with("PAR1")) {
    return parquet_table(file, pool);
  }
  if (begin.starts_with("ARROW1")) {
    return ipc_file_table(file, pool);
  }
  if (begin.starts_with("\xFF\xFF\xFF\xFF")) {
    return ipc_stream_table(file, pool);
  }
  check(!begin.starts_with("PARE"), ErrorKind::unsupported,
        "the Parquet file is encrypted, which is not supported");
  check(!begin.starts_with("FEA1"), ErrorKind::unsupported,
        "the file has version 1 of the Feather format, which is not supported; write it again by a "
        "pyarrow of today");
  const bool is_pointer = begin.starts_with("version ");
  fail(ErrorKind::corrupt_data,
       "the file is neither Parquet (PAR1) nor Arrow (ARROW1, or a stream): it {}",
       begin.empty() ? "is empty"
       : is_pointer
           ? "is the pointer of a Git LFS file, whose content was not fetched"
           : "begins with " +
                 Json(std::string(begin)).dump(-1, ' ', true, Json::error_handler_t::replace));
}

void check_names(const arrow::Schema& schema) {
  std::set<std::string> seen;
  for (const auto& field : schema.fields()) {
    check(seen.insert(field->name()).second, ErrorKind::corrupt_data,
          "the file has two columns '{}'", field->name());
  }
}

Json row_of(const arrow::RecordBatch& batch, std::int64_t index) {
  Json row = Json::object();
  for (int i = 0; i < batch.num_columns(); ++i) {
    const std::string& name = batch.column_name(i);
    try {
      row[name] = json_value(*batch.column(i), index);
    } catch (const Error& error) {
      return fmt::format("column '{}': {}", name, error.message());
    }
  }
  return row;
}

/// Memory with a limit, so that a damaged size does not take the machine's. It is never given back:
/// a thread of Arrow's that reads ahead may free its last buffer after all rows were read.
arrow::MemoryPool* make_pool(std::size_t file_bytes) {
  constexpr std::int64_t kAlways = std::int64_t{1} << 30, kTimes = 16;
  const auto most = std::max(kAlways, kTimes * static_cast<std::int64_t>(file_bytes));
  return new arrow::CappedMemoryPool(arrow::system_memory_pool(), most);
}

Table open_table(const std::string& path) {
  const MappedFile file(path);
  return open_table(path, file.text().substr(0, 8), make_pool(file.bytes().size()));
}

/// What is thrown becomes an Error without frames.
template <typename Call>
void as_errors(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    fail(error.kind(), "{}", error.message());
  } catch (const std::exception& error) {  // Parquet's and the standard library's
    fail(ErrorKind::corrupt_data, "{}", error.what());
  }
}

void read_all(const std::string& path, const std::function<void(std::string_view)>& take) {
  const Table table = open_table(path);
  check_names(*table.schema);
  while (const auto batch = table.next()) {
    require(batch->ValidateFull());
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      take(row_of(*batch, i).dump());
    }
  }
}

}  // namespace

void read_rows(const std::string& path, const std::function<void(std::string_view)>& take) {
  as_errors([&] { read_all(path, take); });
}

std::string read_notes(const std::string& path) {
  std::string notes;
  as_errors([&] {
    const auto metadata = open_table(path).schema->metadata();
    const int found = metadata == nullptr ? -1 : metadata->FindKey("huggingface");
    notes = found < 0 ? "" : metadata->value(found);
  });
  return notes;
}

}  // namespace automodel::tables
