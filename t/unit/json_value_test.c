/*
 * Decoding of values: every kind of field, alone and repeated, and what does
 * not fit one.
 */

#include "codec.h"


static void
every_kind(void **state)
{
    kinds_t  *k;

    k = codec_ok(*state, &kinds_descriptor,
        " {\"i32\":-2147483648,\"s32\":2147483647,\"sf32\":-1,"
        "\"u32\":4294967295,\"f32\":0,\n\t\"i64\":-9223372036854775808,"
        "\"s64\":9223372036854775807,\"sf64\":-0,\"u64\":1000,"
        "\"sixty-four\":18446744073709551615,\"flt\":1.5,\"dbl\":-2.5e-3,"
        "\"yes\":true,\"colour\":\"deep_blue\",\"text\":\"t\",\"data\":"
        "\"AAEC/w==\",\"json\": {\"a\" : [1, 2]} ,\"sub\":{\"yes\":false}} ");

    assert_int_equal(k->i32, INT32_MIN);
    assert_int_equal(k->s32, INT32_MAX);
    assert_int_equal(k->sf32, -1);
    assert_true(k->u32 == UINT32_MAX);
    assert_true(k->has_f32 && k->f32 == 0);
    assert_true(k->i64 == INT64_MIN);
    assert_true(k->s64 == INT64_MAX);
    assert_true(k->has_sf64 && k->sf64 == 0);
    assert_true(k->u64 == 1000);
    assert_true(k->f64 == UINT64_MAX);
    assert_true(k->flt == 1.5f);
    assert_true(k->dbl == -2.5e-3);
    assert_true(k->has_yes && k->yes);
    assert_int_equal(k->colour, COLOUR_MODE_DEEP_BLUE);
    assert_string_equal(k->text, "t");
    assert_string_equal(k->word, "absent");
    assert_int_equal(k->data.len, 4);
    assert_memory_equal(k->data.data, "\0\1\2\xff", 4);
    assert_int_equal(k->json.len, 14);
    assert_memory_equal(k->json.data, "{\"a\" : [1, 2]}", 14);
    assert_true(k->sub->has_yes && !k->sub->yes);
    assert_true(k->has_i32 && k->has_i64 && k->has_u64 && k->has_colour
                && k->has_flt && k->has_dbl && k->has_data && k->has_json);
}


static void
every_kind_absent(void **state)
{
    kinds_t  *k;

    k = codec_ok(*state, &kinds_descriptor,
                 "{\"i32\":null,\"text\":null,\"word\":null,\"sub\":null,"
                 "\"i32s\":null,\"json\":null,\"map\":null,\"first\":null,"
                 "\"second\":null}");
    assert_false(k->has_i32 || k->has_yes || k->has_json || k->has_dbl);
    assert_null(k->text);
    assert_null(k->sub);
    assert_string_equal(k->word, "absent");
    assert_int_equal(k->n_i32s + k->n_subs + k->n_map, 0);
    assert_int_equal(k->choice_case, 0);
}


static void
every_kind_repeated(void **state)
{
    kinds_t  *k;

    k = codec_ok(*state, &kinds_descriptor,
        "{\"i32s\":[1,-2,3],\"u64s\":[18446744073709551615,0],\"dbls\":[0.5],"
        "\"flags\":[true,false,true],\"colours\":[\"red\",\"deep_blue\"],"
        "\"texts\":[\"a\",\"\",\"c\\n\"],\"datas\":[\"\",\"YQ==\"],"
        "\"jsons\":[1,\"x\\\"\",[ ],{\"b\":{}},null,true],"
        "\"subs\":[{\"i32\":1},{},{\"subs\":[{\"i32\":9}]}]}");

    assert_int_equal(k->n_i32s, 3);
    assert_int_equal(k->i32s[1], -2);
    assert_int_equal(k->i32s[2], 3);
    assert_true(k->n_u64s == 2 && k->u64s[0] == UINT64_MAX);
    assert_true(k->n_dbls == 1 && k->dbls[0] == 0.5);
    assert_true(k->n_flags == 3 && k->flags[0] && !k->flags[1] && k->flags[2]);
    assert_int_equal(k->n_colours, 2);
    assert_int_equal(k->colours[1], COLOUR_MODE_DEEP_BLUE);
    assert_int_equal(k->n_texts, 3);
    assert_string_equal(k->texts[1], "");
    assert_string_equal(k->texts[2], "c\n");
    assert_int_equal(k->n_datas, 2);
    assert_int_equal(k->datas[0].len, 0);
    assert_memory_equal(k->datas[1].data, "a", 1);
    assert_int_equal(k->n_jsons, 6);
    assert_memory_equal(k->jsons[1].data, "\"x\\\"\"", k->jsons[1].len);
    assert_int_equal(k->jsons[2].len, 3);
    assert_memory_equal(k->jsons[3].data, "{\"b\":{}}", 8);
    assert_memory_equal(k->jsons[4].data, "null", 4);
    assert_memory_equal(k->jsons[5].data, "true", 4);
    assert_int_equal(k->n_subs, 3);
    assert_int_equal(k->subs[2]->subs[0]->i32, 9);
}


/* What does not fit: {field, value, why}. The path is the field. */
static void
wrong_values(void **state)
{
    static const char  range[] = "out of its type's range";
    static const struct {
        const char  *field;
        const char  *value;
        const char  *why;
    } cases[] = {
        { "i32", "2147483648", range }, { "i32", "-2147483649", range },
        { "s32", "99999999999999999999", range },
        { "sf32", "4294967295", range },
        { "u32", "4294967296", range }, { "u32", "-1", range },
        { "f32", "-2147483648", range },
        { "i64", "9223372036854775808", range },
        { "s64", "-9223372036854775809", range },
        { "sixty-four", "18446744073709551616", range },
        { "sixty-four", "-1", range },
        { "i32", "1.0", "not an integer" }, { "i32", "1e2", "not an integer" },
        { "i32", "\"1\"", "not an integer" },
        { "i64", "true", "not an integer" }, { "i64", "[]", "not an integer" },
        { "i64", "{}", "not an integer" },
        { "flt", "1e39", range }, { "dbl", "1e309", range },
        { "dbl", "-1e309", range },
        { "dbl", "\"1\"", "not a number" },
        { "yes", "1", "not true or false" },
        { "yes", "\"true\"", "not true or false" },
        { "colour", "\"RED\"", "not one of its values" },
        { "colour", "\"COLOUR_MODE_RED\"", "not one of its values" },
        { "colour", "\"\"", "not one of its values" },
        { "colour", "1", "not one of its values" },
        { "text", "1", "not a string" }, { "text", "true", "not a string" },
        { "text", "{\"a\":[1,{}]}", "not a string" },
        { "data", "\"====\"", "not base64 text" },
        { "data", "\"YQ\"", "not base64 text" },
        { "data", "5", "not base64 text" },
        { "sub", "[]", "not an object" }, { "sub", "\"{}\"", "not an object" },
        { "i32s", "1", "not an array" }, { "i32s", "{}", "not an array" },
        { "subs", "{\"i32\":1}", "not an array" },
        { "map", "[]", "not an object" }, { "map", "1", "not an object" },
        { "raw", "1", "unknown key" }, { "f64", "1", "unknown key" },
        { "Text", "1", "unknown key" },
    };

    char         text[200];
    size_t       i;

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) snprintf(text, sizeof(text), "{\"sub\":null,\"%s\":%s,\"no\":1}",
                        cases[i].field, cases[i].value);
        codec_fails(*state, &kinds_descriptor, text, PL_INVALID,
                    cases[i].field, cases[i].why);

        (void) snprintf(text, sizeof(text), "{\"subs\":[{},{\"%s\":%s}]}",
                        cases[i].field, cases[i].value);
        codec_decode(*state, &kinds_descriptor, text, strlen(text), 0,
                     PL_INVALID);
        (void) snprintf(text, sizeof(text), "subs[1].%s", cases[i].field);
        assert_string_equal(((codec_t *) *state)->err.path, text);
    }
}


static void
wrong_elements(void **state)
{
    codec_fails(*state, &kinds_descriptor, "{\"i32s\":[1,2,null]}",
                PL_INVALID, "i32s[2]", "not an integer");
    codec_fails(*state, &kinds_descriptor, "{\"i32s\":[1,[2]]}",
                PL_INVALID, "i32s[1]", "not an integer");
    codec_fails(*state, &kinds_descriptor, "{\"texts\":[{}]}",
                PL_INVALID, "texts[0]", "not a string");
    codec_fails(*state, &kinds_descriptor, "{\"subs\":[{},{},3]}",
                PL_INVALID, "subs[2]", "not an object");
    codec_fails(*state, &kinds_descriptor, "{\"subs\":[null]}",
                PL_INVALID, "subs[0]", "not an object");
    codec_fails(*state, &kinds_descriptor, "{\"subs\":[{},[]]}",
                PL_INVALID, "subs[1]", "not an object");
    codec_fails(*state, &kinds_descriptor,
                "{\"subs\":[{\"subs\":[{},{\"sub\":{\"dbl\":\"\"}}]}]}",
                PL_INVALID, "subs[0].subs[1].sub.dbl", "not a number");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(every_kind_absent),
        cmocka_unit_test(every_kind_repeated),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(wrong_elements),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_value", tests, codec_setup,
                                       codec_teardown);
}
