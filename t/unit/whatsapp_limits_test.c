/*
 * WhatsApp inbound at its limits: items, bytes, contacts, memory.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define TEST_HEAD                                                             \
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"changes\":["     \
    "{\"field\":\"messages\",\"value\":{\"metadata\":"                        \
    "{\"phone_number_id\":\"1\"}"
#define TEST_LIST  TEST_HEAD ",\"messages\":["
#define TEST_TAIL  "}}]}]}"


typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
} test_t;


static int
test_setup(void **state)
{
    pl_err_t  err;
    test_t   *t = test_calloc(1, sizeof(*t));

    if (pl_shapes_codec(&t->codec, &err) != PL_OK) {
        print_error("%s: %s: %s\n", err.op, err.path, err.text);
        return -1;
    }

    t->ar = pl_arena_create(64 * 1024, PL_DECODE_ARENA_MAX);
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


/* head, n times "item," without the last comma, tail. */

static pl_str_t
test_body(pl_arena_t *ar, const char *head, const char *item, size_t n,
    const char *tail)
{
    size_t    i, len = strlen(item) + 1;
    uint8_t  *data, *p;

    data = pl_arena_alloc(ar, strlen(head) + n * len + strlen(tail) + 1);
    assert_non_null(data);

    p = data + strlen(head);
    memcpy(data, head, strlen(head));

    for (i = 0; i < n; i++) {
        memcpy(p, item, len - 1);
        p += len;
        p[-1] = ',';
    }

    p -= n > 0;
    memcpy(p, tail, strlen(tail));
    p += strlen(tail);

    return (pl_str_t) { data, (size_t) (p - data) };
}


static void
test_items_max(void **state)
{
    test_t       *t = *state;
    pl_err_t      err;
    pl_str_t      body;
    pl_decoded_t  decoded;

    pl_arena_reset(t->ar);
    body = test_body(t->ar, TEST_LIST, "{}", PL_ITEMS_MAX,
                     "]" TEST_TAIL);
    assert_int_equal(pl_whatsapp.decode(t->codec, body, t->ar, &decoded,
                                        &err), PL_OK);
    assert_int_equal(decoded.n_commands, PL_ITEMS_MAX);

    pl_arena_reset(t->ar);
    body = test_body(t->ar, TEST_HEAD ",\"statuses\":[", "{}",
                     PL_ITEMS_MAX + 1, "]" TEST_TAIL);
    assert_int_equal(pl_whatsapp.decode(t->codec, body, t->ar, &decoded,
                                        &err), PL_TOOBIG);
    assert_int_equal(decoded.n_commands, 0);
}


/* A body as long as Meta's may be: every message, in order. */

static void
test_body_max(void **state)
{
    char          item[160], id[32];
    test_t       *t = *state;
    size_t        i, n = 0, len;
    uint8_t      *data, *p, *end;
    pl_err_t      err;
    pl_decoded_t  decoded;

    pl_arena_reset(t->ar);
    data = pl_arena_alloc(t->ar, PL_BODY_MAX);
    assert_non_null(data);

    memcpy(data, TEST_LIST, strlen(TEST_LIST));
    p = data + strlen(TEST_LIST);
    end = data + PL_BODY_MAX - strlen("]" TEST_TAIL) - sizeof(item);

    while (p < end) {
        len = (size_t) snprintf(item, sizeof(item),
                                "%s{\"from\":\"%zu\",\"id\":\"m%zu\","
                                "\"timestamp\":\"1739321024\",\"type\":"
                                "\"text\",\"text\":{\"body\":\"hello\"}}",
                                n == 0 ? "" : ",", 34600000000 + n % 100, n);
        memcpy(p, item, len);
        p += len;
        n++;
    }

    memset(p, ' ', (size_t) (data + PL_BODY_MAX - p));
    memcpy(p, "]" TEST_TAIL, strlen("]" TEST_TAIL));

    assert_int_equal(pl_whatsapp.decode(t->codec,
                                        (pl_str_t) { data, PL_BODY_MAX },
                                        t->ar, &decoded, &err), PL_OK);
    assert_true(n > 20000);
    assert_int_equal(decoded.n_commands, n);

    for (i = 0; i < n; i++) {
        assert_int_equal(decoded.commands[i]->of_case,
                         PL__COMMAND__OF_INBOUND_MESSAGE);
        (void) snprintf(id, sizeof(id), "m%zu", i);
        assert_string_equal(decoded.commands[i]->inbound_message->provider_id,
                            id);
    }
}


/* How far the search for a sender's name goes; past that it is not known. */

static void
test_contacts_max(void **state)
{
    char         *head;
    test_t       *t = *state;
    size_t        n;
    pl_err_t      err;
    pl_str_t      body, contacts;
    pl_decoded_t  decoded;

    for (n = 1023; n <= 1024; n++) {
        pl_arena_reset(t->ar);

        contacts = test_body(t->ar, TEST_HEAD ",\"contacts\":[",
                             "{\"wa_id\":\"5\"}", n, "");
        head = pl_arena_printf(t->ar, "%.*s,{\"wa_id\":\"7\",\"profile\":"
                               "{\"name\":\"Ana\"}}],\"messages\":[",
                               (int) contacts.len,
                               (const char *) contacts.data);
        assert_non_null(head);
        body = test_body(t->ar, head, "{\"from\":\"7\",\"id\":\"a\","
                         "\"timestamp\":1,\"type\":\"x\"}", 1,
                         "]" TEST_TAIL);

        assert_int_equal(pl_whatsapp.decode(t->codec, body, t->ar, &decoded,
                                            &err), PL_OK);
        assert_int_equal(decoded.n_commands, 1);

        if (n == 1023) {
            assert_string_equal(decoded.commands[0]->inbound_message->from
                                ->name, "Ana");
        } else {
            assert_null(decoded.commands[0]->inbound_message->from->name);
        }
    }
}


/* A text of 64 KiB is taken, a longer one makes its message unreadable. */

static void
test_text_max(void **state)
{
    char         *text;
    test_t       *t = *state;
    size_t        len;
    pl_err_t      err;
    pl_str_t      body;
    pl_decoded_t  decoded;

    for (len = 65536; len <= 65537; len++) {
        pl_arena_reset(t->ar);

        text = pl_arena_alloc(t->ar, len + 1);
        assert_non_null(text);
        memset(text, 'x', len);
        text[len] = '\0';

        text = pl_arena_printf(t->ar, "{\"from\":\"7\",\"id\":\"a\","
                               "\"timestamp\":1,\"type\":\"text\","
                               "\"text\":{\"body\":\"%s\"}}", text);
        assert_non_null(text);
        body = test_body(t->ar, TEST_LIST, text, 1, "]" TEST_TAIL);

        assert_int_equal(pl_whatsapp.decode(t->codec, body, t->ar, &decoded,
                                            &err), PL_OK);
        assert_int_equal(decoded.n_commands, 1);
        assert_int_equal(decoded.commands[0]->of_case,
                         len == 65536 ? PL__COMMAND__OF_INBOUND_MESSAGE
                                      : PL__COMMAND__OF_UNREADABLE_ITEM);
    }
}


/* Nesting of 32 is taken; deeper, and the item is unreadable, it alone. */

static void
test_depth_max(void **state)
{
    char          item[128];
    test_t       *t = *state;
    size_t        n;
    pl_err_t      err;
    pl_str_t      body;
    pl_status_t   rc;
    pl_decoded_t  decoded;

    /* a message is the eighth level */

    for (n = PL_JSON_DEPTH_MAX - 8; n <= PL_JSON_DEPTH_MAX - 7; n++) {
        pl_arena_reset(t->ar);

        (void) snprintf(item, sizeof(item), "{\"new\":%.*s%.*s}", (int) n,
                        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", (int) n,
                        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        body = test_body(t->ar, TEST_LIST, item, 1, "]" TEST_TAIL);

        rc = pl_whatsapp.decode(t->codec, body, t->ar, &decoded, &err);
        assert_int_equal(rc, PL_OK);
        assert_int_equal(decoded.n_commands, 1);
        assert_int_equal(decoded.commands[0]->of_case
                         == PL__COMMAND__OF_UNREADABLE_ITEM
                         && strstr(decoded.commands[0]->unreadable_item
                                   ->reason, "nested deeper") != NULL,
                         n != PL_JSON_DEPTH_MAX - 8);
    }
}


/* Whatever the memory: all of it, or a clean refusal. */

static void
test_no_memory(void **state)
{
    size_t        max;
    test_t       *t = *state;
    pl_err_t      err;
    pl_str_t      body;
    pl_arena_t   *ar;
    pl_status_t   rc = PL_NOMEM;
    pl_decoded_t  decoded;

    pl_arena_reset(t->ar);
    body = test_body(t->ar, TEST_LIST,
                     "{\"from\":\"34600000001\",\"id\":\"a\","
                     "\"timestamp\":1,\"type\":\"text\","
                     "\"text\":{\"body\":\"hello\"}}", 16, "]" TEST_TAIL);

    for (max = 512; rc != PL_OK && max < 1024 * 1024; max += 512) {
        ar = pl_arena_create(512, max);
        assert_non_null(ar);

        rc = pl_whatsapp.decode(t->codec, body, ar, &decoded, &err);
        assert_true(rc == PL_NOMEM || rc == PL_OK);
        assert_true(rc != PL_OK || decoded.n_commands == 16);

        pl_arena_destroy(ar);
    }

    assert_int_equal(rc, PL_OK);
    assert_true(max > 1024);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_items_max),
        cmocka_unit_test(test_body_max),
        cmocka_unit_test(test_contacts_max),
        cmocka_unit_test(test_text_max),
        cmocka_unit_test(test_depth_max),
        cmocka_unit_test(test_no_memory),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_limits", tests, test_setup,
                                       test_teardown);
}
