/* See top_json.h. */
#include "top_json.h"

const char *top_json_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return text ? text : "";
}

double top_json_number(const cJSON *object, const char *name)
{
    const cJSON *number = cJSON_GetObjectItem(object, name);

    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

bool top_json_take(cJSON **array, const char *text)
{
    cJSON *parsed = text ? cJSON_Parse(text) : NULL;
    const cJSON *item;
    bool good = cJSON_IsArray(parsed);

    cJSON_ArrayForEach(item, parsed) good = good && cJSON_IsObject(item);
    if (!good) {
        cJSON_Delete(parsed);
        return false;
    }
    cJSON_Delete(*array);
    *array = parsed;
    return true;
}
