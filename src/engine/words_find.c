/*
 * See words_find.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "words_find.h"
#include "words_impl.h"

#define FIND_ARENA      (64u * 1024)
#define FIND_ARENA_MAX  (64u * 1024 * 1024)

typedef struct {
    pl_str_t   text;
    bool       prefix;
} find_word_t;

typedef struct {
    pl_txn_t             *txn;
    pl_arena_t           *ar;       /* the caller's */
    pl_arena_t           *look;     /* of one message, or one segment */
    pl_arena_t           *one;      /* of a message of a segment */
    const Pl__StateMeta  *meta;
    const pl_find_t      *find;
    find_word_t           words[PL_FIND_WORDS_MAX];
    size_t                n_words;
    bool                  done;
    pl_words_look_t       in;       /* the segment that is looked into */
    pl_found_t           *out;
} find_t;

static pl_status_t find_words(find_t *fi, pl_err_t *err);
static pl_status_t find_token(find_t *fi, const char *token, size_t len,
    pl_err_t *err);
static pl_status_t find_tail(find_t *fi, pl_err_t *err);
static pl_status_t find_segments(find_t *fi, pl_err_t *err);
static pl_status_t find_segment(find_t *fi, uint32_t segment, pl_err_t *err);
static size_t find_both(uint64_t *a, size_t n, const uint64_t *b, size_t m);
static pl_status_t find_id(find_t *fi, uint64_t id, pl_err_t *err);
static pl_status_t find_take(find_t *fi, uint64_t id, pl_str_t value,
    pl_arena_t *look, pl_err_t *err);
static bool find_fits(const pl_find_t *find, const Pl__Message *message);
static pl_status_t find_conversation(find_t *fi, const Pl__Message *message,
    pl_arena_t *look, bool *fits, pl_err_t *err);
static bool find_room(find_t *fi, uint64_t at);


pl_status_t
pl_words_find(pl_txn_t *txn, pl_arena_t *ar, const Pl__StateMeta *meta,
    const pl_find_t *find, pl_found_t *found, pl_err_t *err)
{
    find_t       fi;
    pl_status_t  rc;

    memset(found, 0, sizeof(*found));
    memset(&fi, 0, sizeof(fi));

    fi.txn = txn;
    fi.ar = ar;
    fi.meta = meta;
    fi.find = find;
    fi.out = found;
    fi.look = pl_arena_create(FIND_ARENA, FIND_ARENA_MAX);
    fi.one = pl_arena_create(FIND_ARENA, FIND_ARENA_MAX);

    fi.in.txn = txn;
    fi.in.ar = fi.look;
    fi.in.tenant = find->tenant;
    fi.in.looks = &found->looks;

    rc = fi.look == NULL || fi.one == NULL
         ? pl_err_set(err, PL_NOMEM, "search", 0, "out of memory")
         : find_words(&fi, err);

    if (rc == PL_OK) {
        rc = find_tail(&fi, err);
    }

    if (rc == PL_OK && !fi.done) {
        rc = find_segments(&fi, err);
    }

    pl_arena_destroy(fi.one);
    pl_arena_destroy(fi.look);

    return rc;
}


static pl_status_t
find_words(find_t *fi, pl_err_t *err)
{
    size_t        len;
    const char   *p;
    pl_status_t   rc = PL_OK;

    if (strlen(fi->find->text) > PL_FIND_TEXT_MAX) {
        return pl_err_set(err, PL_INVALID, "search", 0, "is too long");
    }

    for (p = fi->find->text; rc == PL_OK && *p != '\0'; p += len) {
        len = strspn(p, " \t\r\n");

        if (len == 0) {
            len = strcspn(p, " \t\r\n");
            rc = find_token(fi, p, len, err);
        }
    }

    return rc == PL_OK && fi->n_words == 0
           ? pl_err_set(err, PL_INVALID, "search", 0, "has no word") : rc;
}


/* One without a space may still be several words: a-b. */

static pl_status_t
find_token(find_t *fi, const char *token, size_t len, pl_err_t *err)
{
    bool             prefix;
    size_t           i;
    pl_str_t         text = { (const uint8_t *) token, len };
    pl_status_t      rc;
    pl_word_list_t   list;

    prefix = len != 0 && token[len - 1] == '*';

    rc = pl_words_asked(fi->ar, text, &list, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (fi->n_words + list.n > PL_FIND_WORDS_MAX) {
        return pl_err_set(err, PL_INVALID, "search", 0, "has too many words");
    }

    for (i = 0; i < list.n; i++) {
        fi->words[fi->n_words].text = list.words[i];
        fi->words[fi->n_words++].prefix = prefix && i == list.n - 1;
    }

    return PL_OK;
}


static pl_status_t
find_tail(find_t *fi, pl_err_t *err)
{
    uint64_t     id;
    pl_key_t     from;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    pl_key_seq(&from, fi->find->before == 0 ? UINT64_MAX
                                            : fi->find->before - 1);

    rc = pl_store_scan(fi->txn, PL_TABLE_MESSAGES, pl_key_str(&from), true,
                       &scan, err);

    while (rc == PL_OK && !fi->done) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK) {
            break;
        }

        id = pl_be64(key.data);

        if (id <= fi->meta->words_to || !find_room(fi, id)) {
            break;
        }

        fi->out->tail++;

        if (!pl_words_lacks(value, fi->find->tenant, fi->words[0].text)) {
            pl_arena_reset(fi->look);
            rc = find_take(fi, id, value, fi->look, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
find_segments(find_t *fi, pl_err_t *err)
{
    uint32_t     segment;
    uint64_t     first, last;
    pl_status_t  rc;

    if (fi->meta->words_segment == 0) {
        return PL_OK;
    }

    segment = fi->meta->words_segment - 1;
    rc = fi->find->before == 0
         ? PL_OK : pl_words_where(fi->txn, fi->meta->words_segment,
                                  fi->find->before - 1, &segment, err);

    while (rc == PL_OK && !fi->done) {

        if (fi->out->looks >= PL_FIND_LOOKS_MAX) {
            rc = pl_words_segment(fi->txn, segment, &first, &last, err);

            if (rc == PL_OK) {
                fi->out->cut = true;
                fi->out->next = last + 1;
            }

            break;
        }

        rc = find_segment(fi, segment, err);

        if (segment-- == 0) {
            break;
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
find_segment(find_t *fi, uint32_t segment, pl_err_t *err)
{
    size_t       i, n, m;
    uint64_t    *ids, *more;
    pl_status_t  rc;

    pl_arena_reset(fi->look);
    fi->out->looks++;
    fi->in.segment = segment;

    rc = pl_words_number(fi->txn, segment, fi->find->tenant, &fi->in.number,
                         err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* it said nothing then */
    }

    rc = pl_words_look(&fi->in, fi->words[0].text, fi->words[0].prefix, &ids,
                       &n, err);

    for (i = 1; rc == PL_OK && n != 0 && i < fi->n_words; i++) {
        rc = pl_words_look(&fi->in, fi->words[i].text, fi->words[i].prefix,
                           &more, &m, err);
        n = rc == PL_OK ? find_both(ids, n, more, m) : n;
    }

    for (i = n; rc == PL_OK && i > 0 && !fi->done; i--) {
        if (fi->find->before != 0 && ids[i - 1] >= fi->find->before) {
            continue;
        }

        if (find_room(fi, ids[i - 1])) {
            rc = find_id(fi, ids[i - 1], err);
        }
    }

    return rc;
}


/* What is in both, in a. */

static size_t
find_both(uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t  i, k, both;

    for (i = 0, k = 0, both = 0; i < n; i++) {
        while (k < m && b[k] < a[i]) {
            k++;
        }

        if (k < m && b[k] == a[i]) {
            a[both++] = a[i];
        }
    }

    return both;
}


static pl_status_t
find_id(find_t *fi, uint64_t id, pl_err_t *err)
{
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    fi->out->reads++;
    pl_arena_reset(fi->one);
    pl_key_seq(&key, id);

    rc = pl_store_get(fi->txn, PL_TABLE_MESSAGES, pl_key_str(&key), &value,
                      err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* erased */
    }

    return find_take(fi, id, value, fi->one, err);
}


/*
 * The message itself has the last word: it may have become another since it
 * was indexed.
 */

static pl_status_t
find_take(find_t *fi, uint64_t id, pl_str_t value, pl_arena_t *look,
    pl_err_t *err)
{
    bool               fits;
    size_t             i;
    pl_status_t        rc;
    Pl__Message       *message;
    pl_word_list_t     list;
    ProtobufCMessage  *msg;

    rc = pl_record_read(PL_TABLE_MESSAGES, value, &pl__message__descriptor,
                        look, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    message = (Pl__Message *) msg;

    if (message->tenant != fi->find->tenant) {
        return PL_OK;
    }

    if (fi->find->since_ms != 0 && message->time_ms < fi->find->since_ms) {
        fi->done = true;                /* so are all before it */
        return PL_OK;
    }

    if (!find_fits(fi->find, message)) {
        return PL_OK;
    }

    rc = pl_words_content(look, message->content, &list, err);

    for (i = 0; rc == PL_OK && i < fi->n_words; i++) {
        if (!pl_words_have(&list, fi->words[i].text, fi->words[i].prefix)) {
            return PL_OK;
        }
    }

    if (rc == PL_OK) {
        rc = find_conversation(fi, message, look, &fits, err);
    }

    if (rc != PL_OK || !fits) {
        return rc;
    }

    rc = pl_record_read(PL_TABLE_MESSAGES, value, &pl__message__descriptor,
                        fi->ar, &msg, err);
    if (rc == PL_OK) {
        fi->out->rows[fi->out->n].id = id;
        fi->out->rows[fi->out->n++].message = (Pl__Message *) msg;
    }

    return rc;
}


static bool
find_fits(const pl_find_t *find, const Pl__Message *message)
{
    return (find->channel == 0 || message->channel == find->channel)
           && (find->direction == 0 || message->direction == find->direction)
           && (find->until_ms == 0 || message->time_ms < find->until_ms)
           && (find->party == NULL
               || (message->party_kind == find->party->kind
                   && message->party == find->party->party));
}


static pl_status_t
find_conversation(find_t *fi, const Pl__Message *message, pl_arena_t *look,
    bool *fits, pl_err_t *err)
{
    pl_key_t           key;
    pl_party_t         party;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *fits = true;

    if (fi->find->filter == NULL) {
        return PL_OK;
    }

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;
    pl_key_party(&key, &party);

    rc = pl_record_get(fi->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, look, &msg, err);

    *fits = rc == PL_OK
            && pl_inbox_fits((Pl__Conversation *) msg, fi->find->filter);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The page is full, or enough was looked at: the next begins with `at`. */

static bool
find_room(find_t *fi, uint64_t at)
{
    pl_found_t  *out = fi->out;

    if (out->n < fi->find->limit && out->n < PL_FIND_MAX
        && out->reads < PL_FIND_READS_MAX && out->tail < PL_FIND_TAIL_MAX)
    {
        return true;
    }

    out->cut = out->n < fi->find->limit && out->n < PL_FIND_MAX;
    out->next = at + 1;
    fi->done = true;

    return false;
}
