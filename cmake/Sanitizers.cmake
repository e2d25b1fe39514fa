# Sanitizers and coverage change every object file, so they are global.

if(NEXUS_SANITIZE)
  add_compile_options(-fsanitize=${NEXUS_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${NEXUS_SANITIZE})
endif()

if(NEXUS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(NEXUS_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# What a test needs in its environment to stop at the first finding.
set(NEXUS_SANITIZER_ENVIRONMENT "")
if(NEXUS_SANITIZE MATCHES "address")
  list(APPEND NEXUS_SANITIZER_ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0")
elseif(NEXUS_SANITIZE MATCHES "thread")
  list(APPEND NEXUS_SANITIZER_ENVIRONMENT
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp")
endif()
