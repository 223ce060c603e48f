/*
 * The IRPs that lie in the verifier's pages: the walk over the pool does not find these.
 */
#include "vf/irp_record.h"

void vf_irp_visit(void (*visit)(PVOID context, PVOID irp), PVOID context)
{
    ULONG count;
    struct vf_irp_record *records = vf_irp_records(&count);

    for (ULONG i = 0; i < count; i++)
        if (records[i].state == VF_IRP_OPEN || records[i].state == VF_IRP_COMPLETED)
            visit(context, vf_irp_usable(vf_irp_of_record(&records[i])));
}
