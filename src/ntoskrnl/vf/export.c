/*
 * Calls of exports: what can be said of one before it is made.
 */
#include "include/nt_export.h"
#include "vf/access.h"
#include "vf/irp.h"
#include "vf/irql.h"
#include "vf/owned.h"
#include "vf/user.h"
#include "vf/vf.h"

VF_RULE(irql_too_high) = {
    .id = "RS-IRQL-001",
    .title = "kernel routine called at too high an IRQL",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "call it at a lower IRQL: before the spin lock is acquired, after it is released, or "
              "from a work item",
    .rationale = "Above the IRQL that is documented for it a routine may wait or touch pageable "
                 "memory. It mostly works, and fails when memory is short.",
    .reference = "Windows driver documentation, Managing Hardware Priorities",
};

static void check_irql(const struct nt_export *export, const ULONG64 *arguments)
{
    KIRQL irql = ke_irql(), limit = vf_irql_limit(export, arguments);

    if (irql > limit)
        vf_report(&irql_too_high, "%s was called at IRQL %u; it may be called at %u and below",
                  export->name, (ULONG)irql, (ULONG)limit);
}

void vf_export_called(const struct nt_export *export, const ULONG64 *arguments)
{
    vf_irp_driver_call = export->address;
    vf_access_called(export, arguments);
    vf_driver_called(export, arguments);
    vf_user_called(export, arguments);
    vf_string_called(export, arguments);
    if (ke_irql() != PASSIVE_LEVEL && !vf_irp_is_completion(export))
        check_irql(export, arguments);
}
