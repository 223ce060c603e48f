/*
 * Threads and processes as ntdll offers them, the performance counter, pointer encoding.
 */
#include "ntdll_internal.h"

/*
 * Creates a thread that starts at `start` with `argument`, under RtlUserThreadStart.
 * @param stack_reserve, stack_commit  bytes, 0: what the program's header says
 * @param thread, client_id            receive the handle and the ids; may be NULL
 * IRQL: PASSIVE_LEVEL. Returns: what NtCreateThreadEx returns.
 */
NTSTATUS NTAPI RtlCreateUserThread(HANDLE process, PSECURITY_DESCRIPTOR security, BOOLEAN suspended,
                                   ULONG zero_bits, SIZE_T stack_reserve, SIZE_T stack_commit,
                                   PVOID start, PVOID argument, PHANDLE thread,
                                   CLIENT_ID *client_id)
{
    OBJECT_ATTRIBUTES attributes = user_attributes(NULL, NULL, 0);
    THREAD_BASIC_INFORMATION information;
    HANDLE handle;

    attributes.SecurityDescriptor = security;
    NTSTATUS status =
        NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, &attributes, process, start, argument,
                         suspended ? 1 : 0, zero_bits, stack_commit, stack_reserve, NULL);

    if (!NT_SUCCESS(status))
        return status;
    if (client_id != NULL) {
        status = NtQueryInformationThread(handle, ThreadBasicInformation, &information,
                                          sizeof(information), NULL);
        *client_id = NT_SUCCESS(status) ? information.ClientId : (CLIENT_ID){NULL, NULL};
    }
    if (thread != NULL)
        *thread = handle;
    else
        NtClose(handle);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlCreateUserThread, 0, "hpbuqqpppp");

static void place_string(UNICODE_STRING *target, const UNICODE_STRING *source, char **at)
{
    if (source == NULL)
        return;
    *target = (UNICODE_STRING){source->Length, source->Length + sizeof(WCHAR), (WCHAR *)*at};
    memcpy(*at, source->Buffer, source->Length);
    *at += (source->Length + sizeof(WCHAR) + 7) & ~(SIZE_T)7;
}

static SIZE_T string_bytes(const UNICODE_STRING *string)
{
    return string != NULL ? (string->Length + sizeof(WCHAR) + 7) & ~(SIZE_T)7 : 0;
}

static SIZE_T environment_bytes(const WCHAR *environment)
{
    const WCHAR *at = environment;

    while (*at != 0)
        at += wcslen(at) + 1;
    return (SIZE_T)(at + 1 - environment) * sizeof(WCHAR);
}

/*
 * Builds the parameter block of a new process, in one piece, normalised.
 * @param dll_path, directory, title, desktop, shell, runtime  may be NULL
 * @param environment  NULL: the caller's
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_NO_MEMORY. Free with RtlDestroyProcessParameters.
 */
NTSTATUS NTAPI RtlCreateProcessParametersEx(struct user_process_parameters **result,
                                            PUNICODE_STRING image, PUNICODE_STRING dll_path,
                                            PUNICODE_STRING directory, PUNICODE_STRING command,
                                            PVOID environment, PUNICODE_STRING title,
                                            PUNICODE_STRING desktop, PUNICODE_STRING shell,
                                            PUNICODE_STRING runtime, ULONG flags)
{
    const struct user_process_parameters *own = user_peb()->ProcessParameters;
    const UNICODE_STRING *current = directory != NULL ? directory : &own->CurrentDirectory.DosPath;
    const WCHAR *block = environment != NULL ? environment : own->Environment;
    SIZE_T block_bytes = environment_bytes(block);
    SIZE_T size = sizeof(**result) + string_bytes(image) + string_bytes(dll_path) +
                  string_bytes(current) + string_bytes(command) + string_bytes(title) +
                  string_bytes(desktop) + string_bytes(shell) + string_bytes(runtime) + block_bytes;
    struct user_process_parameters *parameters =
        RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY, size);

    if (parameters == NULL)
        return STATUS_NO_MEMORY;
    char *at = (char *)(parameters + 1);

    parameters->MaximumLength = parameters->Length = (ULONG)size;
    parameters->Flags = flags | 1; /* normalised */
    place_string(&parameters->CurrentDirectory.DosPath, current, &at);
    place_string(&parameters->DllPath, dll_path, &at);
    place_string(&parameters->ImagePathName, image, &at);
    place_string(&parameters->CommandLine, command, &at);
    place_string(&parameters->WindowTitle, title, &at);
    place_string(&parameters->DesktopInfo, desktop, &at);
    place_string(&parameters->ShellInfo, shell, &at);
    place_string(&parameters->RuntimeData, runtime, &at);
    parameters->Environment = (WCHAR *)at;
    parameters->EnvironmentSize = block_bytes;
    memcpy(at, block, block_bytes);
    *result = parameters;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlCreateProcessParametersEx, 0, "pUUUUpUUUUu");

/* Frees a parameter block. IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS. */
NTSTATUS NTAPI RtlDestroyProcessParameters(struct user_process_parameters *parameters)
{
    RtlFreeHeap(user_peb()->ProcessHeap, 0, parameters);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlDestroyProcessParameters, 0, "p");

/* The performance counter. IRQL: PASSIVE_LEVEL. Returns: TRUE. */
BOOLEAN NTAPI RtlQueryPerformanceCounter(PLARGE_INTEGER counter)
{
    NtQueryPerformanceCounter(counter, NULL);
    return TRUE;
}
NT_EXPORT(RtlQueryPerformanceCounter, 0, "p");

/* Counts of the performance counter per second. IRQL: PASSIVE_LEVEL. Returns: TRUE. */
BOOLEAN NTAPI RtlQueryPerformanceFrequency(PLARGE_INTEGER frequency)
{
    LARGE_INTEGER counter;

    NtQueryPerformanceCounter(&counter, frequency);
    return TRUE;
}
NT_EXPORT(RtlQueryPerformanceFrequency, 0, "p");

/* What pointers are hidden with: differs between processes, is the same for one run's seed. */
static ULONG64 pointer_cookie(void)
{
    return (ULONG64)user_peb() * 0x9E3779B97F4A7C15ull;
}

/* Hides a pointer from programs that overwrite memory. RtlDecodePointer is the inverse. */
PVOID NTAPI RtlEncodePointer(PVOID pointer)
{
    ULONG64 value = (ULONG64)pointer ^ pointer_cookie();

    return (PVOID)(value >> 17 | value << 47);
}
NT_EXPORT(RtlEncodePointer, 0, "p");

/* Makes a pointer usable that RtlEncodePointer has hidden. */
PVOID NTAPI RtlDecodePointer(PVOID pointer)
{
    ULONG64 value = (ULONG64)pointer;

    return (PVOID)((value << 17 | value >> 47) ^ pointer_cookie());
}
NT_EXPORT(RtlDecodePointer, 0, "p");

struct user_peb *NTAPI RtlGetCurrentPeb(void);
/* The PEB. IRQL: PASSIVE_LEVEL. */
struct user_peb *NTAPI RtlGetCurrentPeb(void)
{
    return user_peb();
}
NT_EXPORT(RtlGetCurrentPeb, 0, "");
