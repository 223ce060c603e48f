/*
 * pnputil.exe: adds driver packages to the driver store, installs them and lists them and the
 * devices, with the command line and the output of the program of this name that Windows has.
 *
 *   pnputil.c    commands, messages                 package.c    what an INF file says
 *   package_check.c  whether it is right            store.c      the driver store
 *   install.c    a package becomes a driver         remove.c     and goes again
 *   device.c     devices of the registry            enumerate.c  the two lists
 *   catalogue.c  hashes of .cat files               der.c hash.c pe_hash.c   what that needs
 *
 * Everything that can be wrong with a package is looked for before anything is changed.
 * Differs from Windows: a package for root-enumerated devices (hardware ID Root\X) gets its device
 * by /install, which Windows leaves to other programs; its instance is ROOT\<service>\0000, and
 * after a reboot it starts with its service, not by itself. The
 * signature of a catalogue is not verified, and a package without one is accepted.
 * Source: Windows driver documentation, PnPUtil command syntax, INF sections and directives.
 */
#ifndef RINGSIDE_PNPUTIL_H
#define RINGSIDE_PNPUTIL_H

#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <setupapi.h>

#include "tools/common/print.h"

#define TEXT_CHARACTERS 512 /* a text of an INF file that this program keeps */
#define CONTROL_SET L"SYSTEM\\CurrentControlSet\\"

/* ---- pnputil.c ---- */

/* The text of a Win32 error or of one of setupapi. */
const WCHAR *pnp_error_text(DWORD error);
/* "WHAT: text of the error", on standard error. Returns the exit code. */
int pnp_fail(DWORD error, const WCHAR *format, ...);
/* An exit code that keeps its meaning: errors of setupapi are 1. */
int pnp_exit_code(DWORD error);
void *pnp_allocate(size_t size); /* ends the program without memory */

/* ---- package.c ---- */

struct package_file {
    struct package_file *next;
    WCHAR name[MAX_PATH];
    WCHAR path[MAX_PATH]; /* where it is */
};

/* A line of a models section: a device that the package is for. */
struct package_model {
    struct package_model *next;
    WCHAR description[TEXT_CHARACTERS];
    WCHAR hardware_id[TEXT_CHARACTERS];
    WCHAR manufacturer[TEXT_CHARACTERS];
    WCHAR section[TEXT_CHARACTERS];   /* to install, with its decoration */
    WCHAR extension[TEXT_CHARACTERS]; /* the decoration, .NTamd64 */
};

struct package {
    HINF inf;
    WCHAR path[MAX_PATH], folder[MAX_PATH];
    const WCHAR *name; /* of the INF file, in `path` */
    WCHAR provider[TEXT_CHARACTERS], class_name[TEXT_CHARACTERS], class_guid[TEXT_CHARACTERS];
    WCHAR date[TEXT_CHARACTERS], version[TEXT_CHARACTERS];
    WCHAR catalogue[TEXT_CHARACTERS]; /* of CatalogFile; "" = none */
    WCHAR primitive[TEXT_CHARACTERS]; /* [DefaultInstall] of a driver without devices; "" = none */
    struct package_model *models;
    struct package_file *files; /* what CopyFiles sections copy; each once */
};

/* Reads an INF file, and nothing else: not the files. False after a message. */
bool package_open(struct package *package, const WCHAR *path);
void package_close(struct package *package);
/* A field of a line as text; an absent one is empty, and false. */
bool package_field(const INFCONTEXT *line, DWORD index, WCHAR text[TEXT_CHARACTERS]);
/* The same of the first line with that key. */
bool package_value(const struct package *package, const WCHAR *section, const WCHAR *key,
                   WCHAR text[TEXT_CHARACTERS]);
/* The service that AddService associates with the device; false: none. */
bool package_service(const struct package *package, const WCHAR *section,
                     WCHAR name[TEXT_CHARACTERS]);
/* NAME.Services; false: there is no such section. */
bool package_services_section(const struct package *package, const WCHAR *section,
                              WCHAR name[TEXT_CHARACTERS]);
/* "FILE:line: text" on standard error; NULL: "FILE: text". Returns false. */
bool package_wrong(const struct package *package, const INFCONTEXT *line, const WCHAR *format, ...);

/* package_check.c: all that the sections for this system say, and the list of files. */
bool package_check(struct package *package);
/* The files are there, and the catalogue has their hashes. Says what it found. */
bool package_check_files(struct package *package);

/* ---- catalogue.c ---- */

enum catalogue_answer { CATALOGUE_MATCHES, CATALOGUE_ABSENT, CATALOGUE_DIFFERS };
struct catalogue;

/* NULL, and *problem says why. */
struct catalogue *catalogue_open(const WCHAR *path, const WCHAR **problem);
void catalogue_close(struct catalogue *catalogue);
enum catalogue_answer catalogue_check(const struct catalogue *catalogue, const WCHAR *name,
                                      const BYTE *bytes, size_t size);

/* All of a file, for free(); NULL with the last error. */
BYTE *read_file(const WCHAR *path, size_t *size);

/* ---- store.c ---- */

/* Where a package is in the store. */
struct store_entry {
    WCHAR published[MAX_PATH]; /* oem0.inf */
    WCHAR original[MAX_PATH];  /* TestDriver.inf */
    WCHAR path[MAX_PATH];      /* of the INF file in the driver store */
};

/* Copies the package; one that is there already is found. Returns an error. */
DWORD store_add(const struct package *package, struct store_entry *entry, bool *existed);
/* The package of a published name; an error. */
DWORD store_find(const WCHAR *published, struct store_entry *entry);
DWORD store_delete(const struct store_entry *entry);
/* The next published name, from index *index on; false at the end. */
bool store_next(unsigned *index, struct store_entry *entry);

/* ---- device.c ---- */

struct device {
    WCHAR instance[TEXT_CHARACTERS]; /* ROOT\TESTDRIVER\0000 */
    WCHAR description[TEXT_CHARACTERS], class_name[TEXT_CHARACTERS], class_guid[TEXT_CHARACTERS];
    WCHAR manufacturer[TEXT_CHARACTERS], service[TEXT_CHARACTERS];
    WCHAR driver_key[TEXT_CHARACTERS]; /* {class}\0000, below Control\Class; "" = none */
    WCHAR published[TEXT_CHARACTERS];  /* oem0.inf; "" = it was not installed from an INF */
    bool is_started;
};

/* All devices that the registry knows, one after the other; false at the end. */
struct device_list {
    WCHAR *ids; /* a list of strings */
    const WCHAR *next;
};
bool device_list_open(struct device_list *list);
bool device_list_next(struct device_list *list, struct device *device);
void device_list_close(struct device_list *list);
/* Reads one; false when the registry does not know it. */
bool device_read(const WCHAR *instance, struct device *device);
/* Its keys in the registry are deleted. */
DWORD device_forget(const struct device *device);
/* Opens or makes a key below the control set; an error. */
DWORD device_open_key(const WCHAR *path, HKEY *key);
DWORD device_set_text(HKEY key, const WCHAR *name, DWORD type, const WCHAR *text);

/* ---- the commands; each returns the exit code ---- */

/* Installs a package that is in the store. False after a message. */
bool install_package(struct package *package, const struct store_entry *entry);
int remove_package(const WCHAR *published, bool uninstall, bool force);
int enumerate_drivers(void);
int enumerate_devices(const WCHAR *class_name, const WCHAR *instance);

#endif
