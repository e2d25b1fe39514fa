# PIE comes from CMAKE_POSITION_INDEPENDENT_CODE and check_pie_supported().

if(NEXUS_HARDEN)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
    -fstack-protector-strong)
endif()
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,--as-needed)
