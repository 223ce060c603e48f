/*
 * New processes for programs: NtCreateUserProcess. The older ways, which build a process from a
 * section step by step, are refused.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define ENVIRONMENT_LIMIT (1u << 20) /* bytes */
#define PROCESS_KNOWN_FLAGS 0xFFFFF
#define CREATE_STATE_FAIL_ON_FILE_OPEN 1
#define CREATE_STATE_SUCCESS 6

/* PS_CREATE_INFO, as far as it is filled in. */
struct create_information {
    SIZE_T Size;
    ULONG State;
    ULONG Reserved;
    ULONG OutputFlags;
    HANDLE FileHandle;
    HANDLE SectionHandle;
    ULONG64 UserProcessParametersNative;
    ULONG UserProcessParametersWow64;
    ULONG CurrentParameterFlags;
    ULONG64 PebAddressNative;
    ULONG PebAddressWow64;
    ULONG64 ManifestAddress;
    ULONG ManifestSize;
};
C_ASSERT(sizeof(struct create_information) == 0x58);

NTSTATUS NTAPI NtCreateUserProcess(PHANDLE process_handle, PHANDLE thread_handle,
                                   ACCESS_MASK process_access, ACCESS_MASK thread_access,
                                   POBJECT_ATTRIBUTES process_attributes,
                                   POBJECT_ATTRIBUTES thread_attributes, ULONG process_flags,
                                   ULONG thread_flags, PVOID parameters, PVOID create_info,
                                   PVOID attribute_list);
NTSTATUS NTAPI NtCreateProcessEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                 HANDLE parent, ULONG flags, HANDLE section, HANDLE debug_port,
                                 HANDLE token, ULONG reserved);

/* The caller's process parameters, copied. */
struct parameters {
    UNICODE_STRING directory, image, command_line;
    struct ps_start_window window;
    HANDLE standard[3];
    WCHAR *environment; /* NULL = none given */
};

static void release_parameters(struct parameters *parameters)
{
    PUNICODE_STRING strings[] = {&parameters->directory,    &parameters->image,
                                 &parameters->command_line, &parameters->window.dll_path,
                                 &parameters->window.title, &parameters->window.desktop,
                                 &parameters->window.shell, &parameters->window.runtime};

    for (ULONG i = 0; i < ARRAY_COUNT(strings); i++)
        if (strings[i]->Buffer)
            ExFreePool(strings[i]->Buffer);
    if (parameters->environment)
        ExFreePoolWithTag(parameters->environment, PS_TAG);
}

/* A string of the block: its text lies at an address, or at an offset before "normalisation". */
static NTSTATUS capture_string(const struct user_process_parameters *at, ULONG flags,
                               UNICODE_STRING source, PUNICODE_STRING captured)
{
    if (!(flags & 1) && source.Buffer)
        source.Buffer = (PWSTR)((ULONG64)at + (ULONG64)source.Buffer);
    captured->Buffer = NULL;
    captured->Length = captured->MaximumLength = 0;
    if (source.Length == 0)
        return STATUS_SUCCESS;
    captured->Buffer = ExAllocatePoolWithTag(PagedPool, source.Length + sizeof(WCHAR), PS_TAG);
    if (!captured->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    captured->Length = source.Length;
    captured->MaximumLength = (USHORT)(source.Length + sizeof(WCHAR));
    captured->Buffer[source.Length / sizeof(WCHAR)] = 0;
    return ex_read_input(captured->Buffer, source.Buffer, source.Length, sizeof(WCHAR),
                         ke_previous_mode());
}

/* The copy ends with an empty string, whatever the caller's did. */
static NTSTATUS capture_environment(const struct user_process_parameters *block,
                                    WCHAR **environment)
{
    SIZE_T bytes = block->EnvironmentSize & ~1ull;
    NTSTATUS status;

    if (!block->Environment || bytes == 0)
        return STATUS_SUCCESS;
    if (bytes > ENVIRONMENT_LIMIT)
        return STATUS_INVALID_PARAMETER;
    *environment = ExAllocatePoolWithTag(PagedPool, bytes + 2 * sizeof(WCHAR), PS_TAG);
    if (!*environment)
        return STATUS_INSUFFICIENT_RESOURCES;
    status =
        ex_read_input(*environment, block->Environment, bytes, sizeof(WCHAR), ke_previous_mode());
    (*environment)[bytes / sizeof(WCHAR)] = (*environment)[bytes / sizeof(WCHAR) + 1] = 0;
    return status;
}

static NTSTATUS capture_parameters(const struct user_process_parameters *at,
                                   struct parameters *parameters)
{
    struct user_process_parameters block;
    NTSTATUS status = ex_read_input(&block, at, sizeof(block), sizeof(ULONG), ke_previous_mode());
    const struct {
        UNICODE_STRING source;
        PUNICODE_STRING target;
    } strings[] = {
        {block.CurrentDirectory.DosPath, &parameters->directory},
        {block.ImagePathName, &parameters->image},
        {block.CommandLine, &parameters->command_line},
        {block.DllPath, &parameters->window.dll_path},
        {block.WindowTitle, &parameters->window.title},
        {block.DesktopInfo, &parameters->window.desktop},
        {block.ShellInfo, &parameters->window.shell},
        {block.RuntimeData, &parameters->window.runtime},
    };

    for (ULONG i = 0; i < ARRAY_COUNT(strings) && NT_SUCCESS(status); i++)
        status = capture_string(at, block.Flags, strings[i].source, strings[i].target);
    if (NT_SUCCESS(status))
        status = capture_environment(&block, &parameters->environment);
    if (!NT_SUCCESS(status))
        return status;
    parameters->window.console = block.ConsoleHandle;
    parameters->window.console_flags = block.ConsoleFlags;
    parameters->window.window_flags = block.WindowFlags;
    parameters->window.show_window_flags = block.ShowWindowFlags;
    parameters->standard[0] = block.StandardInput;
    parameters->standard[1] = block.StandardOutput;
    parameters->standard[2] = block.StandardError;
    return STATUS_SUCCESS;
}

/* What the caller asks for beside parameters and attributes. */
struct request {
    ACCESS_MASK process_access, thread_access;
    POBJECT_ATTRIBUTES process_attributes, thread_attributes;
    PHANDLE process_handle, thread_handle;
    ULONG process_flags, thread_flags;
    PVOID create_info;
};

static void fill_create_info(const struct request *request, NTSTATUS status, PEPROCESS process)
{
    struct create_information information = {.Size = sizeof(information)};
    SIZE_T size = FIELD_OFFSET(struct create_information, OutputFlags);

    if (!request->create_info)
        return;
    information.State = CREATE_STATE_FAIL_ON_FILE_OPEN;
    if (NT_SUCCESS(status)) {
        information.State = CREATE_STATE_SUCCESS;
        information.PebAddressNative = (ULONG64)process->Peb;
        information.UserProcessParametersNative =
            (ULONG64)((struct user_peb *)process->Peb)->ProcessParameters;
        information.CurrentParameterFlags = 1;
        size = sizeof(information);
    }
    ex_write_output(request->create_info, &information, size, ke_previous_mode());
}

/* Give the creator his handles; the last step that may fail. */
static NTSTATUS tell_handles(const struct request *request, PEPROCESS process, PETHREAD thread)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    HANDLE process_handle, thread_handle;
    NTSTATUS status = ps_open_created(process, ps_process_type, request->process_access,
                                      request->process_attributes, &process_handle);

    if (!NT_SUCCESS(status))
        return status;
    status = ps_open_created(thread, ps_thread_type, request->thread_access,
                             request->thread_attributes, &thread_handle);
    if (!NT_SUCCESS(status)) {
        ObCloseHandle(process_handle, mode);
        return status;
    }
    status = ex_write_output(request->process_handle, &process_handle, sizeof(HANDLE), mode);
    if (NT_SUCCESS(status))
        status = ex_write_output(request->thread_handle, &thread_handle, sizeof(HANDLE), mode);
    return status;
}

/* From here on the process runs, or ends at once because its creator cannot have it. */
static NTSTATUS release_process(const struct request *request, PEPROCESS process, PETHREAD thread)
{
    NTSTATUS status;
    ULONG previous;

    if (request->thread_flags & PS_THREAD_CREATE_SUSPENDED ||
        request->process_flags & PS_PROCESS_SUSPENDED)
        ps_suspend_thread(thread, &previous);
    fill_create_info(request, STATUS_SUCCESS, process);
    status = tell_handles(request, process, thread);
    if (!NT_SUCCESS(status))
        ps_terminate_process(process, status);
    ke_thread_ready(&thread->Tcb);
    ke_lower_irql(ke_irql());
    return status;
}

static UCHAR inherited_class(PEPROCESS parent)
{
    return parent->PriorityClass == PS_PRIORITY_CLASS_IDLE ||
                   parent->PriorityClass == PS_PRIORITY_CLASS_BELOW_NORMAL
               ? parent->PriorityClass
               : PS_PRIORITY_CLASS_NORMAL;
}

static NTSTATUS create(const struct request *request, const struct parameters *parameters,
                       const struct ps_attributes *attributes)
{
    PEPROCESS parent = attributes->parent ? attributes->parent : ps_current_process();
    const struct ps_start start = {
        .image = &attributes->image_name,
        .command_line = &parameters->command_line,
        .directory = parameters->directory.Length ? &parameters->directory : NULL,
        .environment = parameters->environment,
        .standard = {parameters->standard[0], parameters->standard[1], parameters->standard[2]},
        .inherit_handles_from = request->process_flags & PS_PROCESS_INHERIT_HANDLES ? parent : NULL,
        .handle_list = attributes->handle_list,
        .handle_count = attributes->handle_count,
        .copy_standard = TRUE,
        .window = &parameters->window,
    };
    PEPROCESS process;
    PETHREAD thread;
    NTSTATUS status;

    if (attributes->handle_list && !start.inherit_handles_from)
        return STATUS_INVALID_PARAMETER;
    status = ps_start_program(&start, parent, &process, &thread);

    if (!NT_SUCCESS(status)) {
        fill_create_info(request, status, NULL);
        return status;
    }
    ps_set_priority_class(process, attributes->priority_class ? attributes->priority_class
                                                              : inherited_class(parent));
    ps_attributes_report(attributes, thread);
    status = release_process(request, process, thread);
    ObDereferenceObject(process);
    return status;
}

static NTSTATUS probe_outputs(const struct request *request)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    NTSTATUS status = ex_probe_output(request->process_handle, sizeof(HANDLE), sizeof(ULONG), mode);

    if (NT_SUCCESS(status))
        status = ex_probe_output(request->thread_handle, sizeof(HANDLE), sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && request->create_info)
        status = ex_probe_output(request->create_info, sizeof(struct create_information),
                                 sizeof(ULONG), mode);
    return status;
}

/*
 * Create a process that runs a program, with its first thread.
 * @param process_flags   4 = inherit the parent's inheritable handles, 0x200 = suspended
 * @param thread_flags    1 = suspended
 * @param parameters      RTL_USER_PROCESS_PARAMETERS: strings, environment, standard handles
 * @param create_info     PS_CREATE_INFO, receives state, PEB and parameters
 * @param attribute_list  PS_ATTRIBUTE_LIST with the image's NT path; also client id, TEB address,
 *                        parent, priority class, handles to inherit
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_INVALID_IMAGE_FORMAT;
 *   STATUS_INVALID_PARAMETER; STATUS_NOT_SUPPORTED for an attribute that is not supported; what a
 *   process notify routine says.
 * Differs from NT: create_info gets no file and section handles. Standard handles of the parent
 *   are always copied, as NT does for console programs.
 * Source: Win32 documentation, CreateProcess.
 */
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE process_handle, PHANDLE thread_handle,
                                   ACCESS_MASK process_access, ACCESS_MASK thread_access,
                                   POBJECT_ATTRIBUTES process_attributes,
                                   POBJECT_ATTRIBUTES thread_attributes, ULONG process_flags,
                                   ULONG thread_flags, PVOID parameters, PVOID create_info,
                                   PVOID attribute_list)
{
    const struct request request = {
        process_access, thread_access, process_attributes, thread_attributes, process_handle,
        thread_handle,  process_flags, thread_flags,       create_info,
    };
    struct ps_attributes attributes;
    struct parameters captured = {0};
    NTSTATUS status = probe_outputs(&request);

    if (!NT_SUCCESS(status))
        return status;
    if (process_flags & ~(ULONG)PROCESS_KNOWN_FLAGS ||
        thread_flags & ~(ULONG)PS_THREAD_KNOWN_FLAGS || !parameters)
        return STATUS_INVALID_PARAMETER;
    status = ps_attributes_capture(attribute_list, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = attributes.image_name.Buffer ? capture_parameters(parameters, &captured)
                                          : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = create(&request, &captured, &attributes);
    release_parameters(&captured);
    ps_attributes_release(&attributes);
    return status;
}
NT_SERVICE(CreateUserProcess, 11, PASSIVE_LEVEL, "ppuuppuuppp");

/*
 * Create a process from a section, without threads. Programs use NtCreateUserProcess.
 * IRQL: PASSIVE_LEVEL. Differs from NT: always STATUS_NOT_SUPPORTED.
 */
NTSTATUS NTAPI NtCreateProcessEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                 HANDLE parent, ULONG flags, HANDLE section, HANDLE debug_port,
                                 HANDLE token, ULONG reserved)
{
    (void)handle, (void)access, (void)attributes, (void)parent, (void)flags, (void)section,
        (void)debug_port, (void)token, (void)reserved;
    return STATUS_NOT_SUPPORTED;
}
NT_SERVICE(CreateProcessEx, 9, PASSIVE_LEVEL, "puphuhhhu");
