/* Records: what is put comes back; what is none is told, and how. */

#include "temp.h"

#include "../../src/core/record.h"
#include "../../src/core/str.h"
#include "journal.pb-c.h"
#include "record.pb-c.h"


static char         dir[TEMP_MAX];
static pl_store_t  *st;
static pl_arena_t  *ar;


static int
setup(void **state)
{
    pl_err_t         err;
    pl_store_conf_t  conf = { .dir = dir, .size = 64 << 20, .create = true };

    (void) state;
    temp_make(dir);
    ar = pl_arena_create(4096, 1 << 20);

    return ar != NULL && pl_store_open(&st, &conf, &err) == PL_OK ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;
    pl_store_close(st);
    pl_arena_destroy(ar);
    temp_remove(dir);

    return 0;
}


static pl_txn_t *
begin(bool write)
{
    pl_txn_t  *txn;

    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, write, &txn, NULL),
                     PL_OK);

    return txn;
}


static void
a_message_comes_back(void **state)
{
    char               name[4096];
    pl_str_t           raw;
    pl_txn_t          *txn;
    Pl__Contact        contact = PL__CONTACT__INIT, *got;
    ProtobufCMessage  *msg;

    (void) state;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    contact.id = 7;
    contact.name = name;

    txn = begin(true);
    assert_int_equal(pl_record_put(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                                   &contact.base, false, NULL), PL_OK);

    /* in the same transaction, and in a later one */
    assert_int_equal(pl_record_get(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                                   &pl__contact__descriptor, ar, &msg, NULL),
                     PL_OK);
    assert_int_equal(pl_store_commit(txn, NULL), PL_OK);

    txn = begin(false);
    assert_int_equal(pl_record_get(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                                   &pl__contact__descriptor, ar, &msg, NULL),
                     PL_OK);
    got = (Pl__Contact *) msg;
    assert_int_equal(got->id, 7);
    assert_string_equal(got->name, name);

    assert_int_equal(pl_store_get(txn, PL_TABLE_CONTACTS, PL_STR("k"), &raw,
                                  NULL), PL_OK);
    assert_int_equal(raw.data[0], PL_ENVELOPE_PLAIN);
    assert_int_equal(raw.len,
                     1 + protobuf_c_message_get_packed_size(&contact.base));
    assert_int_equal(pl_record_read(PL_TABLE_CONTACTS, raw,
                                    &pl__contact__descriptor, ar, &msg,
                                    NULL), PL_OK);
    assert_int_equal(((Pl__Contact *) msg)->id, 7);

    assert_int_equal(pl_record_get(txn, PL_TABLE_CONTACTS, PL_STR("none"),
                                   &pl__contact__descriptor, ar, &msg, NULL),
                     PL_NOTFOUND);
    assert_null(msg);
    pl_store_abort(txn);
}


static void
append_keeps_to_the_right_edge(void **state)
{
    pl_txn_t     *txn;
    pl_err_t      err;
    Pl__Contact   contact = PL__CONTACT__INIT;

    (void) state;

    contact.id = 1;
    txn = begin(true);
    assert_int_equal(pl_record_put(txn, PL_TABLE_MESSAGES, PL_STR("b"),
                                   &contact.base, true, &err), PL_OK);
    assert_int_equal(pl_record_put(txn, PL_TABLE_MESSAGES, PL_STR("b"),
                                   &contact.base, true, &err), PL_EXISTS);
    assert_int_equal(pl_record_put(txn, PL_TABLE_MESSAGES, PL_STR("a"),
                                   &contact.base, true, &err), PL_EXISTS);
    assert_int_equal(pl_record_put_u64(txn, PL_TABLE_MESSAGES, PL_STR("a"),
                                       1, true, &err), PL_EXISTS);
    assert_int_equal(pl_record_put_bytes(txn, PL_TABLE_MESSAGES, PL_STR("a"),
                                         PL_STR("x"), true, &err),
                     PL_EXISTS);
    assert_int_equal(pl_record_put(txn, PL_TABLE_MESSAGES, PL_STR("c"),
                                   &contact.base, true, &err), PL_OK);
    assert_int_equal(pl_store_commit(txn, &err), PL_OK);
}


static void
numbers_and_bytes_come_back(void **state)
{
    uint64_t   n;
    pl_str_t   raw, bytes;
    pl_txn_t  *txn;
    pl_err_t   err;

    (void) state;

    txn = begin(true);
    assert_int_equal(pl_record_put_u64(txn, PL_TABLE_DEDUPE, PL_STR("n"),
                                       0x0102030405060708, false, &err),
                     PL_OK);
    assert_int_equal(pl_record_put_bytes(txn, PL_TABLE_DUE, PL_STR("b"),
                                         PL_STR("bytes"), false, &err),
                     PL_OK);
    assert_int_equal(pl_record_put_bytes(txn, PL_TABLE_DUE, PL_STR("e"),
                                         PL_STR_NULL, false, &err), PL_OK);

    assert_int_equal(pl_record_get_u64(txn, PL_TABLE_DEDUPE, PL_STR("n"),
                                       &n, &err), PL_OK);
    assert_true(n == 0x0102030405060708);
    assert_int_equal(pl_store_get(txn, PL_TABLE_DEDUPE, PL_STR("n"), &raw,
                                  &err), PL_OK);
    assert_int_equal(raw.len, 9);
    assert_memory_equal(raw.data, "\0\1\2\3\4\5\6\7\10", 9);
    n = 0;
    assert_int_equal(pl_record_read_u64(PL_TABLE_DEDUPE, raw, &n, &err),
                     PL_OK);
    assert_true(n == 0x0102030405060708);

    assert_int_equal(pl_store_get(txn, PL_TABLE_DUE, PL_STR("b"), &raw,
                                  &err), PL_OK);
    assert_int_equal(pl_record_read_bytes(PL_TABLE_DUE, raw, &bytes, &err),
                     PL_OK);
    assert_true(pl_str_eq(bytes, PL_STR("bytes")));
    assert_int_equal(pl_store_get(txn, PL_TABLE_DUE, PL_STR("e"), &raw,
                                  &err), PL_OK);
    assert_int_equal(pl_record_read_bytes(PL_TABLE_DUE, raw, &bytes, &err),
                     PL_OK);
    assert_int_equal(bytes.len, 0);

    assert_int_equal(pl_record_get_u64(txn, PL_TABLE_DEDUPE, PL_STR("none"),
                                       &n, &err), PL_NOTFOUND);
    pl_store_abort(txn);
}


static void
what_is_no_record_is_told(void **state)
{
    uint64_t           n;
    pl_str_t           bytes;
    pl_txn_t          *txn;
    pl_err_t           err;
    ProtobufCMessage  *msg;

    (void) state;

    /* a sealed envelope, or one of a later version */
    assert_int_equal(pl_record_read(PL_TABLE_CONTACTS, PL_STR("\1\10\7"),
                                    &pl__contact__descriptor, ar, &msg,
                                    &err), PL_NEWER);
    assert_null(msg);
    assert_string_equal(err.path, "contacts");
    assert_int_equal(pl_record_read_u64(PL_TABLE_DEDUPE,
                                        PL_STR("\1" "12345678"), &n, &err),
                     PL_NEWER);
    assert_int_equal(pl_record_read_bytes(PL_TABLE_DUE, PL_STR("\377x"),
                                          &bytes, &err), PL_NEWER);

    /* no envelope, no number, no message, a required field missing */
    assert_int_equal(pl_record_read_bytes(PL_TABLE_DUE, PL_STR_NULL, &bytes,
                                          &err), PL_FOREIGN);
    assert_int_equal(pl_record_read_u64(PL_TABLE_DEDUPE, PL_STR("\0001234567"),
                                        &n, &err), PL_FOREIGN);
    assert_int_equal(pl_record_read_u64(PL_TABLE_DEDUPE,
                                        PL_STR("\000123456789"), &n, &err),
                     PL_FOREIGN);
    assert_int_equal(pl_record_read(PL_TABLE_CONTACTS, PL_STR("\0\377\377"),
                                    &pl__contact__descriptor, ar, &msg,
                                    &err), PL_FOREIGN);
    assert_int_equal(pl_record_read(PL_TABLE_CONTACTS, PL_STR("\0"),
                                    &pl__contact__descriptor, ar, &msg,
                                    &err), PL_FOREIGN);
    assert_int_equal(pl_record_read(PL_TABLE_CONTACTS, PL_STR("\0"),
                                    &pl__contact__descriptor, ar, &msg,
                                    NULL), PL_FOREIGN);

    /* the row is named by its key, but nobody's address is shown */
    txn = begin(true);
    assert_int_equal(pl_store_put(txn, PL_TABLE_CONTACTS,
                                  PL_STR("\0\0\0\7\1\2"), PL_STR("\0\377"),
                                  &err), PL_OK);
    assert_int_equal(pl_record_get(txn, PL_TABLE_CONTACTS,
                                   PL_STR("\0\0\0\7\1\2"),
                                   &pl__contact__descriptor, ar, &msg, &err),
                     PL_FOREIGN);
    assert_string_equal(err.path, "contacts[000000070102]");

    assert_int_equal(pl_store_put(txn, PL_TABLE_ADDRESSES,
                                  PL_STR("\0\0\0\7\00134600000001"),
                                  PL_STR("\0"), &err), PL_OK);
    assert_int_equal(pl_record_get_u64(txn, PL_TABLE_ADDRESSES,
                                       PL_STR("\0\0\0\7\00134600000001"), &n,
                                       &err), PL_FOREIGN);
    assert_string_equal(err.path, "addresses[0000000701..]");
    pl_store_abort(txn);
}


static void
a_full_arena_is_not_a_bad_record(void **state)
{
    char               name[2000];
    pl_txn_t          *txn;
    pl_err_t           err;
    pl_arena_t        *small;
    Pl__Contact        contact = PL__CONTACT__INIT;
    ProtobufCMessage  *msg;

    (void) state;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    contact.id = 7;
    contact.name = name;
    small = pl_arena_create(256, 1024);

    txn = begin(true);
    assert_int_equal(pl_record_put(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                                   &contact.base, false, &err), PL_OK);
    assert_int_equal(pl_record_get(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                                   &pl__contact__descriptor, small, &msg,
                                   &err), PL_NOMEM);
    assert_null(msg);
    pl_store_abort(txn);
    pl_arena_destroy(small);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_message_comes_back),
        TEST(append_keeps_to_the_right_edge),
        TEST(numbers_and_bytes_come_back),
        TEST(what_is_no_record_is_told),
        TEST(a_full_arena_is_not_a_bad_record),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
