/*
 * Argument lists of `ringside cc`: building, printing for a shell, running.
 *
 * Running uses posix_spawnp, never a shell, so no file name needs quoting.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cc_internal.h"

extern char **environ;

bool cc_complain(const char *format, ...)
{
    va_list arguments;

    fputs("ringside cc: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

static void *grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size);

    if (!grown) {
        cc_complain("out of memory");
        exit(CC_EXIT_USAGE);
    }
    return grown;
}

void cc_args_add(struct cc_args *args, const char *text)
{
    size_t size = strlen(text) + 1;

    if (args->count + 1 >= args->capacity) {
        args->capacity = args->capacity ? 2 * args->capacity : 32;
        args->items = grow(args->items, args->capacity * sizeof(*args->items));
    }
    args->items[args->count] = memcpy(grow(NULL, size), text, size);
    args->items[++args->count] = NULL;
}

void cc_args_addf(struct cc_args *args, const char *format, ...)
{
    char text[2 * PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    cc_args_add(args, text);
}

void cc_args_add_all(struct cc_args *args, const struct cc_args *others)
{
    for (size_t index = 0; index < others->count; index++)
        cc_args_add(args, others->items[index]);
}

void cc_args_free(struct cc_args *args)
{
    for (size_t index = 0; index < args->count; index++)
        free(args->items[index]);
    free(args->items);
    *args = (struct cc_args){0};
}

static void print_quoted(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%";

    if (*text && text[strspn(text, plain)] == '\0') {
        fputs(text, stdout);
        return;
    }
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

/* Print the command as one line that a POSIX shell would run. */
void cc_args_print(const struct cc_args *args)
{
    for (size_t index = 0; index < args->count; index++) {
        if (index)
            putchar(' ');
        print_quoted(args->items[index]);
    }
    putchar('\n');
}

static int wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return CC_EXIT_USAGE;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Run the command; the result is its exit code, or 128 + the signal that ended it. */
int cc_args_run(const struct cc_args *args)
{
    pid_t child;
    int error;

    fflush(stdout);
    error = posix_spawnp(&child, args->items[0], NULL, NULL, args->items, environ);
    if (error) {
        cc_complain("cannot run %s: %s", args->items[0], strerror(error));
        return CC_EXIT_USAGE;
    }
    return wait_for(child);
}

static void read_all(int descriptor, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;

    while (length + 1 < size) {
        got = read(descriptor, text + length, size - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    text[length] = '\0';
}

/* Run the command and keep what it prints; false when it cannot run or fails. */
bool cc_args_capture(const struct cc_args *args, char *text, size_t size)
{
    posix_spawn_file_actions_t actions;
    int ends[2], error;
    pid_t child;

    text[0] = '\0';
    if (pipe(ends) < 0)
        return cc_complain("cannot make a pipe: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    error = posix_spawnp(&child, args->items[0], &actions, NULL, args->items, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (!error)
        read_all(ends[0], text, size);
    close(ends[0]);
    return !error && wait_for(child) == 0;
}
