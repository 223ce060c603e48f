/*
 * Sections of files: data that two views, the file and its readers share, and images.
 */
#include "../guest.h"

#include <ntimage.h>

#define SECTION_COMMIT 0x8000000u /* SEC_COMMIT */
#define SECTION_IMAGE 0x1000000u  /* SEC_IMAGE */
#define FILE_PATH L"\\??\\C:\\guest_section.bin"
#define STATUS_IMAGE_NOT_MZ ((NTSTATUS)0xC000012F)

static NTSTATUS open_file(PCWSTR path, ACCESS_MASK access, ULONG disposition, HANDLE *file)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(file, access | SYNCHRONIZE, &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, disposition,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

static HANDLE make_file(const char *text)
{
    IO_STATUS_BLOCK iosb;
    HANDLE file = NULL;

    ok_eq_status(open_file(FILE_PATH, GENERIC_READ | GENERIC_WRITE, FILE_OVERWRITE_IF, &file),
                 STATUS_SUCCESS);
    if (*text)
        ok_eq_status(ZwWriteFile(file, NULL, NULL, NULL, &iosb, (PVOID)text, (ULONG)strlen(text),
                                 NULL, NULL),
                     STATUS_SUCCESS);
    return file;
}

static void remove_file(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(FILE_PATH);
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    ok_eq_status(ZwDeleteFile(&attributes), STATUS_SUCCESS);
}

static NTSTATUS create(HANDLE file, ULONGLONG bytes, ULONG protection, ULONG attributes,
                       HANDLE *section)
{
    LARGE_INTEGER size = {.QuadPart = (LONGLONG)bytes};
    OBJECT_ATTRIBUTES object;

    InitializeObjectAttributes(&object, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateSection(section, SECTION_ALL_ACCESS, &object, bytes ? &size : NULL, protection,
                           attributes, file);
}

static NTSTATUS map(HANDLE section, PVOID *base, SIZE_T *size, ULONG protection)
{
    *base = NULL;
    *size = 0;
    return ZwMapViewOfSection(section, ZwCurrentProcess(), base, 0, 0, NULL, size, ViewUnmap, 0,
                              protection);
}

GUEST_TEST(sizes)
{
    HANDLE file = make_file(""), section;

    ok_eq_status(create(file, 0, PAGE_READWRITE, SECTION_COMMIT, &section),
                 STATUS_MAPPED_FILE_SIZE_ZERO);
    ZwClose(file);
    file = make_file("abc");
    ok_eq_status(create(file, 100, PAGE_READONLY, SECTION_COMMIT, &section),
                 STATUS_SECTION_TOO_BIG);
    ok_eq_status(create(file, 0, PAGE_READONLY, SECTION_COMMIT, &section), STATUS_SUCCESS);
    ZwClose(section);
    ok_eq_status(create(file, 0, PAGE_READONLY, SECTION_IMAGE, &section), STATUS_IMAGE_NOT_MZ);
    ZwClose(file);
    remove_file();
}

GUEST_TEST(view_and_file_are_one)
{
    HANDLE file = make_file("0123456789"), section;
    LARGE_INTEGER start = {.QuadPart = 0};
    IO_STATUS_BLOCK iosb;
    char text[16] = "";
    PVOID first, second;
    SIZE_T size;

    ok_eq_status(create(file, 0, PAGE_READWRITE, SECTION_COMMIT, &section), STATUS_SUCCESS);
    ok_eq_status(map(section, &first, &size, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_int(size, PAGE_SIZE);
    ok(RtlEqualMemory(first, "0123456789\0\0", 12), "the content, and zeros behind it");
    ok_eq_status(map(section, &second, &size, PAGE_READONLY), STATUS_SUCCESS);
    ((PUCHAR)first)[1] = 'x';
    ok_eq_int(((PUCHAR)second)[1], 'x');
    ok_eq_status(ZwReadFile(file, NULL, NULL, NULL, &iosb, text, 10, &start, NULL), STATUS_SUCCESS);
    ok_eq_str(text, "0x23456789"); /* readers see what views hold */
    start.QuadPart = 2;
    ok_eq_status(ZwWriteFile(file, NULL, NULL, NULL, &iosb, "yz", 2, &start, NULL), STATUS_SUCCESS);
    ok(RtlEqualMemory(second, "0xyz456789", 10), "views see what writers write");
    ZwUnmapViewOfSection(ZwCurrentProcess(), second);
    ZwUnmapViewOfSection(ZwCurrentProcess(), first);
    ZwClose(section);
    ZwClose(file);
    ok_eq_status(open_file(FILE_PATH, GENERIC_READ, FILE_OPEN, &file), STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(file, NULL, NULL, NULL, &iosb, text, 10, NULL, NULL), STATUS_SUCCESS);
    ok_eq_str(text, "0xyz456789"); /* it stays after the views have gone */
    ZwClose(file);
    remove_file();
}

GUEST_TEST(mapped_files_keep_their_size)
{
    FILE_END_OF_FILE_INFORMATION end = {.EndOfFile.QuadPart = 1};
    HANDLE file = make_file("0123456789"), section;
    IO_STATUS_BLOCK iosb;
    PVOID base;
    SIZE_T size;

    ok_eq_status(create(file, 0, PAGE_READWRITE, SECTION_COMMIT, &section), STATUS_SUCCESS);
    ok_eq_status(map(section, &base, &size, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_status(ZwSetInformationFile(file, &iosb, &end, sizeof(end), FileEndOfFileInformation),
                 STATUS_USER_MAPPED_FILE);
    ZwUnmapViewOfSection(ZwCurrentProcess(), base);
    ZwClose(section);
    ok_eq_status(ZwSetInformationFile(file, &iosb, &end, sizeof(end), FileEndOfFileInformation),
                 STATUS_SUCCESS);
    ZwClose(file);
    remove_file();
}

/* As drivers do that look for a system call's number. */
GUEST_TEST(image_of_ntdll)
{
    PIMAGE_EXPORT_DIRECTORY exports;
    PIMAGE_NT_HEADERS64 headers;
    HANDLE file, section;
    ULONG found = 0;
    PUCHAR base;
    PULONG names;
    SIZE_T size;

    ok_eq_status(open_file(L"\\SystemRoot\\System32\\ntdll.dll", FILE_READ_DATA | FILE_EXECUTE,
                           FILE_OPEN, &file),
                 STATUS_SUCCESS);
    ok_eq_status(create(file, 0, PAGE_READONLY, SECTION_IMAGE, &section), STATUS_SUCCESS);
    ZwClose(file);
    ok(NT_SUCCESS(map(section, (PVOID *)&base, &size, PAGE_READONLY)), "the view");
    headers = (PIMAGE_NT_HEADERS64)(base + ((PIMAGE_DOS_HEADER)base)->e_lfanew);
    ok_eq_int(headers->Signature, IMAGE_NT_SIGNATURE);
    ok_eq_int(headers->OptionalHeader.SizeOfImage, size);
    exports = (PVOID)(base + headers->OptionalHeader.DataDirectory[0].VirtualAddress);
    names = (PULONG)(base + exports->AddressOfNames);
    for (ULONG i = 0; i < exports->NumberOfNames; i++)
        found += strcmp((const char *)base + names[i], "NtClose") == 0;
    ok_eq_int(found, 1);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
    ZwClose(section);
}

GUEST_TEST_FILE(file_section, GUEST_ROW(sizes), GUEST_ROW(view_and_file_are_one),
                GUEST_ROW(mapped_files_keep_their_size), GUEST_ROW(image_of_ntdll));
