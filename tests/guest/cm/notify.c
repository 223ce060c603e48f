/*
 * NtNotifyChangeKey: events, work items, trees, and the end of the handle.
 */
#include "registry.h"

static HANDLE create_event(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE event = NULL;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, FALSE),
                 STATUS_SUCCESS);
    return event;
}

static NTSTATUS poll(HANDLE event)
{
    LARGE_INTEGER zero = {.QuadPart = 0};

    return ZwWaitForSingleObject(event, FALSE, &zero);
}

GUEST_TEST(value_change)
{
    HANDLE root = create_key(NULL, TEST_ROOT), event = create_event();
    IO_STATUS_BLOCK iosb = {.Status = 1};
    ULONG number = 1;

    ok_eq_status(ZwNotifyChangeKey(root, event, NULL, NULL, &iosb, 0x80, FALSE, NULL, 0, TRUE),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(ZwNotifyChangeKey(root, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_LAST_SET,
                                   FALSE, NULL, 0, TRUE),
                 STATUS_PENDING);
    ok_eq_status(poll(event), STATUS_TIMEOUT);
    set_value(root, L"V", REG_DWORD, &number, 4);
    ok_eq_status(poll(event), STATUS_SUCCESS);
    ok_eq_status(iosb.Status, STATUS_NOTIFY_ENUM_DIR);
    set_value(root, L"V", REG_DWORD, &number, 4);
    ok_eq_status(poll(event), STATUS_TIMEOUT);
    /* The change between the calls was remembered. */
    ok_eq_status(ZwNotifyChangeKey(root, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_LAST_SET,
                                   FALSE, NULL, 0, TRUE),
                 STATUS_PENDING);
    ok_eq_status(poll(event), STATUS_SUCCESS);
    delete_key(root);
    ZwClose(event);
}

GUEST_TEST(tree_change)
{
    HANDLE root = create_key(NULL, TEST_ROOT), child = create_key(root, L"Child"), grandchild;
    HANDLE event = create_event(), flat = create_event(), other = NULL;
    IO_STATUS_BLOCK iosb, flat_iosb;

    open_key(NULL, TEST_ROOT, &other);
    ZwNotifyChangeKey(root, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_NAME, TRUE, NULL, 0, TRUE);
    ZwNotifyChangeKey(other, flat, NULL, NULL, &flat_iosb, REG_NOTIFY_CHANGE_NAME, FALSE, NULL, 0,
                      TRUE);
    grandchild = create_key(child, L"Grandchild");
    ok_eq_status(poll(event), STATUS_SUCCESS);
    ok_eq_status(poll(flat), STATUS_TIMEOUT);
    delete_key(grandchild);
    delete_key(child);
    ok_eq_status(poll(flat), STATUS_SUCCESS);
    ZwClose(other);
    delete_key(root);
    ZwClose(event);
    ZwClose(flat);
}

GUEST_TEST(closed_handle)
{
    HANDLE root = create_key(NULL, TEST_ROOT), event = create_event(), watcher = NULL;
    IO_STATUS_BLOCK iosb = {.Status = 1};

    open_key(NULL, TEST_ROOT, &watcher);
    ZwNotifyChangeKey(watcher, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_NAME, FALSE, NULL, 0,
                      TRUE);
    ZwClose(watcher);
    ok_eq_status(poll(event), STATUS_SUCCESS);
    ok_eq_status(iosb.Status, STATUS_NOTIFY_CLEANUP);
    delete_key(root);
    ZwClose(event);
}

static KEVENT worked;

static VOID NTAPI work(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeSetEvent(&worked, 0, FALSE);
}

/* In kernel mode the APC routine is a work item. */
GUEST_TEST(work_item)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    IO_STATUS_BLOCK iosb;
    WORK_QUEUE_ITEM item;
    LARGE_INTEGER second = {.QuadPart = -10000000};
    ULONG number = 1;

    KeInitializeEvent(&worked, NotificationEvent, FALSE);
    ExInitializeWorkItem(&item, work, NULL);
    ok_eq_status(ZwNotifyChangeKey(root, NULL, (PIO_APC_ROUTINE)(ULONG_PTR)&item,
                                   (PVOID)(ULONG_PTR)DelayedWorkQueue, &iosb,
                                   REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
                 STATUS_PENDING);
    set_value(root, L"V", REG_DWORD, &number, 4);
    ok_eq_status(KeWaitForSingleObject(&worked, Executive, KernelMode, FALSE, &second),
                 STATUS_SUCCESS);
    delete_key(root);
}

GUEST_TEST_FILE(registry_notify, GUEST_ROW(value_change), GUEST_ROW(tree_change),
                GUEST_ROW(closed_handle), GUEST_ROW(work_item));
