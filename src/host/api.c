/*
 * The public C API: each call is checked, turned into a request of machine/control.h and sent
 * through the kernel's control entry.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/device_access.h"
#include "host/host.h"
#include "machine/control.h"
#include "text/text.h"

/* There is one machine, so its handle carries nothing. */
struct rs_machine {
    char unused;
};
static struct rs_machine the_machine;

static inline rs_status control(uint32_t operation, void *arguments)
{
    rs_status status;

    host.error[0] = 0;
    if (__builtin_expect(host.stopped || !host.running, 0))
        return RS_STOPPED;
    host.in_guest = true;
    status = (rs_status)host.entries.control(operation, arguments);
    host.in_guest = false;
    return status;
}

rs_status host_control(uint32_t operation, void *arguments)
{
    return control(operation, arguments);
}

rs_status rs_boot(const struct rs_options *options, struct rs_machine **machine)
{
    rs_status status;

    *machine = NULL;
    if (host.running)
        return RS_BUSY;
    if (options)
        memcpy(&host.options, options,
               options->size < sizeof host.options ? options->size : sizeof host.options);
    if (host.options.c_drive &&
        !host_files_open_drive(host.options.c_drive, host.error, sizeof host.error)) {
        *machine = &the_machine; /* so that rs_error can tell */
        return RS_NO_FILE;
    }
    if (!host_registry_check()) {
        *machine = &the_machine;
        return RS_BAD_ARGUMENT;
    }
    status = host_boot();
    *machine = &the_machine;
    return status;
}

void rs_shutdown(struct rs_machine *machine)
{
    if (!machine)
        return;
    control(CONTROL_SHUTDOWN, NULL); /* the rest of the trace */
    host_unboot();
}

rs_status rs_add_file(struct rs_machine *machine, const char *nt_path, const char *host_path)
{
    (void)machine;
    return host_image_add_file(nt_path, host_path, host.error, sizeof host.error) ? RS_SUCCESS
                                                                                  : RS_NO_FILE;
}

/* The file of a driver or program: inside the sandbox, one that was added before it. */
static rs_status need_file(struct rs_machine *machine, const char *nt_path, const char *host_path)
{
    if (host.sandbox != HOST_SANDBOX_OFF && host_image_is_added(nt_path))
        return RS_SUCCESS;
    return rs_add_file(machine, nt_path, host_path);
}

rs_status rs_driver_load(struct rs_machine *machine, const char *path, const char *service)
{
    char name[64], image[160];
    struct control_driver driver = {.service = name, .image = image};
    rs_status status;

    if (service) {
        snprintf(name, sizeof name, "%s", service);
    } else {
        snprintf(name, sizeof name, "%s", text_file_name(path));
        if (strlen(name) > 4 && strcasecmp(name + strlen(name) - 4, ".sys") == 0)
            name[strlen(name) - 4] = 0;
    }
    snprintf(image, sizeof image, "\\SystemRoot\\System32\\drivers\\%s", text_file_name(path));
    status = need_file(machine, image, path);
    if (!rs_ok(status))
        return status;
    host_confine();
    return control(CONTROL_LOAD_DRIVER, &driver);
}

rs_status rs_driver_unload(struct rs_machine *machine, const char *service)
{
    struct control_driver driver = {.service = service};

    (void)machine;
    return control(CONTROL_UNLOAD_DRIVER, &driver);
}

rs_status rs_start_services(struct rs_machine *machine)
{
    (void)machine;
    host_confine();
    return control(CONTROL_START_SERVICES, NULL);
}

rs_status rs_pnp_add(struct rs_machine *machine, const char *service)
{
    struct control_device device = {.name = service};

    (void)machine;
    return control(CONTROL_ADD_DEVICE, &device);
}

rs_status rs_pnp_remove(struct rs_machine *machine, const char *name, bool surprise)
{
    struct control_device device = {.name = name, .surprise = surprise};

    (void)machine;
    return control(CONTROL_REMOVE_DEVICE, &device);
}

rs_status rs_open(struct rs_machine *machine, const char *name, uint32_t access, uint64_t *file)
{
    struct control_open open = {.name = name, .access = access};
    rs_status status = control(CONTROL_OPEN, &open);

    (void)machine;
    *file = open.handle;
    return status;
}

rs_status rs_close(struct rs_machine *machine, uint64_t file)
{
    struct control_transfer close = {.handle = file};

    (void)machine;
    return control(CONTROL_CLOSE, &close);
}

static rs_status transfer(uint32_t operation, uint64_t file, void *buffer, size_t size,
                          size_t *done)
{
    struct control_transfer request = {
        .handle = file, .buffer = buffer, .length = size, .offset = ~0ull};
    rs_status status = control(operation, &request);

    if (done)
        *done = request.information;
    return status;
}

rs_status rs_read(struct rs_machine *machine, uint64_t file, void *buffer, size_t size,
                  size_t *done)
{
    (void)machine;
    return transfer(CONTROL_READ, file, buffer, size, done);
}

rs_status rs_write(struct rs_machine *machine, uint64_t file, const void *buffer, size_t size,
                   size_t *done)
{
    (void)machine;
    return transfer(CONTROL_WRITE, file, (void *)buffer, size, done);
}

rs_status rs_ioctl(struct rs_machine *machine, uint64_t file, uint32_t code, const void *input,
                   size_t input_size, void *output, size_t output_size, size_t *done)
{
    struct control_ioctl request = {.handle = file,
                                    .code = code,
                                    .input = input,
                                    .input_length = input_size,
                                    .output = output,
                                    .output_length = output_size};
    rs_status status = control(CONTROL_IOCTL, &request);

    (void)machine;
    if (done)
        *done = request.information;
    return status;
}

void *rs_allocate(struct rs_machine *machine, size_t size)
{
    struct control_allocate request = {.size = size};

    (void)machine;
    return rs_ok(control(CONTROL_ALLOCATE, &request)) ? (void *)request.address : NULL;
}

/* Append an argument as the C run-time of Windows will split it again. */
static void quote(FILE *out, const char *argument)
{
    size_t backslashes = 0;

    if (*argument && !strpbrk(argument, " \t\"")) {
        fputs(argument, out);
        return;
    }
    fputc('"', out);
    for (; *argument; argument++) {
        if (*argument == '\\') {
            backslashes++;
            continue;
        }
        for (size_t i = 0; i < backslashes * (*argument == '"' ? 2 : 1) + (*argument == '"'); i++)
            fputc('\\', out);
        backslashes = 0;
        fputc(*argument, out);
    }
    for (size_t i = 0; i < backslashes * 2; i++)
        fputc('\\', out);
    fputc('"', out);
}

char *host_command_line(const char *program, const char *const *arguments)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);

    if (!out)
        host_fatal("out of memory");
    quote(out, program);
    for (; arguments && *arguments; arguments++) {
        fputc(' ', out);
        quote(out, *arguments);
    }
    fclose(out);
    return line;
}

rs_status rs_start(struct rs_machine *machine, const char *path, const char *const *arguments,
                   uint64_t *process)
{
    char image[320], program[300];
    struct control_process request = {.image = image};
    rs_status status;
    char *line;

    snprintf(program, sizeof program, "C:\\%s", text_file_name(path));
    snprintf(image, sizeof image, "\\??\\%s", program);
    status = need_file(machine, image, path);
    if (!rs_ok(status))
        return status;
    host_confine();
    line = host_command_line(program, arguments);
    request.command_line = line;
    status = control(CONTROL_START_PROCESS, &request);
    free(line);
    *process = request.handle;
    return status;
}

rs_status rs_wait(struct rs_machine *machine, uint64_t process, uint32_t *exit_code)
{
    struct control_process request = {.handle = process};
    struct control_transfer close = {.handle = process};
    rs_status status = control(CONTROL_WAIT_PROCESS, &request);

    (void)machine;
    *exit_code = request.exit_code;
    if (rs_ok(status))
        control(CONTROL_CLOSE, &close);
    return status;
}

rs_status rs_terminate(struct rs_machine *machine, uint64_t process, uint32_t exit_code)
{
    struct control_process request = {.handle = process, .exit_code = exit_code};

    (void)machine;
    return control(CONTROL_TERMINATE_PROCESS, &request);
}

rs_status rs_run(struct rs_machine *machine, const char *path, const char *const *arguments,
                 uint32_t *exit_code)
{
    uint64_t process;
    rs_status status = rs_start(machine, path, arguments, &process);

    return rs_ok(status) ? rs_wait(machine, process, exit_code) : status;
}

rs_status rs_sleep(struct rs_machine *machine, uint64_t nanoseconds)
{
    struct control_allocate request = {.size = nanoseconds / 100};

    (void)machine;
    return control(CONTROL_RUN, &request);
}

rs_status rs_power(struct rs_machine *machine, enum rs_power_action action)
{
    static const uint32_t actions[] = {
        [RS_POWER_SLEEP] = CONTROL_POWER_SLEEP,
        [RS_POWER_WAKE] = CONTROL_POWER_WAKE,
        [RS_POWER_SHUTDOWN] = CONTROL_POWER_SHUTDOWN,
    };
    struct control_power request;
    rs_status status;

    (void)machine;
    if ((unsigned)action >= sizeof actions / sizeof actions[0])
        return RS_BAD_ARGUMENT;
    request.action = actions[action];
    status = control(CONTROL_POWER, &request);
    if (action == RS_POWER_SHUTDOWN && host.stopped && host.stop_reason == MACHINE_HALT_SHUTDOWN)
        return RS_SUCCESS; /* that is what it is for */
    return status;
}

rs_status rs_set_value(struct rs_machine *machine, const char *key, const char *name, uint32_t type,
                       const void *data, size_t size)
{
    struct control_value value = {
        .key = key, .name = name, .type = type, .size = (uint32_t)size, .data = data};

    (void)machine;
    return control(CONTROL_SET_VALUE, &value);
}

#define NT_STATUS_NOT_FOUND ((rs_status)0xC0000225)

rs_status rs_interrupt(struct rs_machine *machine, uint32_t vector)
{
    struct control_interrupt request = {.count = 1, .vectors = {vector}};
    rs_status status = control(CONTROL_INTERRUPT, &request);

    (void)machine;
    if (status == NT_STATUS_NOT_FOUND)
        snprintf(host.error, sizeof host.error, "no driver has connected vector 0x%x", vector);
    return status;
}

rs_status rs_interrupt_assign(struct rs_machine *machine, const char *device, uint32_t kind,
                              const uint32_t *vectors, size_t count)
{
    struct control_interrupt request = {.device = device, .message = kind == RS_INTERRUPT_MESSAGE};

    (void)machine;
    if (count > CONTROL_INTERRUPTS || kind > RS_INTERRUPT_MESSAGE)
        return RS_BAD_ARGUMENT;
    request.count = (uint32_t)count;
    memcpy(request.vectors, vectors, count * sizeof *vectors);
    return control(CONTROL_ASSIGN_INTERRUPT, &request);
}

void rs_stop(struct rs_machine *machine, struct rs_stop *stop)
{
    static const uint32_t reasons[] = {
        [MACHINE_HALT_SHUTDOWN] = RS_STOP_SHUTDOWN,
        [MACHINE_HALT_BUGCHECK] = RS_STOP_BUGCHECK,
        [MACHINE_HALT_DEADLOCK] = RS_STOP_DEADLOCK,
        [MACHINE_HALT_NOT_IMPLEMENTED] = RS_STOP_NOT_IMPLEMENTED,
        [MACHINE_HALT_ASSERT] = RS_STOP_INTERNAL,
    };

    (void)machine;
    memset(stop, 0, sizeof *stop);
    if (!host.stopped)
        return;
    stop->reason = reasons[host.stop_reason];
    stop->code = host.report.code;
    memcpy(stop->parameters, host.report.parameters, sizeof stop->parameters);
    stop->name = host.stop_name;
    stop->cause = host.stop_cause;
    stop->text = host.report_text;
    memcpy(stop->meanings, host.report.meanings, sizeof stop->meanings);
}

rs_status rs_count(struct rs_machine *machine, struct rs_counters *counters)
{
    struct control_counters request = {0};
    rs_status status = control(CONTROL_COUNTERS, &request);

    (void)machine;
    *counters = (struct rs_counters){
        .pool_bytes = request.pool_bytes,
        .pool_blocks = request.pool_blocks,
        .objects = request.objects,
        .handles = request.handles,
        .irps = request.irps,
        .frames = request.frames,
        .time_100ns = request.interrupt_time,
        .system_calls = request.system_calls,
        .context_switches = request.context_switches,
    };
    return status;
}

rs_status rs_fail_allocation(struct rs_machine *machine, uint64_t n, uint64_t *left)
{
    struct control_fail_allocation request = {.number = n};
    rs_status status = control(CONTROL_FAIL_ALLOCATION, &request);

    (void)machine;
    if (left)
        *left = request.left;
    return status;
}

void rs_devices_update(struct rs_machine *machine)
{
    struct control_devices request = {0};

    (void)machine;
    if (rs_ok(control(CONTROL_DEVICES, &request)))
        host_devices_set(request.devices);
}

rs_status rs_verify(struct rs_machine *machine, const char *rules)
{
    struct control_verify request = {.rules = rules};
    rs_status status = control(CONTROL_VERIFY, &request);

    (void)machine;
    if (!request.unknown) {
        rs_devices_update(machine);
        host.failure_points = request.failure_points;
        host_rules_keep();
        return status;
    }
    snprintf(host.error, sizeof host.error, "%.*s is no rule and no beginning of one",
             (int)strcspn(request.unknown, ","), request.unknown);
    return RS_BAD_ARGUMENT;
}

uint64_t rs_failure_points(struct rs_machine *machine)
{
    (void)machine;
    return host.failure_points ? *host.failure_points : 0;
}

void rs_failure_came_to(struct rs_machine *machine, uint64_t point, const char *what)
{
    struct control_failure request = {.point = point, .what = what};

    (void)machine;
    control(CONTROL_FAILURE_CAME_TO, &request);
}

const char *rs_error(struct rs_machine *machine)
{
    (void)machine;
    return host.error;
}
