/*
 * What a dump of a stopped machine contains: the threads with their registers, and pages of memory
 * that tell what they were doing. The machine cannot be entered again once it has stopped, so all
 * of it is gathered before.
 *
 * Pages are added in the order of their use, because the list may become full: what the thread that
 * stopped was looking at comes first, the stacks of the other threads last. Whatever is broken,
 * only mapped memory is read, and through the direct map.
 */
#include "io/io.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "ps/ps.h"

#define SAVED_REGISTERS 0xA8 /* offset in what ki_switch_stack saves */
#define RANGE_PAGES 32       /* the most that is taken of one range */
#define SAVED_RFLAGS 0x202   /* interrupts are enabled where threads change */

static struct machine_snapshot snapshot;

/* ---- pages ---- */

static void add_page(ULONG64 address)
{
    ULONG64 page = address & ~(ULONG64)(PAGE_SIZE - 1), frame = mm_frame_of(page);

    if (frame >= ke_parameters.memory_pages || snapshot.page_count == MACHINE_SNAPSHOT_PAGES)
        return;
    for (ULONG i = 0; i < snapshot.page_count; i++)
        if (snapshot.pages[i].address == page)
            return;
    snapshot.pages[snapshot.page_count++] =
        (struct machine_page){.address = page, .bytes = mm_direct(frame)};
}

static void add_range(ULONG64 address, ULONG64 size)
{
    ULONG64 pages = ((address & (PAGE_SIZE - 1)) + size + PAGE_SIZE - 1) / PAGE_SIZE;

    for (ULONG64 i = 0; i < pages && i < RANGE_PAGES; i++)
        add_page(address + i * PAGE_SIZE);
}

/* The stack in use; all of it when the stack pointer points elsewhere. */
static void add_stack(const struct machine_thread *thread)
{
    ULONG64 from = thread->registers[MACHINE_RSP];

    if (from < thread->stack_low || from >= thread->stack_high)
        from = thread->stack_low;
    if (from < thread->stack_high)
        add_range(from, thread->stack_high - from);
}

static void add_registers(const struct machine_thread *thread)
{
    add_page(thread->rip);
    for (ULONG i = 0; i < ARRAY_COUNT(thread->registers); i++)
        add_page(thread->registers[i]);
}

static void add_request(const struct machine_request *request)
{
    add_range(request->irp, sizeof(IRP) + request->location_count * sizeof(IO_STACK_LOCATION));
    for (ULONG i = 0; i < request->device_count; i++) {
        PDEVICE_OBJECT device = (PDEVICE_OBJECT)request->devices[i].address;

        add_range((ULONG64)device, sizeof(*device));
        add_page((ULONG64)device->DriverObject);
        add_page((ULONG64)device->DeviceExtension);
    }
}

/* ---- threads ---- */

static struct machine_thread *add_thread(PETHREAD thread)
{
    struct machine_thread *row = &snapshot.threads[snapshot.thread_count++];

    RtlZeroMemory(row, sizeof(*row));
    if (thread->Tcb.Process) { /* the boot thread has none, and is no more than a KTHREAD */
        row->id = (ULONG)(ULONG_PTR)thread->Cid.UniqueThread;
        row->process = (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess;
    }
    row->priority = (ULONG)*ke_priority_of(&thread->Tcb);
    row->processor = thread->Tcb.NextProcessor;
    row->teb = (ULONG64)thread->Tcb.Teb;
    row->stack_low = (ULONG64)thread->Tcb.StackLimit;
    row->stack_high = (ULONG64)thread->Tcb.StackBase;
    return row;
}

static void set_context(struct machine_thread *row, const CONTEXT *context)
{
    RtlCopyMemory(row->registers, &context->Rax, sizeof(row->registers));
    row->rip = context->Rip;
    row->rflags = context->EFlags;
}

/* Where a thread that does not run goes on: behind the call of ki_switch_stack. */
static BOOLEAN set_saved_context(struct machine_thread *row, PETHREAD thread)
{
    ULONG64 at = (ULONG64)ki_saved_stack(&thread->Tcb) + SAVED_REGISTERS;
    struct {
        ULONG64 r15, r14, r13, r12, rdi, rsi, rbp, rbx, rip;
    } saved;
    CONTEXT context = {.EFlags = SAVED_RFLAGS};

    if (kd_trace_peek(at, &saved, sizeof(saved)) != sizeof(saved))
        return FALSE;
    context.R15 = saved.r15;
    context.R14 = saved.r14;
    context.R13 = saved.r13;
    context.R12 = saved.r12;
    context.Rdi = saved.rdi;
    context.Rsi = saved.rsi;
    context.Rbp = saved.rbp;
    context.Rbx = saved.rbx;
    context.Rip = saved.rip;
    context.Rsp = at + sizeof(saved);
    set_context(row, &context);
    return TRUE;
}

static void add_other_threads(PETHREAD shown)
{
    ULONG_PTR id = 0;
    PETHREAD thread;

    while ((thread = ki_next_thread(&id)) != NULL) {
        if (thread != shown && thread != ps_current_thread() &&
            thread->Tcb.State != KE_THREAD_TERMINATED &&
            snapshot.thread_count < MACHINE_SNAPSHOT_THREADS) {
            struct machine_thread *row = add_thread(thread);

            if (set_saved_context(row, thread))
                add_stack(row);
            else
                snapshot.thread_count--;
        }
        ObDereferenceObject(thread);
    }
}

const struct machine_snapshot *ki_snapshot(const CONTEXT *context, PETHREAD thread,
                                           const struct machine_report *report)
{
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    struct machine_thread *row;

    snapshot.thread_count = snapshot.page_count = 0;
    RtlGetVersion(&version);
    snapshot.major_version = version.dwMajorVersion;
    snapshot.minor_version = version.dwMinorVersion;
    snapshot.build = version.dwBuildNumber;
    snapshot.processors = ke.processor_count;
    snapshot.time = ke_system_time();
    row = add_thread(thread);
    set_context(row, context);
    if (thread == ps_current_thread()) {
        row->stack_low = ki_processor.stack_low;
        row->stack_high = ki_processor.stack_high;
    } else {
        set_saved_context(row, thread);
    }
    add_stack(row);
    add_registers(row);
    for (ULONG i = 0; i < ARRAY_COUNT(report->parameters); i++)
        add_page(report->parameters[i]);
    if (report->irp)
        add_request(report->irp);
    for (ULONG i = 0; i < ke.processor_count; i++)
        add_range((ULONG64)CONTAINING_RECORD(ke.processors[i], struct ke_pcr, Prcb),
                  sizeof(struct ke_pcr));
    add_range((ULONG64)thread, sizeof(thread->Tcb));
    add_other_threads(thread);
    return &snapshot;
}
