/* Sends the handle of an event, and a pointer to object attributes, to the driver. */
#include <windows.h>
#include <winternl.h>

#include "object_client.h"

#define CODE 0x222000
#define KERNEL_HANDLE 0x200 /* OBJ_KERNEL_HANDLE */

int main(void)
{
    static WCHAR key[] = L"\\Registry\\Machine";
    UNICODE_STRING name = {sizeof(key) - 2, sizeof(key), key};
    OBJECT_ATTRIBUTES attributes;
    HANDLE device = CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    struct object_request request;
    DWORD returned;
    int i;

    if (device == INVALID_HANDLE_VALUE)
        return 1;
    InitializeObjectAttributes(&attributes, &name, KERNEL_HANDLE, NULL, NULL);
    /* A value that the System process has no handle for. */
    for (i = 0; i < 200; i++)
        request.event = (unsigned long long)(ULONG_PTR)CreateEventA(NULL, TRUE, FALSE, NULL);
    request.attributes = &attributes;
    DeviceIoControl(device, CODE, &request, sizeof(request), NULL, 0, &returned, NULL);
    CloseHandle(device);
    return 0;
}
