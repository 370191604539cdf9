/*
 * Phone numbers in one form, and what proves that a click is its person's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/unsubscribe.h"
#include "../../src/core/str.h"
#include "../../src/engine/alias.h"
#include "../../src/engine/phone.h"


static void
one_form(void **state)
{
    char    out[PL_PHONE_MAX + 1];
    size_t  i;

    static const struct {
        const char  *text;
        const char  *code;
        const char  *normal;        /* NULL: it is no number */
    } rows[] = {
        { "+31 6 1234 5678", NULL, "31612345678" },
        { "+31 (0)6-12345678", NULL, "31612345678" },
        { "0031612345678", NULL, "31612345678" },
        { "0031 (0)6 12345678", NULL, "31612345678" },
        { "31612345678", "31", "31612345678" },
        { "0612345678", "31", "31612345678" },
        { "07 12 34 56", "226", "22607123456" },
        { "01 97 12 34 56", "229", "2290197123456" },
        { "06-12 34 56 78", "31", "31612345678" },
        { "0612345678", NULL, "0612345678" },
        { "+0612345678", "31", "0612345678" },
        { "612345678", "31", "612345678" },
        /* the 0 belongs to it, or is not 0 */
        { "0612345678", "39", "390612345678" },
        { "06201234567", "36", "36201234567" },
        { "0201234567", "36", "0201234567" },
        /* too long to be dialled: as it is; one less is not */
        { "0123456789012345", "31", "0123456789012345" },
        { "01234567890123", "31", "311234567890123" },
        { "00", "31", "00" },
        { "0", "31", "0" },
        /* what is none */
        { "", "31", NULL },
        { "+", "31", NULL },
        { "NL.123", "31", NULL },
        { "06 call me", "31", NULL },
        { "123456789012345678901", NULL, NULL },
        { "12345678901234567890", NULL, "12345678901234567890" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_phone_normal(rows[i].text, rows[i].code, out),
                         rows[i].normal != NULL);
        assert_string_equal(out, rows[i].normal != NULL ? rows[i].normal
                                                        : "");
    }
}


static void
a_calling_code(void **state)
{
    (void) state;

    assert_true(pl_phone_code_valid(PL_STR("1")));
    assert_true(pl_phone_code_valid(PL_STR("378")));
    assert_false(pl_phone_code_valid(PL_STR("")));
    assert_false(pl_phone_code_valid(PL_STR("031")));
    assert_false(pl_phone_code_valid(PL_STR("3781")));
    assert_false(pl_phone_code_valid(PL_STR("+31")));
}


static void
typed_with_its_trunk(void **state)
{
    char  digits[PL_PHONE_MAX + 1];

    (void) state;

    assert_true(pl_alias_digits("+31 (0)6-1", digits, sizeof(digits)));
    assert_string_equal(digits, "3161");
    assert_true(pl_alias_digits("(06) 1", digits, sizeof(digits)));
    assert_string_equal(digits, "061");
}


/* Each byte of a token counts, and so does who it is of, and which store's. */

static void
a_token_is_its_persons(void **state)
{
    char               token[PL_UNSUBSCRIBE_MAX], other[PL_UNSUBSCRIBE_MAX];
    size_t             i, len;
    pl_mac_t          *mac = pl_mac_create(PL_STR("a key of 32 bytes, or so"));
    pl_mac_t          *none = pl_mac_create(PL_STR("another one"));
    pl_unsubscribe_t   of = { "0badcafe", 1, 2, 345 }, out;

    (void) state;

    assert_int_equal(pl_unsubscribe_token(mac, &of, token), PL_OK);
    assert_int_equal(strncmp(token, "0badcafe.1.2.345.", 17), 0);
    assert_int_equal(pl_unsubscribe_check(mac, of.mark, pl_str_c(token),
                                          &out), PL_OK);
    assert_int_equal(out.tenant, 1);
    assert_int_equal(out.channel, 2);
    assert_int_equal(out.contact, 345);
    assert_int_equal(pl_unsubscribe_check(none, of.mark, pl_str_c(token),
                                          &out), PL_DENIED);

    len = strlen(token);

    for (i = 0; i < len; i++) {
        memcpy(other, token, len + 1);
        other[i] = other[i] == 'a' ? 'b' : other[i] == '1' ? '7' : 'a';
        assert_int_equal(pl_unsubscribe_check(mac, of.mark, pl_str_c(other),
                                              &out), PL_DENIED);
    }

    for (i = 0; i < len; i++) {
        assert_int_equal(pl_unsubscribe_check(mac, of.mark, (pl_str_t) {
                             (const uint8_t *) token, i }, &out), PL_DENIED);
    }

    of.contact = UINT64_MAX;
    of.tenant = of.channel = UINT32_MAX;
    assert_int_equal(pl_unsubscribe_token(mac, &of, token), PL_OK);
    assert_int_equal(pl_unsubscribe_check(mac, of.mark, pl_str_c(token),
                                          &out), PL_OK);
    assert_true(out.contact == UINT64_MAX);
    assert_int_equal(pl_unsubscribe_check(mac, of.mark,
                         PL_STR("0badcafe.4294967296.1.1.aaaaaaaaaaaaaaaa"),
                         &out), PL_DENIED);
    assert_int_equal(pl_unsubscribe_check(mac, of.mark,
                         PL_STR("0badcafe.1.1.18446744073709551616."
                                "aaaaaaaaaaaaaaaa"), &out), PL_DENIED);

    /* rightly signed, by a store that this one came after; nobody turns it
       into one of this store's */

    assert_int_equal(pl_unsubscribe_check(mac, "0badcaff", pl_str_c(token),
                                          &out), PL_FOREIGN);
    memcpy(token, "0badcaff", 8);
    assert_int_equal(pl_unsubscribe_check(mac, "0badcaff", pl_str_c(token),
                                          &out), PL_DENIED);
    assert_int_equal(pl_unsubscribe_check(mac, "", PL_STR(".1.2.3.aaaaaaaaaa"
                                          "aaaaaa"), &out), PL_DENIED);

    pl_mac_destroy(mac);
    pl_mac_destroy(none);
}


static void
a_click(void **state)
{
    char    large[PL_UNSUBSCRIBE_BODY_MAX + 1];
    size_t  i;

    static const struct {
        const char  *body;
        bool         is;
    } rows[] = {
        { "List-Unsubscribe=One-Click", true },
        { "List-Unsubscribe=One-Click\r\n", true },
        { "List-Unsubscribe=One-Click&x=y", true },
        { "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\""
          "\r\n\r\nOne-Click\r\n--b--\r\n", true },
        { "List-Unsubscribe=One-Clicks", false },
        { "x=List-Unsubscribe=One-Click", false },
        { "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\""
          "\r\n\r\nTwo\r\n--b--\r\n", false },
        { "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"
          "One-Click\r\n--b--\r\n", false },
        { "", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_unsubscribe_body(pl_str_c(rows[i].body)),
                         rows[i].is);
    }

    memset(large, 'x', sizeof(large));
    memcpy(large, "List-Unsubscribe=One-Click&", 27);
    assert_true(pl_unsubscribe_body((pl_str_t) { (uint8_t *) large,
                                    PL_UNSUBSCRIBE_BODY_MAX }));
    assert_false(pl_unsubscribe_body((pl_str_t) { (uint8_t *) large,
                                     sizeof(large) }));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(one_form),
        cmocka_unit_test(a_calling_code),
        cmocka_unit_test(typed_with_its_trunk),
        cmocka_unit_test(a_token_is_its_persons),
        cmocka_unit_test(a_click),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
