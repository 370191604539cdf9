/*
 * Periods of retention, and when a pass is due. See age.h.
 */

#include <string.h>

#include "../core/record.h"
#include "age.h"
#include "erase.h"
#include "state.h"

#define AGE_ARENA      4096
#define AGE_ARENA_MAX  (16u << 20)     /* a pass of many people */
#define AGE_KEY_LEN    9

/* FNV-1a, 64 bits: of numbers that nobody chooses */
#define AGE_HASH_BASIS  0xcbf29ce484222325u
#define AGE_HASH_PRIME  0x100000001b3u

/* One period. */
typedef struct {
    pl_age_e    age;
    int64_t     keep_ms;
    int64_t     began_ms;       /* its last pass; 0: there was none */
} age_t;

static pl_status_t age_waits(pl_txn_t *txn, bool *waits, pl_err_t *err);
static pl_status_t age_first(pl_txn_t *txn, const pl_settings_t *settings,
    int64_t now_ms, age_t *age, pl_err_t *err);
static pl_status_t age_look(pl_txn_t *txn, const pl_settings_t *settings,
    pl_age_e age, age_t *first, pl_arena_t *ar, pl_err_t *err);
static pl_status_t age_began(pl_txn_t *txn, pl_age_e age, int64_t keep_ms,
    pl_arena_t *ar, int64_t *began_ms, pl_err_t *err);
static pl_status_t age_walks(pl_txn_t *txn, pl_arena_t *ar, bool *walks,
    pl_err_t *err);
static pl_status_t age_row(pl_txn_t *txn, pl_age_e age, int64_t keep_ms,
    pl_arena_t *ar, Pl__Aging **row, pl_err_t *err);
static pl_status_t age_put(pl_apply_t *ap, pl_age_e age, int64_t keep_ms,
    const Pl__Aging *row, pl_err_t *err);
static pl_status_t age_tidy(pl_apply_t *ap, pl_err_t *err);
static bool age_used(const pl_settings_t *settings, pl_str_t key);
static void age_key(pl_key_t *key, pl_age_e age, int64_t keep_ms);
static uint64_t age_members(const pl_settings_t *settings, const age_t *age,
    uint32_t below);
static int64_t age_of(const Pl__Keep *keep, pl_age_e age, bool *said);


int64_t
pl_age_keep(const pl_settings_t *settings, uint32_t tenant, pl_age_e age)
{
    bool                       said = false;
    int64_t                    keep_ms = 0;
    const pl_tenant_conf_t    *conf;
    const Pl__GlobalSettings  *global;

    conf = pl_settings_tenant(settings, tenant);

    if (conf != NULL) {
        keep_ms = age_of(conf->row->keep, age, &said);

        if (!said && conf->like != 0) {
            conf = pl_settings_tenant(settings, conf->like);
            keep_ms = conf == NULL ? 0
                      : age_of(conf->row->keep, age, &said);
        }
    }

    if (!said) {
        global = pl_settings_global(settings);
        keep_ms = global == NULL ? 0 : age_of(global->keep, age, &said);
    }

    return keep_ms;
}


pl_status_t
pl_age_due(pl_txn_t *txn, const pl_settings_t *settings, int64_t now_ms,
    bool *due, pl_err_t *err)
{
    bool         waits;
    age_t        age;
    pl_status_t  rc;

    *due = false;

    if (settings == NULL) {
        return PL_OK;                   /* another folds, and begins it */
    }

    rc = age_waits(txn, &waits, err);
    if (rc != PL_OK || waits) {
        return rc;
    }

    rc = age_first(txn, settings, now_ms, &age, err);
    *due = rc == PL_OK;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* For an import: pl_age_begin would do nothing. */

static pl_status_t
age_waits(pl_txn_t *txn, bool *waits, pl_err_t *err)
{
    pl_arena_t     *ar;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    ar = pl_arena_create(AGE_ARENA, AGE_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "retention", 0, "out of memory");
    }

    rc = pl_state_meta(txn, ar, &meta, err);
    *waits = rc == PL_OK && meta->importing != 0;
    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_age_begin(pl_apply_t *ap, pl_err_t *err)
{
    age_t         age;
    pl_key_t      key;
    Pl__Aging     fresh = PL__AGING__INIT, *row;
    Pl__Erasure   e = PL__ERASURE__INIT;
    pl_status_t   rc;

    /* an import's messages come in front of newer ones, which a pass would
       have gone by */

    if (ap->meta->importing != 0) {
        return PL_OK;
    }

    rc = age_first(ap->txn, ap->settings, ap->now_ms, &age, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = age_row(ap->txn, age.age, age.keep_ms, ap->ar, &row, err);
    if (rc == PL_NOTFOUND) {
        row = &fresh;
        rc = PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (age_members(ap->settings, &age, row->tenants) != row->members) {
        row->place = 0;
    }

    row->began_ms = ap->now_ms;
    row->tenants = ap->meta->next_tenant;
    row->members = age_members(ap->settings, &age, row->tenants);

    rc = age_put(ap, age.age, age.keep_ms, row, err);
    if (rc != PL_OK) {
        return rc;
    }

    e.tenant = PL_AGE_TENANT;
    e.entry = ap->entry;
    e.began_ms = ap->now_ms;
    e.phase = PL__ERASE_PHASE__ERASE_PHASE_MESSAGES;
    e.has_keep_ms = 1;
    e.keep_ms = age.keep_ms;
    e.has_before_ms = 1;
    e.before_ms = ap->now_ms - age.keep_ms;
    e.has_silent = age.age == PL_AGE_CONTACTS;
    e.silent = e.has_silent;
    e.has_edge = 1;
    e.edge = ap->meta->next_id;

    if (!e.silent && row->place != 0) {
        pl_key_seq(&key, row->place - 1);
        e.has_cursor = 1;
        e.cursor.data = key.data;
        e.cursor.len = key.len;
    }

    rc = age_tidy(ap, err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_erase_pass(ap, &e, err);
}


pl_status_t
pl_age_walked(pl_apply_t *ap, const Pl__Erasure *pass, uint64_t place,
    pl_err_t *err)
{
    pl_age_e      age;
    Pl__Aging    *row;
    pl_status_t   rc;

    age = pass->silent ? PL_AGE_CONTACTS : PL_AGE_MESSAGES;

    rc = age_row(ap->txn, age, pass->keep_ms, ap->ar, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* nobody has it any more */
    }

    row->place = place;

    if (pass->more) {                   /* due, but behind who waits longer */
        row->began_ms = ap->now_ms - PL_AGE_DAY_MS;
    }

    return age_put(ap, age, pass->keep_ms, row, err);
}


/* PL_NOTFOUND: nothing is due, or a pass walks. */

static pl_status_t
age_first(pl_txn_t *txn, const pl_settings_t *settings, int64_t now_ms,
    age_t *first, pl_err_t *err)
{
    bool         walks;
    pl_age_e     age;
    pl_arena_t  *ar;
    pl_status_t  rc;

    ar = pl_arena_create(AGE_ARENA, AGE_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "retention", 0, "out of memory");
    }

    first->keep_ms = 0;
    rc = age_walks(txn, ar, &walks, err);

    for (age = PL_AGE_MESSAGES;
         rc == PL_OK && !walks && age <= PL_AGE_CONTACTS;
         age++)
    {
        rc = age_look(txn, settings, age, first, ar, err);
    }

    pl_arena_destroy(ar);

    if (rc != PL_OK) {
        return rc;
    }

    return first->keep_ms != 0 && first->began_ms + PL_AGE_DAY_MS <= now_ms
           ? PL_OK : PL_NOTFOUND;
}


/* Most tenants have the period of the one before them. */

static pl_status_t
age_look(pl_txn_t *txn, const pl_settings_t *settings, pl_age_e age,
    age_t *first, pl_arena_t *ar, pl_err_t *err)
{
    size_t                   i;
    int64_t                  keep_ms, began_ms, before = 0;
    pl_status_t              rc;
    const pl_tenant_conf_t  *conf;

    for (i = 0; (conf = pl_settings_tenant_at(settings, i)) != NULL; i++) {
        keep_ms = pl_age_keep(settings, conf->id, age);

        if (keep_ms == 0 || keep_ms == before) {
            continue;
        }

        before = keep_ms;
        pl_arena_reset(ar);

        rc = age_began(txn, age, keep_ms, ar, &began_ms, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (first->keep_ms == 0 || began_ms < first->began_ms) {
            first->age = age;
            first->keep_ms = keep_ms;
            first->began_ms = began_ms;
        }
    }

    return PL_OK;
}


static pl_status_t
age_began(pl_txn_t *txn, pl_age_e age, int64_t keep_ms, pl_arena_t *ar,
    int64_t *began_ms, pl_err_t *err)
{
    Pl__Aging    *row;
    pl_status_t   rc;

    rc = age_row(txn, age, keep_ms, ar, &row, err);
    *began_ms = rc == PL_OK ? row->began_ms : 0;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Or are there too many that do not end? */

static pl_status_t
age_walks(pl_txn_t *txn, pl_arena_t *ar, bool *walks, pl_err_t *err)
{
    size_t             n;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *walks = false;
    pl_key_tenant_seq(&from, PL_AGE_TENANT, 0);

    rc = pl_store_scan(txn, PL_TABLE_ERASING, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (n = 0; !*walks; n++) {
        pl_arena_reset(ar);
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            rc = pl_record_read(PL_TABLE_ERASING, value,
                                &pl__erasure__descriptor, ar, &msg, err);
        }

        if (rc != PL_OK) {
            break;
        }

        *walks = n + 1 == PL_AGE_STUCK_MAX
                 || ((Pl__Erasure *) msg)->phase
                    != PL__ERASE_PHASE__ERASE_PHASE_FORGET;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
age_row(pl_txn_t *txn, pl_age_e age, int64_t keep_ms, pl_arena_t *ar,
    Pl__Aging **row, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    age_key(&key, age, keep_ms);

    rc = pl_record_get(txn, PL_TABLE_AGING, pl_key_str(&key),
                       &pl__aging__descriptor, ar, &msg, err);
    *row = (Pl__Aging *) msg;

    return rc;
}


static pl_status_t
age_put(pl_apply_t *ap, pl_age_e age, int64_t keep_ms, const Pl__Aging *row,
    pl_err_t *err)
{
    pl_key_t  key;

    age_key(&key, age, keep_ms);

    return pl_record_put(ap->txn, PL_TABLE_AGING, pl_key_str(&key),
                         &row->base, false, err);
}


/* Rows of periods that nobody has any more go. */

static pl_status_t
age_tidy(pl_apply_t *ap, pl_err_t *err)
{
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    rc = pl_store_scan(ap->txn, PL_TABLE_AGING, PL_STR_NULL, false, &scan,
                       err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK && !age_used(ap->settings, key)) {
            rc = pl_store_scan_del(scan, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
age_used(const pl_settings_t *settings, pl_str_t key)
{
    size_t                   i;
    int64_t                  keep_ms;
    const pl_tenant_conf_t  *conf;

    if (key.len != AGE_KEY_LEN) {
        return false;
    }

    keep_ms = (int64_t) pl_be64(key.data + 1);

    for (i = 0; (conf = pl_settings_tenant_at(settings, i)) != NULL; i++) {
        if (pl_age_keep(settings, conf->id, (pl_age_e) key.data[0])
            == keep_ms)
        {
            return true;
        }
    }

    return false;
}


static void
age_key(pl_key_t *key, pl_age_e age, int64_t keep_ms)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u8(key, (uint8_t) age);
    pl_key_u64(key, (uint64_t) keep_ms);
}


static uint64_t
age_members(const pl_settings_t *settings, const age_t *age, uint32_t below)
{
    size_t                   i;
    uint64_t                 hash = AGE_HASH_BASIS;
    const pl_tenant_conf_t  *conf;

    for (i = 0;
         (conf = pl_settings_tenant_at(settings, i)) != NULL
         && conf->id < below;
         i++)
    {
        if (pl_age_keep(settings, conf->id, age->age) == age->keep_ms) {
            hash = (hash ^ conf->id) * AGE_HASH_PRIME;
        }
    }

    return hash;
}


static int64_t
age_of(const Pl__Keep *keep, pl_age_e age, bool *said)
{
    if (keep == NULL) {
        return 0;
    }

    *said = age == PL_AGE_MESSAGES ? keep->has_messages_ms
                                   : keep->has_contacts_ms;

    return age == PL_AGE_MESSAGES ? keep->messages_ms : keep->contacts_ms;
}
