/*
 * System services: the table that the gate (entry.S) indexes, filled from the NT_SERVICE rows
 * under the numbers of machine/services.inc.
 */
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "ps/ps.h"

#define REGISTER_ARGUMENTS 4

static const struct {
    const char *name;
    ULONG number;
} service_names[] = {
#define SERVICE(number, name, arguments) {#name, number},
#include "machine/services.inc"
#undef SERVICE
};

#define SERVICE_COUNT ARRAY_COUNT(service_names)

ULONG ki_service_limit = SERVICE_COUNT;
struct ki_service_row ki_service_table[SERVICE_COUNT + 1];

static const char *service_name(ULONG number)
{
    for (ULONG i = 0; i < SERVICE_COUNT; i++)
        if (service_names[i].number == number)
            return service_names[i].name;
    return NULL;
}

/* A service that NT has and we lack: named, then refused. */
static NTSTATUS missing_service(void)
{
    ULONG number = ke_current_thread()->SystemCallNumber;
    const char *name = service_name(number);

    if (!name)
        return STATUS_INVALID_SYSTEM_SERVICE;
    ke_not_implemented(name, "system service");
}

static LONG number_of(const char *name)
{
    for (ULONG i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(service_names[i].name, name) == 0)
            return (LONG)service_names[i].number;
    return -1;
}

/* While the machine records, the rows lead to kd_trace_service_entry and these are what they led
 * to. */
static const void *traced_services[SERVICE_COUNT + 1];

const void *ke_traced_service(void)
{
    ULONG number = ke_current_thread()->SystemCallNumber;

    kd_trace_system_call(number, service_name(number));
    return traced_services[number < SERVICE_COUNT ? number : SERVICE_COUNT];
}

static void trace_services(void)
{
    for (ULONG i = 0; i <= SERVICE_COUNT; i++) {
        traced_services[i] = ki_service_table[i].routine;
        ki_service_table[i].routine = (const void *)kd_trace_service_entry;
    }
    ki_exit_work = 1;
}

void ki_services_initialize(void)
{
    for (ULONG i = 0; i <= SERVICE_COUNT; i++)
        ki_service_table[i].routine = (const void *)missing_service;
    for (const struct nt_service *row = &nt_service_first + 1; row < &nt_service_last; row++) {
        LONG number = number_of(row->name);

        kassert(number >= 0 && number < (LONG)SERVICE_COUNT);
        ki_service_table[number].routine = row->address;
        ki_service_table[number].stack_arguments =
            row->argument_count > REGISTER_ARGUMENTS
                ? (ULONG)row->argument_count - REGISTER_ARGUMENTS
                : 0;
    }
    if (kd_tracing)
        trace_services();
    ki_exit_work = kd_tracing || ke_interleaving;
    mm_shared_page()->system_call_gate = (ULONG64)ki_system_call_gate;
}

/* After a service of a user thread: time, APCs and scheduling, before user mode runs again. */
NTSTATUS ki_system_call_exit(NTSTATUS status)
{
    ULONG number = ke_current_thread()->SystemCallNumber;

    KD_TRACE(system_return(number, service_name(number), status));
    if (ke_interleaving)
        ke_interleave(0);
    ke_lower_irql(PASSIVE_LEVEL);
    ki_exit_work = kd_tracing || ke_interleaving; /* then every return comes here */
    if (ps_exit_work_pending(ke_current_thread()))
        ps_user_exit_work(NULL, status);
    return status;
}

/* The same after a trap from user mode. */
void ki_return_to_user(struct machine_trap *trap)
{
    ke_lower_irql(PASSIVE_LEVEL);
    if (ps_exit_work_pending(ke_current_thread()))
        ps_user_exit_work(trap, 0);
}

typedef NTSTATUS service_routine(ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64,
                                 ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64);

static BOOLEAN copy_user_arguments(ULONG64 *arguments, ULONG64 stack, ULONG count)
{
    __try {
        RtlCopyMemory(arguments, (const void *)(stack + 0x28), count * sizeof(*arguments));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

/* A raw `syscall` instruction of a client: the same table, through a trap. */
void ki_raw_system_call(struct machine_trap *trap)
{
    const ULONG64 *r = trap->registers;
    ULONG number = (ULONG)r[MACHINE_RAX];
    const struct ki_service_row *row =
        &ki_service_table[number < ki_service_limit ? number : ki_service_limit];
    ULONG64 a[10] = {0};

    ke_current_thread()->SystemCallNumber = number;
    ki_system_calls++;
    ke_advance_time(10);
    if (!copy_user_arguments(a, r[MACHINE_RSP], row->stack_arguments)) {
        trap->registers[MACHINE_RAX] = (ULONG)STATUS_ACCESS_VIOLATION;
        return;
    }
    trap->registers[MACHINE_RAX] = (ULONG)((service_routine *)row->routine)(
        r[MACHINE_R10], r[MACHINE_RDX], r[MACHINE_R8], r[MACHINE_R9], a[0], a[1], a[2], a[3], a[4],
        a[5], a[6], a[7], a[8], a[9]);
    KD_TRACE(system_return(number, service_name(number), (NTSTATUS)trap->registers[MACHINE_RAX]));
}
