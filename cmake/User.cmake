# The user-mode system DLLs. The target `user_dlls` makes, in <build>/user:
#   ntdll.dll, kernel32.dll, advapi32.dll, cfgmgr32.dll, setupapi.dll
#   and lib<name>.dll.a, the import library of each
#
# They are PE images without a C run-time: ntdll brings the C functions that the compiler calls.

find_program(USER_CLANG NAMES clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang REQUIRED)
set(USER_BUILD ${CMAKE_BINARY_DIR}/user)
file(MAKE_DIRECTORY ${USER_BUILD})

set(USER_FLAGS
    --target=x86_64-w64-mingw32 -O2 -g -ffreestanding -fno-builtin -fms-extensions
    -fasynchronous-unwind-tables -Xclang -fasync-exceptions -mno-stack-arg-probe -std=gnu17
    -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror -Wno-ignored-attributes -Wno-pragma-pack
    -Wno-unknown-pragmas -D_CLANG_DISABLE_CRT_DEPRECATION_WARNINGS -D_WIN32_WINNT=0x0A00
    -D_CRTIMP=
    -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_SOURCE_DIR}/src/ntoskrnl/include
    -I${CMAKE_SOURCE_DIR}/src/ntdll)
# For the sources that the kernel shares: they see the driver headers.
set(USER_KERNEL_FLAGS -isystem /usr/x86_64-w64-mingw32/include/ddk
    -I${CMAKE_SOURCE_DIR}/src/ntoskrnl)

# user_add_objects(<dll> <list variable> FLAGS … SOURCES …): one object file per source.
function(user_add_objects dll result)
    cmake_parse_arguments(ARG "" "" "FLAGS;SOURCES" ${ARGN})
    set(objects)
    foreach(source ${ARG_SOURCES})
        get_filename_component(name ${source} NAME)
        get_filename_component(folder ${source} DIRECTORY)
        get_filename_component(folder ${folder} NAME)
        set(object ${USER_BUILD}/${dll}/${folder}_${name}.o)
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${USER_CLANG} ${USER_FLAGS} ${ARG_FLAGS} -MD -MF ${object}.d -c ${source}
                    -o ${object}
            DEPENDS ${source}
            DEPFILE ${object}.d
            COMMENT "${dll} ${name}"
            VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    set(${result} ${${result}} ${objects} PARENT_SCOPE)
endfunction()

# user_add_dll(<name> BASE … OBJECTS … LIBRARIES …): links <name>.dll.
function(user_add_dll name)
    cmake_parse_arguments(ARG "" "BASE" "OBJECTS;LIBRARIES;LINK_FLAGS" ${ARGN})
    set(dll ${USER_BUILD}/${name}.dll)
    set(libraries)
    foreach(library ${ARG_LIBRARIES})
        list(APPEND libraries ${USER_BUILD}/lib${library}.dll.a)
    endforeach()
    add_custom_command(
        OUTPUT ${dll} ${USER_BUILD}/lib${name}.dll.a
        COMMAND ${USER_CLANG} --target=x86_64-w64-mingw32 -fuse-ld=lld -nostdlib -shared
                -Wl,--entry=,--image-base=${ARG_BASE}
                -Wl,--dynamicbase,--high-entropy-va,--no-insert-timestamp
                ${ARG_LINK_FLAGS}
                -Wl,--out-implib,${USER_BUILD}/lib${name}.dll.a
                -o ${dll} ${ARG_OBJECTS} ${libraries}
        DEPENDS ${ARG_OBJECTS} ${libraries}
        COMMENT "Linking ${name}.dll"
        VERBATIM)
    set(USER_DLLS ${USER_DLLS} ${dll} PARENT_SCOPE)
endfunction()

# ---- ntdll --------------------------------------------------------------------------------------

# One stub per service under its Nt and its Zw name: the number into eax, then into the kernel
# through the gate, whose address the kernel keeps at 0x7FFE0FF0.
set(user_services ${CMAKE_SOURCE_DIR}/src/machine/services.inc)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${user_services})
file(STRINGS ${user_services} user_rows REGEX "^SERVICE\\(")
set(user_stubs "/* Generated from services.inc. */\n        .text\n")
set(user_exports "        .section .drectve,\"yni\"\n")
foreach(row ${user_rows})
    string(REGEX MATCH "SERVICE\\((0x[0-9A-F]+), Nt([A-Za-z0-9]+)," ignored "${row}")
    set(number ${CMAKE_MATCH_1})
    set(service ${CMAKE_MATCH_2})
    string(APPEND user_stubs
        "        .globl Nt${service}\n        .globl Zw${service}\n        .p2align 4\n"
        "Nt${service}:\nZw${service}:\n"
        "        movq %rcx, %r10\n        movl $${number}, %eax\n        jmp *0x7FFE0FF0\n")
    string(APPEND user_exports "        .ascii \" -export:Nt${service} -export:Zw${service}\"\n")
endforeach()
file(CONFIGURE OUTPUT ${USER_BUILD}/service_stubs.S CONTENT "${user_stubs}${user_exports}" @ONLY)

file(GLOB user_ntdll CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/ntdll/*.[cS])
file(GLOB user_rtl CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/ntoskrnl/rtl/*.[cS])
file(GLOB user_pe CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/pe/*.c)
# ntdll has its own: what a kernel does about exceptions, and the errors of a status.
list(FILTER user_rtl EXCLUDE REGEX "/(seh_kernel|status)\\.c$")

user_add_objects(ntdll user_ntdll_objects FLAGS -D_NTDLL_ -D_NTSYSTEM_
                 SOURCES ${user_ntdll} ${user_pe} ${USER_BUILD}/service_stubs.S)
user_add_objects(ntdll user_ntdll_objects FLAGS ${USER_KERNEL_FLAGS} SOURCES ${user_rtl})
# wdm.h of mingw-w64 defines two inline functions (InterlockedBitTestAndSet and …Reset) in each file.
user_add_dll(ntdll BASE 0x180000000 OBJECTS ${user_ntdll_objects}
             LINK_FLAGS -Wl,--allow-multiple-definition)

# ---- kernel32, advapi32 -------------------------------------------------------------------------

file(GLOB user_kernel32 CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernel32/*.c)
user_add_objects(kernel32 user_kernel32_objects FLAGS -D_KERNEL32_ SOURCES ${user_kernel32})
user_add_dll(kernel32 BASE 0x181000000 OBJECTS ${user_kernel32_objects}
             LIBRARIES ntdll)

file(GLOB user_advapi32 CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/advapi32/*.c)
user_add_objects(advapi32 user_advapi32_objects FLAGS -D_ADVAPI32_ -DWINIMPM= SOURCES ${user_advapi32})
user_add_dll(advapi32 BASE 0x182000000 OBJECTS ${user_advapi32_objects}
             LIBRARIES kernel32 ntdll)

# ---- cfgmgr32, setupapi: devices and their interfaces -------------------------------------------

file(GLOB user_cfgmgr32 CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cfgmgr32/*.c)
user_add_objects(cfgmgr32 user_cfgmgr32_objects FLAGS -D_CFGMGR32_
                 SOURCES ${user_cfgmgr32})
user_add_dll(cfgmgr32 BASE 0x185000000 OBJECTS ${user_cfgmgr32_objects}
             LIBRARIES advapi32 kernel32 ntdll)

file(GLOB user_setupapi CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/setupapi/*.c)
user_add_objects(setupapi user_setupapi_objects FLAGS -D_SETUPAPI_ SOURCES ${user_setupapi})
user_add_dll(setupapi BASE 0x186000000 OBJECTS ${user_setupapi_objects}
             LIBRARIES cfgmgr32 advapi32 kernel32 ntdll)

add_custom_target(user_dlls ALL DEPENDS ${USER_DLLS})
