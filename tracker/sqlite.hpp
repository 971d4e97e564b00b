// SQLite as three values: a database, a statement, a transaction.
//
// Every failure is an Error that names the file: integrity for a damaged one,
// no_space for a full disk, unavailable when another process holds it for
// longer than the busy timeout, else failed. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace roost::tracker {

class Database;

// A prepared statement. Parameters count from 1, columns from 0.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, BytesView blob);
  Statement& bind(int parameter, const std::optional<Bytes>& blob);  // nothing: NULL

  bool step();  // true: a row is there
  void run();   // to the end

  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  Bytes blob(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Statement(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}
  void check(int code) const;

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

class Database {
 public:
  // WAL, foreign keys enforced, every commit synced before it returns.
  explicit Database(const std::filesystem::path& file);

  Statement prepare(std::string_view sql);
  void execute(const std::string& sql);  // one or more statements without results
  const std::string& path() const noexcept { return path_; }

  [[noreturn]] void fail(int code) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

// BEGIN IMMEDIATE; rolled back unless commit() returned.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace roost::tracker
