/*
 * Finds the device of interfaces_device.c as programs do: with SetupDi… and with CM_…, opens it and
 * talks to it; then stops its driver, which makes it disappear.
 */
#include <windows.h>
#include <winioctl.h>
#include <initguid.h>
#include <setupapi.h>
#include <cfgmgr32.h>
#include <stdio.h>

#include "interfaces.h"

DEFINE_GUID(class_guid, 0x5eed3000, 0x1234, 0x5678, 1, 2, 3, 4, 5, 6, 7, 8);

#define PRESENT (DIGCF_PRESENT | DIGCF_DEVICEINTERFACE)

static void show_text(HDEVINFO set, SP_DEVINFO_DATA *device, const char *name, DWORD property)
{
    char text[256] = "";
    DWORD type = 0, size = 0;
    BOOL fits = SetupDiGetDeviceRegistryPropertyA(set, device, property, &type, NULL, 0, &size);
    DWORD error = fits ? 0 : GetLastError();

    if (SetupDiGetDeviceRegistryPropertyA(set, device, property, &type, (BYTE *)text, sizeof(text),
                                          NULL))
        printf("%s: \"%s\", %s\n", name, text,
               error == ERROR_INSUFFICIENT_BUFFER && size > strlen(text) ? "size right"
                                                                         : "size wrong");
    else
        printf("%s: error %lu\n", name, GetLastError());
}

/* The path of the first interface of a set; FALSE when there is none. */
static BOOL first_path(HDEVINFO set, char *path, size_t size)
{
    SP_DEVICE_INTERFACE_DATA data = {.cbSize = sizeof(data)};
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail;
    DWORD needed = 0;
    char id[128];
    BOOL done;

    if (!SetupDiEnumDeviceInterfaces(set, NULL, &class_guid, 0, &data)) {
        printf("no interface, error %lu\n", GetLastError());
        return FALSE;
    }
    done = SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 0, &needed, NULL);
    printf("size only: %d, error %lu\n", done, done ? 0 : GetLastError());
    detail = malloc(needed);
    detail->cbSize = sizeof(*detail);
    if (!SetupDiGetDeviceInterfaceDetailA(set, &data, detail, needed, NULL, &device)) {
        printf("no detail, error %lu\n", GetLastError());
        return FALSE;
    }
    snprintf(path, size, "%s", detail->DevicePath);
    printf("path: %s, %s\n", path, data.Flags & SPINT_ACTIVE ? "active" : "not active");
    if (SetupDiGetDeviceInstanceIdA(set, &device, id, sizeof(id), NULL))
        printf("id: %s\n", id);
    show_text(set, &device, "service", SPDRP_SERVICE);
    show_text(set, &device, "enumerator", SPDRP_ENUMERATOR_NAME);
    show_text(set, &device, "friendly name", SPDRP_FRIENDLYNAME);
    printf("second interface: %d, ", SetupDiEnumDeviceInterfaces(set, NULL, &class_guid, 1, &data));
    printf("error %lu\n", GetLastError());
    free(detail);
    return TRUE;
}

static void talk(const char *path)
{
    char answer[8] = "";
    DWORD size = 0;
    HANDLE device =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (device == INVALID_HANDLE_VALUE) {
        printf("cannot open, error %lu\n", GetLastError());
        return;
    }
    if (DeviceIoControl(device, IOCTL_REVERSE, "hello", 5, answer, sizeof(answer), &size, NULL))
        printf("the device says %.*s\n", (int)size, answer);
    else
        printf("no answer, error %lu\n", GetLastError());
    CloseHandle(device);
}

static void list_with_manager(ULONG flags, const char *what)
{
    ULONG size = 0;
    CONFIGRET result =
        CM_Get_Device_Interface_List_SizeW(&size, (GUID *)&class_guid, NULL, flags);
    WCHAR *list = calloc(size, sizeof(WCHAR));
    ULONG count = 0;

    printf("%s: result %lu, ", what, result);
    result = CM_Get_Device_Interface_ListW((GUID *)&class_guid, NULL, list, size, flags);
    for (WCHAR *path = list; *path != 0; path += wcslen(path) + 1) {
        printf("%ls, ", path);
        count++;
    }
    printf("%lu paths, result %lu\n", count, result);
    if (count != 0)
        printf("too small: result %lu\n",
               CM_Get_Device_Interface_ListW((GUID *)&class_guid, NULL, list, size - 1, flags));
    free(list);
}

static void show_relation(const char *name, CONFIGRET(WINAPI *ask)(PDEVINST, DEVINST, ULONG),
                          DEVINST device, DEVINST *other)
{
    char id[MAX_DEVICE_ID_LEN] = "";
    CONFIGRET result = ask(other, device, 0);

    if (result == CR_SUCCESS)
        CM_Get_Device_IDA(*other, id, sizeof(id), 0);
    printf("%s: result %lu, \"%s\"\n", name, result, id);
}

/* A device's place in the tree: the root, and the devices of the root bus in their order. */
static void show_relations(DEVINST device)
{
    DEVINST root = 0, other = 0;

    show_relation("parent", CM_Get_Parent, device, &root);
    show_relation("parent of the parent", CM_Get_Parent, root, &other);
    show_relation("child of the parent", CM_Get_Child, root, &other);
    show_relation("sibling of the last", CM_Get_Sibling, other, &other);
    show_relation("child", CM_Get_Child, device, &other);
    show_relation("sibling of the root", CM_Get_Sibling, root, &other);
    printf("no relation: %lu, %lu, %lu\n", CM_Get_Parent(NULL, device, 0),
           CM_Get_Child(&other, 0x7FFFFFF0, 0), CM_Get_Sibling(&other, device, 1));
}

static void locate(const char *name)
{
    char list[1024] = "";
    ULONG status = 0, problem = 0;
    DEVINST device = 0;
    CONFIGRET result = CM_Get_Device_ID_ListA(
        name, list, sizeof(list), CM_GETIDLIST_FILTER_SERVICE | CM_GETIDLIST_FILTER_PRESENT);

    printf("devices of the service: result %lu, \"%s\"\n", result, list);
    result = CM_Locate_DevNodeA(&device, list[0] != 0 ? list : "ROOT\\NOBODY\\0000", 0);
    printf("locate: result %lu\n", result);
    if (result != CR_SUCCESS)
        return;
    result = CM_Get_DevNode_Status(&status, &problem, device, 0);
    printf("status: result %lu, %s%s, problem %lu\n", result,
           status & DN_STARTED ? "started" : "not started",
           status & DN_HAS_PROBLEM ? " with a problem" : "", problem);
    printf("no status: %lu, %lu, %lu, %lu\n", CM_Get_DevNode_Status(NULL, &problem, device, 0),
           CM_Get_DevNode_Status(&status, NULL, device, 0),
           CM_Get_DevNode_Status(&status, &problem, 0x7FFFFFF0, 0),
           CM_Get_DevNode_Status(&status, &problem, device, 1));
    show_relations(device);
}

static void stop(const char *name)
{
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceA(manager, name, SERVICE_STOP);
    SERVICE_STATUS status;

    if (ControlService(service, SERVICE_CONTROL_STOP, &status))
        printf("stopped\n");
    else
        printf("not stopped\n");
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
}

/* The same with wide strings, and what goes wrong with a structure of another size. */
static void look_wide(void)
{
    SP_DEVICE_INTERFACE_DATA data = {.cbSize = sizeof(data)};
    WCHAR room[256];
    SP_DEVICE_INTERFACE_DETAIL_DATA_W *detail = (SP_DEVICE_INTERFACE_DETAIL_DATA_W *)room;
    HDEVINFO set = SetupDiGetClassDevsW(&class_guid, NULL, NULL, PRESENT);

    if (!SetupDiEnumDeviceInterfaces(set, NULL, &class_guid, 0, &data))
        return;
    detail->cbSize = sizeof(*detail);
    if (SetupDiGetDeviceInterfaceDetailW(set, &data, detail, sizeof(room), NULL, NULL))
        printf("wide path: %ls\n", detail->DevicePath);
    detail->cbSize = 1;
    printf("wrong detail: %d, ",
           SetupDiGetDeviceInterfaceDetailW(set, &data, detail, sizeof(room), NULL, NULL));
    printf("error %lu\n", GetLastError());
    data.cbSize = 1;
    printf("wrong data: %d, ", SetupDiEnumDeviceInterfaces(set, NULL, &class_guid, 0, &data));
    printf("error %lu\n", GetLastError());
    SetupDiDestroyDeviceInfoList(set);
}

/* All devices of the root bus, whatever they are. */
static void list_root(void)
{
    HDEVINFO set = SetupDiGetClassDevsW(NULL, L"ROOT", NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    WCHAR id[128], name[128];

    for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &device); i++) {
        BOOL named = SetupDiGetDeviceRegistryPropertyW(set, &device,
                                                       SPDRP_PHYSICAL_DEVICE_OBJECT_NAME, NULL,
                                                       (BYTE *)name, sizeof(name), NULL);

        if (SetupDiGetDeviceInstanceIdW(set, &device, id, 128, NULL))
            printf("root device: %ls, %.8ls\n", id, named ? name : L"no name");
    }
    printf("end of the list: error %lu\n", GetLastError());
    SetupDiDestroyDeviceInfoList(set);
}

/* Everything that can be asked of a class with, or without, a device. */
static void look(const char *service)
{
    char path[256];
    HDEVINFO set = SetupDiGetClassDevsA(&class_guid, NULL, NULL, PRESENT);

    if (set == INVALID_HANDLE_VALUE) {
        printf("no set, error %lu\n", GetLastError());
        return;
    }
    if (first_path(set, path, sizeof(path)))
        talk(path);
    SetupDiDestroyDeviceInfoList(set);
    printf("destroyed twice: %d, ", SetupDiDestroyDeviceInfoList(set));
    printf("error %lu\n", GetLastError());
    look_wide();
    list_root();
    list_with_manager(CM_GET_DEVICE_INTERFACE_LIST_PRESENT, "present");
    locate(service);
}

int main(void)
{
    static const char service[] = "interfaces_device";

    look(service);
    stop(service);
    printf("--- after a refusal\n");
    list_with_manager(CM_GET_DEVICE_INTERFACE_LIST_PRESENT, "present");
    stop(service);
    printf("--- after the removal\n");
    look(service);
    list_with_manager(CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES, "all");
    return 0;
}
