/*
 * KUSER_SHARED_DATA: one page with the time, version and processor features, which user mode finds
 * at 0x7FFE0000. Drivers have its kernel address 0xFFFFF78000000000 as a constant, where a process
 * can map nothing: the loader redirects those constants to the direct map, and a fault on the page
 * is emulated (ke/privileged.c).
 */
#include "mm/mm_internal.h"

C_ASSERT(FIELD_OFFSET(struct mm_shared_page, system_call_gate) == 0xFF0);

struct mm_shared_page *mm_shared_page(void)
{
    return mm_direct(mm.shared_frame);
}

static void fill_version(KUSER_SHARED_DATA *shared)
{
    static const WCHAR root[] = L"C:\\Windows";

    RtlCopyMemory(shared->NtSystemRoot, root, sizeof(root));
    shared->NtProductType = NtProductWinNt;
    shared->ProductTypeIsValid = TRUE;
    shared->NtMajorVersion = 10;
    shared->NtMinorVersion = 0;
    shared->NumberOfPhysicalPages = (ULONG)mm.frame_count;
    shared->TickCountMultiplier = 0x0FA00000;
    shared->ImageNumberLow = IMAGE_FILE_MACHINE_AMD64;
    shared->ImageNumberHigh = IMAGE_FILE_MACHINE_AMD64;
    *(ULONG *)((UCHAR *)shared + 0x330) = /* Cookie: what differs from boot to boot */
        (ULONG)((ke_parameters.seed + 1) * 0x9E3779B97F4A7C15ull >> 32);
    *(ULONG *)((UCHAR *)shared + 0x260) = 19041;      /* NtBuildNumber */
    *(ULONG64 *)((UCHAR *)shared + 0x300) = 10000000; /* QpcFrequency */
}

static void fill_features(KUSER_SHARED_DATA *shared)
{
    static const UCHAR present[] = {
        2 /* CMPXCHG8B */, 6 /* MMX */,   8 /* RDTSC */,         9 /* PAE */,
        10 /* SSE2 */,     12 /* NX */,   13 /* SSE3 */,         14 /* CMPXCHG16B */,
        17 /* XSAVE */,    21 /* SLAT */, 22 /* RDWRFSGSBASE */, 23 /* FASTFAIL */,
    };

    for (ULONG i = 0; i < ARRAY_COUNT(present); i++)
        shared->ProcessorFeatures[present[i]] = TRUE;
}

void mm_shared_data_initialize(void)
{
    ULONG64 frame = mm_allocate_frames(1);

    kassert(frame != MM_NO_FRAME);
    mm.shared_frame = (ULONG)frame;
    fill_version(mm_shared_data());
    fill_features(mm_shared_data());
    if (!mm_map(MACHINE_SHARED_DATA_USER, frame, 1, MACHINE_READ))
        kassert(!"the shared page maps");
}
