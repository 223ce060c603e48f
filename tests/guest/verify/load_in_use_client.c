/* Stops the service load_in_use; closes its handle before that only when the driver says so. */
#include <windows.h>

int main(void)
{
    HANDLE device = CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceA(manager, "load_in_use", SERVICE_STOP);
    SERVICE_STATUS status;
    DWORD returned;

    if (device == INVALID_HANDLE_VALUE || service == NULL)
        return 1;
    if (DeviceIoControl(device, 0x222000, NULL, 0, NULL, 0, &returned, NULL)) {
        CloseHandle(device);
        device = NULL;
    }
    ControlService(service, SERVICE_CONTROL_STOP, &status);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    if (device != NULL)
        CloseHandle(device);
    return 0;
}
