/* The pane of requests in flight. See top.h. */
#define _GNU_SOURCE
#include "top.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top_json.h"

bool top_irps_take(struct top_irps *irps, const char *json)
{
    return top_json_take(&irps->requests, json);
}

void top_irps_show(const struct top_irps *irps, struct top_pane *pane)
{
    const cJSON *request;

    top_pane_begin(pane);
    cJSON_ArrayForEach(request, irps->requests)
    {
        char *text = cJSON_PrintUnformatted(request);
        struct top_row *row = top_pane_add(pane, cli_copy(top_json_text(request, "address")),
                                           cli_copy(text ? text : ""), NULL);

        row->item = request;
        cJSON_free(text);
    }
    top_pane_end(pane);
    if (pane->count == 0)
        top_pane_note(pane, "none");
}

void top_irps_free(struct top_irps *irps)
{
    cJSON_Delete(irps->requests);
}
