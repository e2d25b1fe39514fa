# Each tests/fuzz/*_fuzz.c is a libFuzzer program. One whose name begins with
# the name of a plugin links that plugin, the others nexusctl, which has one of
# its own; all link the kernel, the fake host and the other files of the folder.

# For the assertions of tests/support.
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)

nexus_find_sources(fuzz_sources tests/fuzz FLAT)
set(fuzz_support ${fuzz_sources})
list(FILTER fuzz_sources INCLUDE REGEX "_fuzz\\.c$")
list(FILTER fuzz_support EXCLUDE REGEX "_fuzz\\.c$")

add_library(nexus_fuzz STATIC ${fuzz_support})
target_link_libraries(nexus_fuzz
  PRIVATE nexus_warnings PUBLIC nexus_fake_host nexus_kernel PkgConfig::cmocka)

foreach(source IN LISTS fuzz_sources)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_.*" "" plugin ${name})
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE nexus_warnings nexus_fuzz)
  if(TARGET ${plugin}_static)
    target_link_libraries(${name} PRIVATE ${plugin}_static)
  else()
    target_link_libraries(${name} PRIVATE nexus_ctl)
  endif()
endforeach()
