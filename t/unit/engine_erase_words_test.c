/*
 * Erasing a person and the search index: no word or name is in it in the
 * clear, and none opens in a copy of before; a step is bounded; what was asked
 * for before is refused after.
 */

#include "erase.h"

#include "../../src/engine/words_find.h"
#include "../../src/engine/words_impl.h"


/* Rows of `changes` that have the words. */

static unsigned
has_change(t_engine_t *t, const char *what)
{
    unsigned     n;
    pl_str_t     key, value;
    pl_txn_t    *txn;
    pl_scan_t   *scan;

    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, PL_TABLE_CHANGES, PL_STR_NULL, false, &scan,
                          &t->err));

    for (n = 0; pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK;
         /* void */)
    {
        n += memmem(value.data, value.len, what, strlen(what)) != NULL;
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return n;
}


static size_t
found(t_engine_t *t, const char *text)
{
    pl_txn_t       *txn;
    pl_find_t       find;
    pl_found_t      found;
    Pl__StateMeta  *meta;

    memset(&find, 0, sizeof(find));
    find.tenant = 1;
    find.limit = PL_FIND_MAX;
    find.text = text;
    find.direction = PL__DIRECTION__DIRECTION_IN;
    txn = t_read(t);
    t_ok(t, pl_state_meta(txn, t->ar, &meta, &t->err));
    t_ok(t, pl_words_find(txn, t->ar, meta, &find, &found, &t->err));
    pl_store_abort(txn);

    return found.n;
}


static size_t
found_people(t_engine_t *t, const char *text)
{
    pl_txn_t     *txn;
    pl_people_t   people;

    txn = t_read(t);
    t_ok(t, pl_people_find(txn, t->ar, 1, text, &people, &t->err));
    pl_store_abort(txn);

    return people.n;
}


static void
names(t_engine_t *t, const char *phone, const char *name)
{
    Pl__Address      address = PL__ADDRESS__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactSet   set = PL__CONTACT_SET__INIT;

    address.kind = PHONE;
    address.value = (char *) phone;
    set.tenant = 1;
    set.address = &address;
    set.name = (char *) name;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &set;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
indexes(t_engine_t *t, uint32_t rows)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__IndexWords  in = PL__INDEX_WORDS__INIT;

    in.rows = rows;
    command.of_case = PL__COMMAND__OF_INDEX_WORDS;
    command.index_words = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/*
 * Sealed: no word and no name is in the search index's rows, yet they are
 * found, beginnings too; and with a person their words are gone from a copy
 * of before as well.
 */

static void
a_sealed_index_forgets(void **state)
{
    size_t      i;
    char        copy[256];
    uint64_t    number;
    pl_txn_t   *txn;
    t_engine_t  t;

    static const char *const  words[] = { "zephyrquark", "zephyrq",
        "zebulonia", "quixotte", "plainword" };

    (void) state;
    t_open(&t);
    sealing(&t);
    t_configure(&t);
    t_text(&t, ANA, "wamid.A1", t.wall_ms / 1000, "Zephyrquark, wordle");
    t_text(&t, BOB, "wamid.B1", t.wall_ms / 1000, "zephyrquark plainword");
    t_fold(&t);
    names(&t, ANA, "Zebulonia Quixotte");
    indexes(&t, 100);

    txn = t_read(&t);
    t_ok(&t, pl_words_number(txn, 0, 1, &number, &t.err));
    pl_store_abort(txn);

    assert_int_equal(found(&t, "zephyrquark"), 2);
    assert_int_equal(found(&t, "zephyr*"), 2);
    assert_int_equal(found(&t, "zep*"), 2);
    assert_int_equal(found(&t, "ze*"), 2);
    assert_int_equal(found(&t, "wordle zephyrquark"), 1);
    assert_int_equal(found(&t, "zephyr"), 0);
    assert_int_equal(found_people(&t, "zebulonia"), 1);
    assert_int_equal(found_people(&t, "quixo"), 1);
    assert_int_equal(found_people(&t, "zeb"), 1);
    assert_int_equal(found_people(&t, "z"), 1);
    assert_int_equal(found_people(&t, "zebra"), 0);

    for (i = 0; i < PL_COUNT(words); i++) {
        assert_int_equal(grep(&t, "state/data.mdb", words[i]), 0);
    }

    (void) t_ctl_is(&t, "check", 0);
    (void) snprintf(copy, sizeof(copy), "%s/copy.mdb", t.dir);
    t_ok(&t, pl_store_copy(t.st, PL_ENV_STATE, copy, false, &t.err));

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, 1);

    assert_true(pl_store_forgotten(t.st, number));
    assert_int_equal(found(&t, "zephyrquark"), 1);
    assert_int_equal(found(&t, "wordle"), 0);
    assert_int_equal(found_people(&t, "zebulonia"), 0);
    (void) t_ctl_is(&t, "check", 0);

    /* a copy of before has nothing that opens; then it is made good */

    restored(&t);
    assert_int_equal(found(&t, "wordle"), 0);
    assert_int_equal(found(&t, "wor*"), 0);
    assert_int_equal(found_people(&t, "zebulonia"), 0);
    t_fold(&t);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(scanned(&t, PL_TABLE_NAMES), 1);  /* Bob, by his */
    t_close(&t);
}


/* A step rewrites so many segments and no more; the next goes on. */

static void
a_step_ends_after_so_many_segments(void **state)
{
    size_t        i;
    char          id[32], text[32];
    t_engine_t    t;
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__Erasure  *e;

    Pl__EraseStep    in = PL__ERASE_STEP__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);

    for (i = 0; i < PL_WORDS_STEP_MAX + 2; i++) {
        (void) snprintf(id, sizeof(id), "wamid.S%zu", i);
        (void) snprintf(text, sizeof(text), "marzipan nr%zu", i);
        t_text(&t, ANA, id, t.wall_ms / 1000, text);
        t_fold(&t);
        indexes(&t, 100);
    }

    assert_int_equal(found(&t, "marzipan"), PL_WORDS_STEP_MAX + 2);
    (void) erase(&t, ANA, 0);

    e = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASING, 0,
                              &pl__erasure__descriptor);
    in.tenant = 1;
    in.entry = e->entry;
    in.rows = PL_ERASE_ROWS;
    command.of_case = PL__COMMAND__OF_ERASE_STEP;
    command.erase_step = &in;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    e = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASING, 0,
                              &pl__erasure__descriptor);
    assert_int_equal(e->n_retired, PL_WORDS_STEP_MAX);
    assert_int_equal(e->phase, PL__ERASE_PHASE__ERASE_PHASE_MESSAGES);
    assert_int_equal(found(&t, "marzipan"), 2);     /* of the oldest */
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(found(&t, "marzipan"), 0);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


/* Asked for before, and folded behind it: nothing of theirs comes back. */

static void
what_was_asked_before_is_refused_after(void **state)
{
    uint64_t          id;
    t_engine_t        t;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__NoteAdd       note = PL__NOTE_ADD__INIT;
    Pl__OwnerChange   owner = PL__OWNER_CHANGE__INIT;
    Pl__StatusSet     status = PL__STATUS_SET__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);
    id = contact(&t, 0)->id;

    /* why somebody took over is told, and not kept where others read */

    owner.tenant = 1;
    owner.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    owner.party = id;
    owner.owner = (char *) "maria";
    owner.reason = (char *) "why-in-words";
    owner.actor = (char *) "actor-in-words";
    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = &owner;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(has_change(&t, "why-in-words"), 0);
    assert_int_equal(has_change(&t, "actor-in-words"), 0);

    (void) erase(&t, ANA, 0);
    (void) t_append(&t, &command, NULL);

    note.tenant = 1;
    note.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    note.party = id;
    note.text = (char *) "a note";
    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = &note;
    (void) t_append(&t, &command, NULL);

    status.tenant = 1;
    status.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    status.party = id;
    status.status = PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;
    command.of_case = PL__COMMAND__OF_STATUS_SET;
    command.status_set = &status;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_NOTES), 0);
    assert_int_equal(t_counted(&t, "inbox_refused", "conversation.unknown"),
                     2);
    assert_int_equal(t_counted(&t, "owner_changes", "refused"), 1);
    (void) go_on(&t, PL_ERASE_ROWS);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_sealed_index_forgets),
        cmocka_unit_test(a_step_ends_after_so_many_segments),
        cmocka_unit_test(what_was_asked_before_is_refused_after),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
