/*
 * The verbs that are programs of ours inside the machine (src/tools): what the command says about
 * them. They run by cli_tool_run (exec.c); what their words mean is theirs to know.
 */
#include <stddef.h>

#include "attach.h"

static const struct cli_option options[] = {ATTACH_OPTION, {0}};
static const struct cli_pair exit_codes[] = {
    {"0", "done"},
    {"1-99", "the program's own: see its text"},
    {"100", "the command line is wrong, or no machine is running"},
    {"102", "the machine stopped meanwhile"},
    {NULL, NULL},
};
static const struct cli_pair no_examples[] = {{NULL, NULL}};

#define TOOL_UNDER(first, tool, words, about, ...)                                                 \
    const struct cli_verb cli_verb_##tool = {                                                      \
        .name = #tool,                                                                             \
        .summary = about,                                                                          \
        .run = cli_tool_run,                                                                       \
        .synopsis = (const char *const[]){"ringside " #tool " [--machine NAME] " words, NULL},     \
        .description = (const char *const[]){__VA_ARGS__, NULL},                                   \
        .options = options,                                                                        \
        .exit_codes = exit_codes,                                                                  \
        .examples = no_examples,                                                                   \
        .heading = first,                                                                          \
    }

#define TOOL(...) TOOL_UNDER(NULL, __VA_ARGS__)

TOOL_UNDER(
    "Programs inside them", sc, "create|delete|start|stop|query|qc|config ... SERVICE ...",
    "control services, as on Windows",
    "Windows' own words and answers: sc create NAME type= kernel binPath= C:\\NAME.sys. The exit "
    "code is the error number, of which a shell sees the last eight bits.");

TOOL(ps, "[--threads] [--json] [NAME|PID]", "list processes and threads",
     "Ids, priorities (base and current), states and what threads wait for, handles, memory.");
TOOL(kill, "[--exit-code N] NAME|PID", "end a process of a machine",
     "As TerminateProcess: its drivers see IRP_MJ_CLEANUP and IRP_MJ_CLOSE.");
TOOL(winobj, "[--long] [--recursive] [--json] [PATH]", "show the object namespace",
     "Names, types and targets of links below PATH (\\): devices, drivers, symbolic links, events. "
     "--long adds counts and security; a path of one object shows that object.");
TOOL(handles, "[--process P] [--type T] [--name TEXT] [--json]", "list open handles",
     "Which process has what open, with the access that it has.");
TOOL(drivers, "[--json]", "list loaded drivers",
     "Addresses, sizes, time stamps and paths of the kernel's modules.");
TOOL(devtree, "[--json]", "show the tree of devices",
     "Devices as Plug and Play sees them: instance, service, state, interfaces.");

TOOL(reg, "query|add|delete|copy|compare|export|import KEY|FILE ...",
     "read and change the registry, as on Windows",
     "Windows' own words and answers: reg add HKLM\\Software\\X /v NAME /t REG_DWORD /d 1. Files "
     "are the machine's: C:\\X.reg is X.reg in the folder of its drive.");

TOOL(pnputil, "/add-driver X.inf [/install] | /delete-driver oemN.inf | /enum-drivers ...",
     "install driver packages and list them, as on Windows",
     "Windows' own words and answers. Files are the machine's: copy the package's folder to the "
     "folder of its drive first. See pnputil /? for all of its options.");
TOOL(pool, "[--tag TAG] [--sort bytes|allocs|diff|tag] [--json]", "show use of pool memory by tag",
     "Allocations, frees and bytes in use of each tag, as poolmon has them: what grows, leaks.");
