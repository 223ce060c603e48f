/*
 * Which interrupts a device has: translated resource descriptors that hang from its device object,
 * in the form in which a driver would get them with IRP_MN_START_DEVICE.
 */
#include "io/interrupt.h"
#include "io/io_internal.h"
#include "ke/interrupt.h"

#define TAG_RESOURCES MM_POOL_TAG('I', 'o', 'I', 'r')

static CM_PARTIAL_RESOURCE_DESCRIPTOR describe(BOOLEAN message, ULONG vector)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR resource = {.Type = CmResourceTypeInterrupt};

    if (message) {
        resource.ShareDisposition = CmResourceShareDeviceExclusive;
        resource.Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
        resource.u.MessageInterrupt.Translated.Level = KE_VECTOR_IRQL(vector);
        resource.u.MessageInterrupt.Translated.Vector = vector;
        resource.u.MessageInterrupt.Translated.Affinity = KeQueryActiveProcessors();
    } else {
        resource.ShareDisposition = CmResourceShareShared;
        resource.Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
        resource.u.Interrupt.Level = KE_VECTOR_IRQL(vector);
        resource.u.Interrupt.Vector = vector;
        resource.u.Interrupt.Affinity = KeQueryActiveProcessors();
    }
    return resource;
}

NTSTATUS io_interrupt_assign(PDEVICE_OBJECT device, BOOLEAN message, const ULONG *vectors,
                             ULONG count)
{
    SIZE_T size = FIELD_OFFSET(CM_PARTIAL_RESOURCE_LIST, PartialDescriptors) +
                  count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    PCM_PARTIAL_RESOURCE_LIST list;

    if (count > (message ? IO_INTERRUPTS : 1))
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++)
        if (vectors[i] < KE_FIRST_VECTOR || vectors[i] > KE_LAST_VECTOR)
            return STATUS_INVALID_PARAMETER;
    list = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG_RESOURCES);
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    list->Version = list->Revision = 1;
    list->Count = count;
    for (ULONG i = 0; i < count; i++)
        list->PartialDescriptors[i] = describe(message, vectors[i]);
    io_interrupt_forget(device);
    io_extension(device)->InterruptResources = list;
    return STATUS_SUCCESS;
}

const CM_PARTIAL_RESOURCE_LIST *io_interrupt_resources(PDEVICE_OBJECT device)
{
    return io_extension(device)->InterruptResources;
}

const CM_PARTIAL_RESOURCE_DESCRIPTOR *io_interrupt_resource(PDEVICE_OBJECT device, BOOLEAN message,
                                                            ULONG index)
{
    const CM_PARTIAL_RESOURCE_LIST *list = io_interrupt_resources(device);

    for (ULONG i = 0; list && i < list->Count; i++) {
        BOOLEAN is_message =
            (list->PartialDescriptors[i].Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;

        if (is_message == message && index-- == 0)
            return &list->PartialDescriptors[i];
    }
    return NULL;
}

ULONG io_interrupt_message_count(PDEVICE_OBJECT device)
{
    ULONG count = 0;

    while (io_interrupt_resource(device, TRUE, count))
        count++;
    return count;
}

void io_interrupt_forget(PDEVICE_OBJECT device)
{
    if (io_extension(device)->InterruptResources)
        ExFreePoolWithTag(io_extension(device)->InterruptResources, TAG_RESOURCES);
    io_extension(device)->InterruptResources = NULL;
}
