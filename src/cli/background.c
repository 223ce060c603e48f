/*
 * `ringside run --background`: programs that run beside the client, in the same machine.
 *
 * The client waits until they had time to get ready, and they get time to end by themselves after
 * it. Both are simulated time, so the order of events is the same in every run.
 */
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "text/text.h"

#define READY_NS 5000000ull  /* less than what the console waits before it asks for input */
#define END_NS 1000000000ull /* one second */

/* The next word of *text, NUL-terminated in place; NULL = none is left. Quotes are taken out. */
static char *next_word(char **text)
{
    char *from = *text + strspn(*text, " \t"), *to = from, *word = from;
    bool quoted = false;

    if (!*from)
        return NULL;
    for (; *from && (quoted || !strchr(" \t", *from)); from++) {
        if (*from == '"')
            quoted = !quoted;
        else
            *to++ = *from;
    }
    *text = *from ? from + 1 : from;
    *to = 0;
    return word;
}

bool run_background_add(struct run_options *options, const char *words)
{
    struct run_background *background = &options->backgrounds[options->background_count];
    char *text = cli_allocate(strlen(words) + 1), *rest = text;
    size_t count = 0;

    strcpy(text, words);
    background->text = text;
    background->path = next_word(&rest);
    background->arguments = cli_allocate((strlen(words) + 1) * sizeof(char *));
    options->background_count++;
    if (!background->path) {
        cli_complain("run: --background needs the name of a program");
        return false;
    }
    background->name = text_file_name(background->path);
    while ((background->arguments[count] = next_word(&rest)))
        count++;
    return true;
}

void run_background_free(struct run_options *options)
{
    for (size_t i = 0; i < options->background_count; i++) {
        free(options->backgrounds[i].text);
        free(options->backgrounds[i].arguments);
    }
    free(options->backgrounds);
}

rs_status run_background_start(struct run *run, const struct run_background **failed)
{
    for (size_t i = 0; i < run->options.background_count; i++) {
        struct run_background *background = &run->options.backgrounds[i];
        rs_status status =
            rs_start(run->machine, background->path, background->arguments, &background->process);

        *failed = background;
        if (rs_ok(status))
            status = rs_sleep(run->machine, READY_NS);
        if (!rs_ok(status))
            return status;
        background->started = true;
    }
    return RS_SUCCESS;
}

/* A machine that stops meanwhile makes all calls fail, which the caller finds out. */
void run_background_end(struct run *run)
{
    uint32_t exit_code;

    rs_sleep(run->machine, END_NS);
    for (size_t i = 0; i < run->options.background_count; i++) {
        struct run_background *background = &run->options.backgrounds[i];

        if (!background->started)
            continue;
        rs_terminate(run->machine, background->process, 1); /* fails when it has ended */
        rs_wait(run->machine, background->process, &exit_code);
    }
}
