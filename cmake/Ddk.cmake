# The driver kit that `ringside cc` compiles with: the target `ddk` makes
#   <build>/ddk/include/{km,shared}   our headers, which go before those of mingw-w64
#   <build>/ddk/lib                   import libraries, and the two small support libraries
# and `cmake --install` puts the same under share/ringside/ddk.
#
# Import libraries come twice, because the two targets look for different names: libX.a and X.lib.

find_program(DDK_CLANG NAMES clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang REQUIRED)
find_program(DDK_NM NAMES llvm-nm-21 llvm-nm-20 llvm-nm-19 llvm-nm-18 llvm-nm-17 llvm-nm-16 llvm-nm
             REQUIRED)
find_program(DDK_DLLTOOL NAMES llvm-dlltool-21 llvm-dlltool-20 llvm-dlltool-19 llvm-dlltool-18
             llvm-dlltool-17 llvm-dlltool-16 llvm-dlltool REQUIRED)
find_program(DDK_AR NAMES llvm-ar-21 llvm-ar-20 llvm-ar-19 llvm-ar-18 llvm-ar-17 llvm-ar-16 llvm-ar
             REQUIRED)
find_path(DDK_MINGW_INCLUDE ddk/wdm.h REQUIRED
          PATHS /usr/x86_64-w64-mingw32/include /usr/x86_64-w64-mingw32/sys-root/mingw/include)
find_path(DDK_MINGW_LIB libntoskrnl.a REQUIRED
          PATHS /usr/x86_64-w64-mingw32/lib /usr/x86_64-w64-mingw32/sys-root/mingw/lib)

set(DDK_SOURCE ${CMAKE_SOURCE_DIR}/src/ddk)
set(DDK_BUILD ${CMAKE_BINARY_DIR}/ddk)
set(DDK_OUTPUTS)

# An import library from lib/<module>.def and the names of mingw-w64's lib<module>.a.
function(ddk_add_import_library module)
    set(base ${DDK_SOURCE}/lib/${module}.def)
    set(mingw ${DDK_MINGW_LIB}/lib${module}.a)
    set(def ${DDK_BUILD}/lib/${module}.def)
    set(gnu ${DDK_BUILD}/lib/lib${module}.a)
    set(msvc ${DDK_BUILD}/lib/${module}.lib)
    add_custom_command(
        OUTPUT ${gnu} ${msvc}
        BYPRODUCTS ${def}
        COMMAND ${DDK_SOURCE}/lib/make_def.sh ${DDK_NM} ${mingw} ${base} > ${def}
        COMMAND ${DDK_DLLTOOL} -m i386:x86-64 -d ${def} -l ${gnu}
        COMMAND ${CMAKE_COMMAND} -E copy ${gnu} ${msvc}
        DEPENDS ${base} ${DDK_SOURCE}/lib/make_def.sh ${mingw}
        COMMENT "Import library ${module}"
        VERBATIM)
    set(DDK_OUTPUTS ${DDK_OUTPUTS} ${gnu} ${msvc} PARENT_SCOPE)
endfunction()

# A static library of our own sources, compiled as `ringside cc` compiles a driver.
function(ddk_add_support_library library target)
    set(objects)
    file(GLOB_RECURSE headers ${DDK_SOURCE}/include/*.h ${DDK_SOURCE}/include/*.inl)
    foreach(source ${ARGN})
        set(object ${DDK_BUILD}/lib/${target}/${source}.o)
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${CMAKE_COMMAND} -E make_directory ${DDK_BUILD}/lib/${target}
            COMMAND ${DDK_CLANG} --target=${target} -O2 -std=gnu17 -fms-extensions
                    -fms-compatibility -fgnuc-version=4.2.1 -fasynchronous-unwind-tables
                    -Wall -Wextra -Werror -Wno-ignored-attributes -Wno-pragma-pack
                    -D_AMD64_=1 -DNTDDI_VERSION=0x0A000008 -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00
                    -D__USE_MINGW_ANSI_STDIO=0
                    -isystem ${DDK_SOURCE}/include/km -isystem ${DDK_SOURCE}/include/shared
                    -isystem ${DDK_MINGW_INCLUDE}/ddk
                    "$<$<STREQUAL:${target},x86_64-pc-windows-msvc>:-isystem${DDK_MINGW_INCLUDE}>"
                    -c ${DDK_SOURCE}/lib/${source} -o ${object}
            DEPENDS ${DDK_SOURCE}/lib/${source} ${headers}
            COMMENT "Driver support ${source} for ${target}"
            COMMAND_EXPAND_LISTS
            VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    add_custom_command(
        OUTPUT ${library}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${library}
        COMMAND ${DDK_AR} rcs ${library} ${objects}
        DEPENDS ${objects}
        VERBATIM)
    set(DDK_OUTPUTS ${DDK_OUTPUTS} ${library} PARENT_SCOPE)
endfunction()

function(ddk_add_headers)
    file(GLOB_RECURSE headers RELATIVE ${DDK_SOURCE} CONFIGURE_DEPENDS
         ${DDK_SOURCE}/include/*.h ${DDK_SOURCE}/include/*.inl)
    foreach(header ${headers})
        add_custom_command(
            OUTPUT ${DDK_BUILD}/${header}
            COMMAND ${CMAKE_COMMAND} -E copy ${DDK_SOURCE}/${header} ${DDK_BUILD}/${header}
            DEPENDS ${DDK_SOURCE}/${header}
            VERBATIM)
        list(APPEND DDK_OUTPUTS ${DDK_BUILD}/${header})
    endforeach()
    set(DDK_OUTPUTS ${DDK_OUTPUTS} PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${DDK_BUILD}/lib)
ddk_add_headers()
ddk_add_import_library(ntoskrnl)
ddk_add_import_library(hal)
ddk_add_support_library(${DDK_BUILD}/lib/libringside_gnu.a x86_64-w64-mingw32 support.c wdmsec.c)
ddk_add_support_library(${DDK_BUILD}/lib/ringside_msvc.lib x86_64-pc-windows-msvc
                        gs_support.c wdmsec.c)
add_custom_target(ddk ALL DEPENDS ${DDK_OUTPUTS})

install(DIRECTORY ${DDK_BUILD}/include ${DDK_BUILD}/lib DESTINATION share/ringside/ddk
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inl" PATTERN "*.a" PATTERN "*.lib")
