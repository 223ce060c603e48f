/*
 * Runs a libFuzzer target without libFuzzer, for smoke runs in CI:
 *
 *     fuzz_main SEEDFILE... [--runs N] [--first N] [--seed S]
 *
 * Each run takes one of the seed files, changes it in a few places and hands it to the target in a
 * heap block of its exact size. Most changes hit the first kilobyte, where formats keep their
 * headers. What run number N does depends on N, the seed and the files alone: a failing run is
 * repeated with --first N --runs 1. The first run of each file leaves it unchanged.
 *
 * Prints how many inputs the target took (returned 0) and refused (returned anything else).
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_LIMIT = 64,
    HEADER_SIZE = 1024,
    MUTATION_LIMIT = 6,
};

struct seed_file {
    uint8_t *bytes;
    size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Present when an address sanitizer is linked in; an undefined behaviour sanitizer asks us. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
const char *__ubsan_default_options(void);

static struct seed_file files[FILE_LIMIT];
static unsigned file_count;
static unsigned long long first_run, run_count = 10000, seed = 1;
static volatile unsigned long long current_run;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A state for each run: run numbers that follow each other must not give related streams. */
static uint64_t start_random(uint64_t run)
{
    uint64_t state = (seed << 40) ^ (run * UINT64_C(0x9e3779b97f4a7c15)) ^ 0x5851f42d4c957f2d;

    if (state == 0)
        state = 1;
    for (unsigned step = 0; step < 8; step++)
        next_random(&state);
    return state;
}

/* Numbers at which parsers go wrong. */
static uint64_t interesting_value(uint64_t *state, size_t size)
{
    static const uint64_t values[] = {
        0,
        1,
        2,
        7,
        8,
        0x10,
        0x7f,
        0xff,
        0x100,
        0x1ff,
        0x200,
        0xfff,
        0x1000,
        0x1001,
        0x7fff,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000,
        0xfffff000,
        0xffffffff,
        0x100000000,
        0x8000000000000000,
        0xffffffffffffffff,
    };
    uint64_t choice = next_random(state) % (sizeof(values) / sizeof(values[0]) + 4);

    if (choice < sizeof(values) / sizeof(values[0]))
        return values[choice];
    return choice & 1 ? size - next_random(state) % 16 : next_random(state) % (4 * size + 1);
}

static size_t choose_offset(uint64_t *state, size_t size)
{
    bool header = next_random(state) % 8 < 5;

    return next_random(state) % (header && size > HEADER_SIZE ? HEADER_SIZE : size);
}

/* Changes 1, 2, 4 or 8 bytes, mostly where a field of that width would lie. */
static void mutate(uint64_t *state, uint8_t *bytes, size_t size)
{
    size_t width = (size_t)1 << next_random(state) % 4;
    size_t offset = choose_offset(state, size);
    uint64_t value = 0;

    if (next_random(state) % 8)
        offset &= ~(width - 1);
    if (width > size - offset)
        width = size - offset;
    memcpy(&value, bytes + offset, width);
    switch (next_random(state) % 5) {
    case 0:
        value ^= UINT64_C(1) << next_random(state) % (8 * width);
        break;
    case 1:
        value += next_random(state) % 33 - 16;
        break;
    case 2:
        memcpy(&value, bytes + next_random(state) % (size - width + 1), width);
        break;
    case 3:
        value = next_random(state);
        break;
    default:
        value = interesting_value(state, size);
        break;
    }
    memcpy(bytes + offset, &value, width);
}

static int run(uint64_t number)
{
    uint64_t state = start_random(number);
    const struct seed_file *file = &files[number % file_count];
    size_t size = file->size;
    uint8_t *input;
    int result;

    if (number >= file_count && next_random(&state) % 16 == 0)
        size = next_random(&state) % (size + 1);
    input = malloc(size ? size : 1);
    if (!input)
        abort();
    memcpy(input, file->bytes, size);
    if (number >= file_count && size) {
        for (uint64_t count = next_random(&state) % MUTATION_LIMIT; count != UINT64_MAX; count--)
            mutate(&state, input, size);
    }
    result = LLVMFuzzerTestOneInput(input, size);
    free(input);
    return result;
}

static void report_failure(void)
{
    char text[160];
    int length = snprintf(text, sizeof(text),
                          "fuzz_main: failed; repeat with --seed %llu --first %llu --runs 1\n",
                          seed, current_run);

    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(1);
}

static void handle_signal(int number)
{
    signal(number, SIG_DFL);
    report_failure();
    raise(number);
}

/* So that its findings end in handle_signal(). */
const char *__ubsan_default_options(void)
{
    return "abort_on_error=1";
}

static void install_failure_report(void)
{
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(report_failure);
    else
        signal(SIGSEGV, handle_signal);
    signal(SIGABRT, handle_signal);
}

static bool read_seed(const char *path)
{
    FILE *stream = fopen(path, "rb");
    struct seed_file *file = &files[file_count];
    long size;

    if (!stream || fseek(stream, 0, SEEK_END) != 0 || (size = ftell(stream)) < 0) {
        perror(path);
        return false;
    }
    rewind(stream);
    file->size = (size_t)size;
    file->bytes = malloc(file->size + 1);
    if (!file->bytes || fread(file->bytes, 1, file->size, stream) != file->size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    fclose(stream);
    file_count++;
    return true;
}

static bool parse_arguments(int argc, char **argv)
{
    for (int index = 1; index < argc; index++) {
        unsigned long long *option = strcmp(argv[index], "--runs") == 0    ? &run_count
                                     : strcmp(argv[index], "--first") == 0 ? &first_run
                                     : strcmp(argv[index], "--seed") == 0  ? &seed
                                                                           : NULL;

        if (option && index + 1 < argc)
            *option = strtoull(argv[++index], NULL, 0);
        else if (option || file_count == FILE_LIMIT || !read_seed(argv[index]))
            return false;
    }
    return file_count > 0;
}

int main(int argc, char **argv)
{
    unsigned long long accepted = 0;

    if (!parse_arguments(argc, argv)) {
        fprintf(stderr, "usage: fuzz_main SEEDFILE... [--runs N] [--first N] [--seed S]\n");
        return 2;
    }
    install_failure_report();
    for (current_run = first_run; current_run < first_run + run_count; current_run++)
        accepted += run(current_run) == 0;
    printf("seed %llu: %llu runs, %llu accepted, %llu rejected\n", seed, run_count, accepted,
           run_count - accepted);
    for (unsigned index = 0; index < file_count; index++)
        free(files[index].bytes);
    return 0;
}
