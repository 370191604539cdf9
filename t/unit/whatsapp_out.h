/*
 * What the tests of WhatsApp's sends share: a codec, an arena, and a message
 * whose content is given as JSON.
 */

#ifndef T_WHATSAPP_OUT_H_INCLUDED
#define T_WHATSAPP_OUT_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp_impl.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define T_OUT_MAX  (8u * 1024 * 1024)

typedef struct {
    pl_codec_t           *codec;
    pl_arena_t           *ar;
    pl_err_t              err;
    Pl__ChannelSettings   channel;
    Pl__Address           address;
    Pl__Message           message;
} t_out_t;


static inline int
t_out_setup(void **state)
{
    t_out_t  *t = test_calloc(1, sizeof(*t));

    if (pl_shapes_codec(&t->codec, &t->err) != PL_OK) {
        print_error("%s: %s: %s\n", t->err.op, t->err.path, t->err.text);
        return -1;
    }

    t->ar = pl_arena_create(64 * 1024, T_OUT_MAX);
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static inline int
t_out_teardown(void **state)
{
    t_out_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


/* The content as JSON has it, to a phone; what was there before is gone. */

static inline void
t_out_content(t_out_t *t, const char *json)
{
    ProtobufCMessage  *msg;

    pl__channel_settings__init(&t->channel);
    t->channel.account = (char *) "106540352242922";
    t->channel.api_base_url = (char *) "https://graph.facebook.com";
    t->channel.api_version = (char *) "v24.0";

    pl__address__init(&t->address);
    t->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    t->address.value = (char *) "34600000001";

    pl__message__init(&t->message);
    t->message.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    t->message.address = &t->address;

    memset(&t->err, 0, sizeof(t->err));

    if (pl_json_decode(t->codec, &pl__content__descriptor, pl_str_c(json), 0,
                       t->ar, &msg, &t->err) != PL_OK)
    {
        fail_msg("%.200s: %s: %s", json, t->err.path, t->err.text);
    }

    t->message.content = (Pl__Content *) msg;
}


static inline void
t_out_group(t_out_t *t)
{
    t->message.party_kind = PL__PARTY_KIND__PARTY_KIND_GROUP;
    t->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
    t->address.value = (char *) "Y2FwaV9ncm91cDox";
}


static inline pl_status_t
t_out_check(t_out_t *t)
{
    memset(&t->err, 0, sizeof(t->err));

    return pl_whatsapp.check(&t->message, &t->err);
}


/* path NULL: it may go; else it is refused there, with something to read. */

static inline void
t_out_expect(t_out_t *t, const char *path)
{
    pl_status_t  rc = t_out_check(t);

    if (path == NULL) {
        if (rc != PL_OK) {
            fail_msg("%s: %s", t->err.path, t->err.text);
        }
        return;
    }

    if (rc != PL_INVALID || strcmp(t->err.path, path) != 0) {
        fail_msg("not %s, but %s at '%s': %s", path, pl_status_name(rc),
                 t->err.path, t->err.text);
    }

    assert_string_not_equal(t->err.text, "");
}


static inline pl_status_t
t_out_build(t_out_t *t, pl_arena_t *ar, pl_request_t *request)
{
    pl_send_t  send = { &t->channel, &t->message, 17, "5eed0001",
                       PL_STR("EAAG-secret"), NULL, NULL, NULL };

    memset(request, 0, sizeof(*request));
    memset(&t->err, 0, sizeof(t->err));

    return pl_whatsapp.build(t->codec, &send, ar, request, &t->err);
}

#endif /* T_WHATSAPP_OUT_H_INCLUDED */
