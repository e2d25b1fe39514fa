# Tests are found by folder; a test's name is its path.

find_program(NEXUS_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(NEXUS_NODE node)

nexus_add_layer(nexus_test_support SOURCES tests/support
  LINK nexus_base PkgConfig::cmocka)
target_include_directories(nexus_test_support ${nexus_test_support_SCOPE}
  ${PROJECT_SOURCE_DIR})

# nexus_libraries_under_test(<variable> <path below tests/unit>)
# The layer that a unit test mirrors, by its path; empty if it is not there.
function(nexus_libraries_under_test variable path)
  set(libraries "")
  if(path MATCHES "^sdk/")
    set(libraries nexus_fake_host nexus_sdk)
  elseif(path MATCHES "^kernel/core/(host_|resume_model)")
    set(libraries nexus_fake_host)
  elseif(path MATCHES "^kernel/(base|core|ctl|net)/")
    set(libraries nexus_${CMAKE_MATCH_1})
  elseif(path MATCHES "^kernel/")
    set(libraries nexus_kernel)
  elseif(path MATCHES "^(plugins|examples)/([^/]+)/")
    if(TARGET ${CMAKE_MATCH_2}_static)
      set(libraries ${CMAKE_MATCH_2}_static nexus_fake_host)
    endif()
  elseif(path MATCHES "^bench/")
    set(libraries nexus_bench_lib)
  endif()
  set(${variable} ${libraries} PARENT_SCOPE)
endfunction()

# nexus_add_unit_test(<path without _test.c, its name> <source>)
function(nexus_add_unit_test name source)
  nexus_libraries_under_test(libraries ${name})
  if(NOT libraries)
    message(WARNING "${source} mirrors nothing that is built")
    return()
  endif()
  string(REPLACE "/" "-" target "unit/${name}")
  get_filename_component(folder ${name} DIRECTORY)
  get_filename_component(leaf ${name} NAME)

  add_executable(${target} ${source})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${leaf}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/unit/${folder})
  target_link_libraries(${target}
    PRIVATE nexus_warnings nexus_test_support ${libraries})
  add_test(NAME unit/${name} COMMAND ${target})
  set_tests_properties(unit/${name} PROPERTIES LABELS unit TIMEOUT 60
    ENVIRONMENT "${NEXUS_SANITIZER_ENVIRONMENT}")
endfunction()

# nexus_add_unit_tests(<folder> <beginning of the tests' names>)
# Tests of examples in other languages than C are built by tests/sdk.
function(nexus_add_unit_tests folder prefix)
  file(GLOB_RECURSE paths CONFIGURE_DEPENDS
    RELATIVE ${PROJECT_SOURCE_DIR}/${folder}
    ${PROJECT_SOURCE_DIR}/${folder}/*_test.c)
  list(FILTER paths EXCLUDE REGEX "^(leaderboard|slowmode)/")
  foreach(path IN LISTS paths)
    string(REGEX REPLACE "_test\\.c$" "" name ${path})
    nexus_add_unit_test(${prefix}${name} ${folder}/${path})
  endforeach()
endfunction()

# nexus_add_script_test(<kind> <file> <timeout>)
function(nexus_add_script_test kind file timeout)
  get_filename_component(name ${file} NAME_WLE)
  if(file MATCHES "\\.py$")
    set(interpreter ${NEXUS_PYTHON})
  else()
    set(interpreter ${NEXUS_NODE})
  endif()
  add_test(NAME ${kind}/${name} COMMAND ${interpreter} ${file})
  set_tests_properties(${kind}/${name} PROPERTIES
    LABELS ${kind} TIMEOUT ${timeout}
    ENVIRONMENT "NEXUS_BUILD=${PROJECT_BINARY_DIR};NEXUS_SOURCE=${PROJECT_SOURCE_DIR};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/integration;PYTHONDONTWRITEBYTECODE=1;NODE_PATH=/usr/share/nodejs;${NEXUS_SANITIZER_ENVIRONMENT}")
endfunction()

# nexus_add_script_tests(<folder below tests> <timeout>)
function(nexus_add_script_tests folder timeout)
  file(GLOB files CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/tests/${folder}/[0-9][0-9]-*.py
    ${PROJECT_SOURCE_DIR}/tests/${folder}/[0-9][0-9]-*.mjs)
  foreach(file IN LISTS files)
    nexus_add_script_test(${folder} ${file} ${timeout})
  endforeach()
endfunction()

# The gate of the plugin ABI, tests/abi/README.md. What looks at headers and
# files needs no sanitizer; what runs plugins is run with it.
function(nexus_add_abi_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "COMMAND")
  add_test(NAME abi/${name} COMMAND ${arg_COMMAND})
  set_tests_properties(abi/${name} PROPERTIES LABELS abi
    TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endfunction()

function(nexus_add_abi_tests)
  set(scripts ${PROJECT_SOURCE_DIR}/tests/abi)
  if(NOT NEXUS_SANITIZE)
    foreach(name check frozen layout abidiff)
      nexus_add_abi_test(${name} TIMEOUT 600
        COMMAND ${NEXUS_PYTHON} ${scripts}/${name}.py)
    endforeach()
    nexus_add_abi_test(headers TIMEOUT 600
      COMMAND ${scripts}/headers.sh ${PROJECT_SOURCE_DIR}/sdk/include)
    nexus_add_abi_test(exports TIMEOUT 300
      COMMAND ${scripts}/exports.sh ${PROJECT_BINARY_DIR})
    nexus_add_script_test(abi ${scripts}/installed_sdk.py 300)
    nexus_add_script_tests(sdk 900)
  endif()
  if(TARGET nexusd)
    nexus_add_script_test(abi ${scripts}/fixtures.py 300)
    nexus_add_script_test(abi ${scripts}/newer.py 600)
    if(NOT NEXUS_SANITIZE)
      nexus_add_script_test(abi ${scripts}/later.py 1200)
    endif()
  endif()
endfunction()

# The fixtures of each released ABI, built with today's headers: what compiled
# then has to compile now.
file(GLOB released_abis RELATIVE ${PROJECT_SOURCE_DIR}/tests/abi
  CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/abi/*.*/src)
foreach(path IN LISTS released_abis)
  get_filename_component(version ${path} DIRECTORY)
  file(GLOB fixtures RELATIVE ${PROJECT_SOURCE_DIR}/tests/abi/${path}
    ${PROJECT_SOURCE_DIR}/tests/abi/${path}/*)
  foreach(name IN LISTS fixtures)
    nexus_find_sources(own tests/abi/${path}/${name})
    nexus_add_plugin(abi-${version}-${name} SOURCES ${own}
      OUTPUT tests/abi/${version})
    set_target_properties(plugin_abi-${version}-${name} PROPERTIES
      OUTPUT_NAME ${name} C_CLANG_TIDY "")
  endforeach()
endforeach()

# Plugins that exist to test the host: each file is one of them.
nexus_find_sources(test_plugins tests/plugins FLAT)
foreach(source IN LISTS test_plugins)
  get_filename_component(name ${source} NAME_WE)
  nexus_add_plugin(${name} SOURCES ${source} OUTPUT tests/plugins)
endforeach()

# Plugins that nexusctl plugin check must find something wrong with.
nexus_find_sources(check_plugins tests/plugins/check FLAT)
foreach(source IN LISTS check_plugins)
  get_filename_component(name ${source} NAME_WE)
  nexus_add_plugin(check_${name} SOURCES ${source} OUTPUT tests/plugins/check)
  set_target_properties(plugin_check_${name} PROPERTIES OUTPUT_NAME ${name})
  if(name STREQUAL "symbol")
    set_target_properties(plugin_check_symbol PROPERTIES LINK_OPTIONS "")
  endif()
endforeach()

# Our own plugins and examples pass it, with the settings they cannot do
# without.
set(NEXUS_CHECK_ARGUMENTS_webhook
  --set url=http://127.0.0.1:9/ --set events=*)
get_property(own_plugins GLOBAL PROPERTY NEXUS_PLUGINS_plugins)
get_property(example_plugins GLOBAL PROPERTY NEXUS_PLUGINS_examples)
foreach(plugin IN LISTS own_plugins example_plugins)
  string(REGEX REPLACE "^plugin_" "" name ${plugin})
  add_test(NAME plugin-check/${name}
    COMMAND nexusctl plugin check $<TARGET_FILE:${plugin}>
      ${NEXUS_CHECK_ARGUMENTS_${name}})
  set_tests_properties(plugin-check/${name} PROPERTIES
    LABELS plugin-check TIMEOUT 600
    ENVIRONMENT "${NEXUS_SANITIZER_ENVIRONMENT}")
endforeach()

# nexus_add_caught_test(<plugin> <check> <text of its line>)
function(nexus_add_caught_test name check text)
  add_test(NAME plugin-check/catches-${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/plugins/check/caught.sh
      $<TARGET_FILE:nexusctl> $<TARGET_FILE:plugin_check_${name}>
      ${check} ${text})
  set_tests_properties(plugin-check/catches-${name} PROPERTIES
    LABELS plugin-check TIMEOUT 600
    ENVIRONMENT "${NEXUS_SANITIZER_ENVIRONMENT};${ARGN}")
endfunction()

nexus_add_caught_test(crash events "SIGSEGV, in callback event, .*check.do")
nexus_add_caught_test(exit events "exit code 3")
nexus_add_caught_test(hang host "did not come to an end within 5 s, in callback"
  TIME_LIMIT=5)
nexus_add_caught_test(leak leaks "bytes stay behind with each instance")
nexus_add_caught_test(files reload "80 files stay open")
nexus_add_caught_test(threads reload "80 threads run on")
nexus_add_caught_test(thread calls "from a wrong thread.*call=router.reply")
nexus_add_caught_test(phase calls "in the wrong phase.*call=router.handle")
nexus_add_caught_test(op events "were never answered, check.do among them")
nexus_add_caught_test(state state "does not read what save_state")
nexus_add_caught_test(short_reads state "read() gives a byte at a time")
nexus_add_caught_test(optional host "on a server that offers no more than")
nexus_add_caught_test(symbol elf.exports "check_helper")
nexus_add_caught_test(constructor life "crashed with SIGABRT, while the file"
  "CHECK_CONSTRUCTOR=load crash")

# Preloaded into the server by tests of power cuts.
add_library(test_powercut MODULE tests/power/powercut.c)
set_target_properties(test_powercut PROPERTIES
  PREFIX "" OUTPUT_NAME powercut
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/power)
target_link_libraries(test_powercut PRIVATE nexus_warnings)

# What the headers say of threads and phases, for the test that tries it out.
file(GLOB public_headers CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/sdk/include/nexus/*.h)
set(abi_emit ${PROJECT_SOURCE_DIR}/tests/abi/emit.py)
set(abi_calls ${PROJECT_BINARY_DIR}/generated/abi_calls.h)
add_custom_command(OUTPUT ${abi_calls}
  COMMAND ${NEXUS_PYTHON} -B ${abi_emit} calls > ${abi_calls}
  DEPENDS ${abi_emit} ${PROJECT_SOURCE_DIR}/scripts/abi.py ${public_headers}
  VERBATIM)
set_source_files_properties(tests/unit/kernel/core/host_phases_test.c
  PROPERTIES OBJECT_DEPENDS ${abi_calls})

nexus_add_unit_tests(tests/unit "")
nexus_add_unit_tests(sdk/examples examples/)

# nexus_add_store_variants(<name>...)
# The same tests with the store as the engine instead of memory.
function(nexus_add_store_variants)
  foreach(name IN LISTS ARGN)
    add_test(NAME integration/store-${name} COMMAND ${NEXUS_PYTHON}
      ${PROJECT_SOURCE_DIR}/tests/integration/${name}.py)
    get_test_property(integration/${name} ENVIRONMENT environment)
    set_tests_properties(integration/store-${name} PROPERTIES
      LABELS integration TIMEOUT 120
      ENVIRONMENT "${environment};NEXUS_TEST_ENGINE=store")
  endforeach()
endfunction()

nexus_add_abi_tests()
if(TARGET nexusd)
  nexus_add_script_tests(integration 120)
  nexus_add_script_tests(api 120)
  nexus_add_store_variants(03-rooms-events 04-chat-history 04-chat-members
    04-chat-messages 04-chat-receipts)
  nexus_add_script_tests(long 1800)
endif()

# All of RFC 6455 and RFC 7692 in one test for each transport, and one with
# permessage-deflate; each counts its own cases.
function(nexus_add_conformance_test name)
  add_test(NAME conformance/${name}
    COMMAND ${NEXUS_PYTHON} ${PROJECT_SOURCE_DIR}/tests/conformance/run.py
      ${ARGN})
  set_tests_properties(conformance/${name} PROPERTIES
    LABELS conformance TIMEOUT 300
    ENVIRONMENT "NEXUS_BUILD=${PROJECT_BINARY_DIR};NEXUS_SOURCE=${PROJECT_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1;${NEXUS_SANITIZER_ENVIRONMENT}")
endfunction()

if(TARGET nexusd)
  nexus_add_conformance_test(ws)
  nexus_add_conformance_test(tls --tls)
  nexus_add_conformance_test(deflate --deflate)
endif()

# The packages are built as they are shipped, whatever this build is; with one
# kind of build is enough.
if(NOT NEXUS_SANITIZE AND NOT NEXUS_COVERAGE)
  nexus_add_script_tests(package 1800)
  # It builds on all processors there are.
  set_tests_properties(package/00-build PROPERTIES FIXTURES_SETUP packages
    PROCESSORS 2)
  set_tests_properties(package/01-life package/02-unit package/03-systemd
    PROPERTIES FIXTURES_REQUIRED packages)
endif()
