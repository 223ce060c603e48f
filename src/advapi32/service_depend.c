/*
 * Dependencies: a service needs other services (DependOnService) and load-order groups
 * (DependOnGroup) to run. The Win32 functions take and give both in one list, groups with a plus
 * sign. Which services are dependents is found by asking all. See advapi32.h.
 */
#include "advapi32.h"

/* The services that a search passes through, innermost first. */
struct chain {
    const WCHAR *name;
    const struct chain *outer;
};

static bool is_in(const struct chain *chain, const WCHAR *name)
{
    for (; chain != NULL; chain = chain->outer) {
        if (_wcsicmp(chain->name, name) == 0)
            return true;
    }
    return false;
}

static bool list_has(const WCHAR *list, const WCHAR *name)
{
    for (; *list != 0; list += wcslen(list) + 1) {
        if (_wcsicmp(list, name) == 0)
            return true;
    }
    return false;
}

/* The entries with the plus sign, or those without it, as a list of their own. */
static void pick(const WCHAR *from, bool groups, WCHAR *to)
{
    for (; *from != 0; from += wcslen(from) + 1) {
        if ((*from == SC_GROUP_IDENTIFIERW) != groups)
            continue;
        wcscpy(to, from + groups);
        to += wcslen(to) + 1;
    }
    *to = 0;
}

NTSTATUS service_write_dependencies(HANDLE key, const WCHAR *list)
{
    WCHAR *part = security_allocate(service_list_length(list) * sizeof(WCHAR));

    if (part == NULL)
        return STATUS_NO_MEMORY;
    pick(list, false, part);
    NTSTATUS status = service_write_text(key, L"DependOnService", part, REG_MULTI_SZ);

    if (NT_SUCCESS(status)) {
        pick(list, true, part);
        status = service_write_text(key, L"DependOnGroup", part, REG_MULTI_SZ);
    }
    security_free(part);
    return status;
}

WCHAR *service_read_dependencies(HANDLE key)
{
    WCHAR *services = service_read_text(key, L"DependOnService");
    WCHAR *groups = service_read_text(key, L"DependOnGroup"), *list = NULL;

    if (services != NULL && groups != NULL) {
        size_t length = service_list_length(services), room = length;

        for (const WCHAR *group = groups; *group != 0; group += wcslen(group) + 1)
            room += wcslen(group) + 2;
        list = security_allocate((room + 1) * sizeof(WCHAR));
        if (list != NULL) {
            WCHAR *at = list + length - 1;

            memcpy(list, services, length * sizeof(WCHAR));
            for (const WCHAR *group = groups; *group != 0; group += wcslen(group) + 1) {
                *at++ = SC_GROUP_IDENTIFIERW;
                wcscpy(at, group);
                at += wcslen(at) + 1;
            }
        }
    }
    security_free(services);
    security_free(groups);
    return list;
}

/* Does the list lead to the service at the chain's outer end? */
static bool leads_back(const WCHAR *name, const WCHAR *list, const struct chain *chain)
{
    bool found = false;

    for (; *list != 0 && !found; list += wcslen(list) + 1) {
        struct chain link = {list, chain};
        HANDLE key;

        if (_wcsicmp(list, name) == 0)
            return true;
        if (*list == SC_GROUP_IDENTIFIERW || is_in(chain, list) ||
            service_open(list, &key) != ERROR_SUCCESS)
            continue;
        WCHAR *further = service_read_text(key, L"DependOnService");

        NtClose(key);
        found = further != NULL && leads_back(name, further, &link);
        security_free(further);
    }
    return found;
}

DWORD service_check_circle(const WCHAR *name, const WCHAR *dependencies)
{
    return leads_back(name, dependencies, NULL) ? ERROR_CIRCULAR_DEPENDENCY : ERROR_SUCCESS;
}

static DWORD start(const WCHAR *name, HANDLE key, const struct chain *outer);

static DWORD start_needed(const WCHAR *name, const struct chain *chain)
{
    HANDLE key;

    if (is_in(chain, name))
        return ERROR_CIRCULAR_DEPENDENCY;
    if (service_open(name, &key) != ERROR_SUCCESS)
        return ERROR_SERVICE_DEPENDENCY_DELETED;
    DWORD error = service_is_marked(key) ? ERROR_SERVICE_DEPENDENCY_DELETED : ERROR_SUCCESS;

    if (error == ERROR_SUCCESS) {
        error = start(name, key, chain);
        if (error == ERROR_SERVICE_ALREADY_RUNNING)
            error = ERROR_SUCCESS;
        else if (error != ERROR_SUCCESS && error != ERROR_CIRCULAR_DEPENDENCY)
            error = ERROR_SERVICE_DEPENDENCY_FAIL;
    }
    NtClose(key);
    return error;
}

/* A group runs if one of its members does after an attempt to start all of them. */
static DWORD start_group(const WCHAR *group, const struct chain *chain)
{
    struct service_walk walk;
    DWORD error = service_walk_begin(&walk);
    bool running = false;

    if (error != ERROR_SUCCESS)
        return error;
    error = ERROR_SERVICE_DEPENDENCY_DELETED;
    while (service_walk_next(&walk)) {
        WCHAR *its_group = service_read_text(walk.key, L"Group");
        bool member = its_group != NULL && _wcsicmp(its_group, group) == 0;

        security_free(its_group);
        if (!member)
            continue;
        error = ERROR_SERVICE_DEPENDENCY_FAIL;
        if (!is_in(chain, walk.name) && start_needed(walk.name, chain) == ERROR_SUCCESS)
            running = true;
    }
    service_walk_end(&walk);
    return running ? ERROR_SUCCESS : error;
}

static DWORD start_dependencies(HANDLE key, const struct chain *chain)
{
    WCHAR *list = service_read_dependencies(key);
    DWORD error = list != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    for (const WCHAR *at = list; error == ERROR_SUCCESS && *at != 0; at += wcslen(at) + 1)
        error = *at == SC_GROUP_IDENTIFIERW ? start_group(at + 1, chain) : start_needed(at, chain);
    security_free(list);
    return error;
}

static DWORD load(const WCHAR *name)
{
    NTSTATUS status = service_load(name);

    return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

static DWORD start(const WCHAR *name, HANDLE key, const struct chain *outer)
{
    struct chain chain = {name, outer};

    if (service_is_marked(key))
        return ERROR_SERVICE_MARKED_FOR_DELETE;
    if (service_is_loaded(name, key))
        return ERROR_SERVICE_ALREADY_RUNNING;
    if (service_read_dword(key, L"Start", SERVICE_DEMAND_START) == SERVICE_DISABLED)
        return ERROR_SERVICE_DISABLED;
    if (!service_is_driver(service_read_dword(key, L"Type", SERVICE_KERNEL_DRIVER)))
        return ERROR_CALL_NOT_IMPLEMENTED; /* no program runs as a service here */
    DWORD error = start_dependencies(key, &chain);

    if (error == ERROR_SUCCESS)
        error = load(name);
    if (error != ERROR_SERVICE_ALREADY_RUNNING)
        service_record(name, error == ERROR_SUCCESS ? SERVICE_RUNNING : SERVICE_STOPPED, error);
    return error;
}

DWORD service_start(const WCHAR *name, HANDLE key)
{
    return start(name, key, NULL);
}

static bool depends_on(HANDLE key, const WCHAR *name)
{
    WCHAR *services = service_read_text(key, L"DependOnService");
    bool found = services != NULL && list_has(services, name);

    security_free(services);
    return found;
}

bool service_has_running_dependents(const WCHAR *name)
{
    struct service_walk walk;
    bool found = false;

    if (service_walk_begin(&walk) != ERROR_SUCCESS)
        return false;
    while (!found && service_walk_next(&walk))
        found = depends_on(walk.key, name) && service_is_loaded(walk.name, walk.key);
    service_walk_end(&walk);
    return found;
}

/* Puts a name at the end of a list; false when out of memory. */
static bool append(WCHAR **list, const WCHAR *name)
{
    size_t length = service_list_length(*list), more = wcslen(name) + 1;
    WCHAR *longer = security_allocate((length + more + 1) * sizeof(WCHAR));

    if (longer == NULL)
        return false;
    memcpy(longer, *list, (length - 1) * sizeof(WCHAR));
    memcpy(longer + length - 1, name, more * sizeof(WCHAR));
    security_free(*list);
    *list = longer;
    return true;
}

/* Adds the dependents of a service, each behind those that depend on it. */
static bool collect(WCHAR **list, const WCHAR *name, const struct chain *outer)
{
    struct chain chain = {name, outer};
    struct service_walk walk;
    bool good = true;

    if (service_walk_begin(&walk) != ERROR_SUCCESS)
        return false;
    while (good && service_walk_next(&walk)) {
        if (depends_on(walk.key, name) && !is_in(&chain, walk.name) && !list_has(*list, walk.name))
            good = collect(list, walk.name, &chain) && append(list, walk.name);
    }
    service_walk_end(&walk);
    return good;
}

WCHAR *service_read_dependents(const WCHAR *name)
{
    WCHAR *list = security_allocate(2 * sizeof(WCHAR));

    if (list == NULL || collect(&list, name, NULL))
        return list;
    security_free(list);
    return NULL;
}
