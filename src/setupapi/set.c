/* Sets of devices. See setup.h. */
#include "setup.h"

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING text, GUID *guid);

static struct {
    RTL_SRWLOCK lock;
    LIST_ENTRY list;
} sets = {.list = {&sets.list, &sets.list}};

BOOL setup_error(DWORD error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

void *setup_allocate(SIZE_T size)
{
    void *memory = RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY, size);

    if (memory == NULL)
        setup_error(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

void setup_free(void *memory)
{
    RtlFreeHeap(user_peb()->ProcessHeap, 0, memory);
}

bool setup_widen(const char *text, WCHAR **wide)
{
    int length = text != NULL ? (int)strlen(text) + 1 : 0;

    *wide = text != NULL ? setup_allocate((SIZE_T)length * sizeof(WCHAR)) : NULL;
    if (*wide != NULL)
        MultiByteToWideChar(CP_ACP, 0, text, length, *wide, length);
    return text == NULL || *wide != NULL;
}

static void append(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static void empty(LIST_ENTRY *head)
{
    for (LIST_ENTRY *link = head->Flink, *next; link != head; link = next) {
        next = link->Flink;
        setup_free(link); /* the link is the first member of all */
    }
}

static void free_set(struct setup_set *set)
{
    empty(&set->interfaces);
    empty(&set->devices);
    setup_free(set);
}

static struct setup_set *new_set(void)
{
    struct setup_set *set = setup_allocate(sizeof(*set));

    if (set == NULL)
        return NULL;
    set->devices.Flink = set->devices.Blink = &set->devices;
    set->interfaces.Flink = set->interfaces.Blink = &set->interfaces;
    return set;
}

struct setup_set *setup_set_of(HDEVINFO handle)
{
    LIST_ENTRY *link;

    RtlAcquireSRWLockShared(&sets.lock);
    for (link = sets.list.Flink; link != &sets.list; link = link->Flink)
        if (CONTAINING_RECORD(link, struct setup_set, link) == handle)
            break;
    RtlReleaseSRWLockShared(&sets.lock);
    if (link != &sets.list)
        return handle;
    setup_error(ERROR_INVALID_HANDLE);
    return NULL;
}

/* Gives a set back. */
WINBOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO handle)
{
    struct setup_set *set = setup_set_of(handle);

    if (set == NULL)
        return FALSE;
    RtlAcquireSRWLockExclusive(&sets.lock);
    set->link.Flink->Blink = set->link.Blink;
    set->link.Blink->Flink = set->link.Flink;
    RtlReleaseSRWLockExclusive(&sets.lock);
    free_set(set);
    return TRUE;
}
NT_EXPORT(SetupDiDestroyDeviceInfoList, 0, "h");

/* ---- making a set ---- */

struct request {
    const GUID *class_guid; /* or NULL */
    DWORD flags;            /* DIGCF_… */
    struct setup_set *set;
};

static GUID class_of(DEVINST instance)
{
    WCHAR text[MAX_GUID_STRING_LEN] = {0};
    ULONG size = sizeof(text) - sizeof(WCHAR);
    UNICODE_STRING string;
    GUID guid = {0};

    if (CM_Get_DevNode_Registry_PropertyW(instance, CM_DRP_CLASSGUID, NULL, text, &size, 0) ==
        CR_SUCCESS) {
        RtlInitUnicodeString(&string, text);
        if (!NT_SUCCESS(RtlGUIDFromString(&string, &guid)))
            guid = (GUID){0};
    }
    return guid;
}

static struct setup_device *add_device(struct request *request, DEVINST instance,
                                       const GUID *class_guid)
{
    struct setup_device *device = setup_allocate(sizeof(*device));

    if (device == NULL)
        return NULL;
    device->instance = instance;
    device->class_guid = *class_guid;
    append(&request->set->devices, &device->link);
    return device;
}

static bool add_interface(struct request *request, struct setup_device *device, const WCHAR *path,
                          bool active)
{
    SIZE_T length = wcslen(path) + 1;
    struct setup_interface *entry = setup_allocate(sizeof(*entry) + length * sizeof(WCHAR));

    if (entry == NULL)
        return false;
    entry->device = device;
    entry->class_guid = *request->class_guid;
    entry->flags = active ? SPINT_ACTIVE : 0;
    for (SIZE_T i = 0; i < length; i++)
        entry->path[i] = RtlDowncaseUnicodeChar(path[i]);
    append(&request->set->interfaces, &entry->link);
    return true;
}

/* The interfaces that a device has in the class, for setup_free. NULL: none, or no memory. */
static WCHAR *list_interfaces(const struct request *request, WCHAR *id, ULONG flags)
{
    ULONG size = 0;
    WCHAR *list;

    if (CM_Get_Device_Interface_List_SizeW(&size, (GUID *)request->class_guid, id, flags) !=
            CR_SUCCESS ||
        size <= 1)
        return NULL;
    list = setup_allocate(size * sizeof(WCHAR));
    if (list != NULL && CM_Get_Device_Interface_ListW((GUID *)request->class_guid, id, list, size,
                                                      flags) == CR_SUCCESS)
        return list;
    setup_free(list);
    return NULL;
}

static bool contains(const WCHAR *list, const WCHAR *path)
{
    for (; list != NULL && *list != 0; list += wcslen(list) + 1)
        if (wcscmp(list, path) == 0)
            return true;
    return false;
}

static bool add_with_interfaces(struct request *request, WCHAR *id, DEVINST instance,
                                const GUID *device_class)
{
    bool present = request->flags & DIGCF_PRESENT, added = true;
    WCHAR *active = list_interfaces(request, id, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    WCHAR *all =
        present ? active : list_interfaces(request, id, CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES);

    if (all != NULL) {
        struct setup_device *device = add_device(request, instance, device_class);

        added = device != NULL;
        for (const WCHAR *path = all; added && *path != 0; path += wcslen(path) + 1)
            added = add_interface(request, device, path, contains(active, path));
    }
    if (all != active)
        setup_free(all);
    setup_free(active);
    return added;
}

/* One device, if it belongs into the set. FALSE without memory. */
static bool consider(struct request *request, WCHAR *id)
{
    DEVINST instance;
    GUID device_class;

    if (CM_Locate_DevNodeW(&instance, id, CM_LOCATE_DEVNODE_PHANTOM) != CR_SUCCESS)
        return true;
    device_class = class_of(instance);
    if (request->flags & DIGCF_DEVICEINTERFACE)
        return add_with_interfaces(request, id, instance, &device_class);
    if (!(request->flags & DIGCF_ALLCLASSES) &&
        memcmp(&device_class, request->class_guid, sizeof(GUID)) != 0)
        return true;
    return add_device(request, instance, &device_class) != NULL;
}

/* All devices of an enumerator, or of all. For device interfaces it is the id of one device. */
static bool search(struct request *request, const WCHAR *enumerator)
{
    ULONG flags = enumerator != NULL ? CM_GETIDLIST_FILTER_ENUMERATOR : 0, size = 0;
    bool added = true;
    WCHAR *list;

    if (request->flags & DIGCF_DEVICEINTERFACE && enumerator != NULL)
        return consider(request, (WCHAR *)enumerator);
    if (request->flags & DIGCF_PRESENT && !(request->flags & DIGCF_DEVICEINTERFACE))
        flags |= CM_GETIDLIST_FILTER_PRESENT;
    if (CM_Get_Device_ID_List_SizeW(&size, enumerator, flags) != CR_SUCCESS)
        return setup_error(ERROR_INVALID_DATA);
    list = setup_allocate(size * sizeof(WCHAR));
    if (list == NULL)
        return false;
    if (CM_Get_Device_ID_ListW(enumerator, list, size, flags) != CR_SUCCESS)
        added = setup_error(ERROR_INVALID_DATA);
    for (WCHAR *id = list; added && *id != 0; id += wcslen(id) + 1)
        added = consider(request, id);
    setup_free(list);
    return added;
}

/*
 * A set of devices of a setup class, or of devices with interfaces of an interface class. No class
 * has a default interface, and all interface classes at once are not supported.
 */
HDEVINFO WINAPI SetupDiGetClassDevsW(const GUID *class_guid, PCWSTR enumerator, HWND window,
                                     DWORD flags)
{
    struct request request = {class_guid, flags, NULL};

    (void)window;
    if (class_guid == NULL && !(flags & DIGCF_ALLCLASSES)) {
        setup_error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (flags & DIGCF_DEVICEINTERFACE && (flags & DIGCF_ALLCLASSES || class_guid == NULL)) {
        setup_error(ERROR_CALL_NOT_IMPLEMENTED);
        return INVALID_HANDLE_VALUE;
    }
    request.set = new_set();
    if (request.set == NULL)
        return INVALID_HANDLE_VALUE;
    if (!search(&request, enumerator)) {
        free_set(request.set);
        return INVALID_HANDLE_VALUE;
    }
    RtlAcquireSRWLockExclusive(&sets.lock);
    append(&sets.list, &request.set->link);
    RtlReleaseSRWLockExclusive(&sets.lock);
    return request.set;
}
NT_EXPORT(SetupDiGetClassDevsW, 0, "pwhu");
