# Foreign libraries. Who may include their headers: scripts/check-layers.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(libwebsockets REQUIRED IMPORTED_TARGET libwebsockets>=4.1)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(libconfig REQUIRED IMPORTED_TARGET libconfig>=1.5)
find_package(ZLIB 1.2 REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
if(NOT NEXUS_SANITIZE)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
  # It replaces malloc() by being there, even for a linker that sees no need.
  add_library(nexus_jemalloc INTERFACE)
  target_link_libraries(nexus_jemalloc INTERFACE
    -Wl,--push-state,--no-as-needed PkgConfig::jemalloc -Wl,--pop-state)
endif()
if(NEXUS_TESTS)
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
  # For one of the examples; the server itself needs none.
  pkg_check_modules(libcurl IMPORTED_TARGET libcurl>=7.85)
endif()

# libev ships no pkg-config file.
find_library(NEXUS_LIBEV ev REQUIRED)
add_library(nexus_libev INTERFACE)
target_link_libraries(nexus_libev INTERFACE ${NEXUS_LIBEV})
