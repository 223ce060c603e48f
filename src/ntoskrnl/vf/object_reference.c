/*
 * References: what a driver takes and does not give back, and gives back without having taken it.
 *
 * A row of the table of what drivers own counts the references of one driver to one object. It
 * stays with a count of 0 while the object lives, so that a release too many is known for one.
 * Device objects are only counted where a routine gives the reference: a bus driver references its
 * devices for the PnP manager, which releases them.
 */
#include "io/io.h"
#include "kd/kd.h"
#include "se/se.h"
#include "vf/owned.h"

VF_RULE(leaked) = {
    .id = "RS-OBJ-001",
    .title = "reference to an object is never released",
    .severity = VF_ERROR,
    .advice = "call ObDereferenceObject on every path, once for each reference that was taken",
    .rationale = "An object lives until its last reference is released. One that is lost keeps a "
                 "thread, a process or a file in memory until the system restarts, and the driver "
                 "or the device behind a file can no longer be removed.",
    .reference = "Windows driver documentation, Life Cycle of an Object",
};

VF_RULE(over_released) = {
    .id = "RS-OBJ-002",
    .title = "object is released more often than it was referenced",
    .severity = VF_ERROR,
    .bug_check = "0x18 REFERENCE_BY_POINTER",
    .advice = "call ObDereferenceObject only for references that this driver took itself",
    .rationale = "The reference that is released belongs to somebody else, who goes on using the "
                 "object after it was freed. PsGetCurrentProcess, IoGetCurrentProcess and "
                 "PsGetCurrentThread take no reference.",
    .reference = "Windows driver documentation, Life Cycle of an Object",
};

/* "thread 12", "file \Device\X": in a static buffer. */
static const char *describe(PVOID object)
{
    static char text[160], name[120];
    POBJECT_TYPE type = ob_type_of(object);

    if (type == ps_thread_type)
        kd_format(text, sizeof(text), "thread %u",
                  (ULONG)(ULONG_PTR)((PETHREAD)object)->Cid.UniqueThread);
    else if (type == ps_process_type)
        kd_format(text, sizeof(text), "process %u (%s)",
                  (ULONG)(ULONG_PTR)((PEPROCESS)object)->UniqueProcessId,
                  (const char *)((PEPROCESS)object)->ImageFileName);
    else {
        char kind[40];

        kd_to_utf8(ob_type_name(type), kind, sizeof(kind));
        kd_to_utf8(ob_name_of(object), name, sizeof(name));
        kd_format(text, sizeof(text), "object %s%s%s at %p", kind, *name ? " " : "", name, object);
    }
    return text;
}

static void count_reference(PVOID object, ULONG64 image)
{
    struct vf_owned *row = vf_owned_find(VF_REFERENCE, (ULONG64)object, image);

    if (row && row->count) {
        row->count++;
        return;
    }
    if (row)
        vf_owned_remove(row); /* the place of the oldest reference is this one */
    vf_owned_add(VF_REFERENCE, (ULONG64)object);
}

void vf_object_referenced(PVOID object, PVOID caller)
{
    ULONG64 image = vf_driver_at((ULONG64)caller - 1);

    if (image && object)
        count_reference(object, image);
}

static BOOLEAN is_counted(PVOID object)
{
    return object && ob_type_of(object) != IoDeviceObjectTypeObject;
}

void vf_object_reference_called(const ULONG64 *arguments)
{
    PVOID object = (PVOID)arguments[0];

    if (is_counted(object))
        vf_object_referenced(object, (PVOID)arguments[-1]);
}

/* The call fails for another type: see ObReferenceObjectByPointer. */
void vf_object_reference_by_pointer_called(const ULONG64 *arguments)
{
    PVOID object = (PVOID)arguments[0];
    BOOLEAN any_type = !arguments[2] && (UCHAR)arguments[3] == KernelMode;

    if (is_counted(object) && (any_type || (POBJECT_TYPE)arguments[2] == ob_type_of(object)))
        vf_object_referenced(object, (PVOID)arguments[-1]);
}

/* A reference may be released by another driver than the one that took it. */
static struct vf_owned *held_by_anyone(PVOID object)
{
    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row))
        if (row->kind == VF_REFERENCE && row->key == (ULONG64)object && row->count)
            return row;
    return NULL;
}

/* Processes and threads are never the driver's own: it must have referenced them. */
static BOOLEAN needs_reference(PVOID object)
{
    return ob_type_of(object) == ps_thread_type || ob_type_of(object) == ps_process_type;
}

/* SeDeleteClientSecurity, a macro, releases the token that SeCreateClientSecurity referenced. */
static BOOLEAN is_token(PVOID object)
{
    return ob_type_of(object) == se_token_object_type;
}

void vf_object_dereference_called(const ULONG64 *arguments)
{
    PVOID object = (PVOID)arguments[0];
    ULONG64 image = vf_driver_at(arguments[-1] - 1);
    struct vf_owned *own, *held;

    if (!image || !object)
        return;
    own = vf_owned_find(VF_REFERENCE, arguments[0], image);
    held = own && own->count ? own : held_by_anyone(object);
    if (held)
        held->count--;
    else if (is_counted(object) && !is_token(object) && (own || needs_reference(object)))
        vf_report_at(&over_released, NULL, "last referenced by", own ? &own->place : NULL,
                     "%s is released, but the driver holds no reference to it", describe(object));
}

void vf_object_destroyed(PVOID object)
{
    struct vf_owned *row;

    while ((row = vf_owned_find(VF_REFERENCE, (ULONG64)object, 0)) != NULL)
        vf_owned_remove(row);
}

void vf_object_references_leave(const struct vf_owned *row)
{
    PVOID object = (PVOID)row->key;

    if (row->count)
        vf_report_at(&leaked, &row->place, NULL, NULL,
                     "the driver was unloaded, and %s still has %u reference%s from it",
                     describe(object), row->count, row->count == 1 ? "" : "s");
}
