/*
 * Network addresses to and from text. The functions are declared here with plain byte pointers,
 * because the public header for them needs the socket headers.
 */
#include "../guest.h"

#define IMPORT __declspec(dllimport)
IMPORT PSTR NTAPI RtlIpv4AddressToStringA(const UCHAR *address, PSTR text);
IMPORT PWSTR NTAPI RtlIpv4AddressToStringW(const UCHAR *address, PWSTR text);
IMPORT NTSTATUS NTAPI RtlIpv4AddressToStringExA(const UCHAR *address, USHORT port, PSTR text,
                                                PULONG size);
IMPORT NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR text, BOOLEAN strict, PCSTR *end,
                                              UCHAR *address);
IMPORT NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR text, BOOLEAN strict, UCHAR *address,
                                                PUSHORT port);
IMPORT PSTR NTAPI RtlIpv6AddressToStringA(const UCHAR *address, PSTR text);
IMPORT NTSTATUS NTAPI RtlIpv6AddressToStringExA(const UCHAR *address, ULONG scope, USHORT port,
                                                PSTR text, PULONG size);
IMPORT NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR text, PCSTR *end, UCHAR *address);
IMPORT NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR text, UCHAR *address, PULONG scope,
                                                PUSHORT port);
IMPORT PSTR NTAPI RtlEthernetAddressToStringA(const UCHAR *address, PSTR text);
IMPORT NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR text, PCSTR *end, UCHAR *address);

GUEST_TEST(ipv4_to_string)
{
    static const UCHAR address[] = {192, 168, 0, 255};
    char text[32];
    wchar_t wide[32];
    ULONG size;

    ok(RtlIpv4AddressToStringA(address, text) == text + 13, "end");
    ok_eq_str(text, "192.168.0.255");
    ok(RtlIpv4AddressToStringW(address, wide) == wide + 13, "end");
    ok_eq_wstr(wide, L"192.168.0.255");
    size = 17;
    ok_eq_status(RtlIpv4AddressToStringExA(address, 0x5000, text, &size), STATUS_SUCCESS);
    ok_eq_str(text, "192.168.0.255:80");
    ok_eq_int(size, 17);
    size = 16;
    ok_eq_status(RtlIpv4AddressToStringExA(address, 0x5000, text, &size), STATUS_INVALID_PARAMETER);
    ok_eq_int(size, 17);
}

GUEST_TEST(string_to_ipv4)
{
    static const struct {
        const char *text;
        BOOLEAN strict;
        NTSTATUS status;
        ULONG used;
        UCHAR address[4];
    } rows[] = {
        {"1.2.3.4", TRUE, STATUS_SUCCESS, 7, {1, 2, 3, 4}},
        {"1.2.3.4", FALSE, STATUS_SUCCESS, 7, {1, 2, 3, 4}},
        {"255.255.255.255", TRUE, STATUS_SUCCESS, 15, {255, 255, 255, 255}},
        {"1.2.3.4x", TRUE, STATUS_SUCCESS, 7, {1, 2, 3, 4}},
        {"1.2.3", FALSE, STATUS_SUCCESS, 5, {1, 2, 0, 3}},
        {"1.0x10203", FALSE, STATUS_SUCCESS, 9, {1, 1, 2, 3}},
        {"16909060", FALSE, STATUS_SUCCESS, 8, {1, 2, 3, 4}},
        {"010.1.1.1", FALSE, STATUS_SUCCESS, 9, {8, 1, 1, 1}},
        {"1.2.3.256", TRUE, STATUS_INVALID_PARAMETER, 8, {9, 9, 9, 9}},
        {"1.2.3", TRUE, STATUS_INVALID_PARAMETER, 5, {9, 9, 9, 9}},
        {"", FALSE, STATUS_INVALID_PARAMETER, 0, {9, 9, 9, 9}},
        {"1.2.3.", FALSE, STATUS_INVALID_PARAMETER, 6, {9, 9, 9, 9}},
        {"1.256.3.4", FALSE, STATUS_INVALID_PARAMETER, 9, {9, 9, 9, 9}},
    };
    UCHAR address[4];
    USHORT port;

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        const char *end;
        RtlFillMemory(address, 4, 9);
        ok_eq_status(RtlIpv4StringToAddressA(rows[row].text, rows[row].strict, &end, address),
                     rows[row].status);
        ok(RtlCompareMemory(address, rows[row].address, 4) == 4, "row %lu: %u.%u.%u.%u", row,
           address[0], address[1], address[2], address[3]);
        if (NT_SUCCESS(rows[row].status))
            ok_eq_int(end - rows[row].text, rows[row].used);
    }
    ok_eq_status(RtlIpv4StringToAddressExW(L"1.2.3.4:258", TRUE, address, &port), STATUS_SUCCESS);
    ok_eq_int(port, 0x0201);
    ok_eq_status(RtlIpv4StringToAddressExW(L"1.2.3.4", TRUE, address, &port), STATUS_SUCCESS);
    ok_eq_int(port, 0);
    ok_eq_status(RtlIpv4StringToAddressExW(L"1.2.3.4:0", TRUE, address, &port),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlIpv4StringToAddressExW(L"1.2.3.4:70000", TRUE, address, &port),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlIpv4StringToAddressExW(L"1.2.3.4x", TRUE, address, &port),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST(ipv6)
{
    static const struct {
        const char *text;
        const char *canonical; /* NULL: not an address */
    } rows[] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"fe80::1", "fe80::1"},
        {"2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
        {"::1.2.3.4", "::1.2.3.4"},
        {"::ffff:0:1.2.3.4", "::ffff:0:1.2.3.4"},
        {"fe80::5efe:1.2.3.4", "fe80::5efe:1.2.3.4"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"", NULL},
        {":", NULL},
        {":1", NULL},
        {"1:", NULL},
        {"1:2", NULL},
        {"1::2::3", NULL},
        {"12345::", NULL},
        {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UCHAR address[16];
        char text[64];
        const char *end;
        NTSTATUS status = RtlIpv6StringToAddressA(rows[row].text, &end, address);
        if (rows[row].canonical == NULL) {
            ok(status == STATUS_INVALID_PARAMETER, "row %lu: 0x%08x", row, status);
            continue;
        }
        ok(status == STATUS_SUCCESS && *end == 0, "row %lu: 0x%08x", row, status);
        RtlIpv6AddressToStringA(address, text);
        ok_eq_str(text, rows[row].canonical);
    }
}

GUEST_TEST(ipv6_with_scope_and_port)
{
    UCHAR address[16];
    char text[64];
    ULONG scope;
    USHORT port;
    ULONG size = sizeof(text);

    ok_eq_status(RtlIpv6StringToAddressExW(L"[fe80::1%4]:80", address, &scope, &port),
                 STATUS_SUCCESS);
    ok_eq_int(scope, 4);
    ok_eq_int(port, 0x5000);
    ok_eq_status(RtlIpv6AddressToStringExA(address, scope, port, text, &size), STATUS_SUCCESS);
    ok_eq_str(text, "[fe80::1%4]:80");
    ok_eq_int(size, 15);
    ok_eq_status(RtlIpv6AddressToStringExA(address, 0, 0, text, &size), STATUS_SUCCESS);
    ok_eq_str(text, "fe80::1");
    size = 7;
    ok_eq_status(RtlIpv6AddressToStringExA(address, 0, 0, text, &size), STATUS_INVALID_PARAMETER);
    ok_eq_int(size, 8);
    ok_eq_status(RtlIpv6StringToAddressExW(L"[::1", address, &scope, &port),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlIpv6StringToAddressExW(L"::1]", address, &scope, &port),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlIpv6StringToAddressExW(L"::1%", address, &scope, &port),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST(ethernet)
{
    static const UCHAR expected[] = {0x00, 0x1A, 0x2B, 0x3C, 0x4D, 0xFF};
    UCHAR address[6] = {0};
    char text[18];
    const char *end;

    ok_eq_status(RtlEthernetStringToAddressA("00-1a-2B-3C-4D-FF", &end, address), STATUS_SUCCESS);
    ok_eq_int(RtlCompareMemory(address, expected, 6), 6);
    ok_eq_int(*end, 0);
    RtlEthernetAddressToStringA(address, text);
    ok_eq_str(text, "00-1A-2B-3C-4D-FF");
    ok_eq_status(RtlEthernetStringToAddressA("00-1A-2B-3C-4D", &end, address),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlEthernetStringToAddressA("001A2B3C4DFF", &end, address),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST_FILE(network, GUEST_ROW(ipv4_to_string), GUEST_ROW(string_to_ipv4), GUEST_ROW(ipv6),
                GUEST_ROW(ipv6_with_scope_and_port), GUEST_ROW(ethernet));
