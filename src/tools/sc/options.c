/* Options of commands, and the words that stand for their values. See sc.h. */
#include "sc.h"

bool sc_find_word(const struct sc_word *words, const WCHAR *text, DWORD *value)
{
    for (; words->word != NULL; words++) {
        if (_wcsicmp(words->word, text) != 0)
            continue;
        *value = words->value;
        return true;
    }
    return false;
}

const WCHAR *sc_word_of(const struct sc_word *words, DWORD value)
{
    while (words->word != NULL && words->value != value)
        words++;
    return words->word;
}

bool sc_next_option(const struct sc_call *call, int *index, WCHAR name[32], const WCHAR **value)
{
    *value = L"";
    if (*index >= call->count)
        return false;
    const WCHAR *argument = call->arguments[(*index)++], *sign = wcschr(argument, L'=');

    *value = NULL;
    if (sign == NULL || sign == argument || sign - argument >= 32)
        return false;
    wcsncpy(name, argument, (size_t)(sign - argument));
    name[sign - argument] = 0;
    if (sign[1] != 0)
        *value = sign + 1;
    else if (*index < call->count)
        *value = call->arguments[(*index)++];
    return *value != NULL;
}
