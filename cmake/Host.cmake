# libringside.so, with the PE modules inside, and the command `ringside`.

find_package(PkgConfig REQUIRED)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
find_library(ZYDIS_LIBRARY Zydis REQUIRED)
find_library(DWARF_LIBRARY dwarf REQUIRED)
find_path(DWARF_INCLUDE libdwarf.h PATH_SUFFIXES libdwarf libdwarf-0 REQUIRED)
find_library(CJSON_LIBRARY cjson REQUIRED)
find_library(NCURSES_LIBRARY ncursesw REQUIRED)

set(host_warnings -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror)

# Each module goes in twice: stripped, for loading, and whole as NAME.debug, for source lines.
find_program(HOST_OBJCOPY REQUIRED NAMES llvm-objcopy-21 llvm-objcopy-20 llvm-objcopy-19
             llvm-objcopy-18 llvm-objcopy-17 llvm-objcopy-16 llvm-objcopy)
set(embedded)
set(STRIPPED_BUILD ${CMAKE_BINARY_DIR}/stripped)
file(MAKE_DIRECTORY ${STRIPPED_BUILD})
foreach(module ${KERNEL_BUILD}/ntoskrnl.exe ${KERNEL_BUILD}/hal.dll ${USER_DLLS} ${MSVCRT_DLLS} ${TOOLS})
    get_filename_component(name ${module} NAME)
    add_custom_command(OUTPUT ${STRIPPED_BUILD}/${name}
                       COMMAND ${HOST_OBJCOPY} --strip-debug ${module} ${STRIPPED_BUILD}/${name}
                       DEPENDS ${module} COMMENT "Stripping ${name}" VERBATIM)
    list(APPEND embedded ${name}=${STRIPPED_BUILD}/${name} ${name}.debug=${module})
endforeach()
list(REMOVE_DUPLICATES embedded)
embed_files(${CMAKE_BINARY_DIR}/embedded.S host_embedded_files ${embedded})

file(GLOB host_sources CONFIGURE_DEPENDS src/host/*.c src/pe/*.c src/text/*.c)
add_library(ringside_library SHARED ${host_sources} ${CMAKE_BINARY_DIR}/embedded.S)
set_target_properties(ringside_library PROPERTIES
    OUTPUT_NAME ringside VERSION ${PROJECT_VERSION} SOVERSION 0 C_VISIBILITY_PRESET hidden)
target_compile_options(ringside_library PRIVATE $<$<COMPILE_LANGUAGE:C>:${host_warnings}>)
target_include_directories(ringside_library PUBLIC include PRIVATE src ${DWARF_INCLUDE})
target_link_libraries(ringside_library PRIVATE PkgConfig::SECCOMP ${ZYDIS_LIBRARY}
                      ${DWARF_LIBRARY})

file(GLOB cli_sources CONFIGURE_DEPENDS src/cli/*.c src/server/*.c src/text/*.c)
# `ringside trace view` spells records as the recorder does, and has the parts of its page inside.
file(GLOB page_files CONFIGURE_DEPENDS src/cli/trace_view/*)
set(page)
foreach(file ${page_files})
    get_filename_component(name ${file} NAME)
    list(APPEND page ${name}=${file})
endforeach()
embed_files(${CMAKE_BINARY_DIR}/page.S cli_page_files ${page})
embed_files(${CMAKE_BINARY_DIR}/completion.S cli_completion_files
            bash=${CMAKE_SOURCE_DIR}/src/cli/completion/bash
            zsh=${CMAKE_SOURCE_DIR}/src/cli/completion/zsh)
add_executable(ringside ${cli_sources} src/host/trace_fields.c src/host/trace_put.c
               src/host/trace_text.c ${CMAKE_BINARY_DIR}/page.S
               ${CMAKE_BINARY_DIR}/completion.S)
target_compile_options(ringside PRIVATE $<$<COMPILE_LANGUAGE:C>:${host_warnings}>)
target_include_directories(ringside PRIVATE src)
target_link_libraries(ringside PRIVATE ringside_library ringside_hive ${CJSON_LIBRARY}
                      ${NCURSES_LIBRARY})
# One path for both places: CMake would pad another one for the build tree with empty entries.
set_target_properties(ringside PROPERTIES BUILD_WITH_INSTALL_RPATH ON
                      INSTALL_RPATH "$ORIGIN:$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

install(TARGETS ringside ringside_library)
install(DIRECTORY include/ringside DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# Relative, so that `cmake --install --prefix` may name another folder than the configuration did.
file(RELATIVE_PATH PKGCONFIG_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/ringside.pc.in ringside.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/ringside.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
