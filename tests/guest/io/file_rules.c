/*
 * The file system's rules: where appended data goes, which options exclude each other, what needs
 * which access, attributes, all kinds of listings and of information, names of volumes.
 */
#include "device.h"

#define ROOT L"\\??\\C:\\guest_rules"
#define FILE_PATH ROOT L"\\file.txt"

static NTSTATUS open_with(PCWSTR path, ACCESS_MASK access, ULONG attributes, ULONG disposition,
                          ULONG options, HANDLE *handle)
{
    OBJECT_ATTRIBUTES object;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(handle, access, &object, &iosb, NULL, attributes, 7, disposition, options,
                        NULL, 0);
}

static NTSTATUS open_file(PCWSTR path, ACCESS_MASK access, ULONG disposition, HANDLE *handle)
{
    return open_with(path, access | SYNCHRONIZE, FILE_ATTRIBUTE_NORMAL, disposition,
                     FILE_SYNCHRONOUS_IO_NONALERT, handle);
}

static NTSTATUS remove_file(PCWSTR path)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwDeleteFile(&object);
}

static void make_file(PCWSTR path, const char *text)
{
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    ok_eq_status(open_file(path, FILE_WRITE_DATA, FILE_OVERWRITE_IF, &handle), STATUS_SUCCESS);
    ok_eq_status(
        ZwWriteFile(handle, NULL, NULL, NULL, &iosb, (PVOID)text, (ULONG)strlen(text), NULL, NULL),
        STATUS_SUCCESS);
    ZwClose(handle);
}

static void begin(void)
{
    HANDLE handle;

    ok_eq_status(open_with(ROOT, FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, FILE_OPEN_IF,
                           FILE_DIRECTORY_FILE, &handle),
                 STATUS_SUCCESS);
    ZwClose(handle);
}

static void end(void)
{
    ok_eq_status(remove_file(ROOT), STATUS_SUCCESS);
}

static void check_text(PCWSTR path, const char *expected)
{
    char text[64] = "";
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    ok_eq_status(open_file(path, FILE_READ_DATA, FILE_OPEN, &handle), STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, sizeof(text) - 1, NULL, NULL),
                 STATUS_SUCCESS);
    ok_eq_str(text, expected);
    ZwClose(handle);
}

GUEST_TEST(append)
{
    LARGE_INTEGER start = {.QuadPart = 0}, current, far_away = {.QuadPart = 8};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    begin();
    make_file(FILE_PATH, "abc");
    ok_eq_status(open_file(FILE_PATH, FILE_APPEND_DATA, FILE_OPEN, &handle), STATUS_SUCCESS);
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "d", 1, &start, NULL),
                 STATUS_SUCCESS); /* the offset does not count */
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "e", 1, NULL, NULL), STATUS_SUCCESS);
    ZwClose(handle);
    check_text(FILE_PATH, "abcde");
    ok_eq_status(open_file(FILE_PATH, FILE_WRITE_DATA, FILE_OPEN, &handle), STATUS_SUCCESS);
    current.HighPart = -1;
    current.LowPart = FILE_WRITE_TO_END_OF_FILE;
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "f", 1, &current, NULL),
                 STATUS_SUCCESS);
    current.LowPart = FILE_USE_FILE_POINTER_POSITION;
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "g", 1, &current, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "A", 1, &start, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "i", 1, &far_away, NULL),
                 STATUS_SUCCESS);
    ZwClose(handle);
    ok_eq_status(open_file(FILE_PATH, FILE_READ_DATA, FILE_OPEN, &handle), STATUS_SUCCESS);
    {
        char text[16];

        ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 16, NULL, NULL),
                     STATUS_SUCCESS);
        ok_eq_int(iosb.Information, 9);
        ok(RtlEqualMemory(text, "Abcdefg\0i", 9), "the bytes"); /* the gap reads as zero */
    }
    ZwClose(handle);
    remove_file(FILE_PATH);
    end();
}

GUEST_TEST(options)
{
    static const struct {
        PCWSTR path;
        ACCESS_MASK access;
        ULONG disposition, options;
        NTSTATUS status;
    } rows[] = {
        {FILE_PATH, FILE_READ_DATA, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT,
         STATUS_INVALID_PARAMETER}, /* without SYNCHRONIZE */
        {FILE_PATH, FILE_READ_DATA | SYNCHRONIZE, FILE_OPEN,
         FILE_SYNCHRONOUS_IO_NONALERT | FILE_SYNCHRONOUS_IO_ALERT, STATUS_INVALID_PARAMETER},
        {FILE_PATH, FILE_READ_DATA, FILE_OPEN, FILE_DELETE_ON_CLOSE, STATUS_INVALID_PARAMETER},
        {FILE_PATH, FILE_READ_DATA, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE,
         STATUS_INVALID_PARAMETER},
        {FILE_PATH, FILE_READ_DATA, FILE_OVERWRITE, FILE_DIRECTORY_FILE, STATUS_INVALID_PARAMETER},
        {FILE_PATH, FILE_READ_DATA, FILE_MAXIMUM_DISPOSITION + 1, 0, STATUS_INVALID_PARAMETER},
        {FILE_PATH, FILE_READ_DATA, FILE_OPEN, 0x80000000, STATUS_INVALID_PARAMETER},
        {ROOT L"\\directory", FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE,
         STATUS_SUCCESS},
        {ROOT L"\\directory", FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE,
         STATUS_OBJECT_NAME_COLLISION},
        {ROOT L"\\directory", FILE_READ_DATA, FILE_OPEN, 0, STATUS_SUCCESS},
        {ROOT L"\\directory", FILE_READ_DATA, FILE_OVERWRITE_IF, 0, STATUS_OBJECT_NAME_COLLISION},
        {FILE_PATH L"\\", FILE_READ_DATA, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID},
        {L"\\Device\\HarddiskVolume1\\guest_rules\\file.txt", FILE_READ_DATA, FILE_OPEN, 0,
         STATUS_SUCCESS},
        {L"\\??\\Q:\\file.txt", FILE_READ_DATA, FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND},
        {L"C:\\file.txt", FILE_READ_DATA, FILE_OPEN, 0, STATUS_OBJECT_PATH_SYNTAX_BAD},
    };

    begin();
    make_file(FILE_PATH, "x");
    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        HANDLE handle;
        NTSTATUS status = open_with(rows[i].path, rows[i].access, FILE_ATTRIBUTE_NORMAL,
                                    rows[i].disposition, rows[i].options, &handle);

        ok(status == rows[i].status, "row %lu: 0x%08X", i, status);
        if (NT_SUCCESS(status))
            ZwClose(handle);
    }
    ok_eq_status(remove_file(ROOT L"\\directory"), STATUS_SUCCESS);
    remove_file(FILE_PATH);
    end();
}

GUEST_TEST(needed_access)
{
    FILE_END_OF_FILE_INFORMATION size = {.EndOfFile.QuadPart = 0};
    FILE_DISPOSITION_INFORMATION disposition = {.DeleteFile = TRUE};
    FILE_STANDARD_INFORMATION standard;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    char text[4];

    begin();
    make_file(FILE_PATH, "abc");
    ok_eq_status(open_file(FILE_PATH, FILE_READ_DATA, FILE_OPEN, &handle), STATUS_SUCCESS);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 0, NULL, NULL), STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 0);
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &standard, sizeof(standard) - 1,
                                        FileStandardInformation),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &standard, sizeof(standard),
                                        (FILE_INFORMATION_CLASS)0),
                 STATUS_INVALID_INFO_CLASS);
    ok_eq_status(
        ZwSetInformationFile(handle, &iosb, &size, sizeof(size) - 1, FileEndOfFileInformation),
        STATUS_INFO_LENGTH_MISMATCH);
    ZwClose(handle);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, text, 1, NULL, NULL),
                 STATUS_INVALID_HANDLE);
    ok_eq_status(open_file(FILE_PATH, FILE_WRITE_DATA | DELETE, FILE_OPEN, &handle),
                 STATUS_SUCCESS);
    ok_eq_status(ZwSetInformationFile(handle, &iosb, &disposition, sizeof(disposition),
                                      FileDispositionInformation),
                 STATUS_SUCCESS);
    disposition.DeleteFile = FALSE; /* and back */
    ok_eq_status(ZwSetInformationFile(handle, &iosb, &disposition, sizeof(disposition),
                                      FileDispositionInformation),
                 STATUS_SUCCESS);
    ZwClose(handle);
    check_text(FILE_PATH, "abc");
    remove_file(FILE_PATH);
    end();
}

GUEST_TEST(attributes)
{
    FILE_BASIC_INFORMATION basic = {0}, changed;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    begin();
    make_file(FILE_PATH, "abc");
    ok_eq_status(
        open_file(FILE_PATH, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN, &handle),
        STATUS_SUCCESS);
    ok_eq_status(ZwSetInformationFile(handle, &iosb, &basic, sizeof(basic), FileBasicInformation),
                 STATUS_SUCCESS); /* zeros change nothing */
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &basic, sizeof(basic), FileBasicInformation),
                 STATUS_SUCCESS);
    ok(!(basic.FileAttributes & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_DIRECTORY)), "0x%lx",
       basic.FileAttributes);
    changed = basic;
    changed.FileAttributes = FILE_ATTRIBUTE_DIRECTORY;
    ok_eq_status(
        ZwSetInformationFile(handle, &iosb, &changed, sizeof(changed), FileBasicInformation),
        STATUS_INVALID_PARAMETER);
    changed = basic;
    changed.LastWriteTime.QuadPart -= 600000000;
    todo ok_eq_status(
        ZwSetInformationFile(handle, &iosb, &changed, sizeof(changed), FileBasicInformation),
        STATUS_SUCCESS);
    ZwClose(handle);
    ok_eq_status(remove_file(FILE_PATH), STATUS_SUCCESS);
    end();
}

/* Each class of listing: where its name stands. */
GUEST_TEST(listing_classes)
{
    static const struct {
        FILE_INFORMATION_CLASS class;
        ULONG length_at, name_at;
    } rows[] = {
        {FileDirectoryInformation, FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength),
         FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName)},
        {FileFullDirectoryInformation, FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileNameLength),
         FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName)},
        {FileBothDirectoryInformation, FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileNameLength),
         FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName)},
        {FileNamesInformation, FIELD_OFFSET(FILE_NAMES_INFORMATION, FileNameLength),
         FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName)},
        {FileIdBothDirectoryInformation, FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileNameLength),
         FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName)},
        {FileIdFullDirectoryInformation, FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileNameLength),
         FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName)},
    };
    static UCHAR buffer[512];
    UNICODE_STRING pattern = RTL_CONSTANT_STRING(L"f?le.*");
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    begin();
    make_file(FILE_PATH, "abc");
    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ok_eq_status(open_with(ROOT, FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, FILE_OPEN,
                               FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                     STATUS_SUCCESS);
        ok_eq_status(ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof(buffer),
                                          rows[i].class, TRUE, &pattern, FALSE),
                     STATUS_SUCCESS);
        ok_eq_int(*(ULONG *)buffer, 0);
        ok_eq_int(*(ULONG *)(buffer + rows[i].length_at), 8 * sizeof(WCHAR));
        ok(RtlEqualMemory(buffer + rows[i].name_at, L"file.txt", 8 * sizeof(WCHAR)),
           "name of class %d", rows[i].class);
        ok_eq_int(iosb.Information, rows[i].name_at + 8 * sizeof(WCHAR));
        ok_eq_status(ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof(buffer),
                                          rows[i].class, TRUE, NULL, FALSE),
                     STATUS_NO_MORE_FILES); /* the first pattern stays */
        ok_eq_status(ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, buffer,
                                          rows[i].name_at + 4, rows[i].class, TRUE, NULL, TRUE),
                     STATUS_BUFFER_OVERFLOW); /* half a name */
        ok_eq_status(ZwQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, buffer, 8, rows[i].class,
                                          TRUE, NULL, TRUE),
                     STATUS_INFO_LENGTH_MISMATCH);
        ZwClose(handle);
    }
    remove_file(FILE_PATH);
    end();
}

GUEST_TEST(volume)
{
    union {
        FILE_FS_VOLUME_INFORMATION volume;
        FILE_FS_SIZE_INFORMATION size;
        FILE_FS_FULL_SIZE_INFORMATION full;
        FILE_FS_ATTRIBUTE_INFORMATION attribute;
        UCHAR room[256];
    } buffer;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING dos, expected = RTL_CONSTANT_STRING(L"C:");
    PFILE_OBJECT file;
    HANDLE handle;

    ok_eq_status(open_with(L"\\??\\C:\\", FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, FILE_OPEN,
                           FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                 STATUS_SUCCESS);
    ok_eq_status(ZwQueryVolumeInformationFile(handle, &iosb, &buffer, sizeof(buffer),
                                              FileFsVolumeInformation),
                 STATUS_SUCCESS);
    ok(iosb.Information >= FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), "length");
    ok_eq_status(
        ZwQueryVolumeInformationFile(handle, &iosb, &buffer, sizeof(buffer), FileFsSizeInformation),
        STATUS_SUCCESS);
    ok_eq_int(iosb.Information, sizeof(buffer.size));
    ok(buffer.size.BytesPerSector >= 512 && buffer.size.SectorsPerAllocationUnit > 0, "sizes");
    ok(buffer.size.AvailableAllocationUnits.QuadPart <= buffer.size.TotalAllocationUnits.QuadPart,
       "more is free than there is");
    ok_eq_status(ZwQueryVolumeInformationFile(handle, &iosb, &buffer, sizeof(buffer),
                                              FileFsFullSizeInformation),
                 STATUS_SUCCESS);
    ok_eq_int(iosb.Information, sizeof(buffer.full));
    ok_eq_status(ZwQueryVolumeInformationFile(handle, &iosb, &buffer, sizeof(buffer),
                                              FileFsAttributeInformation),
                 STATUS_SUCCESS);
    ok(buffer.attribute.MaximumComponentNameLength == 255, "%ld",
       buffer.attribute.MaximumComponentNameLength);
    ok_eq_status(ZwQueryVolumeInformationFile(handle, &iosb, &buffer, 4, FileFsSizeInformation),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_status(
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL),
        STATUS_SUCCESS);
    ok(IoGetRelatedDeviceObject(file) != NULL, "no device");
    ok_eq_status(IoVolumeDeviceToDosName(file->DeviceObject, &dos), STATUS_SUCCESS);
    ok(RtlEqualUnicodeString(&dos, &expected, TRUE), "%wZ", &dos);
    ExFreePool(dos.Buffer);
    ObDereferenceObject(file);
    ZwClose(handle);
}

NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT file, PLARGE_INTEGER size);

GUEST_TEST(size_of_a_file_object)
{
    LARGE_INTEGER size = {.QuadPart = 99};
    PFILE_OBJECT file;
    HANDLE handle;

    begin();
    make_file(FILE_PATH, "abcde");
    ok_eq_status(open_file(FILE_PATH, FILE_READ_ATTRIBUTES, FILE_OPEN, &handle), STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL);
    ok_eq_status(FsRtlGetFileSize(file, &size), STATUS_SUCCESS);
    ok_eq_int(size.QuadPart, 5);
    ObDereferenceObject(file);
    ZwClose(handle);
    ok_eq_status(open_file(ROOT, FILE_READ_ATTRIBUTES, FILE_OPEN, &handle), STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL);
    ok_eq_status(FsRtlGetFileSize(file, &size), STATUS_FILE_IS_A_DIRECTORY);
    ObDereferenceObject(file);
    ZwClose(handle);
    remove_file(FILE_PATH);
    end();
}

GUEST_TEST_FILE(file_rules, GUEST_ROW(append), GUEST_ROW(options), GUEST_ROW(needed_access),
                GUEST_ROW(attributes), GUEST_ROW(listing_classes), GUEST_ROW(volume),
                GUEST_ROW(size_of_a_file_object));
