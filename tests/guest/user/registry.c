/* The registry functions, wide and narrow, and the service control manager's errors. */
#include "check.h"

#define TEST_KEY "Software\\RingsideTest"

static void test_values(void)
{
    char text[32];
    DWORD number = 7, size, type, disposition;
    HKEY key;

    CHECK(RegCreateKeyExA(HKEY_LOCAL_MACHINE, TEST_KEY "\\Deep\\Key", 0, NULL, 0, KEY_ALL_ACCESS,
                          NULL, &key, &disposition) == 0);
    CHECK(disposition == REG_CREATED_NEW_KEY);
    CHECK(RegSetValueExA(key, "Number", 0, REG_DWORD, (BYTE *)&number, sizeof(number)) == 0);
    CHECK(RegSetValueExA(key, "Text", 0, REG_SZ, (const BYTE *)"hello", 6) == 0);
    size = sizeof(number);
    number = 0;
    CHECK(RegQueryValueExW(key, L"number", NULL, &type, (BYTE *)&number, &size) == 0);
    CHECK(number == 7 && type == REG_DWORD && size == 4);
    size = 3;
    CHECK(RegQueryValueExA(key, "Text", NULL, &type, (BYTE *)text, &size) == ERROR_MORE_DATA);
    CHECK(size == 6);
    CHECK(RegQueryValueExA(key, "Text", NULL, &type, (BYTE *)text, &size) == 0);
    CHECK(strcmp(text, "hello") == 0 && type == REG_SZ);
    size = sizeof(text);
    CHECK(RegGetValueA(HKEY_LOCAL_MACHINE, TEST_KEY "\\Deep\\Key", "Text", RRF_RT_REG_DWORD, NULL,
                       text, &size) == ERROR_UNSUPPORTED_TYPE);
    CHECK(RegQueryValueExA(key, "Missing", NULL, NULL, NULL, NULL) == ERROR_FILE_NOT_FOUND);
    CHECK(RegDeleteValueA(key, "Number") == 0);
    CHECK(RegDeleteValueA(key, "Number") == ERROR_FILE_NOT_FOUND);
    CHECK(RegCloseKey(key) == 0);
}

static void test_keys(void)
{
    char name[64];
    DWORD size = sizeof(name), subkeys = 0, values = 0;
    HKEY key;

    CHECK(RegOpenKeyExA(HKEY_LOCAL_MACHINE, TEST_KEY, 0, KEY_READ, &key) == 0);
    CHECK(RegQueryInfoKeyA(key, NULL, NULL, NULL, &subkeys, NULL, NULL, &values, NULL, NULL, NULL,
                           NULL) == 0);
    CHECK(subkeys == 1 && values == 0);
    CHECK(RegEnumKeyExA(key, 0, name, &size, NULL, NULL, NULL, NULL) == 0);
    CHECK(strcmp(name, "Deep") == 0 && size == 4);
    size = sizeof(name);
    CHECK(RegEnumKeyExA(key, 1, name, &size, NULL, NULL, NULL, NULL) == ERROR_NO_MORE_ITEMS);
    CHECK(RegCloseKey(key) == 0);
    CHECK(RegDeleteKeyA(HKEY_LOCAL_MACHINE, TEST_KEY) == ERROR_ACCESS_DENIED);
    CHECK(RegDeleteTreeA(HKEY_LOCAL_MACHINE, TEST_KEY) == 0);
    CHECK(RegOpenKeyExA(HKEY_LOCAL_MACHINE, TEST_KEY, 0, KEY_READ, &key) == ERROR_FILE_NOT_FOUND);
}

static void test_services(void)
{
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS), service, second;
    SC_HANDLE weak = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    SERVICE_STATUS status;

    CHECK(manager != NULL && weak != NULL);
    CHECK_ERROR(OpenServiceA(manager, "RingsideMissing", SERVICE_START),
                ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_ERROR(OpenServiceA(manager, "a\\b", SERVICE_START), ERROR_INVALID_NAME);
    CHECK_ERROR(CreateServiceA(weak, "RingsideTest", NULL, SERVICE_ALL_ACCESS,
                               SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                               "C:\\missing.sys", NULL, NULL, NULL, NULL, NULL),
                ERROR_ACCESS_DENIED);
    service = CreateServiceA(manager, "RingsideTest", NULL, SERVICE_ALL_ACCESS,
                             SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                             "C:\\missing.sys", NULL, NULL, NULL, NULL, NULL);
    CHECK(service != NULL);
    CHECK_ERROR(CreateServiceA(manager, "RingsideTest", NULL, SERVICE_ALL_ACCESS,
                               SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                               "C:\\missing.sys", NULL, NULL, NULL, NULL, NULL),
                ERROR_SERVICE_EXISTS);
    CHECK(QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_STOPPED &&
          status.dwServiceType == SERVICE_KERNEL_DRIVER);
    CHECK_ERROR(StartServiceA(service, 0, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(ControlService(service, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_NOT_ACTIVE);
    second = OpenServiceA(manager, "RingsideTest", SERVICE_QUERY_STATUS);
    CHECK_ERROR(StartServiceA(second, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK(DeleteService(service));
    CHECK_ERROR(DeleteService(service), ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK_ERROR(StartServiceA(service, 0, NULL), ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK(CloseServiceHandle(service) && CloseServiceHandle(second));
    CHECK_ERROR(OpenServiceA(manager, "RingsideTest", SERVICE_START), ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK(CloseServiceHandle(manager) && CloseServiceHandle(weak));
    CHECK_ERROR(CloseServiceHandle(NULL), ERROR_INVALID_HANDLE);
}

int main(void)
{
    test_values();
    test_keys();
    test_services();
    return check_summary();
}
