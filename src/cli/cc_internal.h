/*
 * `ringside cc`: the parts that compile Windows sources with clang, and what they share.
 *
 *   cc.c            the verb: order of work, temporary objects, help
 *   cc_options.c    the command line -> struct cc_options
 *   cc_source.c     what a source text needs (__try, wmain)
 *   cc_toolchain.c  where clang, the DDK folder and the mingw-w64 headers are
 *   cc_command.c    the flags: struct cc_options -> clang command lines
 *   cc_args.c       argument lists, printing and running them
 *
 * Each source is compiled by a clang of its own, because the flags differ by file (see
 * cc_command.c), and one last clang links the objects.
 */
#ifndef RINGSIDE_CC_INTERNAL_H
#define RINGSIDE_CC_INTERNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    CC_EXIT_USAGE = 100,
    CC_OLDEST_CLANG = 16,
    CC_NEWEST_CLANG = 21,
};

/* A NULL-terminated argument vector that owns its strings. All zero is the empty list. */
struct cc_args {
    char **items;
    size_t count;
    size_t capacity;
};

enum cc_kind {
    CC_KIND_UNKNOWN,
    CC_KIND_DRIVER,  /* .sys: native subsystem, no run-time library */
    CC_KIND_PROGRAM, /* .exe: user-mode console program */
    CC_KIND_LIBRARY, /* .dll: user-mode library */
};

struct cc_source {
    const char *path;
    const char *language; /* the argument of the -x before it, or NULL */
    bool is_cxx;
    bool uses_try;  /* __try in it, or in a header that it includes by "name" */
    bool has_wmain; /* wmain or wWinMain is named in it */
};

struct cc_options {
    enum cc_kind kind;
    bool style_msvc;
    bool release;
    bool print_command;
    bool help;
    bool links; /* false with -c, -E, -S, -fsyntax-only, -M, -MM */
    bool has_optimise;
    bool has_std;
    const char *output; /* NULL without -o */
    const char *entry;
    struct cc_source *sources;
    size_t source_count;
    struct cc_args compile_flags; /* the user's, for every source */
    struct cc_args link_inputs;   /* the user's objects, libraries and linker flags, in order */
};

struct cc_toolchain {
    char clang[PATH_MAX];
    char ddk[PATH_MAX];   /* holds include/ and lib/ */
    char mingw[PATH_MAX]; /* the mingw-w64 header folder, which holds ddk/ */
};

/* cc_args.c */
void cc_args_add(struct cc_args *args, const char *text);
__attribute__((format(printf, 2, 3))) void cc_args_addf(struct cc_args *args, const char *format,
                                                        ...);
void cc_args_add_all(struct cc_args *args, const struct cc_args *others);
void cc_args_free(struct cc_args *args);
void cc_args_print(const struct cc_args *args);
int cc_args_run(const struct cc_args *args);
bool cc_args_capture(const struct cc_args *args, char *text, size_t size);

/* Prints "ringside cc: …" on stderr, and returns false for `return cc_complain(…)`. */
__attribute__((format(printf, 1, 2))) bool cc_complain(const char *format, ...);

/* cc_options.c */
bool cc_options_parse(struct cc_options *options, int argc, char **argv);
void cc_options_free(struct cc_options *options);

/* cc_source.c */
bool cc_source_scan(struct cc_source *source);

/* cc_toolchain.c */
bool cc_toolchain_find(struct cc_toolchain *toolchain);

/* cc_command.c */
void cc_command_compile(struct cc_args *command, const struct cc_options *options,
                        const struct cc_toolchain *toolchain, const struct cc_source *source,
                        const char *object);
void cc_command_link(struct cc_args *command, const struct cc_options *options,
                     const struct cc_toolchain *toolchain, const struct cc_args *objects);

#endif
