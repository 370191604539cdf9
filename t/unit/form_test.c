/*
 * Forms: names, escapes, repeated and empty parameters, open and closed
 * shapes, and the same bounds as in JSON.
 */

#include "codec.h"

#define FLOW  &pl__flow_file__descriptor


static void *
form(codec_t *test, const ProtobufCMessageDescriptor *shape, const char *text,
    pl_status_t expected)
{
    char              *copy, line[600];
    size_t             len;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    len = strlen(text);
    copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    pl_arena_reset(test->ar);
    memset(&test->err, 0, sizeof(test->err));

    rc = pl_form_decode(test->codec, shape,
                        (pl_str_t) { (uint8_t *) copy, len }, test->ar, &msg,
                        &test->err);
    if (rc != expected) {
        print_error("%s: %s\n", text, pl_err_print(&test->err, line,
                                                   sizeof(line)));
    }

    assert_int_equal(rc, expected);
    assert_true((rc == PL_OK) == (msg != NULL));
    free(copy);

    return msg;
}


static void
fails(codec_t *test, const ProtobufCMessageDescriptor *shape,
    const char *text, pl_status_t rc, const char *path, const char *why)
{
    (void) form(test, shape, text, rc);
    assert_string_equal(test->err.path, path);
    assert_string_equal(test->err.text, why);
    assert_int_equal(test->err.status, rc);
}


static void
every_kind(void **state)
{
    kinds_t  *k;

    k = form(*state, &kinds_descriptor,
             "i32=-5&u32=7&i64=-9223372036854775808&sixty-four="
             "18446744073709551615&flt=1.5&dbl=-2.5e-3&yes=1&colour=deep_blue"
             "&text=a+b%26c&data=YQ%3d%3D&json=%7b+%22a%22%3a+1%7d&texts=1"
             "&i32s=1&texts=&i32s=-2&texts=%00&jsons=true&second=9", PL_OK);
    assert_int_equal(k->i32, -5);
    assert_int_equal(k->u32, 7);
    assert_true(k->i64 == INT64_MIN);
    assert_true(k->f64 == UINT64_MAX);
    assert_true(k->flt == 1.5f && k->dbl == -2.5e-3);
    assert_true(k->has_yes && k->yes);
    assert_int_equal(k->colour, COLOUR_MODE_DEEP_BLUE);
    assert_string_equal(k->text, "a b&c");
    assert_int_equal(k->data.len, 1);
    assert_int_equal(k->json.len, 7);
    assert_memory_equal(k->json.data, "{\"a\":1}", 7);
    assert_int_equal(k->n_texts, 3);
    assert_string_equal(k->texts[0], "1");
    assert_string_equal(k->texts[1], "");
    assert_string_equal(k->texts[2], "\xef\xbf\xbd");
    assert_int_equal(k->n_i32s, 2);
    assert_int_equal(k->i32s[1], -2);
    assert_int_equal(k->n_jsons, 1);
    assert_int_equal(k->choice_case, KINDS_SECOND);

    k = form(*state, &kinds_descriptor, "yes=false", PL_OK);
    assert_true(k->has_yes && !k->yes);
    assert_int_not_equal(k->raw.len, 0);
    k = form(*state, &kinds_descriptor, "yes=true", PL_OK);
    assert_true(k->yes);
}


/* As in JSON, null says that there is nothing; in an array it is an element. */
static void
json_null(void **state)
{
    kinds_t  *k;

    k = form(*state, &kinds_descriptor, "json=+null+&jsons=null&text=null",
             PL_OK);
    assert_int_equal(k->json.len, 0);
    assert_null(k->json.data);
    assert_int_equal(k->n_jsons, 1);
    assert_memory_equal(k->jsons[0].data, "null", 4);
    assert_string_equal(k->text, "null");

    /* and what says nothing is not given twice */
    k = form(*state, &kinds_descriptor, "json=null&json=%5bnull%5d", PL_OK);
    assert_memory_equal(k->json.data, "[null]", 6);
}


static void
escapes(void **state)
{
    static const struct {
        const char  *in;
        const char  *out;
    } cases[] = {
        { "", "" }, { "+", " " }, { "%20", " " }, { "%2B", "+" },
        { "a%3Db", "a=b" }, { "a=b=c", "a=b=c" }, { "%", "%" },
        { "%4", "%4" }, { "%zz", "%zz" }, { "%%41", "%A" }, { "%4%41", "%4A" },
        { "100%", "100%" }, { "%e2%82%ac", "\xe2\x82\xac" },
        { "%F0%9F%98%80", "\xf0\x9f\x98\x80" }, { "%ff", "\xef\xbf\xbd" },
        { "\xc3", "\xef\xbf\xbd" }, { "%ed%a0%80", "\xef\xbf\xbd" },
        { "a%00b", "a\xef\xbf\xbd" "b" }, { "a;b", "a;b" },
    };

    char      text[100];
    size_t    i;
    kinds_t  *k;

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) snprintf(text, sizeof(text), "text=%s", cases[i].in);
        k = form(*state, &kinds_descriptor, text, PL_OK);
        assert_string_equal(k->text, cases[i].out);

        (void) snprintf(text, sizeof(text), "&&t%%65xt=%s&i32=1&",
                        cases[i].in);
        k = form(*state, &kinds_descriptor, text, PL_OK);
        assert_string_equal(k->text, cases[i].out);
        assert_int_equal(k->i32, 1);
    }

    k = form(*state, &kinds_descriptor, "text", PL_OK);
    assert_string_equal(k->text, "");
    k = form(*state, &kinds_descriptor, "", PL_OK);
    assert_null(k->text);
    k = form(*state, &kinds_descriptor, "&&&", PL_OK);
    assert_null(k->text);
}


static void
closed(void **state)
{
    static const struct {
        const char   *text;
        pl_status_t   rc;
        const char   *path;
        const char   *why;
    } cases[] = {
        { "i32=1&i32=1", PL_INVALID, "i32", "given twice" },
        { "nosuch=1", PL_INVALID, "nosuch", "unknown key" },
        { "no%20such=1", PL_INVALID, "", "unknown key" },
        { "=1", PL_INVALID, "", "unknown key" },
        { "sub=%7B%7D", PL_INVALID, "sub", "unknown key" },
        { "map=1", PL_INVALID, "map", "unknown key" },
        { "raw=1", PL_INVALID, "raw", "unknown key" },
        { "i32=", PL_INVALID, "i32", "not an integer" },
        { "i32=+1", PL_INVALID, "i32", "not an integer" },
        { "i32=2147483648", PL_INVALID, "i32", "out of its type's range" },
        { "i32s=1&i32s=x", PL_INVALID, "i32s", "not an integer" },
        { "dbl=inf", PL_INVALID, "dbl", "not a number" },
        { "dbl=nan", PL_INVALID, "dbl", "not a number" },
        { "dbl=0x10", PL_INVALID, "dbl", "not a number" },
        { "dbl=%201", PL_INVALID, "dbl", "not a number" },
        { "dbl=1e999", PL_INVALID, "dbl", "out of its type's range" },
        { "yes=yes", PL_INVALID, "yes", "not true or false" },
        { "yes=", PL_INVALID, "yes", "not true or false" },
        { "colour=blue", PL_INVALID, "colour", "not one of its values" },
        { "data=%2", PL_INVALID, "data", "not base64 text" },
        { "json=%7B", PL_INVALID, "json", "not JSON" },
        { "json=", PL_INVALID, "json", "not JSON" },
        { "u64=1001", PL_TOOBIG, "u64", "more than 1000" },
        { "first=a&second=1", PL_INVALID, "second",
          "another of the same choice is given" },
    };

    size_t  i;

    for (i = 0; i < PL_COUNT(cases); i++) {
        fails(*state, &kinds_descriptor, cases[i].text, cases[i].rc,
              cases[i].path, cases[i].why);
    }

    fails(*state, FLOW, "", PL_INVALID, "flow", "required");
    fails(*state, FLOW, "flow=hi&description=x", PL_INVALID, "default",
          "required");
    fails(*state, FLOW, "flow=hello", PL_TOOBIG, "flow",
          "longer than 4 bytes");
    fails(*state, FLOW, "flow=%C3%A9%C3%A9%C3%A9", PL_TOOBIG, "flow",
          "longer than 4 bytes");
    (void) form(*state, FLOW, "flow=hi&description=x&default=y", PL_OK);
}


static void
open_shape(void **state)
{
    Pl__Wa__Status     *status;
    Pl__Wa__ErrorItem  *item;

    item = form(*state, &pl__wa__error_item__descriptor,
                "title=a&nosuch=1&code=&title=b&error_data=1", PL_OK);
    assert_string_equal(item->title, "b");
    assert_false(item->has_code);

    status = form(*state, &pl__wa__status__descriptor,
                  "id=x&status=sent&timestamp=17&recipient_id=", PL_OK);
    assert_null(status->bad);
    assert_true(status->timestamp == 17);
    assert_string_equal(status->recipient_id, "");
    assert_int_equal(status->raw.len, 43);
}


/* A shape that can carry its own error does so here as well. */
static void
bad_shape(void **state)
{
    Pl__Wa__Status  *status;

    status = form(*state, &pl__wa__status__descriptor,
                  "id=x&timestamp=soon&status=sent", PL_OK);
    assert_string_equal(status->bad, "timestamp: not an integer");
    assert_string_equal(status->id, "x");
    assert_null(status->status);
    assert_int_equal(status->raw.len, 31);

    status = form(*state, &pl__wa__status__descriptor,
                  "id=x&timestamp=1", PL_OK);
    assert_string_equal(status->bad, "status: required");
}


static void
arena_runs_out(void **state)
{
    bool               done;
    size_t             max;
    pl_err_t           err;
    pl_arena_t        *ar;
    codec_t           *test = *state;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    done = false;

    for (max = 0; max < 8000; max += 16) {
        ar = pl_arena_create(256, max);
        rc = pl_form_decode(test->codec, &kinds_descriptor,
                            PL_STR("t%65xt=a+b&texts=1&texts=2&texts=3&data="
                                   "YWJj&json=%5b1%5d&i32s=1&i32s=2&i32s=3"),
                            ar, &msg, &err);
        if (rc != PL_OK) {
            assert_int_equal(rc, PL_NOMEM);
            assert_null(msg);
            assert_false(done);
        }

        done = rc == PL_OK;
        pl_arena_destroy(ar);

        /* Not even an error's text may fit. */
        ar = pl_arena_create(256, max);
        rc = pl_form_decode(test->codec, &pl__wa__status__descriptor,
                            PL_STR("id=%20&timestamp=x"), ar, &msg, NULL);
        assert_true(rc == PL_NOMEM || rc == PL_OK);
        pl_arena_destroy(ar);
    }

    assert_true(done);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(json_null),
        cmocka_unit_test(escapes),
        cmocka_unit_test(closed),
        cmocka_unit_test(open_shape),
        cmocka_unit_test(bad_shape),
        cmocka_unit_test(arena_runs_out),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("form", tests, codec_setup,
                                       codec_teardown);
}
