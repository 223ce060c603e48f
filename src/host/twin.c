/*
 * The outputs of requests in two runs of the same workload: the first records them, the second
 * compares. What cannot be compared (a run that took another way, input that was not the same) ends
 * the comparison.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/host.h"

#define NULL_DEVICE makedev(1, 3)
#define OUTPUT_LIMIT 65536u /* bytes of one output that are looked at */

static bool diverged;
static bool input_read; /* that another run does not get */

void host_outputs_reset(void)
{
    diverged = input_read = false;
}

/* A file is read from its start by each run; /dev/null has nothing for any of them. */
static bool is_repeatable(int file)
{
    struct stat info;

    return fstat(file, &info) == 0 &&
           (S_ISREG(info.st_mode) || (S_ISCHR(info.st_mode) && info.st_rdev == NULL_DEVICE));
}

void host_input_read(void)
{
    input_read = input_read || !is_repeatable(STDIN_FILENO);
    diverged = diverged || input_read;
}

bool rs_input_was_read(struct rs_machine *machine)
{
    (void)machine;
    return input_read;
}

static bool transfer(ssize_t (*move)(int, void *, size_t), int file, void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t moved = move(file, bytes, size);

        if (moved <= 0)
            return false;
        bytes = (char *)bytes + moved;
        size -= (size_t)moved;
    }
    return true;
}

static ssize_t write_some(int file, void *bytes, size_t size)
{
    return write(file, bytes, size);
}

static void record(const void *bytes, uint32_t size)
{
    diverged = !transfer(write_some, host.options.record_outputs, &size, sizeof size) ||
               !transfer(write_some, host.options.record_outputs, (void *)bytes, size);
}

static int64_t compare(const uint8_t *bytes, uint32_t size, uint64_t *last)
{
    static uint8_t other[OUTPUT_LIMIT];
    int64_t first = -1;
    uint32_t other_size;

    diverged = !transfer(read, host.options.compare_outputs, &other_size, sizeof other_size) ||
               other_size != size || !transfer(read, host.options.compare_outputs, other, size);
    for (uint32_t i = 0; i < size && !diverged; i++) {
        if (bytes[i] == other[i])
            continue;
        first = first < 0 ? i : first;
        *last = i;
    }
    return first;
}

int64_t host_output(const void *bytes, uint64_t size, uint64_t *last)
{
    uint32_t kept = size < OUTPUT_LIMIT ? (uint32_t)size : OUTPUT_LIMIT;

    if (diverged)
        return -1;
    if (host.options.record_outputs)
        record(bytes, kept);
    return host.options.compare_outputs ? compare(bytes, kept, last) : -1;
}
