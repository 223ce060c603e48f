/*
 * `ringside run`: what its parts share.
 *
 * Order of work: read the command line and every file that it names, boot, start the drivers, run
 * the script and the client, unload in reverse order, sum up. All files are opened before the
 * first driver starts, because the sandbox opens no more after it.
 */
#ifndef RINGSIDE_CLI_RUN_H
#define RINGSIDE_CLI_RUN_H

#include <stdio.h>

#include "cli.h"
#include "ringside/ringside.h"
#include "script.h"

/* What rs_driver_unload answers: no such driver; a driver with no DriverUnload routine. */
#define RUN_STATUS_NOT_FOUND ((rs_status)0xC0000034)
#define RUN_STATUS_INVALID_REQUEST ((rs_status)0xC0000010)

enum run_driver_state {
    RUN_DRIVER_WAITING, /* not reached */
    RUN_DRIVER_REFUSED, /* the file, or by DriverEntry */
    RUN_DRIVER_STARTED,
    RUN_DRIVER_UNLOADED,
    RUN_DRIVER_GONE,  /* the client stopped it already */
    RUN_DRIVER_STAYS, /* it has no DriverUnload routine, or --no-unload */
};

struct run_driver {
    const char *path;
    const char *file_name; /* last part of the path */
    char service[64];
    enum run_driver_state state;
};

/* A program that runs beside the client: see background.c. */
struct run_background {
    char *text; /* the words of --background, each ended by NUL; path and arguments point into it */
    const char *path;
    const char *name;       /* last part of the path */
    const char **arguments; /* ended by NULL */
    uint64_t process;
    bool started;
};

struct run_options {
    struct rs_options machine;
    struct run_driver *drivers;
    size_t driver_count;
    struct run_background *backgrounds;
    size_t background_count;
    const char *client;                  /* host path, NULL = none */
    const char *client_name;             /* last part of it */
    const char *const *client_arguments; /* ended by NULL */
    const char *trace_path;              /* NULL = no trace */
    const char *dump_path;               /* NULL = no dump */
    const char *json_path;               /* NULL = stderr */
    bool json;
    bool quiet;
    bool no_unload;
    const char *verify;                  /* rules; NULL = no checks */
    const char *left_out;                /* why some of "all" are not checked; NULL = all are */
    const char *sarif_path, *junit_path; /* NULL = no such report */
    const char *resume_path;             /* of what failure points came to; NULL = not kept */
    char **arguments;                    /* the command line; ended by NULL */
    uint64_t explore;                    /* seeds; 0 = one run in the ordinary order */
    struct script script;
};

struct trial_result;

/* A run so far. */
struct run {
    struct run_options options;
    struct rs_machine *machine;
    FILE *trace, *json, *sarif, *junit; /* open when asked for */
    char folder[4096];                  /* the current one, as it was before the sandbox */
    bool client_started, client_ended;
    uint32_t client_code;
    struct script_result script;
    /* The first failure counts; but a machine that stopped, or Ctrl-C, outweighs all others. */
    int exit_code;
    const char *result; /* one word or two, for --json; NULL = no failure */
    bool booted, interrupted;
    bool line_open;                          /* debug output stands in the middle of a line */
    const struct run_comparison *comparison; /* NULL = there were no other runs */
    uint64_t start_ns;
    /* Called when all is known, before the machine is taken away; NULL = nobody asks. */
    void (*at_end)(const struct run *run, struct trial_result *result);
    struct trial_result *at_end_context;
    bool counted, counted_before; /* `counters`, `baseline` are valid */
    struct rs_counters baseline, counters;
    struct rs_stop stop; /* reason RS_RUNNING unless the machine stopped */
};

/* run_options.c. False: the process should end with *exit_code. */
bool run_options_read(struct run_options *options, int argc, char **argv, int *exit_code);
void run_options_free(struct run_options *options);

/* background.c */
bool run_background_add(struct run_options *options, const char *words);
void run_background_free(struct run_options *options);
/* The status of the first call to the machine that failed; *failed is the program it was about. */
rs_status run_background_start(struct run *run, const struct run_background **failed);
void run_background_end(struct run *run);

/* compare.c: what other runs came to. */
struct run_comparison {
    int outputs;     /* file of the first run's outputs; 0 = none */
    uint64_t points; /* failure points that there are; 0 = none was tried */
    /* By failure point, when it failed: what it came to, "" = it was handled; NULL = not tried. */
    char *came_to[RS_FAILURE_POINTS + 1];
};
/*
 * Make the other runs that the selected rules need. Returns 0, or the exit code: why they cannot be
 * made was said on stderr.
 */
int run_compare(struct run_options *options, struct run_comparison *comparison);
void run_compare_report(const struct run *run, const struct run_comparison *comparison);
/* Behind the number of findings: how many failures were tried. */
void run_compare_print(const struct run *run);

/* checks.c */
bool run_checks_has(const struct run_options *options, const char *rule);
/* Rules that start with a text are not checked; the reports say why. */
void run_checks_take_out(struct run_options *options, const char *rules, const char *why);
/* The same, if they are not asked for by name: false, and said on stderr. */
bool run_checks_leave_out(struct run_options *options, const char *rules, const char *why);

/* findings.c */
void run_findings_print(const struct run *run);

/* "driver.sys!on_cancel (driver.c:12)", "the I/O manager": who did it; "" = the routine itself. */
void run_findings_by(const struct rs_irp_event *event, char *text, size_t size);

/* findings_json.c, findings_sarif.c, findings_junit.c */
struct cJSON;
void run_findings_add_text(struct cJSON *object, const char *name, const char *text);
void run_findings_add_json(const struct run *run, struct cJSON *root);
void run_findings_write_sarif(const struct run *run, FILE *out);
void run_findings_write_junit(const struct run *run, FILE *out);

/* access.c: the devices and what was sent to them. */
void run_access_print(const struct run *run);
void run_access_add_json(const struct run *run, struct cJSON *root);
/* The parts of a control code by name: METHOD_BUFFERED …, FILE_ANY_ACCESS … */
const char *run_access_method(uint32_t code);
const char *run_access_rights(uint32_t code);

/* run.c: boot to shutdown. Returns the exit code; run->result says more. */
int run_once(struct run *run);

/* explore.c. Returns the exit code. */
int run_explore(struct run_options *options);

/* summary.c */
void run_summary_print(const struct run *run);
void run_summary_print_json(const struct run *run, FILE *out);
uint64_t run_now_ns(void);

#endif
