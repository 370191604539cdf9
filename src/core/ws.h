/*
 * WebSocket frames (RFC 6455), the server's side; the only door to wslay.
 * Bytes in, messages out, and the other way; knows no connection.
 *
 * What a client may send is little: one text message at a time, whole or in
 * fragments, of PL_WS_MESSAGE_MAX bytes, and control frames. Anything else
 * is a violation, with the code to close with.
 *
 * One thread at a time has a reader.
 */

#ifndef PL_WS_H_INCLUDED
#define PL_WS_H_INCLUDED

#include "pl.h"

#define PL_WS_MESSAGE_MAX  4096
#define PL_WS_CONTROL_MAX  125          /* RFC 6455, 5.5 */
#define PL_WS_HEADER_MAX   10           /* of a frame that is not masked */

typedef struct pl_ws_s  pl_ws_t;

typedef enum {
    PL_WS_TEXT = 0x1,
    PL_WS_CLOSE = 0x8,
    PL_WS_PING = 0x9,
    PL_WS_PONG = 0xa
} pl_ws_kind_e;

/* RFC 6455, 7.4.1 */
#define PL_WS_NORMAL       1000
#define PL_WS_PROTOCOL     1002
#define PL_WS_UNSUPPORTED  1003
#define PL_WS_NO_TEXT      1007         /* no valid UTF-8 */
#define PL_WS_POLICY       1008
#define PL_WS_TOO_BIG      1009
#define PL_WS_RESTART      1012
#define PL_WS_AGAIN        1013

typedef struct {
    pl_ws_kind_e   kind;
    pl_str_t       body;        /* until the next call with this reader */
    unsigned       code;        /* of a close; 0: none was said */
} pl_ws_message_t;

/* NULL when the system has no memory. */
pl_ws_t *pl_ws_create(void);
void pl_ws_destroy(pl_ws_t *ws);                /* NULL is fine */

/* What was received; it must stay until pl_ws_next is PL_NOTFOUND. */
void pl_ws_feed(pl_ws_t *ws, pl_str_t bytes);

/*
 * PL_OK: a message. PL_NOTFOUND: all that was fed is read. PL_INVALID: a
 * violation, *code is what to close with; nothing more can be read.
 */
pl_status_t pl_ws_next(pl_ws_t *ws, pl_ws_message_t *message,
    unsigned *code);

/* Packs a frame to out, of body.len + PL_WS_HEADER_MAX bytes: its length;
   0: it is none (a control frame that is too long). Pure. */
size_t pl_ws_pack(pl_ws_kind_e kind, pl_str_t body, uint8_t *out);

/* The same of a close, with its code and no words. */
size_t pl_ws_pack_close(unsigned code, uint8_t out[PL_WS_HEADER_MAX]);

#endif /* PL_WS_H_INCLUDED */
