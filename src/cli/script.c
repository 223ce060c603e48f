/*
 * Scripts: text to steps. Every mistake is found here, before the machine boots, and is reported
 * with its place: "where:line:column: what".
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "script.h"
#include "script_data.h"

#define OUTPUT_LIMIT (16u << 20)

static bool is_separator(char character)
{
    return character == ';' || character == '\n' || character == '#' || !character;
}

static void skip_blanks(struct script_place *place)
{
    while (*place->at == ' ' || *place->at == '\t' || *place->at == '\r')
        place->at++;
}

/* Blank lines, separators and comments before a statement. */
static void skip_to_statement(struct script_place *place)
{
    for (;;) {
        skip_blanks(place);
        if (*place->at == '#')
            place->at += strcspn(place->at, "\n");
        else if (*place->at == ';' || *place->at == '\n')
            place->at++;
        else
            return;
    }
}

/* The next word, up to a blank or separator; parentheses and quotes hold words together. */
static char *take_word(struct script_place *place)
{
    const char *start;
    unsigned depth = 0;

    skip_blanks(place);
    start = place->at;
    place->word = start;
    for (; !is_separator(*place->at); place->at++) {
        char character = *place->at;

        if (character == '"') {
            const char *end = script_quote_end(place->at);

            if (!end)
                break; /* script_data.c complains about it */
            place->at = end;
        } else if (character == '(') {
            depth++;
        } else if (character == ')' && depth > 0) {
            depth--;
        } else if (isspace((unsigned char)character) && depth == 0) {
            break;
        }
    }
    if (*place->at == '"')
        place->at += strcspn(place->at, "\n");
    return place->at == start ? NULL : strndup(start, (size_t)(place->at - start));
}

static bool take_number(struct script_place *place, const char *text, uint64_t limit,
                        uint64_t *number)
{
    return cli_option_number_text(text, limit, number) ||
           script_complain(place, "%s is not a number from 0 to %llu", text,
                           (unsigned long long)limit);
}

/* CTL_CODE(type,function,method,access), where method and access may be names too. */
static bool take_control_code(struct script_place *place, const char *text, uint32_t *code)
{
    static const char *const names[] = {"METHOD_BUFFERED",  "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT",
                                        "METHOD_NEITHER",   "FILE_ANY_ACCESS",  "FILE_READ_ACCESS",
                                        "FILE_WRITE_ACCESS"};
    static const uint8_t values[] = {0, 1, 2, 3, 0, 1, 2};
    static const uint32_t limits[] = {0xFFFF, 0xFFF, 3, 3};
    char *copy = cli_copy(text + strlen("CTL_CODE(")), *rest = copy, *part;
    uint64_t parts[4] = {0};
    size_t count = 0;
    bool good = copy[0] && copy[strlen(copy) - 1] == ')';

    if (good)
        copy[strlen(copy) - 1] = 0;
    while (good && (part = strsep(&rest, ",|")) != NULL) {
        size_t name = 0;

        part += strspn(part, " \t");
        part[strcspn(part, " \t")] = 0;
        while (name < sizeof values && strcmp(names[name], part) != 0)
            name++;
        if (count == 4) /* FILE_READ_ACCESS | FILE_WRITE_ACCESS */
            good = name < sizeof values && (parts[3] |= values[name]) <= 3;
        else if (name < sizeof values)
            parts[count++] = values[name];
        else
            good = cli_option_number_text(part, limits[count], &parts[count]), count++;
    }
    free(copy);
    *code = (uint32_t)(parts[0] << 16 | parts[3] << 14 | parts[1] << 2 | parts[2]);
    return (good && count == 4) ||
           script_complain(place, "%s is not CTL_CODE(type,function,method,access)", text);
}

static bool take_code(struct script_place *place, const char *text, uint32_t *code)
{
    uint64_t number;

    if (strncmp(text, "CTL_CODE(", 9) == 0)
        return take_control_code(place, text, code);
    if (!take_number(place, text, UINT32_MAX, &number))
        return false;
    *code = (uint32_t)number;
    return true;
}

static bool take_expectation(struct script_place *place, const char *text, struct script_step *step)
{
    uint64_t number;

    if (script_is_data(text)) {
        step->expects_bytes = true;
        return script_take_data(place, text, &step->expected_bytes);
    }
    step->expects_status = true;
    if (cli_option_number_text(text, UINT32_MAX, &number)) {
        step->expected_status = (rs_status)number;
        return true;
    }
    return rs_status_value(text, &step->expected_status) ||
           script_complain(place, "%s is not a status, and not data such as hex:00ff", text);
}

static bool works_on_file(enum script_verb verb)
{
    return verb == SCRIPT_CLOSE || verb == SCRIPT_IOCTL || verb == SCRIPT_WRITE ||
           verb == SCRIPT_READ;
}

static bool take_file(const char *word, size_t *file)
{
    uint64_t number;
    bool good = cli_option_number_text(word, UINT32_MAX, &number);

    if (good)
        *file = (size_t)number;
    return good;
}

/* What follows the fixed part of a statement: in=, out=, on=, expect=. */
static bool take_setting(struct script_place *place, const char *word, struct script_step *step)
{
    uint64_t number;

    if (strncmp(word, "expect=", 7) == 0)
        return take_expectation(place, word + 7, step);
    if (strncmp(word, "on=", 3) == 0 && works_on_file(step->verb)) {
        return take_file(word + 3, &step->file) ||
               script_complain(place, "%s is not the number of a file", word + 3);
    }
    if (strncmp(word, "in=", 3) == 0 && step->verb == SCRIPT_IOCTL)
        return script_take_data(place, word + 3, &step->input);
    if (strncmp(word, "out=", 4) == 0 && step->verb == SCRIPT_IOCTL) {
        if (!take_number(place, word + 4, OUTPUT_LIMIT, &number))
            return false;
        step->output_size = (size_t)number;
        return true;
    }
    return script_complain(place, "%s is not understood here", word);
}

static bool take_access(const char *word, uint32_t *access)
{
    if (strcmp(word, "ro") == 0)
        *access = RS_READ;
    else if (strcmp(word, "wo") == 0)
        *access = RS_WRITE;
    else if (strcmp(word, "rw") == 0)
        *access = RS_READ | RS_WRITE;
    else
        return false;
    return true;
}

static bool take_vector(struct script_place *place, const char *word, struct script_step *step)
{
    uint64_t number;

    if (!take_number(place, word, 0xFF, &number))
        return false;
    if (step->vector_count == SCRIPT_VECTORS)
        return script_complain(place, "a device has at most %d interrupts", SCRIPT_VECTORS);
    step->vectors[step->vector_count++] = (uint32_t)number;
    return true;
}

/* The rest of a `wire` statement: line or message, then vectors. */
static bool take_wire(struct script_place *place, const char *word, bool first,
                      struct script_step *step)
{
    if (!first)
        return take_vector(place, word, step);
    step->by_message = strcmp(word, "message") == 0;
    return step->by_message || strcmp(word, "line") == 0 ||
           script_complain(place, "%s is neither line nor message", word);
}

/* pnp sleep, pnp wake; pnp add SERVICE, pnp remove SERVICE, pnp surprise SERVICE. */
static bool take_pnp(struct script_place *place, const char *word, struct script_step *step)
{
    static const char *const names[] = {
        [SCRIPT_PNP_SLEEP] = "sleep",       [SCRIPT_PNP_WAKE] = "wake",
        [SCRIPT_PNP_ADD] = "add",           [SCRIPT_PNP_REMOVE] = "remove",
        [SCRIPT_PNP_SURPRISE] = "surprise",
    };
    unsigned i = 0;

    while (i < sizeof names / sizeof *names && strcmp(names[i], word) != 0)
        i++;
    if (i == sizeof names / sizeof *names)
        return script_complain(place, "%s is not add, remove, surprise, sleep or wake", word);
    step->pnp = (enum script_pnp)i;
    if (i < SCRIPT_PNP_ADD)
        return true;
    step->name = take_word(place);
    return step->name || script_complain(place, "the name of a service is missing");
}

/* The fixed argument of a verb. */
static bool take_argument(struct script_place *place, char *word, struct script_step *step)
{
    uint64_t number;

    switch (step->verb) {
    case SCRIPT_OPEN:
        step->name = cli_copy(word);
        step->access = RS_READ | RS_WRITE;
        return true;
    case SCRIPT_IOCTL:
        return take_code(place, word, &step->code);
    case SCRIPT_WRITE:
        return script_take_data(place, word, &step->input);
    case SCRIPT_READ:
        if (!take_number(place, word, OUTPUT_LIMIT, &number))
            return false;
        step->output_size = (size_t)number;
        return true;
    case SCRIPT_SLEEP:
        if (!take_number(place, word, UINT32_MAX, &number))
            return false;
        step->milliseconds = (uint32_t)number;
        return true;
    case SCRIPT_INTERRUPT:
        return take_vector(place, word, step);
    case SCRIPT_WIRE:
        step->name = cli_copy(word);
        return true;
    case SCRIPT_PNP:
        return take_pnp(place, word, step);
    case SCRIPT_CLOSE:
    case SCRIPT_SHUTDOWN:
        break;
    }
    return false;
}

static bool take_verb(struct script_place *place, const char *word, struct script_step *step)
{
    static const char *const names[] = {"open",      "close", "ioctl", "write",    "read", "sleep",
                                        "interrupt", "wire",  "pnp",   "shutdown", NULL};
    const char *closest;

    for (unsigned i = 0; names[i]; i++) {
        if (strcmp(names[i], word) == 0) {
            step->verb = (enum script_verb)i;
            return true;
        }
    }
    closest = cli_closest(word, names);
    return script_complain(place, "%s is no statement%s%s%s", word,
                           closest ? "; did you mean " : "", closest ? closest : "",
                           closest ? "?" : "");
}

static const char *argument_of(enum script_verb verb)
{
    static const char *const arguments[] = {
        [SCRIPT_OPEN] = "a name such as \\\\.\\MyDriver",
        [SCRIPT_CLOSE] = NULL,
        [SCRIPT_IOCTL] = "a control code",
        [SCRIPT_WRITE] = "data such as \"text\"",
        [SCRIPT_READ] = "a number of bytes",
        [SCRIPT_SLEEP] = "milliseconds",
        [SCRIPT_INTERRUPT] = "a vector such as 0x51",
        [SCRIPT_WIRE] = "a device such as \\Device\\MyDevice",
        [SCRIPT_PNP] = "add, remove, surprise, sleep or wake",
        [SCRIPT_SHUTDOWN] = NULL,
    };

    return arguments[verb];
}

static bool take_statement(struct script_place *place, struct script_step *step)
{
    const char *start = place->at;
    char *word = take_word(place);
    bool good = take_verb(place, word, step);
    size_t length;

    free(word);
    if (good && argument_of(step->verb)) {
        word = take_word(place);
        good = word ? take_argument(place, word, step)
                    : script_complain(place, "%s is missing", argument_of(step->verb));
        free(word);
    }
    for (bool first = true; good && (word = take_word(place)) != NULL; first = false) {
        if (step->verb == SCRIPT_WIRE && strncmp(word, "expect=", 7) != 0)
            good = take_wire(place, word, first, step);
        else if (!(first && step->verb == SCRIPT_OPEN && take_access(word, &step->access)) &&
                 !(first && step->verb == SCRIPT_CLOSE && take_file(word, &step->file)))
            good = take_setting(place, word, step);
        free(word);
    }
    for (length = (size_t)(place->at - start); length; length--)
        if (!isspace((unsigned char)start[length - 1]))
            break;
    step->text = strndup(start, length);
    return good;
}

bool script_add_text(struct script *script, const char *where, const char *text)
{
    struct script_place place = {.where = where, .text = text, .at = text, .word = text};

    for (skip_to_statement(&place); *place.at; skip_to_statement(&place)) {
        struct script_step *steps =
            realloc(script->steps, (script->count + 1) * sizeof *script->steps);

        if (!steps)
            return script_complain(&place, "out of memory");
        script->steps = steps;
        memset(&steps[script->count], 0, sizeof *steps);
        if (!take_statement(&place, &steps[script->count++]))
            return false;
    }
    return true;
}

bool script_add_file(struct script *script, const char *path)
{
    struct script_bytes bytes;
    bool good;

    if (!script_read_file(path, &bytes)) {
        cli_complain("%s: %s", path, strerror(errno));
        return false;
    }
    if (memchr(bytes.data, 0, bytes.size)) {
        cli_complain("%s: is not a text file", path);
        free(bytes.data);
        return false;
    }
    good = script_add_text(script, path, (const char *)bytes.data);
    free(bytes.data);
    return good;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->steps[i].name);
        free(script->steps[i].input.data);
        free(script->steps[i].expected_bytes.data);
        free(script->steps[i].text);
    }
    free(script->steps);
    *script = (struct script){0};
}
