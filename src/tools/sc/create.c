/* Commands that create and configure services. See sc.h. */
#include "sc.h"

/* What the options say; what is not said stays NULL or SERVICE_NO_CHANGE. */
struct settings {
    DWORD type, start, error_control;
    const WCHAR *path, *group, *account, *password, *display_name;
    WCHAR *dependencies; /* allocated: the list as the functions take it */
    bool tag, late;
};

static const struct sc_word types[] = {
    {L"own", SERVICE_WIN32_OWN_PROCESS},
    {L"share", SERVICE_WIN32_SHARE_PROCESS},
    {L"interact", SERVICE_INTERACTIVE_PROCESS},
    {L"kernel", SERVICE_KERNEL_DRIVER},
    {L"filesys", SERVICE_FILE_SYSTEM_DRIVER},
    {L"rec", SERVICE_RECOGNIZER_DRIVER},
    {NULL, 0},
};

#define START_LATE 0x100 /* delayed-auto: SERVICE_AUTO_START, and a setting of its own */

static const struct sc_word starts[] = {
    {L"boot", SERVICE_BOOT_START},
    {L"system", SERVICE_SYSTEM_START},
    {L"auto", SERVICE_AUTO_START},
    {L"demand", SERVICE_DEMAND_START},
    {L"disabled", SERVICE_DISABLED},
    {L"delayed-auto", START_LATE | SERVICE_AUTO_START},
    {NULL, 0},
};

static const struct sc_word error_controls[] = {
    {L"ignore", SERVICE_ERROR_IGNORE},
    {L"normal", SERVICE_ERROR_NORMAL},
    {L"severe", SERVICE_ERROR_SEVERE},
    {L"critical", SERVICE_ERROR_CRITICAL},
    {NULL, 0},
};

/* a/b/+c becomes the list a, b, +c. */
static WCHAR *split(const WCHAR *text)
{
    WCHAR *list = calloc(wcslen(text) + 2, sizeof(WCHAR)), *to = list;

    for (; list != NULL && *text != 0; text++) {
        if (*text != L'/')
            *to++ = *text;
        else if (to != list && to[-1] != 0)
            to++; /* the zero is there */
    }
    return list;
}

/* type= may come twice: interact with own or share. */
static bool read_type(const WCHAR *value, DWORD *type)
{
    DWORD one;

    if (!sc_find_word(types, value, &one))
        return false;
    *type = *type == SERVICE_NO_CHANGE ? one : *type | one;
    return true;
}

static bool read_start(const WCHAR *value, struct settings *settings)
{
    if (!sc_find_word(starts, value, &settings->start))
        return false;
    settings->late = settings->start & START_LATE;
    settings->start &= ~(DWORD)START_LATE;
    return true;
}

static bool read_option(const WCHAR *name, const WCHAR *value, struct settings *settings)
{
    static const struct sc_word answers[] = {{L"yes", true}, {L"no", false}, {NULL, 0}};
    const struct {
        const WCHAR *name;
        const WCHAR **text;
    } texts[] = {
        {L"binPath", &settings->path},
        {L"group", &settings->group},
        {L"obj", &settings->account},
        {L"password", &settings->password},
        {L"DisplayName", &settings->display_name},
    };
    DWORD answer;

    for (size_t i = 0; i < COUNT(texts); i++) {
        if (_wcsicmp(name, texts[i].name) == 0) {
            *texts[i].text = value;
            return true;
        }
    }
    if (_wcsicmp(name, L"type") == 0)
        return read_type(value, &settings->type);
    if (_wcsicmp(name, L"start") == 0)
        return read_start(value, settings);
    if (_wcsicmp(name, L"error") == 0)
        return sc_find_word(error_controls, value, &settings->error_control);
    if (_wcsicmp(name, L"tag") == 0 && sc_find_word(answers, value, &answer)) {
        settings->tag = answer;
        return true;
    }
    if (_wcsicmp(name, L"depend") != 0)
        return false;
    free(settings->dependencies);
    settings->dependencies = split(value);
    return true;
}

static bool read_settings(const struct sc_call *call, struct settings *settings)
{
    const WCHAR *value;
    WCHAR name[32];
    int index = 1;

    *settings = (struct settings){
        .type = SERVICE_NO_CHANGE, .start = SERVICE_NO_CHANGE, .error_control = SERVICE_NO_CHANGE};
    while (sc_next_option(call, &index, name, &value)) {
        if (!read_option(name, value, settings))
            return false;
    }
    return value != NULL;
}

static DWORD or_default(DWORD value, DWORD missing)
{
    return value != SERVICE_NO_CHANGE ? value : missing;
}

/* Whether an automatic start is late; only a program has that setting. */
static bool set_late(SC_HANDLE service, bool late)
{
    SERVICE_DELAYED_AUTO_START_INFO information = {late};

    return ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &information);
}

static DWORD create(const struct sc_call *call, const struct settings *settings)
{
    SC_HANDLE manager = sc_open_manager(call, SC_MANAGER_CREATE_SERVICE), service;
    DWORD tag, error = ERROR_SUCCESS;

    if (manager == NULL)
        return GetLastError();
    service = CreateServiceW(
        manager, call->arguments[0], settings->display_name, SERVICE_ALL_ACCESS,
        or_default(settings->type, SERVICE_WIN32_OWN_PROCESS),
        or_default(settings->start, SERVICE_DEMAND_START),
        or_default(settings->error_control, SERVICE_ERROR_NORMAL), settings->path, settings->group,
        settings->tag ? &tag : NULL, settings->dependencies, settings->account, settings->password);
    if (service == NULL)
        error = sc_failed(L"CreateService");
    else if (settings->late && !set_late(service, true))
        error = sc_failed(L"ChangeServiceConfig2");
    else
        sc_succeeded(L"CreateService");
    if (service != NULL)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return error;
}

DWORD sc_create(const struct sc_call *call)
{
    struct settings settings;
    DWORD error;

    if (read_settings(call, &settings) && settings.path != NULL)
        error = create(call, &settings);
    else
        error = sc_usage(call->command);
    free(settings.dependencies);
    return error;
}

static DWORD configure(const struct sc_call *call, const struct settings *settings)
{
    struct sc_service opened;
    DWORD tag, error = sc_open(call, SERVICE_CHANGE_CONFIG, L"OpenService", &opened);

    if (error != ERROR_SUCCESS)
        return error;
    if (!ChangeServiceConfigW(opened.service, settings->type, settings->start,
                              settings->error_control, settings->path, settings->group,
                              settings->tag ? &tag : NULL, settings->dependencies,
                              settings->account, settings->password, settings->display_name))
        error = sc_failed(L"ChangeServiceConfig");
    else if (settings->late && !set_late(opened.service, true))
        error = sc_failed(L"ChangeServiceConfig2");
    else
        sc_succeeded(L"ChangeServiceConfig");
    if (error == ERROR_SUCCESS && settings->start != SERVICE_NO_CHANGE && !settings->late)
        set_late(opened.service, false); /* a driver refuses, and never was */
    sc_close(&opened);
    return error;
}

DWORD sc_config(const struct sc_call *call)
{
    struct settings settings;
    DWORD error =
        read_settings(call, &settings) ? configure(call, &settings) : sc_usage(call->command);

    free(settings.dependencies);
    return error;
}

static DWORD change2(const struct sc_call *call, DWORD access, DWORD level, void *information)
{
    struct sc_service opened;
    DWORD error = sc_open(call, access, L"OpenService", &opened);

    if (error != ERROR_SUCCESS)
        return error;
    error = ChangeServiceConfig2W(opened.service, level, information)
                ? sc_succeeded(L"ChangeServiceConfig2")
                : sc_failed(L"ChangeServiceConfig2");
    sc_close(&opened);
    return error;
}

DWORD sc_description(const struct sc_call *call)
{
    static WCHAR empty[] = L"";
    SERVICE_DESCRIPTIONW description = {call->count > 1 ? call->arguments[1] : empty};

    return change2(call, SERVICE_CHANGE_CONFIG, SERVICE_CONFIG_DESCRIPTION, &description);
}

#define ACTION_LIMIT 16

/* restart/5000/run/1000 …; the empty text stands for no action. */
static bool read_actions(const WCHAR *text, SC_ACTION actions[ACTION_LIMIT], DWORD *count)
{
    static const struct sc_word names[] = {
        {L"", SC_ACTION_NONE},
        {L"restart", SC_ACTION_RESTART},
        {L"reboot", SC_ACTION_REBOOT},
        {L"run", SC_ACTION_RUN_COMMAND},
        {NULL, 0},
    };

    for (*count = 0; *text != 0 && *count < ACTION_LIMIT; (*count)++) {
        WCHAR word[16], *end;
        size_t length = wcscspn(text, L"/");
        DWORD type;

        if (length >= COUNT(word) || text[length] == 0)
            return false;
        wcsncpy(word, text, length);
        word[length] = 0;
        if (!sc_find_word(names, word, &type))
            return false;
        actions[*count].Type = type;
        actions[*count].Delay = wcstoul(text + length + 1, &end, 10);
        text = *end == L'/' ? end + 1 : end;
    }
    return *text == 0;
}

DWORD sc_failure(const struct sc_call *call)
{
    SC_ACTION actions[ACTION_LIMIT];
    SERVICE_FAILURE_ACTIONSW failure = {0};
    const WCHAR *value;
    WCHAR name[32];
    int index = 1;

    while (sc_next_option(call, &index, name, &value)) {
        if (_wcsicmp(name, L"reset") == 0) {
            failure.dwResetPeriod =
                _wcsicmp(value, L"INFINITE") == 0 ? INFINITE : wcstoul(value, NULL, 10);
        } else if (_wcsicmp(name, L"reboot") == 0) {
            failure.lpRebootMsg = (WCHAR *)value;
        } else if (_wcsicmp(name, L"command") == 0) {
            failure.lpCommand = (WCHAR *)value;
        } else if (_wcsicmp(name, L"actions") == 0 &&
                   read_actions(value, actions, &failure.cActions)) {
            failure.lpsaActions = actions;
        } else {
            return sc_usage(call->command);
        }
    }
    if (value == NULL)
        return sc_usage(call->command);
    return change2(call, SERVICE_CHANGE_CONFIG | SERVICE_START, SERVICE_CONFIG_FAILURE_ACTIONS,
                   &failure);
}
