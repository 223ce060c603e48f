/*
 * The driver of interrupt_test.sh: connects to the interrupts of its device as control codes say,
 * and prints each one that arrives.
 */
#include <ntddk.h>

#define CODE(number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (number), METHOD_BUFFERED, 0)
#define CONNECT_LINE CODE(0)           /* 0x222000 */
#define CONNECT_MESSAGES CODE(1)       /* 0x222004 */
#define CONNECT_WITH_FALLBACK CODE(2)  /* 0x222008: returns the version */
#define CONNECT_VECTOR CODE(3)         /* 0x22200c: input = the vector, 4 bytes */
#define DISCONNECT CODE(4)             /* 0x222010 */
#define CONNECT_WITHOUT_DEVICE CODE(5) /* 0x222014 */
#define REPORT_INACTIVE CODE(6)        /* 0x222018 */
#define REPORT_ACTIVE CODE(7)          /* 0x22201c */
#define BREAK_IRQL CODE(8)             /* 0x222020: the routine returns at another IRQL */

DRIVER_INITIALIZE DriverEntry;

static struct {
    PDEVICE_OBJECT device;
    PVOID connection;
    ULONG version; /* 0 = not connected */
    BOOLEAN breaks_irql;
} state;

static BOOLEAN NTAPI line_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    DbgPrint("line, irql %u, context %s\n", KeGetCurrentIrql(), context == &state ? "good" : "bad");
    if (state.breaks_irql) {
        KIRQL old;

        KeRaiseIrql(HIGH_LEVEL, &old);
    }
    IoRequestDpc(state.device, NULL, NULL);
    return TRUE;
}

static BOOLEAN NTAPI message_routine(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    UNREFERENCED_PARAMETER(interrupt);
    DbgPrint("message %lu, irql %u, context %s\n", message, KeGetCurrentIrql(),
             context == &state ? "good" : "bad");
    return message != 0;
}

static VOID NTAPI dpc_routine(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    DbgPrint("dpc, irql %u, device %s\n", KeGetCurrentIrql(),
             device == state.device ? "good" : "bad");
}

static NTSTATUS connect(IO_CONNECT_INTERRUPT_PARAMETERS *parameters)
{
    NTSTATUS status = IoConnectInterruptEx(parameters);

    if (NT_SUCCESS(status))
        state.version = parameters->Version;
    return status;
}

static NTSTATUS connect_line(PDEVICE_OBJECT device)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_LINE_BASED};

    parameters.LineBased.PhysicalDeviceObject = device;
    parameters.LineBased.InterruptObject = (PKINTERRUPT *)&state.connection;
    parameters.LineBased.ServiceRoutine = line_routine;
    parameters.LineBased.ServiceContext = &state;
    return connect(&parameters);
}

static NTSTATUS connect_messages(PKSERVICE_ROUTINE fallback)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_MESSAGE_BASED};
    PIO_INTERRUPT_MESSAGE_INFO table;
    NTSTATUS status;

    parameters.MessageBased.PhysicalDeviceObject = state.device;
    parameters.MessageBased.ConnectionContext.Generic = &state.connection;
    parameters.MessageBased.MessageServiceRoutine = message_routine;
    parameters.MessageBased.ServiceContext = &state;
    parameters.MessageBased.FallBackServiceRoutine = fallback;
    status = connect(&parameters);
    if (!NT_SUCCESS(status) || parameters.Version != CONNECT_MESSAGE_BASED)
        return status;
    table = state.connection;
    DbgPrint("%lu messages at irql %u, the last on vector 0x%lx\n", table->MessageCount,
             table->UnifiedIrql, table->MessageInfo[table->MessageCount - 1].Vector);
    return status;
}

static NTSTATUS connect_vector(ULONG vector)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_FULLY_SPECIFIED};

    parameters.FullySpecified.PhysicalDeviceObject = state.device;
    parameters.FullySpecified.InterruptObject = (PKINTERRUPT *)&state.connection;
    parameters.FullySpecified.ServiceRoutine = line_routine;
    parameters.FullySpecified.ServiceContext = &state;
    parameters.FullySpecified.Vector = vector;
    parameters.FullySpecified.Irql = parameters.FullySpecified.SynchronizeIrql =
        (KIRQL)(vector >> 4);
    parameters.FullySpecified.InterruptMode = Latched;
    parameters.FullySpecified.ProcessorEnableMask = 1;
    return connect(&parameters);
}

static NTSTATUS disconnect(void)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters = {.Version = state.version};

    parameters.ConnectionContext.Generic = state.connection;
    if (state.version)
        IoDisconnectInterruptEx(&parameters);
    state.version = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS report(BOOLEAN active)
{
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters = {.Version = state.version};

    parameters.ConnectionContext.Generic = state.connection;
    if (active)
        IoReportInterruptActive(&parameters);
    else
        IoReportInterruptInactive(&parameters);
    return STATUS_SUCCESS;
}

static NTSTATUS carry_out(ULONG code, ULONG *value)
{
    switch (code) {
    case CONNECT_LINE:
        return connect_line(state.device);
    case CONNECT_MESSAGES:
        return connect_messages(NULL);
    case CONNECT_WITH_FALLBACK:
        return connect_messages(line_routine);
    case CONNECT_VECTOR:
        return connect_vector(*value);
    case DISCONNECT:
        return disconnect();
    case CONNECT_WITHOUT_DEVICE:
        return connect_line(NULL);
    case REPORT_INACTIVE:
        return report(FALSE);
    case REPORT_ACTIVE:
        return report(TRUE);
    case BREAK_IRQL:
        state.breaks_irql = TRUE;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *value = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = carry_out(stack->Parameters.DeviceIoControl.IoControlCode, value);

    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    if (NT_SUCCESS(status) &&
        stack->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(*value)) {
        *value = state.version;
        irp->IoStatus.Information = sizeof(*value);
    }
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI create_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Interrupt");

    disconnect();
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Interrupt");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Interrupt");
    NTSTATUS status;

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = create_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &state.device);
    if (!NT_SUCCESS(status))
        return status;
    IoInitializeDpcRequest(state.device, dpc_routine);
    return IoCreateSymbolicLink(&link, &name);
}
