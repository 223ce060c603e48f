/*
 * signal and raise, and the filters with which start-up code turns structured exceptions into
 * signals.
 *
 * SIGINT and SIGBREAK come from the console on a thread of their own; SIGFPE, SIGILL and SIGSEGV
 * come from exceptions through the filter, on the thread that faulted. As documented, a handler is
 * reset to SIG_DFL before it runs.
 */
#include "crt.h"

enum { SIGNAL_MAX = 23 };

static struct {
    __p_sig_fn_t handlers[SIGNAL_MAX];
    bool console_registered;
} signals;

static const struct {
    DWORD code;
    int number;
    int floating; /* the second argument of a SIGFPE handler */
} exceptions[] = {
    {EXCEPTION_ACCESS_VIOLATION, SIGSEGV, 0},        {EXCEPTION_ILLEGAL_INSTRUCTION, SIGILL, 0},
    {EXCEPTION_PRIV_INSTRUCTION, SIGILL, 0},         {EXCEPTION_FLT_DENORMAL_OPERAND, SIGFPE, 0x82},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, SIGFPE, 0x83},    {EXCEPTION_FLT_OVERFLOW, SIGFPE, 0x84},
    {EXCEPTION_FLT_UNDERFLOW, SIGFPE, 0x85},         {EXCEPTION_FLT_INEXACT_RESULT, SIGFPE, 0x86},
    {EXCEPTION_FLT_INVALID_OPERATION, SIGFPE, 0x81}, {EXCEPTION_FLT_STACK_CHECK, SIGFPE, 0x8a},
};

static __p_sig_fn_t take_handler(int number)
{
    __p_sig_fn_t handler;

    _lock(CRT_LOCK_SIGNALS);
    handler = signals.handlers[number];
    if (handler != SIG_IGN)
        signals.handlers[number] = SIG_DFL;
    _unlock(CRT_LOCK_SIGNALS);
    return handler;
}

/* The handler of SIGFPE takes a second argument that its declared type does not show. */
static void (*floating_handler(__p_sig_fn_t handler))(int number, int code)
{
    return (void (*)(int, int))(void (*)(void))handler;
}

static BOOL WINAPI console_handler(DWORD event)
{
    int number = event == CTRL_C_EVENT ? SIGINT : SIGBREAK;
    __p_sig_fn_t handler;

    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return FALSE;
    handler = take_handler(number);
    if (handler == SIG_DFL)
        return FALSE;
    if (handler != SIG_IGN)
        handler(number);
    return TRUE;
}

static bool known(int number)
{
    switch (number) {
    case SIGINT:
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGTERM:
    case SIGBREAK:
    case SIGABRT:
        return true;
    }
    return false;
}

/* Set the handler of a signal. Returns: the previous one, or SIG_ERR with EINVAL. */
__p_sig_fn_t __cdecl signal(int number, __p_sig_fn_t handler)
{
    __p_sig_fn_t previous;

    if (number == SIGABRT_COMPAT)
        number = SIGABRT;
    if (!known(number) || handler == SIG_ERR || handler == SIG_SGE || handler == SIG_ACK) {
        crt_error(EINVAL);
        return SIG_ERR;
    }
    _lock(CRT_LOCK_SIGNALS);
    if ((number == SIGINT || number == SIGBREAK) && !signals.console_registered)
        signals.console_registered = SetConsoleCtrlHandler(console_handler, TRUE);
    previous = signals.handlers[number];
    signals.handlers[number] = handler;
    _unlock(CRT_LOCK_SIGNALS);
    return previous;
}
NT_EXPORT(signal, 0, "up");

/* Raise a signal in the calling thread. Returns: 0, or -1 with EINVAL for an unknown number. */
int __cdecl raise(int number)
{
    __p_sig_fn_t handler;

    if (number == SIGABRT_COMPAT)
        number = SIGABRT;
    if (!known(number)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    handler = take_handler(number);
    if (handler == SIG_IGN)
        return 0;
    if (handler == SIG_DFL) {
        if (number == SIGABRT) /* abort continues with its own ending */
            return 0;
        ExitProcess(3);
    }
    if (number == SIGFPE)
        floating_handler(handler)(number, 0x8c /* _FPE_EXPLICITGEN */);
    else
        handler(number);
    return 0;
}
NT_EXPORT(raise, 0, "u");

static LONG call_signal_handler(int number, int floating, EXCEPTION_POINTERS *pointers)
{
    struct crt_thread *thread = crt_thread_current();
    void *saved_pointers = thread->exception_pointers;
    __p_sig_fn_t handler = take_handler(number);

    if (handler == SIG_DFL)
        return UnhandledExceptionFilter(pointers);
    if (handler == SIG_IGN)
        return EXCEPTION_CONTINUE_EXECUTION;
    thread->exception_pointers = pointers;
    if (number == SIGFPE) {
        thread->floating_code = floating;
        floating_handler(handler)(number, floating);
    } else {
        handler(number);
    }
    thread->exception_pointers = saved_pointers;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/*
 * The filter of the __except around main: gives an exception to its signal's handler, or else to
 * UnhandledExceptionFilter. Returns: what an exception filter returns.
 */
int __cdecl _XcptFilter(unsigned long code, EXCEPTION_POINTERS *pointers)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (exceptions[i].code == code)
            return call_signal_handler(exceptions[i].number, exceptions[i].floating, pointers);
    return UnhandledExceptionFilter(pointers);
}
NT_EXPORT(_XcptFilter, 0, "up");
NT_EXPORT_AS(_seh_filter_exe, _XcptFilter, 0, "up");

/* The filter of DLL entry points: only C++ exceptions are handled, others go on searching. */
int __cdecl _seh_filter_dll(unsigned long code, EXCEPTION_POINTERS *pointers)
{
    return code == 0xE06D7363 ? _XcptFilter(code, pointers) : EXCEPTION_CONTINUE_SEARCH;
}
NT_EXPORT(_seh_filter_dll, 0, "up");

/* Address of the exception pointers that a signal handler runs for. */
void **__cdecl __pxcptinfoptrs(void)
{
    return &crt_thread_current()->exception_pointers;
}
NT_EXPORT(__pxcptinfoptrs, 0, "");

/* Address of the code of the floating-point error that a SIGFPE handler runs for. */
int *__cdecl __fpecode(void)
{
    return &crt_thread_current()->floating_code;
}
NT_EXPORT(__fpecode, 0, "");

/* Where the C++ exception in flight is kept for the calling thread. */
void **__cdecl __current_exception(void)
{
    return &crt_thread_current()->current_exception;
}
NT_EXPORT(__current_exception, 0, "");

void **__cdecl __current_exception_context(void)
{
    return &crt_thread_current()->current_exception_context;
}
NT_EXPORT(__current_exception_context, 0, "");

NT_EXPORT_FORWARD(__C_specific_handler, ntdll);
