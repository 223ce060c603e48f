/*
 * The file system: files and directories of C:, and the system's own.
 */
#include "device.h"

#ifndef STATUS_NOTIFY_CLEANUP
#define STATUS_NOTIFY_CLEANUP ((NTSTATUS)0x0000010B)
#endif

#define ROOT L"\\??\\C:\\guest_io"

static NTSTATUS create(PCWSTR path, ACCESS_MASK access, ULONG share, ULONG disposition,
                       ULONG options, HANDLE *handle, ULONG_PTR *result)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb = {.Information = 99};
    UNICODE_STRING name;
    NTSTATUS status;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    status =
        ZwCreateFile(handle, access | SYNCHRONIZE, &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                     share, disposition, options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (result)
        *result = iosb.Information;
    return status;
}

static NTSTATUS remove_name(PCWSTR path)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwDeleteFile(&attributes);
}

static void make_file(PCWSTR path, const char *text)
{
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    ok_eq_status(create(path, FILE_WRITE_DATA, 0, FILE_OVERWRITE_IF, 0, &handle, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(
        ZwWriteFile(handle, NULL, NULL, NULL, &iosb, (PVOID)text, (ULONG)strlen(text), NULL, NULL),
        STATUS_SUCCESS);
    ZwClose(handle);
}

static void begin(void)
{
    HANDLE handle;

    ok_eq_status(create(ROOT, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN_IF,
                        FILE_DIRECTORY_FILE, &handle, NULL),
                 STATUS_SUCCESS);
    ZwClose(handle);
}

GUEST_TEST(dispositions)
{
    static const struct {
        BOOLEAN exists;
        ULONG disposition;
        NTSTATUS status;
        ULONG_PTR result;
    } rows[] = {
        {FALSE, FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, 99},
        {FALSE, FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, 99},
        {FALSE, FILE_CREATE, STATUS_SUCCESS, FILE_CREATED},
        {TRUE, FILE_CREATE, STATUS_OBJECT_NAME_COLLISION, 99},
        {TRUE, FILE_OPEN, STATUS_SUCCESS, FILE_OPENED},
        {TRUE, FILE_OPEN_IF, STATUS_SUCCESS, FILE_OPENED},
        {FALSE, FILE_OPEN_IF, STATUS_SUCCESS, FILE_CREATED},
        {TRUE, FILE_OVERWRITE, STATUS_SUCCESS, FILE_OVERWRITTEN},
        {TRUE, FILE_OVERWRITE_IF, STATUS_SUCCESS, FILE_OVERWRITTEN},
        {FALSE, FILE_OVERWRITE_IF, STATUS_SUCCESS, FILE_CREATED},
        {TRUE, FILE_SUPERSEDE, STATUS_SUCCESS, FILE_SUPERSEDED},
    };

    begin();
    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FILE_STANDARD_INFORMATION standard;
        IO_STATUS_BLOCK iosb;
        ULONG_PTR result;
        HANDLE handle;
        NTSTATUS status;

        remove_name(ROOT L"\\file.txt");
        if (rows[i].exists)
            make_file(ROOT L"\\file.txt", "12345");
        status = create(ROOT L"\\FILE.TXT", FILE_READ_DATA | FILE_WRITE_DATA, 0,
                        rows[i].disposition, 0, &handle, &result);
        ok(status == rows[i].status && (!NT_SUCCESS(status) || result == rows[i].result),
           "row %lu: status 0x%08X, result %llu", i, status, (ULONGLONG)result);
        if (!NT_SUCCESS(status))
            continue;
        ok_eq_status(ZwQueryInformationFile(handle, &iosb, &standard, sizeof(standard),
                                            FileStandardInformation),
                     STATUS_SUCCESS);
        ok_eq_int(standard.EndOfFile.QuadPart, result == FILE_OPENED ? 5 : 0);
        ZwClose(handle);
    }
    remove_name(ROOT L"\\file.txt");
}

GUEST_TEST(names)
{
    static const struct {
        PCWSTR path;
        ULONG options;
        NTSTATUS status;
    } rows[] = {
        {ROOT L"\\missing\\file", 0, STATUS_OBJECT_PATH_NOT_FOUND},
        {ROOT L"\\missing", 0, STATUS_OBJECT_NAME_NOT_FOUND},
        {ROOT L"\\a*b", 0, STATUS_OBJECT_NAME_INVALID},
        {ROOT L"\\\\file", 0, STATUS_OBJECT_NAME_INVALID},
        {ROOT, FILE_NON_DIRECTORY_FILE, STATUS_FILE_IS_A_DIRECTORY},
        {ROOT L"\\file.txt", FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY},
        {ROOT L"\\file.txt\\below", 0, STATUS_OBJECT_PATH_NOT_FOUND},
        {ROOT L"\\", FILE_DIRECTORY_FILE, STATUS_SUCCESS},
        {L"\\??\\C:\\", FILE_DIRECTORY_FILE, STATUS_SUCCESS},
        {L"\\DosDevices\\C:\\Windows\\System32\\ntdll.dll", 0, STATUS_SUCCESS},
        {L"\\SystemRoot\\system32\\NTDLL.DLL", 0, STATUS_SUCCESS},
        {L"\\SystemRoot\\System32\\drivers", FILE_DIRECTORY_FILE, STATUS_SUCCESS},
        {L"\\SystemRoot\\System32\\no_such.dll", 0, STATUS_OBJECT_NAME_NOT_FOUND},
    };

    begin();
    make_file(ROOT L"\\file.txt", "");
    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        HANDLE handle;
        NTSTATUS status = create(rows[i].path, FILE_READ_ATTRIBUTES,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
                                 rows[i].options, &handle, NULL);

        ok(status == rows[i].status, "%ws: 0x%08X", rows[i].path, status);
        if (NT_SUCCESS(status))
            ZwClose(handle);
    }
    ok_eq_status(remove_name(ROOT L"\\file.txt"), STATUS_SUCCESS);
}

GUEST_TEST(position_and_size)
{
    FILE_POSITION_INFORMATION position;
    FILE_END_OF_FILE_INFORMATION end;
    LARGE_INTEGER offset = {.QuadPart = 3};
    IO_STATUS_BLOCK iosb;
    char text[16] = "";
    HANDLE handle;

    begin();
    make_file(ROOT L"\\file.txt", "0123456789");
    ok_eq_status(create(ROOT L"\\file.txt", FILE_READ_DATA | FILE_WRITE_DATA, 0, FILE_OPEN, 0,
                        &handle, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 4, NULL, NULL), STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 4, NULL, NULL), STATUS_SUCCESS);
    ok_eq_str(text, "4567");
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 4, NULL, NULL), STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 2);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 4, NULL, NULL),
                 STATUS_END_OF_FILE);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 4, &offset, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(
        ZwQueryInformationFile(handle, &iosb, &position, sizeof(position), FilePositionInformation),
        STATUS_SUCCESS);
    ok_eq_int(position.CurrentByteOffset.QuadPart, 7);
    offset.QuadPart = -1; /* FILE_WRITE_TO_END_OF_FILE */
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "ab", 2, &offset, NULL),
                 STATUS_SUCCESS);
    end.EndOfFile.QuadPart = 11;
    ok_eq_status(ZwSetInformationFile(handle, &iosb, &end, sizeof(end), FileEndOfFileInformation),
                 STATUS_SUCCESS);
    offset.QuadPart = 8;
    RtlZeroMemory(text, sizeof(text));
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 8, &offset, NULL),
                 STATUS_SUCCESS);
    ok_eq_str(text, "89a");
    ZwClose(handle);
    remove_name(ROOT L"\\file.txt");
}

GUEST_TEST(sharing)
{
    HANDLE first, second;

    begin();
    make_file(ROOT L"\\file.txt", "x");
    ok_eq_status(
        create(ROOT L"\\file.txt", FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0, &first, NULL),
        STATUS_SUCCESS);
    ok_eq_status(create(ROOT L"\\file.txt", FILE_WRITE_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        FILE_OPEN, 0, &second, NULL),
                 STATUS_SHARING_VIOLATION);
    ok_eq_status(create(ROOT L"\\file.txt", FILE_READ_DATA, 0, FILE_OPEN, 0, &second, NULL),
                 STATUS_SHARING_VIOLATION);
    ok_eq_status(create(ROOT L"\\file.txt", FILE_READ_ATTRIBUTES, 0, FILE_OPEN, 0, &second, NULL),
                 STATUS_SUCCESS);
    ZwClose(second);
    ok_eq_status(
        create(ROOT L"\\file.txt", FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0, &second, NULL),
        STATUS_SUCCESS);
    ZwClose(second);
    ZwClose(first);
    /* A writer that is gone again does not count. */
    ok_eq_status(create(ROOT L"\\file.txt", FILE_READ_DATA, 7, FILE_OPEN, 0, &first, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(create(ROOT L"\\file.txt", FILE_WRITE_DATA, 7, FILE_OPEN, 0, &second, NULL),
                 STATUS_SUCCESS);
    ZwClose(second);
    ok_eq_status(
        create(ROOT L"\\file.txt", FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0, &second, NULL),
        STATUS_SUCCESS);
    ZwClose(second);
    ZwClose(first);
    ok_eq_status(remove_name(ROOT L"\\file.txt"), STATUS_SUCCESS);
}

GUEST_TEST(deletion)
{
    FILE_DISPOSITION_INFORMATION disposition = {.DeleteFile = TRUE};
    ULONG share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE handle, other;
    IO_STATUS_BLOCK iosb;

    begin();
    ok_eq_status(create(ROOT L"\\gone", FILE_WRITE_DATA | DELETE, share, FILE_CREATE,
                        FILE_DELETE_ON_CLOSE, &handle, NULL),
                 STATUS_SUCCESS);
    ZwClose(handle);
    ok_eq_status(create(ROOT L"\\gone", FILE_READ_DATA, share, FILE_OPEN, 0, &handle, NULL),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    make_file(ROOT L"\\file.txt", "x");
    ok_eq_status(create(ROOT L"\\file.txt", DELETE, share, FILE_OPEN, 0, &handle, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwSetInformationFile(handle, &iosb, &disposition, sizeof(disposition),
                                      FileDispositionInformation),
                 STATUS_SUCCESS);
    ok_eq_status(create(ROOT L"\\file.txt", FILE_READ_DATA, share, FILE_OPEN, 0, &other, NULL),
                 STATUS_DELETE_PENDING);
    ZwClose(handle);
    ok_eq_status(create(ROOT L"\\file.txt", FILE_READ_DATA, share, FILE_OPEN, 0, &other, NULL),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    make_file(ROOT L"\\file.txt", "x");
    ok_eq_status(remove_name(ROOT), STATUS_DIRECTORY_NOT_EMPTY);
    ok_eq_status(remove_name(ROOT L"\\file.txt"), STATUS_SUCCESS);
    ok_eq_status(remove_name(L"\\SystemRoot\\System32\\ntdll.dll"), STATUS_ACCESS_DENIED);
}

static NTSTATUS rename_to(PCWSTR from, PCWSTR to, BOOLEAN replace)
{
    ULONG bytes = (ULONG)(wcslen(to) * sizeof(WCHAR));
    union {
        FILE_RENAME_INFORMATION rename;
        UCHAR room[512];
    } buffer = {0};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status = create(from, DELETE, 7, FILE_OPEN, 0, &handle, NULL);

    if (!NT_SUCCESS(status))
        return status;
    buffer.rename.ReplaceIfExists = replace;
    buffer.rename.FileNameLength = bytes;
    RtlCopyMemory(buffer.rename.FileName, to, bytes);
    status = ZwSetInformationFile(handle, &iosb, &buffer, sizeof(buffer.rename) + bytes,
                                  FileRenameInformation);
    ZwClose(handle);
    return status;
}

GUEST_TEST(renaming)
{
    HANDLE handle;

    begin();
    make_file(ROOT L"\\one", "1");
    make_file(ROOT L"\\two", "22");
    ok_eq_status(rename_to(ROOT L"\\one", L"two", FALSE), STATUS_OBJECT_NAME_COLLISION);
    ok_eq_status(rename_to(ROOT L"\\one", L"two", TRUE), STATUS_SUCCESS);
    ok_eq_status(rename_to(ROOT L"\\two", L"\\??\\C:\\guest_io_three", FALSE), STATUS_SUCCESS);
    ok_eq_status(create(ROOT L"\\two", FILE_READ_DATA, 7, FILE_OPEN, 0, &handle, NULL),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(rename_to(L"\\??\\C:\\guest_io_three", L"\\??\\C:\\no_such\\three", FALSE),
                 STATUS_OBJECT_PATH_NOT_FOUND);
    ok_eq_status(remove_name(L"\\??\\C:\\guest_io_three"), STATUS_SUCCESS);
}

static ULONG list(PCWSTR pattern, NTSTATUS expected_end, WCHAR last[64])
{
    union {
        FILE_BOTH_DIR_INFORMATION entry;
        UCHAR room[1024];
    } buffer;
    UNICODE_STRING name;
    IO_STATUS_BLOCK iosb;
    ULONG count = 0;
    HANDLE handle;
    NTSTATUS status;

    RtlInitUnicodeString(&name, pattern);
    ok_eq_status(
        create(ROOT, FILE_LIST_DIRECTORY, 7, FILE_OPEN, FILE_DIRECTORY_FILE, &handle, NULL),
        STATUS_SUCCESS);
    last[0] = 0;
    while (NT_SUCCESS(status = ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, &buffer,
                                                    sizeof(buffer), FileBothDirectoryInformation,
                                                    TRUE, pattern ? &name : NULL, FALSE))) {
        count++;
        RtlCopyMemory(last, buffer.entry.FileName, buffer.entry.FileNameLength);
        last[buffer.entry.FileNameLength / sizeof(WCHAR)] = 0;
    }
    ok_eq_status(status, expected_end);
    ZwClose(handle);
    return count;
}

GUEST_TEST(listing)
{
    WCHAR last[64];

    begin();
    make_file(ROOT L"\\beta.txt", "b");
    make_file(ROOT L"\\Alpha.txt", "a");
    make_file(ROOT L"\\gamma.dat", "c");
    ok_eq_int(list(NULL, STATUS_NO_MORE_FILES, last), 5); /* with . and .. */
    ok_eq_wstr(last, L"gamma.dat");
    ok_eq_int(list(L"*.TXT", STATUS_NO_MORE_FILES, last), 2);
    ok_eq_wstr(last, L"beta.txt");
    ok_eq_int(list(L"alpha.txt", STATUS_NO_MORE_FILES, last), 1);
    ok_eq_wstr(last, L"Alpha.txt");
    ok_eq_int(list(L"*.exe", STATUS_NO_SUCH_FILE, last), 0);
    remove_name(ROOT L"\\beta.txt");
    remove_name(ROOT L"\\Alpha.txt");
    remove_name(ROOT L"\\gamma.dat");
}

/* Several entries in one buffer are linked, and the scan can begin again. */
GUEST_TEST(listing_many_at_once)
{
    static union {
        FILE_DIRECTORY_INFORMATION entry;
        UCHAR room[2048];
    } buffer;
    const FILE_DIRECTORY_INFORMATION *entry = &buffer.entry;
    IO_STATUS_BLOCK iosb;
    ULONG count = 1;
    HANDLE handle;

    begin();
    make_file(ROOT L"\\one", "1");
    ok_eq_status(
        create(ROOT, FILE_LIST_DIRECTORY, 7, FILE_OPEN, FILE_DIRECTORY_FILE, &handle, NULL),
        STATUS_SUCCESS);
    for (ULONG round = 0; round < 2; round++) {
        ok_eq_status(ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, &buffer, sizeof(buffer),
                                          FileDirectoryInformation, FALSE, NULL, round == 1),
                     STATUS_SUCCESS);
        for (entry = &buffer.entry, count = 1; entry->NextEntryOffset; count++)
            entry =
                (const FILE_DIRECTORY_INFORMATION *)((const UCHAR *)entry + entry->NextEntryOffset);
        ok_eq_int(count, 3);
        ok_eq_int(entry->EndOfFile.QuadPart, 1);
    }
    ok_eq_status(ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, &buffer, sizeof(buffer),
                                      FileDirectoryInformation, FALSE, NULL, FALSE),
                 STATUS_NO_MORE_FILES);
    ZwClose(handle);
    remove_name(ROOT L"\\one");
}

GUEST_TEST(information)
{
    union {
        FILE_ALL_INFORMATION all;
        UCHAR room[512];
    } buffer;
    FILE_NETWORK_OPEN_INFORMATION network;
    FILE_FS_DEVICE_INFORMATION device;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(ROOT L"\\file.txt");
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    begin();
    make_file(ROOT L"\\file.txt", "123");
    ok_eq_status(create(ROOT L"\\file.txt", GENERIC_READ, 7, FILE_OPEN, 0, &handle, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &buffer, sizeof(buffer), FileAllInformation),
                 STATUS_SUCCESS);
    ok_eq_int(buffer.all.StandardInformation.EndOfFile.QuadPart, 3);
    ok_eq_int(buffer.all.AccessInformation.AccessFlags, FILE_GENERIC_READ);
    ok_eq_int(buffer.all.ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
    ok_eq_int(buffer.all.NameInformation.FileNameLength, 18 * sizeof(WCHAR));
    ok(RtlEqualMemory(buffer.all.NameInformation.FileName, L"\\guest_io\\file.txt", 36), "name");
    ok_eq_status(
        ZwQueryInformationFile(handle, &iosb, &buffer, sizeof(buffer.all), FileAllInformation),
        STATUS_BUFFER_OVERFLOW);
    ok_eq_status(ZwQueryVolumeInformationFile(handle, &iosb, &device, sizeof(device),
                                              FileFsDeviceInformation),
                 STATUS_SUCCESS);
    ok_eq_int(device.DeviceType, FILE_DEVICE_DISK);
    ZwClose(handle);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    ok_eq_status(ZwQueryFullAttributesFile(&attributes, &network), STATUS_SUCCESS);
    ok_eq_int(network.EndOfFile.QuadPart, 3);
    remove_name(ROOT L"\\file.txt");
    ok_eq_status(ZwQueryFullAttributesFile(&attributes, &network), STATUS_OBJECT_NAME_NOT_FOUND);
}

/* A name relative to the handle of a directory. */
GUEST_TEST(relative_open)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"file.txt"), full;
    POBJECT_NAME_INFORMATION dos;
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory, handle;
    IO_STATUS_BLOCK iosb;
    PFILE_OBJECT file;

    begin();
    make_file(ROOT L"\\file.txt", "123");
    ok_eq_status(create(ROOT, FILE_TRAVERSE, 7, FILE_OPEN, FILE_DIRECTORY_FILE, &directory, NULL),
                 STATUS_SUCCESS);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               directory, NULL);
    ok_eq_status(ZwOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, 7, 0),
                 STATUS_SUCCESS);
    ok_eq_status(
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL),
        STATUS_SUCCESS);
    ok_eq_status(IoQueryFileDosDeviceName(file, &dos), STATUS_SUCCESS);
    RtlInitUnicodeString(&full, L"C:\\guest_io\\file.txt");
    ok(RtlEqualUnicodeString(&dos->Name, &full, TRUE), "%wZ", &dos->Name);
    ExFreePool(dos);
    ObDereferenceObject(file);
    ZwClose(handle);
    ZwClose(directory);
    remove_name(ROOT L"\\file.txt");
}

typedef NTSTATUS(NTAPI *notify_change)(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                       PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                       ULONG length, ULONG filter, BOOLEAN tree);

GUEST_TEST(locking)
{
    LARGE_INTEGER offset = {.QuadPart = 2}, length = {.QuadPart = 2}, start = {.QuadPart = 0};
    HANDLE first, second;
    IO_STATUS_BLOCK iosb;
    char text[4];

    begin();
    make_file(ROOT L"\\file.txt", "01234567");
    ok_eq_status(
        create(ROOT L"\\file.txt", GENERIC_READ | GENERIC_WRITE, 7, FILE_OPEN, 0, &first, NULL),
        STATUS_SUCCESS);
    ok_eq_status(create(ROOT L"\\file.txt", GENERIC_READ, 7, FILE_OPEN, 0, &second, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwLockFile(first, NULL, NULL, NULL, &iosb, &offset, &length, 0, TRUE, TRUE),
                 STATUS_SUCCESS);
    ok_eq_status(ZwLockFile(second, NULL, NULL, NULL, &iosb, &offset, &length, 0, TRUE, FALSE),
                 STATUS_LOCK_NOT_GRANTED);
    ok_eq_status(ZwReadFile(second, NULL, NULL, NULL, &iosb, text, 4, &start, NULL),
                 STATUS_FILE_LOCK_CONFLICT);
    ok_eq_status(ZwReadFile(second, NULL, NULL, NULL, &iosb, text, 2, &start, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(first, NULL, NULL, NULL, &iosb, text, 4, &start, NULL), STATUS_SUCCESS);
    ok_eq_status(ZwUnlockFile(first, &iosb, &start, &length, 0), STATUS_RANGE_NOT_LOCKED);
    ok_eq_status(ZwUnlockFile(first, &iosb, &offset, &length, 0), STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(second, NULL, NULL, NULL, &iosb, text, 4, &start, NULL),
                 STATUS_SUCCESS);
    ZwClose(second);
    ZwClose(first);
    remove_name(ROOT L"\\file.txt");
}

static NTSTATUS watch(HANDLE directory, PIO_STATUS_BLOCK iosb, PVOID buffer)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"ZwNotifyChangeDirectoryFile");
    notify_change notify = (notify_change)MmGetSystemRoutineAddress(&name);

    return notify(directory, NULL, NULL, NULL, iosb, buffer, 128, FILE_NOTIFY_CHANGE_FILE_NAME,
                  FALSE);
}

GUEST_TEST(watching)
{
    union {
        FILE_NOTIFY_INFORMATION change;
        UCHAR room[128];
    } buffer;
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    LARGE_INTEGER moment = {.QuadPart = -10000};
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(ROOT);
    HANDLE directory;

    begin();
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    ok_eq_status(ZwOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &iosb, 7,
                            FILE_DIRECTORY_FILE),
                 STATUS_SUCCESS);
    ok_eq_status(watch(directory, &iosb, &buffer), STATUS_PENDING);
    make_file(ROOT L"\\new.txt", "x");
    ok_eq_status(ZwWaitForSingleObject(directory, FALSE, NULL), STATUS_SUCCESS);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(buffer.change.Action, FILE_ACTION_ADDED);
    ok_eq_int(buffer.change.FileNameLength, 7 * sizeof(WCHAR));
    ok(RtlEqualMemory(buffer.change.FileName, L"new.txt", 14), "name");
    remove_name(ROOT L"\\new.txt");
    ok_eq_status(watch(directory, &iosb, &buffer), STATUS_PENDING);
    ZwClose(directory);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    ok_eq_status(iosb.Status, STATUS_NOTIFY_CLEANUP);
}

/* The system's directories exist without the user's folder having them. */
GUEST_TEST(system_directories)
{
    HANDLE handle;

    make_file(L"\\SystemRoot\\Temp\\guest_io.txt", "x");
    ok_eq_status(create(L"\\??\\C:\\Windows\\Temp\\GUEST_IO.TXT", FILE_READ_DATA, 7, FILE_OPEN, 0,
                        &handle, NULL),
                 STATUS_SUCCESS);
    ZwClose(handle);
    ok_eq_status(remove_name(L"\\SystemRoot\\Temp\\guest_io.txt"), STATUS_SUCCESS);
    ok_eq_status(create(L"\\SystemRoot\\System32\\ntdll.dll", FILE_WRITE_DATA, 7, FILE_OPEN, 0,
                        &handle, NULL),
                 STATUS_ACCESS_DENIED);
}

GUEST_TEST(null_device)
{
    IO_STATUS_BLOCK iosb;
    char data[4] = "abc";
    HANDLE handle;

    ok_eq_status(
        create(L"\\??\\NUL", FILE_READ_DATA | FILE_WRITE_DATA, 7, FILE_OPEN, 0, &handle, NULL),
        STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, data, 4, NULL, NULL),
                 STATUS_END_OF_FILE);
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, data, 4, NULL, NULL), STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    ZwClose(handle);
}

GUEST_TEST(directory_is_empty_at_the_end)
{
    begin();
    ok_eq_status(remove_name(ROOT), STATUS_SUCCESS);
}

GUEST_TEST_FILE(files, GUEST_ROW(dispositions), GUEST_ROW(names), GUEST_ROW(position_and_size),
                GUEST_ROW(sharing), GUEST_ROW(deletion), GUEST_ROW(renaming), GUEST_ROW(listing),
                GUEST_ROW(listing_many_at_once), GUEST_ROW(information), GUEST_ROW(relative_open),
                GUEST_ROW(locking), GUEST_ROW(watching), GUEST_ROW(system_directories),
                GUEST_ROW(null_device), GUEST_ROW(directory_is_empty_at_the_end));
