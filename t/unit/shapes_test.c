/*
 * The one codec: every stored record can be shown through it, a provider's
 * raw item as the JSON that it is, and bytes that may be anything as base64.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/channel.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"


typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
} test_t;


static const ProtobufCMessageDescriptor *const test_records[] = {
    &pl__entry__descriptor,           &pl__command__descriptor,
    &pl__contact__descriptor,         &pl__group__descriptor,
    &pl__conversation__descriptor,    &pl__message__descriptor,
    &pl__effect__descriptor,          &pl__attempt_record__descriptor,
    &pl__dead_letter__descriptor,     &pl__unknown_send__descriptor,
    &pl__quarantine__descriptor,      &pl__timer__descriptor,
    &pl__change__descriptor,          &pl__audit_event__descriptor,
    &pl__state_meta__descriptor,      &pl__journal_meta__descriptor,
    &pl__skip_row__descriptor,        &pl__cycle_row__descriptor,
    &pl__channel_settings__descriptor, &pl__flow_settings__descriptor,
    &pl__tenant_settings__descriptor, &pl__global_settings__descriptor,
    &pl__settings_publish__descriptor, &pl__attempt__descriptor,
    &pl__send_result__descriptor,     &pl__sender_start__descriptor,
};


static int
test_setup(void **state)
{
    pl_err_t  err;
    test_t   *t = test_calloc(1, sizeof(*t));

    if (pl_shapes_codec(&t->codec, &err) != PL_OK) {
        print_error("%s: %s: %s\n", err.op, err.path, err.text);
        return -1;
    }

    t->ar = pl_arena_create(64 * 1024, 1024 * 1024);
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static int
test_teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


/* Required strings are "" here: an empty record need not be complete. */

static void
test_fill(const ProtobufCMessageDescriptor *shape, uint8_t *msg)
{
    char    *empty = (char *) (uintptr_t) "";
    size_t   i;

    for (i = 0; i < shape->n_fields; i++) {
        if (shape->fields[i].label == PROTOBUF_C_LABEL_REQUIRED
            && shape->fields[i].type == PROTOBUF_C_TYPE_STRING)
        {
            memcpy(msg + shape->fields[i].offset, &empty, sizeof(empty));
        }
    }
}


static void
test_shown(void **state)
{
    test_t       *t = *state;
    size_t        i;
    pl_err_t      err;
    pl_str_t      out;
    uint8_t      *msg;
    pl_status_t   rc;

    for (i = 0; i < PL_COUNT(test_records); i++) {
        pl_arena_reset(t->ar);
        msg = pl_arena_alloc(t->ar, test_records[i]->sizeof_message);
        assert_non_null(msg);
        test_records[i]->message_init((ProtobufCMessage *) (void *) msg);
        test_fill(test_records[i], msg);

        rc = pl_json_encode(t->codec, (ProtobufCMessage *) (void *) msg,
                            t->ar, &out, &err);

        /* a missing part may be refused, an unknown shape may not be */

        assert_true(rc == PL_OK || rc == PL_INVALID);
        assert_true(rc != PL_OK || out.len >= 2);
    }
}


static void
test_providers(void **state)
{
    test_t              *t = *state;
    size_t               i, j;
    pl_err_t             err;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    const pl_channel_t  *channel;

    for (i = 0; (channel = pl_channel_at(i)) != NULL; i++) {
        assert_ptr_equal(pl_channel_find(pl_str_c(channel->name)), channel);

        for (j = 0; j < channel->n_shapes; j++) {
            pl_arena_reset(t->ar);
            rc = pl_json_decode(t->codec, channel->shapes[j], PL_STR("{}"),
                                0, t->ar, &msg, &err);
            assert_true(rc == PL_OK || rc == PL_INVALID);
        }
    }

    assert_true(i > 0);
    assert_null(pl_channel_find(PL_STR("")));
    assert_null(pl_channel_find(PL_STR("whats")));
    assert_null(pl_channel_find(PL_STR("whatsapp2")));
}


static void
test_raw(void **state)
{
    test_t              *t = *state;
    char                *text;
    pl_err_t             err;
    pl_str_t             out;
    uint8_t              raw[] = "{ \"a\" : [ 1 ,\n2.50 ] }";
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__Quarantine       kept = PL__QUARANTINE__INIT;

    pl_arena_reset(t->ar);

    content.type = (char *) (uintptr_t) "new";
    content.has_raw = true;
    content.raw = (ProtobufCBinaryData) { sizeof(raw) - 1, raw };

    assert_int_equal(pl_json_encode(t->codec, &content.base, t->ar, &out,
                                    &err), PL_OK);
    text = pl_arena_str(t->ar, out);
    assert_string_equal(text, "{\"type\":\"new\",\"raw\":{\"a\":[1,2.50]}}");

    kept.reason = (char *) (uintptr_t) "no JSON";
    kept.has_raw = true;
    kept.raw = (ProtobufCBinaryData) { 3, raw };

    assert_int_equal(pl_json_encode(t->codec, &kept.base, t->ar, &out, &err),
                     PL_OK);
    text = pl_arena_str(t->ar, out);
    assert_non_null(strstr(text, "\"raw\":\"eyAi\""));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_providers),
        cmocka_unit_test(test_raw),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("shapes", tests, test_setup,
                                       test_teardown);
}
