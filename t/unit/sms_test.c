/*
 * SMS: how many segments a text goes in, and typographic characters.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/sms.h"
#include "../../src/core/gsm.h"

#define TEST_TEXT  4096

#define A      "a"
#define EURO   "\xe2\x82\xac"
#define CEDIL  "\xc3\xa7"
#define CAPIT  "\xc3\x87"
#define ZHE    "\xd0\xb6"
#define EMOJI  "\xf0\x9f\x98\x80"


/* So many of one, then one of another, then so many again. */
typedef struct {
    unsigned     n;
    const char  *what;
    const char  *then;
    unsigned     more;
    unsigned     segments;
} test_row_t;

static const test_row_t test_rows[] = {
    { 160, A, "", 0, 1 },
    { 161, A, "", 0, 2 },
    { 158, A, EURO, 0, 1 },
    { 159, A, EURO, 0, 2 },
    { 152, A, EURO, 152, 3 },
    { 160, CEDIL, "", 0, 3 },
    { 160, CAPIT, "", 0, 1 },
    { 70, ZHE, "", 0, 1 },
    { 71, ZHE, "", 0, 2 },
    { 68, ZHE, EMOJI, 0, 1 },
    { 69, ZHE, EMOJI, 0, 2 },
    { 66, ZHE, EMOJI, 66, 3 },
    { 0, A, "", 0, 0 },
    { 306, A, "", 0, 2 },
    { 307, A, "", 0, 3 },
    { 1, "`", "", 0, 1 },
    { 71, "`", "", 0, 2 },
};


static size_t
test_put(char *to, const char *what)
{
    memcpy(to, what, strlen(what) + 1);

    return strlen(what);
}


static void
test_segments(void **state)
{
    char                  text[TEST_TEXT], *p;
    size_t                i;
    unsigned              k;
    pl_gsm_t              gsm;
    Pl__Text              said = PL__TEXT__INIT;
    pl_arena_t           *ar = pl_arena_create(4096, 65536);
    Pl__Content           content = PL__CONTENT__INIT;
    const test_row_t     *row;
    Pl__ChannelSettings   channel = PL__CHANNEL_SETTINGS__INIT;

    (void) state;

    channel.provider = (char *) "twilio";
    channel.account = (char *) "AC1/+31612345678";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &said;
    said.body = text;

    for (i = 0; i < sizeof(test_rows) / sizeof(test_rows[0]); i++) {
        row = &test_rows[i];
        p = text;
        *p = '\0';

        for (k = 0; k < row->n; k++) {
            p += test_put(p, row->what);
        }

        p += test_put(p, row->then);

        for (k = 0; k < row->more; k++) {
            p += test_put(p, row->what);
        }

        pl_gsm_count((pl_str_t) { (uint8_t *) text, strlen(text) }, &gsm);
        assert_int_equal(gsm.segments, row->segments);
        assert_int_equal(pl_sms_segments(ar, &channel, &content),
                         row->segments);
    }

    channel.account = (char *) "AC1/whatsapp:+31612345678";
    assert_int_equal(pl_sms_segments(ar, &channel, &content), 0);

    pl_arena_destroy(ar);
}


static void
test_smart(void **state)
{
    const char  *plain = "it's [fine] " EURO;
    pl_arena_t  *ar = pl_arena_create(4096, 65536);

    (void) state;

    assert_ptr_equal(pl_sms_smart(ar, plain), plain);
    assert_string_equal(pl_sms_smart(ar, "\xe2\x80\x9c" "a\xe2\x80\x9d\xe2"
                        "\x80\x94\xe2\x80\x98" "b\xe2\x80\x99\xe2\x80\xa6"
                        "\xc2\xa0\xe2\x80\x8b" EMOJI),
                        "\"a\"-'b'... " EMOJI);
    assert_string_equal(pl_sms_smart(ar, "\xe2\x80\xa6"), "...");
    assert_string_equal(pl_sms_smart(ar, "\xe2\x80\x8b"), "");

    pl_arena_destroy(ar);
}


/* Each template with its value of x and y; NULL: refused for it. */

typedef struct {
    const char  *text;
    const char  *x;
    const char  *y;
    const char  *filled;
} test_fill_t;

static const test_fill_t test_fills[] = {
    { "Hallo {x}!", "Ana", NULL, "Hallo Ana!" },
    { "# for tests\n# more\n{x} en {y}, {x}\n\n", "a", "b", "a en b, a" },
    { "{{x}} {x}", "{y}", NULL, "{x} {y}" },
    { "plain", NULL, NULL, "plain" },
    { "Hallo {x} {y}", "Ana", NULL, NULL },
    { "Hallo {x}", "", NULL, NULL },
    { "Hallo {x}", "Ana", "b", NULL },
    { "Hallo", "Ana", NULL, NULL },
    { "Hallo {x", "Ana", NULL, NULL },
    { "Hallo x}", "Ana", NULL, NULL },
    { "Hallo {}", NULL, NULL, NULL },
    { "Hallo {a b}", NULL, NULL, NULL },
    { "", NULL, NULL, NULL },
    { "# nothing else", NULL, NULL, NULL },
};


static void
test_fill(void **state)
{
    char                 longest[PL_TEXT_MAX + 2];
    size_t               i, n;
    pl_err_t             err;
    pl_str_t             out, text;
    pl_arena_t          *ar = pl_arena_create(65536, 1 << 20);
    pl_sms_value_t       values[2];
    const test_fill_t   *row;

    (void) state;

    for (i = 0; i < sizeof(test_fills) / sizeof(test_fills[0]); i++) {
        row = &test_fills[i];
        n = 0;

        if (row->x != NULL) {
            values[n].name = PL_STR("x");
            values[n++].value = (pl_str_t) { (const uint8_t *) row->x,
                                             strlen(row->x) };
        }

        if (row->y != NULL) {
            values[n].name = PL_STR("y");
            values[n++].value = (pl_str_t) { (const uint8_t *) row->y,
                                             strlen(row->y) };
        }

        text = (pl_str_t) { (const uint8_t *) row->text, strlen(row->text) };

        if (row->filled == NULL) {
            assert_int_equal(pl_sms_fill(ar, text, values, n, &out, &err),
                             PL_INVALID);
            continue;
        }

        assert_int_equal(pl_sms_fill(ar, text, values, n, &out, &err), PL_OK);
        assert_string_equal((const char *) out.data, row->filled);
    }

    memset(longest, 'a', sizeof(longest));
    text = (pl_str_t) { (const uint8_t *) longest, PL_TEXT_MAX };
    assert_int_equal(pl_sms_fill(ar, text, NULL, 0, &out, &err), PL_OK);
    text.len++;
    assert_int_equal(pl_sms_fill(ar, text, NULL, 0, &out, &err), PL_TOOBIG);

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_smart),
        cmocka_unit_test(test_fill),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
