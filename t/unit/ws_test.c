/* WebSocket frames: what a client may send, and what is sent to it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/core/ws.h"

#define FRAME_MAX  (2 * PL_WS_MESSAGE_MAX)

typedef struct {
    size_t    len;
    uint8_t   bytes[FRAME_MAX];
} frame_t;


/* A frame as a client sends it: masked, with the shortest length. */
static void
frame_add(frame_t *f, uint8_t first, const char *body, size_t len)
{
    size_t         i;
    static const uint8_t  mask[4] = { 1, 2, 3, 4 };

    f->bytes[f->len++] = first;

    if (len < 126) {
        f->bytes[f->len++] = (uint8_t) (0x80 | len);

    } else {
        f->bytes[f->len++] = 0x80 | 126;
        f->bytes[f->len++] = (uint8_t) (len >> 8);
        f->bytes[f->len++] = (uint8_t) len;
    }

    memcpy(f->bytes + f->len, mask, 4);
    f->len += 4;

    for (i = 0; i < len; i++) {
        f->bytes[f->len++] = (uint8_t) body[i] ^ mask[i % 4];
    }
}


static pl_status_t
frame_read(pl_ws_t *ws, const frame_t *f, pl_ws_message_t *m, unsigned *code)
{
    pl_str_t  bytes = { f->bytes, f->len };

    pl_ws_feed(ws, bytes);

    return pl_ws_next(ws, m, code);
}


static unsigned
frame_wrong(const frame_t *f)
{
    pl_ws_t          *ws = pl_ws_create();
    unsigned          code;
    pl_ws_message_t   m;

    assert_non_null(ws);
    assert_int_equal(frame_read(ws, f, &m, &code), PL_INVALID);
    pl_ws_destroy(ws);

    return code;
}


static void
test_messages(void **state)
{
    frame_t           f = { 0 };
    pl_ws_t          *ws = pl_ws_create();
    unsigned          code;
    pl_ws_message_t   m;

    (void) state;
    assert_non_null(ws);

    frame_add(&f, 0x81, "hello", 5);
    frame_add(&f, 0x89, "you?", 4);
    frame_add(&f, 0x88, "\x03\xe8" "bye", 5);

    assert_int_equal(frame_read(ws, &f, &m, &code), PL_OK);
    assert_int_equal(m.kind, PL_WS_TEXT);
    assert_true(pl_str_eq(m.body, pl_str_c("hello")));

    assert_int_equal(pl_ws_next(ws, &m, &code), PL_OK);
    assert_int_equal(m.kind, PL_WS_PING);
    assert_true(pl_str_eq(m.body, pl_str_c("you?")));

    assert_int_equal(pl_ws_next(ws, &m, &code), PL_OK);
    assert_int_equal(m.kind, PL_WS_CLOSE);
    assert_int_equal(m.code, PL_WS_NORMAL);

    assert_int_equal(pl_ws_next(ws, &m, &code), PL_NOTFOUND);
    pl_ws_destroy(ws);
}


/* Byte by byte, in fragments, with a ping between them. */
static void
test_fragments(void **state)
{
    size_t            i, n = 0;
    frame_t           f = { 0 };
    pl_str_t          byte;
    pl_ws_t          *ws = pl_ws_create();
    unsigned          code;
    pl_ws_message_t   m;

    (void) state;
    assert_non_null(ws);

    frame_add(&f, 0x01, "hel", 3);
    frame_add(&f, 0x89, "", 0);
    frame_add(&f, 0x80, "lo", 2);

    for (i = 0; i < f.len; i++) {
        byte.data = &f.bytes[i];
        byte.len = 1;
        pl_ws_feed(ws, byte);

        while (pl_ws_next(ws, &m, &code) == PL_OK) {
            if (n++ == 0) {
                assert_int_equal(m.kind, PL_WS_PING);
            } else {
                assert_true(pl_str_eq(m.body, pl_str_c("hello")));
            }
        }

        assert_int_equal(code, 0);
    }

    assert_int_equal(n, 2);
    pl_ws_destroy(ws);
}


static void
test_limit(void **state)
{
    frame_t           f = { 0 };
    pl_ws_t          *ws = pl_ws_create();
    unsigned          code;
    pl_ws_message_t   m;
    static char       text[PL_WS_MESSAGE_MAX + 1];

    (void) state;
    memset(text, 'x', sizeof(text));

    frame_add(&f, 0x81, text, PL_WS_MESSAGE_MAX);
    assert_int_equal(frame_read(ws, &f, &m, &code), PL_OK);
    assert_int_equal(m.body.len, PL_WS_MESSAGE_MAX);
    pl_ws_destroy(ws);

    f.len = 0;
    frame_add(&f, 0x81, text, PL_WS_MESSAGE_MAX + 1);
    assert_int_equal(frame_wrong(&f), PL_WS_TOO_BIG);

    f.len = 0;
    frame_add(&f, 0x01, text, PL_WS_MESSAGE_MAX);
    frame_add(&f, 0x80, text, 1);
    assert_int_equal(frame_wrong(&f), PL_WS_TOO_BIG);
}


static void
test_wrong(void **state)
{
    size_t   i;
    frame_t  f;

    static const struct {
        uint8_t      first;
        const char  *body;
        size_t       len;
        unsigned     code;
    } rows[] = {
        { 0x82, "x", 1, PL_WS_UNSUPPORTED },        /* binary */
        { 0x83, "x", 1, PL_WS_PROTOCOL },           /* no such kind */
        { 0xc1, "x", 1, PL_WS_PROTOCOL },           /* reserved bit */
        { 0x80, "x", 1, PL_WS_PROTOCOL },           /* of nothing */
        { 0x09, "x", 1, PL_WS_PROTOCOL },           /* a ping in parts */
        { 0x81, "\xff", 1, PL_WS_NO_TEXT },
        { 0x88, "x", 1, PL_WS_PROTOCOL },           /* half a code */
        { 0x88, "\x03\xed", 2, PL_WS_PROTOCOL },    /* 1005 */
        { 0x88, "\x03\xe8\xff", 3, PL_WS_NO_TEXT },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        memset(&f, 0, sizeof(f));
        frame_add(&f, rows[i].first, rows[i].body, rows[i].len);
        assert_int_equal(frame_wrong(&f), rows[i].code);
    }

    /* without a mask; and a second text amid the first one's fragments */

    memset(&f, 0, sizeof(f));
    memcpy(f.bytes, "\x81\x01x", 3);
    f.len = 3;
    assert_int_equal(frame_wrong(&f), PL_WS_PROTOCOL);

    f.len = 0;
    frame_add(&f, 0x01, "a", 1);
    frame_add(&f, 0x81, "b", 1);
    assert_int_equal(frame_wrong(&f), PL_WS_PROTOCOL);
}


static void
test_pack(void **state)
{
    uint8_t   out[70000 + PL_WS_HEADER_MAX];
    pl_str_t  body;
    static uint8_t  text[70000];

    (void) state;
    body.data = text;

    body.len = 5;
    assert_int_equal(pl_ws_pack(PL_WS_TEXT, body, out), 7);
    assert_memory_equal(out, "\x81\x05", 2);

    body.len = 126;
    assert_int_equal(pl_ws_pack(PL_WS_TEXT, body, out), 130);
    assert_memory_equal(out, "\x81\x7e\x00\x7e", 4);

    body.len = 70000;
    assert_int_equal(pl_ws_pack(PL_WS_TEXT, body, out), 70010);

    body.len = PL_WS_CONTROL_MAX;
    assert_int_equal(pl_ws_pack(PL_WS_PING, body, out), 127);
    body.len = PL_WS_CONTROL_MAX + 1;
    assert_int_equal(pl_ws_pack(PL_WS_PING, body, out), 0);

    assert_int_equal(pl_ws_pack_close(PL_WS_RESTART, out), 4);
    assert_memory_equal(out, "\x88\x02\x03\xf4", 4);

    assert_int_equal(pl_ws_pack(PL_WS_PING, PL_STR_NULL, out), 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_pack),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ws", tests, NULL, NULL);
}
