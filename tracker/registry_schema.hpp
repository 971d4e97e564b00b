// The registry's schema and how an older database becomes the present one.
//
// A database's user_version is the number of steps it has had. open_schema()
// brings an empty or older one forward, all steps in one transaction, and
// refuses by name what a newer Roost or another program wrote (Error{usage}).
#pragma once

#include "tracker/sqlite.hpp"

namespace roost::tracker {

inline constexpr int kSchemaVersion = 3;
inline constexpr int kApplicationId = 0x526f6f73;  // "Roos": what file(1) and we know it by

extern const char* const kSchemaSql;  // step 1: schema.sql

void open_schema(Database& database);

}  // namespace roost::tracker
