# Every library comes from Debian 12 (see `dev setup`). They are SYSTEM
# includes: our warnings are for our code.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
# Boost 1.74 only: Debian's libtorrent is built against it.
find_package(Boost 1.74 EXACT REQUIRED)
find_package(LibtorrentRasterbar REQUIRED)
# Its target asks for TORRENT_USE_ASSERTS in Debug builds, but Debian's library
# is built without: both sides must see the same classes.
get_target_property(torrent_defines LibtorrentRasterbar::torrent-rasterbar INTERFACE_COMPILE_DEFINITIONS)
list(FILTER torrent_defines EXCLUDE REGEX "TORRENT_USE_ASSERTS")
set_target_properties(LibtorrentRasterbar::torrent-rasterbar PROPERTIES
  INTERFACE_COMPILE_DEFINITIONS "${torrent_defines}")
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
