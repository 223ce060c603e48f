/*
 * IPv6 addresses to and from text.
 *
 * The longest run of two or more zero groups (the first of equals) becomes "::". The last 32 bits
 * are printed as an IPv4 address where they are one: in mapped (::ffff:a.b.c.d), compatible
 * (::a.b.c.d), translated (::ffff:0:a.b.c.d) and ISATAP (...:5efe:a.b.c.d) addresses.
 */
#include "c_runtime.h"

#include "network.h"
#include "printf.h"
#include "rtl.h"

#define GROUPS 8
#define NO_GAP GROUPS

PSTR NTAPI RtlIpv6AddressToStringA(const UCHAR *address, PSTR text);
PWSTR NTAPI RtlIpv6AddressToStringW(const UCHAR *address, PWSTR text);
NTSTATUS NTAPI RtlIpv6AddressToStringExA(const UCHAR *address, ULONG scope, USHORT port, PSTR text,
                                         PULONG size);
NTSTATUS NTAPI RtlIpv6AddressToStringExW(const UCHAR *address, ULONG scope, USHORT port, PWSTR text,
                                         PULONG size);
NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR text, PCSTR *end, UCHAR *address);
NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR text, PCWSTR *end, UCHAR *address);
NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR text, UCHAR *address, PULONG scope, PUSHORT port);
NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR text, UCHAR *address, PULONG scope, PUSHORT port);

static USHORT group(const UCHAR *address, ULONG index)
{
    return (USHORT)(address[2 * index] << 8 | address[2 * index + 1]);
}

static bool groups_are_zero(const UCHAR *address, ULONG first, ULONG count)
{
    for (ULONG index = first; index < first + count; index++) {
        if (group(address, index) != 0)
            return false;
    }
    return true;
}

static bool ends_with_ipv4(const UCHAR *address)
{
    if (group(address, 5) == 0x5EFE && (group(address, 4) & ~0x0200u) == 0)
        return true;
    if (groups_are_zero(address, 0, 4) && group(address, 4) == 0xFFFF && group(address, 5) == 0)
        return true;
    if (!groups_are_zero(address, 0, 5))
        return false;
    return group(address, 5) == 0xFFFF || (group(address, 5) == 0 && group(address, 6) != 0);
}

/* Finds the run of zero groups that "::" stands for; *length is 0 if there is none. */
static ULONG find_gap(const UCHAR *address, ULONG groups, ULONG *length)
{
    ULONG best = NO_GAP;

    *length = 0;
    for (ULONG start = 0; start < groups; start++) {
        ULONG count = 0;
        while (start + count < groups && group(address, start + count) == 0)
            count++;
        if (count > 1 && count > *length) {
            best = start;
            *length = count;
        }
    }
    return best;
}

/* Writes the text without terminator; returns its length. */
static ULONG ipv6_text(const UCHAR *address, char *text)
{
    ULONG groups = ends_with_ipv4(address) ? 6 : GROUPS;
    ULONG gap_length;
    ULONG gap = find_gap(address, groups, &gap_length);
    ULONG length = 0;

    for (ULONG index = 0; index < groups; index++) {
        if (index == gap) {
            length += (ULONG)sprintf(text + length, "::");
            index += gap_length - 1;
            continue;
        }
        if (index > 0 && text[length - 1] != ':')
            text[length++] = ':';
        length += (ULONG)sprintf(text + length, "%x", group(address, index));
    }
    if (groups < GROUPS) {
        if (text[length - 1] != ':')
            text[length++] = ':';
        length += rtl_ipv4_text(address + 12, text + length);
    }
    return length;
}

static NTSTATUS print_with_scope(const UCHAR *address, ULONG scope, USHORT port, void *buffer,
                                 bool wide, PULONG size)
{
    char text[RTL_IPV6_TEXT];
    ULONG length = 0;

    if (address == NULL || size == NULL)
        return STATUS_INVALID_PARAMETER;
    if (port != 0)
        text[length++] = '[';
    length += ipv6_text(address, text + length);
    if (scope != 0)
        length += (ULONG)sprintf(text + length, "%%%lu", scope);
    if (port != 0)
        length += (ULONG)sprintf(text + length, "]:%u", __builtin_bswap16(port));
    return rtl_deliver_text(text, length, buffer, wide, size);
}

/* Takes one to four hexadecimal digits. */
static bool read_group(struct rtl_reader *reader, USHORT *value)
{
    ULONG digits = 0;

    *value = 0;
    for (; digits < 4 && rtl_digit_value(rtl_reader_peek(reader)) < 16; digits++) {
        *value = (USHORT)(*value << 4 | rtl_digit_value(rtl_reader_peek(reader)));
        reader->position++;
    }
    return digits != 0 && rtl_digit_value(rtl_reader_peek(reader)) >= 16;
}

/* Takes a group or, if a period follows its digits, an IPv4 address, which fills two groups. */
static bool read_group_or_ipv4(struct rtl_reader *reader, UCHAR *bytes, ULONG room, ULONG *count)
{
    ULONG start = reader->position;
    USHORT value;
    bool is_group = read_group(reader, &value);

    *count = 1;
    if (rtl_reader_peek(reader) == '.') {
        reader->position = start;
        *count = 2;
        return room >= 2 && rtl_reader_ipv4(reader, true, bytes);
    }
    bytes[0] = (UCHAR)(value >> 8);
    bytes[1] = (UCHAR)value;
    return is_group;
}

/* Moves the groups behind the gap to the end and clears the gap. */
static void open_gap(UCHAR address[RTL_IPV6_BYTES], ULONG gap, ULONG groups)
{
    ULONG behind = groups - gap;

    memmove(address + 2 * (GROUPS - behind), address + 2 * gap, 2 * behind);
    memset(address + 2 * gap, 0, 2 * (GROUPS - groups));
}

static bool read_ipv6(struct rtl_reader *reader, UCHAR address[RTL_IPV6_BYTES])
{
    ULONG groups = 0;
    ULONG gap = NO_GAP;

    if (rtl_reader_accept(reader, ':')) {
        if (!rtl_reader_accept(reader, ':'))
            return false;
        gap = 0;
    }
    while (groups < GROUPS) {
        ULONG count;
        if (gap == groups && rtl_digit_value(rtl_reader_peek(reader)) >= 16)
            break; /* ends with "::" */
        if (!read_group_or_ipv4(reader, address + 2 * groups, GROUPS - groups, &count))
            return false;
        groups += count;
        if (count == 2 || groups == GROUPS || !rtl_reader_accept(reader, ':'))
            break;
        if (rtl_reader_peek(reader) == ':') {
            if (gap != NO_GAP)
                return false;
            reader->position++;
            gap = groups;
        }
    }
    if (gap == NO_GAP)
        return groups == GROUPS;
    if (groups == GROUPS)
        return false;
    open_gap(address, gap, groups);
    return true;
}

static NTSTATUS parse(struct rtl_reader *reader, const void **end, UCHAR *address)
{
    UCHAR result[RTL_IPV6_BYTES];
    bool valid = read_ipv6(reader, result);

    *end = rtl_reader_address(reader);
    if (!valid)
        return STATUS_INVALID_PARAMETER;
    memcpy(address, result, sizeof(result));
    return STATUS_SUCCESS;
}

static NTSTATUS parse_with_scope(struct rtl_reader *reader, UCHAR *address, ULONG *scope,
                                 USHORT *port)
{
    UCHAR result[RTL_IPV6_BYTES];
    ULONG result_scope = 0;
    USHORT result_port = 0;
    bool bracket;

    if (reader->text == NULL || address == NULL || scope == NULL || port == NULL)
        return STATUS_INVALID_PARAMETER;
    bracket = rtl_reader_accept(reader, '[');
    if (!read_ipv6(reader, result))
        return STATUS_INVALID_PARAMETER;
    if (rtl_reader_accept(reader, '%') &&
        !rtl_reader_number(reader, false, UINT32_MAX, &result_scope))
        return STATUS_INVALID_PARAMETER;
    if (bracket ? !rtl_reader_accept(reader, ']') || !rtl_reader_port_and_end(reader, &result_port)
                : rtl_reader_peek(reader) != 0)
        return STATUS_INVALID_PARAMETER;
    memcpy(address, result, sizeof(result));
    *scope = result_scope;
    *port = result_port;
    return STATUS_SUCCESS;
}

/**
 * Prints an IPv6 address.
 * @param text Room for 46 characters.
 * IRQL: any.  Returns: the address of the terminator.
 * Source: Windows driver documentation, RtlIpv6AddressToStringA.
 */
PSTR NTAPI RtlIpv6AddressToStringA(const UCHAR *address, PSTR text)
{
    char characters[RTL_IPV6_TEXT];
    ULONG length = ipv6_text(address, characters);
    ULONG size = RTL_IPV6_TEXT;

    rtl_deliver_text(characters, length, text, false, &size);
    return text + length;
}
NT_EXPORT(RtlIpv6AddressToStringA, HIGH_LEVEL, "pp");

/**
 * Prints an IPv6 address with scope and port, each if it is not 0: "[fe80::1%4]:80".
 * @param port In network byte order.  @param size Of the buffer, in characters; receives the size
 * that is needed.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for NULL or if it does not fit.
 * Source: Windows driver documentation, RtlIpv6AddressToStringExA.
 */
NTSTATUS NTAPI RtlIpv6AddressToStringExA(const UCHAR *address, ULONG scope, USHORT port, PSTR text,
                                         PULONG size)
{
    return print_with_scope(address, scope, port, text, false, size);
}
NT_EXPORT(RtlIpv6AddressToStringExA, HIGH_LEVEL, "puupp");

/**
 * Reads an IPv6 address at the start of a text.
 * @param end Receives where reading stopped, also on failure.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the address unchanged.
 * Source: Windows driver documentation, RtlIpv6StringToAddressA.
 */
NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR text, PCSTR *end, UCHAR *address)
{
    struct rtl_reader reader = {.text = text, .wide = false};

    return parse(&reader, (const void **)end, address);
}
NT_EXPORT(RtlIpv6StringToAddressA, HIGH_LEVEL, "spp");

/**
 * Reads a text that is an IPv6 address and, perhaps, a scope and a port.
 * @param scope @param port Receive them, the port in network byte order; 0 if there is none.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the results unchanged.
 * Source: Windows driver documentation, RtlIpv6StringToAddressExA.
 */
NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR text, UCHAR *address, PULONG scope, PUSHORT port)
{
    struct rtl_reader reader = {.text = text, .wide = false};

    return parse_with_scope(&reader, address, scope, port);
}
NT_EXPORT(RtlIpv6StringToAddressExA, HIGH_LEVEL, "sppp");

/**
 * Prints an IPv6 address.
 * @param text Room for 46 characters.
 * IRQL: any.  Returns: the address of the terminator.
 * Source: Windows driver documentation, RtlIpv6AddressToStringW.
 */
PWSTR NTAPI RtlIpv6AddressToStringW(const UCHAR *address, PWSTR text)
{
    char characters[RTL_IPV6_TEXT];
    ULONG length = ipv6_text(address, characters);
    ULONG size = RTL_IPV6_TEXT;

    rtl_deliver_text(characters, length, text, true, &size);
    return text + length;
}
NT_EXPORT(RtlIpv6AddressToStringW, HIGH_LEVEL, "pp");

/**
 * Prints an IPv6 address with scope and port, each if it is not 0: "[fe80::1%4]:80".
 * @param port In network byte order.  @param size Of the buffer, in characters; receives the size
 * that is needed.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for NULL or if it does not fit.
 * Source: Windows driver documentation, RtlIpv6AddressToStringExW.
 */
NTSTATUS NTAPI RtlIpv6AddressToStringExW(const UCHAR *address, ULONG scope, USHORT port, PWSTR text,
                                         PULONG size)
{
    return print_with_scope(address, scope, port, text, true, size);
}
NT_EXPORT(RtlIpv6AddressToStringExW, HIGH_LEVEL, "puupp");

/**
 * Reads an IPv6 address at the start of a text.
 * @param end Receives where reading stopped, also on failure.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the address unchanged.
 * Source: Windows driver documentation, RtlIpv6StringToAddressW.
 */
NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR text, PCWSTR *end, UCHAR *address)
{
    struct rtl_reader reader = {.text = text, .wide = true};

    return parse(&reader, (const void **)end, address);
}
NT_EXPORT(RtlIpv6StringToAddressW, HIGH_LEVEL, "wpp");

/**
 * Reads a text that is an IPv6 address and, perhaps, a scope and a port.
 * @param scope @param port Receive them, the port in network byte order; 0 if there is none.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the results unchanged.
 * Source: Windows driver documentation, RtlIpv6StringToAddressExW.
 */
NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR text, UCHAR *address, PULONG scope, PUSHORT port)
{
    struct rtl_reader reader = {.text = text, .wide = true};

    return parse_with_scope(&reader, address, scope, port);
}
NT_EXPORT(RtlIpv6StringToAddressExW, HIGH_LEVEL, "wppp");
