/*
 * The rules of the verifier, for the C API. The kernel has them; but it answers nothing any more
 * when the machine has stopped, which is when reports are written. So they are kept when rules are
 * turned on. Their texts are the kernel's own and stay where they are.
 */
#include <stdlib.h>

#include "host/host.h"
#include "machine/control.h"

static struct {
    struct rs_rule *list;
    uint32_t count;
} rules;

static bool ask(uint32_t index, struct rs_rule *rule)
{
    struct control_rule request = {.index = index};

    if (!rs_ok(host_control(CONTROL_RULE, &request)))
        return false;
    *rule = (struct rs_rule){.id = request.id,
                             .title = request.title,
                             .severity = request.severity,
                             .bug_check = request.bug_check,
                             .advice = request.advice,
                             .rationale = request.rationale,
                             .reference = request.reference,
                             .enabled = request.enabled};
    return true;
}

void host_rules_keep(void)
{
    struct rs_rule rule;

    host_rules_reset();
    while (ask(rules.count, &rule)) {
        struct rs_rule *list = realloc(rules.list, (rules.count + 1) * sizeof *list);

        if (!list)
            host_fatal("out of memory");
        rules.list = list;
        rules.list[rules.count++] = rule;
    }
}

void host_rules_reset(void)
{
    free(rules.list);
    rules.list = NULL;
    rules.count = 0;
}

bool rs_rule(struct rs_machine *machine, uint32_t index, struct rs_rule *rule)
{
    (void)machine;
    if (!host.stopped)
        return ask(index, rule);
    if (index >= rules.count)
        return false;
    *rule = rules.list[index];
    return true;
}
