/*
 * Arenas that are too small, bodies as large as they may be, and bytes that
 * nobody would send: a clean status, always.
 */

#include "codec.h"

#define HOOK     &pl__wa__webhook__descriptor
#define MESSAGE  "{\"from\":\"16505551234\",\"id\":\"%07zu\",\"timestamp\":"  \
                 "\"1749416383\",\"type\":\"text\",\"text\":{\"body\":\"%s\"}},"


/*
 * Every maximum from nothing to more than enough, so that the arena runs
 * out once in each place. Once there is enough there stays enough.
 */
static void
exhaust(codec_t *test, const ProtobufCMessageDescriptor *shape,
    const char *text, unsigned flags)
{
    bool               done;
    char              *copy;
    size_t             max, len;
    pl_err_t           err;
    pl_arena_t        *ar;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    len = strlen(text);
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    done = false;

    for (max = 0; max < 40000; max += 16) {
        ar = pl_arena_create(256, max);
        assert_non_null(ar);

        rc = pl_json_decode(test->codec, shape,
                            (pl_str_t) { (uint8_t *) copy, len }, flags, ar,
                            &msg, &err);
        if (rc != PL_OK) {
            assert_int_equal(rc, PL_NOMEM);
            assert_int_equal(err.status, PL_NOMEM);
            assert_null(msg);
            assert_false(done);
        }

        done = rc == PL_OK;
        pl_arena_destroy(ar);
    }

    assert_true(done);
    free(copy);
}


static void
arena_runs_out(void **state)
{
    exhaust(*state, HOOK, "{\"object\":\"w\\u00e9\",\"entry\":[{\"changes\":[{"
            "\"field\":\"\xff\",\"value\":{\"messages\":[{\"id\":\"i\\ud800\","
            "\"timestamp\":\"1\",\"type\":\"text\",\"x\\n\":[\"\\\\\"],"
            "\"text\":{\"body\":\"\\\"\"}},17,{},[{}],\"x\\n\",{\"id\":[]}]}"
            "}]}]}", 0);
    exhaust(*state, &pl__flow_file__descriptor, "{\"flow\":\"hi\",\"steps\":{"
            "\"\\u0061\":{\"say\":{\"text\":\"1\"}},\"b\":{\"say\":{\"text\":"
            "\"2\"}},\"c\":{\"say\":{\"text\":\"3\"}},\"d\":{\"say\":{\"text\":"
            "\"3\"}},\"e\":{\"say\":{\"text\":\"3\"}},\"f\":{\"say\":{\"text\":"
            "\"3\"}},\"g\":{\"say\":{\"text\":\"3\"}},\"h\":{\"say\":{\"text\":"
            "\"3\"}},\"i\":{\"say\":{\"text\":\"3\"}}}} // \" \\",
            PL_JSON_COMMENTS);
    exhaust(*state, &kinds_descriptor, "{\"i32s\":[1,2,3,4,5],\"data\":"
            "\"aGVsbG8=\",\"json\":{\"a\":[1,2,3]},\"jsons\":[{},1,\"\\n\"],"
            "\"texts\":[\"\\n\",\"b\",\"\xc3\"],\"third\":{\"yes\":true}}", 0);
}


/* Errors of syntax stay errors of syntax where there is room to see them. */
static void
arena_runs_out_early(void **state)
{
    size_t             max, i;
    pl_arena_t        *ar;
    pl_status_t        rc;
    codec_t           *test = *state;
    ProtobufCMessage  *msg;

    static const char *const  texts[] = {
        "{\"object\":\"never closed \\n ", "{\"object\":1,\"\\u00e9\":x}",
        "{\"object\":\"\",\"entry\":[{}", "\"", "12", "{} \"abc", "/* ",
    };

    for (i = 0; i < PL_COUNT(texts); i++) {
        for (max = 0; max < 12000; max += 16) {
            ar = pl_arena_create(256, max);
            rc = pl_json_decode(test->codec, HOOK, pl_str_c(texts[i]),
                                PL_JSON_COMMENTS, ar, &msg, NULL);
            assert_true(rc == PL_NOMEM || (rc == PL_INVALID && max > 2048));
            pl_arena_destroy(ar);
        }

        assert_int_equal(rc, PL_INVALID);
    }
}


static void
encoder_runs_out(void **state)
{
    bool         done;
    kinds_t     *k;
    size_t       max;
    pl_str_t     out;
    pl_err_t     err;
    pl_arena_t  *ar;
    pl_status_t  rc;
    codec_t     *test = *state;

    k = codec_ok(test, &kinds_descriptor, "{\"data\":\"aGVsbG8=\",\"json\":"
                 "{\"a\":[1,2,\"\\u00e9\"]},\"texts\":[\"\\n\",\"b\",\"c\"],"
                 "\"map\":{\"x\":{\"dbl\":0.1}}}");
    done = false;

    for (max = 0; max < 20000; max += 16) {
        ar = pl_arena_create(256, max);
        rc = pl_json_encode(test->codec, &k->base, ar, &out, &err);

        if (rc != PL_OK) {
            assert_int_equal(rc, PL_NOMEM);
            assert_false(done);
            assert_null(out.data);
        }

        done = rc == PL_OK;
        pl_arena_destroy(ar);
    }

    assert_true(done);
}


/* A body of Meta's limit to the byte, with thousands of messages. */
static void
largest_body(void **state)
{
    char              *text, *p, id[24];
    size_t             i, n, left;
    codec_t           *test = *state;
    Pl__Wa__Value     *value;
    ProtobufCMessage  *msg;

    static const char  tail[] = "5]},\"field\":\"messages\"}]}]}";

    text = malloc(PL_BODY_MAX + 1);
    assert_non_null(text);
    p = text + snprintf(text, 100, "{\"object\":\"w\",\"entry\":[{\"changes\":"
                        "[{\"value\":{\"messages\":[");
    for (n = 0; (size_t) (text + PL_BODY_MAX - p) > 400; n++) {
        p += snprintf(p, 300, MESSAGE, n,
                      (n % 3 == 0) ? "caf\\u00e9 \\ud83d\\ude00" : "hello");
    }

    left = (size_t) (text + PL_BODY_MAX - p) - (sizeof(tail) - 1);
    memset(p, ' ', left);
    memcpy(p + left, tail, sizeof(tail));
    assert_true(n > 20000);

    pl_arena_reset(test->ar);
    assert_int_equal(pl_json_decode(test->codec, HOOK,
                                    (pl_str_t) { (uint8_t *) text,
                                                 PL_BODY_MAX },
                                    0, test->ar, &msg, &test->err), PL_OK);
    value = ((Pl__Wa__Webhook *) msg)->entry[0]->changes[0]->value;
    assert_int_equal(value->n_messages, n + 1);

    for (i = 0; i < n; i++) {
        (void) snprintf(id, sizeof(id), "%07zu", i);
        assert_string_equal(value->messages[i]->id, id);
        assert_null(value->messages[i]->bad);
        assert_string_equal(value->messages[i]->text->body, (i % 3 == 0)
                            ? "caf\xc3\xa9 \xf0\x9f\x98\x80" : "hello");
    }

    assert_non_null(value->messages[n]->bad);
    assert_true(pl_arena_used(test->ar) < PL_DECODE_ARENA_MAX / 4);
    pl_arena_reset(test->ar);
    free(text);
}


/* One string, key, number or stretch of white space fills the body. */
static void
largest_tokens(void **state)
{
    size_t             i, j, head, tail;
    char              *text;
    codec_t           *test = *state;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    static const struct {
        const char   *head;
        const char   *fill;
        const char   *tail;
        pl_status_t   rc;
    } cases[] = {
        { "{\"object\":\"", "x", "\"}", PL_OK },
        { "{\"object\":\"", "\\n", "\"}", PL_OK },
        { "{\"object\":\"", "\\\"", "\"}", PL_OK },
        { "{\"object\":\"", "\\\\", "\"}", PL_OK },
        { "{\"object\":\"", "\xff", "\"}", PL_OK },
        { "{\"object\":\"", "x", "", PL_INVALID },
        { "{\"object\":\"", "\\\"", "", PL_INVALID },
        { "{\"object\":", "1", "}", PL_OK },
        { "{\"object\":", "1", "", PL_INVALID },
        { "{\"object\":\"\",\"", "k", "\":1}", PL_OK },
        { "{\"object\":\"\",\"", "\\u00e9", "\":1}", PL_OK },
        { "{\"object\":\"\"", " ", "}", PL_OK },
        { "", "1", "", PL_INVALID },
        { "{\"object\":\"\"}", " ", "", PL_OK },
        { "{\"object\":\"\"}", "\"", "", PL_INVALID },
        { "", "[", "", PL_INVALID },
        { "{\"a\":", "[", "", PL_TOOBIG },
        { "{\"a\":[[", "{},", "{}]],\"object\":\"\"}", PL_OK },
        { "/*", "x", "", PL_INVALID },
        { "/*", "x", "*/{\"object\":\"\"}", PL_OK },
    };

    text = malloc(PL_BODY_MAX);
    assert_non_null(text);

    for (i = 0; i < PL_COUNT(cases); i++) {
        head = strlen(cases[i].head);
        tail = strlen(cases[i].tail);
        memset(text, ' ', PL_BODY_MAX);
        memcpy(text, cases[i].head, head);

        for (j = head; j + tail + 6 <= PL_BODY_MAX;
             j += strlen(cases[i].fill))
        {
            memcpy(text + j, cases[i].fill, strlen(cases[i].fill));
        }

        memcpy(text + j, cases[i].tail, tail);
        pl_arena_reset(test->ar);
        rc = pl_json_decode(test->codec, HOOK,
                            (pl_str_t) { (uint8_t *) text, j + tail },
                            PL_JSON_COMMENTS, test->ar, &msg, &test->err);
        assert_int_equal(rc, cases[i].rc);
    }

    pl_arena_reset(test->ar);
    free(text);
}


/* Bytes changed, dropped and doubled, by a generator that is always same. */
static void
mutations(void **state)
{
    char               text[600];
    size_t             i, j, len;
    codec_t           *test = *state;
    uint64_t           random;
    pl_str_t           out;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    static const char  seed[] =
        "{\"object\":\"w\",\"entry\":[{\"changes\":[{\"value\":{\"metadata\":{"
        "\"phone_number_id\":\"1\"},\"contacts\":[{\"profile\":{\"name\":"
        "\"\\ud83d\\ude00\"},\"wa_id\":\"2\"}],\"messages\":[{\"from\":\"2\","
        "\"id\":\"x\",\"timestamp\":\"1749416383\",\"type\":\"text\",\"text\":"
        "{\"body\":\"a\"}},null,[{}]]},\"field\":\"messages\"}]}]}";
    static const char  odd[] = "{}[]\",:\\0-.eE+utn \n/*\xff\xc3\xed\x80\x01";

    random = 20240607;

    for (i = 0; i < 30000; i++) {
        len = sizeof(seed) - 1;
        memcpy(text, seed, len);

        for (j = 0; j <= i % 4; j++) {
            size_t  at;

            random = random * 6364136223846793005ull + 1442695040888963407ull;
            at = (size_t) (random >> 33) % (len - 1);

            switch ((random >> 20) % 3) {

            case 0:
                text[at] = odd[(random >> 40) % (sizeof(odd) - 1)];
                break;

            case 1:
                memmove(text + at, text + at + 1, len - at - 1);
                len--;
                break;

            default:
                memmove(text + at + 1, text + at, len - at);
                len++;
                break;
            }
        }

        pl_arena_reset(test->ar);
        rc = pl_json_decode(test->codec, HOOK,
                            (pl_str_t) { (uint8_t *) text, len },
                            (i % 2 == 0) ? 0 : PL_JSON_COMMENTS, test->ar,
                            &msg, &test->err);
        assert_true(rc == PL_OK || rc == PL_INVALID);

        if (rc == PL_OK) {
            assert_int_equal(pl_json_encode(test->codec, msg, test->ar, &out,
                                            &test->err), PL_OK);
            assert_true(pl_utf8_valid(out));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(arena_runs_out),
        cmocka_unit_test(arena_runs_out_early),
        cmocka_unit_test(encoder_runs_out),
        cmocka_unit_test(largest_body),
        cmocka_unit_test(largest_tokens),
        cmocka_unit_test(mutations),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_memory", tests, codec_setup,
                                       codec_teardown);
}
