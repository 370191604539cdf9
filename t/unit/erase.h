/*
 * A person who is erased, and the files of the store that had them, for tests.
 */

#ifndef T_ERASE_H_INCLUDED
#define T_ERASE_H_INCLUDED

#include "../../src/core/store_impl.h"
#include "../../src/engine/erase.h"
#include "../../src/engine/request.h"
#include "ctl.h"
#include "people.h"
#include "sealed.h"

#define ANA     "34600111222"
#define BOB     "34600333444"
#define SECRET  "my-secret-words"

static uint8_t  key_of[PL_REQUEST_KEY_LEN];     /* of the last request */


/* value NULL: by the contact's number. */

static inline uint64_t
erase_by(t_engine_t *t, Pl__AddressKind kind, const char *value,
    uint64_t contact_id)
{
    uint64_t      entry;
    Pl__Erase     in = PL__ERASE__INIT;
    Pl__Address   address = PL__ADDRESS__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    key_of[0]++;
    in.tenant = 1;
    in.key.data = key_of;
    in.key.len = sizeof(key_of);
    in.has_contact = value == NULL;
    in.contact = contact_id;
    address.kind = kind;
    address.value = (char *) value;
    in.address = value == NULL ? NULL : &address;
    in.actor = (char *) "maria";
    in.basis = (char *) "gdpr.17.1.a";
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;

    entry = t_append(t, &command, NULL);
    t_fold(t);

    return entry;
}


static inline uint64_t
erase(t_engine_t *t, const char *phone, uint64_t contact_id)
{
    return erase_by(t, PHONE, phone, contact_id);
}


/* What the sender does; rows: of each step. How many steps it took. */

static inline unsigned
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


static inline Pl__Verdict *
verdict(t_engine_t *t)
{
    pl_txn_t     *txn;
    Pl__Verdict  *v;

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, key_of, t->wall_ms, t->ar, &v, &t->err));
    pl_store_abort(txn);

    return v;
}


static inline bool
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

static inline uint64_t
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

static inline void
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


static inline void
talk(t_engine_t *t)
{
    t_text(t, ANA, "wamid.A1", t->wall_ms / 1000, "hello");
    t_text(t, ANA, "wamid.A2", t->wall_ms / 1000, SECRET);
    t_text(t, BOB, "wamid.B1", t->wall_ms / 1000, "bob-says-this");
    t_fold(t);
}

#endif /* T_ERASE_H_INCLUDED */
