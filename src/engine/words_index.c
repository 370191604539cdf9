/*
 * IndexWords: the words of the next messages become a segment of `words`.
 * See words.h.
 *
 * Words are gathered in a hash table, in the order of the messages, and only
 * the distinct ones are sorted: they are put in key order, those of a bucket
 * and those of a beginning in a row, at the table's right edge. What there is
 * to do is bounded in messages and in words, so that the entry costs a folder
 * about as much as a batch does. The hash is keyed with the journal's uuid,
 * which nobody who writes messages knows: else words could be chosen that all
 * want the same slot, and the entry would outlive its transaction for ever.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "words_impl.h"

#define INDEX_ARENA         (256u * 1024)
#define INDEX_ARENA_MAX     (128u * 1024 * 1024)
#define INDEX_POSTINGS_MAX  262144      /* a segment ends before it has more */
#define INDEX_SLOTS         16384       /* to begin with; a power of 2 */
#define INDEX_TURN(n, by)   ((n) << (by) | (n) >> (64 - (by)))

typedef struct {
    uint32_t   tenant;
    uint32_t   n;               /* messages that have it */
    uint64_t   last;            /* the newest of them */
    size_t     from;            /* its first place among the sorted numbers */
    uint8_t    bucket;
    pl_str_t   word;
} index_word_t;

typedef struct {
    uint32_t   word;
    uint64_t   id;
} index_posting_t;

typedef struct {
    pl_arena_t        *ar;      /* of the segment */
    pl_arena_t        *row;     /* of one message */
    index_word_t      *words;
    size_t             n_words;
    size_t             room_words;
    uint32_t          *slots;   /* word's place plus 1; 0: free */
    size_t             n_slots;
    index_posting_t   *postings;
    size_t             n_postings;
    size_t             room_postings;
    uint64_t           first;   /* message; 0: none yet */
    uint64_t           last;
    uint64_t           seed[2]; /* of the hash */
} index_t;

/* Rows that are being put. */
typedef struct {
    pl_apply_t        *ap;
    index_t           *ix;
    const uint64_t    *ids;     /* sorted by word */
    uint32_t           segment;
    uint64_t           number;  /* of the tenant at hand */
} index_put_t;

static pl_status_t index_gather(pl_apply_t *ap, index_t *ix, uint32_t rows,
    pl_err_t *err);
static pl_status_t index_message(index_t *ix, uint64_t id,
    const Pl__Message *message, bool *full, pl_err_t *err);
static pl_status_t index_word(index_t *ix, uint32_t tenant, pl_str_t word,
    uint64_t id, pl_err_t *err);
static pl_status_t index_find(index_t *ix, uint32_t tenant, pl_str_t word,
    uint32_t *at, pl_err_t *err);
static pl_status_t index_room(pl_arena_t *ar, void **list, size_t n,
    size_t *room, size_t size, pl_err_t *err);
static pl_status_t index_slots(index_t *ix, pl_err_t *err);
static pl_status_t index_put(pl_apply_t *ap, index_t *ix, pl_err_t *err);
static pl_status_t index_rows(index_put_t *put, pl_err_t *err);
static pl_status_t index_kind(index_put_t *put, size_t from, size_t to,
    pl_words_kind_e kind, pl_err_t *err);
static pl_status_t index_row(index_put_t *put, size_t from, size_t to,
    pl_words_kind_e kind, pl_err_t *err);
static bool index_together(const index_word_t *a, const index_word_t *b,
    pl_words_kind_e kind);
static int index_order_words(const void *a, const void *b);
static pl_status_t index_old(pl_apply_t *ap, bool *gone, pl_err_t *err);
static int index_order(const void *a, const void *b);
static void index_round(uint64_t v[4]);
static void index_mix(uint64_t v[4], uint64_t n);


pl_status_t
pl_apply_index_words(pl_apply_t *ap, const Pl__IndexWords *in, pl_err_t *err)
{
    bool         gone;
    index_t      ix;
    uint32_t     rows;
    pl_status_t  rc;

    rc = index_old(ap, &gone, err);
    if (rc != PL_OK || !gone) {
        return rc;
    }

    memset(&ix, 0, sizeof(ix));
    if (ap->meta->journal.len >= sizeof(ix.seed)) {
        memcpy(ix.seed, ap->meta->journal.data, sizeof(ix.seed));
    }

    rows = in->rows < PL_WORDS_ROWS_MAX ? in->rows : PL_WORDS_ROWS_MAX;

    ix.ar = pl_arena_create(INDEX_ARENA, INDEX_ARENA_MAX);
    ix.row = pl_arena_create(INDEX_ARENA, INDEX_ARENA_MAX);

    rc = ix.ar == NULL || ix.row == NULL
         ? pl_err_set(err, PL_NOMEM, "words", 0, "out of memory")
         : index_slots(&ix, err);

    if (rc == PL_OK) {
        rc = index_gather(ap, &ix, rows, err);
    }

    if (rc == PL_OK && ix.first != 0) {
        rc = index_put(ap, &ix, err);
    }

    pl_arena_destroy(ix.row);
    pl_arena_destroy(ix.ar);

    return rc;
}


static pl_status_t
index_gather(pl_apply_t *ap, index_t *ix, uint32_t rows, pl_err_t *err)
{
    bool               full = false;
    uint32_t           i;
    uint64_t           id;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&from, ap->meta->words_to + 1);

    rc = pl_store_scan(ap->txn, PL_TABLE_MESSAGES, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < rows && !full; i++) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK) {
            break;
        }

        id = pl_be64(key.data);

        if (ap->meta->importing != 0 && id >= ap->meta->importing) {
            break;              /* more may come in front of it */
        }

        pl_arena_reset(ix->row);

        rc = pl_record_read(PL_TABLE_MESSAGES, value,
                            &pl__message__descriptor, ix->row, &msg, err);
        if (rc == PL_OK) {
            rc = index_message(ix, id, (Pl__Message *) msg, &full, err);
        }

        if (rc != PL_OK) {
            break;
        }

        if (!full) {
            ix->first = ix->first == 0 ? id : ix->first;
            ix->last = id;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* full: it would be too much, and begins the next segment. */

static pl_status_t
index_message(index_t *ix, uint64_t id, const Pl__Message *message,
    bool *full, pl_err_t *err)
{
    size_t           i;
    pl_status_t      rc;
    pl_word_list_t   list;

    rc = pl_words_content(ix->row, message->content, &list, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (ix->n_postings + list.n > INDEX_POSTINGS_MAX) {
        *full = true;
        return PL_OK;
    }

    for (i = 0; rc == PL_OK && i < list.n; i++) {
        rc = index_word(ix, message->tenant, list.words[i], id, err);
    }

    return rc;
}


static pl_status_t
index_word(index_t *ix, uint32_t tenant, pl_str_t word, uint64_t id,
    pl_err_t *err)
{
    uint32_t       at = 0;
    pl_status_t    rc;
    index_word_t  *row;

    rc = index_find(ix, tenant, word, &at, err);
    if (rc != PL_OK) {
        return rc;
    }

    row = &ix->words[at];

    if (row->last == id) {
        return PL_OK;                   /* twice in one message */
    }

    rc = index_room(ix->ar, (void **) &ix->postings, ix->n_postings,
                    &ix->room_postings, sizeof(*ix->postings), err);
    if (rc != PL_OK) {
        return rc;
    }

    row->last = id;
    row->n++;

    ix->postings[ix->n_postings].word = at;
    ix->postings[ix->n_postings].id = id;
    ix->n_postings++;

    return PL_OK;
}


static pl_status_t
index_find(index_t *ix, uint32_t tenant, pl_str_t word, uint32_t *at,
    pl_err_t *err)
{
    size_t         slot;
    pl_status_t    rc;
    index_word_t  *row;

    for (slot = pl_words_hash(ix->seed, tenant, word) & (ix->n_slots - 1);
         ix->slots[slot] != 0;
         slot = (slot + 1) & (ix->n_slots - 1))
    {
        row = &ix->words[ix->slots[slot] - 1];

        if (row->tenant == tenant && row->word.len == word.len
            && memcmp(row->word.data, word.data, word.len) == 0)
        {
            *at = ix->slots[slot] - 1;
            return PL_OK;
        }
    }

    rc = index_room(ix->ar, (void **) &ix->words, ix->n_words,
                    &ix->room_words, sizeof(*ix->words), err);
    if (rc != PL_OK) {
        return rc;
    }

    row = &ix->words[ix->n_words];
    memset(row, 0, sizeof(*row));
    row->tenant = tenant;
    row->bucket = pl_words_bucket(word);
    row->word.len = word.len;
    row->word.data = pl_arena_dup(ix->ar, word.data, word.len);
    if (row->word.data == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    *at = (uint32_t) ix->n_words++;
    ix->slots[slot] = *at + 1;

    return ix->n_words * 2 > ix->n_slots ? index_slots(ix, err) : PL_OK;
}


static pl_status_t
index_room(pl_arena_t *ar, void **list, size_t n, size_t *room, size_t size,
    pl_err_t *err)
{
    void  *longer;

    if (n < *room) {
        return PL_OK;
    }

    *room = *room == 0 ? 4096 : *room * 2;

    longer = pl_arena_alloc(ar, *room * size);
    if (longer == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    if (n != 0) {
        memcpy(longer, *list, n * size);
    }

    *list = longer;

    return PL_OK;
}


/* Twice as many; each word finds its place anew. */

static pl_status_t
index_slots(index_t *ix, pl_err_t *err)
{
    size_t               i, slot;
    const index_word_t  *row;

    ix->n_slots = ix->n_slots == 0 ? INDEX_SLOTS : ix->n_slots * 2;

    ix->slots = pl_arena_zalloc(ix->ar, ix->n_slots * sizeof(*ix->slots));
    if (ix->slots == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    for (i = 0; i < ix->n_words; i++) {
        row = &ix->words[i];

        for (slot = pl_words_hash(ix->seed, row->tenant, row->word)
                    & (ix->n_slots - 1);
             ix->slots[slot] != 0;
             slot = (slot + 1) & (ix->n_slots - 1))
        {
            /* void */
        }

        ix->slots[slot] = (uint32_t) i + 1;
    }

    return PL_OK;
}


/*
 * The numbers of each word are brought together, in their order; then the
 * words are sorted.
 */

static pl_status_t
index_put(pl_apply_t *ap, index_t *ix, pl_err_t *err)
{
    size_t        i, sum;
    uint8_t       cover[16];
    uint64_t     *ids;
    pl_key_t      key;
    pl_status_t   rc;
    index_put_t   put = { ap, ix, NULL, ap->meta->words_segment, 0 };

    ids = pl_arena_alloc(ix->ar, ix->n_postings * sizeof(*ids));
    if (ids == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    for (i = 0, sum = 0; i < ix->n_words; i++) {
        ix->words[i].from = sum;
        sum += ix->words[i].n;
        ix->words[i].n = 0;
    }

    for (i = 0; i < ix->n_postings; i++) {
        index_word_t  *row = &ix->words[ix->postings[i].word];

        ids[row->from + row->n++] = ix->postings[i].id;
    }

    if (ix->n_words != 0) {
        qsort(ix->words, ix->n_words, sizeof(*ix->words), index_order);
    }

    put.ids = ids;
    pl_be64_put(cover, ix->first);
    pl_be64_put(cover + 8, ix->last);
    pl_key_words(&key, put.segment, 0, 0, PL_WORDS_ALL, PL_STR_NULL);

    rc = pl_record_put_bytes(ap->txn, PL_TABLE_WORDS, pl_key_str(&key),
                             (pl_str_t) { cover, sizeof(cover) }, true, err);

    if (rc == PL_OK) {
        rc = index_rows(&put, err);
    }

    if (rc == PL_OK) {
        ap->meta->has_words_segment = 1;
        ap->meta->words_segment = put.segment + 1;
        ap->meta->has_words_to = 1;
        ap->meta->words_to = ix->last;
    }

    return rc;
}


static pl_status_t
index_rows(index_put_t *put, pl_err_t *err)
{
    size_t         i, to;
    pl_status_t    rc = PL_OK;
    index_word_t  *words = put->ix->words;

    for (i = 0; rc == PL_OK && i < put->ix->n_words; i = to) {

        for (to = i; to < put->ix->n_words
                     && words[to].tenant == words[i].tenant; to++)
        {
            /* void */
        }

        put->number = pl_apply_id(put->ap);
        rc = pl_words_number_put(put->ap->txn, put->segment, words[i].tenant,
                                 put->number, true, err);

        if (rc == PL_OK) {
            rc = index_kind(put, i, to, PL_WORDS_BUCKET, err);
        }

        qsort(&words[i], to - i, sizeof(*words), index_order_words);

        if (rc == PL_OK) {
            rc = index_kind(put, i, to, PL_WORDS_BEGIN, err);
        }
    }

    return rc;
}


/* A tenant's words, sorted as the kind wants them. */

static pl_status_t
index_kind(index_put_t *put, size_t from, size_t to, pl_words_kind_e kind,
    pl_err_t *err)
{
    size_t               i, next;
    pl_status_t          rc = PL_OK;
    const index_word_t  *words = put->ix->words;

    for (i = from; rc == PL_OK && i < to; i = next) {

        for (next = i + 1;
             next < to && index_together(&words[i], &words[next], kind);
             next++)
        {
            /* void */
        }

        rc = index_row(put, i, next, kind, err);
    }

    return rc;
}


static pl_status_t
index_row(index_put_t *put, size_t from, size_t to, pl_words_kind_e kind,
    pl_err_t *err)
{
    size_t               i, room = 1, len = 1;
    uint8_t             *row;
    pl_key_t             key;
    pl_str_t             ids = PL_STR_NULL;
    pl_status_t          rc = PL_OK;
    const index_word_t  *words = put->ix->words;

    for (i = from; i < to; i++) {
        room += pl_words_entry_len(words[i].word,
                                   words[i].n * PL_WORDS_VARINT_MAX);
    }

    pl_arena_reset(put->ix->row);
    row = pl_arena_alloc(put->ix->row, room);
    if (row == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    row[0] = (uint8_t) kind;

    for (i = from; rc == PL_OK && i < to; i++) {
        if (kind == PL_WORDS_BUCKET) {
            rc = pl_words_pack(put->ix->row, put->ids + words[i].from,
                               words[i].n, &ids, err);
        }

        if (rc == PL_OK) {
            len += pl_words_entry_put(row + len, words[i].word, ids);
        }
    }

    pl_key_words(&key, put->segment, words[from].tenant, put->number, kind,
                 words[from].word);

    return rc == PL_OK
           ? pl_record_put_bytes(put->ap->txn, PL_TABLE_WORDS,
                                 pl_key_str(&key), (pl_str_t) { row, len },
                                 true, err) : rc;
}


static bool
index_together(const index_word_t *a, const index_word_t *b,
    pl_words_kind_e kind)
{
    return kind == PL_WORDS_BUCKET
           ? a->bucket == b->bucket
           : pl_str_eq(pl_words_begin(a->word), pl_words_begin(b->word));
}


/*
 * Rows of the form that engine 6 wrote had words in their keys. They go, so
 * many with each entry, and then all is indexed anew; until then none is.
 */

static pl_status_t
index_old(pl_apply_t *ap, bool *gone, pl_err_t *err)
{
    uint32_t        i;
    pl_str_t        key, value;
    pl_scan_t      *scan;
    pl_status_t     rc;
    Pl__StateMeta  *meta = ap->meta;

    *gone = meta->words_form == PL_WORDS_FORM;

    if (*gone) {
        return PL_OK;
    }

    meta->has_words_form = 1;
    meta->words_form = PL_WORDS_FORM - 1;
    meta->words_segment = 0;
    meta->words_to = 0;

    rc = pl_store_scan(ap->txn, PL_TABLE_WORDS, PL_STR_NULL, false, &scan,
                       err);

    for (i = 0; rc == PL_OK && i < PL_WORDS_OLD_ROWS; i++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            rc = pl_store_scan_del(scan, err);
        }
    }

    pl_store_scan_end(scan);

    if (rc == PL_NOTFOUND) {
        meta->words_form = PL_WORDS_FORM;
        *gone = true;
        rc = PL_OK;
    }

    return rc;
}


static int
index_order(const void *a, const void *b)
{
    const index_word_t  *x = a, *y = b;

    if (x->tenant != y->tenant) {
        return x->tenant < y->tenant ? -1 : 1;
    }

    return x->bucket != y->bucket ? x->bucket - y->bucket
                                  : index_order_words(a, b);
}


static int
index_order_words(const void *a, const void *b)
{
    int                  n;
    size_t               len;
    const index_word_t  *x = a, *y = b;

    len = x->word.len < y->word.len ? x->word.len : y->word.len;
    n = memcmp(x->word.data, y->word.data, len);

    return n != 0 ? n : (x->word.len > y->word.len)
                        - (x->word.len < y->word.len);
}


static void
index_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = INDEX_TURN(v[1], 13) ^ v[0];
    v[0] = INDEX_TURN(v[0], 32);
    v[2] += v[3];
    v[3] = INDEX_TURN(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = INDEX_TURN(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = INDEX_TURN(v[1], 17) ^ v[2];
    v[2] = INDEX_TURN(v[2], 32);
}


static void
index_mix(uint64_t v[4], uint64_t n)
{
    v[3] ^= n;
    index_round(v);
    v[0] ^= n;
}


uint32_t
pl_words_hash(const uint64_t seed[2], uint32_t tenant, pl_str_t word)
{
    size_t    i, len;
    uint64_t  n, v[4] = {
        seed[0] ^ 0x736f6d6570736575u, seed[1] ^ 0x646f72616e646f6du,
        seed[0] ^ 0x6c7967656e657261u, seed[1] ^ 0x7465646279746573u
    };

    index_mix(v, (uint64_t) word.len << 32 | tenant);

    for (i = 0; i < word.len; i += len) {
        len = word.len - i < sizeof(n) ? word.len - i : sizeof(n);
        n = 0;
        memcpy(&n, word.data + i, len);
        index_mix(v, n);
    }

    v[2] ^= 0xff;

    for (i = 0; i < 3; i++) {
        index_round(v);
    }

    n = v[0] ^ v[1] ^ v[2] ^ v[3];

    return (uint32_t) (n ^ n >> 32);
}
