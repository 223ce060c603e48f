/* The commands, and what they share. See pnputil.h. */
#include "pnputil.h"

#include <stdarg.h>
#include <stdio.h>

/* setupapi's errors have no text in the system's table. */
static const struct {
    DWORD error;
    const WCHAR *text;
} setup_errors[] = {
    {ERROR_EXPECTED_SECTION_NAME, L"a section name was expected: the first line is [Name]"},
    {ERROR_BAD_SECTION_NAME_LINE, L"the line of a section name is [Name], and nothing else"},
    {ERROR_SECTION_NAME_TOO_LONG, L"the name of a section has at most 255 characters"},
    {ERROR_GENERAL_SYNTAX,
     L"a quote is not closed, nothing is before an equal sign, or a field is longer than 4095 "
     L"characters"},
    {ERROR_WRONG_INF_STYLE, L"there is no [Version] with Signature = \"$Windows NT$\""},
    {ERROR_SECTION_NOT_FOUND, L"a section is missing"},
    {ERROR_LINE_NOT_FOUND, L"a line is missing"},
    {ERROR_BAD_SERVICE_INSTALLSECT, L"the section of a service is not right"},
    {ERROR_NOT_AN_INSTALLED_OEM_INF, L"The specified file is not an installed OEM INF."},
    {ERROR_INF_IN_USE_BY_DEVICES,
     L"One or more devices are presently installed using the specified INF."},
};

const WCHAR *pnp_error_text(DWORD error)
{
    for (size_t i = 0; i < ARRAYSIZE(setup_errors); i++)
        if (setup_errors[i].error == error)
            return setup_errors[i].text;
    return print_message_of(error);
}

int pnp_exit_code(DWORD error)
{
    return error > 0xFFFF ? 1 : (int)error;
}

int pnp_fail(DWORD error, const WCHAR *format, ...)
{
    WCHAR text[2048];
    va_list arguments;

    va_start(arguments, format);
    _vsnwprintf(text, ARRAYSIZE(text) - 1, format, arguments);
    va_end(arguments);
    text[ARRAYSIZE(text) - 1] = 0;
    print_error(L"%ls: %ls\n", text, pnp_error_text(error));
    return pnp_exit_code(error);
}

void *pnp_allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        exit(pnp_fail(ERROR_NOT_ENOUGH_MEMORY, L"pnputil"));
    return memory;
}

/* ---- /add-driver ---- */

struct words {
    const WCHAR *name; /* behind the command; NULL = none */
    bool install, uninstall, force, subdirs;
    const WCHAR *class_name, *instance;
};

/* From the store on: its files are where they stay. */
static int install_stored(const struct store_entry *entry)
{
    struct package package;
    int code = 1;

    if (!package_open(&package, entry->path))
        return 1;
    if (package_check(&package) && install_package(&package, entry))
        code = 0;
    package_close(&package);
    return code;
}

static int add_driver(const WCHAR *path, bool install)
{
    struct package package;
    struct store_entry entry;
    bool existed, good;
    DWORD error;

    print_out(L"Adding driver package:  %ls\n", path);
    if (!package_open(&package, path))
        return 1;
    good = package_check(&package) && package_check_files(&package);
    error = good ? store_add(&package, &entry, &existed) : ERROR_SUCCESS;
    package_close(&package);
    if (!good)
        return 1;
    if (error != ERROR_SUCCESS)
        return pnp_fail(error, L"Failed to add driver package");
    print_out(L"Driver package added successfully.%ls\nPublished Name:         %ls\n",
              existed ? L" (Already exists in the system)" : L"", entry.published);
    return install ? install_stored(&entry) : 0;
}

/* All .inf files that match, without those of subdirectories. */
static int add_drivers(const struct words *words)
{
    WCHAR path[MAX_PATH], *name;
    WIN32_FIND_DATAW found;
    unsigned total = 0, added = 0;
    HANDLE search;
    int code = 0;

    if (words->subdirs)
        return pnp_fail(ERROR_CALL_NOT_IMPLEMENTED, L"/subdirs");
    if (!GetFullPathNameW(words->name, MAX_PATH, path, &name) || !name)
        return pnp_fail(ERROR_FILE_NOT_FOUND, L"%ls", words->name);
    search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return pnp_fail(GetLastError(), L"%ls", words->name);
    do {
        int result;

        if ((size_t)(name - path) + wcslen(found.cFileName) >= MAX_PATH)
            continue;
        wcscpy(name, found.cFileName);
        result = add_driver(path, words->install);
        code = result ? result : code;
        added += result == 0;
        total++;
    } while (FindNextFileW(search, &found));
    FindClose(search);
    print_out(L"\nTotal driver packages:  %u\nAdded driver packages:  %u\n", total, added);
    return code;
}

/* ---- the command line ---- */

static int do_delete(const struct words *words)
{
    return remove_package(words->name, words->uninstall, words->force);
}

static int do_drivers(const struct words *words)
{
    (void)words;
    return enumerate_drivers();
}

static int do_devices(const struct words *words)
{
    return enumerate_devices(words->class_name, words->instance);
}

static const struct command {
    const WCHAR *word;
    int (*run)(const struct words *words);
    bool has_name;
    const WCHAR *options[4]; /* those with a value end with a colon */
    const WCHAR *usage;
} commands[] = {
    {L"/add-driver",
     add_drivers,
     true,
     {L"/install", L"/subdirs"},
     L"/add-driver <filename.inf | *.inf> [/install]\n    Adds driver packages to the driver "
     L"store; "
     L"/install also installs them and makes\n    the devices of root-enumerated ones."},
    {L"/delete-driver",
     do_delete,
     true,
     {L"/uninstall", L"/force"},
     L"/delete-driver <oem#.inf> [/uninstall] [/force]\n    Deletes a driver package from the "
     L"driver "
     L"store; /uninstall removes its devices and\n    services first, /force deletes it although "
     L"devices use it."},
    {L"/enum-drivers", do_drivers, false, {0}, L"/enum-drivers\n    Lists the driver packages."},
    {L"/enum-devices",
     do_devices,
     false,
     {L"/class:", L"/instanceid:"},
     L"/enum-devices [/class <name | GUID>] [/instanceid <instance ID>]\n    Lists the devices."},
};

static int print_usage(void)
{
    print_out(
        L"PNPUTIL [/add-driver <...> | /delete-driver <...> | /enum-drivers | /enum-devices | "
        L"/?]\n\nCommands:\n\n");
    for (size_t i = 0; i < ARRAYSIZE(commands); i++)
        print_out(L"  %ls\n\n", commands[i].usage);
    return 0;
}

static int fail_usage(const WCHAR *word, const WCHAR *what)
{
    print_error(L"%ls: %ls; see pnputil /?\n", word, what);
    return ERROR_INVALID_PARAMETER;
}

/* The option of a command; NULL: it has none of that name. */
static const WCHAR *find_option(const struct command *command, const WCHAR *word)
{
    for (size_t i = 0; i < ARRAYSIZE(command->options) && command->options[i]; i++) {
        size_t length = wcscspn(command->options[i], L":");

        if (wcslen(word) == length && _wcsnicmp(command->options[i], word, length) == 0)
            return command->options[i];
    }
    return NULL;
}

static void set_option(struct words *words, const WCHAR *option, const WCHAR *value)
{
    if (wcscmp(option, L"/class:") == 0)
        words->class_name = value;
    else if (wcscmp(option, L"/instanceid:") == 0)
        words->instance = value;
    words->install |= wcscmp(option, L"/install") == 0;
    words->uninstall |= wcscmp(option, L"/uninstall") == 0;
    words->force |= wcscmp(option, L"/force") == 0;
    words->subdirs |= wcscmp(option, L"/subdirs") == 0;
}

static int run(const struct command *command, int count, WCHAR **arguments)
{
    struct words words = {0};
    int at = 0;

    if (command->has_name && (count == 0 || arguments[0][0] == L'/'))
        return fail_usage(command->word, L"the name of a file is missing");
    if (command->has_name)
        words.name = arguments[at++];
    for (; at < count; at++) {
        const WCHAR *option = find_option(command, arguments[at]);

        if (!option)
            return fail_usage(arguments[at], L"there is no such option");
        if (option[wcslen(option) - 1] == L':' && ++at == count)
            return fail_usage(arguments[at - 1], L"a value is missing");
        set_option(&words, option, arguments[at]);
    }
    return command->run(&words);
}

int wmain(int count, WCHAR **arguments);
int wmain(int count, WCHAR **arguments)
{
    if (count > 1 && (wcscmp(arguments[1], L"/?") == 0 || wcscmp(arguments[1], L"/h") == 0))
        return print_usage();
    if (count < 2)
        return fail_usage(L"pnputil", L"a command is missing");
    print_out(L"PnP Utility\n\n");
    for (size_t i = 0; i < ARRAYSIZE(commands); i++)
        if (_wcsicmp(commands[i].word, arguments[1]) == 0)
            return run(&commands[i], count - 2, arguments + 2);
    return fail_usage(arguments[1], L"there is no such command");
}
