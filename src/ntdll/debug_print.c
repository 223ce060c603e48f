/*
 * Text for a debugger, as OutputDebugString sends it: the exception DBG_PRINTEXCEPTION_C, which a
 * debugger (or the kernel's console) takes, and which is forgotten when nobody does.
 * Source: Win32 documentation, OutputDebugString.
 */
#include "ntdll_internal.h"

static void raise_text(const char *text, size_t length)
{
    EXCEPTION_RECORD record = {.ExceptionCode = DBG_PRINTEXCEPTION_C, .NumberParameters = 2};

    record.ExceptionInformation[0] = length + 1;
    record.ExceptionInformation[1] = (ULONG_PTR)text;
    __try {
        RtlRaiseException(&record);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        /* nobody listens */
    }
}

/*
 * Sends formatted text to the debugger; at most 511 bytes.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS.
 */
ULONG DbgPrint(PCSTR format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    int length = _vsnprintf(text, sizeof(text) - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof(text))
        length = sizeof(text) - 1;
    text[length] = 0;
    raise_text(text, (size_t)length);
    return STATUS_SUCCESS;
}
NT_EXPORT(DbgPrint, 0, "s.");
ULONG DbgPrintEx(ULONG component, ULONG level, PCSTR format, ...);
/* As DbgPrint; component and level do not filter in user mode. */
ULONG DbgPrintEx(ULONG component, ULONG level, PCSTR format, ...)
{
    char text[512];
    va_list arguments;

    (void)component, (void)level;
    va_start(arguments, format);
    int length = _vsnprintf(text, sizeof(text) - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof(text))
        length = sizeof(text) - 1;
    text[length] = 0;
    raise_text(text, (size_t)length);
    return STATUS_SUCCESS;
}
NT_EXPORT(DbgPrintEx, 0, "uus.");

void NTAPI DbgBreakPoint(void);
/* A breakpoint. */
void NTAPI DbgBreakPoint(void)
{
    __asm__ volatile("int3");
}
NT_EXPORT(DbgBreakPoint, 0, "");
