/*
 * Messages of the loader and of the last-chance exception handler, on the program's standard error.
 *
 * They must work before any DLL is bound and after the heap is damaged: no allocation, no lock.
 */
#include "ntdll_internal.h"

static void write_standard_error(const char *text, size_t length)
{
    IO_STATUS_BLOCK status;
    HANDLE file = user_peb()->ProcessParameters->StandardError;

    if (file != NULL)
        NtWriteFile(file, NULL, NULL, NULL, &status, text, (ULONG)length, NULL, NULL);
}

void ntdll_print(const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    int length = _vsnprintf(text, sizeof(text) - 1, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = sizeof(text) - 1;
    write_standard_error(text, (size_t)length);
}

void ntdll_describe_address(const void *address, char *text, size_t size)
{
    const struct ntdll_module *module = loader_find_by_address(address);

    if (module != NULL)
        _snprintf(text, size, "%wZ+0x%llx", &module->entry.BaseDllName,
                  (ULONG64)address - (ULONG64)module->entry.DllBase);
    else
        _snprintf(text, size, "0x%llx", (ULONG64)address);
    text[size - 1] = 0;
}

void ntdll_fail(NTSTATUS status, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    int length = _vsnprintf(text, sizeof(text) - 1, format, arguments);
    va_end(arguments);
    write_standard_error(text, length < 0 ? sizeof(text) - 1 : (size_t)length);
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}
