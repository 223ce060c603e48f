/*
 * Interrupt objects, with the serial port COM1 as the device: its transmitter is empty, so enabling
 * that interrupt raises it at once. On Windows the port must belong to no other driver.
 */
#include "thread.h"

NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
NTKERNELAPI VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);
NTKERNELAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE type, ULONG bus, ULONG level,
                                              ULONG vector, PKIRQL irql, PKAFFINITY affinity);

#define COM1_LINE 4
#define PORT(number) ((PUCHAR)(ULONG_PTR)(0x3F8 + (number)))
#define DATA PORT(0)
#define ENABLE PORT(1)
#define IDENTIFICATION PORT(2)
#define MODEM_CONTROL PORT(4)
#define ENABLE_EMPTY 2
#define OUT2 8
#define CAUSE_EMPTY 2
#define CAUSE_NONE 1

/* One connected routine and what it saw. */
struct service {
    PKINTERRUPT object;
    ULONG calls, served;
    KIRQL irql;
    UCHAR cause;
    PKTHREAD thread;
    PDEVICE_OBJECT device; /* NULL or the one to request a DPC of */
    BOOLEAN deaf;          /* says that the interrupt is not its own */
    BOOLEAN slow;          /* waits; at PASSIVE_LEVEL only */
};

static ULONG vector;
static KIRQL device_irql;
static KAFFINITY processors;

static BOOLEAN NTAPI serve(PKINTERRUPT interrupt, PVOID context)
{
    struct service *service = context;

    service->calls++;
    service->irql = KeGetCurrentIrql();
    service->thread = KeGetCurrentThread();
    if (service->deaf)
        return FALSE;
    service->cause = READ_PORT_UCHAR(IDENTIFICATION) & 7;
    if (service->cause == CAUSE_NONE)
        return FALSE;
    if (service->slow)
        sleep_milliseconds(5);
    service->served++;
    ok(service->object == interrupt, "the object of the connection");
    if (service->device)
        IoRequestDpc(service->device, (PIRP)5, (PVOID)6);
    return TRUE;
}

static void interrupt_now(void)
{
    WRITE_PORT_UCHAR(ENABLE, 0);
    WRITE_PORT_UCHAR(ENABLE, ENABLE_EMPTY);
}

static NTSTATUS connect(struct service *service, KINTERRUPT_MODE mode, BOOLEAN share)
{
    RtlZeroMemory(service, sizeof(*service));
    return IoConnectInterrupt(&service->object, serve, service, NULL, vector, device_irql,
                              device_irql, mode, share, processors, FALSE);
}

static void start_device(void)
{
    vector = HalGetInterruptVector(Isa, 0, COM1_LINE, COM1_LINE, &device_irql, &processors);
    ok_eq_int(vector >> 4, device_irql);
    ok(device_irql > DISPATCH_LEVEL, "a device IRQL");
    WRITE_PORT_UCHAR(ENABLE, 0);
    WRITE_PORT_UCHAR(MODEM_CONTROL, OUT2);
}

static void stop_device(void)
{
    WRITE_PORT_UCHAR(ENABLE, 0);
    WRITE_PORT_UCHAR(MODEM_CONTROL, 0);
    READ_PORT_UCHAR(IDENTIFICATION);
}

GUEST_TEST(routine_runs_at_device_irql)
{
    struct service service;

    start_device();
    ok_eq_status(connect(&service, Latched, FALSE), STATUS_SUCCESS);
    ok(service.object != NULL, "an object");
    interrupt_now();
    ok_eq_int(service.served, 1);
    ok_eq_int(service.irql, device_irql);
    ok_eq_int(service.cause, CAUSE_EMPTY);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WRITE_PORT_UCHAR(DATA, 'x');
    ok_eq_int(service.served, 2);
    IoDisconnectInterrupt(service.object);
    interrupt_now();
    ok_eq_int(service.calls, 2);
    stop_device();
}

static ULONG dpc_runs;

static VOID NTAPI dpc_routine(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(device);
    dpc_runs++;
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ok_eq_int((ULONG_PTR)irp, 5);
    ok_eq_int((ULONG_PTR)context, 6);
}

static PDRIVER_OBJECT test_driver;

static NTSTATUS NTAPI initialize_driver(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    test_driver = driver;
    return STATUS_SUCCESS;
}

GUEST_TEST(dpc_follows)
{
    struct service service;
    PDEVICE_OBJECT device = NULL;
    KIRQL old;

    ok_eq_status(IoCreateDriver(NULL, initialize_driver), STATUS_SUCCESS);
    ok_eq_status(IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
                 STATUS_SUCCESS);
    IoInitializeDpcRequest(device, dpc_routine);
    start_device();
    connect(&service, Latched, FALSE);
    service.device = device;
    dpc_runs = 0;
    interrupt_now();
    ok_eq_int(dpc_runs, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    interrupt_now();
    ok_eq_int(service.served, 2);
    ok_eq_int(dpc_runs, 1);
    KeLowerIrql(old);
    ok_eq_int(dpc_runs, 2);
    IoDisconnectInterrupt(service.object);
    stop_device();
    IoDeleteDevice(device);
    IoDeleteDriver(test_driver);
}

GUEST_TEST(high_irql_holds_it_back)
{
    struct service service;
    KIRQL old;

    start_device();
    connect(&service, Latched, FALSE);
    KeRaiseIrql(device_irql, &old);
    interrupt_now();
    ok_eq_int(service.calls, 0);
    KeLowerIrql(old);
    ok_eq_int(service.served, 1);
    IoDisconnectInterrupt(service.object);
    stop_device();
}

GUEST_TEST(delivered_right_below_its_irql)
{
    struct service service;
    KIRQL old;

    start_device();
    connect(&service, Latched, FALSE);
    KeRaiseIrql(HIGH_LEVEL, &old);
    interrupt_now();
    KeLowerIrql(device_irql);
    ok_eq_int(service.calls, 0);
    KeLowerIrql(device_irql - 1);
    ok_eq_int(service.served, 1);
    ok_eq_int(KeGetCurrentIrql(), device_irql - 1);
    KeLowerIrql(old);
    ok_eq_int(service.served, 1);
    IoDisconnectInterrupt(service.object);
    stop_device();
}

GUEST_TEST(interrupts_disabled)
{
    struct service service;

    start_device();
    connect(&service, Latched, FALSE);
    __asm__ volatile("cli" : : : "memory");
    interrupt_now();
    ok_eq_int(service.calls, 0);
    __asm__ volatile("sti" : : : "memory");
    ok_eq_int(service.served, 1);
    IoDisconnectInterrupt(service.object);
    stop_device();
}

static BOOLEAN NTAPI synchronized(PVOID context)
{
    struct service *service = context;

    ok_eq_int(KeGetCurrentIrql(), device_irql + 1);
    interrupt_now();
    ok_eq_int(service->calls, 0);
    return 7;
}

GUEST_TEST(synchronization)
{
    struct service service = {0};
    KSPIN_LOCK lock;
    KIRQL old;

    start_device();
    KeInitializeSpinLock(&lock);
    ok_eq_status(IoConnectInterrupt(&service.object, serve, &service, &lock, vector, device_irql,
                                    device_irql + 1, Latched, FALSE, processors, FALSE),
                 STATUS_SUCCESS);
    ok_eq_int(KeSynchronizeExecution(service.object, synchronized, &service), 7);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ok_eq_int(service.served, 1);
    ok_eq_int(service.irql, device_irql + 1);
    old = KeAcquireInterruptSpinLock(service.object);
    ok_eq_int(old, PASSIVE_LEVEL);
    ok_eq_int(KeGetCurrentIrql(), device_irql + 1);
    ok(lock != 0, "the driver's lock is held");
    interrupt_now();
    ok_eq_int(service.served, 1);
    KeReleaseInterruptSpinLock(service.object, old);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ok(lock == 0, "and released");
    ok_eq_int(service.served, 2);
    IoDisconnectInterrupt(service.object);
    stop_device();
}

/* A level-triggered line: the first that claims the interrupt ends the search. */
GUEST_TEST(shared_line)
{
    struct service first, second;

    start_device();
    ok_eq_status(connect(&first, LevelSensitive, TRUE), STATUS_SUCCESS);
    ok_eq_status(connect(&second, LevelSensitive, TRUE), STATUS_SUCCESS);
    interrupt_now();
    ok_eq_int(first.served, 1);
    ok_eq_int(second.calls, 0);
    first.deaf = TRUE;
    interrupt_now();
    ok_eq_int(first.calls, 2);
    ok_eq_int(second.served, 1);
    IoDisconnectInterrupt(first.object);
    interrupt_now();
    ok_eq_int(first.calls, 2);
    ok_eq_int(second.served, 2);
    IoDisconnectInterrupt(second.object);
    stop_device();
}

/* A latched line: all are asked, until none claims it. */
GUEST_TEST(shared_edge)
{
    struct service first, second;

    start_device();
    connect(&first, Latched, TRUE);
    connect(&second, Latched, TRUE);
    interrupt_now();
    ok_eq_int(first.served + second.served, 1);
    ok_eq_int(first.calls, 2);
    ok_eq_int(second.calls, 2);
    IoDisconnectInterrupt(first.object);
    IoDisconnectInterrupt(second.object);
    stop_device();
}

GUEST_TEST(line_that_is_taken)
{
    struct service owner, other;

    start_device();
    connect(&owner, Latched, FALSE);
    ok_eq_status(connect(&other, Latched, TRUE), STATUS_INVALID_PARAMETER);
    ok(other.object == NULL, "no object");
    IoDisconnectInterrupt(owner.object);
    connect(&owner, LevelSensitive, TRUE);
    ok_eq_status(connect(&other, LevelSensitive, FALSE), STATUS_INVALID_PARAMETER);
    ok_eq_status(connect(&other, Latched, TRUE), STATUS_INVALID_PARAMETER);
    IoDisconnectInterrupt(owner.object);
    stop_device();
}

GUEST_TEST(bad_parameters)
{
    struct service service = {0};
    PKINTERRUPT object;

    start_device();
    ok_eq_status(IoConnectInterrupt(&object, serve, &service, NULL, vector, device_irql - 1,
                                    device_irql, Latched, FALSE, processors, FALSE),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(IoConnectInterrupt(&object, serve, &service, NULL, vector, device_irql,
                                    device_irql - 1, Latched, FALSE, processors, FALSE),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(IoConnectInterrupt(&object, serve, &service, NULL, vector, device_irql,
                                    device_irql, Latched, FALSE, 0, FALSE),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(IoConnectInterrupt(&object, serve, &service, NULL, vector, device_irql,
                                    device_irql, Latched, FALSE, processors, TRUE),
                 STATUS_INVALID_PARAMETER);
    ok_eq_int(service.calls, 0);
}

static IO_CONNECT_INTERRUPT_PARAMETERS fully_specified(struct service *service, ULONG version,
                                                       KIRQL irql)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = version};

    RtlZeroMemory(service, sizeof(*service));
    parameters.FullySpecified.InterruptObject = &service->object;
    parameters.FullySpecified.ServiceRoutine = serve;
    parameters.FullySpecified.ServiceContext = service;
    parameters.FullySpecified.Vector = vector;
    parameters.FullySpecified.Irql = irql;
    parameters.FullySpecified.SynchronizeIrql = irql;
    parameters.FullySpecified.InterruptMode = Latched;
    parameters.FullySpecified.ProcessorEnableMask = processors;
    return parameters;
}

static void disconnect_ex(struct service *service, ULONG version)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters = {.Version = version};

    parameters.ConnectionContext.InterruptObject = service->object;
    IoDisconnectInterruptEx(&parameters);
}

GUEST_TEST(extended_connection)
{
    static const ULONG versions[] = {CONNECT_FULLY_SPECIFIED, CONNECT_FULLY_SPECIFIED_GROUP};
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    struct service service;

    start_device();
    for (ULONG i = 0; i < 2; i++) {
        parameters = fully_specified(&service, versions[i], device_irql);
        ok_eq_status(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
        interrupt_now();
        ok_eq_int(service.served, 1);
        disconnect_ex(&service, versions[i]);
        interrupt_now();
        ok_eq_int(service.served, 1);
    }
    parameters.FullySpecified.Group = 1000;
    ok_eq_status(IoConnectInterruptEx(&parameters), STATUS_INVALID_PARAMETER);
    parameters.Version = 99;
    ok_eq_status(IoConnectInterruptEx(&parameters), STATUS_INVALID_PARAMETER);
    stop_device();
}

GUEST_TEST(inactive_device)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS report = {.Version = CONNECT_FULLY_SPECIFIED};
    struct service service;

    start_device();
    parameters = fully_specified(&service, CONNECT_FULLY_SPECIFIED, device_irql);
    ok_eq_status(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    report.ConnectionContext.InterruptObject = service.object;
    IoReportInterruptInactive(&report);
    interrupt_now();
    ok_eq_int(service.calls, 0);
    READ_PORT_UCHAR(IDENTIFICATION);
    IoReportInterruptActive(&report);
    interrupt_now();
    ok_eq_int(service.served, 1);
    disconnect_ex(&service, CONNECT_FULLY_SPECIFIED);
    stop_device();
}

static BOOLEAN NTAPI synchronized_passively(PVOID context)
{
    struct service *service = context;

    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    interrupt_now();
    sleep_milliseconds(10);
    ok_eq_int(service->calls, 0);
    return TRUE;
}

GUEST_TEST(passive_level_routine)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;
    struct service service;

    start_device();
    parameters = fully_specified(&service, CONNECT_FULLY_SPECIFIED, PASSIVE_LEVEL);
    ok_eq_status(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    ok(KeSynchronizeExecution(service.object, synchronized_passively, &service), "returned TRUE");
    sleep_milliseconds(10);
    ok_eq_int(service.served, 1);
    ok_eq_int(service.irql, PASSIVE_LEVEL);
    ok(service.thread != KeGetCurrentThread(), "in another thread");
    service.slow = TRUE;
    interrupt_now();
    disconnect_ex(&service, CONNECT_FULLY_SPECIFIED);
    ok_eq_int(service.served, 2);
    stop_device();
}

GUEST_TEST_FILE(interrupt, GUEST_ROW(routine_runs_at_device_irql), GUEST_ROW(dpc_follows),
                GUEST_ROW(high_irql_holds_it_back), GUEST_ROW(delivered_right_below_its_irql),
                GUEST_ROW(interrupts_disabled), GUEST_ROW(synchronization), GUEST_ROW(shared_line),
                GUEST_ROW(shared_edge), GUEST_ROW(line_that_is_taken), GUEST_ROW(bad_parameters),
                GUEST_ROW(extended_connection), GUEST_ROW(inactive_device),
                GUEST_ROW(passive_level_routine));
