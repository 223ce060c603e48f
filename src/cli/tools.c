/*
 * The verbs that are programs of ours inside the machine (src/tools): what the command says about
 * them. They run by cli_tool_run (exec.c), which reads only --machine; the other options of the
 * tables are the programs' own, and here for help, manual pages and completion.
 */
#include <stddef.h>

#include "attach.h"

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OPTIONS(...) ((const struct cli_option[]){ATTACH_OPTION, __VA_ARGS__, {0}})
#define PAIRS(...) ((const struct cli_pair[]){__VA_ARGS__, {NULL, NULL}})
#define JSON_OPTION {1, "--json", NULL, "for programs: an array of objects"}

/* ---- Windows' own programs: exit codes are error numbers ---- */

static const struct cli_pair error_codes[] = {
    {"0", "done"},
    {"1-255", "the last eight bits of the error number that the text names: 1060 is 36"},
    {"100", "no machine is running"},
    {"102", "the machine stopped meanwhile"},
    {NULL, NULL},
};

const struct cli_verb cli_verb_sc = {
    .name = "sc",
    .summary = "control services, as on Windows",
    .run = cli_tool_run,
    .synopsis =
        TEXTS("ringside sc [--machine NAME] create|config SERVICE binPath= PATH [OPTIONS]",
              "ringside sc [--machine NAME] start|stop|delete SERVICE [ARGUMENTS]",
              "ringside sc [--machine NAME] query|queryex|qc [SERVICE]",
              "ringside sc [--machine NAME] description|qdescription|failure|qfailure SERVICE",
              "ringside sc [--machine NAME] getdisplayname|getkeyname|enumdepend|control SERVICE"),
    .description = TEXTS(
        "Windows' own words, answers and error numbers. Services here are drivers. A value "
        "stands behind the equal sign of its option, after a space or at once. A command "
        "without what it needs, such as `ringside sc create`, explains itself.",
        "PATH is the driver's in the machine: C:\\X.sys is X.sys in the folder of its drive C, "
        "which `ringside status` names. `query` without a service lists programs only, as on "
        "Windows: `query type= driver` lists drivers."),
    .options = OPTIONS(
        {1, "type=", "kernel|filesys|driver|all",
         "what the service is; the "
         "last two are for query"},
        {2, "binPath=", "PATH", "the file of the driver"},
        {3, "start=", "boot|system|auto|demand|disabled",
         "when it starts: at boot, or by `sc start` (demand)"},
        {4, "error=", "normal|severe|critical|ignore", "what a failure to start means at boot"},
        {5, "group=", "GROUP", "the load-order group; tag= yes gives it a tag there"},
        {6, "depend=", "SERVICES",
         "services and +groups that start before, with / "
         "between them"},
        {7, "DisplayName=", "TEXT", "the name that people see"},
        {8, "state=", "active|inactive|all", "query: which ones (active)"}),
    .exit_codes = error_codes,
    .examples = PAIRS({"ringside sc create second type= kernel binPath= 'C:\\SecondDriver.sys'",
                       "make a service of a driver"},
                      {"ringside sc start second", "load it"},
                      {"ringside sc query type= driver state= all", "list drivers' services"},
                      {"ringside sc config second start= auto", "from now on it starts at boot"},
                      {"ringside sc stop second; ringside sc delete second", "and away with it"}),
    .heading = "Programs inside them",
};

const struct cli_verb cli_verb_reg = {
    .name = "reg",
    .summary = "read and change the registry, as on Windows",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside reg [--machine NAME] query KEY [/v VALUE] [/s] [/f TEXT] [/t TYPE]",
                      "ringside reg [--machine NAME] add KEY [/v VALUE] [/t TYPE] [/d DATA] [/f]",
                      "ringside reg [--machine NAME] delete KEY [/v VALUE|/va] [/f]",
                      "ringside reg [--machine NAME] copy|compare KEY KEY [/s]",
                      "ringside reg [--machine NAME] export KEY PATH [/y]",
                      "ringside reg [--machine NAME] import PATH"),
    .description = TEXTS("Windows' own words and answers; KEY begins with HKLM, HKU, HKCU, HKCR or "
                         "HKCC, or their long names. `ringside reg /?` has all options.",
                         "PATH is in the machine: C:\\X.reg is X.reg in the folder of its drive C, "
                         "which `ringside status` names."),
    .options = OPTIONS(
        {1, "/v", "VALUE", "this value"}, {2, "/ve", NULL, "the value without a name"},
        {3, "/va", NULL, "delete: all values"},
        {4, "/t", "TYPE", "its type: REG_SZ, REG_DWORD, REG_BINARY, REG_MULTI_SZ ... (REG_SZ)"},
        {5, "/d", "DATA", "what is in the value"},
        {6, "/f", NULL, "do not ask; query: the text to look for"},
        {7, "/s", NULL, "with all keys below"},
        {8, "/y", NULL, "export: over a file that is there"}),
    .exit_codes = PAIRS({"0", "done"}, {"1", "failed"}, {"2", "compare: different"},
                        {"100", "no machine is running"}, {"102", "the machine stopped meanwhile"}),
    .examples = PAIRS(
        {"ringside reg query 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\second' /s",
         "what the service control manager has written"},
        {"ringside reg add 'HKLM\\SOFTWARE\\X' /v Level /t REG_DWORD /d 3",
         "a key, and a value in it; the settings of a driver are in the Parameters of its service"},
        {"ringside reg export 'HKLM\\SOFTWARE' 'C:\\software.reg' /y",
         "into the folder of drive C"}),
};

const struct cli_verb cli_verb_pnputil = {
    .name = "pnputil",
    .summary = "install driver packages and list them, as on Windows",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside pnputil [--machine NAME] /add-driver PATH [/install]",
                      "ringside pnputil [--machine NAME] /delete-driver OEM [/uninstall] [/force]",
                      "ringside pnputil [--machine NAME] /enum-drivers|/enum-devices"),
    .description =
        TEXTS("Windows' own words and answers. The hashes of the package's catalogue are compared "
              "with its files, and it is said what came out.",
              "PATH is the INF file in the machine: copy the package's folder to the folder of its "
              "drive C first, which `ringside status` names. OEM is the name that the package got: "
              "oem0.inf."),
    .options = OPTIONS({1, "/add-driver", "PATH", "put a package into the driver store"},
                       {2, "/install", NULL, "and make its services and root-enumerated devices"},
                       {3, "/delete-driver", "OEM", "take a package out of the driver store"},
                       {4, "/uninstall", NULL, "and remove its devices and services first"},
                       {5, "/force", NULL, "although devices use it"},
                       {6, "/enum-drivers", NULL, "list the packages"},
                       {7, "/enum-devices", NULL, "list the devices"}),
    .exit_codes = error_codes,
    .examples =
        PAIRS({"cp -r package ~/.local/share/ringside/default/C/", "let the machine see it"},
              {"ringside pnputil /add-driver 'C:\\package\\X.inf' /install", "install it"},
              {"ringside pnputil /enum-drivers", "which packages are there"},
              {"ringside pnputil /delete-driver oem0.inf /uninstall", "remove it again"}),
};

/* ---- lists ---- */

static const struct cli_pair list_codes[] = {
    {"0", "something was listed"},
    {"1", "there is no such thing, or it may not be read"},
    {"2", "an option is wrong"},
    {"100", "no machine is running"},
    {"102", "the machine stopped meanwhile"},
    {NULL, NULL},
};

const struct cli_verb cli_verb_ps = {
    .name = "ps",
    .summary = "list processes and threads",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside ps [--machine NAME] [--threads] [--json] [PROCESS|PID]"),
    .description =
        TEXTS("PROCESS is the name of a program, with or without .exe. PPID is the process that "
              "started it, BASE the base priority and PRIO the one that the scheduler uses now.",
              "Idle and System are the kernel. ringside.exe is the machine itself, which starts "
              "programs and opens devices for `ringside do`."),
    .options = OPTIONS(
        {2, "--threads", NULL, "a line for each thread: priorities, state and what it waits for"},
        JSON_OPTION),
    .exit_codes = list_codes,
    .examples = PAIRS(
        {"ringside ps --threads Victim", "see what a driver does to a priority"},
        {"ringside ps --json | jq '.[] | select(.handles > 100) | .name'", "who has many handles"}),
};

const struct cli_verb cli_verb_kill = {
    .name = "kill",
    .summary = "end a process of a machine",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside kill [--machine NAME] [--exit-code N] PROCESS|PID"),
    .description = TEXTS(
        "As TerminateProcess: the program gets no chance to clean up, and drivers see "
        "IRP_MJ_CLEANUP and IRP_MJ_CLOSE for what it had open. All processes of the name end."),
    .options = OPTIONS({2, "--exit-code", "N", "what the process ends with (1)"}),
    .exit_codes =
        PAIRS({"0", "ended"}, {"1", "no such process, or not allowed"}, {"2", "an option is wrong"},
              {"100", "no machine is running"}, {"102", "the machine stopped meanwhile"}),
    .examples = PAIRS({"ringside kill Victim", "end it by its name"},
                      {"ringside kill --exit-code 0xC000013A 84", "by its id, as Ctrl-C would"}),
};

const struct cli_verb cli_verb_winobj = {
    .name = "winobj",
    .summary = "show the object namespace",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside winobj [--machine NAME] [--long] [--recursive] [--json] [PATH]"),
    .description =
        TEXTS("Names, types and targets of links in a directory of the namespace (\\): devices, "
              "drivers, symbolic links, events. The path of one object shows that object. "
              "\\\\.\\NAME means \\??\\NAME, as in programs. To browse: `ringside top`."),
    .options =
        OPTIONS({2, "--long", NULL, "references and handles, creator, security descriptor (SDDL)"},
                {3, "--recursive", NULL, "the directories below it, too"}, JSON_OPTION),
    .exit_codes = list_codes,
    .examples =
        PAIRS({"ringside winobj '\\Device'", "the devices"},
              {"ringside winobj '\\\\.\\SecondDriver'", "where a program's name of a device leads"},
              {"ringside winobj --long '\\Device\\SecondDriver'", "who may open it"}),
};

const struct cli_verb cli_verb_handles = {
    .name = "handles",
    .summary = "list open handles",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside handles [--machine NAME] [--process P] [--type T] [--name TEXT] "
                      "[--json]"),
    .description = TEXTS("Which process has what open, with the access that it has."),
    .options = OPTIONS({2, "--process", "P", "only of processes with this name or id"},
                       {3, "--type", "T", "only of this type: File, Event, Process, Key"},
                       {4, "--name", "TEXT", "only objects whose name contains this"}, JSON_OPTION),
    .exit_codes = list_codes,
    .examples = PAIRS({"ringside handles --name '\\Device\\SecondDriver'",
                       "who keeps a driver from being unloaded"}),
};

const struct cli_verb cli_verb_drivers = {
    .name = "drivers",
    .summary = "list loaded drivers",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside drivers [--machine NAME] [--json] [DRIVER|ADDRESS]"),
    .description = TEXTS("Addresses, sizes, time stamps and paths of the kernel's modules. An "
                         "ADDRESS, 0x..., means the module that it lies in."),
    .options = OPTIONS(JSON_OPTION),
    .exit_codes = list_codes,
    .examples = PAIRS({"ringside drivers SecondDriver", "where it was loaded"},
                      {"ringside drivers 0x600000211120", "whose address that is"}),
};

const struct cli_verb cli_verb_devtree = {
    .name = "devtree",
    .summary = "show the tree of devices",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside devtree [--machine NAME] [--json]"),
    .description = TEXTS("Devices as Plug and Play sees them: instance, service, state, why one "
                         "does not work, and the interfaces by which programs open it."),
    .options = OPTIONS(JSON_OPTION),
    .exit_codes = list_codes,
    .examples = PAIRS({"ringside devtree --json | jq '.[] | select(.problem_code != 0)'",
                       "those that do not work"}),
};

const struct cli_verb cli_verb_pool = {
    .name = "pool",
    .summary = "show use of pool memory by tag",
    .run = cli_tool_run,
    .synopsis = TEXTS("ringside pool [--machine NAME] [--tag TAG] [--sort ORDER] [--json]"),
    .description = TEXTS("Allocations, frees and bytes in use of each tag, as poolmon has them. A "
                         "tag whose DIFF grows while its driver does the same again leaks."),
    .options =
        OPTIONS({2, "--tag", "TAG", "only this one; ? is any character, * at the end any rest"},
                {3, "--sort", "bytes|allocs|diff|tag", "by what (bytes)"}, JSON_OPTION),
    .exit_codes = list_codes,
    .examples = PAIRS({"ringside pool --sort diff", "what is in use, most blocks first"},
                      {"ringside pool --tag 'Exm?'", "the tags of one driver"}),
};
