/*
 * Ctrl+C and its like. A program that has handlers has told the console which routine calls them
 * (kernel32/console_handler.c): it runs in a new thread of the program. One that has not ends.
 *
 * Differs from NT: a program without handlers ends from outside, so its DLLs are not told.
 */
#include "ke/ke.h"
#include "machine/control.h"
#include "ps/ps_internal.h"

static void send(PEPROCESS process, ULONG event)
{
    PETHREAD thread;

    if (!process->ConsoleControl || event == CONSOLE_END_EVENT) {
        ps_terminate_process(process, STATUS_CONTROL_C_EXIT);
        return;
    }
    if (!NT_SUCCESS(ps_create_user_thread(process, process->ConsoleControl, event, 0, &thread)))
        return; /* it is ending, or there is no memory to tell it */
    ps_announce_thread(thread);
    ke_thread_ready(&thread->Tcb);
}

void ps_console_event(ULONG console, ULONG event)
{
    PLIST_ENTRY next;

    for (PLIST_ENTRY at = ps.processes.Flink; at != &ps.processes; at = next) {
        PEPROCESS process = CONTAINING_RECORD(at, struct _EPROCESS, ActiveProcessLinks);

        next = at->Flink;
        if (process->Console == console && process->Peb && !process->Exiting)
            send(process, event);
    }
}
