/* MACs, hashes, sealing and key files, each with what must not pass. */

#include "temp.h"

#include "../../src/core/crypto.h"
#include "../../src/core/str.h"


typedef struct {
    const char  *secret;
    const char  *body;
    const char  *hex;
} mac_row_t;


static const uint8_t  key_one[PL_KEY_LEN] = "0123456789abcdef0123456789abcde";
static const uint8_t  key_two[PL_KEY_LEN] = "0123456789abcdef0123456789abcdf";


/* The vectors of Meta's X-Hub-Signature-256. */
static void
mac_gives_metas_signatures(void **state)
{
    char                    hex[2 * PL_SHA256_LEN + 1];
    size_t                  i;
    uint8_t                 sum[PL_SHA256_LEN];
    pl_mac_t               *mac;
    pl_str_t                body;
    static const mac_row_t  rows[] = {
        { "test_app_secret",
          "{\"object\":\"whatsapp_business_account\",\"entry\":[]}",
          "dec6a680679a968e7e0319355b23599c"
          "bfc54502c0784668e9618baa0c633756" },
        { "test_app_secret",
          "{\"object\": \"whatsapp_business_account\", \"entry\": []}",
          "56cbbaf4961c6cfdae48b7f116c047e5"
          "eb513d2c931baae63a2bc1afd26f803a" },
        { "otro_secreto",
          "{\"object\":\"whatsapp_business_account\",\"entry\":[]}",
          "769b03d8c2ae6498f2d1e1f7299c0ba5"
          "5448c69d741e7b0bb243d852d8a8d8c7" },
        { "test_app_secret",
          "{\"text\":\"\xc2\xbf" "caf\xc3\xa9 \xf0\x9f\x98\x80?\"}",
          "c5a0f4f5b8a4d086b072eb20b4b43aeb"
          "48528d8dace7aa41fb8124ebd68aae2f" },
        { "test_app_secret",
          "{\"text\":\"\\u00bfcaf\\u00e9 \\ud83d\\ude00?\"}",
          "cf049bc4a9e9d21ab2384222193052f6"
          "cbedd86f3efe4ef98ec750679773c73e" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        mac = pl_mac_create(pl_str_c(rows[i].secret));
        assert_non_null(mac);

        body = pl_str_c(rows[i].body);
        assert_int_equal(pl_mac_sum(mac, &body, 1, sum), PL_OK);
        pl_hex_encode(sum, sizeof(sum), hex);
        assert_string_equal(hex, rows[i].hex);

        pl_mac_destroy(mac);
    }
}


static void
mac_does_not_mind_pieces_order_of_use_or_dup(void **state)
{
    size_t      cut;
    uint8_t     whole[PL_SHA256_LEN], sum[PL_SHA256_LEN];
    pl_mac_t   *mac, *dup;
    pl_str_t    body, pieces[3];

    (void) state;

    body = PL_STR("a body in three pieces");
    mac = pl_mac_create(PL_STR("secret"));
    assert_int_equal(pl_mac_sum(mac, &body, 1, whole), PL_OK);

    for (cut = 0; cut <= body.len; cut++) {
        pieces[0] = (pl_str_t) { body.data, cut };
        pieces[1] = PL_STR_NULL;
        pieces[2] = (pl_str_t) { body.data + cut, body.len - cut };
        assert_int_equal(pl_mac_sum(mac, pieces, 3, sum), PL_OK);
        assert_memory_equal(sum, whole, sizeof(sum));
    }

    dup = pl_mac_dup(mac);
    assert_non_null(dup);
    pl_mac_destroy(mac);
    assert_int_equal(pl_mac_sum(dup, &body, 1, sum), PL_OK);
    assert_memory_equal(sum, whole, sizeof(sum));

    assert_int_equal(pl_mac_sum(dup, &body, 0, sum), PL_OK);
    assert_memory_not_equal(sum, whole, sizeof(sum));
    pl_mac_destroy(dup);
}


static void
mac_needs_a_key(void **state)
{
    (void) state;

    assert_null(pl_mac_create(PL_STR_NULL));
    assert_null(pl_mac_create(PL_STR("")));
    pl_mac_destroy(NULL);
}


static void
equal_compares_length_and_bytes(void **state)
{
    (void) state;

    assert_true(pl_crypto_equal(PL_STR("same"), PL_STR("same")));
    assert_true(pl_crypto_equal(PL_STR_NULL, PL_STR("")));
    assert_false(pl_crypto_equal(PL_STR("same"), PL_STR("samf")));
    assert_false(pl_crypto_equal(PL_STR("same"), PL_STR("tame")));
    assert_false(pl_crypto_equal(PL_STR("same"), PL_STR("sam")));
    assert_false(pl_crypto_equal(PL_STR("same"), PL_STR_NULL));
}


static void
sha256_is_sha256(void **state)
{
    char        hex[2 * PL_SHA256_LEN + 1];
    uint8_t     sum[PL_SHA256_LEN];
    pl_str_t    abc[2];
    pl_hash_t  *hash;

    (void) state;

    hash = pl_hash_create();
    abc[0] = PL_STR("a");
    abc[1] = PL_STR("bc");

    assert_int_equal(pl_hash_sha256(hash, abc, 2, sum), PL_OK);
    pl_hex_encode(sum, sizeof(sum), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");

    assert_int_equal(pl_hash_sha256(hash, abc, 0, sum), PL_OK);
    pl_hex_encode(sum, sizeof(sum), hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
                             "27ae41e4649b934ca495991b7852b855");

    pl_hash_destroy(hash);
    pl_hash_destroy(NULL);
}


static void
hash_128_keeps_pieces_apart(void **state)
{
    uint8_t     one[PL_HASH128_LEN], two[PL_HASH128_LEN];
    uint8_t     sum[PL_SHA256_LEN];
    pl_str_t    left[2], right[2], led;
    pl_hash_t  *hash;

    (void) state;

    hash = pl_hash_create();
    left[0] = PL_STR("ab");
    left[1] = PL_STR("c");
    right[0] = PL_STR("a");
    right[1] = PL_STR("bc");

    assert_int_equal(pl_hash_128(hash, left, 2, one), PL_OK);
    assert_int_equal(pl_hash_128(hash, right, 2, two), PL_OK);
    assert_memory_not_equal(one, two, sizeof(one));

    left[0] = PL_STR("abc");
    left[1] = PL_STR_NULL;
    assert_int_equal(pl_hash_128(hash, left, 2, one), PL_OK);
    assert_int_equal(pl_hash_128(hash, left, 1, two), PL_OK);
    assert_memory_not_equal(one, two, sizeof(one));

    /* the layout is on disk: first half of SHA-256 over length and bytes */
    led = PL_STR("\0\0\0\3abc");
    assert_int_equal(pl_hash_sha256(hash, &led, 1, sum), PL_OK);
    assert_memory_equal(two, sum, sizeof(two));

    pl_hash_destroy(hash);
}


static void
random_bytes_differ(void **state)
{
    uint8_t  one[32] = { 0 }, two[32] = { 0 };

    (void) state;

    assert_int_equal(pl_crypto_random(one, sizeof(one)), PL_OK);
    assert_int_equal(pl_crypto_random(two, sizeof(two)), PL_OK);
    assert_memory_not_equal(one, two, sizeof(one));

    pl_crypto_wipe(one, sizeof(one));
    memset(two, 0, sizeof(two));
    assert_memory_equal(one, two, sizeof(one));
}


static void
sealed_values_open(void **state)
{
    size_t        len;
    uint8_t       data[200];
    pl_err_t      err;
    pl_str_t      plain, sealed, again, opened;
    pl_arena_t   *ar;

    (void) state;

    ar = pl_arena_create(4096, 1 << 20);
    memset(data, 'x', sizeof(data));

    for (len = 0; len <= sizeof(data); len += 25) {
        plain = (pl_str_t) { data, len };

        assert_int_equal(pl_crypto_seal(key_one, PL_STR("row/1"), plain, ar,
                                        &sealed, &err), PL_OK);
        assert_int_equal(sealed.len, len + 29);
        assert_int_equal(sealed.data[0], 1);

        assert_int_equal(pl_crypto_seal(key_one, PL_STR("row/1"), plain, ar,
                                        &again, &err), PL_OK);
        assert_memory_not_equal(sealed.data, again.data, sealed.len);

        assert_int_equal(pl_crypto_open(key_one, PL_STR("row/1"), sealed,
                                        ar, &opened, &err), PL_OK);
        assert_true(pl_str_eq(opened, plain));
        assert_non_null(opened.data);
        assert_int_equal(opened.data[opened.len], 0);
    }

    assert_int_equal(pl_crypto_seal(key_one, PL_STR_NULL, plain, ar, &sealed,
                                    &err), PL_OK);
    assert_int_equal(pl_crypto_open(key_one, PL_STR_NULL, sealed, ar,
                                    &opened, &err), PL_OK);
    assert_true(pl_str_eq(opened, plain));

    pl_arena_destroy(ar);
}


static void
sealed_values_open_nowhere_else(void **state)
{
    size_t        i;
    uint8_t       copy[64];
    pl_err_t      err;
    pl_str_t      sealed, opened, cut;
    pl_arena_t   *ar;

    (void) state;

    ar = pl_arena_create(4096, 1 << 20);
    assert_int_equal(pl_crypto_seal(key_one, PL_STR("row/1"),
                                    PL_STR("a token"), ar, &sealed, &err),
                     PL_OK);

    assert_int_equal(pl_crypto_open(key_two, PL_STR("row/1"), sealed, ar,
                                    &opened, &err), PL_DENIED);
    assert_null(opened.data);
    assert_null(strstr(err.text, "a token"));
    assert_int_equal(pl_crypto_open(key_one, PL_STR("row/2"), sealed, ar,
                                    &opened, &err), PL_DENIED);
    assert_int_equal(pl_crypto_open(key_one, PL_STR_NULL, sealed, ar,
                                    &opened, &err), PL_DENIED);

    for (i = 0; i < sealed.len; i++) {
        cut = (pl_str_t) { sealed.data, i };
        assert_int_equal(pl_crypto_open(key_one, PL_STR("row/1"), cut, ar,
                                        &opened, &err), PL_DENIED);
    }

    for (i = 0; i < 8 * sealed.len; i++) {
        memcpy(copy, sealed.data, sealed.len);
        copy[i / 8] ^= (uint8_t) (1u << i % 8);
        cut = (pl_str_t) { copy, sealed.len };
        assert_int_equal(pl_crypto_open(key_one, PL_STR("row/1"), cut, ar,
                                        &opened, &err), PL_DENIED);
    }

    pl_arena_destroy(ar);
}


static void
sealing_says_when_the_arena_is_full(void **state)
{
    uint8_t       data[512] = { 0 };
    pl_err_t      err;
    pl_str_t      sealed, opened, plain;
    pl_arena_t   *big, *small;

    (void) state;

    big = pl_arena_create(4096, 1 << 20);
    small = pl_arena_create(256, 256);
    plain = (pl_str_t) { data, sizeof(data) };

    assert_int_equal(pl_crypto_seal(key_one, PL_STR("r"), plain, small,
                                    &sealed, &err), PL_NOMEM);
    assert_null(sealed.data);
    assert_int_equal(pl_crypto_seal(key_one, PL_STR("r"), plain, big,
                                    &sealed, NULL), PL_OK);
    assert_int_equal(pl_crypto_open(key_one, PL_STR("r"), sealed, small,
                                    &opened, &err), PL_NOMEM);

    pl_arena_destroy(big);
    pl_arena_destroy(small);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(mac_gives_metas_signatures),
        cmocka_unit_test(mac_does_not_mind_pieces_order_of_use_or_dup),
        cmocka_unit_test(mac_needs_a_key),
        cmocka_unit_test(equal_compares_length_and_bytes),
        cmocka_unit_test(sha256_is_sha256),
        cmocka_unit_test(hash_128_keeps_pieces_apart),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(sealed_values_open),
        cmocka_unit_test(sealed_values_open_nowhere_else),
        cmocka_unit_test(sealing_says_when_the_arena_is_full),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
