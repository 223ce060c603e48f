/*
 * Calls of exports that have to do with user memory: probes are remembered, routines that copy are
 * accesses of the driver that calls them, and services may touch what they are given.
 */
#include "include/nt_export.h"
#include "mm/mm.h"
#include "vf/export_kind.h"
#include "vf/user_internal.h"

#define LAST_CALLS 64 /* by thread; a power of two */

VF_RULE(probe_unguarded) = {
    .id = "RS-USER-008",
    .title = "user pointer probed outside __try",
    .severity = VF_ERROR,
    .bug_check = "0x3B SYSTEM_SERVICE_EXCEPTION",
    .advice = "call ProbeForRead, ProbeForWrite and MmProbeAndLockPages inside a __try block",
    .rationale = "A probe tells of a bad address by raising an exception. Without a handler any "
                 "program can stop the system.",
    .reference = "Windows driver documentation, ProbeForRead",
};

enum user_call {
    CALL_OTHER = VF_EXPORT_KINDS,
    CALL_PROBE,
    CALL_PROBE_PAGES,
    CALL_SECURE,
    CALL_COPY,    /* to, from, bytes */
    CALL_FILL,    /* to, value, bytes */
    CALL_ZERO,    /* to, bytes */
    CALL_COMPARE, /* one, other, bytes */
    CALL_PLAIN,   /* touches what it is given as C code would */
    CALL_SERVICE, /* looks after itself */
};

static const struct vf_export_name names[] = {
    {"ProbeForRead", CALL_PROBE},
    {"ProbeForWrite", CALL_PROBE},
    {"MmProbeAndLockPages", CALL_PROBE_PAGES},
    {"MmSecureVirtualMemory", CALL_SECURE},
    {"memcpy", CALL_COPY},
    {"memmove", CALL_COPY},
    {"RtlCopyMemory", CALL_COPY},
    {"RtlMoveMemory", CALL_COPY},
    {"RtlCopyMemoryNonTemporal", CALL_COPY},
    {"memset", CALL_FILL},
    {"RtlFillMemory", CALL_ZERO},
    {"RtlZeroMemory", CALL_ZERO},
    {"memcmp", CALL_COMPARE},
    {"RtlCompareMemory", CALL_COMPARE},
    {"Rtl*", CALL_PLAIN},
    {"DbgPrint*", CALL_PLAIN},
    {"vDbgPrint*", CALL_PLAIN},
    {"mem*", CALL_PLAIN},
    {"str*", CALL_PLAIN},
    {"wcs*", CALL_PLAIN},
    {"Zw*", CALL_SERVICE},
    {"Nt*", CALL_SERVICE},
    {"*", CALL_OTHER},
};

static struct vf_export_kinds kinds = {.names = names};

static struct last_call {
    PKTHREAD thread;
    const struct nt_export *export;
    ULONG64 return_address;
} last_calls[LAST_CALLS];

/* Static, for the same reason as in user_access.c. */
static struct vf_place place;

static struct last_call *last_call_of(PKTHREAD thread)
{
    return &last_calls[((ULONG64)thread >> 8) % LAST_CALLS];
}

const struct nt_export *vf_user_last_call(ULONG64 *return_address)
{
    const struct last_call *call = last_call_of(ke_current_thread());

    if (call->thread != ke_current_thread())
        return NULL;
    *return_address = call->return_address;
    return call->export;
}

BOOLEAN vf_user_is_plain(const struct nt_export *export)
{
    ULONG kind = vf_export_kind(&kinds, export);

    return kind >= CALL_COPY && kind <= CALL_PLAIN;
}

static void remember_probe(ULONG64 start, ULONG64 length)
{
    struct user_watch *watch = vf_user_current();

    if (watch && start + length >= start)
        watch->probes[watch->probe_count++ % USER_PROBES] =
            (struct user_probe){start, start + length};
}

static void check_guarded(const struct nt_export *export, ULONG64 return_address, ULONG64 address)
{
    if (probe_unguarded.enabled && !vf_user_is_guarded(return_address, NULL))
        vf_report(&probe_unguarded, "%s(0x%llx, …) is called outside any __try", export->name,
                  address);
}

static void probe_pages(const struct nt_export *export, const ULONG64 *arguments)
{
    PMDL mdl = (PMDL)arguments[0];

    if ((KPROCESSOR_MODE)arguments[1] != UserMode || !mm_is_address_valid((ULONG64)mdl))
        return;
    remember_probe((ULONG64)MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
    check_guarded(export, arguments[-1], (ULONG64)MmGetMdlVirtualAddress(mdl));
}

/* TRUE when the block lies in hidden memory: what has no other view is to be opened for the call.
 */
static BOOLEAN touch(ULONG64 address, ULONG64 size, BOOLEAN write, ULONG64 return_address)
{
    struct user_access access = {
        .address = address, .size = size, .read = !write, .write = write, .pc = return_address};
    struct user_watch *watch;

    if (!size)
        return FALSE;
    if (address >= MACHINE_USER_END) {
        if (!vf_user_current() || !vf_user_range(vf_user_current(), address))
            return FALSE;
        vf_place_capture(&place);
        vf_user_check_kernel_pointer(address, size, &place);
        return FALSE;
    }
    watch = vf_user_hidden(address);
    if (!watch || !mm_is_address_valid(address))
        return FALSE;
    vf_user_accessed(watch, &access);
    return TRUE;
}

static void touch_memory(ULONG kind, const ULONG64 *arguments)
{
    ULONG64 size = arguments[kind == CALL_ZERO ? 1 : 2];
    BOOLEAN write = kind != CALL_COMPARE;
    BOOLEAN open =
        touch(arguments[0], size, write, arguments[-1]) && !vf_user_view(arguments[0], size, write);

    if (kind == CALL_COPY || kind == CALL_COMPARE)
        open |= touch(arguments[1], size, FALSE, arguments[-1]) &&
                !vf_user_view(arguments[1], size, FALSE);
    if (open)
        vf_user_open(arguments[-1]);
}

void vf_user_called(const struct nt_export *export, const ULONG64 *arguments)
{
    ULONG kind = vf_export_kind(&kinds, export);

    if (vf_user.count) {
        struct last_call *call = last_call_of(ke_current_thread());

        *call = (struct last_call){ke_current_thread(), export, arguments[-1]};
        vf_user_close();
    }
    switch (kind) {
    case CALL_PROBE:
        remember_probe(arguments[0], arguments[1]);
        check_guarded(export, arguments[-1], arguments[0]);
        break;
    case CALL_PROBE_PAGES:
        probe_pages(export, arguments);
        break;
    case CALL_SECURE:
        remember_probe(arguments[0], arguments[1]);
        break;
    case CALL_SERVICE:
        if (vf_user.count)
            vf_user_open(arguments[-1]);
        break;
    case CALL_COPY:
    case CALL_FILL:
    case CALL_ZERO:
    case CALL_COMPARE:
        if (vf_user.count)
            touch_memory(kind, arguments);
        break;
    default:
        break;
    }
}
