# nexus_find_sources(<variable> <folder> [FLAT])
# The C sources below a folder; FLAT does not descend.
function(nexus_find_sources variable folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "FLAT" "" "")
  if(arg_FLAT)
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  else()
    file(GLOB_RECURSE found CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  endif()
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

# nexus_add_layer(<name> SOURCES <folder> [FLAT] [EXCLUDE <file>...]
#                 LINK <target>...)
# One static library per layer. A folder without sources yields an INTERFACE
# library, so the tree can be configured before it is complete.
# <name>_SCOPE says how to attach usage requirements to it.
function(nexus_add_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FLAT" "SOURCES" "EXCLUDE;LINK")
  set(flat "")
  if(arg_FLAT)
    set(flat FLAT)
  endif()
  nexus_find_sources(sources ${arg_SOURCES} ${flat})
  foreach(file IN LISTS arg_EXCLUDE)
    list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/${arg_SOURCES}/${file})
  endforeach()

  if(sources)
    set(scope PUBLIC)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PRIVATE nexus_warnings)
  else()
    set(scope INTERFACE)
    add_library(${name} INTERFACE)
  endif()
  target_link_libraries(${name} ${scope} ${arg_LINK})
  set(${name}_SCOPE ${scope} PARENT_SCOPE)
endfunction()
