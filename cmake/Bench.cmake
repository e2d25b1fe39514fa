# Each bench/*.c with a main is a program; bench/lib is what they share.

nexus_add_layer(nexus_bench_lib SOURCES bench/lib LINK nexus_net)

nexus_find_sources(bench_sources bench FLAT)
foreach(source IN LISTS bench_sources)
  file(STRINGS ${source} main REGEX "^int main\\(" LIMIT_COUNT 1)
  if(NOT main)
    continue()
  endif()
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench-${name} ${source})
  set_target_properties(bench-${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  target_link_libraries(bench-${name}
    PRIVATE nexus_warnings nexus_bench_lib PkgConfig::sqlite3)
endforeach()
