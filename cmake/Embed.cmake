# nexus_embed(<target> <folder>)
# Puts the files *.in below a folder into a program, as the array
# template_files of kernel/ctl/plugin/template.h.
function(nexus_embed target folder)
  set(source ${PROJECT_BINARY_DIR}/generated/template_files.c)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS
    RELATIVE ${PROJECT_SOURCE_DIR}/${folder}
    ${PROJECT_SOURCE_DIR}/${folder}/*.in ${PROJECT_SOURCE_DIR}/${folder}/.*.in)
  list(SORT files)
  set(rows "")
  foreach(file IN LISTS files)
    set(path ${PROJECT_SOURCE_DIR}/${folder}/${file})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} bytes HEX)
    string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
    # Adjacent literals: the standard promises lines of 4095 characters.
    string(REGEX REPLACE "((\\\\x..)(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?)"
      "\"\\1\"\n" bytes "${bytes}")
    string(APPEND rows "{\"${file}\",\n${bytes}},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include \"kernel/ctl/plugin/template.h\"
const struct template_file template_files[] = {
@rows@{0, 0},
};
")
  target_sources(${target} PRIVATE ${source})
  # Longer literals than the standard promises; every compiler takes them.
  set_source_files_properties(${source} PROPERTIES
    COMPILE_OPTIONS "-Wno-overlength-strings")
endfunction()
