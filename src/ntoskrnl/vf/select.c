/*
 * Which rules there are, in the order of their ids, and which are on.
 */
#include "vf/access.h"
#include "vf/irp.h"
#include "vf/memory.h"
#include "vf/vf.h"

/* Ends of the rows: the linker sorts by section suffix. */
__attribute__((section(".vfrul$a"), used)) static struct vf_rule first_rule;
__attribute__((section(".vfrul$z"), used)) static struct vf_rule last_rule;

UCHAR vf_on;

static struct vf_rule *next_in_memory(struct vf_rule *rule)
{
    rule = rule ? rule + 1 : &first_rule + 1;
    return rule < &last_rule ? rule : NULL;
}

/* The rule whose id follows in order; there are few, and this is not done often. */
static struct vf_rule *next_by_id(const struct vf_rule *after)
{
    struct vf_rule *best = NULL;

    for (struct vf_rule *rule = next_in_memory(NULL); rule; rule = next_in_memory(rule))
        if ((!after || strcmp(rule->id, after->id) > 0) &&
            (!best || strcmp(rule->id, best->id) < 0))
            best = rule;
    return best;
}

const struct vf_rule *vf_rule(ULONG index)
{
    const struct vf_rule *rule = next_by_id(NULL);

    while (rule && index-- > 0)
        rule = next_by_id(rule);
    return rule;
}

/*
 * Turn on the rules whose id starts with a text, or turn them off when it stands behind a '-'.
 * Returns whether there were any.
 */
static BOOLEAN select_one(const char *text, SIZE_T length)
{
    BOOLEAN all = length == 3 && strncmp(text, "all", 3) == 0, found = FALSE, on = *text != '-';

    if (!on) {
        text++;
        length--;
    }
    for (struct vf_rule *rule = next_in_memory(NULL); rule; rule = next_in_memory(rule)) {
        if (!all && strncmp(rule->id, text, length) != 0)
            continue;
        rule->enabled = on;
        found = TRUE;
    }
    return found && length > 0;
}

const char *vf_select(const char *rules)
{
    while (*rules) {
        const char *comma = strchr(rules, ',');
        SIZE_T length = comma ? (SIZE_T)(comma - rules) : strlen(rules);

        if (!select_one(rules, length))
            return rules;
        rules += length + (comma != NULL);
    }
    if (ke_parameters.fill)
        vf_fill_byte = (UCHAR)ke_parameters.fill;
    vf_irp_initialize();
    vf_access_initialize();
    vf_on = 1;
    return NULL;
}
