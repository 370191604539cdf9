/*
 * WhatsApp: signatures, the handshake, and the words of statuses.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"

#define TEST_SECRETS_MAX  4


typedef struct {
    const char   *secrets[TEST_SECRETS_MAX];
    const char   *body;
    const char   *signature;
    pl_status_t   rc;
    const char   *text;         /* of the error */
} test_signed_t;


#define BODY_1  "{\"object\":\"whatsapp_business_account\",\"entry\":[]}"
#define SUM_1                                                                 \
    "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
#define SUM_3                                                                 \
    "769b03d8c2ae6498f2d1e1f7299c0ba55448c69d741e7b0bb243d852d8a8d8c7"

static const test_signed_t test_signed[] = {

    { { "test_app_secret" }, BODY_1, "sha256=" SUM_1, PL_OK, NULL },
    { { "test_app_secret" },
      "{\"object\": \"whatsapp_business_account\", \"entry\": []}",
      "sha256="
      "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a",
      PL_OK, NULL },
    { { "otro_secreto" }, BODY_1, "sha256=" SUM_3, PL_OK, NULL },
    { { "test_app_secret" }, "{\"text\":\"\xc2\xbf" "caf\xc3\xa9 "
      "\xf0\x9f\x98\x80?\"}",
      "sha256="
      "c5a0f4f5b8a4d086b072eb20b4b43aeb48528d8dace7aa41fb8124ebd68aae2f",
      PL_OK, NULL },
    { { "test_app_secret" },
      "{\"text\":\"\\u00bfcaf\\u00e9 \\ud83d\\ude00?\"}",
      "sha256="
      "cf049bc4a9e9d21ab2384222193052f6cbedd86f3efe4ef98ec750679773c73e",
      PL_OK, NULL },

    /* rotation: any of several, in any place */
    { { "test_app_secret", "otro_secreto" }, BODY_1, "sha256=" SUM_3, PL_OK,
      NULL },
    { { "otro_secreto", "test_app_secret" }, BODY_1, "sha256=" SUM_3, PL_OK,
      NULL },
    { { "otro_secreto", "x", "y" }, BODY_1, "sha256=" SUM_1, PL_DENIED,
      "signature mismatch" },
    { { NULL }, BODY_1, "sha256=" SUM_1, PL_DENIED, "signature mismatch" },

    { { "test_app_secret" }, BODY_1 " ", "sha256=" SUM_1, PL_DENIED,
      "signature mismatch" },
    { { "test_app_secret" }, "", "sha256=" SUM_1, PL_DENIED,
      "signature mismatch" },
    { { "test_app_secret" }, BODY_1, "", PL_DENIED, "signature missing" },
    { { "test_app_secret" }, BODY_1, "sha256=", PL_DENIED,
      "signature malformed" },
    { { "test_app_secret" }, BODY_1, SUM_1, PL_DENIED,
      "signature malformed" },
    { { "test_app_secret" }, BODY_1, "sha1=" SUM_1, PL_DENIED,
      "signature malformed" },
    { { "test_app_secret" }, BODY_1, "SHA256=" SUM_1, PL_DENIED,
      "signature malformed" },
    { { "test_app_secret" }, BODY_1, "sha256=" SUM_1 "00", PL_DENIED,
      "signature malformed" },
    { { "test_app_secret" }, BODY_1, "sha256= " SUM_1, PL_DENIED,
      "signature malformed" },
    { { "test_app_secret" }, BODY_1, "sha256="
      "zec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
      PL_DENIED, "signature malformed" },
    { { "test_app_secret" }, BODY_1, "sha256="
      "DEC6A680679A968E7E0319355B23599CBFC54502C0784668E9618BAA0C633756",
      PL_OK, NULL },
    { { "test_app_secret" }, BODY_1, "sha256="
      "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633757",
      PL_DENIED, "signature mismatch" },
};


static pl_status_t
test_verify(const test_signed_t *row, size_t cut, pl_err_t *err)
{
    size_t        i, len = strlen(row->body);
    pl_mac_t     *macs[TEST_SECRETS_MAX];
    pl_str_t      pieces[2];
    pl_signed_t   in = { .signature = pl_str_c(row->signature),
                         .body = pieces, .n_body = 2 };
    pl_secrets_t  secrets = { .macs = macs };
    pl_status_t   rc;

    pieces[0] = (pl_str_t) { (const uint8_t *) row->body, len * cut / 4 };
    pieces[1] = (pl_str_t) { pieces[0].data + pieces[0].len,
                             len - pieces[0].len };

    while (secrets.n_macs < TEST_SECRETS_MAX
           && row->secrets[secrets.n_macs] != NULL)
    {
        macs[secrets.n_macs] =
            pl_mac_create(pl_str_c(row->secrets[secrets.n_macs]));
        assert_non_null(macs[secrets.n_macs]);
        secrets.n_macs++;
    }

    rc = pl_whatsapp.verify(&secrets, &in, err);

    for (i = 0; i < secrets.n_macs; i++) {
        pl_mac_destroy(macs[i]);
    }

    return rc;
}


static void
test_signatures(void **state)
{
    size_t    i, cut;
    pl_err_t  err;

    (void) state;

    for (i = 0; i < PL_COUNT(test_signed); i++) {
        for (cut = 0; cut <= 4; cut++) {
            memset(&err, 0, sizeof(err));

            assert_int_equal(test_verify(&test_signed[i], cut, &err),
                             test_signed[i].rc);
            if (test_signed[i].rc != PL_OK) {
                assert_string_equal(err.text, test_signed[i].text);
            }
        }
    }
}


static void
test_sign(void **state)
{
    char       out[PL_WHATSAPP_SIGNATURE_LEN + 1];
    pl_str_t   body = PL_STR(BODY_1);
    pl_mac_t  *mac = pl_mac_create(PL_STR("test_app_secret"));

    (void) state;

    assert_int_equal(pl_whatsapp_sign(mac, &body, 1, out), PL_OK);
    assert_string_equal(out, "sha256=" SUM_1);
    pl_mac_destroy(mac);
}


static void
test_handshake(void **state)
{
    size_t  i;

    static const struct {
        const char  *expected, *mode, *token, *challenge;
        bool         ok;
    } rows[] = {
        { "tok", "subscribe", "tok", "1158201444", true },
        { "tok", "subscribe", "tok", "<&\r\n", true },
        { "tok", "subscribe", "toK", "1", false },
        { "tok", "subscribe", "toks", "1", false },
        { "tok", "subscribe", "to", "1", false },
        { "tok", "subscribe", NULL, "1", false },
        { "tok", "unsubscribe", "tok", "1", false },
        { "tok", "Subscribe", "tok", "1", false },
        { "tok", NULL, "tok", "1", false },
        { "tok", "subscribe", "tok", NULL, false },
        { "", "subscribe", "", "1", false },
        { NULL, "subscribe", NULL, "1", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_whatsapp_handshake(pl_str_c(rows[i].expected),
                                               pl_str_c(rows[i].mode),
                                               pl_str_c(rows[i].token),
                                               pl_str_c(rows[i].challenge)),
                         rows[i].ok ? PL_OK : PL_DENIED);
    }
}


static void
test_states(void **state)
{
    size_t            i;
    Pl__MessageState  s;

    static const char *const  others[] = {
        "", "warning", "deleted", "Sent", "sent ", "accepted",
    };

    (void) state;

    assert_true(pl_whatsapp.state("sent", &s));
    assert_int_equal(s, PL__MESSAGE_STATE__MESSAGE_STATE_SENT);
    assert_true(pl_whatsapp.state("delivered", &s));
    assert_int_equal(s, PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED);
    assert_true(pl_whatsapp.state("read", &s));
    assert_int_equal(s, PL__MESSAGE_STATE__MESSAGE_STATE_READ);
    assert_true(pl_whatsapp.state("failed", &s));
    assert_int_equal(s, PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_true(pl_whatsapp.state("played", &s));
    assert_int_equal(s, PL__MESSAGE_STATE__MESSAGE_STATE_PLAYED);

    for (i = 0; i < PL_COUNT(others); i++) {
        assert_false(pl_whatsapp.state(others[i], &s));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_states),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp", tests, NULL, NULL);
}
