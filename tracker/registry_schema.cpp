#include "tracker/registry_schema.hpp"

#include <fmt/format.h>

#include <array>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

constexpr const char* kSeederZone =
    "ALTER TABLE releases ADD COLUMN seeder_zone TEXT NOT NULL DEFAULT ''";
constexpr const char* kPatches =
    "ALTER TABLE releases ADD COLUMN patches_torrent BLOB;"
    "ALTER TABLE releases ADD COLUMN patches_bytes BLOB";

std::int64_t pragma(Database& database, const char* name) {
  auto statement = database.prepare(fmt::format("PRAGMA {}", name));
  statement.step();
  return statement.integer(0);
}

}  // namespace

void open_schema(Database& database) {
  const std::array<const char*, kSchemaVersion> steps{kSchemaSql, kSeederZone, kPatches};

  Transaction transaction(database);
  const auto version = pragma(database, "user_version");
  const auto application = pragma(database, "application_id");
  auto tables = database.prepare("SELECT count(*) FROM sqlite_master");
  tables.step();
  const bool empty = version == 0 && tables.integer(0) == 0;
  if (!empty && application != kApplicationId) {
    throw Error(Errc::usage, "open registry " + database.path() + ": not a Roost registry",
                "choose another --data directory");
  }
  if (version > kSchemaVersion) {
    throw Error(Errc::usage,
                fmt::format("open registry {}: it has schema version {}, this roost knows {}",
                            database.path(), version, kSchemaVersion),
                "run the newer roost that wrote it");
  }
  for (auto step = version; step < kSchemaVersion; ++step) {
    database.execute(steps[static_cast<std::size_t>(step)]);
  }
  database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
}

}  // namespace roost::tracker
