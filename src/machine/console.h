/*
 * Requests of kernel32 to the console device: how a program says what it does about Ctrl+C, and
 * sends that to the others. (NT's own requests for this are not documented.)
 */
#ifndef RINGSIDE_CONSOLE_H
#define RINGSIDE_CONSOLE_H

#define CONSOLE_REQUEST_DEVICE L"\\Device\\ConDrv\\Console"

/* CTL_CODE(FILE_DEVICE_CONSOLE, 0x800 and 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) */
#define CONSOLE_SET_CONTROL_ROUTINE 0x00502000u /* in: 8 bytes, the routine's address */
#define CONSOLE_SEND_EVENT 0x00502004u          /* in: 4 bytes, CTRL_C_EVENT … */

#endif
