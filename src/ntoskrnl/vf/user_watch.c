/*
 * Requests whose user memory is hidden from drivers. See user_internal.h.
 */
#include "io/io.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "vf/user_internal.h"

#define BREAKPOINT 0xCC
#define NULL_AREA 0x10000 /* no pointer: the lowest 64 KiB */

struct user_state vf_user;

/* ---- pages ---- */

static ULONG64 page_of(ULONG64 address)
{
    return address & ~(PAGE_SIZE - 1ull);
}

static ULONG protection_of(ULONG64 entry)
{
    ULONG protection = MACHINE_READ;

    if (entry & MM_PTE_WRITE)
        protection |= MACHINE_WRITE;
    if (!(entry & MM_PTE_NO_EXECUTE))
        protection |= MACHINE_EXECUTE;
    return protection;
}

/* Tell the host about pages in pieces of one protection. Those that are not there stay so. */
static void protect_range(const struct user_range *range, BOOLEAN hide)
{
    ULONG64 page = page_of(range->start);
    ULONG64 end = min(page_of(range->end - 1), page + (USER_RANGE_PAGES - 1) * PAGE_SIZE);

    while (page <= end) {
        ULONG64 entry = mm_page_entry(page), start = page;
        ULONG protection = protection_of(entry);

        do
            page += PAGE_SIZE;
        while (entry && page <= end && mm_page_entry(page) &&
               protection_of(mm_page_entry(page)) == protection);
        if (entry)
            ke_machine->protect(start, (page - start) / PAGE_SIZE,
                                hide ? MACHINE_NONE : protection);
    }
}

static void set_hidden(struct user_watch *watch, BOOLEAN hide)
{
    for (ULONG i = 0; i < watch->range_count; i++)
        if (watch->ranges[i].start < MACHINE_USER_END)
            protect_range(&watch->ranges[i], hide);
    watch->closed = hide;
}

static BOOLEAN must_hide(const struct user_watch *watch, PKTHREAD thread)
{
    if (!watch->irp || thread == vf_user.open_thread)
        return FALSE;
    return watch->thread == thread || watch->process != (PEPROCESS)thread->ApcState.Process;
}

/* Two requests may name the same page, so all that is to be hidden is hidden after all opening. */
static void apply(PKTHREAD thread)
{
    BOOLEAN opened = FALSE;

    for (struct user_watch *watch = vf_user.watches; watch < vf_user.watches + USER_WATCHES;
         watch++)
        if (watch->closed && !must_hide(watch, thread)) {
            set_hidden(watch, FALSE);
            opened = TRUE;
        }
    for (struct user_watch *watch = vf_user.watches; watch < vf_user.watches + USER_WATCHES;
         watch++)
        if (must_hide(watch, thread) && (opened || !watch->closed))
            set_hidden(watch, TRUE);
}

/* ---- the way back from the kernel ---- */

static void take_out_breakpoint(void)
{
    if (vf_user.breakpoint && mm_writable_code(vf_user.breakpoint_address) == vf_user.breakpoint &&
        *vf_user.breakpoint == BREAKPOINT)
        *vf_user.breakpoint = vf_user.breakpoint_byte;
    vf_user.breakpoint = NULL;
}

/* A breakpoint that somebody else has put there stays alone. */
static void plant_breakpoint(ULONG64 address)
{
    UCHAR *code = address ? mm_writable_code(address) : NULL;

    take_out_breakpoint();
    if (!code || *code == BREAKPOINT)
        return;
    vf_user.breakpoint = code;
    vf_user.breakpoint_address = address;
    vf_user.breakpoint_byte = *code;
    *code = BREAKPOINT;
}

BOOLEAN vf_user_take_breakpoint(ULONG64 address)
{
    if (!vf_user.breakpoint || vf_user.breakpoint_address != address)
        return FALSE;
    take_out_breakpoint();
    return TRUE;
}

void vf_user_open(ULONG64 return_address)
{
    vf_user.open_thread = ke_current_thread();
    plant_breakpoint(return_address);
    apply(ke_current_thread());
}

void vf_user_close(void)
{
    if (vf_user.open_thread != ke_current_thread())
        return;
    vf_user.open_thread = NULL;
    take_out_breakpoint();
    apply(ke_current_thread());
}

void vf_user_thread_runs(PKTHREAD thread)
{
    if (vf_user.count)
        apply(thread);
}

/* ---- what a request names ---- */

static void add_range(struct user_watch *watch, ULONG64 start, ULONG64 length, const char *name)
{
    if (start < NULL_AREA || watch->range_count == USER_RANGES || start + length < start ||
        page_of(start) == MACHINE_SHARED_DATA_USER)
        return;
    watch->ranges[watch->range_count++] = (struct user_range){start, start + max(length, 1), name};
}

/* The address of user memory that is there: what of its page lies behind it may be touched. */
static void add_pointer(struct user_watch *watch, ULONG64 value)
{
    static const char name[] = "a pointer in the input";
    ULONG64 end = page_of(value) + PAGE_SIZE;

    for (struct user_range *range = watch->ranges; range < watch->ranges + watch->range_count;
         range++)
        if (range->name == name && range->end == end) {
            range->start = min(range->start, value);
            return;
        }
    add_range(watch, value, end - value, name);
}

/* What the fields of an input point to. Its bytes are read without a fault. */
static void add_pointer_fields(struct user_watch *watch, ULONG64 buffer, ULONG length)
{
    ULONG count = min(length / sizeof(ULONG64), USER_POINTER_FIELDS);
    ULONG64 frame = MM_NO_FRAME;

    if (buffer % sizeof(ULONG64))
        return;
    for (ULONG64 at = buffer; at < buffer + count * sizeof(ULONG64); at += sizeof(ULONG64)) {
        ULONG64 value;

        if (at == buffer || at % PAGE_SIZE == 0)
            frame = mm_frame_of(at);
        if (frame == MM_NO_FRAME)
            continue;
        value = *(const ULONG64 *)((const UCHAR *)mm_direct(frame) + at % PAGE_SIZE);
        if (value >= NULL_AREA && value < MACHINE_USER_END && mm_is_address_valid(value))
            add_pointer(watch, value);
    }
}

static void add_control(struct user_watch *watch, PIRP irp, const IO_STACK_LOCATION *location)
{
    ULONG code = location->Parameters.DeviceIoControl.IoControlCode;
    ULONG input_length = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG64 input = (ULONG64)irp->AssociatedIrp.SystemBuffer;

    if ((code & 3) == METHOD_NEITHER) {
        input = (ULONG64)location->Parameters.DeviceIoControl.Type3InputBuffer;
        watch->neither = TRUE;
        add_range(watch, input, input_length, "Type3InputBuffer");
        add_range(watch, (ULONG64)irp->UserBuffer,
                  location->Parameters.DeviceIoControl.OutputBufferLength, "UserBuffer");
    }
    if (input)
        add_pointer_fields(watch, input, input_length);
}

/* A write has the same parameters as a read. Its data is not searched when it comes as an MDL. */
static void add_transfer(struct user_watch *watch, PDEVICE_OBJECT device, PIRP irp,
                         const IO_STACK_LOCATION *location)
{
    ULONG length = location->Parameters.Read.Length;
    ULONG64 data = (ULONG64)irp->AssociatedIrp.SystemBuffer;

    if (!(device->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO))) {
        data = (ULONG64)irp->UserBuffer;
        add_range(watch, data, length, "UserBuffer");
    }
    if (location->MajorFunction == IRP_MJ_WRITE && data)
        add_pointer_fields(watch, data, length);
}

static void add_ranges(struct user_watch *watch, PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);

    switch (location->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
        add_control(watch, irp, location);
        break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        add_transfer(watch, device, irp, location);
        break;
    default:
        break;
    }
}

static struct user_watch *find_watch(PIRP irp)
{
    for (struct user_watch *watch = vf_user.watches; watch < vf_user.watches + USER_WATCHES;
         watch++)
        if (watch->irp == irp)
            return watch;
    return NULL;
}

/* NULL when nothing is to be watched, or there are too many. */
static struct user_watch *begin_watch(PDEVICE_OBJECT device, PIRP irp)
{
    struct user_watch *watch = find_watch(NULL);

    if (!watch || irp->RequestorMode != UserMode)
        return NULL;
    watch->range_count = watch->probe_count = watch->fetch_count = watch->told_count = 0;
    watch->neither = FALSE;
    watch->thread = NULL;
    watch->system_buffer = (ULONG64)irp->AssociatedIrp.SystemBuffer;
    add_ranges(watch, device, irp);
    if (!watch->range_count && !watch->neither)
        return NULL;
    watch->irp = irp;
    watch->process = ps_current_process();
    vf_user.count++;
    return watch;
}

static void end_watch(struct user_watch *watch)
{
    watch->irp = NULL;
    watch->thread = NULL;
    vf_user.count--;
    apply(ke_current_thread());
    if (!vf_user.count) {
        vf_user.open_thread = NULL;
        take_out_breakpoint();
    }
}

/* ---- dispatch ---- */

static NTSTATUS call_watched(struct user_watch *watch, PDEVICE_OBJECT device, PIRP irp)
{
    PKTHREAD thread = ke_current_thread(), outer_thread = watch->thread;
    NTSTATUS status;

    watch->thread = thread;
    if (vf_user.open_thread == thread)
        vf_user.open_thread = NULL;
    apply(thread);
    status = vf_irp_dispatch(device, irp);
    if (watch->irp != irp)
        return status; /* completed */
    watch->thread = outer_thread;
    if (!outer_thread && status != STATUS_PENDING)
        end_watch(watch);
    else
        apply(thread);
    return status;
}

/* The kernel's own drivers may touch what they are given: they give it to the host, too. */
static NTSTATUS call_open(PDEVICE_OBJECT device, PIRP irp)
{
    PKTHREAD outer = vf_user.open_thread;
    NTSTATUS status;

    vf_user.open_thread = ke_current_thread();
    apply(ke_current_thread());
    status = vf_irp_dispatch(device, irp);
    vf_user.open_thread = outer;
    apply(ke_current_thread());
    return status;
}

static NTSTATUS call_driver(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    struct user_watch *watch;

    if (mm_is_kernel_code((ULONG64)device->DriverObject->MajorFunction[major]))
        return vf_user.count ? call_open(device, irp) : vf_irp_dispatch(device, irp);
    watch = vf_user.count ? find_watch(irp) : NULL;
    if (!watch)
        watch = begin_watch(device, irp);
    return watch ? call_watched(watch, device, irp) : vf_irp_dispatch(device, irp);
}

NTSTATUS vf_user_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    struct user_request request = {
        .thread = ke_current_thread(), .irp = irp, .outer = vf_user.requests};
    struct user_request **link = &vf_user.requests;
    NTSTATUS status;

    vf_user.requests = &request;
    status = call_driver(device, irp);
    while (*link != &request)
        link = &(*link)->outer;
    *link = request.outer;
    return status;
}

void vf_user_completed(PIRP irp)
{
    struct user_watch *watch = vf_user.count ? find_watch(irp) : NULL;

    for (struct user_request *request = vf_user.requests; request; request = request->outer)
        if (request->irp == irp)
            request->irp = NULL;
    if (watch)
        end_watch(watch);
}

/* ---- look-up ---- */

PIRP vf_user_current_irp(void)
{
    for (struct user_request *request = vf_user.requests; request; request = request->outer)
        if (request->thread == ke_current_thread())
            return request->irp;
    return NULL;
}

struct user_watch *vf_user_current(void)
{
    PIRP irp = vf_user.count ? vf_user_current_irp() : NULL;

    return irp ? find_watch(irp) : NULL;
}

static BOOLEAN holds_page(const struct user_watch *watch, ULONG64 address)
{
    for (ULONG i = 0; i < watch->range_count; i++)
        if (address >= page_of(watch->ranges[i].start) &&
            address <= (watch->ranges[i].end - 1) / PAGE_SIZE * PAGE_SIZE + (PAGE_SIZE - 1))
            return TRUE;
    return FALSE;
}

struct user_watch *vf_user_hidden(ULONG64 address)
{
    struct user_watch *found = NULL;

    if (address >= MACHINE_USER_END)
        return NULL;
    for (struct user_watch *watch = vf_user.watches; watch < vf_user.watches + USER_WATCHES;
         watch++)
        if (watch->closed && holds_page(watch, address) &&
            (!found || watch->thread == ke_current_thread()))
            found = watch;
    return found;
}

const struct user_range *vf_user_range(const struct user_watch *watch, ULONG64 address)
{
    for (ULONG i = 0; i < watch->range_count; i++)
        if (address >= watch->ranges[i].start && address < watch->ranges[i].end)
            return &watch->ranges[i];
    return NULL;
}
