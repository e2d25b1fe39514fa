# libnexus_fake_host.a as it is installed: the fake host with the kernel below
# it in one object whose only global names are fake_*, so that a plugin under
# test may call its own functions whatever it likes.

set(fake_host_dir ${PROJECT_BINARY_DIR}/sdk)
set(fake_host_parts nexus_fake_host nexus_core nexus_base nexus_sdk)
set(fake_host_objects ${fake_host_parts})
list(TRANSFORM fake_host_objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")

set(NEXUS_FAKE_HOST_ARCHIVE ${fake_host_dir}/libnexus_fake_host.a)
add_custom_command(OUTPUT ${NEXUS_FAKE_HOST_ARCHIVE}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${fake_host_dir}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${NEXUS_FAKE_HOST_ARCHIVE}
  COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${fake_host_dir}/fake_host.o
    ${fake_host_objects}
  COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=fake_*"
    ${fake_host_dir}/fake_host.o
  COMMAND ${CMAKE_AR} qcsD ${NEXUS_FAKE_HOST_ARCHIVE}
    ${fake_host_dir}/fake_host.o
  DEPENDS ${fake_host_parts} ${fake_host_objects}
  COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(fake_host_archive ALL DEPENDS ${NEXUS_FAKE_HOST_ARCHIVE})
