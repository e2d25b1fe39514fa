# Each tests/fuzz/*_fuzz.c is a libFuzzer program. One whose name begins with
# the name of a plugin links that plugin; the others link the kernel.

nexus_find_sources(fuzz_sources tests/fuzz FLAT)
list(FILTER fuzz_sources INCLUDE REGEX "_fuzz\\.c$")
foreach(source IN LISTS fuzz_sources)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_.*" "" plugin ${name})
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE nexus_warnings)
  if(TARGET ${plugin}_static)
    target_link_libraries(${name} PRIVATE ${plugin}_static nexus_fake_host)
  else()
    target_link_libraries(${name} PRIVATE nexus_kernel)
  endif()
endforeach()
