/* Reading what programs in the machine say as JSON: a member that is missing is "" or 0. */
#ifndef RINGSIDE_CLI_TOP_JSON_H
#define RINGSIDE_CLI_TOP_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

const char *top_json_text(const cJSON *object, const char *name);
double top_json_number(const cJSON *object, const char *name);
/* Replace an array by that of the text. False, and nothing changed: it is no array of objects. */
bool top_json_take(cJSON **array, const char *text);

#endif
