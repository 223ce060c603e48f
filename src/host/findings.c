/*
 * What the verifier found. A finding is kept with its places resolved to functions and lines,
 * because the driver may be gone when somebody asks; the same rule at the same place is one
 * finding.
 */
#include <stdlib.h>
#include <string.h>

#include "host/findings.h"
#include "host/host.h"

#define SAME_FRAMES 4 /* innermost frames of the driver that make two findings the same */
#define FINDING_LIMIT 10000

struct kept_finding {
    struct rs_finding finding;
    uint64_t key[SAME_FRAMES];
};

static struct {
    struct kept_finding **list;
    size_t count, room;
} findings;

void *host_finding_allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        host_fatal("out of memory");
    return memory;
}

const char *host_finding_copy(const char *text)
{
    char *result = text ? strdup(text) : NULL;

    if (text && !result)
        host_fatal("out of memory");
    return result;
}

/* Return addresses: the place is the call in front of each. */
static const struct rs_frame *resolve_all(const uint64_t *pcs, uint32_t pc_count, size_t *count)
{
    struct rs_frame *frames = host_finding_allocate(pc_count * HOST_PLACE_FRAMES, sizeof *frames);

    *count = 0;
    for (uint32_t i = 0; i < pc_count; i++)
        *count += host_resolve(pcs[i] - 1, frames + *count);
    for (size_t i = 0; i < *count; i++)
        host_frame_own(&frames[i]);
    return frames;
}

/* Behind the first frame of the kernel stands who called the driver: not a part of what it did. */
static bool is_kernel(uint64_t pc)
{
    return pc - host.parameters.kernel_base < host.parameters.kernel_size;
}

static struct kept_finding *look_up(const char *rule, const uint64_t key[SAME_FRAMES])
{
    for (size_t i = 0; i < findings.count; i++)
        if (strcmp(findings.list[i]->finding.rule, rule) == 0 &&
            memcmp(findings.list[i]->key, key, sizeof findings.list[i]->key) == 0)
            return findings.list[i];
    return NULL;
}

static void keep(struct kept_finding *kept)
{
    if (findings.count == findings.room) {
        findings.room = findings.room ? 2 * findings.room : 16;
        findings.list = realloc(findings.list, findings.room * sizeof *findings.list);
        if (!findings.list)
            host_fatal("out of memory");
    }
    findings.list[findings.count++] = kept;
}

void host_finding(const struct machine_finding *made)
{
    uint64_t key[SAME_FRAMES] = {0};
    struct kept_finding *kept;
    struct rs_finding *finding;
    char request[256];

    for (uint32_t i = 0; i < made->frame_count && i < SAME_FRAMES && !is_kernel(made->frames[i]);
         i++)
        key[i] = made->frames[i];
    kept = look_up(made->rule, key);
    if (kept) {
        kept->finding.count++;
        return;
    }
    if (findings.count == FINDING_LIMIT)
        return;
    kept = host_finding_allocate(1, sizeof *kept);
    memcpy(kept->key, key, sizeof key);
    finding = &kept->finding;
    *finding = (struct rs_finding){.rule = host_finding_copy(made->rule),
                                   .title = host_finding_copy(made->title),
                                   .bug_check = host_finding_copy(made->bug_check),
                                   .advice = host_finding_copy(made->advice),
                                   .severity = made->severity,
                                   .count = 1,
                                   .message = host_finding_copy(made->message),
                                   .thread = host_finding_copy(made->thread),
                                   .other_title = host_finding_copy(made->other_title)};
    if (made->asked) {
        host_asked_text(made->asked, request, sizeof request);
        finding->request = host_finding_copy(request);
    }
    finding->irp = host_finding_request(made->asked, made->history);
    finding->frames = resolve_all(made->frames, made->frame_count, &finding->frame_count);
    finding->other_frames =
        resolve_all(made->other_frames, made->other_count, &finding->other_count);
    keep(kept);
}

static void free_frames(const struct rs_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        host_frame_disown(&frames[i]);
    free((void *)frames);
}

static void free_finding(struct kept_finding *kept)
{
    struct rs_finding *finding = &kept->finding;
    const char *const texts[] = {finding->rule,    finding->title,      finding->bug_check,
                                 finding->advice,  finding->message,    finding->thread,
                                 finding->request, finding->other_title};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free((void *)texts[i]);
    free_frames(finding->frames, finding->frame_count);
    free_frames(finding->other_frames, finding->other_count);
    host_finding_request_free(finding->irp);
    free(kept);
}

void host_findings_reset(void)
{
    for (size_t i = 0; i < findings.count; i++)
        free_finding(findings.list[i]);
    free(findings.list);
    memset(&findings, 0, sizeof findings);
}

size_t rs_finding_count(struct rs_machine *machine)
{
    (void)machine;
    return findings.count;
}

const struct rs_finding *rs_finding(struct rs_machine *machine, size_t index)
{
    (void)machine;
    return index < findings.count ? &findings.list[index]->finding : NULL;
}
