/*
 * Values that are sealed: between the callers, who see plain ones, and LMDB.
 *
 * What a table's values are sealed under is a row below. A sealed value is
 *
 *     byte 0       1: under a subject's key, 2: under a period's
 *     1 .. 8       its number, big-endian
 *     9 .. 20      nonce
 *     21 .. n-17   ciphertext of the plain value, its envelope included
 *     n-16 .. n-1  tag
 *
 * with table and key as associated data, so that a value that is moved to
 * another row does not open. A row whose key was forgotten is not there, for
 * get and for scans.
 *
 * A row of `addresses` has the address in its key: a sealed one stands under
 * tenant, kind and a keyed hash, and its value begins with the plain key, led
 * by its length in two bytes. Rows of both kinds may stand beside each other,
 * since sealing may be turned on later. `tombstones` have such keys always.
 * Of `names`, `views`, `unread` and `collapses` what somebody called something
 * is hashed alike. Of `words` it is hashed under the key that the value is
 * sealed under, so that nobody can try words on a copy once that is forgotten.
 *
 * Rows of queues are plain, but for those that hold words: their writer says
 * so (pl_store_secret), and under whose key.
 *
 * A put hands out space that the caller fills before its next call. So what
 * is to be sealed is written beside the page, and sealed into it by the next
 * call of the transaction, whichever that is.
 *
 * What was opened lies in a ring of the transaction, and stays for some
 * hundred KiB of further reading.
 */

#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "store_impl.h"

#define SEAL_HEAD       21
#define SEAL_EXTRA      (SEAL_HEAD + PL_SEAL_TAG)
#define SEAL_SUBJECT    1
#define SEAL_PERIOD     2
#define SEAL_WORD_KEY   8               /* where the number of its key is */
#define SEAL_CHUNK      (128u * 1024)

typedef enum {
    SEAL_NOT = 0,
    SEAL_BY_KEY,                        /* the number in the key at `place` */
    SEAL_BY_FIELD,                      /* field `place`, else `other` */
    SEAL_BY_VALUE,                      /* the number that it is */
    SEAL_BY_WISH,                       /* the one of pl_store_secret */
    SEAL_BY_NOBODY,                     /* 0: of no person */
    SEAL_BY_TIME                        /* of the journal */
} seal_by_e;

typedef struct {
    seal_by_e  by;
    unsigned   place;
    unsigned   other;
} seal_row_t;

/* How a key shows no words: what stands in front of them, and behind. */
typedef struct {
    uint8_t   least;                    /* a key of fewer bytes has none */
    uint8_t   head;                     /* bytes that stay */
    uint8_t   tail;                     /* and, led by a 0, behind */
    uint8_t   domain;                   /* of the hash */
    bool      leads;                    /* the value begins with the key */
} seal_key_t;

static const seal_key_t  seal_keys[PL_TABLE_COUNT] = {
    [PL_TABLE_ADDRESSES] = { 5, 5, 0, 1, true },
    [PL_TABLE_TOMBSTONES] = { 5, 5, 0, 0, false },
    [PL_TABLE_NAMES] = { 5, 4, 8, 2, false },
    [PL_TABLE_WORDS] = { 17, 16, 0, 0, false },     /* seal_word */
    [PL_TABLE_VIEWS] = { 6, 5, 9, 3, true },
    [PL_TABLE_COLLAPSES] = { 19, 18, 0, 4, true },
    [PL_TABLE_UNREAD] = { 6, 5, 0, 5, true },
};

static const seal_row_t  seal_rows[PL_TABLE_COUNT] = {
    [PL_TABLE_ENTRIES] = { SEAL_BY_TIME, 0, 0 },
    [PL_TABLE_PARKED] = { SEAL_BY_TIME, 0, 0 },
    [PL_TABLE_CONTACTS] = { SEAL_BY_KEY, 4, 0 },
    [PL_TABLE_ADDRESSES] = { SEAL_BY_VALUE, 0, 0 },
    [PL_TABLE_CONSENTS] = { SEAL_BY_KEY, 4, 0 },
    [PL_TABLE_MERGES] = { SEAL_BY_FIELD, 2, 0 },
    [PL_TABLE_CONVERSATIONS] = { SEAL_BY_KEY, 5, 0 },
    [PL_TABLE_MESSAGES] = { SEAL_BY_FIELD, 6, 5 },
    [PL_TABLE_TIMERS] = { SEAL_BY_FIELD, 7, 6 },
    [PL_TABLE_AUDIT] = { SEAL_BY_FIELD, 3, 0 },
    [PL_TABLE_NOTES] = { SEAL_BY_KEY, 5, 0 },
    [PL_TABLE_QUARANTINE] = { SEAL_BY_KEY, 4, 0 },
    [PL_TABLE_ERASING] = { SEAL_BY_FIELD, 2, 1141 },
    [PL_TABLE_WORDS] = { SEAL_BY_KEY, SEAL_WORD_KEY, 0 },
    [PL_TABLE_NAMES] = { SEAL_BY_KEY, 4 + PL_HASH128_LEN, 0 },
    [PL_TABLE_VIEWS] = { SEAL_BY_KEY, 5 + PL_HASH128_LEN + 1, 0 },
    [PL_TABLE_COLLAPSES] = { SEAL_BY_KEY, 5, 0 },
    [PL_TABLE_UNREAD] = { SEAL_BY_NOBODY, 0, 0 },
    [PL_TABLE_OUTBOX] = { SEAL_BY_WISH, 0, 0 },
    [PL_TABLE_ATTEMPTS] = { SEAL_BY_WISH, 0, 0 },
    [PL_TABLE_UNKNOWN] = { SEAL_BY_WISH, 0, 0 },
    [PL_TABLE_DEAD] = { SEAL_BY_WISH, 0, 0 },
};

static uint64_t seal_number(const store_sealed_t *to, pl_str_t key,
    pl_str_t plain);
static uint64_t seal_field(pl_str_t message, unsigned field);
static bool seal_varint(const uint8_t **p, const uint8_t *end, uint64_t *n);
static uint8_t *seal_ring(pl_txn_t *txn, size_t len);
static pl_str_t seal_aad(uint8_t *aad, pl_table_e table, pl_str_t key);
static pl_status_t seal_into(pl_txn_t *txn, pl_err_t *err);
static bool seal_since(const pl_txn_t *txn);
static bool seal_has_key(pl_table_e table, pl_str_t key);
static size_t seal_tail(const seal_key_t *shape, pl_str_t *key);
static pl_status_t seal_word(pl_txn_t *txn, pl_str_t key, bool make,
    uint8_t out[PL_HASH128_LEN], pl_err_t *err);


bool
pl_store_seal_wants(pl_txn_t *txn, pl_table_e table, pl_str_t key)
{
    bool  plain, secret;

    plain = txn->plain;
    secret = txn->secret;
    txn->plain = false;
    txn->secret = false;

    return seal_rows[table].by != SEAL_NOT && !plain
           && (seal_rows[table].by != SEAL_BY_WISH || secret)
           && (table != PL_TABLE_WORDS || seal_has_key(table, key))
           && pl_slots_on(txn->st->slots);
}


size_t
pl_store_seal_len(pl_table_e table, pl_str_t key, size_t len)
{
    return len + SEAL_EXTRA
           + (seal_keys[table].leads ? 2 + key.len : 0);
}


pl_status_t
pl_store_seal_begin(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t real, size_t len, uint8_t *space, uint8_t **plain,
    pl_err_t *err)
{
    size_t           head;
    store_sealed_t  *to;

    to = &txn->sealed;
    head = seal_keys[table].leads ? 2 + key.len : 0;

    if (to->room < head + len) {
        free(to->plain);
        to->room = 0;
        to->plain = malloc(head + len + SEAL_CHUNK);
        if (to->plain == NULL) {
            txn->failed = PL_NOMEM;
            return pl_err_set(err, PL_NOMEM, "seal", 0, "no memory");
        }

        to->room = head + len + SEAL_CHUNK;
    }

    if (head != 0) {
        to->plain[0] = (uint8_t) (key.len >> 8);
        to->plain[1] = (uint8_t) key.len;
        memcpy(to->plain + 2, key.data, key.len);
    }

    to->table = table;
    to->head = head;
    to->len = head + len;
    to->space = space;
    to->wish = txn->secret_number;
    to->key_len = real.len;
    memcpy(to->key, real.data, real.len);
    to->on = true;
    *plain = to->plain + head;

    return PL_OK;
}


pl_status_t
pl_store_seal_end(pl_txn_t *txn, pl_err_t *err)
{
    pl_status_t  rc;

    txn->sealed.on = false;

    rc = seal_into(txn, err);
    if (rc != PL_OK) {
        txn->failed = rc;
    }

    return rc;
}


pl_status_t
pl_store_unseal(pl_txn_t *txn, pl_table_e table, pl_str_t real,
    pl_str_t *value, pl_str_t *key, pl_err_t *err)
{
    size_t       len;
    uint8_t     *plain, aad[1 + PL_KEY_MAX];
    pl_str_t     sealed;
    pl_status_t  rc;

    if (seal_rows[table].by == SEAL_NOT || value->len < SEAL_EXTRA
        || value->data[0] > SEAL_PERIOD)
    {
        return PL_OK;           /* record.c says what is wrong with it */
    }

    plain = seal_ring(txn, value->len);
    if (plain == NULL) {
        return pl_err_set(err, PL_NOMEM, "unseal", 0, "no memory");
    }

    sealed.data = value->data + SEAL_HEAD;
    sealed.len = value->len - SEAL_HEAD;

    rc = pl_slots_unseal(txn->st->slots, value->data[0] == SEAL_SUBJECT
                                         ? PL_SLOT_SUBJECT : PL_SLOT_PERIOD,
                         pl_be64(value->data + 1), value->data + 9,
                         seal_aad(aad, table, real), sealed, plain, err);
    if (rc != PL_OK) {
        pl_err_path(rc == PL_NOTFOUND ? NULL : err, "%s",
                    pl_store_tables[table].name);
        return rc;
    }

    value->data = plain;
    value->len = sealed.len - PL_SEAL_TAG;

    if (!seal_keys[table].leads) {
        return PL_OK;
    }

    len = value->len < 2 ? value->len
                         : (size_t) plain[0] << 8 | plain[1];

    if (len + 2 > value->len) {
        return pl_err_set(err, PL_FOREIGN, "unseal", 0, "it has no key");
    }

    if (key != NULL) {
        key->data = plain + 2;
        key->len = len;
    }

    value->data += 2 + len;
    value->len -= 2 + len;

    return PL_OK;
}


bool
pl_store_seal_keyed(const pl_txn_t *txn, pl_table_e table, pl_str_t key)
{
    return seal_has_key(table, key)
           && (pl_slots_have(txn->st->slots)
               || (table == PL_TABLE_TOMBSTONES && seal_since(txn)));
}


/*
 * Where nothing is sealed the first that is erased makes the file of keys, in
 * whichever process folds that: the others learn of it by the rows.
 */

static bool
seal_since(const pl_txn_t *txn)
{
    MDB_stat  stat;

    return mdb_stat(txn->mdb, txn->st->dbi[PL_TABLE_TOMBSTONES], &stat) == 0
           && stat.ms_entries != 0 && pl_slots_there(txn->st->slots);
}


pl_status_t
pl_store_seal_key(pl_txn_t *txn, pl_table_e table, pl_str_t key, bool make,
    uint8_t out[STORE_HASHED_LEN], pl_str_t *real, pl_err_t *err)
{
    uint8_t            domain;
    size_t             tail;
    pl_str_t           pieces[2];
    const seal_key_t  *shape = &seal_keys[table];

    if (!seal_has_key(table, key)) {
        return pl_err_set(err, PL_INVALID, "check key", 0,
                          "has no such hash");
    }

    pieces[1] = key;
    tail = seal_tail(shape, &pieces[1]);

    memcpy(out, key.data, shape->head);
    memcpy(out + shape->head + PL_HASH128_LEN, key.data + key.len - tail,
           tail);
    real->data = out;
    real->len = shape->head + PL_HASH128_LEN + tail;

    if (table == PL_TABLE_WORDS) {
        return seal_word(txn, key, make, out + shape->head, err);
    }

    domain = shape->domain;
    pieces[0].data = &domain;
    pieces[0].len = 1;

    return pl_slots_mac(txn->st->slots, pieces, 2, out + shape->head, err);
}


/*
 * Cuts a key to what is hashed of it: a whole one up to the 0 in front of
 * what stays, of which the bytes are given; one that rows begin with, which
 * ends with that 0 or before it, has none.
 */

static size_t
seal_tail(const seal_key_t *shape, pl_str_t *key)
{
    size_t  tail = shape->tail;

    if (tail == 0) {
        return 0;
    }

    if (key->len > shape->head + tail
        && key->data[key->len - tail - 1] == 0)
    {
        key->len -= tail + 1;
        return tail;
    }

    if (key->data[key->len - 1] == 0) {
        key->len--;
    }

    return 0;
}


pl_status_t
pl_store_hashed(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    uint8_t out[PL_HASHED_MAX], pl_str_t *real, pl_err_t *err)
{
    return pl_store_seal_keyed(txn, table, key)
           ? pl_store_seal_key(txn, table, key, false, out, real, err)
           : PL_NOTFOUND;
}


void
pl_store_seal_free(pl_txn_t *txn)
{
    int  i;

    free(txn->sealed.plain);
    txn->sealed.plain = NULL;
    txn->sealed.room = 0;

    for (i = 0; i < STORE_CHUNKS; i++) {
        free(txn->opened[i].data);
        txn->opened[i].data = NULL;
        txn->opened[i].room = 0;
        txn->opened[i].used = 0;
    }
}


/* Whoever was forgotten has nothing more to seal: under nobody's key then. */

static pl_status_t
seal_into(pl_txn_t *txn, pl_err_t *err)
{
    uint8_t            aad[1 + PL_KEY_MAX];
    uint64_t           number;
    pl_str_t           key, plain, bound;
    pl_slot_e          kind;
    pl_status_t        rc;
    store_sealed_t    *to;
    const seal_row_t  *row;

    to = &txn->sealed;
    row = &seal_rows[to->table];
    key.data = to->key;
    key.len = to->key_len;
    plain.data = to->plain + to->head;
    plain.len = to->len - to->head;

    kind = row->by == SEAL_BY_TIME
           || (row->by == SEAL_BY_WISH && to->wish == 0)
           ? PL_SLOT_PERIOD : PL_SLOT_SUBJECT;
    number = seal_number(to, key, plain);
    rc = PL_OK;

    if (kind == PL_SLOT_PERIOD) {
        rc = pl_slots_period(txn->st->slots, &number, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    bound = seal_aad(aad, to->table, key);
    plain.data = to->plain;
    plain.len = to->len;

    rc = pl_slots_seal(txn->st->slots, kind, number, to->space + 9, bound,
                       plain, to->space + SEAL_HEAD, err);

    if (rc == PL_NOTFOUND) {
        number = 0;
        rc = pl_slots_seal(txn->st->slots, kind, number, to->space + 9,
                           bound, plain, to->space + SEAL_HEAD, err);
    }

    to->space[0] = kind == PL_SLOT_SUBJECT ? SEAL_SUBJECT : SEAL_PERIOD;
    pl_be64_put(to->space + 1, number);

    return rc;
}


static uint64_t
seal_number(const store_sealed_t *to, pl_str_t key, pl_str_t plain)
{
    uint64_t           n;
    const seal_row_t  *row = &seal_rows[to->table];

    switch (row->by) {

    case SEAL_BY_KEY:
        return key.len < row->place + 8 ? 0
                                        : pl_be64(key.data + row->place);

    case SEAL_BY_VALUE:
        return plain.len < 9 ? 0 : pl_be64(plain.data + 1);

    case SEAL_BY_WISH:
        return to->wish;

    case SEAL_BY_FIELD:
        if (plain.len == 0) {
            return 0;
        }

        plain.data++;                   /* the envelope */
        plain.len--;
        n = seal_field(plain, row->place);
        return n != 0 || row->other == 0 ? n : seal_field(plain, row->other);

    default: /* SEAL_BY_TIME: the caller's; SEAL_BY_NOBODY */
        return 0;
    }
}


/* A number of a packed message; 0: it is not there. */

static uint64_t
seal_field(pl_str_t message, unsigned field)
{
    uint64_t        tag, n;
    const uint8_t  *p, *end;

    p = message.data;
    end = p + message.len;

    while (p < end && seal_varint(&p, end, &tag)) {
        switch (tag & 7) {

        case 0:
            if (!seal_varint(&p, end, &n)) {
                return 0;
            }

            if (tag >> 3 == field) {
                return n;
            }

            break;

        case 1:
            n = 8;
            p += (size_t) (end - p) < n ? (size_t) (end - p) : n;
            break;

        case 2:
            if (!seal_varint(&p, end, &n) || n > (size_t) (end - p)) {
                return 0;
            }

            p += n;
            break;

        case 5:
            n = 4;
            p += (size_t) (end - p) < n ? (size_t) (end - p) : n;
            break;

        default:
            return 0;
        }
    }

    return 0;
}


static bool
seal_varint(const uint8_t **p, const uint8_t *end, uint64_t *n)
{
    unsigned  shift;

    *n = 0;

    for (shift = 0; shift < 64 && *p < end; shift += 7) {
        *n |= (uint64_t) (**p & 0x7f) << shift;

        if ((*(*p)++ & 0x80) == 0) {
            return true;
        }
    }

    return false;
}


/* Room for len bytes that stays while three further chunks are filled. */

static uint8_t *
seal_ring(pl_txn_t *txn, size_t len)
{
    uint8_t        *p;
    store_chunk_t  *chunk;

    chunk = &txn->opened[txn->opening];

    if (chunk->room - chunk->used < len) {
        txn->opening = (txn->opening + 1) % STORE_CHUNKS;
        chunk = &txn->opened[txn->opening];
        chunk->used = 0;

        if (chunk->room < len
            || (chunk->room > SEAL_CHUNK && len <= SEAL_CHUNK))
        {
            free(chunk->data);
            chunk->room = 0;
            chunk->data = malloc(len > SEAL_CHUNK ? len : SEAL_CHUNK);
            if (chunk->data == NULL) {
                return NULL;
            }

            chunk->room = len > SEAL_CHUNK ? len : SEAL_CHUNK;
        }
    }

    p = chunk->data + chunk->used;
    chunk->used += len;

    return p;
}


static pl_str_t
seal_aad(uint8_t *aad, pl_table_e table, pl_str_t key)
{
    pl_str_t     out;
    const char  *name;

    name = pl_store_tables[table].name;
    aad[0] = (uint8_t) (name[0] ^ name[1] << 1 ^ name[2] << 2);
    memcpy(aad + 1, key.data, key.len);
    out.data = aad;
    out.len = 1 + key.len;

    return out;
}


/* Is there anything in this key that may stand as a hash? */

static bool
seal_has_key(pl_table_e table, pl_str_t key)
{
    return seal_keys[table].least != 0 && key.len >= seal_keys[table].least;
}


/* A key that never was has no rows: they are plain, or there are none. */

static pl_status_t
seal_word(pl_txn_t *txn, pl_str_t key, bool make,
    uint8_t out[PL_HASH128_LEN], pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_slots_hash(txn->st->slots, pl_be64(key.data + SEAL_WORD_KEY),
                       make, &key, 1, out, err);

    if (!make) {
        return rc == PL_DENIED ? PL_NOTFOUND : rc;
    }

    return rc == PL_NOTFOUND
           ? pl_slots_hash(txn->st->slots, 0, true, &key, 1, out, err) : rc;
}
