/*
 * What drivers own. A table in frames of its own, so that the pool's counts stay those of the
 * drivers; searched linearly, because a driver owns dozens of things, not thousands.
 */
#include "mm/mm.h"
#include "vf/owned.h"

#define ROWS 2048
#define CALL_SLOTS 64

static struct {
    struct vf_owned *rows; /* NULL until the first is added */
    ULONG used;            /* rows behind are free */
    struct vf_call calls[CALL_SLOTS];
} owned;

ULONG64 vf_driver_at(ULONG64 address)
{
    const struct mm_image *image;

    if (mm_is_kernel_code(address))
        return 0;
    image = mm_image_of(address);
    return image ? image->base : 0;
}

ULONG64 vf_driver_of_place(const struct vf_place *place)
{
    return place->count ? vf_driver_at(place->frames[0] - 1) : 0;
}

static BOOLEAN table_exists(void)
{
    ULONG64 frame;

    if (owned.rows)
        return TRUE;
    frame = mm_allocate_frames((ROWS * sizeof(struct vf_owned) + PAGE_SIZE - 1) / PAGE_SIZE);
    if (frame != MM_NO_FRAME)
        owned.rows = mm_direct(frame);
    return owned.rows != NULL;
}

static struct vf_owned *free_row(void)
{
    ULONG index = 0;

    if (!table_exists())
        return NULL;
    while (index < owned.used && owned.rows[index].image)
        index++;
    if (index == ROWS)
        return NULL;
    if (index == owned.used)
        owned.used++;
    return &owned.rows[index];
}

struct vf_owned *vf_owned_add(enum vf_owned_kind kind, ULONG64 key)
{
    struct vf_place place;
    struct vf_call *call = vf_call_of_thread();
    struct vf_owned *row;
    ULONG64 image;

    vf_place_capture(&place);
    image = vf_driver_of_place(&place);
    row = image ? free_row() : NULL;
    if (row)
        *row = (struct vf_owned){.image = image,
                                 .kind = kind,
                                 .count = 1,
                                 .key = key,
                                 .made_by = call->export ? call->export->name : "it",
                                 .place = place};
    return row;
}

struct vf_owned *vf_owned_next(struct vf_owned *row)
{
    row = row ? row + 1 : owned.rows;
    while (row && row < owned.rows + owned.used && !row->image)
        row++;
    return row && row < owned.rows + owned.used ? row : NULL;
}

struct vf_owned *vf_owned_find(enum vf_owned_kind kind, ULONG64 key, ULONG64 image)
{
    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row))
        if (row->key == key && row->kind == kind && (!image || row->image == image))
            return row;
    return NULL;
}

void vf_owned_remove(struct vf_owned *row)
{
    row->image = 0;
    while (owned.used && !owned.rows[owned.used - 1].image)
        owned.used--;
}

/* Threads that share a slot forget each other's call: something is then not known, never wrong. */
struct vf_call *vf_call_of_thread(void)
{
    PETHREAD thread = ps_current_thread();
    struct vf_call *call = &owned.calls[((ULONG64)thread >> 7) % CALL_SLOTS];

    if (call->thread != thread)
        *call = (struct vf_call){.thread = thread};
    return call;
}

PIRP vf_request(void)
{
    LIST_ENTRY *list = &ps_current_thread()->IrpList;
    PIRP irp;

    if (!list->Flink || IsListEmpty(list))
        return NULL;
    irp = CONTAINING_RECORD(list->Flink, IRP, ThreadListEntry);
    return irp->CurrentLocation > 0 && irp->CurrentLocation <= irp->StackCount ? irp : NULL;
}
