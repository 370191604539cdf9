/*
 * WhatsApp inbound: what one message may hold, and what a whole body of the
 * costly kinds takes. Lists that are decoded apart cost the most.
 */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define TEST_FIELD(field)                                                     \
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"changes\":["     \
    "{\"field\":\"" field "\",\"value\":{\"metadata\":"                       \
    "{\"phone_number_id\":\"1\",\"display_phone_number\":\"9\"}"
#define TEST_LIST   TEST_FIELD("messages") ",\"messages\":["
#define TEST_TAIL   "]}}]}]}"
#define TEST_HEAD   "{\"from\":\"7\",\"id\":\"a\",\"timestamp\":1,"
#define TEST_ERROR  "{\"code\":131051,\"title\":\"Message type unknown\","    \
    "\"message\":\"Message type unknown\"}"


typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
    pl_err_t     err;
} test_t;


static int
test_setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    if (pl_shapes_codec(&t->codec, &t->err) != PL_OK) {
        print_error("%s: %s: %s\n", t->err.op, t->err.path, t->err.text);
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
test_body(const char *head, const char *item, size_t n, const char *tail)
{
    size_t    i, len = strlen(item) + 1;
    uint8_t  *data, *p;

    data = malloc(strlen(head) + n * len + strlen(tail) + 1);
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


static pl_status_t
test_decode(test_t *t, pl_str_t body, pl_decoded_t *out)
{
    pl_status_t  rc;

    pl_arena_reset(t->ar);
    rc = pl_whatsapp.decode(t->codec, body, t->ar, out, &t->err);

    return rc;
}


static void
test_free_body(pl_str_t body)
{
    free((void *) (uintptr_t) body.data);
}


/* Messages of history count like any others. */

static void
test_history_max(void **state)
{
    test_t       *t = *state;
    pl_str_t      body;
    pl_decoded_t  out;

    static const char  head[] = TEST_FIELD("history") ",\"history\":["
                                "{\"threads\":[{\"id\":\"7\",\"messages\":[";

    body = test_body(head, "{}", PL_ITEMS_MAX, "]}]}" TEST_TAIL);
    assert_int_equal(test_decode(t, body, &out), PL_OK);
    assert_int_equal(out.n_commands, PL_ITEMS_MAX);
    test_free_body(body);

    body = test_body(head, "{}", PL_ITEMS_MAX,
                     "]}],\"errors\":[{\"code\":1}]}" TEST_TAIL);
    assert_int_equal(test_decode(t, body, &out), PL_TOOBIG);
    assert_int_equal(out.n_commands, 0);
    test_free_body(body);
}


/* Meta's largest body, full of what costs most, is read whole. */

static void
test_body_max(void **state)
{
    size_t        i, k, n;
    test_t       *t = *state;
    pl_str_t      body;
    pl_decoded_t  out;

    static const struct {
        const char         *item;
        Pl__Content__OfCase  of;
    } cases[] = {
        { TEST_HEAD "\"type\":\"unsupported\",\"errors\":[" TEST_ERROR "]}",
          PL__CONTENT__OF_UNSUPPORTED },
        { TEST_HEAD "\"type\":\"image\",\"errors\":[" TEST_ERROR "]}",
          PL__CONTENT__OF_MEDIA },
        { TEST_HEAD "\"type\":\"interactive\",\"interactive\":{\"type\":"
          "\"nfm_reply\",\"nfm_reply\":{\"name\":\"flow\",\"response_json\":"
          "\"{\\\"flow_token\\\":\\\"tok\\\",\\\"a\\\":[1,2]}\"}}}",
          PL__CONTENT__OF_FORM_REPLY },
        { TEST_HEAD "\"type\":\"contacts\",\"contacts\":[{\"name\":"
          "{\"formatted_name\":\"Eva Gil\"},\"phones\":[{\"phone\":"
          "\"+34 600 00 00 02\",\"type\":\"CELL\"}]}]}",
          PL__CONTENT__OF_CARDS },
    };

    for (i = 0; i < PL_COUNT(cases); i++) {
        n = (PL_BODY_MAX - 1024) / (strlen(cases[i].item) + 1);
        body = test_body(TEST_LIST, cases[i].item, n, TEST_TAIL);
        assert_true(body.len <= PL_BODY_MAX && n > 10000);

        assert_int_equal(test_decode(t, body, &out), PL_OK);
        assert_int_equal(out.n_commands, n);

        for (k = 0; k < n; k += 997) {
            assert_int_equal(out.commands[k]->inbound_message->content
                             ->of_case, cases[i].of);
        }

        test_free_body(body);
    }
}


/* As many cards as a message may have; one more, and it is kept as JSON. */

static void
test_cards_max(void **state)
{
    size_t             n;
    test_t            *t = *state;
    pl_str_t           body;
    pl_decoded_t       out;
    const Pl__Content  *content;

    for (n = 257; n <= 258; n++) {
        body = test_body(TEST_LIST TEST_HEAD "\"type\":\"contacts\","
                         "\"contacts\":[", "{\"birthday\":\"1\"}", n,
                         "]}" TEST_TAIL);
        assert_int_equal(test_decode(t, body, &out), PL_OK);
        content = out.commands[0]->inbound_message->content;
        assert_int_equal(content->cards->n_cards, 257);
        assert_int_equal(content->has_raw, n == 258);
        test_free_body(body);
    }
}


static void
test_errors_max(void **state)
{
    size_t        n;
    test_t       *t = *state;
    pl_str_t      body;
    pl_decoded_t  out;

    for (n = 64; n <= 65; n++) {
        body = test_body(TEST_FIELD("messages") ",\"statuses\":[{\"id\":\"a\","
                         "\"status\":\"failed\",\"timestamp\":1,\"errors\":[",
                         TEST_ERROR, n, "]}" TEST_TAIL);
        assert_int_equal(test_decode(t, body, &out), PL_OK);
        assert_int_equal(out.commands[0]->of_case,
                         n == 64 ? PL__COMMAND__OF_DELIVERY_STATUS
                                 : PL__COMMAND__OF_UNREADABLE_ITEM);
        assert_true(n != 64
                    || out.commands[0]->delivery_status->n_errors == 64);
        test_free_body(body);
    }
}


/* Texts as long as they may be; one byte more costs the typed form alone. */

static void
test_texts_max(void **state)
{
    char          *text;
    size_t         i, len;
    test_t        *t = *state;
    pl_str_t       body;
    pl_decoded_t   out;

    static const struct {
        const char           *head;
        size_t                max;
        const char           *tail;
        Pl__Content__OfCase   of;
    } cases[] = {
        { "\"type\":\"image\",\"image\":{\"id\":\"1\",\"caption\":\"",
          65536, "\"}}", PL__CONTENT__OF_MEDIA },
        { "\"type\":\"image\",\"image\":{\"id\":\"", 256, "\"}}",
          PL__CONTENT__OF_MEDIA },
        { "\"type\":\"image\",\"image\":{\"id\":\"1\",\"url\":\"",
          8192, "\"}}", PL__CONTENT__OF_MEDIA },
        { "\"type\":\"document\",\"document\":{\"id\":\"1\","
          "\"filename\":\"", 1024, "\"}}", PL__CONTENT__OF_MEDIA },
        { "\"type\":\"location\",\"location\":{\"longitude\":\"1\","
          "\"latitude\":\"", 64, "\"}}", PL__CONTENT__OF_LOCATION },
        { "\"type\":\"reaction\",\"reaction\":{\"message_id\":\"", 256,
          "\"}}", PL__CONTENT__OF_REACTION },
        { "\"type\":\"reaction\",\"reaction\":{\"message_id\":\"a\","
          "\"emoji\":\"", 1024, "\"}}", PL__CONTENT__OF_REACTION },
        { "\"type\":\"revoke\",\"revoke\":{\"original_message_id\":\"",
          256, "\"}}", PL__CONTENT__OF_REVOKE },
        { "\"type\":\"system\",\"system\":{\"wa_id\":\"", 256, "\"}}",
          PL__CONTENT__OF_SYSTEM },
    };

    text = malloc(65536 + 2);
    assert_non_null(text);

    for (i = 0; i < PL_COUNT(cases); i++) {
        for (len = cases[i].max; len <= cases[i].max + 1; len++) {
            memset(text, '1', len);
            text[len] = '\0';

            pl_arena_reset(t->ar);
            body = test_body(pl_arena_printf(t->ar, TEST_LIST TEST_HEAD "%s",
                                             cases[i].head), text, 1,
                             pl_arena_printf(t->ar, "%s" TEST_TAIL,
                                             cases[i].tail));
            assert_int_equal(test_decode(t, body, &out), PL_OK);
            assert_int_equal(out.n_commands, 1);
            assert_int_equal(out.commands[0]->inbound_message->content
                             ->of_case, len == cases[i].max
                                        ? cases[i].of
                                        : PL__CONTENT__OF__NOT_SET);
            test_free_body(body);
        }
    }

    free(text);
}


/* Lists likewise. */

static void
test_lists_max(void **state)
{
    size_t        i, n;
    test_t       *t = *state;
    pl_str_t      body;
    pl_decoded_t  out;

    static const struct {
        const char           *head;
        size_t                max;
        const char           *tail;
        Pl__Content__OfCase   of;
    } cases[] = {
        { "\"type\":\"order\",\"order\":{\"product_items\":[", 1024,
          "]}}", PL__CONTENT__OF_ORDER },
        { "\"type\":\"contacts\",\"contacts\":[{\"phones\":[", 256,
          "]}]}", PL__CONTENT__OF_CARDS },
        { "\"type\":\"contacts\",\"contacts\":[{\"emails\":[", 256,
          "]}]}", PL__CONTENT__OF_CARDS },
        { "\"type\":\"contacts\",\"contacts\":[{\"addresses\":[", 256,
          "]}]}", PL__CONTENT__OF_CARDS },
        { "\"type\":\"contacts\",\"contacts\":[{\"urls\":[", 256,
          "]}]}", PL__CONTENT__OF_CARDS },
    };

    for (i = 0; i < PL_COUNT(cases); i++) {
        for (n = cases[i].max; n <= cases[i].max + 1; n++) {
            pl_arena_reset(t->ar);
            body = test_body(pl_arena_printf(t->ar, TEST_LIST TEST_HEAD "%s",
                                             cases[i].head), "{}", n,
                             pl_arena_printf(t->ar, "%s" TEST_TAIL,
                                             cases[i].tail));
            assert_int_equal(test_decode(t, body, &out), PL_OK);
            assert_int_equal(out.n_commands, 1);
            assert_int_equal(out.commands[0]->inbound_message->content
                             ->of_case, n == cases[i].max
                                        ? cases[i].of
                                        : PL__CONTENT__OF__NOT_SET);
            test_free_body(body);
        }
    }
}


/* Whatever the memory: all of a body, or a clean refusal. */

static void
test_starved(test_t *t, pl_str_t body)
{
    size_t        n, max;
    pl_arena_t   *ar;
    pl_status_t   rc;
    pl_decoded_t  out;

    assert_int_equal(test_decode(t, body, &out), PL_OK);
    n = out.n_commands;
    rc = PL_NOMEM;

    for (max = 512; rc != PL_OK && max < 4096 * 1024; max += 1200) {
        ar = pl_arena_create(512, max);
        assert_non_null(ar);

        rc = pl_whatsapp.decode(t->codec, body, ar, &out, &t->err);
        assert_true(rc == PL_NOMEM || rc == PL_OK);
        assert_int_equal(out.n_commands, rc == PL_OK ? n : 0);

        pl_arena_destroy(ar);
    }

    assert_int_equal(rc, PL_OK);
}


static void
test_no_memory(void **state)
{
    DIR            *d;
    FILE           *f;
    char            path[1400];
    size_t          n = 0;
    test_t         *t = *state;
    uint8_t        *data;
    pl_str_t        body;
    const char     *dot, *root = getenv("PARLEY_SRC");
    struct dirent  *ent;

    (void) snprintf(path, sizeof(path), "%s/t/fixtures/whatsapp",
                    root != NULL ? root : ".");
    d = opendir(path);
    assert_non_null(d);
    data = malloc(65536);
    assert_non_null(data);

    while ((ent = readdir(d)) != NULL) {
        dot = strrchr(ent->d_name, '.');

        if (dot == NULL || strcmp(dot, ".json") != 0) {
            continue;
        }

        (void) snprintf(path, sizeof(path), "%s/t/fixtures/whatsapp/%s",
                        root != NULL ? root : ".", ent->d_name);
        f = fopen(path, "rb");
        assert_non_null(f);
        body = (pl_str_t) { data, fread(data, 1, 65536, f) };
        assert_true(body.len < 65536);
        assert_int_equal(fclose(f), 0);

        test_starved(t, body);
        n++;
    }

    free(data);
    assert_int_equal(closedir(d), 0);
    assert_true(n >= 60);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_history_max),
        cmocka_unit_test(test_body_max),
        cmocka_unit_test(test_cards_max),
        cmocka_unit_test(test_errors_max),
        cmocka_unit_test(test_texts_max),
        cmocka_unit_test(test_lists_max),
        cmocka_unit_test(test_no_memory),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_bounds", tests, test_setup,
                                       test_teardown);
}
