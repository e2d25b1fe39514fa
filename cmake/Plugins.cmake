# Libraries that one plugin alone may use. jansson is open to all of them.
set(NEXUS_PLUGIN_LIBRARIES_store PkgConfig::sqlite3 Threads::Threads)
set(NEXUS_PLUGIN_LIBRARIES_auth OpenSSL::Crypto)
set(NEXUS_PLUGIN_LIBRARIES_webhook PkgConfig::libcurl OpenSSL::Crypto)

# nexus_add_plugin(<name> SOURCES <file>... [OUTPUT <folder>])
# Builds <folder>/<name>.so, which can call nothing in the server but what the
# host hands to it and exports only its entry; and <name>_static, the same
# sources as a library for unit tests on the fake host.
function(nexus_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "SOURCES")
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT plugins)
  endif()
  set(libraries nexus_sdk PkgConfig::jansson m
    ${NEXUS_PLUGIN_LIBRARIES_${name}})
  set(map ${PROJECT_SOURCE_DIR}/sdk/nexus_plugin.map)

  set(target plugin_${name})
  add_library(${target} MODULE ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LINK_DEPENDS ${map}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${arg_OUTPUT})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE nexus_warnings ${libraries})
  target_link_options(${target} PRIVATE -Wl,--version-script=${map})
  # clang keeps its sanitizer runtime in the executable.
  if(NOT (NEXUS_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "Clang"))
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()

  string(MAKE_C_IDENTIFIER ${name} identifier)
  add_library(${name}_static STATIC EXCLUDE_FROM_ALL ${arg_SOURCES})
  set_target_properties(${name}_static PROPERTIES C_CLANG_TIDY "")
  target_compile_definitions(${name}_static
    PUBLIC NX_STATIC_PLUGIN=${identifier})
  target_include_directories(${name}_static PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}_static
    PRIVATE nexus_warnings PUBLIC ${libraries})

  set_property(GLOBAL APPEND PROPERTY NEXUS_PLUGINS_${arg_OUTPUT} ${target})
  if(arg_OUTPUT STREQUAL "plugins")
    add_dependencies(plugins ${target})
  endif()
endfunction()

# nexus_add_plugin_folders(<folder> OUTPUT <folder>)
# Each sub-folder with C sources is one plugin, named by the sub-folder; those
# that end in _test.c are its tests. Examples in other languages are built by
# tests/sdk only, with the installed SDK.
function(nexus_add_plugin_folders folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    RELATIVE ${PROJECT_SOURCE_DIR}/${folder}
    ${PROJECT_SOURCE_DIR}/${folder}/*/*.c)
  list(FILTER sources EXCLUDE REGEX "_test\\.c$|^slowmode/")
  set(names ${sources})
  list(TRANSFORM names REPLACE "/.*" "")
  list(REMOVE_DUPLICATES names)
  # The server is built without what an example needs.
  if(NOT libcurl_FOUND)
    list(REMOVE_ITEM names webhook)
  endif()
  foreach(name IN LISTS names)
    nexus_find_sources(own ${folder}/${name})
    list(FILTER own EXCLUDE REGEX "_test\\.c$")
    nexus_add_plugin(${name} SOURCES ${own} OUTPUT ${arg_OUTPUT})
  endforeach()
endfunction()
