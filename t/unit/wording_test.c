/*
 * Templates of the house's own: what may be written, and what is said by
 * them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/smtp.h"
#include "../../src/channel/twilio.h"
#include "../../src/channel/wording.h"
#include "../../src/core/str.h"

#define TEST_MAX  8


typedef struct {
    pl_arena_t             *ar;
    Pl__TemplateDraft       draft;
    Pl__TemplateVariable    samples[TEST_MAX], *list[TEST_MAX];
    Pl__TemplateParameter   values[TEST_MAX], *given[TEST_MAX];
    Pl__Template            template;
    Pl__TemplateRecord     *record;
    Pl__Content            *said;
    pl_err_t                err;
} test_t;


static int
setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    t->ar = pl_arena_create(64 * 1024, 8 * 1024 * 1024);
    pl__template_draft__init(&t->draft);
    pl__template__init(&t->template);
    t->draft.name = (char *) "hello";
    t->draft.language = (char *) "nl";
    t->draft.category = PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY;
    t->draft.variables = t->list;
    t->template.body = t->given;
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    test_free(t);

    return 0;
}


static void
sample(test_t *t, const char *name)
{
    Pl__TemplateVariable  *v = &t->samples[t->draft.n_variables];

    pl__template_variable__init(v);
    v->name = (char *) name;
    v->sample = (char *) "x";
    t->list[t->draft.n_variables++] = v;
}


static void
value(test_t *t, const char *name, const char *text)
{
    Pl__TemplateParameter  *p = &t->values[t->template.n_body];

    pl__template_parameter__init(p);
    p->name = (char *) name;
    p->text = (char *) text;
    t->given[t->template.n_body++] = p;
}


static pl_status_t
written(test_t *t, const pl_channel_t *provider)
{
    memset(&t->err, 0, sizeof(t->err));

    return pl_wording_record(provider, &t->draft, t->ar, &t->record,
                             &t->err);
}


static pl_status_t
filled(test_t *t)
{
    memset(&t->err, 0, sizeof(t->err));

    return pl_wording_fill(t->record, &t->template, t->ar, &t->said,
                           &t->err);
}


static void
what_is_a_variable(void **state)
{
    size_t               i;
    pl_wording_place_t   place;

    static const struct {
        const char  *text;
        const char  *name;          /* NULL: none is there */
        const char  *fallback;
        const char  *next;
    } rows[] = {
        { "Hallo {naam}!", "naam", NULL, "!" },
        { "{naam|daar}, ", "naam", "daar", ", " },
        { "{{ naam }}.", "naam", NULL, "." },
        { "{{naam|lieve klant}}", "naam", "lieve klant", "" },
        { "{{naam|}}x", "naam", "", "x" },
        { "p{color:red} {a}", "a", NULL, "" },
        { "{{{a}}}", "a", NULL, "}" },
        { "{ naam }", NULL, NULL, NULL },
        { "{na-am}", NULL, NULL, NULL },
        { "{}", NULL, NULL, NULL },
        { "{naam", NULL, NULL, NULL },
        { "{{naam}", "naam", NULL, "" },
        { "{a|b\nc}", NULL, NULL, NULL },
        { "{a|{b}", "b", NULL, "" },
        { "", NULL, NULL, NULL },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_wording_next(rows[i].text, &place),
                         rows[i].name != NULL);

        if (rows[i].name == NULL) {
            continue;
        }

        assert_true(pl_str_eq(place.name, pl_str_c(rows[i].name)));
        assert_int_equal(place.fallback.data != NULL,
                         rows[i].fallback != NULL);
        assert_true(rows[i].fallback == NULL
                    || pl_str_eq(place.fallback,
                                 pl_str_c(rows[i].fallback)));
        assert_string_equal(place.next, rows[i].next);
    }
}


static void
what_may_be_written(void **state)
{
    test_t  *t = *state;

    t->draft.body = (char *) "Hallo {naam|daar}, {x}";
    assert_int_equal(written(t, &pl_twilio), PL_INVALID);
    assert_string_equal(t->err.path, "body");

    sample(t, "naam");
    sample(t, "x");
    assert_int_equal(written(t, &pl_twilio), PL_OK);
    assert_int_equal(t->record->status,
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED);
    assert_int_equal(t->record->body->n_variables, 2);
    assert_string_equal(t->record->body->variables[1], "x");

    assert_int_equal(written(t, &pl_smtp), PL_INVALID);
    assert_string_equal(t->err.path, "subject");

    t->draft.subject = (char *) "{x}";
    t->draft.html = (char *) "<p>{naam}</p>";
    assert_int_equal(written(t, &pl_twilio), PL_INVALID);
    assert_string_equal(t->err.path, "subject");
    assert_int_equal(written(t, &pl_smtp), PL_OK);
    assert_string_equal(t->record->body->variables[0], "x");

    t->draft.subject = (char *) "a\r\nBcc: x";
    assert_int_equal(written(t, &pl_smtp), PL_INVALID);
    assert_string_equal(t->err.path, "subject");

    t->draft.subject = (char *) "a";
    sample(t, "no");
    assert_int_equal(written(t, &pl_smtp), PL_INVALID);
    assert_string_equal(t->err.path, "variables[2].name");

    t->draft.n_variables = 2;
    t->draft.footer = (char *) "f";
    assert_int_equal(written(t, &pl_smtp), PL_INVALID);
    assert_string_equal(t->err.path, "footer");
}


static void
as_long_as_it_may_be(void **state)
{
    test_t  *t = *state;
    char     sms[1602], *text;

    memset(sms, 'a', sizeof(sms) - 1);
    sms[1601] = '\0';
    t->draft.body = sms;
    assert_int_equal(written(t, &pl_twilio), PL_INVALID);
    assert_string_equal(t->err.path, "body");
    sms[1600] = '\0';
    assert_int_equal(written(t, &pl_twilio), PL_OK);

    text = test_malloc(PL_WORDING_TEXT_MAX + 2);
    memset(text, 'a', PL_WORDING_TEXT_MAX + 1);
    text[PL_WORDING_TEXT_MAX + 1] = '\0';
    t->draft.subject = (char *) "s";
    t->draft.html = text;
    assert_int_equal(written(t, &pl_smtp), PL_INVALID);
    assert_string_equal(t->err.path, "html");
    text[PL_WORDING_TEXT_MAX] = '\0';
    assert_int_equal(written(t, &pl_smtp), PL_OK);
    test_free(text);

    t->draft.html = NULL;
    t->draft.body = (char *) "{a}";
    sample(t, "a");
    assert_int_equal(written(t, &pl_smtp), PL_OK);

    text = test_malloc(PL_WORDING_VALUE_MAX + 2);
    memset(text, 'a', PL_WORDING_VALUE_MAX + 1);
    text[PL_WORDING_VALUE_MAX + 1] = '\0';
    value(t, "a", text);
    assert_int_equal(filled(t), PL_TOOBIG);
    assert_string_equal(t->err.path, "content.template.body[0]");
    text[PL_WORDING_VALUE_MAX] = '\0';
    assert_int_equal(filled(t), PL_OK);
    test_free(text);
}


static void
what_is_said(void **state)
{
    test_t  *t = *state;

    t->draft.body = (char *) "Dag {naam|daar}: {{x}} {naam}";
    sample(t, "naam");
    sample(t, "x");
    assert_int_equal(written(t, &pl_twilio), PL_OK);

    assert_int_equal(filled(t), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.body");
    assert_non_null(strstr(t->err.text, "x"));

    value(t, "x", "{naam} {{naam|z}}");
    assert_int_equal(filled(t), PL_INVALID);        /* the second {naam} */

    value(t, "naam", "Ana");
    assert_int_equal(filled(t), PL_OK);
    assert_int_equal(t->said->of_case, PL__CONTENT__OF_TEXT);
    assert_string_equal(t->said->text->body,
                        "Dag Ana: {naam} {{naam|z}} Ana");

    value(t, "y", "1");
    assert_int_equal(filled(t), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.body[2]");

    t->values[2].name = (char *) "naam";
    assert_int_equal(filled(t), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.body[2]");

    /* without names: in their order */

    t->template.n_body = 0;
    value(t, NULL, "Bo");
    value(t, NULL, "5");
    assert_int_equal(filled(t), PL_OK);
    assert_string_equal(t->said->text->body, "Dag Bo: 5 Bo");
    value(t, NULL, "6");
    assert_int_equal(filled(t), PL_INVALID);

    /* what is empty is none */

    t->template.n_body = 2;
    t->values[1].text = (char *) "";
    assert_int_equal(filled(t), PL_INVALID);

    assert_int_equal(pl_wording_fill(NULL, &t->template, t->ar, &t->said,
                                     &t->err), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.name");
}


static void
a_value_is_no_html(void **state)
{
    test_t  *t = *state;

    t->draft.subject = (char *) "Voor {a}";
    t->draft.body = (char *) "{a|<x>}";
    t->draft.html = (char *) "<p>{a|<i>}</p>";
    sample(t, "a");
    assert_int_equal(written(t, &pl_smtp), PL_OK);

    value(t, "a", "<b>\"A\" & 'B'</b>");
    assert_int_equal(filled(t), PL_OK);
    assert_int_equal(t->said->of_case, PL__CONTENT__OF_EMAIL);
    assert_string_equal(t->said->email->subject, "Voor <b>\"A\" & 'B'</b>");
    assert_string_equal(t->said->email->text, "<b>\"A\" & 'B'</b>");
    assert_string_equal(t->said->email->html,
                        "<p>&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;"
                        "&lt;/b&gt;</p>");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_a_variable),
        cmocka_unit_test_setup_teardown(what_may_be_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(as_long_as_it_may_be, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_is_no_html, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
