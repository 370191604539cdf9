/*
 * Rows are held against the descriptors when the codec is made, and the
 * row that does not fit is named.
 */

#include "codec.h"

#define ROW(shape, field, rule, name, bound)                                  \
    { &pl__##shape##__descriptor, field, PL_RULE_##rule, name, bound }


static const struct {
    pl_rule_t    row;
    const char  *path;
    const char  *why;           /* behind "rule X (table 0, row 1): " */
} row_cases[] = {
    { ROW(message, NULL, OPEN, NULL, 0), NULL, NULL },
    { ROW(message, "rule", OPEN, NULL, 0), "pl.Message.rule",
      "it takes no field" },
    { ROW(message, "nosuch", NAME, "x", 0), "pl.Message.nosuch",
      "no such field" },
    { ROW(message, NULL, NAME, "x", 0), "pl.Message", "no such field" },
    { ROW(message, "rule", NAME, NULL, 0), "pl.Message.rule",
      "it needs a name" },
    { ROW(message, "rule", NAME, "", 0), "pl.Message.rule",
      "it needs a name" },
    { ROW(message, "rule", NAME, "body-plain", 0), NULL, NULL },
    { ROW(message, "rule", NAME, "state", 0), "pl.Message.rule",
      "two fields have the name \"state\"" },

    { ROW(flow_file, "steps", MAP, "name", 0), NULL, NULL },
    { ROW(flow_file, "flow", MAP, "name", 0), "pl.FlowFile.flow",
      "its field must be a repeated message" },
    { ROW(flow_trigger, "keywords", MAP, "name", 0),
      "pl.FlowTrigger.keywords", "its field must be a repeated message" },
    { ROW(flow_step, "say", MAP, "text", 0), "pl.FlowStep.say",
      "its field must be a repeated message" },
    { ROW(flow_file, "steps", MAP, NULL, 0), "pl.FlowFile.steps",
      "it needs the name of the element's string field" },
    { ROW(flow_file, "steps", MAP, "nosuch", 0), "pl.FlowFile.steps",
      "it needs the name of the element's string field" },
    { ROW(flow_file, "steps", MAP, "after_s", 0), "pl.FlowFile.steps",
      "it needs the name of the element's string field" },
    { ROW(flow_file, "triggers", MAP, "keywords", 0),
      "pl.FlowFile.triggers",
      "it needs the name of the element's string field" },

    { ROW(content, "raw", RAW, NULL, 0), NULL, NULL },
    { ROW(content, "type", RAW, NULL, 0), "pl.Content.type",
      "its field must be optional bytes" },
    { ROW(journal_meta, "uuid", RAW, NULL, 0), "pl.JournalMeta.uuid",
      "its field must be optional bytes" },
    { ROW(message, "rule", BAD, NULL, 0), NULL, NULL },
    { ROW(message, "content", BAD, NULL, 0), "pl.Message.content",
      "its field must be an optional string" },
    { ROW(content, "type", BAD, NULL, 0), "pl.Content.type",
      "its field must be an optional string" },
    { ROW(flow_trigger, "keywords", BAD, NULL, 0),
      "pl.FlowTrigger.keywords", "its field must be an optional string" },

    { ROW(content, "type", LEN_MAX, NULL, 0), NULL, NULL },
    { ROW(content, "raw", LEN_MIN, NULL, 1), NULL, NULL },
    { ROW(conversation, "newest", LEN_MAX, NULL, 3), NULL, NULL },
    { ROW(content, "type", LEN_MAX, NULL, -1), "pl.Content.type",
      "its bound must not be negative" },
    { ROW(message, "tenant", LEN_MIN, NULL, 1), "pl.Message.tenant",
      "its field must be repeated, a string or bytes" },
    { ROW(message, "content", LEN_MAX, NULL, 1), "pl.Message.content",
      "its field must be repeated, a string or bytes" },
    { ROW(message, "tenant", MAX, NULL, -5), NULL, NULL },
    { ROW(conversation, "newest", MIN, NULL, 1), NULL, NULL },
    { ROW(message, "state", MAX, NULL, 1), "pl.Message.state",
      "its field must be an integer" },
    { ROW(message, "rule", MIN, NULL, 1), "pl.Message.rule",
      "its field must be an integer" },
    { ROW(text, "preview_url", MIN, NULL, 1), "pl.Text.preview_url",
      "its field must be an integer" },

    { ROW(content, "raw", JSON, NULL, 0), NULL, NULL },
    { ROW(content, "type", JSON, NULL, 0), "pl.Content.type",
      "its field must be bytes" },
    { ROW(message, "rule", IF, "error", 0), NULL, NULL },
    { ROW(message, "rule", IF, "nosuch", 0), "pl.Message.rule",
      "it needs the name of another field" },
    { ROW(message, "rule", IF, NULL, 0), "pl.Message.rule",
      "it needs the name of another field" },
    { ROW(message, "rule", IF, "rule", 0), "pl.Message.rule",
      "it needs the name of another field" },

    { { NULL, "rule", PL_RULE_NAME, "x", 0 }, ".rule", "no shape" },
    { { &pl__message__descriptor, "rule", (pl_rule_e) 99, "x", 0 },
      "pl.Message.rule", "no such rule" },
    { { &pl__message__descriptor, "rule", (pl_rule_e) -1, "x", 0 },
      "pl.Message.rule", "no such rule" },

    /* A shape that no root leads to: checked, and of no effect. */
    { ROW(tenant_settings, "id", MAX, NULL, 1), NULL, NULL },
    { ROW(tenant_settings, "name", MAX, NULL, 1),
      "pl.TenantSettings.name", "its field must be an integer" },

    /* The first row said this already. */
    { ROW(message, "provider_id", LEN_MAX, NULL, 7),
      "pl.Message.provider_id", "the field has this rule already" },
};


static void
rows(void **state)
{
    size_t       i;
    pl_err_t     err;
    pl_codec_t  *codec;
    pl_rule_t    table[2] = {
        ROW(message, "provider_id", LEN_MAX, NULL, 5), { 0 }
    };
    pl_rules_t   rules = { table, 2 };

    (void) state;

    for (i = 0; i < PL_COUNT(row_cases); i++) {
        table[1] = row_cases[i].row;

        if (row_cases[i].path == NULL) {
            assert_int_equal(pl_codec_create(&codec, codec_roots,
                                             PL_COUNT(codec_roots), &rules, 1,
                                             &err), PL_OK);
            pl_codec_destroy(codec);
            continue;
        }

        assert_int_equal(pl_codec_create(&codec, codec_roots,
                                         PL_COUNT(codec_roots), &rules, 1,
                                         &err), PL_INVALID);
        assert_null(codec);
        assert_string_equal(err.path, row_cases[i].path);
        assert_non_null(strstr(err.text, row_cases[i].why));

        if (strncmp(row_cases[i].why, "two fields", 10) != 0) {
            assert_non_null(strstr(err.text, "(table 0, row 1): "));
        }
    }
}


/* Names that share first, last and length, and those that are prefixes. */
static void
names_are_told_apart(void **state)
{
    static const char *const  names[] = {
        "a", "b", "ab", "ba", "abc", "acc", "abcd", "abca", "abcde", "abfde",
        "12345678", "12345679", "123456789", "1234567890123456",
        "12345678901234567", "12345678x01234567", "12345678y01234567",
        "name-that-is-long-enough-1x-and-ends-alike",
        "name-that-is-long-enough-2x-and-ends-alike", "\xc3\xa9", "", "A",
    };

    char         text[300];
    size_t       i, j, n;
    kinds_t     *k;
    pl_rule_t    table[PL_COUNT(names)];
    pl_rules_t   rules = { table, PL_COUNT(names) };
    codec_t     *test = *state, mine;

    const ProtobufCMessageDescriptor  *root = &kinds_descriptor;

    n = PL_COUNT(names);

    for (i = 0; i < n; i++) {
        table[i] = (pl_rule_t) { root, kinds_fields[i].name, PL_RULE_NAME,
                                 (i == 20) ? " " : names[i], 0 };
    }

    mine = *test;
    assert_int_equal(pl_codec_create(&mine.codec, &root, 1, &rules, 1,
                                     &mine.err), PL_OK);

    /* The first ten fields are numbers: each name reaches its own. */
    for (j = 0; j + 10 <= n; j++) {
        for (i = 0; i < 10; i++) {
            table[i].name = (i + j == 20) ? " " : names[i + j];
        }

        for ( /* void */ ; i < n; i++) {
            table[i].name = kinds_fields[i].name;
        }

        pl_codec_destroy(mine.codec);
        assert_int_equal(pl_codec_create(&mine.codec, &root, 1, &rules, 1,
                                         &mine.err), PL_OK);

        for (i = 0; i < 10; i++) {
            (void) snprintf(text, sizeof(text), "{\"%s\":7}", table[i].name);
            k = codec_ok(&mine, root, text);
            assert_int_equal((&k->has_i32)[i], 1);
            assert_int_equal(k->has_i32 + k->has_s32 + k->has_sf32 + k->has_u32
                             + k->has_f32 + k->has_i64 + k->has_s64
                             + k->has_sf64 + k->has_u64 + k->has_f64, 1);
        }

        for (i = 0; i < n; i++) {
            (void) snprintf(text, sizeof(text), "{\"%s\":7}", names[i]);

            if ((i < j || i >= j + 10) && i != 20) {
                codec_decode(&mine, root, text, strlen(text), 0, PL_INVALID);
            }
        }
    }

    pl_codec_destroy(mine.codec);
}


/* A shape may have as many fields as a mask has bits. */
static void
fields_limit(void **state)
{
    static ProtobufCFieldDescriptor    fields[129];
    static ProtobufCMessageDescriptor  wide;
    static char                        field_names[129][8];

    size_t       i;
    pl_err_t     err;
    pl_codec_t  *codec;

    const ProtobufCMessageDescriptor  *root = &wide;

    (void) state;

    for (i = 0; i < 129; i++) {
        (void) snprintf(field_names[i], sizeof(field_names[i]), "f%u",
                        (unsigned) i);
        fields[i] = kinds_fields[14];
        fields[i].name = field_names[i];
    }

    wide = kinds_descriptor;
    wide.fields = fields;
    wide.name = "test.Wide";

    wide.n_fields = 128;
    assert_int_equal(pl_codec_create(&codec, &root, 1, NULL, 0, &err), PL_OK);
    pl_codec_destroy(codec);

    wide.n_fields = 129;
    assert_int_equal(pl_codec_create(&codec, &root, 1, NULL, 0, &err),
                     PL_TOOBIG);
    assert_string_equal(err.path, "test.Wide");
    assert_int_equal(pl_codec_create(&codec, &root, 1, NULL, 0, NULL),
                     PL_TOOBIG);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(names_are_told_apart),
        cmocka_unit_test(fields_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_rules", tests, codec_setup,
                                       codec_teardown);
}
