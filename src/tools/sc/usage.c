/* How the program is called. See sc.h. */
#include "sc.h"

static const struct {
    const WCHAR *command, *purpose, *arguments;
    const WCHAR *options[12];
} usages[] = {
    {L"config",
     L"Changes the configuration of a service.",
     L"[service name] <option1> <option2>...",
     {L"type= <own|share|interact|kernel|filesys|rec>",
      L"start= <boot|system|auto|demand|disabled|delayed-auto>",
      L"error= <normal|severe|critical|ignore>", L"binPath= <path of the image>",
      L"group= <load-order group>", L"tag= <yes|no>",
      L"depend= <services and +groups, separated by />", L"obj= <account, or name of the driver>",
      L"DisplayName= <name that people see>", L"password= <password>"}},
    {L"continue", L"Sends the control CONTINUE to a service.", L"[service name]", {0}},
    {L"control",
     L"Sends a control to a service.",
     L"[service name] <value>",
     {L"<value> = paramchange|netbindadd|netbindremove|netbindenable|netbinddisable|<128-255>"}},
    {L"create",
     L"Creates a service: its key in the registry.",
     L"[service name] [binPath= ] <option1> <option2>...",
     {L"type= <own|share|interact|kernel|filesys|rec>   (default = own)",
      L"start= <boot|system|auto|demand|disabled|delayed-auto>   (default = demand)",
      L"error= <normal|severe|critical|ignore>   (default = normal)",
      L"binPath= <path of the image>", L"group= <load-order group>", L"tag= <yes|no>",
      L"depend= <services and +groups, separated by />", L"obj= <account, or name of the driver>",
      L"DisplayName= <name that people see>", L"password= <password>"}},
    {L"delete",
     L"Deletes a service. One that runs, or is in use, is marked and goes afterwards.",
     L"[service name]",
     {0}},
    {L"description", L"Sets the description of a service.", L"[service name] [description]", {0}},
    {L"enumdepend",
     L"Lists the services that need this one to run.",
     L"[service name] [size of the buffer, bytes]",
     {0}},
    {L"failure",
     L"Sets what happens when a service fails. Services that are drivers have no such setting.",
     L"[service name] <option1> <option2>...",
     {L"reset= <seconds after which the count of failures is 0 again | INFINITE>",
      L"reboot= <message>", L"command= <command line>",
      L"actions= <restart|run|reboot|\"\">/<milliseconds>/..."}},
    {L"getdisplayname", L"Tells the display name of a service.", L"[service name] <size>", {0}},
    {L"getkeyname",
     L"Tells the name of a service from its display name.",
     L"[display name] <size>",
     {0}},
    {L"interrogate", L"Asks a service for its state.", L"[service name]", {0}},
    {L"pause", L"Sends the control PAUSE to a service.", L"[service name]", {0}},
    {L"qc", L"Tells the configuration of a service.", L"[service name] <size>", {0}},
    {L"qdescription", L"Tells the description of a service.", L"[service name] <size>", {0}},
    {L"qfailure", L"Tells what happens when a service fails.", L"[service name] <size>", {0}},
    {L"query",
     L"Tells the state of a service, or of the services that the options choose.",
     L"[service name] | <option1> <option2>...",
     {L"type= <driver|service|all|own|share|interact|kernel|filesys|rec|adapter>   "
      L"(default = service)",
      L"state= <active|inactive|all>   (default = active)", L"bufsize= <bytes>",
      L"ri= <index to go on at>", L"group= <load-order group; \"\" = services without one>"}},
    {L"queryex",
     L"As query; also the process and the flags.",
     L"[service name] | <option1> <option2>...",
     {0}},
    {L"start",
     L"Starts a service, and before it what it depends on.",
     L"[service name] <arguments>...",
     {0}},
    {L"stop", L"Stops a service.", L"[service name]", {0}},
};

DWORD sc_usage(const WCHAR *command)
{
    for (size_t i = 0; i < COUNT(usages); i++) {
        if (_wcsicmp(usages[i].command, command) != 0)
            continue;
        tool_print(L"DESCRIPTION:\n        %ls\nUSAGE:\n        sc <server> %ls %ls\n\n",
                   usages[i].purpose, usages[i].command, usages[i].arguments);
        if (usages[i].options[0] != NULL)
            tool_print(L"OPTIONS:\n");
        for (size_t k = 0; k < COUNT(usages[i].options) && usages[i].options[k] != NULL; k++)
            tool_print(L" %ls\n", usages[i].options[k]);
    }
    return ERROR_INVALID_COMMAND_LINE;
}

void sc_help(void)
{
    tool_print(L"DESCRIPTION:\n        SC talks to the Service Control Manager and to services.\n"
               L"USAGE:\n        sc <server> [command] [service name] <option1> <option2>...\n\n"
               L"        <server> has the form \"\\\\ServerName\".\n        Commands:\n");
    for (size_t i = 0; i < COUNT(usages); i++)
        tool_print(L"          %-16ls%ls\n", usages[i].command, usages[i].purpose);
    tool_print(L"\nA value stands behind the equal sign of its option, after a space or at once:\n"
               L"        sc create Example type= kernel binPath= C:\\example.sys\n");
}
