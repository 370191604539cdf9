/*
 * Every type that can be sent on WhatsApp: the request that is built,
 * compared as data with what the provider documents. A fixture is a content;
 * its name says to whom (group-, user-) and that it quotes (reply-).
 */

#include <dirent.h>

#include "whatsapp_out.h"

#define TEST_FIXTURES_MAX  512


static pl_str_t
test_read(pl_arena_t *ar, const char *path)
{
    long      len;
    FILE     *f = fopen(path, "rb");
    uint8_t  *data;

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


/* Without white space and in the shape's order. A key that it lacks fails. */

static const char *
test_canonical(t_out_t *t, pl_str_t json, bool receipt)
{
    pl_str_t           out;
    ProtobufCMessage  *msg;

    if (pl_json_decode(t->codec, receipt ? &pl__wa__out_receipt__descriptor
                                         : &pl__wa__out_message__descriptor,
                       json, 0, t->ar, &msg, &t->err) != PL_OK
        || pl_json_encode(t->codec, msg, t->ar, &out, &t->err) != PL_OK)
    {
        fail_msg("%.*s: %s: %s", (int) json.len, (const char *) json.data,
                 t->err.path, t->err.text);
    }

    return (const char *) out.data;
}


static void
test_load(t_out_t *t, const char *dir, const char *name)
{
    char  *path;

    pl_arena_reset(t->ar);
    path = pl_arena_printf(t->ar, "%s/%s", dir, name);
    t_out_content(t, (const char *) test_read(t->ar, path).data);

    if (strncmp(name, "group-", 6) == 0) {
        t_out_group(t);
    }

    if (strncmp(name, "user-", 5) == 0) {
        t->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
        t->address.value = (char *) "ES.1349";
    }

    if (strncmp(name, "reply-", 6) == 0) {
        t->message.reply_to = (char *) "wamid.IN";
    }
}


static void
test_same(t_out_t *t, const char *dir, const char *name)
{
    char          *path;
    bool           receipt = strncmp(name, "read", 4) == 0;
    const char    *got, *expected;
    pl_request_t   request;

    test_load(t, dir, name);

    if (t_out_build(t, t->ar, &request) != PL_OK) {
        fail_msg("%s: %s: %s", name, t->err.path, t->err.text);
    }

    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://graph.facebook.com/v24.0/"
                                     "106540352242922/messages");

    path = pl_arena_printf(t->ar, "%s/%.*s.expect", dir,
                           (int) (strlen(name) - strlen(".json")), name);
    expected = test_canonical(t, test_read(t->ar, path), receipt);
    got = test_canonical(t, request.body, receipt);

    if (strcmp(got, expected) != 0) {
        fail_msg("%s:\n%s\nnot\n%s", name, got, expected);
    }
}


/* Whatever the memory: the same request, or a clean refusal. */

static void
test_memory(t_out_t *t, const char *dir, const char *name)
{
    size_t         max;
    pl_arena_t    *ar;
    pl_status_t    rc = PL_NOMEM;
    pl_request_t   request;

    test_load(t, dir, name);

    for (max = 64; rc != PL_OK && max < 64 * 1024; max += 64) {
        ar = pl_arena_create(64, max);
        assert_non_null(ar);
        rc = t_out_build(t, ar, &request);
        assert_true(rc == PL_NOMEM || rc == PL_OK);
        pl_arena_destroy(ar);
    }

    assert_int_equal(rc, PL_OK);
    assert_true(max > 128);
}


static size_t
test_each(t_out_t *t, void (*test)(t_out_t *, const char *, const char *))
{
    DIR            *d;
    char            dir[1024];
    size_t          n = 0;
    const char     *dot, *root = getenv("PARLEY_SRC");
    struct dirent  *ent;

    (void) snprintf(dir, sizeof(dir), "%s/t/fixtures/whatsapp/send",
                    root != NULL ? root : ".");
    d = opendir(dir);
    assert_non_null(d);

    while (n < TEST_FIXTURES_MAX && (ent = readdir(d)) != NULL) {
        dot = strrchr(ent->d_name, '.');

        if (dot != NULL && strcmp(dot, ".json") == 0) {
            test(t, dir, ent->d_name);
            n++;
        }
    }

    assert_int_equal(closedir(d), 0);

    return n;
}


static void
test_requests(void **state)
{
    assert_true(test_each(*state, test_same) >= 45);
}


static void
test_no_memory(void **state)
{
    assert_true(test_each(*state, test_memory) >= 45);
}


/* Stored and read again, a content says the same. */

static void
test_stored_one(t_out_t *t, const char *dir, const char *name)
{
    size_t               len;
    uint8_t             *packed;
    pl_str_t             before, after;
    Pl__Content         *content;

    test_load(t, dir, name);

    assert_int_equal(pl_json_encode(t->codec, &t->message.content->base,
                                    t->ar, &before, &t->err), PL_OK);

    len = pl__content__get_packed_size(t->message.content);
    packed = pl_arena_alloc(t->ar, len);
    assert_non_null(packed);
    assert_int_equal(pl__content__pack(t->message.content, packed), len);
    content = pl__content__unpack(pl_arena_protobuf(t->ar), len, packed);
    assert_non_null(content);

    assert_int_equal(pl_json_encode(t->codec, &content->base, t->ar, &after,
                                    &t->err), PL_OK);
    assert_string_equal((const char *) before.data,
                        (const char *) after.data);
}


static void
test_stored(void **state)
{
    assert_true(test_each(*state, test_stored_one) >= 45);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_stored),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_types", tests, t_out_setup,
                                       t_out_teardown);
}
