/*
 * The pane of the object namespace: a tree, of which the opened directories are read in turn. What
 * a directory held is kept while it is open, and dropped when it is closed. See top.h.
 */
#define _GNU_SOURCE
#include "top.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top_json.h"

#define ROOT "\\"
#define NAME_COLUMNS 44
#define BRIEF_NAME_COLUMNS 23
#define DEPTH_LIMIT 32 /* of what is drawn; no namespace is as deep */

static struct top_directory *find(const struct top_objects *objects, const char *path)
{
    for (size_t i = 0; i < objects->count; i++)
        if (strcmp(objects->directories[i].path, path) == 0)
            return &objects->directories[i];
    return NULL;
}

static void forget(struct top_objects *objects, struct top_directory *directory)
{
    free(directory->path);
    cJSON_Delete(directory->entries);
    *directory = objects->directories[--objects->count];
}

static void forget_closed(struct top_objects *objects, const struct top_pane *pane)
{
    for (size_t i = objects->count; i-- > 0;)
        if (strcmp(objects->directories[i].path, ROOT) != 0 &&
            !top_pane_is_open(pane, objects->directories[i].path))
            forget(objects, &objects->directories[i]);
}

const char *top_objects_next(struct top_objects *objects, const struct top_pane *pane)
{
    forget_closed(objects, pane);
    if (objects->turn > pane->open_count) {
        objects->turn = 0;
        return NULL;
    }
    return objects->turn++ == 0 ? ROOT : pane->open[objects->turn - 2];
}

static struct top_directory *add(struct top_objects *objects, const char *path)
{
    struct top_directory *all = cli_allocate((objects->count + 1) * sizeof *all);

    if (objects->count)
        memcpy(all, objects->directories, objects->count * sizeof *all);
    free(objects->directories);
    objects->directories = all;
    all[objects->count].path = cli_copy(path);
    return &all[objects->count++];
}

bool top_objects_take(struct top_objects *objects, const char *path, const char *json)
{
    struct top_directory *directory = find(objects, path);
    cJSON *entries = NULL;

    if (!json) {
        if (directory)
            forget(objects, directory);
        return true;
    }
    if (!top_json_take(&entries, json))
        return false;
    if (!directory)
        directory = add(objects, path);
    cJSON_Delete(directory->entries);
    directory->entries = entries;
    return true;
}

/* The mark says whether Enter opens or closes it. */
static void add_entry(struct top_pane *pane, const cJSON *entry, int depth)
{
    const char *path = top_json_text(entry, "path"), *type = top_json_text(entry, "type");
    const char *target = top_json_text(entry, "target"), *arrow = *target ? " -> " : "";
    char *name, wide[4 * NAME_COLUMNS + 1], narrow[4 * BRIEF_NAME_COLUMNS + 1];
    bool has_parts = strcmp(type, "Directory") == 0;
    const char *mark = !has_parts ? " " : top_pane_is_open(pane, path) ? "-" : "+";
    struct top_row *row;

    name = top_text_format("%*s%s %s", 2 * depth, "", mark, top_json_text(entry, "name"));
    top_text_fit(name, NAME_COLUMNS, wide, sizeof wide);
    top_text_fit(name, BRIEF_NAME_COLUMNS, narrow, sizeof narrow);
    row = top_pane_add(pane, cli_copy(path),
                       top_text_format("%s %-14s %5.0f %5.0f%s%s", wide, type,
                                       top_json_number(entry, "references"),
                                       top_json_number(entry, "handles"), arrow, target),
                       top_text_format("%s %s", narrow, *target ? target : type));
    row->item = entry;
    row->has_parts = has_parts;
    row->style = has_parts ? TOP_BOLD : TOP_PLAIN;
    free(name);
}

static void show(const struct top_objects *objects, struct top_pane *pane, const char *path,
                 int depth)
{
    const struct top_directory *directory = find(objects, path);
    const cJSON *entry;

    if (!directory || depth == DEPTH_LIMIT)
        return;
    cJSON_ArrayForEach(entry, directory->entries)
    {
        const char *below = top_json_text(entry, "path");

        add_entry(pane, entry, depth);
        if (strcmp(below, path) != 0 && top_pane_is_open(pane, below))
            show(objects, pane, below, depth + 1);
    }
}

void top_objects_show(const struct top_objects *objects, struct top_pane *pane)
{
    pane->header = "  NAME                                       TYPE            REFS HANDLES";
    pane->brief_header = "  NAME                  TYPE, or TARGET";
    top_pane_begin(pane);
    show(objects, pane, ROOT, 0);
    top_pane_end(pane);
}

void top_objects_free(struct top_objects *objects)
{
    while (objects->count)
        forget(objects, &objects->directories[0]);
    free(objects->directories);
}
