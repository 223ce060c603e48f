/*
 * Prototypes of exported functions that the mingw-w64 headers do not declare in this
 * configuration, in the order of the files that define them.
 */
#ifndef RINGSIDE_CRT_PROTOTYPES_H
#define RINGSIDE_CRT_PROTOTYPES_H

/* What __getmainargs takes from the program (_startupinfo of the Microsoft sources). */
struct crt_start_options {
    int new_mode;
};

/* thread.c */
void __cdecl _lock(int number);
void __cdecl _unlock(int number);
unsigned long __cdecl __threadid(void);

/* error.c */
void __cdecl _invalid_parameter_noinfo(void);
void __cdecl _invalid_parameter_noinfo_noreturn(void);

/* heap.c */
int __cdecl _set_new_mode(int mode);
int __cdecl _query_new_mode(void);
int(__cdecl *__cdecl _set_new_handler(int(__cdecl *handler)(size_t)))(size_t);
int __cdecl _callnewh(size_t size);

/* startup.c */
int __cdecl __getmainargs(int *count, char ***arguments, char ***environment, int expand,
                          struct crt_start_options *options);
int __cdecl __wgetmainargs(int *count, wchar_t ***arguments, wchar_t ***environment, int expand,
                           struct crt_start_options *options);
errno_t __cdecl _configure_narrow_argv(int mode);
int *__cdecl __p___argc(void);
wchar_t ***__cdecl __p___wargv(void);
char **__cdecl __p__pgmptr(void);
wchar_t **__cdecl __p__wpgmptr(void);
int *__cdecl __p__commode(void);
wchar_t *__cdecl _get_wide_winmain_command_line(void);
char *__cdecl _get_narrow_winmain_command_line(void);
void __cdecl __set_app_type(int type);
int __cdecl _query_app_type(void);

/* environ.c */
char ***__cdecl __p__environ(void);
wchar_t ***__cdecl __p__wenviron(void);
char ***__cdecl __p___initenv(void);
wchar_t ***__cdecl __p___winitenv(void);
int __cdecl _initialize_narrow_environment(void);
char **__cdecl _get_initial_narrow_environment(void);
wchar_t **__cdecl _get_initial_wide_environment(void);

/* exit.c */
_onexit_t __cdecl __dllonexit(_onexit_t handler, _PVFV **first, _PVFV **end);
void __cdecl _initterm(_PVFV *first, _PVFV *end);
int __cdecl _initterm_e(_PIFV *first, _PIFV *end);
void __cdecl quick_exit(int code);
void __cdecl _amsg_exit(int number);
void __cdecl _assert(const char *expression, const char *file, unsigned line);
void __cdecl _wassert(const wchar_t *expression, const wchar_t *file, unsigned line);
int __cdecl _purecall(void);
void(__cdecl *__cdecl set_terminate(void(__cdecl *handler)(void)))(void);
void __cdecl terminate(void);

/* signal.c */
int __cdecl _seh_filter_dll(unsigned long code, EXCEPTION_POINTERS *pointers);
int *__cdecl __fpecode(void);
void **__cdecl __current_exception(void);
void **__cdecl __current_exception_context(void);

/* path_text.c */
errno_t __cdecl tmpfile_s(FILE **stream);

/* ctype.c */
unsigned short **__cdecl __p__pctype(void);
unsigned char *__cdecl __p__mbctype(void);

/* locale.c */
int __cdecl __lconv_init(void);
int __cdecl _getmbcp(void);

/* time.c */
int *__cdecl __p__daylight(void);
long *__cdecl __p__timezone(void);
long *__cdecl __p__dstbias(void);
char **__cdecl __p__tzname(void);

/* float_control.c */
unsigned int __cdecl _control87(unsigned int value, unsigned int mask);
unsigned int __cdecl _controlfp(unsigned int value, unsigned int mask);
errno_t __cdecl _controlfp_s(unsigned int *current, unsigned int value, unsigned int mask);
unsigned int __cdecl _statusfp(void);
unsigned int __cdecl _clearfp(void);
void __cdecl _fpreset(void);

/* stream.c */
errno_t __cdecl _get_stream_buffer_pointers(FILE *stream, char ***base, char ***next, int **count);

#endif
