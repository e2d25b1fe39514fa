# The warning set of the house, as one target that all our code links.

add_library(nexus_warnings INTERFACE)
target_compile_options(nexus_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow -Wconversion -Wsign-conversion
  -Wstrict-prototypes -Wmissing-prototypes
  -Wformat=2 -Wwrite-strings -Wcast-qual
  -Wundef -Wvla -Wswitch-enum -Wimplicit-fallthrough
  -Wno-unused-parameter # callbacks must be able to ignore an argument
  $<$<BOOL:${NEXUS_WERROR}>:-Werror>)
