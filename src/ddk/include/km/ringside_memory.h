/*
 * Memory manager routines and flags of Windows 8 and later. Included by wdm.h.
 *
 * Source: Windows driver documentation, MmCopyMemory, MmMapIoSpaceEx, MmMapLockedPagesSpecifyCache.
 */
#ifndef RINGSIDE_DDK_MEMORY_H
#define RINGSIDE_DDK_MEMORY_H

#ifdef __cplusplus
extern "C" {
#endif

/* Add to the priority of MmGetSystemAddressForMdlSafe and MmMapLockedPagesSpecifyCache. */
#ifndef MdlMappingNoExecute
#define MdlMappingNoWrite 0x80000000
#define MdlMappingNoExecute 0x40000000
#endif

typedef struct _MM_COPY_ADDRESS {
    union {
        PVOID VirtualAddress;
        PHYSICAL_ADDRESS PhysicalAddress;
    };
} MM_COPY_ADDRESS, *PMMCOPY_ADDRESS;

#define MM_COPY_MEMORY_PHYSICAL 0x1
#define MM_COPY_MEMORY_VIRTUAL 0x2

NTKERNELAPI NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress,
                                        SIZE_T NumberOfBytes, ULONG Flags,
                                        PSIZE_T NumberOfBytesTransferred);

NTKERNELAPI PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                                       ULONG Protect);

#ifdef __cplusplus
}
#endif

#endif
