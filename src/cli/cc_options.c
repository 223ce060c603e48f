/*
 * The command line of `ringside cc` -> struct cc_options.
 *
 * Options of our own start with two dashes. Everything else belongs to clang and passes through
 * untouched; we look at it only to tell sources from objects, compile flags from linker flags, and
 * options from their separate arguments.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cc_internal.h"

/* clang options whose argument is the next word. */
static const char *const with_argument[] = {
    "-I",          "-D",      "-U",        "-include", "-isystem",     "-iquote", "-idirafter",
    "-imacros",    "-MF",     "-MT",       "-MQ",      "-Xclang",      "-mllvm",  "-target",
    "-Xassembler", "--param", "-isysroot", "-iprefix", "-iwithprefix",
};

static const char *const link_with_argument[] = {"-L", "-l", "-Xlinker", "-u", "-z"};

static const char *const stops_before_link[] = {"-c", "-E", "-S", "-fsyntax-only", "-M", "-MM"};

#define CONTAINS(list, text) contains(list, sizeof(list) / sizeof(*(list)), text)

static bool contains(const char *const *list, size_t count, const char *text)
{
    for (size_t index = 0; index < count; index++) {
        if (!strcmp(list[index], text))
            return true;
    }
    return false;
}

static bool starts_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');

    return dot ? dot : "";
}

static bool is_source(const char *path, bool *is_cxx)
{
    static const char *const c[] = {".c", ".i", ".s", ".S"};
    static const char *const cxx[] = {".cpp", ".cc", ".cxx", ".c++", ".C", ".CPP", ".ii"};
    const char *extension = extension_of(path);

    *is_cxx = CONTAINS(cxx, extension);
    return *is_cxx || CONTAINS(c, extension);
}

static void add_source(struct cc_options *options, const char *path, const char *language,
                       bool is_cxx)
{
    struct cc_source *source = &options->sources[options->source_count++];

    *source = (struct cc_source){.path = path, .language = language, .is_cxx = is_cxx};
    if (language)
        source->is_cxx = starts_with(language, "c++");
}

/* The value of `--name value` or `--name=value`; NULL when `argv[*index]` is another option. */
static const char *own_value(const char *name, int argc, char **argv, int *index)
{
    size_t length = strlen(name);

    if (strncmp(argv[*index], name, length))
        return NULL;
    if (argv[*index][length] == '=')
        return argv[*index] + length + 1;
    if (argv[*index][length])
        return NULL;
    return *index + 1 < argc ? argv[++*index] : "";
}

enum parsed { PARSED_NO, PARSED_YES, PARSED_WRONG };

static enum parsed parse_style(struct cc_options *options, const char *style)
{
    options->style_msvc = !strcmp(style, "msvc");
    if (options->style_msvc || !strcmp(style, "gnu"))
        return PARSED_YES;
    cc_complain("--style is gnu or msvc, not `%s'", style);
    return PARSED_WRONG;
}

static enum parsed parse_own(struct cc_options *options, int argc, char **argv, int *index)
{
    const char *text = argv[*index], *value;

    if (!strcmp(text, "--help") || !strcmp(text, "-h"))
        options->help = true;
    else if (!strcmp(text, "--print-command"))
        options->print_command = true;
    else if (!strcmp(text, "--release"))
        options->release = true;
    else if (!strcmp(text, "--driver"))
        options->kind = CC_KIND_DRIVER;
    else if (!strcmp(text, "--program"))
        options->kind = CC_KIND_PROGRAM;
    else if ((value = own_value("--style", argc, argv, index)))
        return parse_style(options, value);
    else if ((value = own_value("--entry", argc, argv, index)))
        options->entry = value;
    else
        return PARSED_NO;
    return PARSED_YES;
}

/* One word of clang's, perhaps with its argument. False when the argument is missing. */
static bool parse_clang(struct cc_options *options, int argc, char **argv, int *index,
                        const char **language)
{
    const char *text = argv[*index];
    bool is_link = CONTAINS(link_with_argument, text);
    bool takes_argument =
        is_link || CONTAINS(with_argument, text) || !strcmp(text, "-o") || !strcmp(text, "-x");
    struct cc_args *list = &options->compile_flags;

    if (takes_argument && *index + 1 >= argc)
        return cc_complain("%s needs an argument", text);
    if (!strcmp(text, "-o")) {
        options->output = argv[++*index];
        return true;
    }
    if (starts_with(text, "-x")) {
        *language = text[2] ? text + 2 : argv[++*index];
        if (!strcmp(*language, "none"))
            *language = NULL;
        return true;
    }
    if (is_link || starts_with(text, "-Wl,") || starts_with(text, "-l") ||
        starts_with(text, "-L") || starts_with(text, "-static") || !strcmp(text, "-s"))
        list = &options->link_inputs;
    if (CONTAINS(stops_before_link, text))
        options->links = false;
    options->has_optimise |= starts_with(text, "-O");
    options->has_std |= starts_with(text, "-std=");
    cc_args_add(list, text);
    if (takes_argument)
        cc_args_add(list, argv[++*index]);
    return true;
}

static bool parse_words(struct cc_options *options, int argc, char **argv)
{
    const char *language = NULL;

    for (int index = 1; index < argc; index++) {
        enum parsed parsed = parse_own(options, argc, argv, &index);
        bool is_cxx;

        if (parsed == PARSED_WRONG)
            return false;
        if (parsed == PARSED_YES)
            continue;
        if (argv[index][0] == '-') {
            if (!parse_clang(options, argc, argv, &index, &language))
                return false;
        } else if (is_source(argv[index], &is_cxx) || language) {
            add_source(options, argv[index], language, is_cxx);
        } else {
            cc_args_add(&options->link_inputs, argv[index]);
        }
    }
    return true;
}

/* What to build, from the name after -o; without linking it is --driver unless told otherwise. */
static bool decide_kind(struct cc_options *options)
{
    const char *extension = options->output ? extension_of(options->output) : "";
    enum cc_kind kind = CC_KIND_UNKNOWN;

    if (!options->links) {
        if (options->kind == CC_KIND_UNKNOWN)
            options->kind = CC_KIND_DRIVER;
        return true;
    }
    if (!options->output)
        return cc_complain("-o NAME.sys, NAME.exe or NAME.dll is missing");
    if (!strcasecmp(extension, ".sys"))
        kind = CC_KIND_DRIVER;
    else if (!strcasecmp(extension, ".exe"))
        kind = CC_KIND_PROGRAM;
    else if (!strcasecmp(extension, ".dll"))
        kind = CC_KIND_LIBRARY;
    else
        return cc_complain("-o %s: the name must end in .sys (driver), .exe or .dll (program)",
                           options->output);
    options->kind = kind;
    return true;
}

static bool check(const struct cc_options *options)
{
    if (!options->source_count && (!options->links || !options->link_inputs.count))
        return cc_complain("no source file given; `ringside cc --help' tells more");
    if (!options->links && options->output && options->source_count > 1)
        return cc_complain("-o names one file, but %zu sources are compiled without linking",
                           options->source_count);
    if (options->style_msvc && options->kind != CC_KIND_DRIVER)
        return cc_complain("--style msvc is for drivers (-o NAME.sys)");
    if (options->entry && !*options->entry)
        return cc_complain("--entry needs the name of a function");
    return true;
}

bool cc_options_parse(struct cc_options *options, int argc, char **argv)
{
    *options = (struct cc_options){.links = true};
    options->sources = calloc((size_t)argc, sizeof(*options->sources));
    if (!options->sources)
        return cc_complain("out of memory");
    if (!parse_words(options, argc, argv))
        return false;
    return options->help || (decide_kind(options) && check(options));
}

void cc_options_free(struct cc_options *options)
{
    cc_args_free(&options->compile_flags);
    cc_args_free(&options->link_inputs);
    free(options->sources);
    *options = (struct cc_options){0};
}
