/*
 * Templates: the provider's list as records, and what is sent held against
 * them. page.json has a template of every kind; check.tsv says what fits
 * each, and which component is named where it does not.
 */

#include "whatsapp_out.h"

#include "../../src/channel/template.h"

#define TEST_LINES_MAX  1000


static pl_str_t
test_read(pl_arena_t *ar, const char *name)
{
    char         path[1024];
    long         len;
    FILE        *f;
    uint8_t     *data;
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(path, sizeof(path), "%s/t/fixtures/whatsapp/templates/%s",
                    root != NULL ? root : ".", name);
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


/* One line for each record and each item that cannot be read, and the rest. */

static char *
test_print(t_out_t *t, const pl_templates_t *page)
{
    char      *out = pl_arena_str(t->ar, PL_STR(""));
    size_t     i;
    pl_str_t   json;

    for (i = 0; i < page->n_records; i++) {
        assert_int_equal(pl_json_encode(t->codec, &page->records[i]->base,
                                        t->ar, &json, &t->err), PL_OK);
        out = pl_arena_printf(t->ar, "%s%s\n", out,
                              (const char *) json.data);
        assert_non_null(out);
    }

    for (i = 0; i < page->n_unreadable; i++) {
        assert_true(page->unreadable[i]->has_raw);
        out = pl_arena_printf(t->ar, "%s%s: %s\n", out,
                              page->unreadable[i]->path,
                              page->unreadable[i]->reason);
        assert_non_null(out);
    }

    return pl_arena_printf(t->ar, "%safter: %s\n", out,
                           page->after != NULL ? page->after : "nothing");
}


static void
test_pages(void **state)
{
    char            *got, *expect;
    size_t           i;
    t_out_t         *t = *state;
    pl_templates_t   page;

    static const char *const  names[] = { "page", "bad", "empty" };

    for (i = 0; i < PL_COUNT(names); i++) {
        pl_arena_reset(t->ar);
        assert_int_equal(pl_whatsapp.templates(t->codec,
                             test_read(t->ar, pl_arena_printf(t->ar,
                                                  "%s.json", names[i])),
                             t->ar, &page, &t->err), PL_OK);
        got = test_print(t, &page);
        expect = (char *) (uintptr_t)
                 test_read(t->ar, pl_arena_printf(t->ar, "%s.expect",
                                                  names[i])).data;

        if (strcmp(got, expect) != 0) {
            (void) fputs(got, stderr);      /* cmocka would cut it */
            fail_msg("%s.json: other than %s.expect", names[i], names[i]);
        }
    }
}


static const Pl__TemplateRecord *
test_record(const pl_templates_t *page, const char *name)
{
    size_t  i;

    for (i = 0; i < page->n_records; i++) {
        if (strcmp(page->records[i]->name, name) == 0) {
            return page->records[i];
        }
    }

    return NULL;
}


static void
test_line(t_out_t *t, const pl_templates_t *page, const char *name,
    const char *component, const char *json)
{
    char               path[80];
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (pl_json_decode(t->codec, &pl__template__descriptor, pl_str_c(json),
                       0, t->ar, &msg, &t->err) != PL_OK)
    {
        fail_msg("%s: %s: %s", json, t->err.path, t->err.text);
    }

    memset(&t->err, 0, sizeof(t->err));
    rc = pl_template_check(test_record(page, name),
                           (const Pl__Template *) msg, &t->err);

    (void) snprintf(path, sizeof(path), "content.template.%s", component);

    if (strcmp(component, "-") == 0 ? rc != PL_OK
        : rc != PL_INVALID || strcmp(t->err.path, path) != 0
          || t->err.text[0] == '\0')
    {
        fail_msg("%s: %s, not %s but %s: %s", name, json, component,
                 rc == PL_OK ? "good" : t->err.path, t->err.text);
    }
}


static void
test_checks(void **state)
{
    char            *line, *next, *name, *component;
    size_t           n = 0;
    t_out_t         *t = *state;
    pl_templates_t   page;

    pl_arena_reset(t->ar);
    assert_int_equal(pl_whatsapp.templates(t->codec,
                                           test_read(t->ar, "page.json"),
                                           t->ar, &page, &t->err), PL_OK);

    line = (char *) (uintptr_t) test_read(t->ar, "check.tsv").data;

    for ( /* void */ ; *line != '\0' && n < TEST_LINES_MAX; line = next) {
        next = line + strcspn(line, "\n");
        assert_int_equal(*next, '\n');
        *next++ = '\0';

        if (line[0] == '#') {
            continue;
        }

        name = strsep(&line, "\t");
        component = strsep(&line, "\t");
        assert_non_null(line);
        test_line(t, &page, name, component, line);
        n++;
    }

    assert_true(n >= 90);
}


/* Codes go to phones: neither to groups nor to user ids. */

static void
test_addresses(void **state)
{
    Pl__Address          to = PL__ADDRESS__INIT;
    t_out_t             *t = *state;
    Pl__TemplateRecord   record = PL__TEMPLATE_RECORD__INIT;

    to.value = (char *) "x";
    record.has_category = true;

    record.category = PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY;
    to.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
    assert_int_equal(pl_template_check_address(&record, &to, &t->err),
                     PL_OK);

    record.category = PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION;
    assert_int_equal(pl_template_check_address(&record, &to, &t->err),
                     PL_INVALID);
    assert_string_equal(t->err.path, "address.kind");
    to.kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
    assert_int_equal(pl_template_check_address(&record, &to, &t->err),
                     PL_INVALID);
    to.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    assert_int_equal(pl_template_check_address(&record, &to, &t->err),
                     PL_OK);
}


/* Known by its state alone: whatever is sent fits, where the state allows. */

static void
test_states(void **state)
{
    int                  i;
    bool                 good;
    t_out_t             *t = *state;
    Pl__Template         template = PL__TEMPLATE__INIT;
    Pl__TemplateRecord   record = PL__TEMPLATE_RECORD__INIT;

    for (i = 1; i <= 16; i++) {
        record.status = (Pl__TemplateStatus) i;
        good = i == PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED
               || i == PL__TEMPLATE_STATUS__TEMPLATE_STATUS_FLAGGED
               || i == PL__TEMPLATE_STATUS__TEMPLATE_STATUS_REINSTATED
               || i == PL__TEMPLATE_STATUS__TEMPLATE_STATUS_UNTOLD;

        assert_int_equal(pl_template_check(&record, &template, &t->err),
                         good ? PL_OK : PL_INVALID);
    }
}


/* The words that webhooks use as well. */

static void
test_words(void **state)
{
    t_out_t               *t = *state;
    Pl__TemplateCategory   category;

    assert_int_equal(pl_whatsapp_templates_status("PAUSED"),
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED);
    assert_int_equal(pl_whatsapp_templates_status("paused"),
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_OTHER);
    assert_int_equal(pl_whatsapp_templates_status(NULL),
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_OTHER);
    assert_true(pl_whatsapp_templates_category("MARKETING", &category));
    assert_int_equal(category,
                     PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING);
    assert_false(pl_whatsapp_templates_category("X", &category));
    assert_false(pl_whatsapp_templates_category(NULL, &category));
    assert_string_equal(pl_whatsapp_templates_language("en-US", t->ar),
                        "en_US");
}


/* No list, and a list whatever the memory. */

static void
test_broken(void **state)
{
    size_t           i, max;
    t_out_t         *t = *state;
    pl_str_t         body;
    pl_arena_t      *ar;
    pl_status_t      rc = PL_NOMEM;
    pl_templates_t   page;

    static const char *const  bodies[] = {
        "", "[]", "{", "7", "{\"data\":{}}", "{\"data\":[]",
    };

    for (i = 0; i < PL_COUNT(bodies); i++) {
        assert_int_equal(pl_whatsapp.templates(t->codec, pl_str_c(bodies[i]),
                                               t->ar, &page, &t->err),
                         PL_INVALID);
    }

    pl_arena_reset(t->ar);
    body = test_read(t->ar, "page.json");

    for (max = 4096; rc != PL_OK && max < 1024 * 1024; max += 2048) {
        ar = pl_arena_create(512, max);
        assert_non_null(ar);
        rc = pl_whatsapp.templates(t->codec, body, ar, &page, &t->err);
        assert_true(rc == PL_NOMEM || rc == PL_OK);
        pl_arena_destroy(ar);
    }

    assert_int_equal(rc, PL_OK);
    assert_true(max > 8192);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_broken),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("template", tests, t_out_setup,
                                       t_out_teardown);
}
