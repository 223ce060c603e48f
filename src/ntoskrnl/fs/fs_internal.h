/*
 * What the files of fs share.
 *
 * A node is a file or directory that is open, whatever the number of opens: share access, deletion
 * and section pointers belong to it. An open is one file object's view of it, with a host handle of
 * its own. FILE_OBJECT.FsContext is the node, FsContext2 the open.
 *
 *     fs_node_get ─▶ in fs.nodes ── the last open is closed: fs_node_release ─▶ freed
 *
 * All code here runs at PASSIVE_LEVEL in the thread that made the request, and does not wait, so
 * a request is never seen half done and there are no locks.
 */
#ifndef RINGSIDE_FS_INTERNAL_H
#define RINGSIDE_FS_INTERNAL_H

#include "fs/fs.h"
#include "io/io_internal.h"

#ifndef FILE_DEVICE_CONSOLE
#define FILE_DEVICE_CONSOLE 0x50
#endif

#define FS_TAG MM_POOL_TAG('R', 'f', 's', ' ')
#define FS_PATH_CHARACTERS 520                     /* longest path on the volume */
#define FS_PATH_BYTES (3 * FS_PATH_CHARACTERS + 1) /* the same as UTF-8, terminated */
#define FS_NO_FILE (-1ll)
#define FS_SECTOR_BYTES 512
#define FS_CLUSTER_SECTORS 8
#define FS_VOLUME_SERIAL 0x52494E47u

enum fs_kind {
    FS_HOST,    /* a file or directory below the C: folder */
    FS_OVERLAY, /* a file whose bytes the host holds: system modules, files that were added */
    FS_VIRTUAL, /* a directory that exists although the C: folder has none */
    FS_VOLUME,  /* the volume itself, opened as \??\C: */
};

struct fs_node {
    FSRTL_COMMON_FCB_HEADER header; /* NT code finds this at FsContext */
    SECTION_OBJECT_POINTERS sections;
    LIST_ENTRY links;    /* in fs.nodes */
    LIST_ENTRY locks;    /* struct fs_lock */
    LIST_ENTRY watches;  /* IRPs that wait for changes: Tail.Overlay.ListEntry */
    UNICODE_STRING path; /* "\" or "\Windows\System32", as first opened */
    SHARE_ACCESS share;
    ULONG opens;   /* file objects */
    ULONG handles; /* of them, those that had no CLEANUP yet */
    enum fs_kind kind;
    BOOLEAN directory;
    BOOLEAN delete_pending;
    const void *bytes; /* FS_OVERLAY: content, owned by the host */
    ULONG64 size;
};

struct fs_open {
    struct fs_node *node;
    LONGLONG host; /* host handle, or FS_NO_FILE */
    BOOLEAN delete_on_close;
    BOOLEAN appends_only; /* FILE_APPEND_DATA without FILE_WRITE_DATA */
    ACCESS_MASK access;
    struct fs_listing *listing; /* of a directory: from the first query on */
};

struct fs_state {
    PDEVICE_OBJECT volume;
    LIST_ENTRY nodes;
    struct machine_directory_entry entry; /* scratch: too large for a kernel stack */
    LIST_ENTRY console_waits; /* IRPs that wait for input or room: Tail.Overlay.ListEntry */
    KSPIN_LOCK console_lock;  /* of console_waits */
};
extern struct fs_state fs;

enum console_end { CONSOLE_INPUT, CONSOLE_OUTPUT, CONSOLE_ERROR, CONSOLE_BOTH };

/* A handle of a console: FILE_OBJECT.FsContext. */
struct console_open {
    enum console_end end;
    ULONG console;     /* machine/machine.h: 0 = the host's own streams */
    BOOLEAN line_feed; /* the LF after a CR that was the last byte that fitted */
};

static inline struct fs_node *fs_node_of(PFILE_OBJECT file)
{
    return file->FsContext;
}

static inline struct fs_open *fs_open_of(PFILE_OBJECT file)
{
    return file->FsContext2;
}

/* Complete a request with a status and Information. */
NTSTATUS fs_complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

/* console.c */
DRIVER_INITIALIZE fs_console_entry;
/* console_input.c */
DRIVER_DISPATCH fs_console_read;
/* Read or write now, or when the host can. Returns what the dispatch routine does. */
NTSTATUS fs_console_transfer(PIRP irp);
/* What is left of a write; STATUS_PENDING: the host takes no more now. */
NTSTATUS fs_console_put(PIRP irp, ULONG *done);
DRIVER_INITIALIZE fs_null_entry;
/* volume.c */
DRIVER_INITIALIZE fs_volume_entry;
/* pipe.c */
DRIVER_INITIALIZE fs_pipe_entry;

/* path.c */
NTSTATUS fs_status_of(LONGLONG host_error);
/*
 * The path of a file name on the volume, into `path` with `buffer` behind it.
 * @param related  directory that the name is relative to, or NULL
 * @param must_be_directory  receives TRUE for a trailing backslash
 */
NTSTATUS fs_path_make(const struct fs_node *related, PCUNICODE_STRING name,
                      WCHAR buffer[FS_PATH_CHARACTERS], PUNICODE_STRING path,
                      BOOLEAN *must_be_directory);
void fs_path_to_host(PCUNICODE_STRING path, char text[FS_PATH_BYTES]);
/* "\a\b" → "\a" and "b"; the root has itself as parent and an empty name. */
void fs_path_split(PCUNICODE_STRING path, PUNICODE_STRING parent, PUNICODE_STRING name);

/* node.c */
struct fs_node *fs_node_find(PCUNICODE_STRING path);
/* The node of a path, made if it is not open; NULL = no memory. */
struct fs_node *fs_node_get(PCUNICODE_STRING path, enum fs_kind kind, BOOLEAN directory);
void fs_node_release(struct fs_node *node);
/* A copy in paged pool, terminated. */
NTSTATUS fs_path_copy(PCUNICODE_STRING path, PUNICODE_STRING copy);
/* A node below a directory is open. */
BOOLEAN fs_node_has_open_children(const struct fs_node *node);
/* The same for files of the host, of the overlay, and virtual directories. */
NTSTATUS fs_open_query(const struct fs_open *open, struct machine_file_info *info);
ULONG fs_attributes(const struct machine_file_info *info);

/* overlay.c */
BOOLEAN fs_overlay_find(PCUNICODE_STRING path, const void **bytes, ULONG64 *size);
BOOLEAN fs_overlay_is_directory(PCUNICODE_STRING path);
/* Make a directory of the overlay on the C: folder, so that files can be created in it. */
void fs_overlay_make_real(PCUNICODE_STRING directory);
/* The names that the overlay may add to a directory, one per index; FALSE after the last. */
BOOLEAN fs_overlay_name(PCUNICODE_STRING directory, ULONG index, PUNICODE_STRING name,
                        struct machine_file_info *info);
void fs_overlay_info(PCUNICODE_STRING path, BOOLEAN directory, ULONG64 size,
                     struct machine_file_info *info);

/* rename.c */
NTSTATUS fs_rename(struct fs_open *open, const FILE_RENAME_INFORMATION *rename, PFILE_OBJECT target,
                   BOOLEAN replace);

/* close.c */
void fs_open_free(struct fs_open *open);

/* listing.c */
struct fs_listing;
void fs_listing_free(struct fs_listing *listing);

/* notify.c */
/* Something at `path` changed: complete the requests that watch its directory. */
void fs_notify(PCUNICODE_STRING path, ULONG filter, ULONG action);
NTSTATUS fs_notify_watch(PIRP irp, PIO_STACK_LOCATION location);
void fs_notify_cleanup(struct fs_node *node, PFILE_OBJECT file);

/* lock.c */
BOOLEAN fs_lock_allows(const struct fs_node *node, PIRP irp, PFILE_OBJECT file, ULONG key,
                       ULONG64 offset, ULONG64 length, BOOLEAN write);
void fs_lock_release_all(struct fs_node *node, PFILE_OBJECT file);

/* Dispatch routines. */
DRIVER_DISPATCH fs_create, fs_cleanup, fs_close, fs_read, fs_write, fs_flush, fs_query, fs_set,
    fs_query_volume, fs_directory_control, fs_lock_control;

#endif
