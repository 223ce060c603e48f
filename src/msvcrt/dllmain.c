/*
 * Entry point of msvcrt.dll and ucrtbase.dll. The order of process attach matters: per-thread data
 * first, because everything else may set errno; descriptors before streams.
 *
 * At process detach only buffered output is written. When the process ends, other threads may have
 * been stopped inside a lock, so nothing here waits for one: exit() flushed already in that case.
 */
#include "crt.h"

BOOL WINAPI DllMainCRTStartup(HINSTANCE instance, DWORD reason, void *reserved);

BOOL WINAPI DllMainCRTStartup(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)instance;
    switch (reason) {
    case DLL_PROCESS_ATTACH:
        crt_classes_initialize();
        crt_clock_initialize();
        return crt_thread_initialize() && crt_environment_initialize() &&
               crt_startup_initialize() && crt_descriptor_initialize() && crt_stream_initialize();
    case DLL_THREAD_DETACH:
        crt_thread_detach();
        break;
    case DLL_PROCESS_DETACH:
        crt_stream_flush_all();
        if (!reserved) /* unloaded by FreeLibrary: the process lives on */
            crt_thread_uninitialize();
        break;
    }
    return TRUE;
}
