/*
 * ZwQuerySystemInformation: lengths, and facts that must hold on every Windows.
 */
#include "../guest.h"

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG information_class, PVOID buffer,
                                                 ULONG length, PULONG return_length);

#define BUFFER_BYTES 0x40000

enum {
    BASIC = 0,
    TIME_OF_DAY = 3,
    PROCESSES = 5,
    MODULES = 11,
    HANDLES = 16,
    OBJECTS = 17,
    POOL_TAGS = 22,
    DEBUGGER = 35,
    EXTENDED_HANDLES = 64,
    CODE_INTEGRITY = 103
};

/* The offsets that programs use. */
#define PROCESS_NEXT 0x00
#define PROCESS_THREADS 0x04
#define PROCESS_NAME 0x38
#define PROCESS_ID 0x50
#define PROCESS_RECORD 0x100
#define THREAD_ID 0x30
#define THREAD_RECORD 0x50
#define MODULE_BASE 0x10
#define MODULE_SIZE 0x18
#define MODULE_NAME_OFFSET 0x26
#define MODULE_PATH 0x28
#define MODULE_RECORD 0x128
#define TYPE_RECORD 0x40
#define TYPE_OBJECTS 0x04
#define TYPE_WAITABLE 0x2D
#define TYPE_NAME 0x30
#define OBJECT_BODY 0x08
#define OBJECT_CREATOR 0x10
#define OBJECT_POINTERS 0x1C
#define OBJECT_HANDLES 0x20
#define OBJECT_NAME 0x40
#define TAG_PAGED 0x04
#define TAG_NON_PAGED 0x18
#define TAG_RECORD 0x28

static UCHAR *query(ULONG class, PULONG length)
{
    UCHAR *buffer = ExAllocatePoolWithTag(PagedPool, BUFFER_BYTES, 'tseT');
    NTSTATUS status = ZwQuerySystemInformation(class, buffer, BUFFER_BYTES, length);

    ok_eq_status(status, STATUS_SUCCESS);
    return buffer;
}

GUEST_TEST(basic)
{
    UCHAR buffer[0x40];
    ULONG length = 0;

    ok_eq_status(ZwQuerySystemInformation(BASIC, buffer, sizeof(buffer), &length), STATUS_SUCCESS);
    ok_eq_int(length, 0x40);
    ok_eq_int(*(ULONG *)(buffer + 8), PAGE_SIZE);
    ok_eq_int(*(ULONG *)(buffer + 0x18), 0x10000);
    ok(buffer[0x38] >= 1, "processors");
    ok_eq_status(ZwQuerySystemInformation(BASIC, buffer, sizeof(buffer) - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_status(ZwQuerySystemInformation(0x7FFF, buffer, sizeof(buffer), &length),
                 STATUS_INVALID_INFO_CLASS);
}

GUEST_TEST(small_ones)
{
    UCHAR debugger[2] = {9, 9};
    ULONG integrity[2] = {8, 0};
    LARGE_INTEGER time[6], now;
    ULONG length = 0;

    ok_eq_status(ZwQuerySystemInformation(DEBUGGER, debugger, 2, &length), STATUS_SUCCESS);
    ok(debugger[0] <= 1 && debugger[1] <= 1, "booleans");
    ok_eq_status(ZwQuerySystemInformation(CODE_INTEGRITY, integrity, 8, &length), STATUS_SUCCESS);
    ok_eq_int(integrity[0], 8);
    ok_eq_status(ZwQuerySystemInformation(TIME_OF_DAY, time, sizeof(time), &length),
                 STATUS_SUCCESS);
    KeQuerySystemTimePrecise(&now);
    ok(time[0].QuadPart <= time[1].QuadPart && time[1].QuadPart <= now.QuadPart, "boot, now");
    ok_eq_status(ZwQuerySystemInformation(TIME_OF_DAY, time, 16, &length), STATUS_SUCCESS);
    ok_eq_int(length, 16);
}

static BOOLEAN has_this_thread(const UCHAR *process)
{
    for (ULONG i = 0; i < *(ULONG *)(process + PROCESS_THREADS); i++)
        if (*(HANDLE *)(process + PROCESS_RECORD + i * THREAD_RECORD + THREAD_ID) ==
            PsGetCurrentThreadId())
            return TRUE;
    return FALSE;
}

GUEST_TEST(processes)
{
    ULONG length = 0, too_small = 0, system = 0;
    UCHAR *buffer, *at;

    ok_eq_status(ZwQuerySystemInformation(PROCESSES, NULL, 0, &too_small),
                 STATUS_INFO_LENGTH_MISMATCH);
    buffer = at = query(PROCESSES, &length);
    ok_eq_int(length, too_small);
    for (;;) {
        if (*(HANDLE *)(at + PROCESS_ID) == (HANDLE)4) {
            system++;
            ok_eq_wstr(((UNICODE_STRING *)(at + PROCESS_NAME))->Buffer, L"System");
            ok(has_this_thread(at), "this thread");
        }
        if (*(ULONG *)(at + PROCESS_NEXT) == 0)
            break;
        at += *(ULONG *)(at + PROCESS_NEXT);
    }
    ok_eq_int(system, 1);
    ExFreePoolWithTag(buffer, 'tseT');
}

/* The kernel is the first module; this driver is one of them. */
GUEST_TEST(modules)
{
    ULONG length = 0, found = 0;
    UCHAR *buffer = query(MODULES, &length), *first = buffer + 8;

    ok_eq_int(length, 8 + *(ULONG *)buffer * MODULE_RECORD);
    ok_eq_str((char *)first + MODULE_PATH + *(USHORT *)(first + MODULE_NAME_OFFSET),
              "ntoskrnl.exe");
    for (ULONG i = 0; i < *(ULONG *)buffer; i++) {
        UCHAR *module = first + i * MODULE_RECORD;
        ULONG_PTR base = *(ULONG_PTR *)(module + MODULE_BASE);

        if ((ULONG_PTR)has_this_thread - base < *(ULONG *)(module + MODULE_SIZE))
            found++;
    }
    ok_eq_int(found, 1);
    ExFreePoolWithTag(buffer, 'tseT');
}

GUEST_TEST(handles)
{
    OBJECT_ATTRIBUTES attributes;
    ULONG length = 0, found = 0;
    HANDLE event = NULL;
    PVOID object = NULL;
    UCHAR *buffer;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
    ObReferenceObjectByHandle(event, 0, NULL, KernelMode, &object, NULL);
    buffer = query(EXTENDED_HANDLES, &length);
    ok_eq_int(length, 16 + *(ULONG_PTR *)buffer * 40);
    for (ULONG_PTR i = 0; i < *(ULONG_PTR *)buffer; i++) {
        UCHAR *record = buffer + 16 + i * 40;

        if (*(PVOID *)record == object && *(ULONG_PTR *)(record + 8) == 4 &&
            *(ULONG *)(record + 24) == EVENT_ALL_ACCESS)
            found++;
    }
    ok_eq_int(found, 1);
    ExFreePoolWithTag(buffer, 'tseT');
    buffer = query(HANDLES, &length);
    ok_eq_int(length, 8 + *(ULONG *)buffer * 24);
    ExFreePoolWithTag(buffer, 'tseT');
    ObDereferenceObject(object);
    ZwClose(event);
}

/* The record of an object in the list of its type; NULL = it is not there. */
static UCHAR *find_object(UCHAR *buffer, PCWSTR type_name, PVOID object)
{
    ULONG offset = 0, count = 0, at;
    UNICODE_STRING wanted;
    UCHAR *found = NULL;

    RtlInitUnicodeString(&wanted, type_name);
    while (!RtlEqualUnicodeString((PUNICODE_STRING)(buffer + offset + TYPE_NAME), &wanted, FALSE)) {
        offset = *(ULONG *)(buffer + offset);
        if (offset == 0)
            return NULL;
    }
    ok(buffer[offset + TYPE_WAITABLE], "events can be waited on");
    if (*(ULONG *)(buffer + offset + TYPE_OBJECTS) == 0)
        return NULL;
    at = (ULONG)ALIGN_UP_BY(
        offset + TYPE_RECORD + ((PUNICODE_STRING)(buffer + offset + TYPE_NAME))->MaximumLength, 8);
    for (;; at = *(ULONG *)(buffer + at)) {
        count++;
        if (*(PVOID *)(buffer + at + OBJECT_BODY) == object)
            found = buffer + at;
        if (*(ULONG *)(buffer + at) == 0)
            break;
    }
    ok_eq_int(count, *(ULONG *)(buffer + offset + TYPE_OBJECTS));
    return found;
}

/* All objects are listed when the machine keeps lists of them (global flag "otl"). */
GUEST_TEST(objects)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\ListedEvent");
    OBJECT_ATTRIBUTES attributes;
    ULONG length = 0;
    HANDLE event = NULL;
    PVOID object = NULL;
    UCHAR *buffer, *record;

    if (ZwQuerySystemInformation(OBJECTS, NULL, 0, &length) == STATUS_UNSUCCESSFUL)
        return;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                 STATUS_SUCCESS);
    ObReferenceObjectByHandle(event, 0, NULL, KernelMode, &object, NULL);
    buffer = query(OBJECTS, &length);
    record = find_object(buffer, L"Event", object);
    ok(record != NULL, "the event is listed");
    if (record) {
        ok_eq_int(*(ULONG *)(record + OBJECT_CREATOR), 4);
        ok_eq_int(*(ULONG *)(record + OBJECT_HANDLES), 1);
        ok(*(ULONG *)(record + OBJECT_POINTERS) >= 2, "handle and reference");
        ok_eq_wstr(((PUNICODE_STRING)(record + OBJECT_NAME))->Buffer, name.Buffer);
    }
    ExFreePoolWithTag(buffer, 'tseT');
    ObDereferenceObject(object);
    ZwClose(event);
    buffer = query(OBJECTS, &length);
    ok(find_object(buffer, L"Event", object) == NULL, "it is gone");
    ExFreePoolWithTag(buffer, 'tseT');
}

GUEST_TEST(identifiers)
{
    UUID first, second;
    NTSTATUS status = ExUuidCreate(&first);
    LUID luid1, luid2;

    ok(status == STATUS_SUCCESS || status == (NTSTATUS)0x40020056, "ExUuidCreate");
    ExUuidCreate(&second);
    ok(!RtlEqualMemory(&first, &second, sizeof(first)), "unique");
    ok_eq_int(first.Data3 >> 12, 1);
    ZwAllocateLocallyUniqueId(&luid1);
    ZwAllocateLocallyUniqueId(&luid2);
    ok(!RtlEqualLuid(&luid1, &luid2), "unique");
}

/* What a tag has of one pool: counts of blocks, and the bytes of those in use. */
struct pool_use {
    ULONG allocations, frees;
    SIZE_T bytes;
};

/* @param offset  of the pool's counts in the record */
static struct pool_use query_pool(ULONG tag, ULONG offset)
{
    struct pool_use use = {0, 0, 0};
    ULONG length = 0, found = 0;
    UCHAR *buffer = query(POOL_TAGS, &length);

    ok_eq_int(length, 8 + *(ULONG *)buffer * TAG_RECORD);
    for (ULONG i = 0; i < *(ULONG *)buffer; i++) {
        UCHAR *record = buffer + 8 + i * TAG_RECORD;

        if (*(ULONG *)record != tag)
            continue;
        use.allocations = *(ULONG *)(record + offset);
        use.frees = *(ULONG *)(record + offset + 4);
        use.bytes = *(SIZE_T *)ALIGN_UP_POINTER_BY(record + offset + 8, 8);
        found++;
    }
    ok(found <= 1, "a tag has one record");
    ExFreePoolWithTag(buffer, 'tseT');
    return use;
}

/* Blocks of a page and less, and more. */
static void check_pool(POOL_TYPE type, ULONG tag, ULONG offset, ULONG other_offset)
{
    static const SIZE_T sizes[] = {1, 100, 3000, 20000};
    struct pool_use before = query_pool(tag, offset), other = query_pool(tag, other_offset), use;
    PVOID blocks[ARRAYSIZE(sizes)];

    for (ULONG i = 0; i < ARRAYSIZE(sizes); i++)
        blocks[i] = ExAllocatePoolWithTag(type, sizes[i], tag);
    use = query_pool(tag, offset);
    ok_eq_int(use.allocations, before.allocations + ARRAYSIZE(sizes));
    ok_eq_int(use.frees, before.frees);
    ok(use.bytes - before.bytes >= 23101 && use.bytes - before.bytes < 32768, "%u bytes",
       (ULONG)(use.bytes - before.bytes));
    ExFreePoolWithTag(blocks[0], tag);
    ExFreePool(blocks[3]);
    use = query_pool(tag, offset);
    ok_eq_int(use.frees, before.frees + 2);
    ok(use.bytes - before.bytes >= 3100 && use.bytes - before.bytes < 8192, "%u bytes",
       (ULONG)(use.bytes - before.bytes));
    ExFreePoolWithTag(blocks[1], tag);
    ExFreePoolWithTag(blocks[2], tag);
    use = query_pool(tag, offset);
    ok_eq_int(use.allocations, before.allocations + ARRAYSIZE(sizes));
    ok_eq_int(use.frees, before.frees + ARRAYSIZE(sizes));
    ok_eq_int(use.bytes, before.bytes);
    use = query_pool(tag, other_offset);
    ok_eq_int(use.allocations, other.allocations);
    ok_eq_int(use.frees, other.frees);
}

GUEST_TEST(pool_tags)
{
    ULONG length = 0;
    UCHAR small[8];

    check_pool(NonPagedPoolNx, '1ggT', TAG_NON_PAGED, TAG_PAGED);
    check_pool(PagedPool, '1ggT', TAG_PAGED, TAG_NON_PAGED);
    check_pool(PagedPool, '2ggT', TAG_PAGED, TAG_NON_PAGED);
    ok_eq_status(ZwQuerySystemInformation(POOL_TAGS, small, sizeof(small), &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok(length >= 8 + 2 * TAG_RECORD, "the length that is needed");
}

GUEST_TEST_FILE(system_information, GUEST_ROW(basic), GUEST_ROW(small_ones), GUEST_ROW(processes),
                GUEST_ROW(modules), GUEST_ROW(handles), GUEST_ROW(objects), GUEST_ROW(pool_tags),
                GUEST_ROW(identifiers));
