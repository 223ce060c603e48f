# The C run-time DLLs. Include after User.cmake. The target `msvcrt_dlls` makes, in <build>/user:
# msvcrt.dll and ucrtbase.dll, which this file adds to USER_DLLS.
#
# Both are linked from the same objects plus one file of their own. libm and gdtoa come from
# mingw-w64's static libmingwex.a (public domain and permissive licences); its references to
# msvcrt functions resolve inside the DLL, so the DLLs import from kernel32 alone.

# Uses the variables of msvcrt_add_dlls. The linker repeats two inline functions of wdm.h, see
# User.cmake.
macro(msvcrt_link name base)
    set(own_objects)
    user_add_objects(${name} own_objects FLAGS ${flags} SOURCES ${source}/${name}.c)
    add_custom_command(
        OUTPUT ${USER_BUILD}/${name}.dll ${USER_BUILD}/lib${name}.dll.a
        COMMAND ${USER_CLANG} --target=x86_64-w64-mingw32 -fuse-ld=lld -nostdlib -shared
                -Wl,--entry=DllMainCRTStartup,--image-base=${base}
                -Wl,--dynamicbase,--high-entropy-va,--no-insert-timestamp
                -Wl,--gc-sections,--allow-multiple-definition
                -Wl,--out-implib,${USER_BUILD}/lib${name}.dll.a
                -o ${USER_BUILD}/${name}.dll ${own_objects} ${common_objects} ${mingwex} ${libgcc}
                ${USER_BUILD}/libkernel32.dll.a
        DEPENDS ${own_objects} ${common_objects} ${USER_BUILD}/libkernel32.dll.a
        COMMENT "Linking ${name}.dll"
        VERBATIM)
endmacro()

function(msvcrt_add_dlls)
    set(source ${CMAKE_SOURCE_DIR}/src/msvcrt)
    set(rtl ${CMAKE_SOURCE_DIR}/src/ntoskrnl/rtl)
    set(flags -I${CMAKE_SOURCE_DIR}/src/ntoskrnl)
    file(MAKE_DIRECTORY ${USER_BUILD}/msvcrt ${USER_BUILD}/ucrtbase)
    file(GLOB sources CONFIGURE_DEPENDS ${source}/*.c)
    list(FILTER sources EXCLUDE REGEX "/(msvcrt|ucrtbase)\\.c$")
    user_add_objects(msvcrt common_objects FLAGS ${flags} SOURCES ${sources})

    # Shared with the kernel. c_number and c_library keep the names out that we define with errno.
    set(shared)
    foreach(name memory c_string c_wide c_secure format unicode_case code_page)
        list(APPEND shared ${rtl}/${name}.c)
    endforeach()
    user_add_objects(msvcrt common_objects FLAGS ${USER_KERNEL_FLAGS} SOURCES ${shared})
    user_add_objects(msvcrt common_objects FLAGS ${USER_KERNEL_FLAGS} -include ${source}/rtl_rename.h
                     SOURCES ${rtl}/c_number.c ${rtl}/c_library.c)

    execute_process(COMMAND x86_64-w64-mingw32-gcc -print-file-name=libmingwex.a
                    OUTPUT_VARIABLE mingwex OUTPUT_STRIP_TRAILING_WHITESPACE)
    execute_process(COMMAND x86_64-w64-mingw32-gcc -print-libgcc-file-name
                    OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)
    msvcrt_link(msvcrt 0x183000000)
    msvcrt_link(ucrtbase 0x184000000)
    set(dlls ${USER_BUILD}/msvcrt.dll ${USER_BUILD}/ucrtbase.dll)
    add_custom_target(msvcrt_dlls ALL DEPENDS ${dlls})
    add_dependencies(msvcrt_dlls user_dlls) # one target makes libkernel32.dll.a, not two
    set(USER_DLLS ${USER_DLLS} ${dlls} PARENT_SCOPE)
endfunction()

msvcrt_add_dlls()
