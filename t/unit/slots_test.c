/*
 * Key slots: what is sealed under a key opens until it is forgotten, in this
 * handle, in another process's, and never again; its neighbours' open still.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/slots_impl.h"
#include "../../src/core/str.h"

#define PLAIN  "a name and a number"

typedef struct {
    uint8_t  nonce[PL_SEAL_NONCE];
    uint8_t  bytes[sizeof(PLAIN) + PL_SEAL_TAG];
} value_t;

static char  dir[64];
static char  path[128];


static int
setup(void **state)
{
    (void) state;
    (void) snprintf(dir, sizeof(dir), "/tmp/slots_test.XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/" PL_SLOTS_FILE, dir);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/" PL_SLOTS_AT, dir);
    (void) unlink(path);
    assert_int_equal(rmdir(dir), 0);

    return 0;
}


static pl_slots_t *
opened(bool make)
{
    pl_slots_t  *slots;

    assert_int_equal(pl_slots_open(&slots, dir, NULL), PL_OK);

    if (make) {
        assert_int_equal(pl_slots_make(slots, NULL), PL_OK);
    }

    return slots;
}


static pl_status_t
seal(pl_slots_t *slots, pl_slot_e kind, uint64_t number, value_t *v)
{
    return pl_slots_seal(slots, kind, number, v->nonce, pl_str_c("row"),
                         pl_str_c(PLAIN), v->bytes, NULL);
}


static pl_status_t
open_value(pl_slots_t *slots, pl_slot_e kind, uint64_t number,
    const value_t *v)
{
    uint8_t      out[sizeof(PLAIN)];
    pl_str_t     sealed;
    pl_status_t  rc;

    sealed.data = v->bytes;
    sealed.len = sizeof(PLAIN) - 1 + PL_SEAL_TAG;

    rc = pl_slots_unseal(slots, kind, number, v->nonce, pl_str_c("row"),
                         sealed, out, NULL);
    if (rc == PL_OK) {
        assert_memory_equal(out, PLAIN, sizeof(PLAIN) - 1);
    }

    return rc;
}


static void
test_no_file_denies(void **state)
{
    value_t      v;
    pl_slots_t  *slots;

    (void) state;
    slots = opened(false);

    assert_false(pl_slots_have(slots));
    assert_false(pl_slots_on(slots));
    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 1, &v), PL_DENIED);
    assert_int_equal(pl_slots_turn(slots, false, NULL), PL_OK);
    assert_int_equal(access(path, F_OK), -1);

    assert_int_equal(pl_slots_turn(slots, true, NULL), PL_OK);
    assert_true(pl_slots_on(slots));
    pl_slots_close(slots);

    slots = opened(false);
    assert_true(pl_slots_on(slots));
    pl_slots_close(slots);
}


/* Numbers on both sides of each level's edges. */

static void
test_forgotten_is_gone_its_neighbours_are_not(void **state)
{
    size_t       i, j;
    value_t      v[12];
    pl_slots_t  *slots, *other;

    static const uint64_t  numbers[12] = {
        7, 6, 8, 4, 0, 63, 64, 1023, 1024, 65535, 65536, 1ull << 40
    };

    (void) state;
    slots = opened(true);
    other = opened(false);

    for (i = 0; i < 12; i++) {
        assert_int_equal(seal(slots, PL_SLOT_SUBJECT, numbers[i], &v[i]),
                         PL_OK);
        assert_int_equal(open_value(other, PL_SLOT_SUBJECT, numbers[i],
                                    &v[i]), PL_OK);
        assert_false(pl_slots_forgotten(slots, numbers[i]));
    }

    for (i = 0; i < 12; i++) {
        assert_int_equal(pl_slots_forget(slots, numbers[i], NULL), PL_OK);
        assert_int_equal(pl_slots_forget(other, numbers[i], NULL), PL_OK);

        for (j = 0; j < 12; j++) {
            assert_int_equal(open_value(other, PL_SLOT_SUBJECT, numbers[j],
                                        &v[j]),
                             j <= i ? PL_NOTFOUND : PL_OK);
            assert_int_equal(open_value(slots, PL_SLOT_SUBJECT, numbers[j],
                                        &v[j]),
                             j <= i ? PL_NOTFOUND : PL_OK);
            assert_int_equal(pl_slots_forgotten(other, numbers[j]), j <= i);
        }
    }

    /* nor can anything be sealed for one again */

    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 7, &v[0]), PL_NOTFOUND);
    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 5, &v[0]), PL_OK);

    pl_slots_close(slots);
    pl_slots_close(other);
}


/* A file that was copied before has it; so the live one must be the one. */

static void
test_file_holds_no_seed_of_the_forgotten(void **state)
{
    FILE        *f;
    size_t       len, i;
    value_t      v;
    uint8_t      before[65536], after[65536], seed[PL_KEY_LEN];
    pl_slots_t  *slots;

    (void) state;
    slots = opened(true);
    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 7, &v), PL_OK);

    f = fopen(path, "r");
    len = fread(before, 1, sizeof(before), f);
    (void) fclose(f);
    assert_int_equal(len, SLOT_STEP * SLOT_BYTES);
    memcpy(seed, before + SLOT_BYTES + SLOT_SEED, sizeof(seed));

    assert_int_equal(pl_slots_forget(slots, 7, NULL), PL_OK);

    f = fopen(path, "r");
    len = fread(after, 1, sizeof(after), f);
    (void) fclose(f);

    for (i = 0; i + sizeof(seed) <= len; i++) {
        assert_true(memcmp(after + i, seed, sizeof(seed)) != 0);
    }

    pl_slots_close(slots);
}


static void
test_periods_end_and_are_forgotten(void **state)
{
    value_t           v[3];
    uint64_t          n[3], again;
    pl_slots_t       *slots;
    pl_slots_stat_t   stat;

    (void) state;
    slots = opened(true);

    assert_int_equal(pl_slots_period(slots, &n[0], NULL), PL_OK);
    assert_int_equal(n[0], 1);
    assert_int_equal(seal(slots, PL_SLOT_PERIOD, n[0], &v[0]), PL_OK);
    assert_int_equal(pl_slots_period_end(slots, NULL), PL_OK);
    assert_int_equal(pl_slots_period(slots, &n[1], NULL), PL_OK);
    assert_int_equal(n[1], 2);
    assert_int_equal(seal(slots, PL_SLOT_PERIOD, n[1], &v[1]), PL_OK);

    assert_int_equal(pl_slots_forget_periods(slots, 2, NULL), PL_OK);
    assert_int_equal(open_value(slots, PL_SLOT_PERIOD, n[0], &v[0]),
                     PL_NOTFOUND);
    assert_int_equal(open_value(slots, PL_SLOT_PERIOD, n[1], &v[1]), PL_OK);

    /* the newest stays, whatever is asked */

    assert_int_equal(pl_slots_forget_periods(slots, 99, NULL), PL_OK);
    assert_int_equal(open_value(slots, PL_SLOT_PERIOD, n[1], &v[1]), PL_OK);
    assert_int_equal(pl_slots_period(slots, &again, NULL), PL_OK);
    assert_int_equal(again, 2);
    assert_int_equal(open_value(slots, PL_SLOT_PERIOD, 3, &v[1]), PL_DENIED);

    pl_slots_stat(slots, &stat);
    assert_int_equal(stat.periods, 1);
    assert_int_equal(stat.newest, 2);
    pl_slots_close(slots);
}


/* What a power cut tore was not in use yet. */

static void
test_torn_slot_is_none(void **state)
{
    int          fd;
    value_t      v;
    pl_slots_t  *slots;

    (void) state;
    slots = opened(true);
    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 7, &v), PL_OK);
    pl_slots_close(slots);

    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "torn", 4, SLOT_BYTES + SLOT_SEED), 4);
    (void) close(fd);

    slots = opened(false);
    assert_int_equal(open_value(slots, PL_SLOT_SUBJECT, 7, &v), PL_DENIED);
    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 7, &v), PL_OK);
    assert_int_equal(open_value(slots, PL_SLOT_SUBJECT, 7, &v), PL_OK);
    pl_slots_close(slots);

    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "torn", 4, 20), 4);
    (void) close(fd);
    assert_int_equal(pl_slots_open(&slots, dir, NULL), PL_FOREIGN);
}


/* Many are forgotten; the file grows by what lies beside their ways. */

static void
test_many_are_forgotten(void **state)
{
    uint64_t          i;
    value_t          *v;
    pl_slots_t       *slots;
    pl_slots_stat_t   stat;

    (void) state;
    slots = opened(true);
    v = calloc(300, sizeof(*v));
    assert_non_null(v);

    for (i = 0; i < 300; i++) {
        assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 37 * i, &v[i]), PL_OK);
    }

    for (i = 0; i < 300; i += 3) {
        assert_int_equal(pl_slots_forget(slots, 37 * i, NULL), PL_OK);
    }

    for (i = 0; i < 300; i++) {
        assert_int_equal(open_value(slots, PL_SLOT_SUBJECT, 37 * i, &v[i]),
                         i % 3 == 0 ? PL_NOTFOUND : PL_OK);
    }

    pl_slots_stat(slots, &stat);
    assert_true(stat.slots < 100 * 3 * PL_SLOTS_LEVELS);
    free(v);
    pl_slots_close(slots);
}


/* A copy of a store names the keys of its original. */

static void
test_copy_names_its_keys(void **state)
{
    FILE        *f;
    char         at[128], live[64], livefile[128];
    value_t      v;
    pl_slots_t  *slots, *copy;

    (void) state;
    (void) snprintf(live, sizeof(live), "/tmp/slots_live.XXXXXX");
    assert_non_null(mkdtemp(live));
    (void) snprintf(livefile, sizeof(livefile), "%s/" PL_SLOTS_FILE, live);
    (void) snprintf(at, sizeof(at), "%s/" PL_SLOTS_AT, dir);

    assert_int_equal(pl_slots_open(&slots, live, NULL), PL_OK);
    assert_int_equal(pl_slots_make(slots, NULL), PL_OK);
    assert_int_equal(seal(slots, PL_SLOT_SUBJECT, 7, &v), PL_OK);

    f = fopen(at, "w");
    (void) fprintf(f, "%s\n", livefile);
    (void) fclose(f);

    copy = opened(false);
    assert_true(pl_slots_have(copy));
    assert_int_equal(open_value(copy, PL_SLOT_SUBJECT, 7, &v), PL_OK);
    assert_int_equal(pl_slots_forget(slots, 7, NULL), PL_OK);
    assert_int_equal(open_value(copy, PL_SLOT_SUBJECT, 7, &v), PL_NOTFOUND);

    pl_slots_close(copy);
    pl_slots_close(slots);
    (void) unlink(livefile);
    (void) rmdir(live);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_no_file_denies, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_forgotten_is_gone_its_neighbours_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_holds_no_seed_of_the_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_periods_end_and_are_forgotten,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_slot_is_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_many_are_forgotten, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_copy_names_its_keys, setup,
                                        teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
