/*
 * The service control manager's functions, narrow and wide: what they check, what they keep, and
 * what other handles see of it. No driver is started here: tests/cli/sc_test.sh does that.
 */
#include "check.h"
#include <string.h>

#define PATH "C:\\missing.sys"

static SC_HANDLE manager;

static SC_HANDLE create(const char *name, DWORD start, const char *group, DWORD *tag,
                        const char *dependencies)
{
    return CreateServiceA(manager, name, NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, start,
                          SERVICE_ERROR_NORMAL, PATH, group, tag, dependencies, NULL, NULL);
}

static void destroy(SC_HANDLE service)
{
    CHECK(DeleteService(service));
    CHECK(CloseServiceHandle(service));
}

/* What CreateService says of a service of these settings. */
static DWORD creation_error(const char *name, const char *display_name, DWORD type, DWORD start,
                            DWORD error_control, const char *account)
{
    SC_HANDLE service =
        CreateServiceA(manager, name, display_name, SERVICE_ALL_ACCESS, type, start, error_control,
                       PATH, NULL, NULL, NULL, account, NULL);
    DWORD error = GetLastError();

    if (service == NULL)
        return error;
    destroy(service);
    return 0;
}

static void test_validation(void)
{
    char longest[258];
    SC_HANDLE service;

    memset(longest, 'x', 257);
    longest[257] = 0;
    CHECK(creation_error(longest, NULL, 1, 3, 1, NULL) == ERROR_INVALID_NAME);
    longest[255] = 0; /* a key of the registry has no longer name, though a service might */
    CHECK(creation_error(longest, NULL, 1, 3, 1, NULL) == 0);
    longest[255] = 'x';
    CHECK(creation_error("T", longest, 1, 3, 1, NULL) == ERROR_INVALID_NAME);
    CHECK(creation_error("", NULL, 1, 3, 1, NULL) == ERROR_INVALID_NAME);
    CHECK(creation_error("a/b", NULL, 1, 3, 1, NULL) == ERROR_INVALID_NAME);
    CHECK(creation_error("T", NULL, 0, 3, 1, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(creation_error("T", NULL, 3, 3, 1, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(creation_error("T", NULL, 1, 5, 1, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(creation_error("T", NULL, 1, 3, 4, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(creation_error("T", NULL, 0x10, 0, 1, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(creation_error("T", NULL, 0x110, 2, 1, NULL) == 0);
    CHECK(creation_error("T", NULL, 1, 3, 1, "LocalSystem") == ERROR_INVALID_SERVICE_ACCOUNT);
    CHECK(creation_error("T", NULL, 2, 3, 1, "\\FileSystem\\T") == 0);
    service = create("T", SERVICE_DEMAND_START, NULL, NULL, NULL);
    CHECK(service != NULL);
    CHECK(creation_error("t", NULL, 1, 3, 1, NULL) == ERROR_SERVICE_EXISTS);
    CHECK(creation_error("U", "T", 1, 3, 1, NULL) == ERROR_DUPLICATE_SERVICE_NAME);
    destroy(service);
}

static void test_rights(void)
{
    SC_HANDLE weak = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), service, reader;
    SERVICE_STATUS status;
    DWORD needed, count;

    service = create("T", SERVICE_DEMAND_START, NULL, NULL, NULL);
    reader = OpenServiceA(weak, "T", GENERIC_READ);
    CHECK(QueryServiceStatus(reader, &status));
    CHECK(!EnumDependentServicesA(reader, SERVICE_STATE_ALL, NULL, 0, &needed, &count) ||
          count == 0);
    CHECK_ERROR(ControlService(reader, SERVICE_CONTROL_STOP, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(reader, SERVICE_CONTROL_PAUSE, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(reader, 200, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(reader, 100, &status), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ControlService(reader, SERVICE_CONTROL_INTERROGATE, &status),
                ERROR_SERVICE_NOT_ACTIVE);
    CHECK(status.dwCurrentState == SERVICE_STOPPED &&
          status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED);
    CHECK_ERROR(DeleteService(reader), ERROR_ACCESS_DENIED);
    CHECK_ERROR(EnumServicesStatusA(weak, SERVICE_DRIVER, SERVICE_STATE_ALL, NULL, 0, &needed,
                                    &count, NULL),
                ERROR_ACCESS_DENIED);
    CHECK(CloseServiceHandle(reader) && CloseServiceHandle(weak));
    destroy(service);
}

static void test_configuration(void)
{
    char buffer[1024] __attribute__((aligned(8)));
    QUERY_SERVICE_CONFIGA *config = (QUERY_SERVICE_CONFIGA *)buffer;
    QUERY_SERVICE_CONFIGW *wide = (QUERY_SERVICE_CONFIGW *)buffer;
    DWORD tag = 77, second_tag = 77, needed;
    SC_HANDLE service = create("T", SERVICE_SYSTEM_START, "Ringside group", &tag, "U\0+G\0V\0");
    SC_HANDLE second = create("U", SERVICE_SYSTEM_START, "ringside GROUP", &second_tag, NULL);

    CHECK(tag == 1 && second_tag == 2);
    CHECK_ERROR(QueryServiceConfigA(service, NULL, 0, &needed), ERROR_INSUFFICIENT_BUFFER);
    CHECK(needed > sizeof(*config) && needed <= sizeof(buffer));
    CHECK(QueryServiceConfigA(service, config, needed, &needed));
    CHECK(strcmp(config->lpBinaryPathName, "\\??\\" PATH) == 0);
    CHECK(strcmp(config->lpLoadOrderGroup, "Ringside group") == 0 && config->dwTagId == 1);
    CHECK(strcmp(config->lpDisplayName, "T") == 0 && config->lpServiceStartName[0] == 0);
    CHECK(memcmp(config->lpDependencies, "U\0V\0+G\0", 8) == 0);
    CHECK(ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE,
                               "system32\\t.sys", "", NULL, "", NULL, NULL, "Its name"));
    CHECK(QueryServiceConfigW(service, wide, sizeof(buffer), &needed));
    CHECK(wide->dwStartType == SERVICE_DISABLED && wide->dwServiceType == SERVICE_KERNEL_DRIVER);
    CHECK(wcscmp(wide->lpBinaryPathName, L"system32\\t.sys") == 0);
    CHECK(wide->lpLoadOrderGroup[0] == 0 && wide->dwTagId == 0 && wide->lpDependencies[0] == 0);
    CHECK(wcscmp(wide->lpDisplayName, L"Its name") == 0);
    CHECK_ERROR(StartServiceA(service, 0, NULL), ERROR_SERVICE_DISABLED);
    CHECK_ERROR(ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                                     SERVICE_NO_CHANGE, NULL, NULL, &tag, NULL, NULL, NULL, NULL),
                ERROR_INVALID_PARAMETER); /* a tag without a group */
    destroy(service);
    destroy(second);
}

static void test_description(void)
{
    char buffer[64] __attribute__((aligned(8)));
    SERVICE_DESCRIPTIONA text = {(char *)"About it"}, none = {(char *)""};
    SERVICE_DESCRIPTIONA *answer = (SERVICE_DESCRIPTIONA *)buffer;
    SC_HANDLE service = create("T", SERVICE_DEMAND_START, NULL, NULL, NULL);
    SERVICE_FAILURE_ACTIONSA failure = {0};
    DWORD needed;

    CHECK(ChangeServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, &text));
    CHECK_ERROR(QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, NULL, 0, &needed),
                ERROR_INSUFFICIENT_BUFFER);
    CHECK(QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, (BYTE *)buffer, needed,
                               &needed));
    CHECK(strcmp(answer->lpDescription, "About it") == 0);
    CHECK(ChangeServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, &none));
    CHECK(QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, (BYTE *)buffer, sizeof(buffer),
                               &needed) &&
          answer->lpDescription == NULL);
    CHECK_ERROR(ChangeServiceConfig2A(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure), 1080);
    CHECK_ERROR(ChangeServiceConfig2A(service, 99, &failure), ERROR_INVALID_LEVEL);
    destroy(service);
}

static void test_names(void)
{
    SC_HANDLE service =
        CreateServiceA(manager, "T", "Its name", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                       SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, PATH, NULL, NULL, NULL, NULL,
                       NULL);
    WCHAR wide[32];
    char text[32];
    DWORD size = 3;

    CHECK_ERROR(GetServiceDisplayNameA(manager, "T", text, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size == 8);
    size++;
    CHECK(GetServiceDisplayNameA(manager, "T", text, &size) && strcmp(text, "Its name") == 0);
    size = 32;
    CHECK(GetServiceKeyNameW(manager, L"its NAME", wide, &size) && wcscmp(wide, L"T") == 0);
    CHECK(size == 1);
    CHECK_ERROR(GetServiceKeyNameA(manager, "nobody", text, &size), ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_ERROR(GetServiceDisplayNameA(manager, "nobody", text, &size),
                ERROR_SERVICE_DOES_NOT_EXIST);
    destroy(service);
}

static void test_dependencies(void)
{
    char buffer[1024] __attribute__((aligned(8)));
    ENUM_SERVICE_STATUSA *list = (ENUM_SERVICE_STATUSA *)buffer;
    SC_HANDLE first = create("T1", SERVICE_DEMAND_START, NULL, NULL, NULL);
    SC_HANDLE second = create("T2", SERVICE_DEMAND_START, NULL, NULL, "T1\0");
    SC_HANDLE third = create("T3", SERVICE_DEMAND_START, NULL, NULL, "T2\0T1\0");
    DWORD needed, count;

    CHECK(create("T4", SERVICE_DEMAND_START, NULL, NULL, "T4\0") == NULL &&
          GetLastError() == ERROR_CIRCULAR_DEPENDENCY);
    CHECK_ERROR(ChangeServiceConfigA(first, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                                     NULL, NULL, NULL, "T3\0", NULL, NULL, NULL),
                ERROR_CIRCULAR_DEPENDENCY);
    CHECK(EnumDependentServicesA(first, SERVICE_STATE_ALL, list, sizeof(buffer), &needed, &count));
    CHECK(count == 2 && strcmp(list[0].lpServiceName, "T3") == 0 &&
          strcmp(list[1].lpServiceName, "T2") == 0);
    CHECK(EnumDependentServicesA(first, SERVICE_ACTIVE, list, sizeof(buffer), &needed, &count) &&
          count == 0);
    CHECK_ERROR(EnumDependentServicesA(first, SERVICE_STATE_ALL, list, 1, &needed, &count),
                ERROR_MORE_DATA);
    CHECK_ERROR(StartServiceA(third, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL);
    destroy(first);
    CHECK_ERROR(StartServiceA(third, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL);
    destroy(second);
    CHECK_ERROR(StartServiceA(third, 0, NULL), ERROR_SERVICE_DEPENDENCY_DELETED);
    destroy(third);
}

static void test_listing(void)
{
    char buffer[1024] __attribute__((aligned(8)));
    ENUM_SERVICE_STATUS_PROCESSA *list = (ENUM_SERVICE_STATUS_PROCESSA *)buffer;
    SC_HANDLE first = create("T1", SERVICE_DEMAND_START, "Ringside group", NULL, NULL);
    SC_HANDLE second = create("T2", SERVICE_DEMAND_START, "Ringside group", NULL, NULL);
    DWORD needed, count, resume = 0;

    CHECK(EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER, SERVICE_INACTIVE,
                                (BYTE *)buffer, sizeof(buffer), &needed, &count, NULL,
                                "ringside group") &&
          count == 2);
    CHECK_ERROR(EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER,
                                      SERVICE_STATE_ALL, (BYTE *)buffer,
                                      sizeof(*list) + 8, &needed, &count, &resume,
                                      "ringside group"),
                ERROR_MORE_DATA);
    CHECK(count == 1 && strcmp(list[0].lpServiceName, "T1") == 0 && resume != 0);
    CHECK(EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER, SERVICE_STATE_ALL,
                                (BYTE *)buffer, sizeof(buffer), &needed, &count, &resume,
                                "ringside group"));
    CHECK(count == 1 && strcmp(list[0].lpServiceName, "T2") == 0 && resume == 0);
    CHECK_ERROR(EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER,
                                      SERVICE_STATE_ALL, (BYTE *)buffer, sizeof(buffer), &needed,
                                      &count, NULL, "no such group"),
                ERROR_SERVICE_DOES_NOT_EXIST);
    destroy(first);
    destroy(second);
}

int main(void)
{
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    test_validation();
    test_rights();
    test_configuration();
    test_description();
    test_names();
    test_dependencies();
    test_listing();
    CloseServiceHandle(manager);
    return check_summary();
}
