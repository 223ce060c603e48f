/*
 * Where the tools and headers of `ringside cc` are.
 *
 * clang       RINGSIDE_CLANG, else clang-21 … clang-16 on the PATH (newest first), else `clang`.
 *             Older ones than 16 cannot compile __try for x64 correctly and are refused.
 * DDK folder  RINGSIDE_DDK, else `ddk` beside the running executable (build tree), else
 *             ../share/ringside/ddk (installed).
 * mingw-w64   RINGSIDE_MINGW, else the folders of the usual distributions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cc_internal.h"

/* Is `name` an executable file, itself or in a folder of the PATH? */
static bool on_path(const char *name)
{
    const char *folder = getenv("PATH");
    char path[PATH_MAX];

    if (strchr(name, '/'))
        return access(name, X_OK) == 0;
    for (; folder && *folder; folder += strspn(folder, ":")) {
        size_t length = strcspn(folder, ":");
        int needed = snprintf(path, sizeof(path), "%.*s/%s", (int)length, folder, name);

        if (needed < (int)sizeof(path) && access(path, X_OK) == 0)
            return true;
        folder += length;
    }
    return false;
}

/* The major version that `clang -dumpversion` prints, 0 when it does not run. */
static int clang_version(const char *clang)
{
    struct cc_args command = {0};
    char text[64];
    bool ran;

    cc_args_add(&command, clang);
    cc_args_add(&command, "-dumpversion");
    ran = cc_args_capture(&command, text, sizeof(text));
    cc_args_free(&command);
    return ran ? atoi(text) : 0;
}

static bool accept_clang(struct cc_toolchain *toolchain, const char *name)
{
    snprintf(toolchain->clang, sizeof(toolchain->clang), "%s", name);
    return on_path(name) && clang_version(name) >= CC_OLDEST_CLANG;
}

static bool find_clang(struct cc_toolchain *toolchain)
{
    const char *wanted = getenv("RINGSIDE_CLANG");
    char name[16];

    if (wanted && *wanted)
        return accept_clang(toolchain, wanted) ||
               cc_complain("RINGSIDE_CLANG=%s is not a clang of version %d or newer", wanted,
                           CC_OLDEST_CLANG);
    for (int version = CC_NEWEST_CLANG; version >= CC_OLDEST_CLANG; version--) {
        snprintf(name, sizeof(name), "clang-%d", version);
        if (on_path(name)) {
            snprintf(toolchain->clang, sizeof(toolchain->clang), "%s", name);
            return true;
        }
    }
    return accept_clang(toolchain, "clang") ||
           cc_complain("no clang %d or newer found: install the packages clang-19 and lld-19, or "
                       "set RINGSIDE_CLANG",
                       CC_OLDEST_CLANG);
}

static bool is_ddk(const char *folder)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof(path), "%s/include/km/wdm.h", folder);
    return access(path, R_OK) == 0;
}

static bool find_ddk(struct cc_toolchain *toolchain)
{
    static const char *const beside[] = {"ddk", "../share/ringside/ddk"};
    const char *wanted = getenv("RINGSIDE_DDK");
    char self[PATH_MAX];
    ssize_t length;

    if (wanted && *wanted) {
        snprintf(toolchain->ddk, sizeof(toolchain->ddk), "%s", wanted);
        return is_ddk(wanted) ||
               cc_complain("RINGSIDE_DDK=%s does not hold include/km/wdm.h", wanted);
    }
    length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = '\0';
    *(strrchr(self, '/') ? strrchr(self, '/') : self) = '\0';
    for (size_t index = 0; index < sizeof(beside) / sizeof(*beside); index++) {
        int needed = snprintf(toolchain->ddk, sizeof(toolchain->ddk), "%s/%s", self, beside[index]);

        if (needed < (int)sizeof(toolchain->ddk) && is_ddk(toolchain->ddk))
            return true;
    }
    return cc_complain("the DDK folder is neither %s/ddk nor %s/../share/ringside/ddk: build the "
                       "target `ddk`, or set RINGSIDE_DDK",
                       self, self);
}

static bool find_mingw(struct cc_toolchain *toolchain)
{
    static const char *const usual[] = {
        "/usr/x86_64-w64-mingw32/include",                /* Debian, Ubuntu, Arch */
        "/usr/x86_64-w64-mingw32/sys-root/mingw/include", /* Fedora, openSUSE */
        "/opt/homebrew/opt/mingw-w64/toolchain-x86_64/include",
    };
    const char *wanted = getenv("RINGSIDE_MINGW");
    size_t count = wanted && *wanted ? 1 : sizeof(usual) / sizeof(*usual);

    for (size_t index = 0; index < count; index++) {
        const char *folder = wanted && *wanted ? wanted : usual[index];
        char path[PATH_MAX + 16];

        snprintf(path, sizeof(path), "%s/ddk/wdm.h", folder);
        snprintf(toolchain->mingw, sizeof(toolchain->mingw), "%s", folder);
        if (access(path, R_OK) == 0)
            return true;
    }
    return cc_complain("no mingw-w64 headers found: install the packages mingw-w64-x86-64-dev and "
                       "g++-mingw-w64-x86-64, or set RINGSIDE_MINGW to the folder that holds "
                       "ddk/wdm.h");
}

bool cc_toolchain_find(struct cc_toolchain *toolchain)
{
    return find_clang(toolchain) && find_ddk(toolchain) && find_mingw(toolchain);
}
