/* What is known of an open file, and its position. See kernel32.h. */
#include "kernel32.h"

static BOOL query(HANDLE file, PVOID buffer, ULONG length, FILE_INFORMATION_CLASS information_class)
{
    IO_STATUS_BLOCK io;

    return base_result(
        NtQueryInformationFile(base_standard_handle(file), &io, buffer, length, information_class));
}

static BOOL set(HANDLE file, PVOID buffer, ULONG length, FILE_INFORMATION_CLASS information_class)
{
    IO_STATUS_BLOCK io;

    return base_result(
        NtSetInformationFile(base_standard_handle(file), &io, buffer, length, information_class));
}

static FILETIME file_time(LARGE_INTEGER time)
{
    return (FILETIME){time.LowPart, (DWORD)time.HighPart};
}

/* The kind of a file: disk, character device or pipe. */
DWORD WINAPI GetFileType(HANDLE file)
{
    switch (base_device_type(file)) {
    case 0:
        return FILE_TYPE_UNKNOWN;
    case 0x11: /* FILE_DEVICE_NAMED_PIPE */
        base_error(ERROR_SUCCESS);
        return FILE_TYPE_PIPE;
    case 0x02: /* FILE_DEVICE_CD_ROM */
    case 0x07: /* FILE_DEVICE_DISK */
    case 0x08: /* FILE_DEVICE_DISK_FILE_SYSTEM */
    case 0x24: /* FILE_DEVICE_VIRTUAL_DISK */
        base_error(ERROR_SUCCESS);
        return FILE_TYPE_DISK;
    case 0x01: /* FILE_DEVICE_BEEP */
    case 0x0B: /* FILE_DEVICE_KEYBOARD */
    case 0x15: /* FILE_DEVICE_NULL */
    case 0x1B: /* FILE_DEVICE_SERIAL_PORT */
    case 0x16: /* FILE_DEVICE_PARALLEL_PORT */
    case BASE_DEVICE_CONSOLE:
        base_error(ERROR_SUCCESS);
        return FILE_TYPE_CHAR;
    default:
        base_error(ERROR_SUCCESS);
        return FILE_TYPE_UNKNOWN;
    }
}
NT_EXPORT(GetFileType, 0, "h");

/* The size of a file in bytes. */
WINBOOL WINAPI GetFileSizeEx(HANDLE file, PLARGE_INTEGER size)
{
    FILE_STANDARD_INFORMATION standard;

    if (!query(file, &standard, sizeof(standard), FileStandardInformation))
        return FALSE;
    *size = standard.EndOfFile;
    return TRUE;
}
NT_EXPORT(GetFileSizeEx, 0, "hp");

/* The size of a file in bytes, in two halves. */
DWORD WINAPI GetFileSize(HANDLE file, LPDWORD high)
{
    LARGE_INTEGER size;

    if (!GetFileSizeEx(file, &size))
        return INVALID_FILE_SIZE;
    if (high != NULL) {
        *high = (DWORD)size.HighPart;
    } else if (size.HighPart != 0) {
        base_error(ERROR_INVALID_PARAMETER);
        return INVALID_FILE_SIZE;
    }
    if (size.LowPart == INVALID_FILE_SIZE)
        base_error(ERROR_SUCCESS);
    return size.LowPart;
}
NT_EXPORT(GetFileSize, 0, "hp");

/* Where a move of the file pointer starts. */
static BOOL origin_of(HANDLE file, DWORD method, LONG64 *origin)
{
    FILE_POSITION_INFORMATION position;
    LARGE_INTEGER size;

    switch (method) {
    case FILE_BEGIN:
        *origin = 0;
        return TRUE;
    case FILE_CURRENT:
        if (!query(file, &position, sizeof(position), FilePositionInformation))
            return FALSE;
        *origin = position.CurrentByteOffset.QuadPart;
        return TRUE;
    case FILE_END:
        if (!GetFileSizeEx(file, &size))
            return FALSE;
        *origin = size.QuadPart;
        return TRUE;
    default:
        return base_error(ERROR_INVALID_PARAMETER);
    }
}

/* Moves the file pointer. */
WINBOOL WINAPI SetFilePointerEx(HANDLE file, LARGE_INTEGER distance, PLARGE_INTEGER new_position,
                                DWORD method)
{
    FILE_POSITION_INFORMATION position;
    LONG64 origin;

    if (!origin_of(file, method, &origin))
        return FALSE;
    position.CurrentByteOffset.QuadPart = origin + distance.QuadPart;
    if (position.CurrentByteOffset.QuadPart < 0)
        return base_error(ERROR_NEGATIVE_SEEK);
    if (!set(file, &position, sizeof(position), FilePositionInformation))
        return FALSE;
    if (new_position != NULL)
        *new_position = position.CurrentByteOffset;
    return TRUE;
}
NT_EXPORT(SetFilePointerEx, 0, "hqpu");

/* Moves the file pointer, in two halves. */
DWORD WINAPI SetFilePointer(HANDLE file, LONG distance, PLONG high, DWORD method)
{
    LARGE_INTEGER move = {.QuadPart = distance}, result;

    if (high != NULL) {
        move.LowPart = (DWORD)distance;
        move.HighPart = *high;
    }
    if (!SetFilePointerEx(file, move, &result, method))
        return INVALID_SET_FILE_POINTER;
    if (high != NULL) {
        *high = result.HighPart;
    } else if (result.HighPart != 0) {
        base_error(ERROR_INVALID_PARAMETER);
        return INVALID_SET_FILE_POINTER;
    }
    if (result.LowPart == INVALID_SET_FILE_POINTER)
        base_error(ERROR_SUCCESS);
    return result.LowPart;
}
NT_EXPORT(SetFilePointer, 0, "hupu");

/* Ends a file at its pointer. */
WINBOOL WINAPI SetEndOfFile(HANDLE file)
{
    FILE_POSITION_INFORMATION position;
    FILE_END_OF_FILE_INFORMATION end;

    if (!query(file, &position, sizeof(position), FilePositionInformation))
        return FALSE;
    end.EndOfFile = position.CurrentByteOffset;
    return set(file, &end, sizeof(end), FileEndOfFileInformation);
}
NT_EXPORT(SetEndOfFile, 0, "h");

/* Times of a file; NULL for what is not wanted. */
WINBOOL WINAPI GetFileTime(HANDLE file, LPFILETIME creation, LPFILETIME access, LPFILETIME write)
{
    FILE_BASIC_INFORMATION basic;

    if (!query(file, &basic, sizeof(basic), FileBasicInformation))
        return FALSE;
    if (creation != NULL)
        *creation = file_time(basic.CreationTime);
    if (access != NULL)
        *access = file_time(basic.LastAccessTime);
    if (write != NULL)
        *write = file_time(basic.LastWriteTime);
    return TRUE;
}
NT_EXPORT(GetFileTime, 0, "hppp");

/* Sets times of a file; NULL leaves one as it is. */
WINBOOL WINAPI SetFileTime(HANDLE file, const FILETIME *creation, const FILETIME *access,
                           const FILETIME *write)
{
    FILE_BASIC_INFORMATION basic = {0};

    if (creation != NULL)
        memcpy(&basic.CreationTime, creation, sizeof(*creation));
    if (access != NULL)
        memcpy(&basic.LastAccessTime, access, sizeof(*access));
    if (write != NULL)
        memcpy(&basic.LastWriteTime, write, sizeof(*write));
    return set(file, &basic, sizeof(basic), FileBasicInformation);
}
NT_EXPORT(SetFileTime, 0, "hppp");

/* Attributes, times, size and identity of an open file. */
WINBOOL WINAPI GetFileInformationByHandle(HANDLE file, LPBY_HANDLE_FILE_INFORMATION information)
{
    FILE_STANDARD_INFORMATION standard;
    FILE_INTERNAL_INFORMATION internal;
    FILE_BASIC_INFORMATION basic;

    if (!query(file, &basic, sizeof(basic), FileBasicInformation) ||
        !query(file, &standard, sizeof(standard), FileStandardInformation) ||
        !query(file, &internal, sizeof(internal), FileInternalInformation))
        return FALSE;
    *information = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = basic.FileAttributes,
        .ftCreationTime = file_time(basic.CreationTime),
        .ftLastAccessTime = file_time(basic.LastAccessTime),
        .ftLastWriteTime = file_time(basic.LastWriteTime),
        .nFileSizeHigh = (DWORD)standard.EndOfFile.HighPart,
        .nFileSizeLow = standard.EndOfFile.LowPart,
        .nNumberOfLinks = standard.NumberOfLinks,
    };
    memcpy(&information->nFileIndexLow, &internal, sizeof(DWORD));
    memcpy(&information->nFileIndexHigh, (char *)&internal + sizeof(DWORD), sizeof(DWORD));
    return TRUE;
}
NT_EXPORT(GetFileInformationByHandle, 0, "hp");

/* Win32's information classes whose structures are those of the service. */
static const struct {
    FILE_INFO_BY_HANDLE_CLASS win32;
    FILE_INFORMATION_CLASS nt;
    bool can_query;
    bool can_set;
} information_classes[] = {
    {FileBasicInfo, FileBasicInformation, true, true},
    {FileStandardInfo, FileStandardInformation, true, false},
    {FileNameInfo, FileNameInformation, true, false},
    {FileRenameInfo, FileRenameInformation, false, true},
    {FileDispositionInfo, FileDispositionInformation, false, true},
    {FileAllocationInfo, FileAllocationInformation, false, true},
    {FileEndOfFileInfo, FileEndOfFileInformation, false, true},
    {FileAttributeTagInfo, FileAttributeTagInformation, true, false},
};

/* Information about an open file, by class. */
WINBOOL WINAPI GetFileInformationByHandleEx(HANDLE file, FILE_INFO_BY_HANDLE_CLASS wanted,
                                            LPVOID buffer, DWORD size)
{
    for (size_t i = 0; i < ARRAY_COUNT(information_classes); i++) {
        if (information_classes[i].win32 == wanted && information_classes[i].can_query)
            return query(file, buffer, size, information_classes[i].nt);
    }
    return base_error(ERROR_INVALID_PARAMETER);
}
NT_EXPORT(GetFileInformationByHandleEx, 0, "hupu");

/* Changes information about an open file, by class. */
WINBOOL WINAPI SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS wanted,
                                          LPVOID buffer, DWORD size)
{
    for (size_t i = 0; i < ARRAY_COUNT(information_classes); i++) {
        if (information_classes[i].win32 == wanted && information_classes[i].can_set)
            return set(file, buffer, size, information_classes[i].nt);
    }
    return base_error(ERROR_INVALID_PARAMETER);
}
NT_EXPORT(SetFileInformationByHandle, 0, "hupu");

/* The path of an open file, as \\?\ and the drive form. */
DWORD WINAPI GetFinalPathNameByHandleW(HANDLE file, LPWSTR buffer, DWORD size, DWORD flags)
{
    struct {
        ULONG length;
        WCHAR name[1024];
    } information;

    if (flags & ~(ULONG)(FILE_NAME_OPENED | VOLUME_NAME_NONE)) {
        base_error(ERROR_NOT_SUPPORTED);
        return 0;
    }
    if (!query(file, &information, sizeof(information), FileNameInformation))
        return 0;
    const WCHAR *prefix = flags & VOLUME_NAME_NONE ? L"" : L"\\\\?\\C:";
    DWORD prefix_length = (DWORD)wcslen(prefix);
    DWORD length = prefix_length + information.length / sizeof(WCHAR);

    if (length >= size)
        return length + 1;
    memcpy(buffer, prefix, prefix_length * sizeof(WCHAR));
    memcpy(buffer + prefix_length, information.name, information.length);
    buffer[length] = 0;
    return length;
}
NT_EXPORT(GetFinalPathNameByHandleW, 0, "hpuu");

/* Whether completions set the file's event and go to its port. */
WINBOOL WINAPI SetFileCompletionNotificationModes(HANDLE file, UCHAR flags)
{
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION information = {flags};

    if (flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE))
        return base_error(ERROR_INVALID_PARAMETER);
    return set(file, &information, sizeof(information), USER_FILE_IO_COMPLETION_NOTIFICATION);
}
NT_EXPORT(SetFileCompletionNotificationModes, 0, "hu");
