/*
 * Where locks lie: looked at once, when a driver first acquires one.
 */
#include "vf/lock.h"
#include "vf/paged.h"

VF_RULE(pageable) = {
    .id = "RS-LOCK-008",
    .title = "lock in pageable memory",
    .severity = VF_ERROR,
    .bug_check = "0xD1 DRIVER_IRQL_NOT_LESS_OR_EQUAL",
    .advice = "keep locks in non-paged pool, in a device extension or in a section that is not "
              "pageable",
    .rationale = "Spin locks, and the parts of mutexes and resources by which threads wait, are "
                 "touched at DISPATCH_LEVEL, where a page that is not resident cannot be brought "
                 "in. Only push locks may be pageable.",
    .reference = "Windows driver documentation, KeInitializeSpinLock; ExInitializeFastMutex; "
                 "ExInitializeResourceLite",
};

/* Said once: RS-IRQL-002 would else report the memory, too, each time. */
void vf_lock_check_memory(const void *lock, enum vf_lock_kind kind)
{
    struct vf_paged_text what;

    if (!pageable.enabled || kind == VF_LOCK_PUSH || !vf_paged_exempt((ULONG64)lock, &what))
        return;
    vf_report_at(&pageable, NULL, "allocated by", what.allocated, "%s %p lies in %s",
                 vf_lock_name(kind), lock, what.text);
}
