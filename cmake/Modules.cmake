# The PE modules and the driver kit of another build folder, RINGSIDE_MODULES, in place of building
# them: for builds that change the host side alone, as the sanitizers do.

find_path(DDK_MINGW_INCLUDE ddk/wdm.h REQUIRED
          PATHS /usr/x86_64-w64-mingw32/include /usr/x86_64-w64-mingw32/sys-root/mingw/include)
set(KERNEL_BUILD ${RINGSIDE_MODULES}/kernel)
set(USER_DLLS)
foreach(name ntdll kernel32 advapi32 cfgmgr32 setupapi msvcrt ucrtbase)
    list(APPEND USER_DLLS ${RINGSIDE_MODULES}/user/${name}.dll)
endforeach()
file(GLOB TOOLS ${RINGSIDE_MODULES}/tools/*.exe)
file(CREATE_LINK ${RINGSIDE_MODULES}/ddk ${CMAKE_BINARY_DIR}/ddk SYMBOLIC)
