/* Starting programs. See kernel32.h. */
#include "kernel32.h"

#define THREAD_CREATE_SUSPENDED 1
#define PROCESS_CREATE_INHERIT_HANDLES 4

/* The first word of a command line, without its quotes. */
static BOOL program_of(const WCHAR *line, WCHAR *program, size_t size)
{
    WCHAR end = L' ';
    size_t length = 0;

    if (*line == L'"') {
        end = L'"';
        line++;
    }
    while (line[length] != 0 && line[length] != end && (end == L'"' || line[length] != L'\t'))
        length++;
    if (length == 0 || length >= size)
        return base_error(ERROR_FILE_NOT_FOUND);
    memcpy(program, line, length * sizeof(WCHAR));
    program[length] = 0;
    return TRUE;
}

/* The full path of the program to run. */
static BOOL find_program(const WCHAR *application, const WCHAR *line, WCHAR *path, size_t size)
{
    WCHAR program[MAX_PATH];

    if (application != NULL) {
        DWORD length = GetFullPathNameW(application, (DWORD)size, path, NULL);

        return length != 0 && length < size;
    }
    if (!program_of(line, program, ARRAY_COUNT(program)))
        return FALSE;
    DWORD length = SearchPathW(NULL, program, L".exe", (DWORD)size, path, NULL);

    return length != 0 && length < size;
}

/* An ANSI environment block in UTF-16. */
static WCHAR *widen_environment(const char *block)
{
    const char *end = block;

    while (*end != 0)
        end += strlen(end) + 1;
    int length = (int)(end + 1 - block);
    WCHAR *wide = base_allocate((SIZE_T)length * sizeof(WCHAR));

    if (wide != NULL)
        MultiByteToWideChar(CP_ACP, 0, block, length, wide, length);
    return wide;
}

static void set_standard_handles(struct user_process_parameters *parameters,
                                 const STARTUPINFOW *startup)
{
    const struct user_process_parameters *own = user_peb()->ProcessParameters;
    bool given = startup->dwFlags & STARTF_USESTDHANDLES;

    parameters->ConsoleHandle = own->ConsoleHandle;
    parameters->StandardInput = given ? startup->hStdInput : own->StandardInput;
    parameters->StandardOutput = given ? startup->hStdOutput : own->StandardOutput;
    parameters->StandardError = given ? startup->hStdError : own->StandardError;
    parameters->WindowFlags = startup->dwFlags;
    parameters->ShowWindowFlags = startup->wShowWindow;
}

static BOOL make_parameters(const WCHAR *path, const WCHAR *line, PVOID environment,
                            const WCHAR *directory, const STARTUPINFOW *startup,
                            struct user_process_parameters **parameters)
{
    UNICODE_STRING image, command, current;
    WCHAR full_directory[MAX_PATH + 2];

    RtlInitUnicodeString(&image, path);
    RtlInitUnicodeString(&command, line != NULL ? line : path);
    if (directory != NULL) {
        DWORD length = GetFullPathNameW(directory, MAX_PATH, full_directory, NULL);

        if (length == 0 || length >= MAX_PATH ||
            !(GetFileAttributesW(full_directory) & FILE_ATTRIBUTE_DIRECTORY))
            return base_error(ERROR_DIRECTORY);
        if (full_directory[length - 1] != L'\\') {
            full_directory[length] = L'\\';
            full_directory[length + 1] = 0;
        }
        RtlInitUnicodeString(&current, full_directory);
    }
    NTSTATUS status =
        RtlCreateProcessParametersEx(parameters, &image, NULL, directory != NULL ? &current : NULL,
                                     &command, environment, &image, NULL, NULL, NULL, 0);

    if (NT_SUCCESS(status))
        set_standard_handles(*parameters, startup);
    return base_result(status);
}

static NTSTATUS create(const WCHAR *path, struct user_process_parameters *parameters, BOOL inherit,
                       DWORD flags, const STARTUPINFOW *startup, PROCESS_INFORMATION *information)
{
    PS_CREATE_INFO create_info = {.Size = sizeof(create_info)};
    LPPROC_THREAD_ATTRIBUTE_LIST extended = flags & EXTENDED_STARTUPINFO_PRESENT
                                                ? ((const STARTUPINFOEXW *)startup)->lpAttributeList
                                                : NULL;
    PS_ATTRIBUTE_LIST list;
    UNICODE_STRING nt_path;
    CLIENT_ID ids;

    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, &nt_path, NULL, NULL);

    if (!NT_SUCCESS(status))
        return status;
    list.Attributes[0] =
        (PS_ATTRIBUTE){PS_ATTRIBUTE_IMAGE_NAME, nt_path.Length, (ULONG_PTR)nt_path.Buffer, NULL};
    list.Attributes[1] = (PS_ATTRIBUTE){PS_ATTRIBUTE_CLIENT_ID, sizeof(ids), (ULONG_PTR)&ids, NULL};
    ULONG count = 2 + base_process_attributes(extended, &list.Attributes[2]);

    list.TotalLength = __builtin_offsetof(PS_ATTRIBUTE_LIST, Attributes[count]);
    status = NtCreateUserProcess(&information->hProcess, &information->hThread, PROCESS_ALL_ACCESS,
                                 THREAD_ALL_ACCESS, NULL, NULL,
                                 inherit ? PROCESS_CREATE_INHERIT_HANDLES : 0,
                                 THREAD_CREATE_SUSPENDED, parameters, &create_info, &list);
    base_free_name(&nt_path);
    if (!NT_SUCCESS(status))
        return status;
    information->dwProcessId = (DWORD)(ULONG_PTR)ids.UniqueProcess;
    information->dwThreadId = (DWORD)(ULONG_PTR)ids.UniqueThread;
    if (!(flags & CREATE_SUSPENDED))
        NtResumeThread(information->hThread, NULL);
    return STATUS_SUCCESS;
}

/* Starts a program. */
WINBOOL WINAPI CreateProcessW(LPCWSTR application, LPWSTR line, LPSECURITY_ATTRIBUTES process,
                              LPSECURITY_ATTRIBUTES thread, BOOL inherit, DWORD flags,
                              LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW startup,
                              LPPROCESS_INFORMATION information)
{
    struct user_process_parameters *parameters;
    WCHAR path[MAX_PATH], *widened = NULL;

    (void)process, (void)thread;
    if (application == NULL && line == NULL)
        return base_error(ERROR_INVALID_PARAMETER);
    if (!find_program(application, line, path, ARRAY_COUNT(path)))
        return FALSE;
    if (environment != NULL && !(flags & CREATE_UNICODE_ENVIRONMENT)) {
        environment = widened = widen_environment(environment);
        if (widened == NULL)
            return FALSE;
    }
    BOOL result = make_parameters(path, line, environment, directory, startup, &parameters);

    if (result) {
        result = base_result(create(path, parameters, inherit, flags, startup, information));
        RtlDestroyProcessParameters(parameters);
    }
    base_free(widened);
    return result;
}
NT_EXPORT(CreateProcessW, 0, "wwppbupwpp");

/* Starts a program. */
WINBOOL WINAPI CreateProcessA(LPCSTR application, LPSTR line, LPSECURITY_ATTRIBUTES process,
                              LPSECURITY_ATTRIBUTES thread, BOOL inherit, DWORD flags,
                              LPVOID environment, LPCSTR directory, LPSTARTUPINFOA startup,
                              LPPROCESS_INFORMATION information)
{
    struct base_wide wide_application = {0}, wide_line = {0}, wide_directory = {0};
    STARTUPINFOEXW extended;
    STARTUPINFOW *wide_startup = &extended.StartupInfo;

    memcpy(&extended, startup,
           flags & EXTENDED_STARTUPINFO_PRESENT ? sizeof(extended) : sizeof(*startup));
    wide_startup->lpDesktop = wide_startup->lpTitle = wide_startup->lpReserved = NULL;
    BOOL result =
        base_widen(&wide_application, application) && base_widen(&wide_line, line) &&
        base_widen(&wide_directory, directory) &&
        CreateProcessW(wide_application.text, wide_line.text, process, thread, inherit, flags,
                       environment, wide_directory.text, wide_startup, information);

    base_widen_free(&wide_application);
    base_widen_free(&wide_line);
    base_widen_free(&wide_directory);
    return result;
}
NT_EXPORT(CreateProcessA, 0, "ssppbupspp");

/* Starts a program and returns at once: the old way. Returns: more than 31, or an error. */
UINT WINAPI WinExec(LPCSTR line, UINT show)
{
    STARTUPINFOA startup = {.cb = sizeof(startup), .wShowWindow = (WORD)show};
    PROCESS_INFORMATION information;

    if (!CreateProcessA(NULL, (LPSTR)line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                        &information)) {
        DWORD error = GetLastError();

        return error < 32 ? error : ERROR_FILE_NOT_FOUND;
    }
    NtClose(information.hThread);
    NtClose(information.hProcess);
    return 33;
}
NT_EXPORT(WinExec, 0, "su");
