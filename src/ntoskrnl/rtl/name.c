/*
 * File names: wild cards, path components, and names of the 8.3 form.
 *
 * Besides * and ? the kernel knows three wild cards that user mode makes of them for old programs:
 *   <  any characters, but not the last period of the name
 *   >  one character; nothing at a period or at the end of the name
 *   "  a period; nothing at the end of the name
 */
#include "nt.h"

#include "rtl.h"

#define SET_BITS 64u
#define NAME_MAXIMUM (UNICODE_STRING_MAX_BYTES / sizeof(WCHAR))

/* A set of positions in a name, from 0 to its length. */
struct position_set {
    ULONG64 words[NAME_MAXIMUM / SET_BITS + 1];
};

struct name {
    const WCHAR *characters;
    ULONG length;
    ULONG last_period; /* the length if there is none */
    bool ignore_case;
    const WCHAR *upcase_table; /* NULL: the system's */
};

static bool contains(const struct position_set *set, ULONG position)
{
    return set->words[position / SET_BITS] >> position % SET_BITS & 1;
}

static void add(struct position_set *set, ULONG position)
{
    set->words[position / SET_BITS] |= 1ull << position % SET_BITS;
}

static void remove(struct position_set *set, ULONG position)
{
    set->words[position / SET_BITS] &= ~(1ull << position % SET_BITS);
}

static WCHAR name_character(const struct name *name, ULONG position)
{
    WCHAR character = name->characters[position];

    if (!name->ignore_case)
        return character;
    return name->upcase_table != NULL ? name->upcase_table[character] : rtl_upcase(character);
}

/* * and <: everything behind a reachable position is reachable, for < up to the last period. */
static void match_many(const struct name *name, struct position_set *set, bool stop_at_last_period)
{
    for (ULONG position = 0; position < name->length; position++) {
        if (contains(set, position) && !(stop_at_last_period && position == name->last_period))
            add(set, position + 1);
    }
}

/* How many characters at `position` an expression character takes: 0, 1, or -1 for no match. */
static int match_one(const struct name *name, ULONG position, WCHAR wanted)
{
    bool at_end = position == name->length;
    bool at_period = !at_end && name->characters[position] == '.';

    switch (wanted) {
    case DOS_QM:
        return at_end || at_period ? 0 : 1;
    case DOS_DOT:
        return at_end ? 0 : at_period ? 1 : -1;
    case '?':
        return at_end ? -1 : 1;
    default:
        return !at_end && name_character(name, position) == wanted ? 1 : -1;
    }
}

/*
 * Follows all ways of matching at once: the set holds the positions that the expression so far can
 * reach. Time is the product of the two lengths at worst, whatever the stars.
 */
static bool matches(PCUNICODE_STRING expression, const struct name *name)
{
    struct position_set set;

    memset(set.words, 0, (name->length / SET_BITS + 1) * sizeof(set.words[0]));
    add(&set, 0);
    for (ULONG index = 0; index < expression->Length / sizeof(WCHAR); index++) {
        WCHAR wanted = expression->Buffer[index];
        if (wanted == '*' || wanted == DOS_STAR) {
            match_many(name, &set, wanted == DOS_STAR);
            continue;
        }
        /* From the end, so that a position reached in this step is not taken further. */
        for (ULONG position = name->length + 1; position-- > 0;) {
            int taken = contains(&set, position) ? match_one(name, position, wanted) : 0;
            if (taken != 0)
                remove(&set, position);
            if (taken > 0)
                add(&set, position + 1);
        }
    }
    return contains(&set, name->length);
}

/**
 * Says whether a name matches an expression with wild cards.
 * @param expression In upper case if case is ignored.  @param name Without wild cards.
 * @param upcase_table 65536 characters; NULL for the system's.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, FsRtlIsNameInExpression.
 */
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING expression, PUNICODE_STRING name,
                                      BOOLEAN ignore_case, PWCHAR upcase_table)
{
    struct name subject = {
        .characters = name->Buffer,
        .length = name->Length / sizeof(WCHAR),
        .ignore_case = ignore_case,
        .upcase_table = upcase_table,
    };

    subject.last_period = subject.length;
    for (ULONG position = 0; position < subject.length; position++) {
        if (name->Buffer[position] == '.')
            subject.last_period = position;
    }
    return matches(expression, &subject);
}
NT_EXPORT(FsRtlIsNameInExpression, PASSIVE_LEVEL, "UUbp");
NT_EXPORT_AS(RtlIsNameInExpression, FsRtlIsNameInExpression, PASSIVE_LEVEL, "UUbp");

/**
 * Says whether a name holds one of the wild cards * ? < > ".
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, FsRtlDoesNameContainWildCards.
 */
BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING name)
{
    for (ULONG index = 0; index < name->Length / sizeof(WCHAR); index++) {
        if (name->Buffer[index] != 0 && wcschr(L"*?<>\"", name->Buffer[index]) != NULL)
            return TRUE;
    }
    return FALSE;
}
NT_EXPORT(FsRtlDoesNameContainWildCards, PASSIVE_LEVEL, "U");

static UNICODE_STRING part_of(UNICODE_STRING string, ULONG start, ULONG end)
{
    USHORT bytes = (USHORT)((end - start) * sizeof(WCHAR));

    return (UNICODE_STRING){
        .Length = bytes, .MaximumLength = bytes, .Buffer = bytes ? string.Buffer + start : NULL};
}

/**
 * Splits a path after its first component. The parts point into the path.
 * @param path With or without a leading backslash.  @param first Receives the component, without
 * backslash.  @param remaining Receives what follows the next backslash.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, FsRtlDissectName.
 */
VOID NTAPI FsRtlDissectName(UNICODE_STRING path, PUNICODE_STRING first, PUNICODE_STRING remaining)
{
    ULONG length = path.Length / sizeof(WCHAR);
    ULONG start = length > 0 && path.Buffer[0] == '\\' ? 1 : 0;
    ULONG end = start;

    while (end < length && path.Buffer[end] != '\\')
        end++;
    *first = part_of(path, start, end);
    *remaining = end < length ? part_of(path, end + 1, length) : (UNICODE_STRING){0};
}
NT_EXPORT(FsRtlDissectName, PASSIVE_LEVEL, "ppp");

#define SHORT_NAME_MAXIMUM 12 /* 8 + period + 3 */

static bool is_legal_in_short_name(CHAR character)
{
    return (UCHAR)character >= ' ' && strchr("\"*+,/:;<=>?[\\]|", character) == NULL;
}

/* Checks the characters and the lengths around the only period. */
static bool is_short_name(const STRING *name, bool *has_spaces)
{
    ULONG period = name->Length;

    for (ULONG index = 0; index < name->Length; index++) {
        CHAR character = name->Buffer[index];
        if (!is_legal_in_short_name(character))
            return false;
        if (character == ' ')
            *has_spaces = true;
        if (character != '.')
            continue;
        if (period != name->Length || index == 0 || index + 1 == name->Length ||
            name->Buffer[index - 1] == ' ')
            return false;
        period = index;
    }
    return name->Length != 0 && period <= 8 && name->Length <= period + 4 &&
           name->Buffer[name->Length - 1] != ' ';
}

/**
 * Says whether a name has the 8.3 form of DOS.
 * @param oem_name Receives the name in upper case and the OEM code page; may be NULL.
 * @param has_spaces Receives whether it holds spaces; may be NULL. Set only if the name is legal.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlIsNameLegalDOS8Dot3.
 */
BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING name, POEM_STRING oem_name,
                                     PBOOLEAN has_spaces)
{
    CHAR buffer[SHORT_NAME_MAXIMUM];
    OEM_STRING local = {.MaximumLength = sizeof(buffer), .Buffer = buffer};
    bool spaces = false;
    bool legal;

    if (oem_name == NULL)
        oem_name = &local;
    if (name->Length > SHORT_NAME_MAXIMUM * sizeof(WCHAR) ||
        !NT_SUCCESS(RtlUpcaseUnicodeStringToCountedOemString(oem_name, name, FALSE)))
        return FALSE;
    legal = (oem_name->Length == 1 && oem_name->Buffer[0] == '.') ||
            (oem_name->Length == 2 && oem_name->Buffer[0] == '.' && oem_name->Buffer[1] == '.') ||
            is_short_name(oem_name, &spaces);
    if (legal && has_spaces != NULL)
        *has_spaces = spaces;
    return legal;
}
NT_EXPORT(RtlIsNameLegalDOS8Dot3, PASSIVE_LEVEL, "UAp");
