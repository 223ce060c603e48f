/*
 * Debug output. A line goes to the host as UTF-8, with its component and level; what is shown is
 * the host's choice.
 */
#include "kd/kd.h"
#include "kd/trace.h"
#include "ke/ke.h"
#include "ps/ps.h"
#include "mm/mm.h"
#include "rtl/printf.h"

#define LINE_BYTES 512        /* NT's limit for one DbgPrint */
#define DEFAULT_COMPONENT 101 /* DPFLTR_DEFAULT_ID */
#define INFO_LEVEL 3

static SIZE_T encode_utf8(ULONG code, char *to)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xC0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xE0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3F));
        to[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3F));
    to[2] = (char)(0x80 | (code >> 6 & 0x3F));
    to[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

void kd_to_utf8(PCUNICODE_STRING from, char *to, SIZE_T size)
{
    SIZE_T units = from->Length / sizeof(WCHAR);
    SIZE_T used = 0;

    for (SIZE_T i = 0; i < units && used + 5 <= size; i++) {
        ULONG code = from->Buffer[i];

        if (code >= 0xD800 && code < 0xDC00 && i + 1 < units &&
            (from->Buffer[i + 1] & 0xFC00) == 0xDC00)
            code = 0x10000 + ((code - 0xD800) << 10) + (from->Buffer[++i] - 0xDC00u);
        else if (code >= 0xD800 && code < 0xE000)
            code = '?';
        used += encode_utf8(code, to + used);
    }
    to[used] = 0;
}

int kd_format_list(char *text, SIZE_T size, const char *format, va_list arguments)
{
    int length = _vsnprintf(text, size - 1, format, arguments);

    if (length < 0 || (SIZE_T)length >= size)
        length = (int)strnlen(text, size - 1);
    text[length] = 0;
    return length;
}

int kd_format(char *text, SIZE_T size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = kd_format_list(text, size, format, arguments);
    va_end(arguments);
    return length;
}

/* The boot thread belongs to no process, and is no more than a KTHREAD. */
static void origin(struct machine_origin *from)
{
    PEPROCESS process = ps_current_process();

    *from = (struct machine_origin){.time = ke_system_time(), .process_name = ""};
    if (!process)
        return;
    from->process = (ULONG)(ULONG_PTR)process->UniqueProcessId;
    from->thread = (ULONG)(ULONG_PTR)ps_current_thread()->Cid.UniqueThread;
    from->process_name = (const char *)process->ImageFileName;
}

static ULONG print(ULONG component, ULONG level, PCCH prefix, PCCH format, va_list arguments)
{
    char line[LINE_BYTES];
    struct machine_origin from;
    int prefix_length = (int)strlen(prefix);
    int length;

    RtlCopyMemory(line, prefix, (SIZE_T)prefix_length);
    length = kd_format_list(line + prefix_length, sizeof(line) - (SIZE_T)prefix_length, format,
                            arguments);
    KD_TRACE(debug_print(component, level, line, (SIZE_T)(prefix_length + length)));
    origin(&from);
    ke_machine->debug_print(component, level, line, (SIZE_T)(prefix_length + length), &from);
    return STATUS_SUCCESS;
}

/*
 * Print to the debugger.
 * @param format  printf format; floating point is not supported
 * At most 512 bytes are printed. IRQL: <= DIRQL (PASSIVE_LEVEL for wide characters).
 * Source: Windows driver documentation, DbgPrint.
 */
ULONG __cdecl DbgPrint(PCSTR format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, format);
    status = print(DEFAULT_COMPONENT, INFO_LEVEL, "", format, arguments);
    va_end(arguments);
    return status;
}
NT_EXPORT(DbgPrint, HIGH_LEVEL, "s.");

ULONG __cdecl DbgPrintEx(ULONG component, ULONG level, PCSTR format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, format);
    status = print(component, level, "", format, arguments);
    va_end(arguments);
    return status;
}
NT_EXPORT(DbgPrintEx, HIGH_LEVEL, "uus.");

ULONG NTAPI vDbgPrintEx(ULONG component, ULONG level, PCCH format, va_list arguments)
{
    return print(component, level, "", format, arguments);
}
NT_EXPORT(vDbgPrintEx, HIGH_LEVEL, "uusp");

ULONG NTAPI vDbgPrintExWithPrefix(PCCH prefix, ULONG component, ULONG level, PCCH format,
                                  va_list arguments)
{
    return print(component, level, prefix, format, arguments);
}
NT_EXPORT(vDbgPrintExWithPrefix, HIGH_LEVEL, "suusp");

/* No debugger is attached, and a driver may ask. */
BOOLEAN KdDebuggerEnabled_value;
BOOLEAN KdDebuggerNotPresent_value = TRUE;
NT_EXPORT_DIRECTIVE("KdDebuggerEnabled=KdDebuggerEnabled_value,data");
NT_EXPORT_DIRECTIVE("KdDebuggerNotPresent=KdDebuggerNotPresent_value,data");

/* A failed ASSERT of a driver: print it as NT does, then break. */
VOID NTAPI RtlAssert(PVOID condition, PVOID file, ULONG line, PCHAR message)
{
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %u\n\n",
             message ? message : "", (PCCH)condition, (PCCH)file, line);
    DbgBreakPoint();
}
NT_EXPORT(RtlAssert, HIGH_LEVEL, "ssus");

VOID NTAPI DbgBreakPoint(VOID)
{
    __debugbreak();
}
NT_EXPORT(DbgBreakPoint, HIGH_LEVEL, "");

VOID NTAPI DbgBreakPointWithStatus(ULONG status)
{
    (void)status;
    __debugbreak();
}
NT_EXPORT(DbgBreakPointWithStatus, HIGH_LEVEL, "u");

void kd_print_loader_error(PCUNICODE_STRING path, const char *why)
{
    char name[260];
    char line[420];

    kd_to_utf8(path, name, sizeof(name));
    kd_format(line, sizeof(line), "%s: %s", strrchr(name, '\\') ? strrchr(name, '\\') + 1 : name,
              why);
    ke_machine->loader_error(line);
}

void kd_stop_missing_import(const char *module, const char *name, ULONG64 caller)
{
    struct mm_image *image = mm_image_of(caller);
    char image_name[64] = "?";
    static char text[320];

    if (image)
        kd_to_utf8(&image->name, image_name, sizeof(image_name));
    kd_format(text, sizeof(text), "%s!%s, called from %s+0x%llx", module, name, image_name,
              image ? caller - image->base : caller);
    ke_stop_unimplemented(text);
}
