# The targets and functions of the installed SDK; NexusPluginConfig.cmake says
# where its files are.

if(NOT TARGET NexusPlugin::sdk)
  add_library(NexusPlugin::sdk STATIC IMPORTED)
  set_target_properties(NexusPlugin::sdk PROPERTIES
    IMPORTED_LOCATION "${NEXUS_PLUGIN_LIBRARY_DIR}/libnexus_sdk.a"
    INTERFACE_INCLUDE_DIRECTORIES "${NEXUS_PLUGIN_INCLUDE_DIR}")

  # For the files of a plugin only, not for those that use one.
  add_library(NexusPlugin::warnings INTERFACE IMPORTED)
  set_target_properties(NexusPlugin::warnings PROPERTIES
    INTERFACE_COMPILE_OPTIONS "-Wall;-Wextra;-Wshadow;-Wformat=2;$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>;-Wno-unused-parameter")
endif()

# What the fake host needs and this machine has not, as Debian packages.
set(NexusPlugin_missing "")
set(NexusPlugin_testing_FOUND FALSE)
find_package(PkgConfig QUIET)
find_package(Threads QUIET)
find_package(ZLIB QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(NexusPlugin_jansson QUIET IMPORTED_TARGET jansson)
  pkg_check_modules(NexusPlugin_libconfig QUIET IMPORTED_TARGET libconfig)
  pkg_check_modules(NexusPlugin_cmocka QUIET IMPORTED_TARGET cmocka)
else()
  list(APPEND NexusPlugin_missing pkg-config)
endif()
foreach(library jansson libconfig cmocka)
  if(NOT NexusPlugin_${library}_FOUND)
    list(APPEND NexusPlugin_missing lib${library}-dev)
  endif()
endforeach()
list(TRANSFORM NexusPlugin_missing REPLACE "^liblib" "lib")
if(NOT ZLIB_FOUND)
  list(APPEND NexusPlugin_missing zlib1g-dev)
endif()
if(NOT NexusPlugin_missing)
  set(NexusPlugin_testing_FOUND TRUE)
endif()

if(NexusPlugin_testing_FOUND AND NOT TARGET NexusPlugin::fake_host)
  add_library(NexusPlugin::fake_host STATIC IMPORTED)
  set_target_properties(NexusPlugin::fake_host PROPERTIES
    IMPORTED_LOCATION "${NEXUS_PLUGIN_LIBRARY_DIR}/libnexus_fake_host.a"
    INTERFACE_INCLUDE_DIRECTORIES "${NEXUS_PLUGIN_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "NexusPlugin::sdk;PkgConfig::NexusPlugin_jansson;PkgConfig::NexusPlugin_libconfig;PkgConfig::NexusPlugin_cmocka;ZLIB::ZLIB;Threads::Threads;${CMAKE_DL_LIBS};m")
endif()

# nexus_add_plugin(<name> SOURCES <file>... [LIBRARIES <library>...])
# Builds <name>.so, which exports its entry and nothing else, and can call
# nothing in the server but what the host hands to it; `install` puts it where
# the server looks. For tests there is <name>_static, the same sources as a
# library whose entry is nexus_plugin_v1_<name>.
function(nexus_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "nexus_add_plugin(${name}): SOURCES is missing")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" LINK_DEPENDS "${NEXUS_PLUGIN_MAP}"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
  target_link_libraries(${name} PRIVATE
    NexusPlugin::warnings NexusPlugin::sdk ${arg_LIBRARIES})
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${NEXUS_PLUGIN_MAP}"
    LINKER:-z,defs LINKER:-z,now LINKER:-z,relro)
  install(TARGETS ${name} LIBRARY DESTINATION "${NEXUS_PLUGIN_DIR}")

  string(MAKE_C_IDENTIFIER ${name} identifier)
  add_library(${name}_static STATIC EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_compile_definitions(${name}_static
    PRIVATE NX_STATIC_PLUGIN=${identifier})
  target_link_libraries(${name}_static
    PUBLIC NexusPlugin::sdk ${arg_LIBRARIES})
  set_property(DIRECTORY APPEND PROPERTY NEXUS_PLUGINS ${name})
endfunction()

# nexus_add_plugin_test(<name> SOURCES <file>... [PLUGINS <plugin>...])
# Builds a program of cmocka tests with the fake host, <nexus/testing/...>,
# and adds it to ctest. PLUGINS are what it tests: by default all that
# nexus_add_plugin() has made in this folder. If that is one, its entry is
# NX_PLUGIN_SYMBOL in the test, too.
function(nexus_add_plugin_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PLUGINS")
  if(NOT TARGET NexusPlugin::fake_host)
    list(JOIN NexusPlugin_missing " " missing)
    message(FATAL_ERROR "nexus_add_plugin_test(${name}): the fake host needs "
      "libraries that are not installed; on Debian: apt-get install ${missing}")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "nexus_add_plugin_test(${name}): SOURCES is missing")
  endif()
  if(NOT DEFINED arg_PLUGINS)
    get_property(arg_PLUGINS DIRECTORY PROPERTY NEXUS_PLUGINS)
  endif()
  add_executable(${name} ${arg_SOURCES})
  list(LENGTH arg_PLUGINS count)
  if(count EQUAL 1)
    string(MAKE_C_IDENTIFIER ${arg_PLUGINS} identifier)
    target_compile_definitions(${name}
      PRIVATE NX_STATIC_PLUGIN=${identifier})
  endif()
  list(TRANSFORM arg_PLUGINS APPEND "_static")
  target_link_libraries(${name} PRIVATE NexusPlugin::warnings ${arg_PLUGINS}
    NexusPlugin::fake_host)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
