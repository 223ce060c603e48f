/*
 * The serial port COM1: a 16450 on ports 0x3F8..0x3FF and interrupt line 4, with no cable. What is
 * sent is gone at once; in loopback mode it comes back as received. It is the device of this
 * machine that a driver can make interrupt.
 *
 * The line is the OR of two conditions, data received and transmitter empty, each enabled in the
 * interrupt enable register, and all of them by OUT2. A rise of the line is an interrupt.
 */
#include "hal/hal.h"

#define FIRST_PORT 0x3F8
#define LINE 4

enum serial_register {
    DATA,
    INTERRUPT_ENABLE,
    INTERRUPT_IDENTIFICATION,
    LINE_CONTROL,
    MODEM_CONTROL,
    LINE_STATUS,
    MODEM_STATUS,
    SCRATCH,
};

#define ENABLE_RECEIVED 0x01
#define ENABLE_EMPTY 0x02
#define IDENTIFY_NONE 0x01
#define IDENTIFY_EMPTY 0x02
#define IDENTIFY_RECEIVED 0x04
#define DIVISOR_LATCH 0x80 /* in LINE_CONTROL: the first two registers are the baud rate */
#define OUT2 0x08
#define LOOPBACK 0x10
#define DATA_READY 0x01
#define OVERRUN 0x02
#define TRANSMITTER_EMPTY 0x60 /* holding register and shift register */
#define CABLE_MISSING 0x00

static struct {
    UCHAR divisor[2];
    UCHAR enable, line_control, modem_control, scratch;
    UCHAR received, status; /* DATA_READY, OVERRUN */
    BOOLEAN empty_pending;  /* the transmitter became empty, and nobody has looked */
    BOOLEAN line;
} serial = {.divisor = {12, 0}, .line_control = 0x03};

static UCHAR identify(void)
{
    if (serial.enable & ENABLE_RECEIVED && serial.status & DATA_READY)
        return IDENTIFY_RECEIVED;
    if (serial.enable & ENABLE_EMPTY && serial.empty_pending)
        return IDENTIFY_EMPTY;
    return IDENTIFY_NONE;
}

/* Something changed: a rise of the line interrupts. Last step of every access. */
static void update_line(void)
{
    BOOLEAN was = serial.line;

    serial.line = serial.modem_control & OUT2 && identify() != IDENTIFY_NONE;
    if (serial.line && !was)
        hal_line_raise(LINE);
}

static UCHAR read_identification(void)
{
    UCHAR identification = identify();

    if (identification == IDENTIFY_EMPTY)
        serial.empty_pending = FALSE;
    return identification;
}

static UCHAR read_data(void)
{
    serial.status &= (UCHAR)~DATA_READY;
    return serial.received;
}

static UCHAR read_line_status(void)
{
    UCHAR status = serial.status | TRANSMITTER_EMPTY;

    serial.status &= (UCHAR)~OVERRUN;
    return status;
}

/* In loopback mode the modem's inputs are the port's own outputs. */
static UCHAR modem_status(void)
{
    UCHAR outputs = serial.modem_control;

    if (!(outputs & LOOPBACK))
        return CABLE_MISSING;
    return (UCHAR)((outputs & 0x02) << 3 | (outputs & 0x01) << 5 | (outputs & 0x0C) << 4);
}

static UCHAR read_register(ULONG number)
{
    BOOLEAN divisor = serial.line_control & DIVISOR_LATCH && number <= INTERRUPT_ENABLE;

    switch (number) {
    case DATA:
        return divisor ? serial.divisor[0] : read_data();
    case INTERRUPT_ENABLE:
        return divisor ? serial.divisor[1] : serial.enable;
    case INTERRUPT_IDENTIFICATION:
        return read_identification();
    case LINE_CONTROL:
        return serial.line_control;
    case MODEM_CONTROL:
        return serial.modem_control;
    case LINE_STATUS:
        return read_line_status();
    case MODEM_STATUS:
        return modem_status();
    default:
        return serial.scratch;
    }
}

static void send(UCHAR value)
{
    if (serial.modem_control & LOOPBACK) {
        serial.status |= serial.status & DATA_READY ? OVERRUN : DATA_READY;
        serial.received = value;
    }
    serial.empty_pending = TRUE;
}

static void write_register(ULONG number, UCHAR value)
{
    if (serial.line_control & DIVISOR_LATCH && number <= INTERRUPT_ENABLE) {
        serial.divisor[number] = value;
        return;
    }
    switch (number) {
    case DATA:
        send(value);
        break;
    case INTERRUPT_ENABLE: /* enabling this interrupt with an empty transmitter raises it */
        if (value & ~serial.enable & ENABLE_EMPTY)
            serial.empty_pending = TRUE;
        serial.enable = value & 0x0F;
        break;
    case LINE_CONTROL:
        serial.line_control = value;
        break;
    case MODEM_CONTROL:
        serial.modem_control = value & 0x1F;
        break;
    case SCRATCH:
        serial.scratch = value;
        break;
    default: /* no FIFO, and the status registers are read-only */
        break;
    }
}

ULONG hal_serial_read(void *context, USHORT port, ULONG width)
{
    UCHAR value = read_register(port - FIRST_PORT);

    (void)context, (void)width;
    update_line();
    return value;
}

void hal_serial_write(void *context, USHORT port, ULONG width, ULONG value)
{
    (void)context, (void)width;
    write_register(port - FIRST_PORT, (UCHAR)value);
    update_line();
}
