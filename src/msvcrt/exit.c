/*
 * The end of a program: exit handlers, initialiser tables, abort, failed assertions.
 *
 *   exit ──> handlers (last registered first) ──> streams flushed ──> ExitProcess
 *   _cexit stops before ExitProcess; quick_exit runs its own handlers only; _exit runs none.
 *
 * A handler may register or call exit again: the list is popped under the lock, the handler called
 * outside it.
 */
#include "crt.h"

/* One list of handlers; the UCRT's _onexit_table_t has the same three pointers. */
struct handler_list {
    int(__cdecl **first)(void);
    int(__cdecl **last)(void);
    int(__cdecl **end)(void);
};
static struct handler_list exit_handlers;
static struct handler_list quick_exit_handlers;
static unsigned abort_behavior = _WRITE_ABORT_MSG | _CALL_REPORTFAULT;
static void(__cdecl *terminate_handler)(void);
static PIMAGE_TLS_CALLBACK thread_exit_callback;

static bool list_push(struct handler_list *list, int(__cdecl *handler)(void))
{
    bool pushed = false;

    _lock(CRT_LOCK_EXIT);
    if (list->last == list->end) {
        size_t count = (size_t)(list->end - list->first);
        size_t capacity = count ? count * 2 : 32;
        int(__cdecl * *grown)(void) = realloc(list->first, capacity * sizeof *grown);

        if (grown)
            *list = (struct handler_list){grown, grown + count, grown + capacity};
    }
    if (list->last != list->end) {
        *list->last++ = handler;
        pushed = true;
    }
    _unlock(CRT_LOCK_EXIT);
    return pushed;
}

static void list_run(struct handler_list *list)
{
    for (;;) {
        int(__cdecl * handler)(void) = NULL;
        bool more;

        _lock(CRT_LOCK_EXIT);
        more = list->last != list->first;
        if (more)
            handler = *--list->last;
        _unlock(CRT_LOCK_EXIT);
        if (!more)
            break;
        if (handler)
            handler();
    }
    free(list->first);
    *list = (struct handler_list){0};
}

void crt_exit_run_handlers(void)
{
    list_run(&exit_handlers);
}

/* Register a function for exit. Returns: the function, or NULL without memory. */
_onexit_t __cdecl _onexit(_onexit_t handler)
{
    return list_push(&exit_handlers, handler) ? handler : NULL;
}
NT_EXPORT(_onexit, 0, "p");

/* Register a function for exit. Returns: 0, or -1 without memory. */
int __cdecl _crt_atexit(void(__cdecl *handler)(void))
{
    return list_push(&exit_handlers, (int(__cdecl *)(void))handler) ? 0 : -1;
}
NT_EXPORT(_crt_atexit, 0, "p");
NT_EXPORT_AS(atexit, _crt_atexit, 0, "p");

/* The same under its C name, for code inside this DLL. */
int __cdecl atexit(void(__cdecl *handler)(void))
{
    return _crt_atexit(handler);
}

int __cdecl _crt_at_quick_exit(void(__cdecl *handler)(void))
{
    return list_push(&quick_exit_handlers, (int(__cdecl *)(void))handler) ? 0 : -1;
}
NT_EXPORT(_crt_at_quick_exit, 0, "p");

/*
 * Register an exit function in a list that a DLL keeps.
 * @param first, @param end the DLL's list; both are changed when it grows.
 */
_onexit_t __cdecl __dllonexit(_onexit_t handler, _PVFV **first, _PVFV **end)
{
    size_t count = (size_t)(*end - *first);
    _PVFV *grown = realloc(*first, (count + 1) * sizeof *grown);

    if (!grown)
        return NULL;
    grown[count] = (_PVFV)handler;
    *first = grown;
    *end = grown + count + 1;
    return handler;
}
NT_EXPORT(__dllonexit, 0, "ppp");

/* A table of exit functions that a DLL keeps: start empty, add to it, run it last to first. */
int __cdecl _initialize_onexit_table(_onexit_table_t *table)
{
    if (!table)
        return -1;
    if (table->_first == table->_end)
        memset(table, 0, sizeof *table);
    return 0;
}
NT_EXPORT(_initialize_onexit_table, 0, "p");

int __cdecl _register_onexit_function(_onexit_table_t *table, _onexit_t handler)
{
    if (!table)
        return -1;
    return list_push((struct handler_list *)table, handler) ? 0 : -1;
}
NT_EXPORT(_register_onexit_function, 0, "pp");

int __cdecl _execute_onexit_table(_onexit_table_t *table)
{
    if (!table)
        return -1;
    list_run((struct handler_list *)table);
    return 0;
}
NT_EXPORT(_execute_onexit_table, 0, "p");

/* Call every function of a table that is not NULL. */
void __cdecl _initterm(_PVFV *first, _PVFV *end)
{
    for (; first < end; first++)
        if (*first)
            (*first)();
}
NT_EXPORT(_initterm, 0, "pp");

/* The same for functions that may fail. Returns: the first nonzero result, or 0. */
int __cdecl _initterm_e(_PIFV *first, _PIFV *end)
{
    int result = 0;

    for (; first < end && !result; first++)
        if (*first)
            result = (*first)();
    return result;
}
NT_EXPORT(_initterm_e, 0, "pp");

/*
 * Give the function that destroys the thread-local objects of the program's own thread; exit calls
 * it before the exit handlers.
 */
void __cdecl _register_thread_local_exe_atexit_callback(PIMAGE_TLS_CALLBACK callback)
{
    thread_exit_callback = callback;
}
NT_EXPORT(_register_thread_local_exe_atexit_callback, 0, "p");

void __cdecl _cexit(void)
{
    if (thread_exit_callback)
        thread_exit_callback(NULL, DLL_PROCESS_DETACH, NULL);
    crt_exit_run_handlers();
    crt_stream_flush_all();
}
NT_EXPORT(_cexit, 0, "");

/* Flush streams, without exit handlers. */
void __cdecl _c_exit(void)
{
    crt_stream_flush_all();
}
NT_EXPORT(_c_exit, 0, "");

void __cdecl exit(int code)
{
    _cexit();
    ExitProcess((UINT)code);
}
NT_EXPORT(exit, 0, "u");

/* End the process without handlers and without flushing. */
void __cdecl _exit(int code)
{
    ExitProcess((UINT)code);
}
NT_EXPORT(_exit, 0, "u");
NT_EXPORT_AS(_Exit, _exit, 0, "u");

void __cdecl quick_exit(int code)
{
    list_run(&quick_exit_handlers);
    ExitProcess((UINT)code);
}
NT_EXPORT(quick_exit, 0, "u");

static void write_error(const char *text)
{
    crt_stream_flush(crt_stream_standard(1));
    fputs(text, crt_stream_standard(2));
    crt_stream_flush(crt_stream_standard(2));
}

/*
 * End the program abnormally, after a SIGABRT handler had its chance.
 * Exit code: 3 in msvcrt.dll, the status of a fast fail in ucrtbase.dll, as on Windows.
 */
void __cdecl abort(void)
{
    if (!crt_flavour.ucrt && (abort_behavior & _WRITE_ABORT_MSG))
        write_error("\nThis application has requested the Runtime to terminate it in an unusual "
                    "way.\nPlease contact the application's support team for more information.\n");
    raise(SIGABRT);
    if (crt_flavour.ucrt && (abort_behavior & _CALL_REPORTFAULT))
        TerminateProcess(GetCurrentProcess(), (UINT)STATUS_STACK_BUFFER_OVERRUN);
    for (;;)
        ExitProcess(3);
}
NT_EXPORT(abort, 0, "");

/* Which of _WRITE_ABORT_MSG and _CALL_REPORTFAULT abort does. Returns: the previous flags. */
unsigned __cdecl _set_abort_behavior(unsigned flags, unsigned mask)
{
    unsigned previous = abort_behavior;

    abort_behavior = (previous & ~mask) | (flags & mask);
    return previous;
}
NT_EXPORT(_set_abort_behavior, 0, "uu");

/* Report a run-time error R60nn and end with code 255. @param number nn. */
void __cdecl _amsg_exit(int number)
{
    char text[] = "\nruntime error R6000\n";

    text[18] = (char)('0' + number % 10);
    text[17] = (char)('0' + number / 10 % 10);
    text[16] = (char)('0' + number / 100 % 10);
    write_error(text);
    ExitProcess(255);
}
NT_EXPORT(_amsg_exit, 0, "u");

/* A failed assertion: name it on stderr and abort. */
void __cdecl _assert(const char *expression, const char *file, unsigned line)
{
    char number[12];

    _ultoa(line, number, 10);
    write_error("Assertion failed: ");
    write_error(expression);
    write_error(", file ");
    write_error(file);
    write_error(", line ");
    write_error(number);
    write_error("\n");
    abort();
}
NT_EXPORT(_assert, 0, "ssu");

void __cdecl _wassert(const wchar_t *expression, const wchar_t *file, unsigned line)
{
    char *narrow_expression = crt_narrow_from_wide(expression);
    char *narrow_file = crt_narrow_from_wide(file);

    _assert(narrow_expression ? narrow_expression : "?", narrow_file ? narrow_file : "?", line);
}
NT_EXPORT(_wassert, 0, "wwu");

/* A pure virtual function was called. */
int __cdecl _purecall(void)
{
    write_error("\nruntime error R6025\n- pure virtual function call\n");
    abort();
}
NT_EXPORT(_purecall, 0, "");

/* Install what terminate() calls. Returns: the previous function. */
void(__cdecl *__cdecl set_terminate(void(__cdecl *handler)(void)))(void)
{
    void(__cdecl * previous)(void) = terminate_handler;

    terminate_handler = handler;
    return previous;
}
NT_EXPORT(set_terminate, 0, "p");

void __cdecl terminate(void)
{
    if (terminate_handler)
        terminate_handler();
    abort();
}
NT_EXPORT(terminate, 0, "");

/* There is no command processor: system(NULL) says so, a command fails with ENOENT. */
int __cdecl system(const char *command)
{
    return command ? crt_error(ENOENT) : 0;
}
NT_EXPORT(system, 0, "s");

int __cdecl _wsystem(const wchar_t *command)
{
    return command ? crt_error(ENOENT) : 0;
}
NT_EXPORT(_wsystem, 0, "w");
