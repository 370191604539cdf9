/*
 * The rows that one inbound message and its reply leave in the state, with
 * keys as lmdb-schema/README.md lays them out and values of the length that
 * records have. lmdb.c says what for.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lmdb_rows.h"

/* Lengths of values, envelope byte included. */
enum {
    LEN_NUMBER = 9,
    LEN_CONTACT = 95, LEN_CONVERSATION = 112, LEN_IN = 198, LEN_OUT = 156,
    LEN_EFFECT = 42, LEN_DUE = 27, LEN_CHANGE = 15
};

const char *const bench_db_names[DB_COUNT] = {
    "meta", "dedupe", "addresses", "contacts", "conversations", "messages",
    "outbox", "due", "changes", "counters"
};


void
bench_fail(const char *what, int rc)
{
    fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(rc));
    exit(1);
}


void
bench_check(const char *what, int rc)
{
    if (rc != 0) {
        bench_fail(what, rc);
    }
}


uint64_t
bench_random(bench_t *b)
{
    b->random ^= b->random >> 12;
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;

    return b->random * 0x2545f4914f6cdd1dull;
}


size_t
bench_be(uint8_t *p, uint64_t n, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t) (n >> (8 * (len - 1 - i)));
    }

    return len;
}


/* tenant, kind, party: 13 bytes */
static size_t
bench_party(uint8_t *key, uint64_t contact)
{
    size_t  n = bench_be(key, 1, 4);

    n += bench_be(key + n, 1, 1);

    return n + bench_be(key + n, contact, 8);
}


void
bench_put(bench_t *b, int db, const uint8_t *key, size_t len, size_t value,
    unsigned flags)
{
    MDB_val  k = { len, (void *) key }, v = { value, b->value };

    bench_check(bench_db_names[db],
                mdb_put(b->txn, b->dbi[db], &k, &v, flags));
}


static bool
bench_get(bench_t *b, int db, const uint8_t *key, size_t len)
{
    int      rc;
    MDB_val  k = { len, (void *) key }, v;

    rc = mdb_get(b->txn, b->dbi[db], &k, &v);
    if (rc == MDB_NOTFOUND) {
        return false;
    }

    bench_check(bench_db_names[db], rc);
    memcpy(b->value, v.mv_data, v.mv_size);

    return true;
}


static void
bench_take_messages(bench_t *b, const bench_item_t *it)
{
    uint8_t  key[8];

    bench_put(b, DB_MESSAGES, key, bench_be(key, it->in, 8), LEN_IN,
              MDB_APPEND);
    bench_put(b, DB_MESSAGES, key, bench_be(key, it->out, 8), LEN_OUT,
              MDB_APPEND);
}


static void
bench_take_changes(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[12];

    n = bench_be(key, 1, 4);
    bench_put(b, DB_CHANGES, key, n + bench_be(key + n, it->in, 8),
              LEN_CHANGE, MDB_APPEND);
    bench_put(b, DB_CHANGES, key, n + bench_be(key + n, it->out, 8),
              LEN_CHANGE, MDB_APPEND);
}


/* The day's counters: few rows, read and written again each time. */
static void
bench_take_counters(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[32];

    for (uint8_t metric = 0; metric < 2; metric++) {
        n = bench_be(key, 1, 4);
        memcpy(key + n, metric == 0 ? "messages_in" : "messages_qu", 11);
        n += 11;
        n += bench_be(key + n, it->time_s / 86400, 4);
        (void) bench_get(b, DB_COUNTERS, key, n);
        bench_put(b, DB_COUNTERS, key, n, LEN_NUMBER, 0);
    }
}


static void
bench_take_dedupe(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[20];

    n = bench_be(key, it->time_s, 4);
    n += bench_be(key + n, bench_random(b), 8);
    n += bench_be(key + n, bench_random(b), 8);
    (void) bench_get(b, DB_DEDUPE, key, n);
    bench_put(b, DB_DEDUPE, key, n, LEN_NUMBER, 0);
}


/* Phone number and user id of a contact lead to it. */
static size_t
bench_address(uint8_t *key, uint64_t kind, const char *prefix,
    uint64_t contact)
{
    size_t  n, len = strlen(prefix);
    char    digits[16];

    n = bench_be(key, 1, 4);
    n += bench_be(key + n, kind, 1);
    memcpy(key + n, prefix, len);
    (void) snprintf(digits, sizeof(digits), "%08" PRIu64,
                    contact * 2654435761u % 100000000u);
    memcpy(key + n + len, digits, 8);

    return n + len + 8;
}


/*
 * Addresses are in another order than contacts first write in (the factor is
 * odd and prime to 10^8). New contacts are put; of those that are known the
 * user id leads to the record, which names the other addresses.
 */
static void
bench_take_contacts(bench_t *b, const bench_item_t *it)
{
    bool     known;
    size_t   n, phone_len, user_len;
    uint8_t  key[16], phone[32], user[32];

    phone_len = bench_address(phone, 1, "49151", it->contact);
    user_len = bench_address(user, 2, "DE.13491208", it->contact);
    known = bench_get(b, DB_ADDRESSES, user, user_len);

    n = bench_be(key, 1, 4);
    n += bench_be(key + n, it->contact, 8);
    if (known) {
        (void) bench_get(b, DB_CONTACTS, key, n);
        return;
    }

    bench_put(b, DB_ADDRESSES, phone, phone_len, LEN_NUMBER, 0);
    bench_put(b, DB_ADDRESSES, user, user_len, LEN_NUMBER, 0);
    bench_put(b, DB_CONTACTS, key, n, LEN_CONTACT, 0);
}


static void
bench_take_conversations(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[16];

    n = bench_party(key, it->contact);
    (void) bench_get(b, DB_CONVERSATIONS, key, n);
    bench_put(b, DB_CONVERSATIONS, key, n, LEN_CONVERSATION, 0);
}


/*
 * The outbox row; one whose queue was empty gets a row in due as well. Which
 * queue it waits in stands in the conversation.
 */
static void
bench_take_outbox(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[32];

    if (it->quiet) {
        return;
    }

    bench_put(b, DB_OUTBOX, key, bench_be(key, it->out, 8), LEN_EFFECT,
              MDB_APPEND);

    if (!b->waits[it->contact]) {
        b->waits[it->contact] = 1;
        n = bench_be(key, 1, 1);
        n += bench_be(key + n, (uint64_t) it->time_s * 1000, 8);
        n += bench_be(key + n, it->out, 8);
        bench_put(b, DB_DUE, key, n, LEN_DUE, 0);
    }
}


const bench_step_t  bench_steps[BENCH_STEPS] = {
    { "messages x2", bench_take_messages },
    { "changes x2", bench_take_changes },
    { "counters x2", bench_take_counters },
    { "dedupe", bench_take_dedupe },
    { "addresses, contacts", bench_take_contacts },
    { "conversations", bench_take_conversations },
    { "outbox, due", bench_take_outbox },
};


void
bench_apply(bench_t *b, bench_item_t *it)
{
    it->in = b->next_id++;
    it->out = b->next_id++;

    for (unsigned i = 0; i < b->steps; i++) {
        bench_steps[i].take(b, it);
    }
}
