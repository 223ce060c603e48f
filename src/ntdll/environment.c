/*
 * The environment block: strings NAME=value, each with its zero, an empty string last.
 *
 * Names are compared without regard to case, and may begin with '=' (the drive directories). The
 * block in the process parameters is replaced as a whole when a variable changes, under the PEB
 * lock. Source: Win32 documentation, "Environment Variables".
 */
#include "ntdll_internal.h"

/* Length of a block in characters, without the final zero. */
static size_t block_length(const WCHAR *block)
{
    const WCHAR *at = block;

    while (*at != 0)
        at += wcslen(at) + 1;
    return (size_t)(at - block);
}

static WCHAR *find_variable(WCHAR *block, const UNICODE_STRING *name)
{
    size_t length = name->Length / sizeof(WCHAR);

    for (WCHAR *at = block; *at != 0; at += wcslen(at) + 1) {
        if (_wcsnicmp(at, name->Buffer, length) == 0 && at[length] == L'=')
            return at;
    }
    return NULL;
}

static WCHAR *environment_or_own(PWSTR environment)
{
    return environment != NULL ? environment : user_peb()->ProcessParameters->Environment;
}

/*
 * The value of a variable.
 * @param environment  NULL: the process's
 * @param value        receives it; Length is set to what it needs when the buffer is too small
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_VARIABLE_NOT_FOUND; STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR environment, PUNICODE_STRING name,
                                             PUNICODE_STRING value)
{
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;

    RtlAcquirePebLock();
    WCHAR *block = environment_or_own(environment);
    WCHAR *found = block != NULL && name->Length != 0 ? find_variable(block, name) : NULL;

    if (found != NULL) {
        const WCHAR *text = found + name->Length / sizeof(WCHAR) + 1;
        size_t bytes = wcslen(text) * sizeof(WCHAR);

        value->Length = (USHORT)bytes;
        status = bytes <= value->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (NT_SUCCESS(status))
            memcpy(value->Buffer, text, bytes);
        if (NT_SUCCESS(status) && bytes + sizeof(WCHAR) <= value->MaximumLength)
            value->Buffer[bytes / sizeof(WCHAR)] = 0;
    }
    RtlReleasePebLock();
    return status;
}
NT_EXPORT(RtlQueryEnvironmentVariable_U, 0, "pUU");

/* A new block: `old` without the variable `name`, and with it when `value` is given. */
static WCHAR *rebuild(WCHAR *old, const UNICODE_STRING *name, const UNICODE_STRING *value)
{
    size_t old_length = old != NULL ? block_length(old) : 0;
    size_t extra = value != NULL ? (name->Length + value->Length) / sizeof(WCHAR) + 2 : 0;
    WCHAR *block =
        RtlAllocateHeap(user_peb()->ProcessHeap, 0, (old_length + extra + 2) * sizeof(WCHAR));
    WCHAR *skipped = old != NULL ? find_variable(old, name) : NULL;
    WCHAR *out = block;

    if (block == NULL)
        return NULL;
    for (WCHAR *at = old; at != NULL && *at != 0; at += wcslen(at) + 1) {
        if (at == skipped)
            continue;
        memcpy(out, at, (wcslen(at) + 1) * sizeof(WCHAR));
        out += wcslen(at) + 1;
    }
    if (value != NULL) {
        memcpy(out, name->Buffer, name->Length);
        out += name->Length / sizeof(WCHAR);
        *out++ = L'=';
        memcpy(out, value->Buffer, value->Length);
        out += value->Length / sizeof(WCHAR);
        *out++ = 0;
    }
    out[0] = out[1] = 0;
    return block;
}

/*
 * Sets, changes or (with `value` NULL) removes a variable.
 * @param environment  NULL: the process's; else the block to replace, from the process heap
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a bad name; STATUS_NO_MEMORY.
 */
NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *environment, PUNICODE_STRING name,
                                         PUNICODE_STRING value)
{
    static bool own_block; /* the first block is the kernel's and stays */
    struct user_process_parameters *parameters = user_peb()->ProcessParameters;

    if (name->Length == 0)
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 1; i < name->Length / sizeof(WCHAR); i++) {
        if (name->Buffer[i] == L'=')
            return STATUS_INVALID_PARAMETER;
    }
    RtlAcquirePebLock();
    WCHAR **target = environment != NULL ? environment : &parameters->Environment;
    WCHAR *old = *target;
    WCHAR *block = rebuild(old, name, value);

    if (block != NULL) {
        *target = block;
        if (environment == NULL)
            parameters->EnvironmentSize = (block_length(block) + 1) * sizeof(WCHAR);
        if (old != NULL && (environment != NULL || own_block))
            RtlFreeHeap(user_peb()->ProcessHeap, 0, old);
        if (environment == NULL)
            own_block = true;
    }
    RtlReleasePebLock();
    return block != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
NT_EXPORT(RtlSetEnvironmentVariable, 0, "pUU");

/* Appends as far as there is room; `target->Length` counts on. */
static void append(PUNICODE_STRING target, ULONG *bytes, const WCHAR *text, size_t length)
{
    for (size_t i = 0; i < length; i++, *bytes += sizeof(WCHAR)) {
        if (*bytes + sizeof(WCHAR) <= target->MaximumLength)
            target->Buffer[*bytes / sizeof(WCHAR)] = text[i];
    }
}

/*
 * Replaces each %NAME% by the variable's value; unknown names stay as they are.
 * @param required  receives the bytes needed, with the terminating zero; may be NULL
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR environment, PUNICODE_STRING source,
                                             PUNICODE_STRING target, PULONG required)
{
    size_t length = source->Length / sizeof(WCHAR), end;
    ULONG bytes = 0;

    RtlAcquirePebLock();
    WCHAR *block = environment_or_own(environment);

    for (size_t i = 0; i < length; i++) {
        const WCHAR *text = source->Buffer + i;

        for (end = i + 1; text[0] == L'%' && end < length && source->Buffer[end] != L'%';)
            end++;
        UNICODE_STRING name = {(USHORT)((end - i - 1) * sizeof(WCHAR)), 0, source->Buffer + i + 1};
        WCHAR *found = NULL;

        if (text[0] == L'%' && end < length && name.Length != 0)
            found = find_variable(block, &name);
        if (found != NULL) {
            found += name.Length / sizeof(WCHAR) + 1;
            append(target, &bytes, found, wcslen(found));
            i = end;
        } else {
            append(target, &bytes, text, 1);
        }
    }
    RtlReleasePebLock();
    append(target, &bytes, L"", 1);
    if (required != NULL)
        *required = bytes;
    if (bytes > target->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    target->Length = (USHORT)(bytes - sizeof(WCHAR));
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlExpandEnvironmentStrings_U, 0, "pUUp");
