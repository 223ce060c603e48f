/*
 * RS-ACC-001: the sender of a request chooses which physical memory a driver touches.
 */
#include "kd/trace.h"
#include "ob/ob.h"
#include "vf/access_internal.h"

VF_RULE(physical_memory) = {
    .id = "RS-ACC-001",
    .title = "user input chooses physical memory",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "take the range from the resources that the PnP manager gives the device, and let a "
              "request name only an offset that is checked against its length",
    .rationale =
        "Who reads or writes physical memory reads and writes the kernel's: page tables, tokens, "
        "code. No access check of the system lies in between.",
    .reference = "Windows driver documentation, MmMapIoSpace",
};

#define COPY_PHYSICAL 1 /* MM_COPY_MEMORY_PHYSICAL */

static void check(const char *name, const char *parameter, ULONG64 address)
{
    struct vf_access_field field;

    if (vf_access_near(address, &field))
        vf_access_reached(&physical_memory, MACHINE_REACH_PHYSICAL, &field, NULL, address, name,
                          parameter);
}

void vf_access_map_physical(const char *name, const ULONG64 *arguments)
{
    check(name, "PhysicalAddress", arguments[0]);
}

/* (TargetAddress, SourceAddress, NumberOfBytes, Flags, NumberOfBytesTransferred) */
void vf_access_copy_memory(const char *name, const ULONG64 *arguments)
{
    if ((ULONG)arguments[3] & COPY_PHYSICAL)
        check(name, "SourceAddress", arguments[1]);
    else
        vf_access_copy(name, arguments);
}

static BOOLEAN is_physical_memory(HANDLE section)
{
    static const UNICODE_STRING name = RTL_CONSTANT_STRING(L"PhysicalMemory");
    ACCESS_MASK granted;
    PVOID object = ob_handle_peek(section, 0, NULL, KernelMode, &granted);

    return object && RtlEqualUnicodeString(ob_name_of(object), &name, TRUE);
}

/* (SectionHandle, ProcessHandle, BaseAddress, ZeroBits, CommitSize, SectionOffset, …) */
void vf_access_map_view(const char *name, const ULONG64 *arguments)
{
    ULONG64 offset;

    if (is_physical_memory((HANDLE)arguments[0]) &&
        kd_trace_peek(arguments[5], &offset, sizeof(offset)) == sizeof(offset))
        check(name, "SectionOffset", offset);
}
