/*
 * Device access: who may open the devices of the drivers, which control codes were sent to them in
 * this run, and what the values in the requests have reached.
 */
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "run.h"

#define METHOD_OF(code) ((code) & 3u)
#define ACCESS_OF(code) ((code) >> 14 & 3u)
#define FILE_READ_DATA 1u
#define FILE_WRITE_DATA 2u

static const char *const methods[] = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT",
                                      "METHOD_NEITHER"};
static const char *const accesses[] = {"FILE_ANY_ACCESS", "FILE_READ_ACCESS", "FILE_WRITE_ACCESS",
                                       "FILE_READ_ACCESS | FILE_WRITE_ACCESS"};

static const struct {
    uint32_t bit;
    const char *key, *words;
} reaches[] = {
    {RS_REACH_PHYSICAL, "physical_memory", "physical memory"},
    {RS_REACH_MSR, "msr", "model-specific registers"},
    {RS_REACH_PORT, "port", "I/O ports"},
    {RS_REACH_PROCESS, "process", "processes"},
    {RS_REACH_KERNEL, "kernel_memory", "kernel addresses"},
};
#define REACHES (sizeof reaches / sizeof reaches[0])

/* ---- for people ---- */

const char *run_access_method(uint32_t code)
{
    return methods[METHOD_OF(code)];
}

const char *run_access_rights(uint32_t code)
{
    return accesses[ACCESS_OF(code)];
}

static void print_code(const struct rs_device_code *code)
{
    unsigned found = 0;

    fprintf(stderr, "    0x%08x  %-17s  %s, %llu request%s", code->code,
            run_access_method(code->code), run_access_rights(code->code),
            (unsigned long long)code->requests, code->requests == 1 ? "" : "s");
    for (size_t i = 0; i < REACHES; i++)
        if (code->reached & reaches[i].bit)
            fprintf(stderr, "%s%s", found++ ? ", " : "; input reaches ", reaches[i].words);
    fputc('\n', stderr);
}

static void print_openers(const struct rs_device_access *device)
{
    bool red = device->anyone & (FILE_READ_DATA | FILE_WRITE_DATA);

    fprintf(stderr, "    %sopened by %s%s%s%s\n", red ? cli_colour(STDERR_FILENO, CLI_YELLOW) : "",
            device->security,
            device->default_security ? " (the default: the driver gave it no security)" : "",
            device->exclusive ? "; one handle at a time" : "",
            red ? cli_colour(STDERR_FILENO, CLI_PLAIN) : "");
    if (!device->secure_open)
        fprintf(stderr, "    no FILE_DEVICE_SECURE_OPEN: anyone may open %s\\name\n", device->name);
}

static void print_device(const struct rs_device_access *device)
{
    fprintf(stderr, "%s of %s", device->name, device->driver);
    for (size_t i = 0; i < device->link_count; i++)
        fprintf(stderr, "%s%s", i ? ", " : "; links ", device->links[i]);
    fputc('\n', stderr);
    print_openers(device);
    for (size_t i = 0; i < device->code_count; i++)
        print_code(&device->codes[i]);
    if (device->other_codes)
        fprintf(stderr, "    and %llu requests with other codes\n",
                (unsigned long long)device->other_codes);
    if (!device->code_count)
        fprintf(stderr, "    no control codes were sent\n");
}

void run_access_print(const struct run *run)
{
    struct rs_device_access device;

    if (run->options.quiet)
        return;
    rs_devices_update(run->machine);
    for (uint32_t i = 0; rs_device(run->machine, i, &device); i++) {
        if (i == 0)
            fprintf(stderr, "%s── device access %s%s\n", cli_colour(STDERR_FILENO, CLI_DIM),
                    "────────────────────────", cli_colour(STDERR_FILENO, CLI_PLAIN));
        print_device(&device);
    }
}

/* ---- for scripts ---- */

static void add_hex(cJSON *object, const char *name, uint32_t value)
{
    char text[16];

    snprintf(text, sizeof text, "0x%08x", value);
    cJSON_AddStringToObject(object, name, text);
}

static cJSON *code_object(const struct rs_device_code *code)
{
    cJSON *item = cJSON_CreateObject(), *reached;

    add_hex(item, "code", code->code);
    cJSON_AddStringToObject(item, "method", run_access_method(code->code));
    cJSON_AddStringToObject(item, "access", run_access_rights(code->code));
    cJSON_AddNumberToObject(item, "requests", (double)code->requests);
    reached = cJSON_AddArrayToObject(item, "reached");
    for (size_t i = 0; i < REACHES; i++)
        if (code->reached & reaches[i].bit)
            cJSON_AddItemToArray(reached, cJSON_CreateString(reaches[i].key));
    return item;
}

static cJSON *device_object(const struct rs_device_access *device)
{
    cJSON *item = cJSON_CreateObject(), *list;

    cJSON_AddStringToObject(item, "name", device->name);
    cJSON_AddStringToObject(item, "driver", device->driver);
    cJSON_AddItemToObject(item, "links",
                          cJSON_CreateStringArray(device->links, (int)device->link_count));
    cJSON_AddStringToObject(item, "security", device->security);
    cJSON_AddBoolToObject(item, "default_security", device->default_security);
    cJSON_AddBoolToObject(item, "secure_open", device->secure_open);
    cJSON_AddBoolToObject(item, "exclusive", device->exclusive);
    add_hex(item, "anyone", device->anyone);
    cJSON_AddNumberToObject(item, "opens", (double)device->opens);
    list = cJSON_AddArrayToObject(item, "codes");
    for (size_t i = 0; i < device->code_count; i++)
        cJSON_AddItemToArray(list, code_object(&device->codes[i]));
    cJSON_AddNumberToObject(item, "other_codes", (double)device->other_codes);
    return item;
}

void run_access_add_json(const struct run *run, cJSON *root)
{
    cJSON *list = cJSON_AddArrayToObject(root, "devices");
    struct rs_device_access device;

    rs_devices_update(run->machine);
    for (uint32_t i = 0; rs_device(run->machine, i, &device); i++)
        cJSON_AddItemToArray(list, device_object(&device));
}
