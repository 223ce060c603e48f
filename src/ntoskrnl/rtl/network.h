/*
 * What the address routines share: a reader and a writer of text in either width. All addresses and
 * ports are in network byte order, as their structures have them.
 */
#ifndef RINGSIDE_RTL_NETWORK_H
#define RINGSIDE_RTL_NETWORK_H

#define RTL_IPV4_BYTES 4
#define RTL_IPV6_BYTES 16

/* Longest texts, with terminator: 255.255.255.255:65535 and [ipv6%4294967295]:65535. */
#define RTL_IPV4_TEXT 22
#define RTL_IPV6_TEXT 65

struct rtl_reader {
    const void *text;
    bool wide;
    ULONG position;
};

/* The next character without taking it; 0 at the end. */
unsigned rtl_reader_peek(const struct rtl_reader *reader);
bool rtl_reader_accept(struct rtl_reader *reader, unsigned character);
const void *rtl_reader_address(const struct rtl_reader *reader);
/*
 * Takes a number: decimal, or with `any_base` octal after 0 and hexadecimal after 0x. False if
 * there is none or it is above `maximum`.
 */
bool rtl_reader_number(struct rtl_reader *reader, bool any_base, ULONGLONG maximum, ULONG *value);
/* Takes an IPv4 address; `strict` accepts only four decimal parts. */
bool rtl_reader_ipv4(struct rtl_reader *reader, bool strict, UCHAR address[RTL_IPV4_BYTES]);
/* Takes ":port", if it is there, and says whether the text ends after it. */
bool rtl_reader_port_and_end(struct rtl_reader *reader, USHORT *port);

/* Writes the text of an address without terminator; returns its length. */
ULONG rtl_ipv4_text(const UCHAR address[RTL_IPV4_BYTES], char *text);
/*
 * Hands a text of `length` to a caller's buffer with a terminator. *size is the buffer's size in
 * characters, and receives the size that is needed: STATUS_INVALID_PARAMETER if that is more.
 */
NTSTATUS rtl_deliver_text(const char *text, ULONG length, void *buffer, bool wide, ULONG *size);

#endif
