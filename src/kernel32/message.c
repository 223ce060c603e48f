/*
 * FormatMessage: system messages, the program's own strings, and their inserts.
 *
 * %n takes the n-th argument, %n!format! formats it as printf would, %0 ends the text, %% and the
 * other escapes stand for themselves. All work is done in UTF-16. See kernel32.h.
 */
#include "kernel32.h"

#define MESSAGE_LIMIT 8192 /* characters of a formatted message */

struct message_row {
    DWORD code;
    const char *text;
};

static const struct message_row messages[] = {
#define MESSAGE(code, text) {code, text},
#include "message_table.inc"
#undef MESSAGE
};

/* The text being made. Past the end only the overflow is noted. */
struct message_output {
    WCHAR text[MESSAGE_LIMIT];
    DWORD length;
    bool overflow;
};

static const char *find_message(DWORD code)
{
    if ((code & 0xFFFF0000) == 0x80070000) /* an HRESULT that wraps a Win32 error */
        code &= 0xFFFF;
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        if (messages[i].code == code)
            return messages[i].text;
    }
    return NULL;
}

static void put(struct message_output *output, WCHAR character)
{
    if (output->length + 1 < MESSAGE_LIMIT)
        output->text[output->length++] = character;
    else
        output->overflow = true;
}

static void put_string(struct message_output *output, const WCHAR *text)
{
    while (*text != 0)
        put(output, *text++);
}

/* The arguments of the inserts: an array, or a variable argument list that is read in order. */
struct message_arguments {
    bool wide; /* strings without a format are UTF-16 */
    const DWORD_PTR *array;
    va_list *list;
    DWORD_PTR read[99];
    DWORD read_count;
};

static DWORD_PTR argument_at(struct message_arguments *arguments, DWORD index)
{
    if (arguments->array != NULL)
        return arguments->array[index];
    while (arguments->list != NULL && arguments->read_count <= index)
        arguments->read[arguments->read_count++] = va_arg(*arguments->list, DWORD_PTR);
    return arguments->list != NULL ? arguments->read[index] : 0;
}

static void put_formatted(struct message_output *output, const WCHAR *format, size_t length,
                          DWORD_PTR value, bool wide)
{
    WCHAR specification[40] = L"%", result[1024];

    if (length + 3 > ARRAY_COUNT(specification))
        length = 0;
    memcpy(specification + 1, format, length * sizeof(WCHAR));
    specification[length + 1] = 0;
    if (!wide && length != 0 && specification[length] == L's' &&
        specification[length - 1] != L'l' && specification[length - 1] != L'h') {
        specification[length] = L'h'; /* the caller's strings are narrow: %hs */
        specification[length + 1] = L's';
        specification[length + 2] = 0;
    }
    _snwprintf(result, ARRAY_COUNT(result) - 1, specification, value);
    result[ARRAY_COUNT(result) - 1] = 0;
    put_string(output, result);
}

/* The insert whose digits start at `at`. Returns: the first character after it. */
static const WCHAR *put_insert(struct message_output *output, const WCHAR *at,
                               struct message_arguments *arguments)
{
    DWORD number = 0;

    while (*at >= L'0' && *at <= L'9' && number < 10)
        number = number * 10 + (DWORD)(*at++ - L'0');
    DWORD_PTR value = argument_at(arguments, number - 1);

    if (*at != L'!') {
        put_formatted(output, L"s", 1, value, arguments->wide);
        return at;
    }
    const WCHAR *end = wcschr(at + 1, L'!');

    if (end == NULL)
        return at;
    put_formatted(output, at + 1, (size_t)(end - at - 1), value, arguments->wide);
    return end + 1;
}

static void put_escape(struct message_output *output, WCHAR character)
{
    switch (character) {
    case L'n':
        put(output, L'\r');
        put(output, L'\n');
        break;
    case L'r':
        put(output, L'\r');
        break;
    case L't':
        put(output, L'\t');
        break;
    case L'b':
        put(output, L' ');
        break;
    default:
        put(output, character);
        break;
    }
}

static void expand(struct message_output *output, const WCHAR *text, bool ignore_inserts,
                   struct message_arguments *arguments)
{
    while (*text != 0) {
        if (*text != L'%' || text[1] == 0) {
            put(output, *text++);
        } else if (text[1] == L'0') {
            return;
        } else if (text[1] >= L'1' && text[1] <= L'9') {
            if (!ignore_inserts) {
                text = put_insert(output, text + 1, arguments);
            } else {
                put(output, *text++);
                put(output, *text++);
            }
        } else {
            put_escape(output, text[1]);
            text += 2;
        }
    }
}

/* The source text of a message, in UTF-16; freed by the caller. */
static WCHAR *source_text(DWORD flags, LPCVOID source, DWORD code, bool wide)
{
    const char *narrow = NULL;
    size_t length;

    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        if (!wide)
            narrow = source;
    } else if (flags & FORMAT_MESSAGE_FROM_SYSTEM) {
        narrow = find_message(code);
    }
    if (narrow == NULL && !(flags & FORMAT_MESSAGE_FROM_STRING)) {
        base_error(ERROR_MR_MID_NOT_FOUND);
        return NULL;
    }
    length = narrow != NULL ? strlen(narrow) : wcslen(source);
    WCHAR *text = base_allocate((length + 3) * sizeof(WCHAR));

    if (text == NULL)
        return NULL;
    if (narrow != NULL && length != 0)
        MultiByteToWideChar(CP_ACP, 0, narrow, (int)length, text, (int)length);
    else
        memcpy(text, source, length * sizeof(WCHAR));
    text[length] = 0;
    if (!(flags & FORMAT_MESSAGE_FROM_STRING))
        memcpy(text + length, L"\r\n", 3 * sizeof(WCHAR));
    return text;
}

static BOOL format(struct message_output *output, DWORD flags, LPCVOID source, DWORD code,
                   va_list *list, bool wide)
{
    struct message_arguments arguments = {.wide = wide};
    WCHAR *text = source_text(flags, source, code, wide);

    if (text == NULL)
        return FALSE;
    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        arguments.array = (const DWORD_PTR *)list;
    else
        arguments.list = list;
    output->length = 0;
    output->overflow = false;
    expand(output, text, (flags & FORMAT_MESSAGE_IGNORE_INSERTS) || list == NULL, &arguments);
    output->text[output->length] = 0;
    base_free(text);
    if ((flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK) {
        for (DWORD i = 0; i < output->length; i++) { /* one line, whatever its length */
            if (output->text[i] == L'\r' || output->text[i] == L'\n')
                output->text[i] = L' ';
        }
        while (output->length > 1 && output->text[output->length - 1] == L' ' &&
               output->text[output->length - 2] == L' ')
            output->text[--output->length] = 0;
    }
    return output->overflow ? base_error(ERROR_MORE_DATA) : TRUE;
}

/* Makes a message. Returns: its length in characters; 0 on failure. */
DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPWSTR buffer,
                            DWORD size, va_list *list)
{
    struct message_output *output = base_allocate(sizeof(*output));
    DWORD length = 0;

    (void)language;
    if (output != NULL && format(output, flags, source, code, list, true)) {
        SIZE_T bytes = ((SIZE_T)output->length + 1) * sizeof(WCHAR);

        length = output->length;
        if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
            DWORD room = length + 1 > size ? length + 1 : size;

            *(WCHAR **)buffer = LocalAlloc(0, room * sizeof(WCHAR));
            buffer = *(WCHAR **)buffer;
        } else if (length + 1 > size) {
            base_error(ERROR_INSUFFICIENT_BUFFER);
            buffer = NULL;
        }
        if (buffer != NULL)
            memcpy(buffer, output->text, bytes);
        else
            length = 0;
    }
    base_free(output);
    return length;
}
NT_EXPORT(FormatMessageW, 0, "upuupup");

/* Makes a message. */
DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPSTR buffer,
                            DWORD size, va_list *list)
{
    struct message_output *output = base_allocate(sizeof(*output));
    DWORD length = 0;

    (void)language;
    if (output != NULL && format(output, flags, source, code, list, false)) {
        length = output->length; /* one byte for each unit in the ANSI code page */
        if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
            DWORD room = length + 1 > size ? length + 1 : size;

            *(char **)buffer = LocalAlloc(0, room);
            buffer = *(char **)buffer;
            size = room;
        } else if (length + 1 > size) {
            base_error(ERROR_INSUFFICIENT_BUFFER);
            buffer = NULL;
        }
        if (buffer != NULL)
            base_narrow(output->text, length, buffer, size);
        else
            length = 0;
    }
    base_free(output);
    return length;
}
NT_EXPORT(FormatMessageA, 0, "upuupup");
