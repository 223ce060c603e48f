/*
 * What a service is made of: CreateService and ChangeServiceConfig check and write the same
 * settings. See advapi32.h.
 */
#include "advapi32.h"

static bool is_valid_type(DWORD type)
{
    switch (type) {
    case SERVICE_KERNEL_DRIVER:
    case SERVICE_FILE_SYSTEM_DRIVER:
    case SERVICE_RECOGNIZER_DRIVER:
    case SERVICE_WIN32_OWN_PROCESS:
    case SERVICE_WIN32_SHARE_PROCESS:
    case SERVICE_WIN32_OWN_PROCESS | SERVICE_INTERACTIVE_PROCESS:
    case SERVICE_WIN32_SHARE_PROCESS | SERVICE_INTERACTIVE_PROCESS:
        return true;
    default:
        return false;
    }
}

static DWORD or_current(DWORD number, HANDLE key, const WCHAR *value, DWORD missing)
{
    return number != SERVICE_NO_CHANGE ? number : service_read_dword(key, value, missing);
}

static bool has_group(HANDLE key, const struct service_settings *settings)
{
    if (settings->group != NULL)
        return settings->group[0] != 0;
    WCHAR *group = service_read_text(key, L"Group");
    bool found = group != NULL && group[0] != 0;

    security_free(group);
    return found;
}

/* An account is the name of the driver object for a driver. */
static DWORD check_account(DWORD type, const WCHAR *account)
{
    if (account == NULL || account[0] == 0 || !service_is_driver(type))
        return ERROR_SUCCESS;
    return _wcsnicmp(account, L"\\Driver\\", 8) == 0 ||
                   _wcsnicmp(account, L"\\FileSystem\\", 12) == 0
               ? ERROR_SUCCESS
               : ERROR_INVALID_SERVICE_ACCOUNT;
}

/* A display name may be that of no other service, nor its key name. */
static DWORD check_display_name(const WCHAR *name, const WCHAR *display_name)
{
    struct service_walk walk;

    if (display_name == NULL || display_name[0] == 0)
        return ERROR_SUCCESS;
    if (wcslen(display_name) > SERVICE_NAME_LIMIT)
        return ERROR_INVALID_NAME;
    DWORD error = service_walk_begin(&walk);

    if (error != ERROR_SUCCESS)
        return error;
    while (error == ERROR_SUCCESS && service_walk_next(&walk)) {
        if (_wcsicmp(walk.name, name) == 0)
            continue;
        WCHAR *other = service_read_text(walk.key, L"DisplayName");

        if (_wcsicmp(walk.name, display_name) == 0 ||
            (other != NULL && _wcsicmp(other, display_name) == 0))
            error = ERROR_DUPLICATE_SERVICE_NAME;
        security_free(other);
    }
    service_walk_end(&walk);
    return error;
}

DWORD service_check_settings(const WCHAR *name, HANDLE key, const struct service_settings *settings)
{
    DWORD type = or_current(settings->type, key, L"Type", SERVICE_KERNEL_DRIVER);
    DWORD start = or_current(settings->start, key, L"Start", SERVICE_DEMAND_START);
    DWORD error_control =
        or_current(settings->error_control, key, L"ErrorControl", SERVICE_ERROR_NORMAL);

    if (!is_valid_type(type) || start > SERVICE_DISABLED ||
        error_control > SERVICE_ERROR_CRITICAL ||
        (!service_is_driver(type) && start < SERVICE_AUTO_START) ||
        (settings->path != NULL && settings->path[0] == 0) ||
        (settings->tag != NULL && !has_group(key, settings)))
        return ERROR_INVALID_PARAMETER;
    DWORD error = check_account(type, settings->account);

    if (error == ERROR_SUCCESS)
        error = check_display_name(name, settings->display_name);
    if (error == ERROR_SUCCESS && settings->dependencies != NULL)
        error = service_check_circle(name, settings->dependencies);
    return error;
}

/* A driver's path is kept as the kernel reads it, since drive letters are the programs' affair. */
static NTSTATUS write_path(HANDLE key, const WCHAR *path, bool driver)
{
    static const WCHAR *const roots[] = {L"%SystemRoot%\\", L"C:\\Windows\\"};
    const WCHAR *prefix = L"", *rest = path;

    for (size_t i = 0; driver && i < ARRAY_COUNT(roots); i++) {
        if (_wcsnicmp(path, roots[i], wcslen(roots[i])) == 0) {
            prefix = L"\\SystemRoot\\";
            rest = path + wcslen(roots[i]);
        }
    }
    if (driver && rest == path && path[1] == L':')
        prefix = L"\\??\\";
    size_t size = wcslen(prefix) + wcslen(rest) + 1;
    WCHAR *full = security_allocate(size * sizeof(WCHAR));

    if (full == NULL)
        return STATUS_NO_MEMORY;
    _snwprintf(full, size, L"%ls%ls", prefix, rest);
    NTSTATUS status = service_write_text(key, L"ImagePath", full, REG_EXPAND_SZ);

    security_free(full);
    return status;
}

/* The lowest tag above those of the group's other drivers. */
static DWORD unused_tag(const WCHAR *group)
{
    struct service_walk walk;
    DWORD highest = 0;

    if (service_walk_begin(&walk) != ERROR_SUCCESS)
        return 1;
    while (service_walk_next(&walk)) {
        WCHAR *other = service_read_text(walk.key, L"Group");
        DWORD tag = service_read_dword(walk.key, L"Tag", 0);

        if (other != NULL && _wcsicmp(other, group) == 0 && tag > highest)
            highest = tag;
        security_free(other);
    }
    service_walk_end(&walk);
    return highest + 1;
}

/* A tag counts inside its group: a new group, or none, ends the old tag. */
static NTSTATUS write_group_and_tag(HANDLE key, const WCHAR *group, DWORD *tag)
{
    NTSTATUS status = STATUS_SUCCESS;
    UNICODE_STRING tag_name;

    RtlInitUnicodeString(&tag_name, L"Tag");
    if (group != NULL) {
        NtDeleteValueKey(key, &tag_name);
        status = service_write_text(key, L"Group", group, REG_SZ);
    }
    if (!NT_SUCCESS(status) || tag == NULL)
        return status;
    WCHAR *current = service_read_text(key, L"Group");

    if (current == NULL)
        return STATUS_NO_MEMORY;
    *tag = unused_tag(current);
    security_free(current);
    return service_write_dword(key, L"Tag", *tag);
}

static NTSTATUS write_number(HANDLE key, const WCHAR *value, DWORD number)
{
    return number == SERVICE_NO_CHANGE ? STATUS_SUCCESS : service_write_dword(key, value, number);
}

NTSTATUS service_write_settings(HANDLE key, const struct service_settings *settings)
{
    DWORD type = or_current(settings->type, key, L"Type", SERVICE_KERNEL_DRIVER);
    NTSTATUS status = write_number(key, L"Type", settings->type);

    if (NT_SUCCESS(status))
        status = write_number(key, L"Start", settings->start);
    if (NT_SUCCESS(status))
        status = write_number(key, L"ErrorControl", settings->error_control);
    if (NT_SUCCESS(status) && settings->path != NULL)
        status = write_path(key, settings->path, service_is_driver(type));
    if (NT_SUCCESS(status) && settings->display_name != NULL)
        status = service_write_text(key, L"DisplayName", settings->display_name, REG_SZ);
    if (NT_SUCCESS(status))
        status = write_group_and_tag(key, settings->group, settings->tag);
    if (NT_SUCCESS(status) && settings->dependencies != NULL)
        status = service_write_dependencies(key, settings->dependencies);
    if (NT_SUCCESS(status) && settings->account != NULL)
        status = service_write_text(key, L"ObjectName", settings->account, REG_SZ);
    return status;
}

/* A list of narrow texts in UTF-16; NULL for NULL. */
static WCHAR *widen_list(const char *list)
{
    const char *end = list;

    if (list == NULL)
        return NULL;
    while (*end != 0)
        end += strlen(end) + 1;
    int length = (int)(end - list) + 1;
    WCHAR *wide = security_allocate(((SIZE_T)length + 1) * sizeof(WCHAR));

    if (wide != NULL)
        MultiByteToWideChar(CP_ACP, 0, list, length, wide, length);
    return wide;
}

void service_widen_settings(struct service_settings_text *text, const char *path, const char *group,
                            const char *dependencies, const char *account, const char *display_name)
{
    text->path = security_widen(path);
    text->group = security_widen(group);
    text->dependencies = widen_list(dependencies);
    text->account = security_widen(account);
    text->display_name = security_widen(display_name);
}

void service_free_settings(struct service_settings_text *text)
{
    security_free(text->path);
    security_free(text->group);
    security_free(text->dependencies);
    security_free(text->account);
    security_free(text->display_name);
}
