/*
 * Templates as they are written: the lint's rules, and the seven that ship.
 * lead-de.expect has each with its samples, and as WhatsApp is given it.
 */

#include "whatsapp_out.h"

#include "../../src/channel/draft.h"
#include "../../src/channel/template.h"


static pl_str_t
test_read(pl_arena_t *ar, const char *name)
{
    char         path[1024];
    long         len;
    FILE        *f;
    uint8_t     *data;
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : ".",
                    name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    len = ftell(f);
    assert_true(len > 0);
    rewind(f);

    data = pl_arena_alloc(ar, (size_t) len + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t) len, f), len);
    assert_int_equal(fclose(f), 0);
    data[len] = '\0';

    return (pl_str_t) { data, (size_t) len };
}


static void
test_shipped(t_out_t *t, pl_drafts_t *drafts)
{
    char  buf[1024];

    pl_arena_reset(t->ar);

    if (pl_draft_read(t->codec,
                      test_read(t->ar, "conf/templates/lead-de.json"), t->ar,
                      drafts, &t->err) != PL_OK)
    {
        fail_msg("%s", pl_err_print(&t->err, buf, sizeof(buf)));
    }
}


/* F133 to F139: they ship as data, each with a sample of what it says. */

static void
test_samples(void **state)
{
    char         *got, *expect;
    size_t        i;
    t_out_t      *t = *state;
    pl_str_t      json;
    pl_drafts_t   drafts;

    test_shipped(t, &drafts);
    got = pl_arena_str(t->ar, PL_STR(""));

    for (i = 0; i < drafts.n; i++) {
        assert_int_equal(pl_whatsapp.draft(t->codec, drafts.drafts[i], t->ar,
                                           &json, &t->err), PL_OK);
        got = pl_arena_printf(t->ar, "%s%s: %s\n%s\n", got,
                              drafts.drafts[i]->name,
                              pl_draft_sample(drafts.drafts[i],
                                              drafts.drafts[i]->body, t->ar),
                              (const char *) json.data);
        assert_non_null(got);
    }

    expect = (char *) (uintptr_t)
             test_read(t->ar, "t/fixtures/templates/lead-de.expect").data;

    if (strcmp(got, expect) != 0) {
        (void) fputs(got, stderr);      /* cmocka would cut it */
        fail_msg("other than lead-de.expect");
    }
}


/* The draft's samples as parameters, but for one. */

static Pl__Template *
test_filled(t_out_t *t, const Pl__TemplateDraft *draft, size_t but)
{
    size_t                   i;
    Pl__Template            *out = pl_arena_alloc(t->ar, sizeof(*out));
    Pl__TemplateParameter   *to;

    assert_non_null(out);
    pl__template__init(out);
    out->name = draft->name;
    out->language = draft->language;
    out->body = pl_arena_alloc(t->ar, (draft->n_variables + 1)
                                      * sizeof(*out->body));
    assert_non_null(out->body);

    for (i = 0; i < draft->n_variables; i++) {
        if (i == but) {
            continue;
        }

        to = pl_arena_alloc(t->ar, sizeof(*to));
        assert_non_null(to);
        pl__template_parameter__init(to);
        to->name = draft->variables[i]->name;
        to->text = draft->variables[i]->sample;
        out->body[out->n_body++] = to;
    }

    return out;
}


/* Each can be sent with its samples, and not where one variable is missing. */

static void
test_missing(void **state)
{
    size_t        i, k, n;
    t_out_t      *t = *state;
    pl_drafts_t   drafts;

    static const char *const  names[] = {
        "lead_welcome_v1", "lead_nudge_v1", "lead_followup_24h_v1",
        "lead_followup_48h_v1", "appointment_reminder_22h_v1",
        "appointment_reminder_55m_v1", "appointment_reminder_5m_v1"
    };

    test_shipped(t, &drafts);
    assert_int_equal(drafts.n, PL_COUNT(names));

    for (i = 0; i < drafts.n; i++) {
        assert_string_equal(drafts.drafts[i]->name, names[i]);
        assert_string_equal(drafts.drafts[i]->language, "de");
        n = drafts.drafts[i]->n_variables;
        assert_true(n > 0);
        assert_int_equal(
            pl_template_check(drafts.records[i],
                              test_filled(t, drafts.drafts[i], n), &t->err),
            PL_OK);

        for (k = 0; k < n; k++) {
            assert_int_equal(
                pl_template_check(drafts.records[i],
                                  test_filled(t, drafts.drafts[i], k),
                                  &t->err),
                PL_INVALID);
            assert_string_equal(t->err.path, "content.template.body");
            assert_non_null(strstr(t->err.text,
                                   drafts.drafts[i]->variables[k]->name));
        }
    }
}


#define ONE(rest)  "{\"templates\": [{\"name\": \"a\", \"language\": \"de\"," \
                   " \"category\": \"utility\", " rest "}]}"
#define X          "\"variables\": [{\"name\": \"x\", \"sample\": \"1\"}]"
#define XY         "\"variables\": [{\"name\": \"x\", \"sample\": \"1\"}, "   \
                   "{\"name\": \"y\", \"sample\": \"2\"}]"
#define HX         "\"content_sid\": "                                       \
                   "\"HX0123456789abcdef0123456789abcdef\", "
#define KEYS(x, y) "\"body\": \"A {{x}}, {{y}} b\", \"variables\": ["        \
                   "{\"name\": \"x\", \"sample\": \"1\", "                   \
                   "\"key\": \"" x "\"}, {\"name\": \"y\", "                 \
                   "\"sample\": \"2\", \"key\": \"" y "\"}]"
#define ID_50      "12345678901234567890123456789012345678901234567890"
#define KEY_64     ID_50 "12345678901234"
#define ID_200     ID_50 ID_50 ID_50 ID_50
#define BUTTONS(b) "\"body\": \"b\", \"buttons\": [" b "]"
#define QUICK      "{\"kind\": \"quick_reply\", \"text\": \"q\"}"
#define URL        "{\"kind\": \"url\", \"text\": \"u\", \"url\": \"https://e\"}"


typedef struct {
    const char  *json;
    const char  *path;          /* NULL: it is good */
} test_lint_t;


static const test_lint_t  lints[] = {
    { ONE("\"body\": \"A {{x}} b\", " X), NULL },
    { ONE("\"body\": \"A {{x}} b {{x}} c\", " X), NULL },
    { ONE("\"body\": \"A {{x}}, {{y}} b\", " XY), NULL },
    { ONE("\"body\": \"{{x}} b\", " X), "body" },
    { ONE("\"body\": \" {{ x }} b\", " X), "body" },
    { ONE("\"body\": \"A {{x}}\", " X), "body" },
    { ONE("\"body\": \"A {{x}} \", " X), "body" },
    { ONE("\"body\": \"A {{x}}{{y}} b\", " XY), "body" },
    { ONE("\"body\": \"A {{x}} {{y}} b\", " XY), "body" },
    { ONE("\"body\": \"A {{x}} b\""), "body" },
    { ONE("\"body\": \"A b\", " X), "variables[0].name" },
    { ONE("\"body\": \"A {{x}} b\", \"variables\": "
          "[{\"name\": \"x\", \"sample\": \"\"}]"), "variables[0].sample" },
    { ONE("\"body\": \"A {{x}} b\", \"variables\": "
          "[{\"name\": \"x\", \"sample\": \"1\"}, "
          "{\"name\": \"x\", \"sample\": \"2\"}]"), "variables[1].name" },
    { ONE("\"body\": \"A {{1}} b\", \"variables\": "
          "[{\"name\": \"1\", \"sample\": \"1\"}]"), "variables[0].name" },
    { ONE(HX "\"body\": \"A {{1}} b\", \"variables\": "
          "[{\"name\": \"1\", \"sample\": \"1\"}]"), NULL },
    { ONE(HX "\"body\": \"A {{1}} b {{x}} c\", \"variables\": "
          "[{\"name\": \"1\", \"sample\": \"1\"}, "
          "{\"name\": \"x\", \"sample\": \"1\"}]"),
      "variables[1].name" },
    { ONE(HX "\"body\": \"b\""), NULL },
    { ONE("\"content_sid\": \"HX0123456789abcdef0123456789abcde\", "
          "\"body\": \"b\""), "content_sid" },
    { ONE("\"content_sid\": \"MG0123456789abcdef0123456789abcdef\", "
          "\"body\": \"b\""), "content_sid" },
    { ONE("\"body\": \"A {{x}}, {{y}} b\", \"variables\": "
          "[{\"name\": \"x\", \"sample\": \"1\", \"key\": \"1\"}, "
          "{\"name\": \"y\", \"sample\": \"2\"}]"), "variables[1].key" },
    { ONE(KEYS("1", "a_Z")), NULL },
    { ONE(KEYS("1", "1")), "variables[1].key" },
    { ONE(KEYS("1", "")), "variables[1].key" },
    { ONE(KEYS("1", "a b")), "variables[1].key" },
    { ONE(KEYS("1", KEY_64)), NULL },
    { ONE(KEYS("1", KEY_64 "x")), "variables[1].key" },
    { ONE(BUTTONS("{\"kind\": \"quick_reply\", \"text\": \"u\", "
                  "\"id\": \"" ID_200 "\"}")), NULL },
    { ONE(BUTTONS("{\"kind\": \"quick_reply\", \"text\": \"u\", "
                  "\"id\": \"" ID_200 "x\"}")), "buttons[0].id" },
    { ONE(BUTTONS("{\"kind\": \"quick_reply\", \"text\": \"u\", "
                  "\"id\": \"\"}")), "buttons[0].id" },
    { ONE(BUTTONS("{\"kind\": \"url\", \"text\": \"u\", "
                  "\"url\": \"https://e\", \"id\": \"x\"}")),
      "buttons[0].id" },
    { ONE("\"body\": \"\""), "body" },
    { ONE("\"body\": \"b\", \"header\": \"{{x}}\", " X), NULL },
    { ONE("\"body\": \"b\", \"header\": \"{{x}} {{y}}\", " XY), "header" },
    { ONE("\"body\": \"A {{x}} b\", \"footer\": \"{{x}}\", " X), "footer" },
    { ONE("\"body\": \"b\", \"footer\": "
          "\"123456789012345678901234567890123456789012345678901234567890\""),
      NULL },
    { ONE("\"body\": \"b\", \"footer\": "
          "\"1234567890123456789012345678901234567890123456789012345678901\""),
      "footer" },
    { ONE(BUTTONS(QUICK "," QUICK "," URL "," URL)), NULL },
    { ONE(BUTTONS(URL "," QUICK)), NULL },
    { ONE(BUTTONS(QUICK "," URL "," QUICK)), "buttons" },
    { ONE(BUTTONS(URL "," URL "," URL)), "buttons" },
    { ONE(BUTTONS("{\"kind\": \"quick_reply\", "
                  "\"text\": \"1234567890123456789012345\"}")), NULL },
    { ONE(BUTTONS("{\"kind\": \"quick_reply\", "
                  "\"text\": \"12345678901234567890123456\"}")),
      "buttons[0].text" },
    { ONE(BUTTONS("{\"kind\": \"url\", \"text\": \"u\"}")), "buttons[0]" },
    { ONE(BUTTONS("{\"kind\": \"quick_reply\", \"text\": \"u\", "
                  "\"url\": \"https://e\"}")), "buttons[0]" },
    { ONE(BUTTONS("{\"kind\": \"copy_code\", \"text\": \"u\"}")),
      "buttons[0].kind" },
    { ONE("\"buttons\": [{\"kind\": \"url\", \"text\": \"u\", "
          "\"url\": \"https://e/{{x}}\"}], \"body\": \"b\", " X), NULL },
    { ONE("\"buttons\": [{\"kind\": \"url\", \"text\": \"u\", "
          "\"url\": \"https://e/{{x}}/y\"}], \"body\": \"b\", " X),
      "buttons[0].url" },
    { "{\"templates\": [{\"name\": \"A\", \"language\": \"de\", "
      "\"category\": \"utility\", \"body\": \"b\"}]}", "name" },
    { ONE("\"body\": \"b\", \"bodies\": \"b\""), "bodies" },
};


static void
test_lints(void **state)
{
    char          path[80];
    size_t        i;
    t_out_t      *t = *state;
    pl_drafts_t   drafts;
    pl_status_t   rc;

    for (i = 0; i < PL_COUNT(lints); i++) {
        pl_arena_reset(t->ar);
        memset(&t->err, 0, sizeof(t->err));
        rc = pl_draft_read(t->codec, pl_str_c(lints[i].json), t->ar, &drafts,
                           &t->err);
        (void) snprintf(path, sizeof(path), "templates[0].%s",
                        lints[i].path != NULL ? lints[i].path : "");

        if (lints[i].path == NULL ? rc != PL_OK
            : rc == PL_OK || strcmp(t->err.path, path) != 0
              || t->err.line != 1 || t->err.column == 0)
        {
            fail_msg("%s: %s: %s at %u:%u", lints[i].json, t->err.path,
                     t->err.text, t->err.line, t->err.column);
        }
    }
}


static void
test_twice(void **state)
{
    t_out_t      *t = *state;
    pl_drafts_t   drafts;

    static const char  two[] =
        "{\"templates\": [\n"
        "{\"name\": \"a\", \"language\": \"de\", \"category\": \"utility\","
        " \"body\": \"b\"},\n"
        "{\"name\": \"a\", \"language\": \"en\", \"category\": \"utility\","
        " \"body\": \"b\"},\n"
        "{\"name\": \"a\", \"language\": \"de\", \"category\": \"utility\","
        " \"body\": \"c\"}]}";

    pl_arena_reset(t->ar);
    assert_int_equal(pl_draft_read(t->codec, pl_str_c(two), t->ar, &drafts,
                                   &t->err), PL_INVALID);
    assert_string_equal(t->err.path, "templates[2].name");
    assert_int_equal(t->err.line, 4);
}


/* What would leave as U+FFFD is refused where it stands. */

static void
test_bytes(void **state)
{
    t_out_t      *t = *state;
    pl_drafts_t   drafts;

    static const char  latin1[] =
        "{\"templates\": [\n"
        "{\"name\": \"a\", \"body\": \"Gr\xfc\xdf" "e\"}]}";

    pl_arena_reset(t->ar);
    assert_int_equal(pl_draft_read(t->codec, pl_str_c(latin1), t->ar, &drafts,
                                   &t->err), PL_INVALID);
    assert_non_null(strstr(t->err.text, "no UTF-8"));
    assert_int_equal(t->err.line, 2);
    assert_int_equal(t->err.column, 26);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_lints),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("draft", tests, t_out_setup,
                                       t_out_teardown);
}
