/*
 * What cannot be sent on WhatsApp is refused before it is queued, and the
 * field is named: each limit at and one past it (limits.tsv), each other
 * rule (refused.tsv), and no row of the provider's limits without a test.
 */

#include "whatsapp_out.h"

#define TEST_LINES_MAX    1000
#define TEST_COLUMNS_MAX  6
#define TEST_ROWS_MAX     256

typedef struct {
    t_out_t  *t;
    bool      seen[TEST_ROWS_MAX];      /* limits that a line was about */
} test_t;


static char *
test_file(pl_arena_t *ar, const char *name)
{
    char        *data, path[1024];
    FILE        *f;
    long         len;
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(path, sizeof(path), "%s/t/fixtures/whatsapp/%s",
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

    return data;
}


/* Calls row for each line; how many. Columns past the last are NULL. */

static size_t
test_lines(test_t *test, const char *name,
    void (*row)(test_t *, char *const *))
{
    char         *line, *next, *columns[TEST_COLUMNS_MAX];
    size_t        i, n = 0;
    pl_arena_t   *ar = pl_arena_create(65536, T_OUT_MAX);

    assert_non_null(ar);

    for (line = test_file(ar, name); *line != '\0' && n < TEST_LINES_MAX;
         line = next)
    {
        next = line + strcspn(line, "\n");
        assert_int_equal(*next, '\n');
        *next++ = '\0';

        if (line[0] == '#') {
            continue;
        }

        for (i = 0; i < TEST_COLUMNS_MAX; i++) {
            columns[i] = strsep(&line, "\t");
        }

        pl_arena_reset(test->t->ar);
        row(test, columns);
        n++;
    }

    pl_arena_destroy(ar);

    return n;
}


/* The content with n fillings in the place of the @. */

static const char *
test_fill(pl_arena_t *ar, const char *content, const char *fill, size_t n)
{
    char        *out, *p, *number;
    bool         list = fill[0] == '{';
    size_t       i, len = strlen(fill), head = strcspn(content, "@");
    const char  *c;

    assert_int_equal(content[head], '@');
    out = pl_arena_alloc(ar, strlen(content) + n * (2 * len + 20) + 1);
    assert_non_null(out);

    memcpy(out, content, head);
    p = out + head;

    for (i = 0; i < n; i++) {
        if (list && i > 0) {
            *p++ = ',';
        }

        for (c = fill; *c != '\0'; c++) {
            number = p;
            *p++ = *c;

            if (list && *c == '#') {
                p = number + snprintf(number, 12, "%zu", i);
            }
        }
    }

    (void) snprintf(p, strlen(content) - head, "%s", content + head + 1);

    return out;
}


static const char *
test_variant(const Pl__Content *content)
{
    return content->of_case == PL__CONTENT__OF_INTERACTIVE
           ? pl_whatsapp_interactive_word(content->interactive->kind)
           : content->type;
}


/* "content.a.b[3].c" as a row's path says it: a.b.c */

static void
test_seen(test_t *test, const char *path)
{
    char              plain[PL_ERR_PATH_MAX], *p = plain;
    size_t                   i, len, seen;
    uint32_t                 variant;
    const pl_limit_t        *row;
    const pl_limit_group_t  *group;

    variant = pl_limit_variant(&pl_whatsapp_limits,
                               test_variant(test->t->message.content));

    if (strncmp(path, "content.", 8) != 0) {
        return;
    }

    for (path += 8; *path != '\0'; path++) {
        if (*path == '[') {
            path += strcspn(path, "]");
        } else {
            *p++ = *path;
        }
    }

    *p = '\0';

    for (i = 0, seen = 0; i < pl_whatsapp_limits.count; i++) {
        group = &pl_whatsapp_limits.groups[i];
        len = strlen(group->path);

        for (row = group->rows; row < group->rows + group->count; row++) {
            test->seen[seen++] |= strncmp(plain, group->path, len) == 0
                                  && plain[len] == '.'
                                  && strcmp(row->path, plain + len + 1) == 0
                                  && (row->when == 0
                                      || (row->when & variant) != 0);
        }
    }
}


/* content, filling, limit, there already, required, path */

static void
test_limit(test_t *test, char *const *columns)
{
    size_t    max = strtoul(columns[2], NULL, 10);
    size_t    less = strtoul(columns[3], NULL, 10);
    t_out_t  *t = test->t;

    assert_non_null(columns[5]);

    t_out_content(t, test_fill(t->ar, columns[0], columns[1], max - less));
    if (strstr(columns[0], "\"pin\"") != NULL) {
        t_out_group(t);
    }
    t_out_expect(t, NULL);

    t_out_content(t, test_fill(t->ar, columns[0], columns[1],
                               max - less + 1));
    if (strstr(columns[0], "\"pin\"") != NULL) {
        t_out_group(t);
    }
    t_out_expect(t, columns[5]);
    test_seen(test, columns[5]);

    if (strcmp(columns[4], "required") == 0) {
        t_out_content(t, test_fill(t->ar, columns[0], columns[1], 0));
        if (strstr(columns[0], "\"pin\"") != NULL) {
            t_out_group(t);
        }
        assert_int_equal(t_out_check(t), PL_INVALID);
        assert_int_equal(strncmp(t->err.path, columns[5],
                                 strlen(t->err.path)), 0);
        assert_string_equal(t->err.text, "required");
    }
}


/* to whom, path, content */

static void
test_refused(test_t *test, char *const *columns)
{
    t_out_t  *t = test->t;

    assert_non_null(columns[2]);
    t_out_content(t, columns[2]);

    if (strcmp(columns[0], "group") == 0) {
        t_out_group(t);
    }

    t_out_expect(t, strcmp(columns[1], "-") == 0 ? NULL : columns[1]);
    test_seen(test, columns[1]);
}


static void
test_all(void **state)
{
    size_t                   i, n;
    test_t                   test = { .t = *state };
    const pl_limit_t        *row;
    const pl_limit_group_t  *group;

    for (i = 0, n = 0; i < pl_whatsapp_limits.count; i++) {
        n += pl_whatsapp_limits.groups[i].count;
    }

    assert_true(n <= TEST_ROWS_MAX);
    assert_true(test_lines(&test, "limits.tsv", test_limit) >= 70);
    assert_true(test_lines(&test, "refused.tsv", test_refused) >= 150);

    for (i = 0, n = 0; i < pl_whatsapp_limits.count; i++) {
        group = &pl_whatsapp_limits.groups[i];

        for (row = group->rows; row < group->rows + group->count; row++) {
            if (!test.seen[n++]) {
                fail_msg("no test of the limit %s of %s (0x%x)", row->path,
                         group->path, (unsigned) row->when);
            }

            assert_string_not_equal(row->source, "");
        }
    }
}


/* A quoted message: not with a reaction, a pin, a receipt. */

static void
test_reply_to(void **state)
{
    char      id[PL_PROVIDER_ID_MAX + 2];
    size_t    i;
    t_out_t  *t = *state;

    static const char *const  contents[] = {
        "{\"type\":\"reaction\",\"reaction\":{\"message_id\":\"x\"}}",
        "{\"type\":\"read\",\"receipt\":{\"message_id\":\"x\"}}",
    };

    memset(id, 'x', sizeof(id));
    id[PL_PROVIDER_ID_MAX + 1] = '\0';

    t_out_content(t, "{\"type\":\"text\",\"text\":{\"body\":\"x\"}}");
    t->message.reply_to = id;
    t_out_expect(t, "reply_to");
    id[PL_PROVIDER_ID_MAX] = '\0';
    t_out_expect(t, NULL);

    for (i = 0; i < PL_COUNT(contents); i++) {
        t_out_content(t, contents[i]);
        t->message.reply_to = id;
        t_out_expect(t, "reply_to");
        t->message.reply_to = (char *) "";
        t_out_expect(t, NULL);
    }

    t->message.content = NULL;
    t_out_expect(t, "content");
}


/* What is refused is told by lengths and counts, never by its words. */

static void
test_no_contents(void **state)
{
    char      line[512];
    t_out_t  *t = *state;

    t_out_content(t, "{\"type\":\"interactive\",\"interactive\":{\"kind\":"
                  "\"button\",\"body\":\"b\",\"action\":{\"buttons\":["
                  "{\"id\":\"a\",\"title\":\"secretsecretsecretsec\"}]}}}");
    t_out_expect(t, "content.interactive.action.buttons[0].title");
    assert_string_equal(t->err.text, "21 characters, at most 20");
    (void) pl_err_print(&t->err, line, sizeof(line));
    assert_null(strstr(line, "secret"));

    t_out_content(t, "{\"type\":\"interactive\",\"interactive\":{\"kind\":"
                  "\"button\",\"body\":\"b\",\"action\":{\"buttons\":["
                  "{\"id\":\"a\",\"title\":\"A\"},{\"id\":\"b\",\"title\":"
                  "\"B\"},{\"id\":\"c\",\"title\":\"C\"},{\"id\":\"d\","
                  "\"title\":\"D\"}]}}}");
    t_out_expect(t, "content.interactive.action.buttons[3]");
    assert_string_equal(t->err.text, "at most 3");
}


/* Kinds that no version of ours wrote. */

static void
test_unknown_kinds(void **state)
{
    t_out_t  *t = *state;

    t_out_content(t, "{\"type\":\"interactive\",\"interactive\":{\"kind\":"
                  "\"button\",\"body\":\"b\",\"header\":{\"kind\":\"text\","
                  "\"text\":\"x\"},\"action\":{\"buttons\":[{\"id\":\"a\","
                  "\"title\":\"A\"}]}}}");
    t->message.content->interactive->header->kind = (Pl__HeaderKind) 99;
    t_out_expect(t, "content.interactive.header.kind");
    t->message.content->interactive->header = NULL;
    t->message.content->interactive->kind = (Pl__InteractiveKind) 99;
    t_out_expect(t, "content.interactive.kind");

    t_out_content(t, "{\"type\":\"template\",\"template\":{\"name\":\"a\","
                  "\"language\":\"es\",\"buttons\":[{\"index\":0,\"kind\":"
                  "\"url\",\"text\":\"x\"}]}}");
    t->message.content->template_->buttons[0]->kind = (Pl__ButtonKind) 99;
    t_out_expect(t, "content.template.buttons[0]");
}


/* A path that is none of the message's is our mistake, and said. */

static void
test_bad_rows(void **state)
{
    size_t              i;
    t_out_t            *t = *state;
    pl_limit_t          row = { 0, NULL, PL_LIMIT_CHARS, 0, 1, "x" };
    pl_limit_group_t    group = { NULL, &row, 1 };
    const pl_limits_t   limits = { &group, 1, NULL, 0 };
    static const struct {
        const char     *group;
        const char     *row;
    }                   bad[] = {
        { "text", "nobody" }, { "text", "body.x" }, { "text", "" },
        { "texts", "body" }, { "type", "x" }, { "", "body" },
        { "text.body", "x" }, { "text.", "body" },
    };

    t_out_content(t, "{\"type\":\"text\",\"text\":{\"body\":\"x\"}}");

    for (i = 0; i < PL_COUNT(bad); i++) {
        group.path = bad[i].group;
        row.path = bad[i].row;
        assert_int_equal(pl_limit_check(&limits, &t->message.content->base,
                                        "content", NULL, "text", &t->err),
                         PL_MISUSE);
        assert_int_equal(pl_limit_check(&limits, &t->message.content->base,
                                        "content", "tex", "text", &t->err),
                         PL_OK);
    }

    t_out_content(t, "{\"type\":\"contacts\",\"cards\":{\"cards\":["
                  "{\"name\":{\"formatted_name\":\"x\"}}]}}");
    group.path = "cards.cards";         /* many have no rows of their own */
    row.path = "name";
    assert_int_equal(pl_limit_check(&limits, &t->message.content->base,
                                    "content", NULL, "contacts", &t->err),
                     PL_MISUSE);
}


static void
test_words(void **state)
{
    (void) state;

    assert_int_equal(pl_limit_variant(&pl_whatsapp_limits, "image"), 1);
    assert_int_equal(pl_limit_variant(&pl_whatsapp_limits, "imag"), 0);
    assert_int_equal(pl_limit_variant(&pl_whatsapp_limits, ""), 0);
    assert_true(pl_limit_word("a bc d", "bc"));
    assert_true(pl_limit_word("bc", "bc"));
    assert_false(pl_limit_word("abc bcd", "bc"));
    assert_false(pl_limit_word("bc", ""));
    assert_int_equal(pl_limit_chars(NULL), 0);
    assert_int_equal(pl_limit_chars("a\xc3\xa9\xf0\x9f\x98\x80"), 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_reply_to),
        cmocka_unit_test(test_no_contents),
        cmocka_unit_test(test_unknown_kinds),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_words),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_check", tests, t_out_setup,
                                       t_out_teardown);
}
