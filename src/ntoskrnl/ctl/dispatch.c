/*
 * The control thread and the table of its operations.
 */
#include "cm/cm.h"
#include "ctl/ctl_internal.h"
#include "fs/fs.h"
#include "io/io.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "machine/control.h"
#include "vf/access.h"
#include "vf/only.h"
#include "vf/vf.h"
#include "pnp/pnp.h"
#include "po/po.h"

struct ctl_state ctl;

/* The thread never starts: it is the current one whenever the host runs. */
static VOID NTAPI never_runs(PVOID context)
{
    (void)context;
    kassert(!"the control thread starts");
}

void ctl_initialize(void)
{
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\ringside.exe");
    PEPROCESS process;
    PETHREAD thread;
    HANDLE handle;
    ULONG64 address = 0, size = CTL_BUFFER_BYTES;

    if (!NT_SUCCESS(ps_create_process(&name, PsInitialSystemProcess, &process)) ||
        !NT_SUCCESS(ps_create_thread(process, never_runs, NULL, &thread)))
        kassert(!"the control thread");
    /* The first slot, where programs find the base they are linked for, is for the first program.
     */
    mm_space_destroy(process->AddressSpace);
    if (!NT_SUCCESS(mm_space_create_last(&process->AddressSpace)))
        kassert(!"the address space of the control process");
    if (!NT_SUCCESS(mm_user_allocate(process->AddressSpace, &address, &size,
                                     MACHINE_READ | MACHINE_WRITE, FALSE)))
        kassert(!"the control buffer");
    ctl.thread = thread;
    ctl.buffer = (UCHAR *)address;
    thread->SystemThread = FALSE;
    thread->Tcb.PreviousMode = UserMode;
    thread->Tcb.State = KE_THREAD_RUNNING;
    ki_publish_thread(&thread->Tcb);
    /* A first handle makes the handle table's memory, which is then part of the leak baseline. */
    if (!NT_SUCCESS(
            ObOpenObjectByPointer(process, 0, NULL, 0, ps_process_type, KernelMode, &handle)))
        kassert(!"the first handle");
    NtClose(handle);
    ki_control_stack = (ULONG64)thread->Tcb.InitialStack;
}

#define SERVICE_KERNEL_DRIVER_TYPE 1
#define SERVICE_DEMAND_START_VALUE 3
#define SERVICE_ERROR_NORMAL_VALUE 1

static NTSTATUS set_dword(PCUNICODE_STRING key, PCWSTR name, ULONG value)
{
    UNICODE_STRING value_name;

    RtlInitUnicodeString(&value_name, name);
    return cm_set_value(key, &value_name, REG_DWORD, &value, sizeof(value));
}

#define SERVICE_KEY_CHARACTERS 256

static NTSTATUS service_key(PCUNICODE_STRING service, PUNICODE_STRING key, WCHAR *buffer)
{
    static UNICODE_STRING services =
        RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\");

    key->Buffer = buffer;
    key->Length = 0;
    key->MaximumLength = SERVICE_KEY_CHARACTERS * sizeof(WCHAR);
    RtlCopyUnicodeString(key, &services);
    return RtlAppendUnicodeStringToString(key, service);
}

/* The service is gone, and its key with it; a driver that made subkeys keeps them. */
static void delete_service_key(PCUNICODE_STRING service)
{
    WCHAR buffer[SERVICE_KEY_CHARACTERS];
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING key;
    HANDLE handle;

    if (!NT_SUCCESS(service_key(service, &key, buffer)))
        return;
    InitializeObjectAttributes(&attributes, &key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ZwOpenKey(&handle, DELETE, &attributes)))
        return;
    ZwDeleteKey(handle);
    ZwClose(handle);
}

/* The service key that a service control program would have made; it is the RegistryPath. */
static NTSTATUS create_service_key(PCUNICODE_STRING service, PCUNICODE_STRING image)
{
    WCHAR buffer[SERVICE_KEY_CHARACTERS];
    UNICODE_STRING key, name = RTL_CONSTANT_STRING(L"ImagePath");
    NTSTATUS status = service_key(service, &key, buffer);

    if (NT_SUCCESS(status))
        status =
            cm_set_value(&key, &name, REG_EXPAND_SZ, image->Buffer, image->Length + sizeof(WCHAR));
    if (NT_SUCCESS(status))
        status = set_dword(&key, L"Type", SERVICE_KERNEL_DRIVER_TYPE);
    if (NT_SUCCESS(status))
        status = set_dword(&key, L"Start", SERVICE_DEMAND_START_VALUE);
    if (NT_SUCCESS(status))
        status = set_dword(&key, L"ErrorControl", SERVICE_ERROR_NORMAL_VALUE);
    return status;
}

static NTSTATUS load_driver(void *arguments)
{
    struct control_driver *driver = arguments;
    UNICODE_STRING service, image;
    NTSTATUS status;

    status = ctl_text(driver->service, &service);
    if (!NT_SUCCESS(status))
        return status;
    status = ctl_text(driver->image, &image);
    if (NT_SUCCESS(status)) {
        status = create_service_key(&service, &image);
        if (NT_SUCCESS(status))
            status = io_driver_load(&service, &image);
        if (NT_SUCCESS(status))
            pnp_service_started(&service);
        RtlFreeUnicodeString(&image);
    }
    RtlFreeUnicodeString(&service);
    return status;
}

static NTSTATUS unload_driver(void *arguments)
{
    struct control_driver *driver = arguments;
    UNICODE_STRING service;
    NTSTATUS status = ctl_text(driver->service, &service);

    if (!NT_SUCCESS(status))
        return status;
    status = io_driver_unload(&service, FALSE);
    if (NT_SUCCESS(status))
        delete_service_key(&service);
    RtlFreeUnicodeString(&service);
    return status;
}

static NTSTATUS add_device(void *arguments)
{
    struct control_device *device = arguments;
    UNICODE_STRING service;
    NTSTATUS status = ctl_text(device->name, &service);

    if (!NT_SUCCESS(status))
        return status;
    status = pnp_add(&service);
    RtlFreeUnicodeString(&service);
    return status;
}

static NTSTATUS remove_device(void *arguments)
{
    struct control_device *device = arguments;
    UNICODE_STRING name;
    NTSTATUS status = ctl_text(device->name, &name);

    if (!NT_SUCCESS(status))
        return status;
    status = pnp_remove(&name, device->surprise != 0);
    RtlFreeUnicodeString(&name);
    return status;
}

static NTSTATUS start_process(void *arguments)
{
    struct control_process *request = arguments;
    UNICODE_STRING image, command_line;
    struct ps_start start = {
        .image = &image, .command_line = &command_line, .console = request->console};
    PEPROCESS process;
    PETHREAD thread;
    NTSTATUS status = ctl_text(request->image, &image);

    if (!NT_SUCCESS(status))
        return status;
    status = ctl_text(request->command_line, &command_line);
    if (!NT_SUCCESS(status))
        goto free_image;
    status = ps_start_program(&start, PsInitialSystemProcess, &process, &thread);
    if (NT_SUCCESS(status)) {
        request->id = (uint32_t)(ULONG_PTR)process->UniqueProcessId;
        status = ObOpenObjectByPointer(process, 0, NULL, PROCESS_ALL_ACCESS, ps_process_type,
                                       KernelMode, (PHANDLE)&request->handle);
        ObDereferenceObject(process);
        ke_thread_ready(&thread->Tcb);
    }
    RtlFreeUnicodeString(&command_line);
free_image:
    RtlFreeUnicodeString(&image);
    return status;
}

/* Let the machine run until the process has ended. */
static NTSTATUS wait_process(void *arguments)
{
    struct control_process *request = arguments;
    PEPROCESS process;
    NTSTATUS status = ObReferenceObjectByHandle(
        (HANDLE)request->handle, SYNCHRONIZE, ps_process_type, KernelMode, (PVOID *)&process, NULL);

    if (!NT_SUCCESS(status))
        return status;
    status = KeWaitForSingleObject(process, UserRequest, KernelMode, FALSE, NULL);
    request->exit_code = (uint32_t)process->ExitStatus;
    ObDereferenceObject(process);
    return status;
}

static NTSTATUS allocate(void *arguments)
{
    struct control_allocate *request = arguments;
    request->address = 0;
    return mm_user_allocate(ps_current_process()->AddressSpace, &request->address, &request->size,
                            MACHINE_READ | MACHINE_WRITE, FALSE);
}

/* Let simulated time pass; `size` is the duration in 100 ns. */
static NTSTATUS run(void *arguments)
{
    struct control_allocate *request = arguments;
    LARGE_INTEGER interval = {.QuadPart = -(LONGLONG)request->size};

    return KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static NTSTATUS counters(void *arguments)
{
    struct control_counters *result = arguments;
    struct mm_pool_counts pool;
    struct ob_counts objects;

    mm_pool_count(&pool);
    ob_count(&objects);
    result->pool_bytes = pool.bytes;
    result->pool_blocks = pool.blocks - io_kept_irp_count();
    result->objects = objects.objects;
    result->handles = objects.handles;
    result->irps = io_irp_count();
    result->frames = mm_frames_in_use();
    result->interrupt_time = ki_clock_now;
    result->system_calls = ki_system_calls;
    result->context_switches = ke_prcb()->ContextSwitches;
    return STATUS_SUCCESS;
}

static NTSTATUS set_value(void *arguments)
{
    struct control_value *value = arguments;
    UNICODE_STRING key, name;
    NTSTATUS status = ctl_text(value->key, &key);

    if (!NT_SUCCESS(status))
        return status;
    status = ctl_text(value->name, &name);
    if (NT_SUCCESS(status)) {
        status = cm_set_value(&key, &name, value->type, value->data, value->size);
        RtlFreeUnicodeString(&name);
    }
    RtlFreeUnicodeString(&key);
    return status;
}

static NTSTATUS power(void *arguments)
{
    struct control_power *request = arguments;
    switch (request->action) {
    case CONTROL_POWER_SLEEP:
        return po_sleep();
    case CONTROL_POWER_WAKE:
        return po_wake();
    case CONTROL_POWER_SHUTDOWN:
        return po_shutdown(PowerActionShutdownOff);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS close_handle(void *arguments)
{
    return NtClose((HANDLE)((const struct control_transfer *)arguments)->handle);
}

static NTSTATUS terminate_process(void *arguments)
{
    const struct control_process *request = arguments;

    return ZwTerminateProcess((HANDLE)request->handle, (NTSTATUS)request->exit_code);
}

static NTSTATUS fail_allocation(void *arguments)
{
    struct control_fail_allocation *request = arguments;

    io_release_kept_irps();
    request->left = mm_pool_fail(request->number);
    return STATUS_SUCCESS;
}

static NTSTATUS verify(void *arguments)
{
    struct control_verify *request = arguments;

    request->unknown = vf_select(request->rules);
    request->failure_points = vf_failure_points();
    return request->unknown ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS describe_rule(void *arguments)
{
    struct control_rule *request = arguments;
    const struct vf_rule *rule = vf_rule(request->index);

    if (!rule)
        return STATUS_NO_MORE_ENTRIES;
    request->severity = rule->severity;
    request->enabled = rule->enabled;
    request->id = rule->id;
    request->title = rule->title;
    request->bug_check = rule->bug_check;
    request->advice = rule->advice;
    request->rationale = rule->rationale;
    request->reference = rule->reference;
    return STATUS_SUCCESS;
}

static NTSTATUS failure_came_to(void *arguments)
{
    const struct control_failure *request = arguments;

    vf_failure_came_to(request->point, request->what);
    return STATUS_SUCCESS;
}

static NTSTATUS list_devices(void *arguments)
{
    struct control_devices *request = arguments;

    request->devices = vf_access_devices();
    return request->devices ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static NTSTATUS serve(void *arguments)
{
    (void)arguments;
    return ke_serve();
}

static NTSTATUS console_input(void *arguments)
{
    fs_console_input_ready(((const struct control_console *)arguments)->console);
    return STATUS_SUCCESS;
}

static NTSTATUS console_event(void *arguments)
{
    const struct control_console *request = arguments;

    ps_console_event(request->console, request->event);
    return STATUS_SUCCESS;
}

static NTSTATUS switch_trace(void *arguments)
{
    kd_trace_switch(((const struct control_console *)arguments)->event != 0);
    if (kd_tracing)
        ctl_trace_what_is_there();
    return STATUS_SUCCESS;
}

static NTSTATUS start_services(void *arguments)
{
    (void)arguments;
    return io_start_drivers();
}

/* Nothing to do but to hand over the trace, which every request does in the end. */
static NTSTATUS shut_down(void *arguments)
{
    (void)arguments;
    return STATUS_SUCCESS;
}

static NTSTATUS (*const operations[])(void *arguments) = {
    [CONTROL_LOAD_DRIVER] = load_driver,
    [CONTROL_UNLOAD_DRIVER] = unload_driver,
    [CONTROL_ADD_DEVICE] = add_device,
    [CONTROL_REMOVE_DEVICE] = remove_device,
    [CONTROL_OPEN] = ctl_open,
    [CONTROL_CLOSE] = close_handle,
    [CONTROL_READ] = ctl_read,
    [CONTROL_WRITE] = ctl_write,
    [CONTROL_IOCTL] = ctl_ioctl,
    [CONTROL_START_PROCESS] = start_process,
    [CONTROL_WAIT_PROCESS] = wait_process,
    [CONTROL_TERMINATE_PROCESS] = terminate_process,
    [CONTROL_ALLOCATE] = allocate,
    [CONTROL_RUN] = run,
    [CONTROL_COUNTERS] = counters,
    [CONTROL_SET_VALUE] = set_value,
    [CONTROL_INTERRUPT] = ctl_interrupt,
    [CONTROL_ASSIGN_INTERRUPT] = ctl_assign_interrupt,
    [CONTROL_FAIL_ALLOCATION] = fail_allocation,
    [CONTROL_POWER] = power,
    [CONTROL_VERIFY] = verify,
    [CONTROL_RULE] = describe_rule,
    [CONTROL_FAILURE_CAME_TO] = failure_came_to,
    [CONTROL_DEVICES] = list_devices,
    [CONTROL_SHUTDOWN] = shut_down,
    [CONTROL_SERVE] = serve,
    [CONTROL_CONSOLE_INPUT] = console_input,
    [CONTROL_CONSOLE_EVENT] = console_event,
    [CONTROL_TRACE] = switch_trace,
    [CONTROL_START_SERVICES] = start_services,
    [CONTROL_IRPS] = ctl_list_irps,
};

int64_t ctl_dispatch(uint32_t operation, void *arguments)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    if (operation < ARRAY_COUNT(operations))
        status = operations[operation](arguments);
    ki_clock_now += CTL_REQUEST_COST;
    ke_lower_irql(PASSIVE_LEVEL);
    KD_TRACE(flush());
    return status;
}
