/*
 * The API's own parts: routes, queries that hold keys, pointers, ids,
 * cursors, roles, and tokens with the vectors of RFC 7515.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/api/impl.h"
#include "../../src/api/jwks.h"
#include "../../src/api/openapi.h"
#include "../../src/core/sign.h"
#include "../../src/core/str.h"

typedef struct {
    pl_api_t       *api;
    pl_arena_t     *ar;
    pl_api_call_t   call;
} t_api_t;


static int
setup(void **state)
{
    t_api_t  *t = calloc(1, sizeof(t_api_t));

    assert_non_null(t);
    assert_int_equal(pl_api_create(&t->api, NULL, NULL), PL_OK);
    t->ar = pl_arena_create(4096, 16 * 1024 * 1024);
    pl_api_call_init(&t->call, t->api, t->ar);
    t->call.op = t->api->ops[0];
    *state = t;

    return 0;
}


static int
end(void **state)
{
    t_api_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_api_destroy(t->api);
    free(t);

    return 0;
}


static void
paths_lead_to_operations(void **state)
{
    char                allow[PL_API_ALLOW_MAX];
    t_api_t            *t = *state;
    pl_str_t            params[PL_API_PARAMS_MAX];
    const pl_api_op_t  *op;

    op = pl_route_find(t->api, PL_API_GET, PL_STR("/v1/requests/req_1"),
                       params, allow);
    assert_non_null(op);
    assert_string_equal(op->name, "getRequest");
    assert_true(pl_str_eq(params[0], PL_STR("req_1")));

    assert_null(pl_route_find(t->api, PL_API_DELETE, PL_STR("/v1/me"),
                              params, allow));
    assert_string_equal(allow, "GET, HEAD");

    assert_null(pl_route_find(t->api, PL_API_GET, PL_STR("/v1/requests/"),
                              params, allow));
    assert_string_equal(allow, "");
    assert_null(pl_route_find(t->api, PL_API_GET, PL_STR("/v1/requests/a/b"),
                              params, allow));
    assert_null(pl_route_find(t->api, PL_API_GET, PL_STR("/v1/mee"), params,
                              allow));
    assert_null(pl_route_find(t->api, PL_API_GET, PL_STR("/v1"), params,
                              allow));
    assert_null(pl_route_find(t->api, PL_API_GET, PL_STR(""), params,
                              allow));
}


static void
no_two_operations_share_name_or_place(void **state)
{
    size_t    i, k;
    t_api_t  *t = *state;

    for (i = 0; i < t->api->n_ops; i++) {
        for (k = 0; k < i; k++) {
            assert_string_not_equal(t->api->ops[i]->name,
                                    t->api->ops[k]->name);
            assert_true(t->api->ops[i]->method != t->api->ops[k]->method
                        || strcmp(t->api->ops[i]->path,
                                  t->api->ops[k]->path) != 0);
        }
    }
}


static void
patterns_are_checked(void **state)
{
    (void) state;

    assert_null(pl_route_wrong("/v1/messages/{message}/trace"));
    assert_non_null(pl_route_wrong("v1"));
    assert_non_null(pl_route_wrong("/v1//x"));
    assert_non_null(pl_route_wrong("/v1/{x"));
    assert_non_null(pl_route_wrong("/v1/{}"));
    assert_null(pl_route_wrong("/{a}/{b}/{c}/{d}"));
    assert_non_null(pl_route_wrong("/{a}/{b}/{c}/{d}/{e}"));
}


static void
keys_in_a_query_are_seen(void **state)
{
    (void) state;

    assert_true(pl_api_query_secret(PL_STR("access_token=x")));
    assert_true(pl_api_query_secret(PL_STR("a=b&api-key=x")));
    assert_true(pl_api_query_secret(PL_STR("a&TOKEN")));
    assert_false(pl_api_query_secret(PL_STR("")));
    assert_false(pl_api_query_secret(PL_STR("a=token&limit=5")));
    assert_false(pl_api_query_secret(PL_STR("collapse_key=x&cursor=y")));
    assert_false(pl_api_query_secret(PL_STR("a_name_that_is_longer_token=x")));
}


static void
fields_are_shown_as_pointers(void **state)
{
    t_api_t  *t = *state;

    assert_string_equal(pl_api_pointer(t->ar, "to"), "#/to");
    assert_string_equal(pl_api_pointer(t->ar, "items[3].text.body"),
                        "#/items/3/text/body");
    assert_string_equal(pl_api_pointer(t->ar, "a~/b"), "#/a~0~1b");
    assert_string_equal(pl_api_pointer(t->ar, "[0]"), "#/0");
}


static void
ids_have_their_kind_before_them(void **state)
{
    t_api_t   *t = *state;
    uint64_t   id;

    assert_string_equal(pl_api_id(&t->call, "msg_", 5), "msg_5");
    assert_true(pl_api_id_read(PL_STR("msg_18446744073709551615"), "msg_",
                               &id));
    assert_true(id == UINT64_MAX);
    assert_false(pl_api_id_read(PL_STR("msg_18446744073709551616"), "msg_",
                                &id));
    assert_false(pl_api_id_read(PL_STR("cnt_5"), "msg_", &id));
    assert_false(pl_api_id_read(PL_STR("msg_"), "msg_", &id));
    assert_false(pl_api_id_read(PL_STR("msg_05"), "msg_", &id));
    assert_false(pl_api_id_read(PL_STR("msg_5x"), "msg_", &id));
    assert_false(pl_api_id_read(PL_STR("5"), "msg_", &id));
    assert_string_equal(pl_api_word(&t->call, &pl__api_role__descriptor,
                                    PL__API_ROLE__API_ROLE_READONLY),
                        "readonly");
}


static void
a_cursor_is_of_its_list_and_tenant(void **state)
{
    char      *cursor;
    t_api_t   *t = *state;
    uint8_t    longest[PL_API_POSITION_MAX + 1] = { 0 };
    pl_str_t   position;

    t->call.tenant = 1;
    cursor = pl_api_cursor(&t->call, PL_STR("\x00\x01\xff"));
    assert_non_null(cursor);
    assert_int_equal(pl_api_cursor_read(&t->call, cursor, &position), PL_OK);
    assert_true(pl_str_eq(position, PL_STR("\x00\x01\xff")));

    t->call.tenant = 2;
    assert_int_equal(pl_api_cursor_read(&t->call, cursor, &position),
                     PL_DENIED);
    assert_int_equal(t->call.out.status, 400);

    t->call.tenant = 1;
    t->call.op = t->api->ops[1];
    assert_int_equal(pl_api_cursor_read(&t->call, cursor, &position),
                     PL_DENIED);

    t->call.op = t->api->ops[0];
    cursor[3] = cursor[3] == 'A' ? 'B' : 'A';
    assert_int_equal(pl_api_cursor_read(&t->call, cursor, &position),
                     PL_DENIED);
    assert_int_equal(pl_api_cursor_read(&t->call, "", &position), PL_DENIED);
    assert_int_equal(pl_api_cursor_read(&t->call, "?", &position), PL_DENIED);

    position = (pl_str_t) { longest, PL_API_POSITION_MAX };
    cursor = pl_api_cursor(&t->call, position);
    assert_non_null(cursor);
    assert_int_equal(pl_api_cursor_read(&t->call, cursor, &position), PL_OK);
    position.len = PL_API_POSITION_MAX + 1;
    position.data = longest;
    assert_null(pl_api_cursor(&t->call, position));
}


static void
a_page_has_its_bounds(void **state)
{
    t_api_t   *t = *state;
    uint32_t   n;

    assert_int_equal(pl_api_limit(&t->call, false, 0, &n), PL_OK);
    assert_int_equal(n, PL_API_LIMIT);
    assert_int_equal(pl_api_limit(&t->call, true, 1, &n), PL_OK);
    assert_int_equal(pl_api_limit(&t->call, true, PL_API_LIMIT_MAX, &n),
                     PL_OK);
    assert_int_equal(pl_api_limit(&t->call, true, 0, &n), PL_DENIED);
    assert_int_equal(pl_api_limit(&t->call, true, PL_API_LIMIT_MAX + 1, &n),
                     PL_DENIED);
}


static void
every_permission_has_a_name_and_an_operator(void **state)
{
    int  i;

    (void) state;

    for (i = 0; i < PL_MAYS; i++) {
        assert_non_null(pl_may_name((pl_api_may_e) i));
        assert_true(pl_may(PL__API_ROLE__API_ROLE_OPERATOR,
                           (pl_api_may_e) i));
    }

    assert_false(pl_may((Pl__ApiRole) 0, PL_MAY_ANYTHING));
    assert_false(pl_may((Pl__ApiRole) 77, PL_MAY_ANYTHING));
    assert_false(pl_may(PL__API_ROLE__API_ROLE_READONLY,
                        PL_MAY_MESSAGES_SEND));
}


/* ---- signatures: RFC 7515, appendices A.1 to A.3 -------------------- */

#define HS_KEY                                                                \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgU" \
    "uTwjAzZr1Z9CAow"
#define HS_DATA                                                               \
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."                               \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"        \
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define HS_SIGN  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define ES_X     "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define ES_Y     "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define ES_DATA                                                               \
    "eyJhbGciOiJFUzI1NiJ9."                                                   \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"        \
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define ES_SIGN                                                               \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"        \
    "pmWQxfKTUJqPP3-Kg6NU1Q"


static pl_str_t
url(pl_arena_t *ar, const char *text)
{
    pl_str_t  out = PL_STR_NULL;

    assert_int_equal(pl_base64url_decode(ar, pl_str_c(text), &out), PL_OK);

    return out;
}


static void
signatures_hold_as_the_rfc_says(void **state)
{
    t_api_t    *t = *state;
    pl_str_t    sign, zero;
    uint8_t     zeroes[64] = { 0 };
    pl_sign_t  *hs, *es;

    hs = pl_sign_hs256(url(t->ar, HS_KEY));
    es = pl_sign_es256(url(t->ar, ES_X), url(t->ar, ES_Y));
    assert_non_null(hs);
    assert_non_null(es);
    assert_string_equal(pl_sign_name(es), "ES256");

    sign = url(t->ar, HS_SIGN);
    assert_true(pl_sign_holds(hs, PL_STR(HS_DATA), sign));
    assert_false(pl_sign_holds(hs, PL_STR(ES_DATA), sign));
    sign.len--;
    assert_false(pl_sign_holds(hs, PL_STR(HS_DATA), sign));

    sign = url(t->ar, ES_SIGN);
    assert_true(pl_sign_holds(es, PL_STR(ES_DATA), sign));
    assert_false(pl_sign_holds(es, PL_STR(HS_DATA), sign));
    zero = (pl_str_t) { zeroes, sizeof(zeroes) };
    assert_false(pl_sign_holds(es, PL_STR(ES_DATA), zero));
    zero.len = 0;
    assert_false(pl_sign_holds(es, PL_STR(ES_DATA), zero));
    assert_false(pl_sign_holds(hs, PL_STR(HS_DATA), zero));

    pl_sign_destroy(hs);
    pl_sign_destroy(es);
}


static void
short_keys_and_odd_points_are_none(void **state)
{
    t_api_t   *t = *state;
    uint8_t    bytes[PL_SIGN_RSA_MAX / 8 + 1];
    pl_str_t   s = { bytes, PL_SIGN_SECRET_MIN - 1 };

    memset(bytes, 0xff, sizeof(bytes));

    assert_null(pl_sign_hs256(s));
    assert_null(pl_sign_es256(url(t->ar, ES_X), url(t->ar, ES_X)));
    assert_null(pl_sign_es256(url(t->ar, ES_X), PL_STR("x")));
    s.len = PL_SIGN_RSA_MIN / 8 - 1;
    assert_null(pl_sign_rs256(s, PL_STR("\x01\x00\x01")));
    s.len = PL_SIGN_RSA_MAX / 8 + 1;
    assert_null(pl_sign_rs256(s, PL_STR("\x01\x00\x01")));
    s.len = PL_SIGN_RSA_MIN / 8;
    assert_null(pl_sign_rs256(s, PL_STR("\x01")));
    assert_null(pl_sign_rs256(s, PL_STR("")));
}


static void
a_file_of_keys_is_read(void **state)
{
    size_t       i;
    pl_err_t     err;
    pl_jwks_t   *jwks;

    static const char *const  wrong[] = {
        "", "[]", "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}]}",
        "{\"keys\":[{\"kty\":\"oct\"}]}",
        "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ES_X
            "\",\"y\":\"" ES_X "\"}]}",
    };

    (void) state;

    for (i = 0; i < PL_COUNT(wrong); i++) {
        assert_int_not_equal(pl_jwks_create(&jwks, pl_str_c(wrong[i]), &err),
                             PL_OK);
    }

    assert_int_equal(pl_jwks_create(&jwks, PL_STR(
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ES_X
        "\",\"y\":\"" ES_Y "\",\"kid\":\"a\"},{\"kty\":\"oct\",\"k\":\""
        HS_KEY "\",\"alg\":\"HS256\",\"x5c\":[\"?\"]},"
        "{\"kty\":\"oct\",\"k\":\"" HS_KEY "\",\"use\":\"enc\"}]}"), &err),
        PL_OK);
    assert_int_equal(pl_jwks_count(jwks), 2);
    pl_jwks_destroy(jwks);
}


static void
base64_of_urls_has_no_padding(void **state)
{
    t_api_t   *t = *state;
    pl_str_t   out;

    assert_string_equal(pl_base64url_encode(t->ar, PL_STR("\xfb\xff")).data,
                        "-_8");
    out = url(t->ar, "-_8");
    assert_true(pl_str_eq(out, PL_STR("\xfb\xff")));
    assert_int_equal(pl_base64url_decode(t->ar, PL_STR("-_8="), &out),
                     PL_INVALID);
    assert_int_equal(pl_base64url_decode(t->ar, PL_STR("+/8"), &out),
                     PL_INVALID);
    assert_int_equal(pl_base64url_decode(t->ar, PL_STR("A"), &out),
                     PL_INVALID);
    out = url(t->ar, "");
    assert_int_equal(out.len, 0);
}


static void
the_document_is_made(void **state)
{
    t_api_t   *t = *state;
    pl_str_t   yaml;

    assert_int_equal(pl_openapi_yaml(t->api, t->ar, &yaml, NULL), PL_OK);
    assert_memory_equal(yaml.data, "openapi: \"3.1.0\"\n", 17);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(paths_lead_to_operations, setup, end),
        cmocka_unit_test_setup_teardown(no_two_operations_share_name_or_place,
                                        setup, end),
        cmocka_unit_test(patterns_are_checked),
        cmocka_unit_test(keys_in_a_query_are_seen),
        cmocka_unit_test_setup_teardown(fields_are_shown_as_pointers, setup,
                                        end),
        cmocka_unit_test_setup_teardown(ids_have_their_kind_before_them,
                                        setup, end),
        cmocka_unit_test_setup_teardown(a_cursor_is_of_its_list_and_tenant,
                                        setup, end),
        cmocka_unit_test_setup_teardown(a_page_has_its_bounds, setup, end),
        cmocka_unit_test(every_permission_has_a_name_and_an_operator),
        cmocka_unit_test_setup_teardown(signatures_hold_as_the_rfc_says,
                                        setup, end),
        cmocka_unit_test_setup_teardown(short_keys_and_odd_points_are_none,
                                        setup, end),
        cmocka_unit_test(a_file_of_keys_is_read),
        cmocka_unit_test_setup_teardown(base64_of_urls_has_no_padding, setup,
                                        end),
        cmocka_unit_test_setup_teardown(the_document_is_made, setup, end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
