# The registry in files: a library of its own, for the server and its tests.

find_package(ZLIB REQUIRED)
file(GLOB hive_sources CONFIGURE_DEPENDS src/hive/*.c)
add_library(ringside_hive STATIC ${hive_sources})
set_target_properties(ringside_hive PROPERTIES POSITION_INDEPENDENT_CODE ON
                      C_VISIBILITY_PRESET hidden)
target_compile_options(ringside_hive PRIVATE ${host_warnings})
target_include_directories(ringside_hive PRIVATE src)
target_link_libraries(ringside_hive PRIVATE ZLIB::ZLIB)
