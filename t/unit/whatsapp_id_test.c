/*
 * WhatsApp: whose number an id holds, by the form that Meta's own examples
 * have, and by none that only looks like it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp.h"
#include "../../src/core/arena.h"
#include "../../src/core/str.h"


static const char *
whose(pl_arena_t *ar, const char *id)
{
    return pl_whatsapp.whose(pl_str_c(id), ar);
}


/* The first two as Meta's webhooks have them. */

static void
examples_hold_a_number(void **state)
{
    size_t       i;
    pl_arena_t  *ar;

    static const char *const  rows[][2] = {
        { "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=",
          "16503879439" },              /* of a group */
        { "wamid.HBgLNjAxNzM1MjYyMzMVAgARGBJCNkY5NTBENEU3ODYxQTM3RUQA",
          "60173526233" },              /* of ours */
        { "wamid.GAcxMjM0NTY3", "1234567" },
        { "wamid.GA8xMjM0NTY3ODkwMTIzNDU=", "123456789012345" },
    };

    (void) state;
    ar = pl_arena_create(1024, 8192);
    assert_non_null(ar);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(whose(ar, rows[i][0]), rows[i][1]);
    }

    pl_arena_destroy(ar);
}


static void
others_hold_none(void **state)
{
    size_t       i;
    char         id[300];
    pl_arena_t  *ar;

    static const char *const  rows[] = {
        "", "wamid.", "wamid.A1", "wamid.====",
        "HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=",
        "wamid.GAYxMjM0NTY=",           /* 6 digits */
        "wamid.GBAxMjM0NTY3ODkwMTIzNDU2",   /* 16 */
        "wamid.GAsxNjUwMzg3OTQz",       /* 11, of which one is missing */
        "wamid.GAsxNjUwMzg3OTQzYQ==",   /* and is a letter */
        "wamid.GBQzQUFERjg0NDEzNDdFODU3MUMxMA==",
    };

    (void) state;
    ar = pl_arena_create(1024, 8192);
    assert_non_null(ar);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(whose(ar, rows[i]));
    }

    /* as long as ids are kept, and one longer: "GAcxMjM0NTY3" and zeros */

    (void) snprintf(id, sizeof(id), "wamid.GAcxMjM0NTY3");
    memset(id + 18, 'A', sizeof(id) - 18);
    id[254] = '\0';                     /* whole groups of four */
    assert_string_equal(whose(ar, id), "1234567");
    id[254] = 'A';
    id[258] = '\0';
    assert_null(whose(ar, id));
    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(examples_hold_a_number),
        cmocka_unit_test(others_hold_none),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_id", tests, NULL, NULL);
}
