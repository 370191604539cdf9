/*
 * What one element gets wrong stays inside it, and raw fields are the
 * element's own bytes, wherever it stands.
 */

#include "codec.h"

#define HEAD  "{\"object\":\"w\",\"entry\":[{\"changes\":[{\"field\":\"m\"," \
              "\"value\":{\"messages\":["
#define TAIL  "]}}]}]}"
#define GOOD  "{\"id\":\"good\",\"timestamp\":\"7\",\"type\":\"text\"}"
#define PATH  "entry[0].changes[0].value.messages[1]"


/* The text must live as long as the message: raw points into it. */
static Pl__Wa__Webhook *
hook(codec_t *test, const char *text)
{
    char               line[600];
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_arena_reset(test->ar);
    rc = pl_json_decode(test->codec, &pl__wa__webhook__descriptor,
                        pl_str_c(text), 0, test->ar, &msg, &test->err);
    if (rc != PL_OK) {
        print_error("%s: %s\n", text, pl_err_print(&test->err, line,
                                                   sizeof(line)));
    }

    assert_int_equal(rc, PL_OK);

    return (Pl__Wa__Webhook *) msg;
}


static void
raw_is(ProtobufCBinaryData raw, const char *text)
{
    assert_int_equal(raw.len, strlen(text));
    assert_memory_equal(raw.data, text, raw.len);
}


/* What stands between two good ones, and its error. */
static const struct {
    const char  *element;
    const char  *bad;
} bad_elements[] = {
    { "5", PATH ": not an object" },
    { "-1.5e3", PATH ": not an object" },
    { "null", PATH ": not an object" },
    { "true", PATH ": not an object" },
    { "false", PATH ": not an object" },
    { "\"\"", PATH ": not an object" },
    { "\"}]\\\"\\\\\"", PATH ": not an object" },
    { "[]", PATH ": not an object" },
    { "[{\"id\":[\"]\"]},[[],{}]]", PATH ": not an object" },
    { "{}", PATH ".id: required" },
    { "{ }", PATH ".id: required" },
    { "{\"id\":\"x\",\"timestamp\":1}", PATH ".type: required" },
    { "{\"id\":null,\"timestamp\":1,\"type\":\"\"}",
      PATH ".id: required" },
    { "{\"id\":[],\"timestamp\":1}", PATH ".id: not a string" },
    { "{\"id\":{\"a\":{\"b\":[1,2]}},\"x\":[{}]}",
      PATH ".id: not a string" },
    { "{\"id\":true}", PATH ".id: not a string" },
    { "{\"id\":\"12345678901234567\",\"timestamp\":1}",
      PATH ".id: longer than 16 bytes" },
    { "{\"timestamp\":\"soon\",\"id\":{\"a\":1},\"type\":[[]]}",
      PATH ".timestamp: not an integer" },
    { "{\"timestamp\":99999999999999999999}",
      PATH ".timestamp: out of its type's range" },
    { "{\"text\":{\"body\":{\"body\":[{\"}\":\"]\"}]}},\"id\":5}",
      PATH ".text.body: not a string" },
    { "{\"text\":{}}", PATH ".text.body: required" },
    { "{\"text\":[]}", PATH ".text: not an object" },
    { "{\"text\":\"body\" , \"id\" : [ { } ] }",
      PATH ".text: not an object" },
    { "{\"interactive\":{\"list_reply\":{\"id\":{\"a\":[[]]}},\"x\":[]}}",
      PATH ".interactive.list_reply.id: not a string" },
    { "{\"context\":{\"id\":[]},\"text\":{\"body\":7},\"id\":null}",
      PATH ".context.id: not a string" },
};


static void
neighbours(void **state)
{
    char              text[1000];
    size_t            i;
    Pl__Wa__Value    *value;
    Pl__Wa__Webhook  *w;

    for (i = 0; i < PL_COUNT(bad_elements); i++) {
        (void) snprintf(text, sizeof(text), "%s%s, %s\n,%s%s", HEAD, GOOD,
                        bad_elements[i].element, GOOD, TAIL);
        w = hook(*state, text);
        assert_null(w->entry[0]->bad);
        assert_null(w->entry[0]->changes[0]->bad);
        value = w->entry[0]->changes[0]->value;
        assert_int_equal(value->n_messages, 3);
        assert_null(value->messages[0]->bad);
        raw_is(value->messages[0]->raw, GOOD);
        assert_string_equal(value->messages[1]->bad, bad_elements[i].bad);
        raw_is(value->messages[1]->raw, bad_elements[i].element);
        assert_null(value->messages[2]->bad);
        raw_is(value->messages[2]->raw, GOOD);
        assert_string_equal(value->messages[2]->id, "good");
        assert_true(value->messages[2]->timestamp == 7);

        /* First, last and alone. */
        (void) snprintf(text, sizeof(text), "%s%s%s", HEAD,
                        bad_elements[i].element, TAIL);
        value = hook(*state, text)->entry[0]->changes[0]->value;
        assert_int_equal(value->n_messages, 1);
        assert_non_null(strstr(value->messages[0]->bad, "messages[0]"));
        raw_is(value->messages[0]->raw, bad_elements[i].element);
    }
}


/* What a bad element had before its error stays; nothing after it counts. */
static void
bad_falls_silent(void **state)
{
    Pl__Wa__InMessage  *m;

    m = hook(*state, HEAD "{\"from\":\"1\",\"id\":7.5,\"timestamp\":[],"
             "\"type\":\"text\",\"group_id\":\"g\",\"text\":{\"body\":\"b\"}}"
             TAIL)->entry[0]->changes[0]->value->messages[0];
    assert_string_equal(m->from, "1");
    assert_string_equal(m->id, "7.5");
    assert_null(m->type);
    assert_null(m->group_id);
    assert_null(m->text);
    assert_string_equal(m->bad, "entry[0].changes[0].value.messages[0]"
                        ".timestamp: not an integer");
}


/* The nearest element that can carry it does, and its neighbours go on. */
static void
levels(void **state)
{
    Pl__Wa__Webhook  *w;

    w = hook(*state,
        "{\"object\":\"w\",\"entry\":["
        " 7 ,"
        "{\"changes\":{}},"
        "{\"changes\":[{\"value\":{}},"
                      "{\"field\":\"x\",\"value\":[]},"
                      "{\"field\":\"x\",\"value\":{\"messages\":4,\"x\":[]}},"
                      "{\"field\":\"x\",\"value\":{\"metadata\":[{}],"
                       "\"messages\":[" GOOD "]}},"
                      "{\"field\":\"x\",\"value\":{\"contacts\":[{\"profile\":"
                       "5},{\"wa_id\":\"1\"}],\"errors\":[{},{},{},{}]}},"
                      "{\"field\":\"x\",\"value\":{\"errors\":[{\"code\":1}],"
                       "\"statuses\":[{},{\"id\":\"s\",\"status\":\"sent\","
                       "\"timestamp\":1}]}}]},"
        "{\"changes\":[]}]}");

    assert_int_equal(w->n_entry, 4);
    assert_string_equal(w->entry[0]->bad, "entry[0]: not an object");
    raw_is(w->entry[0]->raw, "7");
    assert_string_equal(w->entry[1]->bad, "entry[1].changes: not an array");
    raw_is(w->entry[1]->raw, "{\"changes\":{}}");
    assert_null(w->entry[2]->bad);
    assert_null(w->entry[3]->bad);
    assert_int_equal(w->entry[2]->n_changes, 6);

    Pl__Wa__Change  **c = w->entry[2]->changes;

    assert_string_equal(c[0]->bad, "entry[2].changes[0].field: required");
    assert_string_equal(c[1]->bad,
                        "entry[2].changes[1].value: not an object");
    raw_is(c[1]->raw, "{\"field\":\"x\",\"value\":[]}");
    assert_string_equal(c[2]->bad,
                        "entry[2].changes[2].value.messages: not an array");
    assert_string_equal(c[3]->bad,
                        "entry[2].changes[3].value.metadata: not an object");
    assert_int_equal(c[3]->value->n_messages, 0);
    assert_string_equal(c[4]->bad, "entry[2].changes[4].value.errors[3]: "
                        "more than 3 elements");
    assert_int_equal(c[4]->value->n_contacts, 2);
    assert_string_equal(c[4]->value->contacts[0]->bad,
                        "entry[2].changes[4].value.contacts[0].profile: "
                        "not an object");
    assert_string_equal(c[4]->value->contacts[1]->wa_id, "1");
    assert_null(c[5]->bad);
    assert_int_equal(c[5]->value->n_statuses, 2);
    assert_string_equal(c[5]->value->statuses[0]->bad,
                        "entry[2].changes[5].value.statuses[0].id: required");
    assert_null(c[5]->value->statuses[1]->bad);
}


/* Where nothing can carry it, it is the text's. */
static void
no_element(void **state)
{
    codec_fails(*state, &pl__wa__webhook__descriptor,
                "{\"object\":{},\"entry\":[]}", PL_INVALID, "object",
                "not a string");
    codec_fails(*state, &pl__wa__webhook__descriptor,
                "{\"object\":\"\",\"entry\":{}}", PL_INVALID, "entry",
                "not an array");
}


/* The text's own object can carry it too, if it is one. */
static void
root_element(void **state)
{
    Pl__Wa__Status  *status;

    status = codec_ok(*state, &pl__wa__status__descriptor,
                      "{\"id\":\"x\",\"errors\":[{\"code\":\"y\"}]}");
    assert_string_equal(status->bad, "errors[0].code: not an integer");
    assert_string_equal(status->id, "x");
    assert_int_equal(status->raw.len, 34);
    codec_fails(*state, &pl__wa__status__descriptor, "[]", PL_INVALID, "",
                "not an object");
    codec_fails(*state, &pl__wa__status__descriptor, "{\"id\":x}", PL_INVALID,
                "id", "lexical error: invalid char in json text");
}


/* White space, escapes and nesting around and inside of elements. */
static void
raw_slices(void **state)
{
    static const char *const  elements[] = {
        GOOD,
        "{ \"id\" : \"a\" ,\n\t\"timestamp\" : 1 , \"type\" : \"t\" }",
        "{\"id\":\"\\\"\",\"timestamp\":\"\\u0031\",\"type\":\"\\\\\"}",
        "{\"id\":\"}\",\"timestamp\":1,\"type\":\"{[\"}",
        "{\"x\":{\"y\":[{},[],{\"z\":\"\\\"}\"}]},\"id\":\"\xf0\x9f\x98\x80\","
            "\"timestamp\":1,\"type\":\"t\"}",
        "{\"id\":\"\xff\\n\",\"timestamp\":1,\"type\":\"t\",\"text\":{\"body\":"
            "\"b\",\"preview\":{\"a\":[1]}}}",
    };
    static const char *const  gaps[] = { ",", " ,", ", ", "\n,\t \r\n" };

    char              text[2000];
    size_t            i, j, k;
    Pl__Wa__Value    *value;
    Pl__Wa__Webhook  *w;

    for (i = 0; i < PL_COUNT(elements); i++) {
        for (j = 0; j < PL_COUNT(elements); j++) {
            for (k = 0; k < PL_COUNT(gaps); k++) {
                (void) snprintf(text, sizeof(text), " %s%s%s%s%s ", HEAD,
                                elements[i], gaps[k], elements[j], TAIL);
                w = hook(*state, text);
                value = w->entry[0]->changes[0]->value;
                assert_int_equal(value->n_messages, 2);
                assert_null(value->messages[0]->bad);
                raw_is(value->messages[0]->raw, elements[i]);
                assert_null(value->messages[1]->bad);
                raw_is(value->messages[1]->raw, elements[j]);
                assert_true((char *) value->messages[0]->raw.data
                            == strstr(text, elements[i]));
            }
        }
    }

    w = hook(*state, HEAD GOOD TAIL);
    assert_int_equal(w->entry[0]->changes[0]->raw.data[0], '{');
    assert_int_equal(w->entry[0]->raw.len, sizeof(HEAD GOOD TAIL) - 1
                     - strlen("{\"object\":\"w\",\"entry\":[]}"));
}


/* At the deepest level an element may be no object, and none may open. */
static void
bad_at_full_depth(void **state)
{
    char     text[1000], *p;
    size_t   i;
    kinds_t  *k;

    const pl_rule_t  row[] = { KINDS("text", BAD, NULL, 0) };

    codec_t           *test = *state;
    pl_codec_t        *codec;
    pl_rules_t         rules = { row, 1 };
    ProtobufCMessage  *msg;

    const ProtobufCMessageDescriptor  *root = &kinds_descriptor;

    p = text;
    for (i = 0; i < PL_JSON_DEPTH_MAX / 2; i++) {
        p += snprintf(p, 20, "{\"subs\":[");
    }

    p += snprintf(p, 20, "1,{}");
    for (i = 0; i < PL_JSON_DEPTH_MAX / 2; i++) {
        p += snprintf(p, 20, "]}");
    }

    assert_int_equal(pl_codec_create(&codec, &root, 1, &rules, 1, &test->err),
                     PL_OK);
    assert_int_equal(pl_json_decode(codec, root, pl_str_c(text), 0, test->ar,
                                    &msg, &test->err), PL_OK);

    k = (kinds_t *) (void *) msg;
    while (k->text == NULL && k->n_subs == 1) {
        k = k->subs[0];
    }

    assert_non_null(k->text);
    assert_non_null(strstr(k->text, "subs[1]: nested deeper"));

    *strchr(text, '1') = ' ';
    p = strstr(text, " ,{}");
    memcpy(p, "1,2 ", 4);
    assert_int_equal(pl_json_decode(codec, root, pl_str_c(text), 0, test->ar,
                                    &msg, &test->err), PL_OK);

    k = (kinds_t *) (void *) msg;
    for (i = 0; i < PL_JSON_DEPTH_MAX / 2 - 1; i++) {
        assert_int_equal(k->n_subs, 1);
        k = k->subs[0];
    }

    assert_int_equal(k->n_subs, 2);
    assert_non_null(strstr(k->subs[1]->text, "subs[1]: not an object"));
    pl_codec_destroy(codec);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(neighbours),
        cmocka_unit_test(bad_falls_silent),
        cmocka_unit_test(levels),
        cmocka_unit_test(no_element),
        cmocka_unit_test(root_element),
        cmocka_unit_test(raw_slices),
        cmocka_unit_test(bad_at_full_depth),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_bad", tests, codec_setup,
                                       codec_teardown);
}
