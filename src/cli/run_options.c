/*
 * `ringside run`: its table of options, and the command line made into struct run_options.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "run.h"
#include "text/text.h"

int cli_run(int argc, char **argv);

#define MEMORY_LEAST_MIB 64
#define MEMORY_LIMIT_MIB (64u << 10)

#define PROCESSOR_LIMIT 64
#define EXPLORE_PROCESSORS 2

enum run_option_id {
    RUN_SERVICE = 1,
    RUN_C_DRIVE,
    RUN_DO,
    RUN_SCRIPT,
    RUN_BACKGROUND,
    RUN_SEED,
    RUN_EXPLORE,
    RUN_PROCESSORS,
    RUN_KILL_AT,
    RUN_VERIFY,
    RUN_FAIL_AT,
    RUN_RESUME,
    RUN_SARIF,
    RUN_JUNIT,
    RUN_CLOCK,
    RUN_MEMORY,
    RUN_TIMEOUT,
    RUN_TRACE,
    RUN_DUMP,
    RUN_JSON,
    RUN_QUIET,
    RUN_NO_UNLOAD,
    RUN_NO_SANDBOX,
};

static const struct cli_option option_table[] = {
    {RUN_SERVICE, "--service", "NAME",
     "service name of the next driver (default: its file name without .sys)"},
    {RUN_C_DRIVE, "--c-drive", "DIR",
     "folder that drivers and the client see as C:\\; nothing outside it can be reached"},
    {RUN_DO, "--do", "STATEMENTS", "drive a device without a client; see Scripts"},
    {RUN_SCRIPT, "--script", "FILE", "the same from a file; both may be given several times"},
    {RUN_BACKGROUND, "--background", "'PROGRAM.exe ARGUMENTS'",
     "start a program before the client, and let it run beside it; may be given several times"},
    {RUN_SEED, "--seed", "N", "seed of everything that is random (default: 0)"},
    {RUN_EXPLORE, "--explore", "N",
     "repeat the run under N seeds, --seed and up, with threads and processors interleaved as the "
     "seed says, until one fails; see Exploring"},
    {RUN_PROCESSORS, "--processors", "N", "simulated processors (default: 1; with --explore 2)"},
    {RUN_KILL_AT, "--kill-at", "N",
     "end the programs, as TerminateProcess would, at the N-th call that a driver makes into the "
     "kernel or return from a system call: what does the driver leave behind?"},
    {RUN_VERIFY, "--verify", "[=RULES]",
     "check what the drivers do; all rules, or those whose ids start with one of RULES, separated "
     "by commas: RS-IRP,RS-MEM-002; -RS-MEM turns some off again. See ringside verify --list"},
    {RUN_FAIL_AT, "--fail-at", "N",
     "with --verify: let only failure point N fail, in this run itself; see Low memory"},
    {RUN_RESUME, "--resume", "FILE",
     "with --verify: keep in FILE what each failure point came to, and skip those that it has; see "
     "Low memory"},
    {RUN_SARIF, "--sarif", "FILE", "what --verify found, as SARIF 2.1.0 for code scanning"},
    {RUN_JUNIT, "--junit", "FILE", "the same as JUnit XML: a test for each rule that was on"},
    {RUN_CLOCK, "--clock", "virtual|real",
     "virtual time costs nothing to wait for and is the same in every run; real time is for "
     "people at the console (default: virtual)"},
    {RUN_MEMORY, "--memory", "MIB", "physical memory of the machine (default: 256)"},
    {RUN_TIMEOUT, "--timeout", "SECONDS",
     "processor time after which a driver that spins is reported (default: 5)"},
    {RUN_TRACE, "--trace", "FILE",
     "record what happens; JSON Lines when the name ends in .jsonl, else text"},
    {RUN_DUMP, "--dump", "FILE",
     "when the machine stops, write a minidump for debuggers; else FILE stays empty"},
    {RUN_JSON, "--json", "[=FILE]",
     "the summary as one JSON object on one line: the last line of standard error, or in FILE"},
    {RUN_QUIET, "--quiet", NULL, "no banner and no summary; debug output stays"},
    {RUN_NO_UNLOAD, "--no-unload", NULL, "leave the drivers loaded at the end"},
    {RUN_NO_SANDBOX, "--no-sandbox", NULL,
     "let the process keep its rights: only for drivers that you trust"},
    {0},
};

static const char *const synopsis[] = {
    "ringside run [OPTIONS] DRIVER.sys [MORE.sys...] [-- CLIENT.exe [ARGUMENTS...]]",
    "ringside run [OPTIONS] [DRIVER.sys...] CLIENT.exe [ARGUMENTS...]",
    NULL,
};

static const char *const description[] = {
    "Boots a machine, loads and starts the drivers in order, runs the client program, then stops "
    "and unloads the drivers in reverse order. Everything happens inside this one process, and "
    "the machine is gone when it ends.",
    "Standard input and output belong to the client. Debug output of drivers (DbgPrint, KdPrint), "
    "messages and the summary go to standard error, in colours when that is a terminal and "
    "NO_COLOR is not set. The first name that ends in .exe is the client; all that follows it is "
    "its arguments.",
    "Drivers and client are confined: they reach no file outside the folder of --c-drive, no "
    "network and no other process. All files of the command line are therefore read before the "
    "first driver starts.",
    "Scripts: --do and --script take statements, separated by ';' or a new line; '#' starts a "
    "comment. Each prints its status, the number of bytes and the bytes on standard output. A "
    "script runs before the client.",
    "  open NAME [ro|rw|wo]            \\\\.\\Name, \\Device\\Name or C:\\path (default rw)\n"
    "  ioctl CODE [in=DATA] [out=N]    CODE: a number, or CTL_CODE(type,function,method,access)\n"
    "  write DATA\n"
    "  read N\n"
    "  sleep MS                        let that much time pass inside the machine\n"
    "  interrupt VECTOR                raise an interrupt, as a device would (0x30 to 0xBF)\n"
    "  wire DEVICE line|message V...   give \\Device\\Name its interrupts\n"
    "  pnp add SERVICE                 give the driver of a service another device\n"
    "  pnp remove SERVICE              ask the drivers of its last device, and remove it;\n"
    "                                  instead of the service also ROOT\\SERVICE\\0000\n"
    "  pnp surprise SERVICE            the same device is gone without a question\n"
    "  pnp sleep, pnp wake             the system's power: S3 and back to S0\n"
    "  shutdown                        S5: the drivers hear of it, and the machine is gone\n"
    "  close [N]                       the file that was opened last, or as the N-th\n"
    "  ioctl, write, read: on=N        the same choice of a file\n"
    "  any of them: expect=STATUS, expect=DATA",
    "DATA is hex:00ff, \"text\" (or text:\"...\"), wide:\"text\" (UTF-16), file:PATH or zero:N. In "
    "quotes, \\n \\r \\t \\0 \\\" \\\\ and \\xHH stand for a byte. STATUS is a name such as "
    "STATUS_SUCCESS or a number. The exit code is 1 when an expectation was not met, or a "
    "statement without one failed; the script goes on in either case. A script that cannot be "
    "read is refused before anything runs, with line and column.",
    "Exploring: a driver that is right in one order of events may be wrong in another. --explore "
    "makes threads and processors change places at calls into the kernel, at returns from system "
    "calls and between single instructions of the driver, wherever the seed says. Each seed is a "
    "run of its own, with a copy of the C: folder and with standard input from its start when "
    "that is a file, else empty; what it prints is shown only if it fails, or has notes of "
    "--verify. A run fails when its "
    "exit code is not 0. The lowest failing seed is reported, and --explore 1 --seed N repeats "
    "it, with --trace or in a debugger if wanted.",
    "Low memory: the rule RS-ONLY-002 of --verify lets every allocation that a driver causes, and "
    "every call of a kernel routine that can fail for lack of resources, fail once for each stack "
    "of calls that leads there. These failure points are numbered in the order in which a run "
    "reaches them. Each fails in a run of its own, as those of --explore; what crashes, hangs or "
    "breaks another rule then is a finding, which names the point. --fail-at N lets this one fail "
    "before your eyes, with the same finding, and with --trace, --dump or a debugger if wanted. A "
    "long series may be stopped with Ctrl-C when --resume FILE keeps what it has come to: the same "
    "command goes on from there. FILE has a line of JSON for each point, behind one about the "
    "command line and checksums of the files; what a folder of --c-drive has in it must not change "
    "meanwhile.",
    "The exit code of the client is passed on as far as Linux can: it keeps the low byte. A code "
    "that is not 0 but has a low byte of 0 becomes 1. A client that ends with an exception, such "
    "as 0xC0000005, is said so in one line, and the exit code is its low byte, here 5. As a client "
    "may use the codes from 100 on as well, scripts should read \"result\" from --json: it is "
    "\"ok\", \"client\", \"script\", \"load\", \"bug check\", \"deadlock\", "
    "\"not implemented\", \"internal\", \"usage\" or \"interrupted\".",
    "A program of --background is started and runs for 5 ms of simulated time before the client "
    "starts, so that it can get ready. When the client has ended, or at once when there is none, "
    "it "
    "has a second to end by itself; then it is terminated. Its arguments are separated by blanks; "
    "double quotes keep blanks in one. Its exit code does not matter.",
    "Leaks in the summary are what the counts of IRPs, handles, objects and pool blocks have over "
    "their values from before the first driver, once all drivers are unloaded.",
    NULL,
};

static const struct cli_pair exit_codes[] = {
    {"0", "all went well and there was no client, or the client ended with 0"},
    {"1", "a statement of a script failed"},
    {"N", "the low byte of the client's exit code"},
    {"100", "the command line or a script is wrong"},
    {"101", "a file could not be loaded, DriverEntry failed, or a driver cannot be unloaded"},
    {"102", "the machine stopped: a bug check, or a deadlock"},
    {"103", "a check of --verify found something"},
    {"104", "Ringside's own limit or fault: a kernel routine that it lacks, an internal error"},
    {"130", "interrupted with Ctrl-C"},
    {NULL, NULL},
};

static const struct cli_pair examples[] = {
    {"ringside run FirstDriver.sys FirstDriverClient.exe", "run a client against a driver"},
    {"ringside run Second.sys --do 'open \\\\.\\Second; ioctl 0x80002003 in=hex:0100000008000000'",
     "send a request by hand"},
    {"ringside run --json=result.json --seed 7 Filter.sys Driver.sys -- test.exe --all",
     "two drivers, a seed, a result for scripts"},
    {NULL, NULL},
};

const struct cli_verb cli_verb_run = {
    .name = "run",
    .summary = "boot, start drivers, run a client program, unload, sum up",
    .run = cli_run,
    .synopsis = synopsis,
    .description = description,
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
    .heading = "One run",
};

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name), size = strlen(ending);

    return length > size && strcasecmp(name + length - size, ending) == 0;
}

/* A service name is a registry key name. */
static bool set_service(struct run_driver *driver, const char *service)
{
    size_t length;

    snprintf(driver->service, sizeof driver->service, "%s", service ? service : driver->file_name);
    length = strlen(driver->service);
    if (!service && has_ending(driver->service, ".sys"))
        driver->service[length - 4] = 0;
    if (strlen(service ? service : driver->file_name) < sizeof driver->service && length > 0 &&
        !strchr(driver->service, '\\'))
        return true;
    cli_complain("run: %s is no service name", service ? service : driver->file_name);
    return false;
}

static bool add_driver(struct run_options *options, const char *path, const char *service)
{
    struct run_driver *driver = &options->drivers[options->driver_count];

    driver->path = path;
    driver->file_name = text_file_name(path);
    if (!set_service(driver, service))
        return false;
    for (size_t i = 0; i < options->driver_count; i++) {
        if (strcasecmp(options->drivers[i].file_name, driver->file_name) == 0) {
            cli_complain("run: two drivers have the file name %s", driver->file_name);
            return false;
        }
        if (strcasecmp(options->drivers[i].service, driver->service) == 0) {
            cli_complain("run: two drivers would be the service %s; use --service NAME",
                         driver->service);
            return false;
        }
    }
    options->driver_count++;
    return true;
}

static void set_client(struct run_options *options, char **words)
{
    options->client = words[0];
    options->client_name = text_file_name(words[0]);
    options->client_arguments = (const char *const *)words + 1;
}

static bool set_clock(struct run_options *options, const char *value)
{
    if (strcmp(value, "virtual") == 0)
        options->machine.clock = RS_CLOCK_VIRTUAL;
    else if (strcmp(value, "real") == 0)
        options->machine.clock = RS_CLOCK_REAL;
    else
        cli_complain("run: the clock is virtual or real, not %s", value);
    return strcmp(value, "virtual") == 0 || strcmp(value, "real") == 0;
}

static bool set_number(struct cli_walk *walk, uint64_t least, uint64_t limit, uint32_t *result)
{
    uint64_t number;

    if (!cli_option_number(walk, limit, &number))
        return false;
    if (number < least) {
        cli_complain("run: %s is less than %llu", walk->value, (unsigned long long)least);
        return false;
    }
    *result = (uint32_t)number;
    return true;
}

static bool set_fail_at(struct cli_walk *walk, uint64_t *point)
{
    if (!cli_option_number(walk, RS_FAILURE_POINTS, point))
        return false;
    if (*point == 0)
        cli_complain("run: failure points are numbered from 1");
    return *point != 0;
}

static bool set_option(struct run_options *options, int id, struct cli_walk *walk)
{
    struct rs_options *machine = &options->machine;

    switch (id) {
    case RUN_C_DRIVE:
        machine->c_drive = walk->value;
        return true;
    case RUN_DO:
        return script_add_text(&options->script, "--do", walk->value);
    case RUN_SCRIPT:
        return script_add_file(&options->script, walk->value);
    case RUN_BACKGROUND:
        return run_background_add(options, walk->value);
    case RUN_SEED:
        return cli_option_number(walk, UINT64_MAX, &machine->seed);
    case RUN_EXPLORE:
        return cli_option_number(walk, UINT32_MAX, &options->explore);
    case RUN_PROCESSORS:
        return set_number(walk, 1, PROCESSOR_LIMIT, &machine->processors);
    case RUN_KILL_AT:
        return cli_option_number(walk, UINT64_MAX, &machine->kill_at);
    case RUN_VERIFY:
        options->verify = walk->value ? walk->value : "all";
        machine->last_events = true;
        return true;
    case RUN_FAIL_AT:
        return set_fail_at(walk, &machine->fail_at);
    case RUN_RESUME:
        options->resume_path = walk->value;
        return true;
    case RUN_SARIF:
        options->sarif_path = walk->value;
        return true;
    case RUN_JUNIT:
        options->junit_path = walk->value;
        return true;
    case RUN_CLOCK:
        return set_clock(options, walk->value);
    case RUN_MEMORY:
        return set_number(walk, MEMORY_LEAST_MIB, MEMORY_LIMIT_MIB, &machine->memory_mib);
    case RUN_TIMEOUT:
        return set_number(walk, 1, UINT32_MAX / 1000, &machine->watchdog_seconds);
    case RUN_TRACE:
        options->trace_path = walk->value;
        machine->trace_format =
            has_ending(walk->value, ".jsonl") ? RS_TRACE_JSON_LINES : RS_TRACE_TEXT;
        return true;
    case RUN_DUMP:
        options->dump_path = walk->value;
        return true;
    case RUN_JSON:
        options->json = true;
        options->json_path = walk->value;
        return true;
    case RUN_QUIET:
        options->quiet = true;
        return true;
    case RUN_NO_UNLOAD:
        options->no_unload = true;
        return true;
    case RUN_NO_SANDBOX:
        machine->no_sandbox = true;
        return true;
    default:
        return false;
    }
}

/* Reads all arguments. Returns CLI_OPTION_END, _HELP or _ERROR. */
static int read_arguments(struct run_options *options, struct cli_walk *walk)
{
    const char *service = NULL;

    for (;;) {
        int id = cli_option_next(walk);

        if (id == CLI_OPTION_ERROR || id == CLI_OPTION_HELP)
            return id;
        if (id == CLI_OPTION_END || (id == CLI_OPTION_REST && walk->index >= walk->argc))
            break;
        if (id == CLI_OPTION_REST || (id == CLI_OPTION_WORD && has_ending(walk->value, ".exe"))) {
            set_client(options, walk->argv + walk->index - (id == CLI_OPTION_WORD));
            break;
        }
        if (id == CLI_OPTION_WORD) {
            if (!add_driver(options, walk->value, service))
                return CLI_OPTION_ERROR;
            service = NULL;
        } else if (id == RUN_SERVICE) {
            service = walk->value;
        } else if (!set_option(options, id, walk)) {
            return CLI_OPTION_ERROR;
        }
    }
    if (!service)
        return CLI_OPTION_END;
    cli_complain("run: --service %s is not followed by a driver", service);
    return CLI_OPTION_ERROR;
}

/* One seed is a run like any other, so it can be traced. */
static bool set_exploring(struct run_options *options)
{
    struct rs_options *machine = &options->machine;

    if (options->explore > 1 && (options->trace_path || options->dump_path)) {
        cli_complain("run: %s records one run; use --explore 1",
                     options->trace_path ? "--trace" : "--dump");
        return false;
    }
    if (options->explore > 1 && machine->clock == RS_CLOCK_REAL) {
        cli_complain("run: --explore needs the virtual clock");
        return false;
    }
    machine->interleave = options->explore > 0;
    if (!machine->processors)
        machine->processors = options->explore ? EXPLORE_PROCESSORS : 1;
    return true;
}

/* Checks that compare runs need another run that goes the same way. */
static bool check_comparison(struct run_options *options)
{
    if (options->explore > 1)
        return run_checks_leave_out(options, "RS-ONLY", "--explore compares no runs");
    return options->machine.clock != RS_CLOCK_REAL ||
           run_checks_leave_out(options, "RS-ONLY", "runs in real time are never the same");
}

/* Failures are for RS-ONLY-002, whose runs have one order of events. */
static bool check_failures(const struct run_options *options)
{
    const char *name = options->machine.fail_at ? "--fail-at" : "--resume";

    if (!options->machine.fail_at && !options->resume_path)
        return true;
    if (!options->verify)
        cli_complain("run: %s is of the rule RS-ONLY-002; add --verify", name);
    else if (options->explore > 1)
        cli_complain("run: %s is for one order of events; use --explore 1", name);
    else if (options->machine.fail_at && options->resume_path)
        cli_complain("run: --fail-at tries one failure point, --resume all");
    else
        return true;
    return false;
}

/* A report of checks that were not made says nothing. */
static bool check_reports(const struct run_options *options)
{
    if (options->verify && !*options->verify) {
        cli_complain("run: --verify= names no rule");
        return false;
    }
    if (options->verify || (!options->sarif_path && !options->junit_path))
        return true;
    cli_complain("run: --sarif and --junit report what --verify found; add --verify");
    return false;
}

bool run_options_read(struct run_options *options, int argc, char **argv, int *exit_code)
{
    struct cli_walk walk = {.verb = &cli_verb_run, .argc = argc, .argv = argv, .index = 1};
    int end;

    memset(options, 0, sizeof *options);
    options->arguments = argv;
    options->machine.size = sizeof options->machine;
    options->drivers = cli_allocate((size_t)argc * sizeof *options->drivers);
    options->backgrounds = cli_allocate((size_t)argc * sizeof *options->backgrounds);
    end = read_arguments(options, &walk);
    *exit_code = end == CLI_OPTION_HELP ? 0 : CLI_EXIT_USAGE;
    if (end != CLI_OPTION_END)
        return false;
    if (!set_exploring(options) || !check_reports(options) || !check_failures(options) ||
        !check_comparison(options))
        return false;
    if (options->driver_count || options->client || options->script.count ||
        options->background_count)
        return true;
    cli_complain("run: nothing to run; name a driver or a client program");
    return false;
}

void run_options_free(struct run_options *options)
{
    script_free(&options->script);
    run_background_free(options);
    free(options->drivers);
}
