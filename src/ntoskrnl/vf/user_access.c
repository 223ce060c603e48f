/*
 * Rules about an access of a driver to the memory of a program.
 *
 * A program may pass any address, and may unmap or change what lies there at any moment. So a
 * driver probes the address, touches it only inside __try and in the program's own process, and
 * reads each value once, into memory of its own, before it checks it.
 *
 * An access is told at most one fault of place (wrong process, too high an IRQL), else what it
 * lacks.
 */
#include "kd/kd.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "rtl/exception.h"
#include "vf/user_internal.h"

#define PROCESSOR_FAULT "0x3B SYSTEM_SERVICE_EXCEPTION"
#define NULL_AREA 0x10000

VF_RULE(unguarded) = {
    .id = "RS-USER-001",
    .title = "user memory touched outside __try",
    .severity = VF_ERROR,
    .bug_check = PROCESSOR_FAULT,
    .advice = "put every access to the caller's memory into a __try block with an __except that "
              "ends the request with the exception's code",
    .rationale = "The caller can pass a bad address, or unmap its memory at any moment, after a "
                 "probe too. Without a handler that stops the system.",
    .reference = "Windows driver documentation, Using Neither Buffered Nor Direct I/O",
};

VF_RULE(not_probed) = {
    .id = "RS-USER-002",
    .title = "user pointer touched without a probe",
    .severity = VF_ERROR,
    .bug_check = PROCESSOR_FAULT,
    .advice = "call ProbeForRead or ProbeForWrite with the pointer and the length that is used, "
              "inside the __try block, before the first access",
    .rationale = "A program can pass an address of the kernel. Only a probe keeps the driver from "
                 "reading or writing there on the program's behalf. Seen are the request's own "
                 "buffers and the pages that the first 64 fields of its input point into; what is "
                 "reached by pointers in those pages is not.",
    .reference = "Windows driver documentation, Using Neither Buffered Nor Direct I/O",
};

VF_RULE(wrong_process) = {
    .id = "RS-USER-003",
    .title = "user memory touched in the wrong process",
    .severity = VF_ERROR,
    .bug_check = "0x50 PAGE_FAULT_IN_NONPAGED_AREA",
    .advice = "lock the pages and map them with MmGetSystemAddressForMdlSafe in the dispatch "
              "routine, and use that address in work items, DPCs and system threads",
    .rationale = "A user address means something in its own process only. Elsewhere it belongs to "
                 "somebody else, or to nobody.",
    .reference = "Windows driver documentation, Using Neither Buffered Nor Direct I/O",
};

VF_RULE(kernel_pointer) = {
    .id = "RS-USER-004",
    .title = "kernel address accepted as a user pointer",
    .severity = VF_ERROR,
    .bug_check = "0x50 PAGE_FAULT_IN_NONPAGED_AREA",
    .advice = "probe the pointer with ProbeForRead or ProbeForWrite: both refuse addresses of the "
              "kernel",
    .rationale = "A program that may choose the address can read and change the whole system, and "
                 "__try does not catch a bad address of the kernel.",
    .reference = "Windows driver documentation, Failure to Validate Variable-Length Buffers",
};

VF_RULE(empty_probe) = {
    .id = "RS-USER-005",
    .title = "probe with length 0 checks nothing",
    .severity = VF_WARNING,
    .bug_check = NULL,
    .advice = "refuse requests that are shorter than what the driver reads or writes, and probe "
              "that many bytes",
    .rationale = "ProbeForRead and ProbeForWrite return at once when the length is 0, whatever the "
                 "address is: the access that follows is not checked.",
    .reference = "Windows driver documentation, Errors in Buffered I/O; ProbeForRead",
};

VF_RULE(double_fetch) = {
    .id = "RS-USER-006",
    .title = "user memory read twice",
    .severity = VF_WARNING,
    .bug_check = NULL,
    .advice = "copy the caller's data into a variable of the driver once, and check and use only "
              "the copy",
    .rationale = "Another thread of the program can change the value between the two reads: what "
                 "was checked is not what is used.",
    .reference = "Windows driver documentation, Using Neither Buffered Nor Direct I/O",
};

VF_RULE(taken_for_buffered) = {
    .id = "RS-USER-007",
    .title = "METHOD_NEITHER request handled as if it were buffered",
    .severity = VF_ERROR,
    .bug_check = PROCESSOR_FAULT,
    .advice = "take the addresses from Parameters.DeviceIoControl.Type3InputBuffer and "
              "Irp->UserBuffer, or define the control code with METHOD_BUFFERED",
    .rationale = "The I/O manager makes no system buffer for METHOD_NEITHER: "
                 "Irp->AssociatedIrp.SystemBuffer is NULL.",
    .reference = "Windows driver documentation, Buffer Descriptions for I/O Control Codes",
};

VF_RULE(high_irql) = {
    .id = "RS-USER-009",
    .title = "user memory touched at DISPATCH_LEVEL or above",
    .severity = VF_ERROR,
    .bug_check = "0xD1 DRIVER_IRQL_NOT_LESS_OR_EQUAL",
    .advice = "copy the data before the spin lock is acquired, or lock the pages with an MDL and "
              "use their system address",
    .rationale = "User memory can be paged out, and a page fault cannot be served at this IRQL; a "
                 "__try block does not help.",
    .reference = "Windows driver documentation, Managing Hardware Priorities",
};

/* Static, because rules are checked on small stacks too, one access at a time. */
static struct {
    struct vf_place place;
    char what[128];
} text;

/* "reads 4 bytes of Type3InputBuffer (0x…)" */
static const char *describe(const struct user_watch *watch, const struct user_access *access)
{
    const struct user_range *range = vf_user_range(watch, access->address);

    kd_format(text.what, sizeof(text.what), "%s %llu byte%s at 0x%llx%s%s%s",
              !access->write ? "it reads"
              : access->read ? "it changes"
                             : "it writes",
              access->size, access->size == 1 ? "" : "s", access->address, range ? " (" : "",
              range ? range->name : "", range ? ")" : "");
    return text.what;
}

/* Is this the first that the rule says of this buffer and function, in this request? */
static BOOLEAN is_news(struct user_watch *watch, const struct vf_rule *rule, ULONG64 address)
{
    ULONG64 base;
    struct user_told told = {.rule = rule, .range = vf_user_range(watch, address)};

    told.function = RtlLookupFunctionEntry(text.place.frames[0] - 1, &base, NULL);
    for (ULONG i = 0; i < watch->told_count; i++)
        if (RtlEqualMemory(&watch->told[i], &told, sizeof(told)))
            return FALSE;
    if (watch->told_count < USER_TOLD)
        watch->told[watch->told_count++] = told;
    return TRUE;
}

BOOLEAN vf_user_is_probed(const struct user_watch *watch, ULONG64 address, ULONG64 size)
{
    for (ULONG i = 0; i < min(watch->probe_count, USER_PROBES); i++)
        if (address >= watch->probes[i].start && address + size <= watch->probes[i].end)
            return TRUE;
    return FALSE;
}

/* A probe of no bytes at an address of the same buffer, up to the access. */
static BOOLEAN is_probed_empty(const struct user_watch *watch, ULONG64 address)
{
    const struct user_range *range = vf_user_range(watch, address);

    for (ULONG i = 0; i < min(watch->probe_count, USER_PROBES); i++) {
        const struct user_probe *probe = &watch->probes[i];

        if (probe->start == probe->end && probe->start <= address &&
            (probe->start == address || (range && probe->start >= range->start)))
            return TRUE;
    }
    return FALSE;
}

/* Old drivers compare with MmUserProbeAddress themselves: those cannot be told from careless ones.
 */
static BOOLEAN checks_by_itself(const struct vf_place *place)
{
    struct mm_image *image = place->count ? mm_image_of(place->frames[0]) : NULL;
    struct pe_import_cursor cursor;
    struct pe_import import;

    if (!image)
        return FALSE;
    pe_import_start(&cursor, &image->view);
    while (pe_import_next(&cursor, &import))
        if (import.name && (strcmp(import.name, "MmUserProbeAddress") == 0 ||
                            strcmp(import.name, "MmHighestUserAddress") == 0 ||
                            strcmp(import.name, "MmSystemRangeStart") == 0))
            return TRUE;
    return FALSE;
}

static void check_probe(struct user_watch *watch, const struct user_access *access)
{
    if (vf_user_is_probed(watch, access->address, access->size))
        return;
    if (!is_news(watch, &not_probed, access->address))
        return;
    if (is_probed_empty(watch, access->address))
        vf_report_at(&empty_probe, &text.place, NULL, NULL,
                     "%s, which was probed with length 0 only", describe(watch, access));
    else if (!checks_by_itself(&text.place))
        vf_report_at(&not_probed, &text.place, NULL, NULL, "%s, which was not probed",
                     describe(watch, access));
}

static BOOLEAN is_within(ULONG64 start, ULONG64 end, ULONG64 outer_start, ULONG64 outer_end)
{
    return start >= outer_start && end <= outer_end;
}

/*
 * The same bytes again: one of both reads holds the other. Reads that only overlap are a block that
 * is copied in pieces.
 */
static void check_fetch(struct user_watch *watch, const struct user_access *access)
{
    ULONG64 start = access->address, end = start + access->size;

    for (ULONG i = 0; i < watch->fetch_count; i++) {
        struct user_fetch *fetch = &watch->fetches[i];

        if (fetch->end == start && fetch->place.frames[0] == text.place.frames[0]) {
            fetch->end = end; /* a loop */
            return;
        }
        if (is_within(start, end, fetch->start, fetch->end) ||
            is_within(fetch->start, fetch->end, start, end)) {
            if (!fetch->told)
                vf_report_at(&double_fetch, &text.place, "first read at", &fetch->place,
                             "%s, and has read it before", describe(watch, access));
            fetch->told = TRUE;
            return;
        }
    }
    if (watch->fetch_count < USER_FETCHES)
        watch->fetches[watch->fetch_count++] = (struct user_fetch){start, end, FALSE, text.place};
}

/* TRUE: the access is wrong wherever the memory lies. */
static BOOLEAN check_context(struct user_watch *watch, const struct user_access *access)
{
    if (ke_prcb()->DpcRoutineActive || ps_current_process() != watch->process)
        vf_report_at(&wrong_process, &text.place, NULL, NULL, "%s, which belongs to process %u%s",
                     describe(watch, access), (ULONG)(ULONG_PTR)PsGetProcessId(watch->process),
                     ke_prcb()->DpcRoutineActive ? ", in a DPC" : "");
    else if (ke_irql() >= DISPATCH_LEVEL)
        vf_report_at(&high_irql, &text.place, NULL, NULL, "%s at IRQL %u", describe(watch, access),
                     ke_irql());
    else
        return FALSE;
    return TRUE;
}

void vf_user_accessed(struct user_watch *watch, const struct user_access *access)
{
    vf_place_of_context(&text.place, access->context);
    if (check_context(watch, access))
        return;
    if (!rtl_is_guarded(access->context, vf_user_is_driver_code) &&
        is_news(watch, &unguarded, access->address))
        vf_report_at(&unguarded, &text.place, NULL, NULL, "%s outside any __try",
                     describe(watch, access));
    check_probe(watch, access);
    if (access->read && !access->write)
        check_fetch(watch, access);
}

/* ---- pointers that are none of user mode ---- */

void vf_user_check_kernel_pointer(ULONG64 address, ULONG64 size, const struct vf_place *place)
{
    const struct user_watch *watch = vf_user_current();
    const struct user_range *range;

    if (address < MACHINE_USER_END || !watch)
        return;
    range = vf_user_range(watch, address);
    if (range && !vf_user_is_probed(watch, address, size))
        vf_report_at(&kernel_pointer, place, NULL, NULL,
                     "it touches 0x%llx, an address of the kernel that the caller passed as %s",
                     address, range->name);
}

/* Nothing that the request names lies in the first 64 KiB: SystemBuffer is the one that is NULL. */
static BOOLEAN is_system_buffer(const struct user_watch *watch, BOOLEAN write)
{
    const char *name = write ? "UserBuffer" : "Type3InputBuffer";

    if (!watch->neither || watch->system_buffer)
        return FALSE;
    for (ULONG i = 0; i < watch->range_count; i++)
        if (strcmp(watch->ranges[i].name, name) == 0)
            return TRUE;
    return FALSE;
}

void vf_user_bad_pointer(const struct machine_trap *trap)
{
    const struct user_watch *watch = vf_user_current();
    BOOLEAN write = (trap->error & MACHINE_FAULT_WRITE) != 0;

    if (!watch || trap->error & MACHINE_FAULT_EXECUTE)
        return;
    vf_place_of_trap(&text.place, trap);
    if (trap->address < NULL_AREA && is_system_buffer(watch, write))
        vf_report_at(&taken_for_buffered, &text.place, NULL, NULL,
                     "it %s address 0x%llx; the request's SystemBuffer is NULL",
                     write ? "writes to" : "reads from", trap->address);
    else
        vf_user_check_kernel_pointer(trap->address, 1, &text.place);
}
