/*
 * All IRPs that there are. As a debugger on Windows finds them: IRPs are pool blocks with a tag of
 * their own, so those that belong to no thread are found, too.
 */
#include "io/io_internal.h"
#include "vf/irp.h"

struct walk {
    void (*visit)(PVOID context, PIRP irp);
    PVOID context;
};

/* Freed ones that are kept for the next request have no type. */
static void visit_block(PVOID context, PVOID block)
{
    const struct walk *walk = context;
    PIRP irp = block;

    if (irp->Type == IO_TYPE_IRP && irp->Size == IoSizeOfIrp(irp->StackCount))
        walk->visit(walk->context, irp);
}

void io_visit_irps(void (*visit)(PVOID context, PIRP irp), PVOID context)
{
    struct walk walk = {visit, context};

    mm_pool_visit(IO_TAG_IRP, visit_block, &walk);
    vf_irp_visit(visit_block, &walk);
}
