/*
 * What ntdll expects to find in a new process: PEB, process parameters, and a TEB for each thread,
 * in user memory of the process.
 */
#include "ps/ps_internal.h"

#define CURRENT_DIRECTORY_CHARACTERS 260
#define BUILD_NUMBER 19041

static const WCHAR default_environment[] =
    L"COMPUTERNAME=RINGSIDE\0ComSpec=C:\\Windows\\System32\\cmd.exe\0NUMBER_OF_PROCESSORS=1\0"
    L"OS=Windows_NT\0PATH=C:\\Windows\\System32;C:\\Windows\0PATHEXT=.COM;.EXE;.BAT;.CMD\0"
    L"PROCESSOR_ARCHITECTURE=AMD64\0SystemDrive=C:\0SystemRoot=C:\\Windows\0TEMP=C:\\Temp\0"
    L"TMP=C:\\Temp\0USERNAME=user\0windir=C:\\Windows\0";

static SIZE_T environment_bytes(const WCHAR *block)
{
    const WCHAR *at = block;

    while (*at)
        at += wcslen(at) + 1;
    return (SIZE_T)(at + 1 - block) * sizeof(WCHAR);
}

/* Append a string to the block; the process sees it at its own address, which is ours too. */
static UNICODE_STRING append(UCHAR **at, PCUNICODE_STRING text, ULONG capacity_bytes)
{
    UNICODE_STRING copy = {.Buffer = (PWSTR)*at, .Length = text->Length};

    copy.MaximumLength =
        (USHORT)(capacity_bytes > text->Length ? capacity_bytes : text->Length + sizeof(WCHAR));
    RtlCopyMemory(copy.Buffer, text->Buffer, text->Length);
    copy.Buffer[text->Length / sizeof(WCHAR)] = 0;
    *at += (copy.MaximumLength + 7) & ~7u;
    return copy;
}

static const struct ps_start_window no_window = {
    .desktop = RTL_CONSTANT_STRING(L"WinSta0\\Default"),
    .console = (PVOID)(ULONG_PTR)1,
};

static void fill_parameters(struct user_process_parameters *parameters, UCHAR *strings,
                            const struct ps_start *start, const WCHAR *environment)
{
    UNICODE_STRING directory = RTL_CONSTANT_STRING(L"C:\\");
    UNICODE_STRING image = ps_dos_path(start->image);
    const struct ps_start_window *window = start->window ? start->window : &no_window;

    parameters->Flags = 1; /* normalised: the strings are addresses */
    parameters->ConsoleHandle = window->console;
    parameters->ConsoleFlags = window->console_flags;
    parameters->WindowFlags = window->window_flags;
    parameters->ShowWindowFlags = window->show_window_flags;
    parameters->StandardInput = start->standard[0];
    parameters->StandardOutput = start->standard[1];
    parameters->StandardError = start->standard[2];
    parameters->CurrentDirectory.DosPath =
        append(&strings, start->directory ? start->directory : &directory,
               CURRENT_DIRECTORY_CHARACTERS * sizeof(WCHAR));
    parameters->DllPath = append(&strings, &window->dll_path, 0);
    parameters->ImagePathName = append(&strings, &image, 0);
    parameters->CommandLine = append(&strings, start->command_line, 0);
    parameters->WindowTitle = append(&strings, window->title.Length ? &window->title : &image, 0);
    parameters->DesktopInfo = append(&strings, &window->desktop, 0);
    parameters->ShellInfo = append(&strings, &window->shell, 0);
    parameters->RuntimeData = append(&strings, &window->runtime, 0);
    parameters->Environment = (PWCHAR)strings;
    parameters->EnvironmentSize = environment_bytes(environment);
    RtlCopyMemory(strings, environment, parameters->EnvironmentSize);
}

/* Room for the strings of fill_parameters, each with its end and its alignment. */
static ULONG64 strings_bytes(const struct ps_start *start)
{
    const struct ps_start_window *window = start->window ? start->window : &no_window;
    ULONG directory = start->directory ? start->directory->Length : 0;

    return max(directory, CURRENT_DIRECTORY_CHARACTERS * sizeof(WCHAR)) +
           2ull * start->image->Length + start->command_line->Length + window->dll_path.Length +
           window->title.Length + window->desktop.Length + window->shell.Length +
           window->runtime.Length + 8 * (sizeof(WCHAR) + 8);
}

static void fill_peb(struct user_peb *peb, struct user_process_parameters *parameters,
                     ULONG64 image_base)
{
    peb->Mutant = (PVOID)~0ull;
    peb->ImageBaseAddress = (PVOID)image_base;
    peb->ProcessParameters = parameters;
    peb->NumberOfProcessors = ke_parameters.processors;
    peb->CriticalSectionTimeout.QuadPart = -25920000000000ll; /* 30 days */
    peb->HeapSegmentReserve = 0x100000;
    peb->HeapSegmentCommit = 0x2000;
    peb->OSMajorVersion = 10;
    peb->OSBuildNumber = BUILD_NUMBER;
    peb->OSPlatformId = 2;
    peb->ImageSubsystem = 3;
    peb->ImageSubsystemMajorVersion = 6;
    peb->ActiveProcessAffinityMask = ke_active_processors();
    peb->SessionId = 1;
}

NTSTATUS ps_create_peb(PEPROCESS process, const struct ps_start *start, ULONG64 image_base)
{
    const WCHAR *environment = start->environment ? start->environment : default_environment;
    ULONG64 size = PAGE_SIZE + sizeof(struct user_process_parameters) + strings_bytes(start) +
                   environment_bytes(environment);
    ULONG64 address = 0;
    NTSTATUS status = mm_user_allocate(process->AddressSpace, &address, &size,
                                       MACHINE_READ | MACHINE_WRITE, FALSE);
    struct user_process_parameters *parameters;

    if (!NT_SUCCESS(status))
        return status;
    parameters = (struct user_process_parameters *)(address + PAGE_SIZE);
    parameters->MaximumLength = parameters->Length = (ULONG)(size - PAGE_SIZE);
    fill_parameters(parameters, (UCHAR *)(parameters + 1), start, environment);
    fill_peb((struct user_peb *)address, parameters, image_base);
    process->Peb = (PVOID)address;
    return STATUS_SUCCESS;
}

NTSTATUS ps_create_teb(PETHREAD thread, ULONG64 stack_base, ULONG64 stack_limit, ULONG64 allocation)
{
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;
    ULONG64 address = 0, size = sizeof(struct user_teb);
    NTSTATUS status = mm_user_allocate(process->AddressSpace, &address, &size,
                                       MACHINE_READ | MACHINE_WRITE, FALSE);
    struct user_teb *teb = (struct user_teb *)address;

    if (!NT_SUCCESS(status))
        return status;
    teb->NtTib.StackBase = (PVOID)stack_base;
    teb->NtTib.StackLimit = (PVOID)stack_limit;
    teb->NtTib.Self = &teb->NtTib;
    teb->ClientId = thread->Cid;
    teb->ProcessEnvironmentBlock = process->Peb;
    teb->CurrentLocale = 0x409;
    teb->DeallocationStack = (PVOID)allocation;
    teb->StaticUnicodeString.Buffer = teb->StaticUnicodeBuffer;
    teb->StaticUnicodeString.MaximumLength = sizeof(teb->StaticUnicodeBuffer);
    thread->Tcb.Teb = teb;
    return STATUS_SUCCESS;
}

void ps_delete_teb(PETHREAD thread)
{
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

    if (thread->UserStackAllocation)
        mm_user_free(process->AddressSpace, thread->UserStackAllocation);
    mm_user_free(process->AddressSpace, (ULONG64)thread->Tcb.Teb);
    thread->Tcb.Teb = NULL;
}
