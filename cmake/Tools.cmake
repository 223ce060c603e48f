# The programs that look into a machine, in <build>/tools: one for each folder of src/tools but
# `common`, whose sources are in all of them. They are ordinary Windows console programs, which the
# library carries like its system DLLs.

set(TOOLS_BUILD ${CMAKE_BINARY_DIR}/tools)
file(MAKE_DIRECTORY ${TOOLS_BUILD})
set(TOOLS)

file(GLOB tool_folders LIST_DIRECTORIES true CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/tools/*)
file(GLOB tool_common CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/tools/common/*.[ch])
foreach(folder ${tool_folders})
    get_filename_component(name ${folder} NAME)
    if(name STREQUAL common)
        continue()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c ${CMAKE_SOURCE_DIR}/src/tools/common/*.c)
    file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h)
    add_custom_command(
        OUTPUT ${TOOLS_BUILD}/${name}.exe
        COMMAND ${USER_CLANG} --target=x86_64-w64-mingw32 -fuse-ld=lld -O2 -g -std=gnu17 -municode
                -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror -D_WIN32_WINNT=0x0A00 -DUNICODE
                -I${CMAKE_SOURCE_DIR}/src -Wl,--no-insert-timestamp -o ${TOOLS_BUILD}/${name}.exe
                ${sources} -ladvapi32 -lcfgmgr32 -lsetupapi -lntdll
        DEPENDS ${sources} ${headers} ${tool_common}
        COMMENT "Linking ${name}.exe"
        VERBATIM)
    list(APPEND TOOLS ${TOOLS_BUILD}/${name}.exe)
endforeach()
add_custom_target(tools ALL DEPENDS ${TOOLS})
