/*
 * IPv4 and Ethernet addresses to and from text.
 */
#include "c_runtime.h"

#include "network.h"
#include "printf.h"
#include "rtl.h"

#define ETHERNET_BYTES 6
#define ETHERNET_TEXT 18

PSTR NTAPI RtlIpv4AddressToStringA(const UCHAR *address, PSTR text);
PWSTR NTAPI RtlIpv4AddressToStringW(const UCHAR *address, PWSTR text);
NTSTATUS NTAPI RtlIpv4AddressToStringExA(const UCHAR *address, USHORT port, PSTR text, PULONG size);
NTSTATUS NTAPI RtlIpv4AddressToStringExW(const UCHAR *address, USHORT port, PWSTR text,
                                         PULONG size);
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR text, BOOLEAN strict, PCSTR *end, UCHAR *address);
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR text, BOOLEAN strict, PCWSTR *end, UCHAR *address);
NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR text, BOOLEAN strict, UCHAR *address, PUSHORT port);
NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR text, BOOLEAN strict, UCHAR *address, PUSHORT port);
PSTR NTAPI RtlEthernetAddressToStringA(const UCHAR *address, PSTR text);
PWSTR NTAPI RtlEthernetAddressToStringW(const UCHAR *address, PWSTR text);
NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR text, PCSTR *end, UCHAR *address);
NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR text, PCWSTR *end, UCHAR *address);

unsigned rtl_reader_peek(const struct rtl_reader *reader)
{
    if (reader->wide)
        return ((const WCHAR *)reader->text)[reader->position];
    return ((const UCHAR *)reader->text)[reader->position];
}

bool rtl_reader_accept(struct rtl_reader *reader, unsigned character)
{
    if (rtl_reader_peek(reader) != character)
        return false;
    reader->position++;
    return true;
}

const void *rtl_reader_address(const struct rtl_reader *reader)
{
    return (const char *)reader->text + reader->position * (reader->wide ? sizeof(WCHAR) : 1);
}

bool rtl_reader_number(struct rtl_reader *reader, bool any_base, ULONGLONG maximum, ULONG *value)
{
    unsigned base = 10;
    ULONGLONG number = 0;
    ULONG digits = 0;

    if (any_base && rtl_reader_accept(reader, '0')) {
        base = 8;
        digits = 1;
        if (rtl_reader_accept(reader, 'x') || rtl_reader_accept(reader, 'X')) {
            base = 16;
            digits = 0;
        }
    }
    for (; rtl_digit_value(rtl_reader_peek(reader)) < base; digits++) {
        number = number * base + rtl_digit_value(rtl_reader_peek(reader));
        if (number > maximum)
            return false;
        reader->position++;
    }
    *value = (ULONG)number;
    return digits != 0;
}

/* Four decimal parts without superfluous zeros. */
static bool read_strict(struct rtl_reader *reader, UCHAR address[RTL_IPV4_BYTES])
{
    for (ULONG part = 0; part < RTL_IPV4_BYTES; part++) {
        bool zero = rtl_reader_peek(reader) == '0';
        ULONG start = reader->position;
        ULONG value;
        if (!rtl_reader_number(reader, false, 255, &value) ||
            (zero && reader->position != start + 1))
            return false;
        address[part] = (UCHAR)value;
        if (part < RTL_IPV4_BYTES - 1 && !rtl_reader_accept(reader, '.'))
            return false;
    }
    return true;
}

/* One to four parts in any base; the last one fills all bytes that are left. */
static bool read_loose(struct rtl_reader *reader, UCHAR address[RTL_IPV4_BYTES])
{
    ULONG values[RTL_IPV4_BYTES];
    ULONG count = 0;
    ULONG last_bytes;

    do {
        if (!rtl_reader_number(reader, true, UINT32_MAX, &values[count]))
            return false;
        count++;
    } while (count < RTL_IPV4_BYTES && rtl_reader_accept(reader, '.'));
    for (ULONG part = 0; part + 1 < count; part++) {
        if (values[part] > 255)
            return false;
        address[part] = (UCHAR)values[part];
    }
    last_bytes = RTL_IPV4_BYTES + 1 - count;
    if ((ULONGLONG)values[count - 1] >> 8 * last_bytes != 0)
        return false;
    for (ULONG byte = 0; byte < last_bytes; byte++)
        address[RTL_IPV4_BYTES - 1 - byte] = (UCHAR)(values[count - 1] >> 8 * byte);
    return true;
}

bool rtl_reader_ipv4(struct rtl_reader *reader, bool strict, UCHAR address[RTL_IPV4_BYTES])
{
    return strict ? read_strict(reader, address) : read_loose(reader, address);
}

bool rtl_reader_port_and_end(struct rtl_reader *reader, USHORT *port)
{
    ULONG value = 0;

    if (rtl_reader_accept(reader, ':') &&
        (!rtl_reader_number(reader, true, 65535, &value) || value == 0))
        return false;
    *port = __builtin_bswap16((USHORT)value);
    return rtl_reader_peek(reader) == 0;
}

ULONG rtl_ipv4_text(const UCHAR address[RTL_IPV4_BYTES], char *text)
{
    return (ULONG)sprintf(text, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

NTSTATUS rtl_deliver_text(const char *text, ULONG length, void *buffer, bool wide, ULONG *size)
{
    bool fits = buffer != NULL && *size > length;

    *size = length + 1;
    if (!fits)
        return STATUS_INVALID_PARAMETER;
    for (ULONG index = 0; index <= length; index++) {
        if (wide)
            ((WCHAR *)buffer)[index] = index < length ? (WCHAR)text[index] : 0;
        else
            ((CHAR *)buffer)[index] = index < length ? text[index] : 0;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS print_with_port(const UCHAR *address, USHORT port, void *buffer, bool wide,
                                PULONG size)
{
    char text[RTL_IPV4_TEXT];
    ULONG length;

    if (address == NULL || size == NULL)
        return STATUS_INVALID_PARAMETER;
    length = rtl_ipv4_text(address, text);
    if (port != 0)
        length += (ULONG)sprintf(text + length, ":%u", __builtin_bswap16(port));
    return rtl_deliver_text(text, length, buffer, wide, size);
}

static NTSTATUS parse(struct rtl_reader *reader, bool strict, const void **end, UCHAR *address)
{
    UCHAR result[RTL_IPV4_BYTES];
    bool valid = rtl_reader_ipv4(reader, strict, result);

    *end = rtl_reader_address(reader);
    if (!valid)
        return STATUS_INVALID_PARAMETER;
    memcpy(address, result, sizeof(result));
    return STATUS_SUCCESS;
}

static NTSTATUS parse_with_port(struct rtl_reader *reader, bool strict, UCHAR *address,
                                USHORT *port)
{
    UCHAR result[RTL_IPV4_BYTES];
    USHORT result_port;

    if (reader->text == NULL || address == NULL || port == NULL ||
        !rtl_reader_ipv4(reader, strict, result) || !rtl_reader_port_and_end(reader, &result_port))
        return STATUS_INVALID_PARAMETER;
    memcpy(address, result, sizeof(result));
    *port = result_port;
    return STATUS_SUCCESS;
}

/* Six pairs of hexadecimal digits with a hyphen (or, throughout, a colon) between them. */
static NTSTATUS parse_ethernet(struct rtl_reader *reader, const void **end, UCHAR *address)
{
    UCHAR result[ETHERNET_BYTES];
    unsigned separator = 0;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    ULONG byte;

    for (byte = 0; byte < ETHERNET_BYTES; byte++) {
        unsigned high;
        unsigned low;
        if (byte == 1 && (rtl_reader_peek(reader) == '-' || rtl_reader_peek(reader) == ':'))
            separator = rtl_reader_peek(reader);
        if (byte > 0 && (separator == 0 || !rtl_reader_accept(reader, separator)))
            break;
        high = rtl_digit_value(rtl_reader_peek(reader));
        if (high >= 16)
            break;
        reader->position++;
        low = rtl_digit_value(rtl_reader_peek(reader));
        if (low >= 16)
            break;
        reader->position++;
        result[byte] = (UCHAR)(high << 4 | low);
    }
    if (byte == ETHERNET_BYTES) {
        memcpy(address, result, sizeof(result));
        status = STATUS_SUCCESS;
    }
    *end = rtl_reader_address(reader);
    return status;
}

static ULONG ethernet_text(const UCHAR *address, char *text)
{
    return (ULONG)sprintf(text, "%02X-%02X-%02X-%02X-%02X-%02X", address[0], address[1], address[2],
                          address[3], address[4], address[5]);
}

/**
 * Prints an IPv4 address.
 * @param text Room for 16 characters.
 * IRQL: any.  Returns: the address of the terminator.
 * Source: Windows driver documentation, RtlIpv4AddressToStringA.
 */
PSTR NTAPI RtlIpv4AddressToStringA(const UCHAR *address, PSTR text)
{
    char characters[RTL_IPV4_TEXT];
    ULONG length = rtl_ipv4_text(address, characters);
    ULONG size = RTL_IPV4_TEXT;

    rtl_deliver_text(characters, length, text, false, &size);
    return text + length;
}
NT_EXPORT(RtlIpv4AddressToStringA, HIGH_LEVEL, "pp");

/**
 * Prints an IPv4 address and, if it is not 0, a port: "1.2.3.4:80".
 * @param port In network byte order.  @param size Of the buffer, in characters; receives the size
 * that is needed.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for NULL or if it does not fit.
 * Source: Windows driver documentation, RtlIpv4AddressToStringExA.
 */
NTSTATUS NTAPI RtlIpv4AddressToStringExA(const UCHAR *address, USHORT port, PSTR text, PULONG size)
{
    return print_with_port(address, port, text, false, size);
}
NT_EXPORT(RtlIpv4AddressToStringExA, HIGH_LEVEL, "pupp");

/**
 * Reads an IPv4 address at the start of a text.
 * @param strict TRUE accepts four decimal parts only; FALSE also fewer parts, octal and
 * hexadecimal.
 * @param end Receives where reading stopped, also on failure.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the address unchanged.
 * Source: Windows driver documentation, RtlIpv4StringToAddressA.
 */
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR text, BOOLEAN strict, PCSTR *end, UCHAR *address)
{
    struct rtl_reader reader = {.text = text, .wide = false};

    return parse(&reader, strict, (const void **)end, address);
}
NT_EXPORT(RtlIpv4StringToAddressA, HIGH_LEVEL, "sbpp");

/**
 * Reads a text that is an IPv4 address and, perhaps, a port.
 * @param port Receives it in network byte order; 0 if there is none.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the results unchanged.
 * Source: Windows driver documentation, RtlIpv4StringToAddressExA.
 */
NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR text, BOOLEAN strict, UCHAR *address, PUSHORT port)
{
    struct rtl_reader reader = {.text = text, .wide = false};

    return parse_with_port(&reader, strict, address, port);
}
NT_EXPORT(RtlIpv4StringToAddressExA, HIGH_LEVEL, "sbpp");

/**
 * Prints an Ethernet address: "00-1A-2B-3C-4D-5E".
 * @param text Room for 18 characters.
 * IRQL: any.  Returns: the address of the terminator.
 * Source: Windows driver documentation, RtlEthernetAddressToStringA.
 */
PSTR NTAPI RtlEthernetAddressToStringA(const UCHAR *address, PSTR text)
{
    char characters[ETHERNET_TEXT];
    ULONG length = ethernet_text(address, characters);
    ULONG size = ETHERNET_TEXT;

    rtl_deliver_text(characters, length, text, false, &size);
    return text + length;
}
NT_EXPORT(RtlEthernetAddressToStringA, HIGH_LEVEL, "pp");

/**
 * Reads an Ethernet address at the start of a text.
 * @param end Receives where reading stopped, also on failure.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the address unchanged.
 * Source: Windows driver documentation, RtlEthernetStringToAddressA.
 */
NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR text, PCSTR *end, UCHAR *address)
{
    struct rtl_reader reader = {.text = text, .wide = false};

    return parse_ethernet(&reader, (const void **)end, address);
}
NT_EXPORT(RtlEthernetStringToAddressA, HIGH_LEVEL, "spp");

/**
 * Prints an IPv4 address.
 * @param text Room for 16 characters.
 * IRQL: any.  Returns: the address of the terminator.
 * Source: Windows driver documentation, RtlIpv4AddressToStringW.
 */
PWSTR NTAPI RtlIpv4AddressToStringW(const UCHAR *address, PWSTR text)
{
    char characters[RTL_IPV4_TEXT];
    ULONG length = rtl_ipv4_text(address, characters);
    ULONG size = RTL_IPV4_TEXT;

    rtl_deliver_text(characters, length, text, true, &size);
    return text + length;
}
NT_EXPORT(RtlIpv4AddressToStringW, HIGH_LEVEL, "pp");

/**
 * Prints an IPv4 address and, if it is not 0, a port: "1.2.3.4:80".
 * @param port In network byte order.  @param size Of the buffer, in characters; receives the size
 * that is needed.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for NULL or if it does not fit.
 * Source: Windows driver documentation, RtlIpv4AddressToStringExW.
 */
NTSTATUS NTAPI RtlIpv4AddressToStringExW(const UCHAR *address, USHORT port, PWSTR text, PULONG size)
{
    return print_with_port(address, port, text, true, size);
}
NT_EXPORT(RtlIpv4AddressToStringExW, HIGH_LEVEL, "pupp");

/**
 * Reads an IPv4 address at the start of a text.
 * @param strict TRUE accepts four decimal parts only; FALSE also fewer parts, octal and
 * hexadecimal.
 * @param end Receives where reading stopped, also on failure.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the address unchanged.
 * Source: Windows driver documentation, RtlIpv4StringToAddressW.
 */
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR text, BOOLEAN strict, PCWSTR *end, UCHAR *address)
{
    struct rtl_reader reader = {.text = text, .wide = true};

    return parse(&reader, strict, (const void **)end, address);
}
NT_EXPORT(RtlIpv4StringToAddressW, HIGH_LEVEL, "wbpp");

/**
 * Reads a text that is an IPv4 address and, perhaps, a port.
 * @param port Receives it in network byte order; 0 if there is none.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the results unchanged.
 * Source: Windows driver documentation, RtlIpv4StringToAddressExW.
 */
NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR text, BOOLEAN strict, UCHAR *address, PUSHORT port)
{
    struct rtl_reader reader = {.text = text, .wide = true};

    return parse_with_port(&reader, strict, address, port);
}
NT_EXPORT(RtlIpv4StringToAddressExW, HIGH_LEVEL, "wbpp");

/**
 * Prints an Ethernet address: "00-1A-2B-3C-4D-5E".
 * @param text Room for 18 characters.
 * IRQL: any.  Returns: the address of the terminator.
 * Source: Windows driver documentation, RtlEthernetAddressToStringW.
 */
PWSTR NTAPI RtlEthernetAddressToStringW(const UCHAR *address, PWSTR text)
{
    char characters[ETHERNET_TEXT];
    ULONG length = ethernet_text(address, characters);
    ULONG size = ETHERNET_TEXT;

    rtl_deliver_text(characters, length, text, true, &size);
    return text + length;
}
NT_EXPORT(RtlEthernetAddressToStringW, HIGH_LEVEL, "pp");

/**
 * Reads an Ethernet address at the start of a text.
 * @param end Receives where reading stopped, also on failure.
 * IRQL: any.  Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with the address unchanged.
 * Source: Windows driver documentation, RtlEthernetStringToAddressW.
 */
NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR text, PCWSTR *end, UCHAR *address)
{
    struct rtl_reader reader = {.text = text, .wide = true};

    return parse_ethernet(&reader, (const void **)end, address);
}
NT_EXPORT(RtlEthernetStringToAddressW, HIGH_LEVEL, "wpp");
