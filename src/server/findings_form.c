/* The forms of findings by name, for both sides of the question. See findings.h. */
#include <stddef.h>

#include "server/findings.h"

const char *findings_form_name(enum findings_form form)
{
    static const char *const names[] = {[FINDINGS_TEXT] = "text",
                                        [FINDINGS_JSON] = "json",
                                        [FINDINGS_SARIF] = "sarif",
                                        [FINDINGS_JUNIT] = "junit"};

    return form > FINDINGS_FAULTS && form < FINDINGS_FORMS ? names[form] : NULL;
}
