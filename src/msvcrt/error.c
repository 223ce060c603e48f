/*
 * errno and its relatives: storage, the translation of Win32 errors, message texts, and what
 * happens when a caller breaks a documented precondition ("invalid parameter").
 *
 * Source: Microsoft C run-time library reference, errno constants, strerror, parameter validation.
 */
#include "crt.h"

static const char *const messages[] = {
    [0] = "No error",
    [EPERM] = "Operation not permitted",
    [ENOENT] = "No such file or directory",
    [ESRCH] = "No such process",
    [EINTR] = "Interrupted function call",
    [EIO] = "Input/output error",
    [ENXIO] = "No such device or address",
    [E2BIG] = "Arg list too long",
    [ENOEXEC] = "Exec format error",
    [EBADF] = "Bad file descriptor",
    [ECHILD] = "No child processes",
    [EAGAIN] = "Resource temporarily unavailable",
    [ENOMEM] = "Not enough space",
    [EACCES] = "Permission denied",
    [EFAULT] = "Bad address",
    [EBUSY] = "Resource device",
    [EEXIST] = "File exists",
    [EXDEV] = "Improper link",
    [ENODEV] = "No such device",
    [ENOTDIR] = "Not a directory",
    [EISDIR] = "Is a directory",
    [EINVAL] = "Invalid argument",
    [ENFILE] = "Too many open files in system",
    [EMFILE] = "Too many open files",
    [ENOTTY] = "Inappropriate I/O control operation",
    [EFBIG] = "File too large",
    [ENOSPC] = "No space left on device",
    [ESPIPE] = "Invalid seek",
    [EROFS] = "Read-only file system",
    [EMLINK] = "Too many links",
    [EPIPE] = "Broken pipe",
    [EDOM] = "Domain error",
    [ERANGE] = "Result too large",
    [EDEADLK] = "Resource deadlock avoided",
    [ENAMETOOLONG] = "Filename too long",
    [ENOLCK] = "No locks available",
    [ENOSYS] = "Function not implemented",
    [ENOTEMPTY] = "Directory not empty",
    [EILSEQ] = "Illegal byte sequence",
};
enum { MESSAGE_COUNT = sizeof messages / sizeof messages[0] };

static const struct {
    unsigned short win32;
    unsigned short error;
} win32_errors[] = {
    {ERROR_INVALID_FUNCTION, EINVAL},
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_INVALID_HANDLE, EBADF},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_OUTOFMEMORY, ENOMEM},
    {ERROR_BAD_ENVIRONMENT, E2BIG},
    {ERROR_BAD_FORMAT, ENOEXEC},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_CURRENT_DIRECTORY, EACCES},
    {ERROR_NOT_SAME_DEVICE, EXDEV},
    {ERROR_NO_MORE_FILES, ENOENT},
    {ERROR_SHARING_VIOLATION, EACCES},
    {ERROR_LOCK_VIOLATION, EACCES},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_CANNOT_MAKE, EACCES},
    {ERROR_INVALID_PARAMETER, EINVAL},
    {ERROR_NO_PROC_SLOTS, EAGAIN},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_WAIT_NO_CHILDREN, ECHILD},
    {ERROR_NEGATIVE_SEEK, EINVAL},
    {ERROR_SEEK_ON_DEVICE, EACCES},
    {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
    {ERROR_NOT_LOCKED, EACCES},
    {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_FILENAME_EXCED_RANGE, ENOENT},
    {ERROR_NO_DATA, EPIPE},
    {ERROR_NO_UNICODE_TRANSLATION, EILSEQ},
};

static _invalid_parameter_handler invalid_parameter_handler;

int crt_error(int error)
{
    crt_thread_current()->error = error;
    return -1;
}

int crt_error_win32(DWORD code)
{
    struct crt_thread *thread = crt_thread_current();

    thread->os_error = code;
    thread->error = EINVAL; /* what the Microsoft library reports for codes outside its table */
    for (size_t i = 0; i < sizeof win32_errors / sizeof win32_errors[0]; i++) {
        if (win32_errors[i].win32 == code) {
            thread->error = win32_errors[i].error;
            break;
        }
    }
    return -1;
}

/*
 * A UCRT program without a handler ends with the status of a fast fail; a program of msvcrt.dll
 * sees only the error return.
 */
void crt_invalid_parameter(int error)
{
    crt_error(error);
    if (invalid_parameter_handler)
        invalid_parameter_handler(NULL, NULL, NULL, 0, 0);
    else if (crt_flavour.ucrt)
        TerminateProcess(GetCurrentProcess(), (UINT)STATUS_STACK_BUFFER_OVERRUN);
}

/* The calling thread's errno. */
int *__cdecl _errno(void)
{
    return &crt_thread_current()->error;
}
NT_EXPORT(_errno, 0, "");

/* The calling thread's last Win32 error of a run-time function. */
unsigned long *__cdecl __doserrno(void)
{
    return &crt_thread_current()->os_error;
}
NT_EXPORT(__doserrno, 0, "");

/* Set and read errno and _doserrno by call. */
errno_t __cdecl _set_errno(int value)
{
    crt_thread_current()->error = value;
    return 0;
}
NT_EXPORT(_set_errno, 0, "u");

errno_t __cdecl _get_errno(int *value)
{
    if (!value)
        return EINVAL;
    *value = crt_thread_current()->error;
    return 0;
}
NT_EXPORT(_get_errno, 0, "p");

errno_t __cdecl _set_doserrno(unsigned long value)
{
    crt_thread_current()->os_error = value;
    return 0;
}
NT_EXPORT(_set_doserrno, 0, "u");

errno_t __cdecl _get_doserrno(unsigned long *value)
{
    if (!value)
        return EINVAL;
    *value = crt_thread_current()->os_error;
    return 0;
}
NT_EXPORT(_get_doserrno, 0, "p");

/*
 * Install the function that hears of broken preconditions.
 * Returns: the function that was installed before, or NULL.
 */
_invalid_parameter_handler __cdecl _set_invalid_parameter_handler(
    _invalid_parameter_handler handler)
{
    _invalid_parameter_handler previous = invalid_parameter_handler;

    invalid_parameter_handler = handler;
    return previous;
}
NT_EXPORT(_set_invalid_parameter_handler, 0, "p");

/* The handler that is installed now, or NULL. */
_invalid_parameter_handler __cdecl _get_invalid_parameter_handler(void)
{
    return invalid_parameter_handler;
}
NT_EXPORT(_get_invalid_parameter_handler, 0, "");

/* Report a broken precondition that the caller found itself. */
void __cdecl _invalid_parameter_noinfo(void)
{
    crt_invalid_parameter(EINVAL);
}
NT_EXPORT(_invalid_parameter_noinfo, 0, "");

void __cdecl _invalid_parameter_noinfo_noreturn(void)
{
    crt_invalid_parameter(EINVAL);
    TerminateProcess(GetCurrentProcess(), (UINT)STATUS_STACK_BUFFER_OVERRUN);
}
NT_EXPORT(_invalid_parameter_noinfo_noreturn, 0, "");

static const char *message_of(int error)
{
    if (error >= 0 && error < MESSAGE_COUNT && messages[error])
        return messages[error];
    return "Unknown error";
}

/* Copies as much as fits; both buffers of a thread are longer than any message. */
static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size)
        length = size - 1;
    memcpy(out, text, length);
    out[length] = 0;
}

static void copy_wide(wchar_t *out, size_t size, const char *text)
{
    size_t i = 0;

    for (; text[i] && i + 1 < size; i++)
        out[i] = (unsigned char)text[i];
    out[i] = 0;
}

/* The text of an errno value, in a buffer of the calling thread. */
char *__cdecl strerror(int error)
{
    struct crt_thread *thread = crt_thread_current();

    copy_text(thread->message, sizeof thread->message, message_of(error));
    return thread->message;
}
NT_EXPORT(strerror, 0, "u");

errno_t __cdecl strerror_s(char *buffer, size_t size, int error)
{
    if (!buffer || !size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    copy_text(buffer, size, message_of(error));
    return 0;
}
NT_EXPORT(strerror_s, 0, "pqu");

/* "prefix: text of the current errno\n", in a buffer of the calling thread. */
char *__cdecl _strerror(const char *prefix)
{
    struct crt_thread *thread = crt_thread_current();
    size_t used = 0;

    if (prefix && *prefix) {
        copy_text(thread->message, sizeof thread->message / 2, prefix);
        used = strlen(thread->message);
        memcpy(thread->message + used, ": ", 2);
        used += 2;
    }
    copy_text(thread->message + used, sizeof thread->message - used - 1, message_of(thread->error));
    strcat(thread->message, "\n");
    return thread->message;
}
NT_EXPORT(_strerror, 0, "s");

wchar_t *__cdecl _wcserror(int error)
{
    struct crt_thread *thread = crt_thread_current();

    copy_wide(thread->wide_message, 96, message_of(error));
    return thread->wide_message;
}
NT_EXPORT(_wcserror, 0, "u");

errno_t __cdecl _wcserror_s(wchar_t *buffer, size_t size, int error)
{
    if (!buffer || !size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    copy_wide(buffer, size, message_of(error));
    return 0;
}
NT_EXPORT(_wcserror_s, 0, "pqu");

/* Write "prefix: text of errno" to stderr. */
void __cdecl perror(const char *prefix)
{
    const char *text = message_of(crt_thread_current()->error);

    if (prefix && *prefix) {
        fputs(prefix, crt_stream_standard(2));
        fputs(": ", crt_stream_standard(2));
    }
    fputs(text, crt_stream_standard(2));
    fputs("\n", crt_stream_standard(2));
}
NT_EXPORT(perror, 0, "s");

void __cdecl _wperror(const wchar_t *prefix)
{
    const char *text = message_of(crt_thread_current()->error);

    if (prefix && *prefix) {
        fputws(prefix, crt_stream_standard(2));
        fputs(": ", crt_stream_standard(2));
    }
    fputs(text, crt_stream_standard(2));
    fputs("\n", crt_stream_standard(2));
}
NT_EXPORT(_wperror, 0, "w");
