/*
 * Encoding: every kind, what is left out, escapes, numbers that read back
 * the same, and what cannot be written.
 */

#include <float.h>
#include <locale.h>
#include <math.h>

#include "codec.h"

#define FFFD  "\xef\xbf\xbd"


static void
every_kind(void **state)
{
    static const char  text[] =
        "{\"i32\":-2147483648,\"s32\":2147483647,\"sf32\":-1,"
        "\"u32\":4294967295,\"f32\":0,\"i64\":-9223372036854775808,"
        "\"s64\":9223372036854775807,\"sf64\":0,\"u64\":1000,"
        "\"sixty-four\":18446744073709551615,\"flt\":1.5,\"dbl\":-0.0025,"
        "\"yes\":false,\"colour\":\"deep_blue\",\"text\":\"\",\"word\":"
        "\"present\",\"data\":\"AAEC/w==\",\"json\":{\"a\":[1,2]},"
        "\"sub\":{},\"i32s\":[1,-2],\"u64s\":[0],\"dbls\":[0.1,1e+100],"
        "\"flags\":[true,false],\"colours\":[\"red\"],\"texts\":[\"\",\"x\"],"
        "\"datas\":[\"\",\"YQ==\"],\"jsons\":[null,\"x\",[],{\"a\":{}}],"
        "\"subs\":[{},{\"subs\":[{\"i32\":5}]}],"
        "\"map\":{\"a\":{\"i32\":1},\"\":{},\"\\\"\":{\"yes\":true}},"
        "\"third\":{\"second\":-1}}";

    codec_same(*state, &kinds_descriptor, text, text);
    codec_same(*state, &kinds_descriptor, "{}", "{}");
    codec_same(*state, &kinds_descriptor, "{\"i32s\":[],\"map\":{}}", "{}");
    codec_same(*state, &kinds_descriptor, "{\"word\":\"absent\"}",
               "{\"word\":\"absent\"}");
}


/* What the schema itself sets is absent; a NULL where it is optional too. */
static void
absent(void **state)
{
    kinds_t  k;

    kinds_init(&k.base);
    assert_string_equal(codec_encode(*state, &k), "{}");
    k.word = NULL;
    k.has_raw = 1;
    k.choice_case = 999;
    assert_string_equal(codec_encode(*state, &k), "{}");
    k.choice_case = KINDS_FIRST;
    assert_string_equal(codec_encode(*state, &k), "required");
    k.first = kinds_word;
    assert_string_equal(codec_encode(*state, &k), "{\"first\":\"absent\"}");
}


static void
stored_records(void **state)
{
    Pl__Text     text = PL__TEXT__INIT;
    Pl__Content  content = PL__CONTENT__INIT;
    Pl__Message  message = PL__MESSAGE__INIT;

    static char     hello[] = "Hi \"you\"", type[] = "text";
    static uint8_t  raw[] = " { \"id\" : \"x\\u00e9\\/\" ,\n \"n\" : [ ] } ";

    text.body = hello;
    content.type = type;
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    content.has_raw = 1;
    content.raw = (ProtobufCBinaryData) { sizeof(raw) - 1, raw };
    message.direction = PL__DIRECTION__DIRECTION_OUT;
    message.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    message.content = &content;
    message.has_state = 1;
    message.state = PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED;
    message.party = UINT64_MAX;

    assert_string_equal(codec_encode(*state, &message),
        "{\"direction\":\"out\",\"tenant\":0,\"channel\":0,"
        "\"party_kind\":\"contact\",\"party\":18446744073709551615,"
        "\"contact\":0,\"content\":{\"type\":\"text\",\"text\":{\"body\":"
        "\"Hi \\\"you\\\"\"},\"raw\":{\"id\":\"x\xc3\xa9/\",\"n\":[]}},"
        "\"time_ms\":0,\"state\":\"accepted\"}");
}


static void
strings(void **state)
{
    static const struct {
        const char  *in;
        const char  *out;
    } cases[] = {
        { "\"\\/\b\f\n\r\t", "\\\"\\\\/\\b\\f\\n\\r\\t" },
        { "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
        { "a\nb", "a\\nb" },
        { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
          "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
        { "\xff", FFFD }, { "a\xc3", "a" FFFD }, { "\xed\xa0\x80", FFFD },
        { "\xc3\xa9\xff\xc3\xa9\n\xff", "\xc3\xa9" FFFD "\xc3\xa9\\n" FFFD },
        { "\xe2\x80\xa8", "\xe2\x80\xa8" },
    };

    char     out[200], in[64];
    size_t   i;
    kinds_t  k;

    for (i = 0; i < PL_COUNT(cases); i++) {
        kinds_init(&k.base);
        (void) snprintf(in, sizeof(in), "%s", cases[i].in);
        k.text = in;
        (void) snprintf(out, sizeof(out), "{\"text\":\"%s\"}", cases[i].out);
        assert_string_equal(codec_encode(*state, &k), out);
    }
}


/* The shortest text that reads back as the same number. */
static void
reals(void **state)
{
    static const struct {
        double       n;
        const char  *text;
    } cases[] = {
        { 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { 0.1, "0.1" },
        { 52.5200066, "52.5200066" }, { -13.404954, "-13.404954" },
        { 1e21, "1e+21" }, { 123456789012345680.0, "1.2345678901234568e+17" },
        { 1.0 / 3, "0.3333333333333333" }, { DBL_MAX, NULL },
        { DBL_MIN, NULL }, { 5e-324, NULL }, { DBL_EPSILON, NULL },
    };

    char         text[300];
    float        f;
    size_t       i;
    kinds_t      k, *back;
    const char  *out;

    kinds_init(&k.base);

    for (i = 0; i < PL_COUNT(cases); i++) {
        k.has_dbl = 1;
        k.dbl = cases[i].n;
        out = codec_encode(*state, &k);

        if (cases[i].text != NULL) {
            (void) snprintf(text, sizeof(text), "{\"dbl\":%s}",
                            cases[i].text);
            assert_string_equal(out, text);
        }

        (void) snprintf(text, sizeof(text), "%s", out);
        back = codec_ok(*state, &kinds_descriptor, text);
        assert_true(back->dbl == cases[i].n);
    }

    kinds_init(&k.base);
    k.has_flt = 1;

    for (f = FLT_MIN; f < FLT_MAX / 3; f *= 2.7f) {
        k.flt = f;
        (void) snprintf(text, sizeof(text), "%s", codec_encode(*state, &k));
        assert_true(strlen(text) < 24);
        back = codec_ok(*state, &kinds_descriptor, text);
        assert_true(back->flt == f);
    }

    k.flt = 0.1f;
    assert_string_equal(codec_encode(*state, &k), "{\"flt\":0.1}");
}


/* A process whose locale has a decimal comma speaks JSON all the same. */
static void
reals_in_a_locale(void **state)
{
    kinds_t  k, *back;

    static const char *const  names[] = {
        "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "es_ES.UTF-8"
    };

    size_t  i;

    /* Where the machine has none of them, its own locale has to do. */
    i = 0;
    while (i < PL_COUNT(names) && setlocale(LC_NUMERIC, names[i]) == NULL) {
        i++;
    }

    kinds_init(&k.base);
    k.has_dbl = 1;
    k.dbl = -2.5;
    assert_string_equal(codec_encode(*state, &k), "{\"dbl\":-2.5}");
    back = codec_ok(*state, &kinds_descriptor, "{\"dbl\":-2.5}");
    assert_true(back->dbl == -2.5);

    assert_non_null(setlocale(LC_NUMERIC, "C"));
}


static void
cannot_be_written(void **state)
{
    kinds_t              k, sub, *subs[2] = { &sub, NULL };
    codec_t             *test = *state;
    Pl__Wa__OutMessage   out = PL__WA__OUT_MESSAGE__INIT;
    ProtobufCBinaryData  json[2];

    static char     name[] = "whatsapp";
    static uint8_t  good[] = "[1]", wrong[] = "{\"a\":", none[] = "";

    kinds_init(&k.base);
    k.has_dbl = 1;
    k.dbl = NAN;
    assert_string_equal(codec_encode(test, &k),
                        "neither a number nor absent");
    assert_string_equal(test->err.path, "dbl");
    k.dbl = -INFINITY;
    assert_string_equal(codec_encode(test, &k),
                        "neither a number nor absent");

    kinds_init(&k.base);
    kinds_init(&sub.base);
    k.n_subs = 2;
    k.subs = subs;
    assert_string_equal(codec_encode(test, &k), "required");
    assert_string_equal(test->err.path, "subs[1]");
    sub.has_colour = 1;
    sub.colour = (colour_e) 3;
    assert_string_equal(codec_encode(test, &k), "not one of its values");
    assert_string_equal(test->err.path, "subs[0].colour");

    kinds_init(&k.base);
    kinds_init(&sub.base);
    k.n_map = 1;
    k.map = subs;
    assert_string_equal(codec_encode(test, &k), "required");
    assert_string_equal(test->err.path, "map[0]");

    kinds_init(&k.base);
    k.n_jsons = 2;
    k.jsons = json;
    json[0] = (ProtobufCBinaryData) { sizeof(good) - 1, good };
    json[1] = (ProtobufCBinaryData) { sizeof(wrong) - 1, wrong };
    assert_int_not_equal(codec_encode(test, &k)[0], '{');
    assert_string_equal(test->err.path, "jsons[1]");
    json[1] = (ProtobufCBinaryData) { 0, none };
    assert_int_not_equal(codec_encode(test, &k)[0], '{');
    json[1] = json[0];
    assert_string_equal(codec_encode(test, &k), "{\"jsons\":[[1],[1]]}");

    out.messaging_product = name;
    assert_string_equal(codec_encode(test, &out), "required");
    assert_string_equal(test->err.path, "type");
}


/* A field that holds JSON is written on one line, whatever it looked like. */
static void
json_is_compacted(void **state)
{
    static const struct {
        const char  *in;
        const char  *out;
    } cases[] = {
        { " 12 ", "12" }, { "12", "12" }, { "-1.5e3", "-1.5e3" },
        { "true", "true" }, { "\n null", "null" }, { "\"a\"", "\"a\"" },
        { "[ ]", "[]" }, { "{ }", "{}" },
        { "[ 1 , [ 2,3 ] , { } , [ ] ]", "[1,[2,3],{},[]]" },
        { "{ \"a\" : { \"b\" : [ { \"c\" : 1 } , 2 ] } , \"d\":\"e\" }",
          "{\"a\":{\"b\":[{\"c\":1},2]},\"d\":\"e\"}" },
        { "[\"\\u00e9\\/\\n\\ud800\\u0000\xff\"]",
          "[\"\xc3\xa9/\\n" FFFD FFFD FFFD "\"]" },
        { "{\"k\\u0041\\n\":1}", "{\"kA\\n\":1}" },
        { "/* a */ [1, // b\n 2] // c", "[1,2]" },
        { "18446744073709551616000", "18446744073709551616000" },
    };
    static const char *const  wrong[] = {
        "", " ", "{", "[1,", "1 2", "[1] [2]", "tru", "\"abc", "x", "{\"a\"}",
    };

    char     in[200], out[200];
    size_t   i, j;
    kinds_t  k;

    for (i = 0; i < PL_COUNT(cases); i++) {
        kinds_init(&k.base);
        k.has_json = 1;
        k.json.len = (size_t) snprintf(in, sizeof(in), "%s", cases[i].in);
        k.json.data = (uint8_t *) in;
        (void) snprintf(out, sizeof(out), "{\"json\":%s}", cases[i].out);
        assert_string_equal(codec_encode(*state, &k), out);
    }

    for (i = 0; i < PL_COUNT(wrong); i++) {
        k.json.len = (size_t) snprintf(in, sizeof(in), "%s", wrong[i]);
        assert_int_not_equal(codec_encode(*state, &k)[0], '{');
        assert_string_equal(((codec_t *) *state)->err.path, "json");
    }

    for (i = PL_JSON_DEPTH_MAX; i <= PL_JSON_DEPTH_MAX + 1; i++) {
        for (j = 0; j < i; j++) {
            in[j] = '[';
            in[i + j] = ']';
        }

        k.json.len = 2 * i;
        assert_int_equal(codec_encode(*state, &k)[0] == '{',
                         i == PL_JSON_DEPTH_MAX);
    }

    assert_int_equal(((codec_t *) *state)->err.status, PL_TOOBIG);
}


static void
depth(void **state)
{
    size_t    i;
    kinds_t   k[PL_JSON_DEPTH_MAX + 1];
    codec_t  *test = *state;

    for (i = 0; i <= PL_JSON_DEPTH_MAX; i++) {
        kinds_init(&k[i].base);
        k[i].sub = (i == PL_JSON_DEPTH_MAX) ? NULL : &k[i + 1];
    }

    assert_int_equal(codec_encode(test, &k[1])[0], '{');
    assert_string_equal(codec_encode(test, &k[0]), "nested too deep");
    assert_int_equal(test->err.status, PL_TOOBIG);
}


/* Elements that carry an error are written as far as they go. */
static void
bad_elements(void **state)
{
    codec_same(*state, &pl__wa__webhook__descriptor,
        "{\"object\":\"w\",\"entry\":[{\"changes\":[{\"field\":\"m\",\"value\":"
        "{\"messages\":[{\"id\":\"1\",\"text\":{},\"type\":\"t\"}]}}]}]}",
        "{\"object\":\"w\",\"entry\":[{\"changes\":[{\"field\":\"m\",\"value\":"
        "{\"messages\":[{\"id\":\"1\",\"timestamp\":0,\"text\":{}}]}}]}]}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(absent),
        cmocka_unit_test(stored_records),
        cmocka_unit_test(strings),
        cmocka_unit_test(reals),
        cmocka_unit_test(reals_in_a_locale),
        cmocka_unit_test(cannot_be_written),
        cmocka_unit_test(json_is_compacted),
        cmocka_unit_test(depth),
        cmocka_unit_test(bad_elements),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_encode", tests, codec_setup,
                                       codec_teardown);
}
