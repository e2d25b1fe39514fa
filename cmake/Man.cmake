# Manual pages: docs/man/<page>.in with the tables of the programs put in, as
# man/<page> and, to be installed, man/<page>.gz.

nexus_find_sources(man_sources kernel/man)
add_executable(nexus-man ${man_sources})
target_link_libraries(nexus-man PRIVATE nexus_warnings nexus_ctl nexus_kernel)

set(man_dir ${PROJECT_BINARY_DIR}/man)
file(GLOB man_pages CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/docs/man
  ${PROJECT_SOURCE_DIR}/docs/man/*.in)
list(TRANSFORM man_pages REPLACE "\\.in$" "")

set(NEXUS_MAN_PAGES ${man_pages})
list(TRANSFORM NEXUS_MAN_PAGES REPLACE "(.+)" "${man_dir}/\\1.gz")
foreach(page IN LISTS man_pages)
  add_custom_command(OUTPUT ${man_dir}/${page} ${man_dir}/${page}.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${man_dir}
    COMMAND nexus-man ${PROJECT_SOURCE_DIR}/docs/man/${page}.in
      > ${man_dir}/${page}
    COMMAND gzip -9nfk ${man_dir}/${page}
    DEPENDS nexus-man plugins ${PROJECT_SOURCE_DIR}/docs/man/${page}.in
    VERBATIM)
endforeach()
add_custom_target(man ALL DEPENDS ${NEXUS_MAN_PAGES})
