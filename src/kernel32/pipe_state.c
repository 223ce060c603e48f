/* Waiting for named pipes, their modes and what is known of them. See kernel32.h. */
#include "kernel32.h"

#define FSCTL_PIPE_WAIT 0x110018
#define PIPE_INFORMATION ((FILE_INFORMATION_CLASS)23)       /* FilePipeInformation */
#define PIPE_LOCAL_INFORMATION ((FILE_INFORMATION_CLASS)24) /* FilePipeLocalInformation */

/* What FSCTL_PIPE_WAIT takes. */
struct pipe_wait {
    LARGE_INTEGER timeout;
    ULONG name_length;
    BOOLEAN timeout_specified;
    WCHAR name[MAX_PATH];
};

struct pipe_modes {
    ULONG read_mode, completion_mode;
};

struct pipe_facts {
    ULONG type, configuration, maximum_instances, current_instances;
    ULONG inbound_quota, available, outbound_quota, space, state, end;
};

/* What follows the prefix of a pipe's name; NULL for other names. */
static const WCHAR *name_in_root(const WCHAR *name)
{
    static const WCHAR prefix[] = L"\\\\.\\pipe\\";
    int length = (int)ARRAY_COUNT(prefix) - 1;

    return lstrlenW(name) > length &&
                   CompareStringOrdinal(name, length, prefix, length, TRUE) == CSTR_EQUAL
               ? name + length
               : NULL;
}

/* Waits until an instance of a named pipe listens. */
WINBOOL WINAPI WaitNamedPipeW(LPCWSTR name, DWORD milliseconds)
{
    const WCHAR *rest = name_in_root(name);
    struct pipe_wait wait = {.timeout_specified = milliseconds != NMPWAIT_USE_DEFAULT_WAIT};
    UNICODE_STRING root_name;
    IO_STATUS_BLOCK io;
    HANDLE root;

    if (rest == NULL || lstrlenW(rest) >= MAX_PATH)
        return base_error(ERROR_INVALID_NAME);
    wait.name_length = (ULONG)lstrlenW(rest) * sizeof(WCHAR);
    memcpy(wait.name, rest, wait.name_length);
    wait.timeout.QuadPart =
        milliseconds == NMPWAIT_WAIT_FOREVER ? INT64_MIN : -10000ll * milliseconds;
    RtlInitUnicodeString(&root_name, L"\\Device\\NamedPipe\\");
    OBJECT_ATTRIBUTES attributes = user_attributes(&root_name, NULL, OBJ_CASE_INSENSITIVE);
    NTSTATUS status = NtOpenFile(&root, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);

    if (!NT_SUCCESS(status))
        return base_result(status);
    status = NtFsControlFile(root, NULL, NULL, NULL, &io, FSCTL_PIPE_WAIT, &wait,
                             (ULONG) __builtin_offsetof(struct pipe_wait, name) + wait.name_length,
                             NULL, 0);
    NtClose(root);
    return base_result(status);
}
NT_EXPORT(WaitNamedPipeW, 0, "wu");

/* Waits until an instance of a named pipe listens. */
WINBOOL WINAPI WaitNamedPipeA(LPCSTR name, DWORD milliseconds)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, name) && WaitNamedPipeW(wide.text, milliseconds);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(WaitNamedPipeA, 0, "su");

static NTSTATUS query_facts(HANDLE pipe, struct pipe_facts *facts)
{
    IO_STATUS_BLOCK io;

    return NtQueryInformationFile(pipe, &io, facts, sizeof(*facts), PIPE_LOCAL_INFORMATION);
}

/* Sets the read mode of an end, and whether its requests wait. Nothing is collected locally. */
WINBOOL WINAPI SetNamedPipeHandleState(HANDLE pipe, LPDWORD mode, LPDWORD collect_bytes,
                                       LPDWORD collect_ms)
{
    struct pipe_modes modes;
    IO_STATUS_BLOCK io;

    if (collect_bytes != NULL || collect_ms != NULL)
        return base_error(ERROR_INVALID_PARAMETER);
    if (mode == NULL)
        return TRUE;
    if (*mode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT))
        return base_error(ERROR_INVALID_PARAMETER);
    modes.read_mode = (*mode & PIPE_READMODE_MESSAGE) != 0;
    modes.completion_mode = (*mode & PIPE_NOWAIT) != 0;
    return base_result(NtSetInformationFile(pipe, &io, &modes, sizeof(modes), PIPE_INFORMATION));
}
NT_EXPORT(SetNamedPipeHandleState, 0, "hppp");

/* The modes of an end and the number of instances; clients' user names are not known. */
WINBOOL WINAPI GetNamedPipeHandleStateW(HANDLE pipe, LPDWORD mode, LPDWORD instances,
                                        LPDWORD collect_bytes, LPDWORD collect_ms, LPWSTR user,
                                        DWORD user_size)
{
    struct pipe_modes modes;
    struct pipe_facts facts;
    IO_STATUS_BLOCK io;

    (void)user_size;
    if (user != NULL)
        return base_error(ERROR_NOT_SUPPORTED);
    NTSTATUS status = NtQueryInformationFile(pipe, &io, &modes, sizeof(modes), PIPE_INFORMATION);

    if (NT_SUCCESS(status))
        status = query_facts(pipe, &facts);
    if (!NT_SUCCESS(status))
        return base_result(status);
    if (mode != NULL)
        *mode = (modes.read_mode ? PIPE_READMODE_MESSAGE : PIPE_READMODE_BYTE) |
                (modes.completion_mode ? PIPE_NOWAIT : PIPE_WAIT);
    if (instances != NULL)
        *instances = facts.current_instances;
    if (collect_bytes != NULL)
        *collect_bytes = 0;
    if (collect_ms != NULL)
        *collect_ms = 0;
    return TRUE;
}
NT_EXPORT(GetNamedPipeHandleStateW, 0, "hppppwu");

/* As GetNamedPipeHandleStateW. */
WINBOOL WINAPI GetNamedPipeHandleStateA(HANDLE pipe, LPDWORD mode, LPDWORD instances,
                                        LPDWORD collect_bytes, LPDWORD collect_ms, LPSTR user,
                                        DWORD user_size)
{
    return GetNamedPipeHandleStateW(pipe, mode, instances, collect_bytes, collect_ms, (LPWSTR)user,
                                    user_size);
}
NT_EXPORT(GetNamedPipeHandleStateA, 0, "hpppppu");

/* What kind of pipe it is, which end, and how large its buffers are. */
WINBOOL WINAPI GetNamedPipeInfo(HANDLE pipe, LPDWORD flags, LPDWORD out_size, LPDWORD in_size,
                                LPDWORD maximum_instances)
{
    struct pipe_facts facts;
    NTSTATUS status = query_facts(pipe, &facts);

    if (!NT_SUCCESS(status))
        return base_result(status);
    if (flags != NULL)
        *flags = (facts.type ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE) |
                 (facts.end ? PIPE_SERVER_END : PIPE_CLIENT_END);
    if (out_size != NULL)
        *out_size = facts.outbound_quota;
    if (in_size != NULL)
        *in_size = facts.inbound_quota;
    if (maximum_instances != NULL)
        *maximum_instances = facts.maximum_instances > PIPE_UNLIMITED_INSTANCES
                                 ? PIPE_UNLIMITED_INSTANCES
                                 : facts.maximum_instances;
    return TRUE;
}
NT_EXPORT(GetNamedPipeInfo, 0, "hpppp");
