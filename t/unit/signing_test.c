/*
 * Signatures of events, by Standard Webhooks' own vector, and secrets.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/signing.h"

#define TEXT    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER   "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define ID      PL_STR("msg_p5jXN8AQM9LWM0D4loKWxJek")
#define TIME    1614265330
#define BODY    PL_STR("{\"test\": 2432232314}")
#define SIGNED  "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static const uint8_t  key[PL_KEY_LEN] = { 1, 2, 3 };


static const pl_keyring_t *
of(const uint8_t bytes[PL_KEY_LEN])
{
    static pl_keyring_t  ring;

    pl_keyring_one(&ring, bytes);

    return &ring;
}


/* A secret as a subscription has it. */

static void
seal(pl_arena_t *ar, const char *text, uint64_t place,
    Pl__SubscriptionSecret *secret)
{
    char      aad[PL_SECRET_AAD_MAX];
    pl_str_t  plain, sealed;

    pl__subscription_secret__init(secret);
    assert_int_equal(pl_signing_read(ar, pl_str_c(text), &plain, NULL),
                     PL_OK);
    assert_int_equal(pl_crypto_seal(key, pl_subscription_aad(aad, 7, place),
                                    plain, ar, &sealed, NULL), PL_OK);
    secret->sealed.data = (uint8_t *) (uintptr_t) sealed.data;
    secret->sealed.len = sealed.len;
    secret->place = place;
}


static void
it_is_signed_as_the_vector_says(void **state)
{
    char                     out[PL_SIGNATURES_MAX];
    pl_arena_t              *ar = pl_arena_create(4096, 65536);
    pl_signer_t              signer;
    Pl__Subscription         sub = PL__SUBSCRIPTION__INIT;
    Pl__SubscriptionSecret   secret, *secrets[1] = { &secret };

    (void) state;
    seal(ar, TEXT, 5, &secret);
    sub.n_secrets = 1;
    sub.secrets = secrets;

    assert_int_equal(pl_signing_open(&signer, 7, &sub, of(key), 1000, ar, NULL),
                     PL_OK);
    assert_int_equal(pl_signing_sign(&signer, ID, TIME, BODY, ar, out, NULL),
                     PL_OK);
    assert_string_equal(out, SIGNED);
    pl_signing_close(&signer);
    pl_arena_destroy(ar);
}


/* While both hold each signs; from its last moment on the older does not. */

static void
two_secrets_sign_until_one_is_over(void **state)
{
    char                     out[PL_SIGNATURES_MAX];
    pl_arena_t              *ar = pl_arena_create(4096, 65536);
    pl_signer_t              signer;
    Pl__Subscription         sub = PL__SUBSCRIPTION__INIT;
    Pl__SubscriptionSecret   a, b, *secrets[2] = { &a, &b };

    (void) state;
    seal(ar, OTHER, 6, &a);
    seal(ar, TEXT, 5, &b);
    b.has_until_ms = 1;
    b.until_ms = 2000;
    sub.n_secrets = 2;
    sub.secrets = secrets;

    assert_int_equal(pl_signing_open(&signer, 7, &sub, of(key), 1999, ar, NULL),
                     PL_OK);
    assert_int_equal(signer.n, 2);
    assert_int_equal(pl_signing_sign(&signer, ID, TIME, BODY, ar, out, NULL),
                     PL_OK);
    assert_non_null(strstr(out, " " SIGNED));
    assert_int_equal(strncmp(out, "v1,", 3), 0);
    assert_int_equal(strlen(out), 2 * strlen(SIGNED) + 1);
    pl_signing_close(&signer);

    assert_int_equal(pl_signing_open(&signer, 7, &sub, of(key), 2000, ar, NULL),
                     PL_OK);
    assert_int_equal(signer.n, 1);
    pl_signing_close(&signer);
    pl_arena_destroy(ar);
}


static void
another_key_or_place_opens_nothing(void **state)
{
    uint8_t                  other[PL_KEY_LEN] = { 9 };
    pl_arena_t              *ar = pl_arena_create(4096, 65536);
    pl_signer_t              signer;
    Pl__Subscription         sub = PL__SUBSCRIPTION__INIT;
    Pl__SubscriptionSecret   secret, *secrets[1] = { &secret };

    (void) state;
    seal(ar, TEXT, 5, &secret);
    sub.n_secrets = 1;
    sub.secrets = secrets;

    assert_int_equal(pl_signing_open(&signer, 7, &sub, of(other), 0, ar, NULL),
                     PL_DENIED);
    assert_int_equal(pl_signing_open(&signer, 8, &sub, of(key), 0, ar, NULL),
                     PL_DENIED);
    secret.place = 6;
    assert_int_equal(pl_signing_open(&signer, 7, &sub, of(key), 0, ar, NULL),
                     PL_DENIED);
    assert_int_equal(signer.n, 0);
    pl_arena_destroy(ar);
}


static void
a_secret_has_24_to_64_bytes(void **state)
{
    size_t       i;
    uint8_t      bytes[PL_SECRET_MAX + 1] = { 0 };
    pl_str_t     text, back;
    pl_arena_t  *ar = pl_arena_create(4096, 65536);

    static const char *const  bad[] = {
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_????",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(bad); i++) {
        assert_int_equal(pl_signing_read(ar, pl_str_c(bad[i]), &back, NULL),
                         PL_INVALID);
    }

    for (i = 1; i < sizeof(bytes) + 1; i++) {
        text = pl_signing_print(ar, (pl_str_t) { bytes, i });
        assert_int_equal(pl_signing_read(ar, text, &back, NULL),
                         i >= PL_SECRET_MIN && i <= PL_SECRET_MAX
                         ? PL_OK : PL_INVALID);
    }

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(it_is_signed_as_the_vector_says),
        cmocka_unit_test(two_secrets_sign_until_one_is_over),
        cmocka_unit_test(another_key_or_place_opens_nothing),
        cmocka_unit_test(a_secret_has_24_to_64_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
