/* The pane of processes, and of their threads below those that are opened. See top.h. */
#define _GNU_SOURCE
#include "top.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top_json.h"

#define TICKS_PER_SECOND 10000000.0
#define NAME_COLUMNS 24
#define BRIEF_NAME_COLUMNS 14

bool top_processes_take(struct top_processes *processes, const char *json, bool threads)
{
    return top_json_take(threads ? &processes->threads : &processes->processes, json);
}

static void add_thread(struct top_pane *pane, const cJSON *thread)
{
    const char *state = top_json_text(thread, "state");
    const char *reason = top_json_text(thread, "wait_reason");
    double tid = top_json_number(thread, "tid"), priority = top_json_number(thread, "priority");
    struct top_row *row = top_pane_add(
        pane, top_text_format("%.0f.%.0f", top_json_number(thread, "pid"), tid),
        top_text_format("      %7.0f  prio %2.0f (base %2.0f)  %-8s %-16s %9.0f switches  %s", tid,
                        priority, top_json_number(thread, "base_priority"), state, reason,
                        top_json_number(thread, "context_switches"),
                        top_json_text(thread, "start")),
        top_text_format("  %6.0f prio %2.0f %s", tid, priority, *reason ? reason : state));

    row->item = thread;
}

static void add_process(struct top_pane *pane, const cJSON *process, bool open)
{
    const char *name = top_json_text(process, "name"), *mark = open ? "-" : "+";
    double pid = top_json_number(process, "pid"), threads = top_json_number(process, "threads");
    double handles = top_json_number(process, "handles");
    double cpu = (top_json_number(process, "kernel_time_100ns") +
                  top_json_number(process, "user_time_100ns")) /
                 TICKS_PER_SECOND;
    char wide[4 * NAME_COLUMNS + 1], narrow[4 * BRIEF_NAME_COLUMNS + 1];
    struct top_row *row;

    top_text_fit(name, NAME_COLUMNS, wide, sizeof wide);
    top_text_fit(name, BRIEF_NAME_COLUMNS, narrow, sizeof narrow);
    row = top_pane_add(
        pane, top_text_format("%.0f", pid),
        top_text_format("%s %6.0f %6.0f %s %4.0f %6.0f %-12s %4.0f %9.3f %9.0f", mark, pid,
                        top_json_number(process, "parent_pid"), wide, threads, handles,
                        top_json_text(process, "priority_class"),
                        top_json_number(process, "base_priority"), cpu,
                        top_json_number(process, "private_bytes") / 1024),
        top_text_format("%s%5.0f %s %3.0f %4.0f %6.2f", mark, pid, narrow, threads, handles, cpu));
    row->item = process;
    row->has_parts = true;
}

void top_processes_show(const struct top_processes *processes, struct top_pane *pane)
{
    const cJSON *process, *thread;

    pane->header = "     PID   PPID NAME                      THR    HND CLASS        BASE   CPU "
                   "(s)   PRIV KB";
    pane->brief_header = "   PID NAME           THR  HND    CPU";
    top_pane_begin(pane);
    cJSON_ArrayForEach(process, processes->processes)
    {
        double pid = top_json_number(process, "pid");
        char key[32];
        bool open;

        snprintf(key, sizeof key, "%.0f", pid);
        open = top_pane_is_open(pane, key);
        add_process(pane, process, open);
        if (!open)
            continue;
        cJSON_ArrayForEach(thread, processes->threads)
        {
            if (top_json_number(thread, "pid") == pid)
                add_thread(pane, thread);
        }
    }
    top_pane_end(pane);
}

void top_processes_free(struct top_processes *processes)
{
    cJSON_Delete(processes->processes);
    cJSON_Delete(processes->threads);
}
