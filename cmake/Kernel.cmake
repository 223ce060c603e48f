# The kernel image. The target `kernel` makes <build>/kernel/ntoskrnl.exe and hal.dll.

set(KERNEL_BUILD ${CMAKE_BINARY_DIR}/kernel)
file(MAKE_DIRECTORY ${KERNEL_BUILD})

set(KERNEL_FLAGS
    --target=x86_64-w64-mingw32 -O2 -g -ffreestanding -fno-builtin -fms-extensions -mfsgsbase
    # Our variables are in this image: no pointer to reach them (mingw's auto-import) is needed.
    -fvisibility=hidden -Xclang -fapply-global-visibility-to-externs
    -fasynchronous-unwind-tables -Xclang -fasync-exceptions -mno-stack-arg-probe -std=gnu17
    -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror -Wno-ignored-attributes -Wno-pragma-pack
    -Wno-inconsistent-dllimport -Wno-unknown-pragmas -D_CLANG_DISABLE_CRT_DEPRECATION_WARNINGS
    -isystem ${DDK_MINGW_INCLUDE}/ddk
    -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_SOURCE_DIR}/src/ntoskrnl
    -I${CMAKE_SOURCE_DIR}/src/ntoskrnl/include)

# kernel_compile(<list variable> SOURCES …): one object per source.
function(kernel_compile result)
    set(objects)
    foreach(source ${ARGN})
        file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/src ${source})
        string(REPLACE "/" "_" name ${name})
        set(object ${KERNEL_BUILD}/${name}.o)
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${DDK_CLANG} ${KERNEL_FLAGS} -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source}
            DEPFILE ${object}.d
            COMMENT "kernel ${name}"
            VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    set(${result} ${objects} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE kernel_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/ntoskrnl/*.c
     ${CMAKE_SOURCE_DIR}/src/ntoskrnl/*.S)
list(FILTER kernel_sources EXCLUDE REGEX "/rtl/function_table\\.c$") # ntdll's
file(GLOB kernel_shared CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/pe/*.c
     ${CMAKE_SOURCE_DIR}/src/hal/*.c)
list(FILTER kernel_shared EXCLUDE REGEX "/hal_dll\\.c$")
kernel_compile(kernel_objects ${kernel_sources} ${kernel_shared})
kernel_compile(hal_objects ${CMAKE_SOURCE_DIR}/src/hal/hal_dll.c)

set(KERNEL_LINK ${DDK_CLANG} --target=x86_64-w64-mingw32 -fuse-ld=lld -nostdlib -shared
    -Wl,--subsystem,native -Wl,--no-insert-timestamp)

add_custom_command(
    OUTPUT ${KERNEL_BUILD}/ntoskrnl.exe
    COMMAND ${KERNEL_LINK} -Wl,--entry=KiSystemStartup -Wl,--image-base=0x600000000000
            -o ${KERNEL_BUILD}/ntoskrnl.exe ${kernel_objects}
    DEPENDS ${kernel_objects}
    COMMENT "Linking ntoskrnl.exe"
    VERBATIM)
add_custom_command(
    OUTPUT ${KERNEL_BUILD}/hal.dll
    COMMAND ${KERNEL_LINK} -Wl,--entry= -o ${KERNEL_BUILD}/hal.dll ${hal_objects}
    DEPENDS ${hal_objects}
    COMMENT "Linking hal.dll"
    VERBATIM)
add_custom_target(kernel ALL DEPENDS ${KERNEL_BUILD}/ntoskrnl.exe ${KERNEL_BUILD}/hal.dll)
