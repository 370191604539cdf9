/*
 * See ws.h. wslay's frames are used, not its messages: those queue what is
 * to be sent in memory of their own, once for each client, and here one
 * event's bytes are the same for all.
 */

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "str.h"
#include "ws.h"

#define WS_CONTINUATION  0x0


struct pl_ws_s {
    wslay_frame_context_ptr  frames;
    pl_str_t                 fed;

    /* the frame at hand */
    uint64_t                 left;      /* of its payload */
    uint8_t                  opcode;
    uint8_t                  fin;
    bool                     open;      /* its header was read */

    /* the message at hand, apart from a control frame amid its fragments */
    bool                     text;      /* one has begun */
    size_t                   len;
    size_t                   n_control;
    uint8_t                  control[PL_WS_CONTROL_MAX];
    uint8_t                  body[PL_WS_MESSAGE_MAX];
};

typedef struct {
    uint8_t  *out;
    size_t    len;
} ws_pack_t;


static ssize_t ws_recv(uint8_t *buf, size_t len, int flags, void *data);
static ssize_t ws_send(const uint8_t *data, size_t len, int flags,
    void *user);
static unsigned ws_begin(pl_ws_t *ws, const struct wslay_frame_iocb *io);
static unsigned ws_take(pl_ws_t *ws, const struct wslay_frame_iocb *io);
static unsigned ws_end(pl_ws_t *ws, pl_ws_message_t *message, bool *whole);
static unsigned ws_closed(pl_ws_t *ws, pl_ws_message_t *message);
static bool ws_code(unsigned code);
static bool ws_control(uint8_t opcode);


pl_ws_t *
pl_ws_create(void)
{
    pl_ws_t  *ws;

    static const struct wslay_frame_callbacks  callbacks = {
        ws_send, ws_recv, NULL
    };

    ws = calloc(1, sizeof(pl_ws_t));
    if (ws == NULL) {
        return NULL;
    }

    if (wslay_frame_context_init(&ws->frames, &callbacks, ws) != 0) {
        free(ws);
        return NULL;
    }

    return ws;
}


void
pl_ws_destroy(pl_ws_t *ws)
{
    if (ws != NULL) {
        wslay_frame_context_free(ws->frames);
        free(ws);
    }
}


void
pl_ws_feed(pl_ws_t *ws, pl_str_t bytes)
{
    ws->fed = bytes;
}


pl_status_t
pl_ws_next(pl_ws_t *ws, pl_ws_message_t *message, unsigned *code)
{
    bool                     whole;
    ssize_t                  n;
    struct wslay_frame_iocb  io;

    whole = false;
    *code = 0;

    while (!whole && *code == 0) {
        memset(&io, 0, sizeof(io));

        n = wslay_frame_recv(ws->frames, &io);

        if (n < 0 && n != WSLAY_ERR_PROTO) {
            return PL_NOTFOUND;         /* all that was fed is read */
        }

        if (n < 0) {
            *code = PL_WS_PROTOCOL;
            break;
        }

        if (!ws->open) {
            *code = ws_begin(ws, &io);
        }

        if (*code == 0) {
            *code = ws_take(ws, &io);
        }

        if (*code == 0 && ws->left == 0) {
            ws->open = false;
            *code = ws_end(ws, message, &whole);
        }
    }

    return *code == 0 ? PL_OK : PL_INVALID;
}


static unsigned
ws_begin(pl_ws_t *ws, const struct wslay_frame_iocb *io)
{
    ws->open = true;
    ws->opcode = io->opcode;
    ws->fin = io->fin;
    ws->left = io->payload_length;

    /* a client masks what it sends (5.1), and no extension was agreed on */

    if (!io->mask || io->rsv != 0) {
        return PL_WS_PROTOCOL;
    }

    if (ws_control(io->opcode)) {
        ws->n_control = 0;
        return io->fin && io->payload_length <= PL_WS_CONTROL_MAX
               ? 0 : PL_WS_PROTOCOL;
    }

    if (io->opcode == PL_WS_TEXT) {
        if (ws->text) {
            return PL_WS_PROTOCOL;      /* amid another one's fragments */
        }

        ws->text = true;
        ws->len = 0;

    } else if (io->opcode == WS_CONTINUATION) {
        if (!ws->text) {
            return PL_WS_PROTOCOL;
        }

    } else {
        return io->opcode == 0x2 ? PL_WS_UNSUPPORTED : PL_WS_PROTOCOL;
    }

    return io->payload_length > PL_WS_MESSAGE_MAX - ws->len
           ? PL_WS_TOO_BIG : 0;
}


/* What there is of the frame; its length was checked. */

static unsigned
ws_take(pl_ws_t *ws, const struct wslay_frame_iocb *io)
{
    if (io->data_length > ws->left) {
        return PL_WS_PROTOCOL;
    }

    if (io->data_length == 0) {
        return 0;
    }

    if (ws_control(ws->opcode)) {
        memcpy(ws->control + ws->n_control, io->data, io->data_length);
        ws->n_control += io->data_length;

    } else {
        memcpy(ws->body + ws->len, io->data, io->data_length);
        ws->len += io->data_length;
    }

    ws->left -= io->data_length;

    return 0;
}


static unsigned
ws_end(pl_ws_t *ws, pl_ws_message_t *message, bool *whole)
{
    memset(message, 0, sizeof(pl_ws_message_t));

    if (ws_control(ws->opcode)) {
        *whole = true;
        message->kind = (pl_ws_kind_e) ws->opcode;
        message->body.data = ws->control;
        message->body.len = ws->n_control;

        return ws->opcode == PL_WS_CLOSE ? ws_closed(ws, message) : 0;
    }

    if (!ws->fin) {
        return 0;
    }

    *whole = true;
    ws->text = false;
    message->kind = PL_WS_TEXT;
    message->body.data = ws->body;
    message->body.len = ws->len;

    return pl_utf8_valid(message->body) ? 0 : PL_WS_NO_TEXT;
}


static unsigned
ws_closed(pl_ws_t *ws, pl_ws_message_t *message)
{
    pl_str_t  reason;

    if (ws->n_control == 0) {
        return 0;
    }

    if (ws->n_control == 1) {
        return PL_WS_PROTOCOL;
    }

    message->code = ((unsigned) ws->control[0] << 8) | ws->control[1];

    reason.data = ws->control + 2;
    reason.len = ws->n_control - 2;

    if (!ws_code(message->code)) {
        return PL_WS_PROTOCOL;
    }

    return pl_utf8_valid(reason) ? 0 : PL_WS_NO_TEXT;
}


/* That a client may say (7.4). */

static bool
ws_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005
            && code != 1006)
           || (code >= 3000 && code <= 4999);
}


static bool
ws_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}


size_t
pl_ws_pack(pl_ws_kind_e kind, pl_str_t body, uint8_t *out)
{
    ssize_t                   n;
    ws_pack_t                 pack;
    struct wslay_frame_iocb   io;
    wslay_frame_context_ptr   frames;

    static const struct wslay_frame_callbacks  callbacks = {
        ws_send, ws_recv, NULL
    };

    if (ws_control((uint8_t) kind) && body.len > PL_WS_CONTROL_MAX) {
        return 0;
    }

    pack.out = out;
    pack.len = 0;

    if (wslay_frame_context_init(&frames, &callbacks, &pack) != 0) {
        return 0;
    }

    memset(&io, 0, sizeof(io));
    io.fin = 1;
    io.opcode = (uint8_t) kind;
    io.payload_length = body.len;
    io.data = body.data;
    io.data_length = body.len;

    do {
        n = wslay_frame_send(frames, &io);

        if (n > 0) {
            io.data += n;
            io.data_length -= (size_t) n;
        }
    } while (n > 0 && io.data_length != 0);

    wslay_frame_context_free(frames);

    return n < 0 ? 0 : pack.len;
}


size_t
pl_ws_pack_close(unsigned code, uint8_t out[PL_WS_HEADER_MAX])
{
    uint8_t   bytes[2];
    pl_str_t  body = { bytes, sizeof(bytes) };

    bytes[0] = (uint8_t) (code >> 8);
    bytes[1] = (uint8_t) code;

    return pl_ws_pack(PL_WS_CLOSE, body, out);
}


static ssize_t
ws_recv(uint8_t *buf, size_t len, int flags, void *data)
{
    pl_ws_t  *ws = data;

    (void) flags;                       /* there is no more to come */

    if (ws->fed.len == 0) {
        return -1;
    }

    len = len < ws->fed.len ? len : ws->fed.len;

    memcpy(buf, ws->fed.data, len);
    ws->fed.data += len;
    ws->fed.len -= len;

    return (ssize_t) len;
}


/* user is a ws_pack_t: nothing is sent by a reader. */

static ssize_t
ws_send(const uint8_t *data, size_t len, int flags, void *user)
{
    ws_pack_t  *pack = user;

    (void) flags;                       /* it is all one buffer */

    memcpy(pack->out + pack->len, data, len);
    pack->len += len;

    return (ssize_t) len;
}
