/* Sends a request that is kept, closes the handle and stops the service load_request_left. */
#include <windows.h>

int main(void)
{
    HANDLE device = CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceA(manager, "load_request_left", SERVICE_STOP);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    SERVICE_STATUS status;
    DWORD done;

    if (device == INVALID_HANDLE_VALUE || service == NULL)
        return 1;
    if (DeviceIoControl(device, 0x222000, NULL, 0, NULL, 0, &done, &overlapped) ||
        GetLastError() != ERROR_IO_PENDING)
        return 2;
    CloseHandle(device);
    ControlService(service, SERVICE_CONTROL_STOP, &status);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return 0;
}
