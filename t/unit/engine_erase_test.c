/*
 * Erasing a person: nothing of theirs is left, in rows, in free pages and in
 * a copy that was made before; what comes late meets a tombstone; what they
 * had forbidden stays forbidden.
 */

#include <sys/mman.h>

#include "../../src/core/store_impl.h"
#include "../../src/engine/erase.h"
#include "../../src/engine/request.h"
#include "../../src/engine/words_find.h"
#include "../../src/engine/words_impl.h"
#include "ctl.h"
#include "people.h"

#define ANA     "34600111222"
#define BOB     "34600333444"
#define SECRET  "my-secret-words"

static uint8_t  key_of[PL_REQUEST_KEY_LEN];     /* of the last request */


static void
sealing(t_engine_t *t)
{
    t_ok(t, pl_slots_turn(t->st->slots, true, &t->err));
}


static uint64_t
erase(t_engine_t *t, const char *phone, uint64_t contact_id)
{
    uint64_t      entry;
    Pl__Erase     in = PL__ERASE__INIT;
    Pl__Address   address = PL__ADDRESS__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    key_of[0]++;
    in.tenant = 1;
    in.key.data = key_of;
    in.key.len = sizeof(key_of);
    in.has_contact = phone == NULL;
    in.contact = contact_id;
    address.kind = PHONE;
    address.value = (char *) phone;
    in.address = phone == NULL ? NULL : &address;
    in.actor = (char *) "maria";
    in.basis = (char *) "gdpr.17.1.a";
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;

    entry = t_append(t, &command, NULL);
    t_fold(t);

    return entry;
}


/* What the sender does; rows: of each step. How many steps it took. */

static unsigned
go_on(t_engine_t *t, uint32_t rows)
{
    size_t           i;
    unsigned         steps;
    pl_txn_t        *txn;
    pl_arena_t      *ar;
    Pl__Erasure     *e;
    Pl__Command      command = PL__COMMAND__INIT;
    pl_status_t      rc;
    Pl__EraseStep    in = PL__ERASE_STEP__INIT;

    ar = pl_arena_create(65536, 1 << 20);
    assert_non_null(ar);

    for (steps = 0; steps < 1000; steps++) {
        pl_arena_reset(ar);
        txn = t_read(t);
        rc = pl_erase_next(txn, ar, 0, &e, &t->err);
        pl_store_abort(txn);

        if (rc == PL_NOTFOUND) {
            break;
        }

        t_ok(t, rc);
        in.tenant = e->tenant;
        in.entry = e->entry;
        in.rows = rows;
        in.has_forgotten = e->phase == PL__ERASE_PHASE__ERASE_PHASE_FORGET;
        in.forgotten = in.has_forgotten;

        for (i = 0; in.has_forgotten && i < e->n_contacts; i++) {
            t_ok(t, pl_store_forget(t->st, e->contacts[i], &t->err));
        }

        in.has_retired = e->n_retired != 0;
        in.retired = (uint32_t) e->n_retired;

        for (i = 0; i < e->n_retired; i++) {
            t_ok(t, pl_store_forget(t->st, e->retired[i], &t->err));
        }

        command.of_case = PL__COMMAND__OF_ERASE_STEP;
        command.erase_step = &in;
        (void) t_append(t, &command, NULL);
        t_fold(t);
    }

    pl_arena_destroy(ar);

    return steps;
}


static Pl__Verdict *
verdict(t_engine_t *t)
{
    pl_txn_t     *txn;
    Pl__Verdict  *v;

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, key_of, t->wall_ms, t->ar, &v, &t->err));
    pl_store_abort(txn);

    return v;
}


/* How often the bytes are in a file of the store. */

static unsigned
grep(t_engine_t *t, const char *file, const char *what)
{
    int           fd;
    char          path[256];
    char         *bytes, *at;
    unsigned      n;
    struct stat   sb;

    (void) snprintf(path, sizeof(path), "%s/%s", t->dir, file);
    fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &sb), 0);
    bytes = mmap(NULL, (size_t) sb.st_size, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(bytes != MAP_FAILED);
    (void) close(fd);

    for (n = 0, at = bytes;
         (at = memmem(at, (size_t) sb.st_size - (size_t) (at - bytes), what,
                      strlen(what))) != NULL;
         at++)
    {
        n++;
    }

    (void) munmap(bytes, (size_t) sb.st_size);

    return n;
}


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


static bool
has_address(t_engine_t *t, const char *phone)
{
    pl_key_t     key;
    pl_str_t     value;
    pl_txn_t    *txn;
    pl_status_t  rc;

    pl_key_address(&key, 1, PHONE, pl_str_c(phone));
    txn = t_read(t);
    rc = pl_store_get(txn, PL_TABLE_ADDRESSES, pl_key_str(&key), &value,
                      &t->err);
    pl_store_abort(txn);

    return rc == PL_OK;
}


/* Rows that can be read. */

static uint64_t
scanned(t_engine_t *t, pl_table_e table)
{
    uint64_t     n;
    pl_str_t     key, value;
    pl_txn_t    *txn;
    pl_scan_t   *scan;

    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, table, PL_STR_NULL, false, &scan, &t->err));

    for (n = 0; pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK;
         n++)
    {
        /* void */
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return n;
}


/* The copy in the place of the state. */

static void
restored(t_engine_t *t)
{
    char              from[256], to[256];
    pl_store_conf_t   conf;

    pl_fold_destroy(t->fold);
    pl_store_close(t->st);

    (void) snprintf(from, sizeof(from), "%s/copy.mdb", t->dir);
    (void) snprintf(to, sizeof(to), "%s/state/data.mdb", t->dir);
    assert_int_equal(rename(from, to), 0);

    memset(&conf, 0, sizeof(conf));
    conf.dir = t->dir;
    conf.read_age_ms = conf.write_age_ms = T_AGE_MS;

    t_ok(t, pl_store_open(&t->st, &conf, &t->err));
    t_ok(t, pl_journal_open(t->st, &t->clock, &t->err));
    t_ok(t, pl_fold_create(&t->fold, t->st, t->st, NULL, t->codec, &t->clock,
                           &t->err));
}


static void
talk(t_engine_t *t)
{
    t_text(t, ANA, "wamid.A1", t->wall_ms / 1000, "hello");
    t_text(t, ANA, "wamid.A2", t->wall_ms / 1000, SECRET);
    t_text(t, BOB, "wamid.B1", t->wall_ms / 1000, "bob-says-this");
    t_fold(t);
}


static void
a_person_is_gone_and_others_are_not(void **state)
{
    unsigned         i, blank;
    t_engine_t       t;
    Pl__Contact     *c;
    Pl__Message     *m;
    Pl__Erasure     *e;
    Pl__Verdict     *v;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    c = contact(&t, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);
    (void) erase(&t, ANA, 0);

    v = verdict(&t);
    assert_int_equal(v->decision, PL__DECISION__DECISION_ERASING);
    assert_false(has_address(&t, ANA));
    assert_true(has_address(&t, BOB));
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 1);

    /* one row a step: it can be killed after any */

    assert_true(go_on(&t, 1) > 5);

    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    e = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASURES, 0,
                              &pl__erasure__descriptor);
    assert_int_equal(e->contact, c->id);
    assert_int_equal(e->messages, 4);
    assert_int_equal(e->n_addresses, 0);
    assert_true(e->complete_ms
                >= e->ended_ms + (int64_t) PL_JOURNAL_KEEP_MS);
    assert_string_equal(e->basis, "gdpr.17.1.a");

    c = contact(&t, 0);
    assert_true(c->has_erased_ms);
    assert_null(c->name);
    assert_int_equal(c->n_addresses, 0);

    for (i = 0, blank = 0; i < t_rows(&t, PL_TABLE_MESSAGES); i++) {
        m = t_message(&t, i);
        blank += m->has_erased != 0;

        if (m->has_erased) {
            assert_null(m->address);
            assert_null(m->provider_id);
            assert_string_equal(m->content->type, "erased");
        }
    }

    assert_int_equal(blank, 4);
    (void) t_ctl_is(&t, "check", 0);

    /* the same again is no news, and says so */

    (void) erase(&t, NULL, c->id);
    assert_string_equal(verdict(&t)->rule, "erase.done");
    (void) erase(&t, NULL, 999999);
    assert_string_equal(verdict(&t)->rule, "erase.unknown");
    t_close(&t);
}


/* Of before: dropped. Of later: somebody new, of whom nothing is known. */

static void
what_is_late_meets_a_tombstone(void **state)
{
    uint64_t      messages;
    t_engine_t    t;
    Pl__Contact  *c;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);
    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    messages = t_rows(&t, PL_TABLE_MESSAGES);

    t_text(&t, ANA, "wamid.A3", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(t_counted(&t, "privacy", "late"), 1);
    assert_false(has_address(&t, ANA));

    t_pass(&t, 5000);
    t_text(&t, ANA, "wamid.A4", t.wall_ms / 1000, "hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages + 2);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 3);
    assert_true(has_address(&t, ANA));
    c = contact(&t, 2);
    assert_false(c->has_erased_ms);

    /* and one of before that, still later */

    t_text(&t, ANA, "wamid.A5", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_counted(&t, "privacy", "late"), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages + 2);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


static void
a_status_of_before_changes_nothing(void **state)
{
    t_engine_t    t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);

    (void) t_items(&t, "statuses",
        "{\"id\":\"wamid.OUT\",\"status\":\"read\",\"timestamp\":"
        "\"1760000000\",\"recipient_id\":\"" ANA "\"}");
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_PARKED), 0);
    assert_int_equal(t_counted(&t, "privacy", "status"), 1);
    t_close(&t);
}


static void
what_was_revoked_stays_revoked(void **state)
{
    t_engine_t        t;
    Pl__Contact      *c;
    Pl__Consent      *consent;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ConsentSet    set = PL__CONSENT_SET__INIT;
    Pl__Address       address = PL__ADDRESS__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    set.tenant = 1;
    address.kind = PHONE;
    address.value = (char *) ANA;
    set.address = &address;
    set.category = (char *) PL_CONSENT_MARKETING;
    set.state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    set.source = (char *) "call";
    set.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &set;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_CONSENTS), 0);

    t_pass(&t, 5000);
    t_text(&t, ANA, "wamid.A4", t.wall_ms / 1000, "hello");
    t_fold(&t);
    c = contact(&t, 2);
    consent = pl_contact_consent_row(c, PL_CONSENT_MARKETING);
    assert_non_null(consent);
    assert_int_equal(consent->state,
                     PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_null(consent->actor);
    t_close(&t);
}


/* Nobody has it: it is remembered all the same, and nothing else. */

static void
an_address_that_nobody_has(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    (void) erase(&t, ANA, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 1);

    t_text(&t, ANA, "wamid.A3", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 0);
    assert_int_equal(grep(&t, "state/data.mdb", ANA), 0);
    t_close(&t);
}


/* Sealed: not a byte of it stood in the files, before or after. */

static void
sealed_files_show_nothing(void **state)
{
    size_t       i;
    char         copy[256];
    t_engine_t   t;

    static const char *const  words[] = { ANA, SECRET, "Ana", "wamid.A2" };
    static const char *const  files[] = { "state/data.mdb",
                                          "journal/data.mdb" };

    (void) state;
    t_open(&t);
    sealing(&t);
    t_configure(&t);
    talk(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 6);
    assert_string_equal(t_message(&t, 2)->content->text->body, SECRET);
    assert_true(has_address(&t, ANA));

    for (i = 0; i < 8; i++) {
        assert_int_equal(grep(&t, files[i / 4], words[i % 4]), 0);
    }

    (void) t_ctl_is(&t, "check", 0);

    /* a copy opens with the keys where they are, and no longer after */

    (void) snprintf(copy, sizeof(copy), "%s/copy.mdb", t.dir);
    t_ok(&t, pl_store_copy(t.st, PL_ENV_STATE, copy, false, &t.err));

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_true(pl_store_forgotten(t.st, contact(&t, 0)->id));
    assert_false(pl_store_forgotten(t.st, contact(&t, 1)->id));
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 6);
    (void) t_ctl_is(&t, "check", 0);

    /* the copy in the place of the state: those rows are not there */

    restored(&t);

    assert_false(has_address(&t, ANA));
    assert_true(has_address(&t, BOB));
    assert_int_equal(scanned(&t, PL_TABLE_MESSAGES), 2);
    assert_int_equal(scanned(&t, PL_TABLE_CONTACTS), 1);

    /* and the journal's later entries erase what is left of it */

    t_fold(&t);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    t_close(&t);
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


/* What no later append needs is forgotten with its period. */

static void
a_period_is_forgotten_with_its_entries(void **state)
{
    t_engine_t        t;
    pl_store_seal_t   seal;

    (void) state;
    t_open(&t);
    sealing(&t);
    t_configure(&t);
    talk(&t);
    t_ok(&t, pl_store_period_end(t.st, &t.err));
    t_text(&t, BOB, "wamid.B2", t.wall_ms / 1000, "hello");
    t_fold(&t);

    t_ok(&t, pl_store_tidy(t.st, &t.err));
    pl_store_seal(t.st, &seal);
    assert_int_equal(seal.periods, 2);

    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 100, NULL, &t.err));
    t_text(&t, BOB, "wamid.B3", t.wall_ms / 1000, "hello");
    t_fold(&t);
    t_ok(&t, pl_store_tidy(t.st, &t.err));
    pl_store_seal(t.st, &seal);
    assert_int_equal(seal.periods, 1);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_person_is_gone_and_others_are_not),
        cmocka_unit_test(what_is_late_meets_a_tombstone),
        cmocka_unit_test(a_status_of_before_changes_nothing),
        cmocka_unit_test(what_was_revoked_stays_revoked),
        cmocka_unit_test(an_address_that_nobody_has),
        cmocka_unit_test(sealed_files_show_nothing),
        cmocka_unit_test(a_sealed_index_forgets),
        cmocka_unit_test(a_step_ends_after_so_many_segments),
        cmocka_unit_test(what_was_asked_before_is_refused_after),
        cmocka_unit_test(a_period_is_forgotten_with_its_entries),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
