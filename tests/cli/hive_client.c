/* Tells what an earlier run has left in the registry, then changes it, each time in the same way. */
#include <windows.h>
#include <winternl.h>
#include <stdio.h>

static void show(HKEY root, const char *key, const char *name)
{
    char text[64] = "";
    DWORD size = sizeof(text) - 1;
    LSTATUS status = RegGetValueA(root, key, name, RRF_RT_REG_SZ, NULL, text, &size);

    printf("%s!%s: %s\n", key, name, status ? "missing" : text);
}

static void set(HKEY key, const char *name, const char *text)
{
    if (RegSetValueExA(key, name, 0, REG_SZ, (const BYTE *)text, (DWORD)strlen(text) + 1))
        printf("%s cannot be set\n", name);
}

/* Windows has RegRenameKey since version 6; the service below it is older. */
static void rename_key(HKEY key, WCHAR *name)
{
    typedef LONG NTAPI rename_routine(HANDLE key, PUNICODE_STRING name);
    rename_routine *rename = (rename_routine *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtRenameKey");
    UNICODE_STRING string = {(USHORT)(wcslen(name) * 2), (USHORT)(wcslen(name) * 2), name};

    if (!rename || rename(key, &string) < 0)
        printf("a key cannot be renamed\n");
}

int main(int count, char **arguments)
{
    HKEY key, other;

    show(HKEY_LOCAL_MACHINE, "SOFTWARE\\Hive test", "Text");
    show(HKEY_LOCAL_MACHINE, "SOFTWARE\\Hive test", "Gone");
    show(HKEY_LOCAL_MACHINE, "SOFTWARE\\Hive test\\Renamed", "Text");
    show(HKEY_USERS, ".DEFAULT\\Software\\Hive test", "Text");
    show(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "ProductName");
    show(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "EditionID");
    if (RegCreateKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Hive test", &key))
        return 1;
    set(key, "Text", count > 1 ? arguments[1] : "one");
    set(key, "Gone", "soon");
    RegDeleteValueA(key, "Gone");
    RegCreateKeyA(key, "Temporary", &other);
    set(other, "Text", "temporary");
    RegCloseKey(other);
    RegDeleteKeyA(key, "Temporary");
    RegDeleteKeyA(key, "Renamed");
    RegCreateKeyA(key, "Before", &other);
    set(other, "Text", "under another name");
    rename_key(other, L"Renamed");
    RegCloseKey(other);
    printf("flush: %ld\n", RegFlushKey(key));
    RegCloseKey(key);
    RegCreateKeyA(HKEY_CURRENT_USER, "Software\\Hive test", &key);
    set(key, "Text", "the user's");
    RegCloseKey(key);
    RegOpenKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", &key);
    set(key, "ProductName", "Windows 10 Test");
    RegDeleteValueA(key, "EditionID");
    RegCloseKey(key);
    return 0;
}
