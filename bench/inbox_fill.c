/*
 * The store of the benchmark of the inbox. See inbox.c.
 *
 * People write at random, half of the messages are answers, and words follow
 * Zipf's law over 20,000 of them. The last seven hundredths of the messages
 * are those of the week that `changes` has, with three statuses for each that
 * went out; who wrote before is in `quiet`. A hundredth of the conversations
 * has a tag, a thousandth an owner.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "inbox.h"

#define FILL_BATCH   20000          /* rows of a transaction */
#define FILL_WORDS   12             /* of a message, at most */
#define FILL_VOCAB   20000
#define FILL_BODY    1024

struct inbox_conv_s {
    uint64_t  newest[PL_NEWEST_MAX];
    uint64_t  checkpoint;
    uint32_t  messages;
    uint32_t  unread;
    int64_t   last_in_ms;
    int64_t   last_out_ms;
};


void
inbox_fail(const char *what, const pl_err_t *err)
{
    char  text[512];

    fprintf(stderr, "inbox: %s: %s\n", what,
            err == NULL ? "failed" : pl_err_print(err, text, sizeof(text)));
    exit(1);
}


uint64_t
inbox_random(inbox_bench_t *b)
{
    b->random ^= b->random >> 12;
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;

    return b->random * 0x2545f4914f6cdd1dull;
}


void
inbox_wait(pid_t child)
{
    int  status;

    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        inbox_fail("child", NULL);
    }
}


/* Of this process, which has one thread. */

static int64_t
fill_cpu(void)
{
    return (int64_t) clock() * 1000000 / CLOCKS_PER_SEC;
}


static pl_txn_t *
fill_begin(inbox_bench_t *b)
{
    pl_err_t   err;
    pl_txn_t  *txn;

    if (pl_store_begin(b->st, PL_ENV_STATE, true, &txn, &err) != PL_OK) {
        inbox_fail("begin", &err);
    }

    return txn;
}


static void
fill_end(pl_txn_t *txn)
{
    pl_err_t  err;

    if (pl_store_commit(txn, &err) != PL_OK) {
        inbox_fail("commit", &err);
    }
}


static void
fill_put(pl_txn_t *txn, pl_table_e table, const pl_key_t *key,
    const ProtobufCMessage *row, bool append)
{
    pl_err_t  err;

    if (pl_record_put(txn, table, pl_key_str(key), row, append, &err)
        != PL_OK)
    {
        inbox_fail("put", &err);
    }
}


static void
fill_bytes(pl_txn_t *txn, pl_table_e table, const pl_key_t *key,
    pl_str_t bytes)
{
    pl_err_t  err;

    if (pl_record_put_bytes(txn, table, pl_key_str(key), bytes, false, &err)
        != PL_OK)
    {
        inbox_fail("put", &err);
    }
}


static void
fill_command(inbox_bench_t *b, const Pl__Command *command)
{
    pl_err_t       err;
    pl_entry_t     entry;
    pl_folded_t    done;
    pl_appended_t  out;

    memset(&entry, 0, sizeof(entry));
    entry.location = PL_STR("bench");
    entry.command = command;

    if (pl_journal_append(b->st, b->clock, &entry, 1, NULL, &out, &err)
        != PL_OK)
    {
        inbox_fail("append", &err);
    }

    do {
        if (pl_fold_step(b->fold, 0, &done, &err) != PL_OK) {
            inbox_fail("step", &err);
        }
    } while (done.more);
}


static void
fill_settings(inbox_bench_t *b)
{
    pl_err_t              err;
    uint8_t               digest[32] = { 1 };
    pl_str_t              token = PL_STR_NULL;
    pl_appended_t         done;
    Pl__FlowSettings     *flows[1];
    Pl__ChannelSettings   ch = PL__CHANNEL_SETTINGS__INIT, *chs = &ch;
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT;
    Pl__TenantSettings   *tenants = &tenant;
    Pl__SettingsPublish   publish = PL__SETTINGS_PUBLISH__INIT;

    ch.name = (char *) "main";
    ch.provider = (char *) "whatsapp";
    ch.account = (char *) INBOX_NUMBER;
    ch.api_base_url = (char *) "http://127.0.0.1:1";
    ch.api_version = (char *) "v23.0";
    ch.connect_timeout_ms = 1000;
    ch.timeout_ms = 1000;
    ch.rate_per_s = 80;
    tenant.name = (char *) "bench";
    tenant.channels = &chs;
    tenant.n_channels = 1;
    tenant.flows = flows;
    publish.cycle.data = digest;
    publish.cycle.len = PL_CYCLE_LEN;
    publish.tenants = &tenants;
    publish.n_tenants = 1;
    publish.journal_keep_ms = PL_JOURNAL_KEEP_MS;

    if (pl_settings_digest(&publish, &token, 1, digest) != PL_OK) {
        inbox_fail("settings", NULL);
    }
    publish.digest.data = digest;
    publish.digest.len = sizeof(digest);

    if (pl_journal_append(b->st, b->clock, NULL, 0, &publish, &done, &err)
        != PL_OK)
    {
        inbox_fail("settings", &err);
    }
}


static void
fill_key(inbox_bench_t *b)
{
    uint8_t       digest[PL_SHA256_LEN];
    pl_str_t      key = PL_STR(INBOX_KEY);
    pl_hash_t    *hash = pl_hash_create();
    Pl__KeySet    in = PL__KEY_SET__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    if (hash == NULL || pl_hash_sha256(hash, &key, 1, digest) != PL_OK) {
        inbox_fail("hash", NULL);
    }
    pl_hash_destroy(hash);

    in.hash.data = digest;
    in.hash.len = sizeof(digest);
    in.has_tenant = 1;
    in.tenant = 1;
    in.has_role = 1;
    in.role = PL__API_ROLE__API_ROLE_ADMIN;
    command.of_case = PL__COMMAND__OF_KEY_SET;
    command.key_set = &in;
    fill_command(b, &command);
}


void
inbox_open(inbox_bench_t *b, bool fresh)
{
    pl_err_t         err;
    pl_store_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.dir = b->dir;
    conf.create = fresh;
    conf.write_age_ms = 600000;
    conf.read_age_ms = 600000;
    conf.seal = b->seal != 0 ? PL_SEAL_ON : PL_SEAL_OFF;

    if (pl_shapes_codec(&b->codec, &err) != PL_OK
        || pl_store_open(&b->st, &conf, &err) != PL_OK
        || pl_journal_open(b->st, b->clock, &err) != PL_OK
        || pl_fold_create(&b->fold, b->st, b->st, NULL, b->codec, b->clock,
                          &err) != PL_OK
        || pl_api_create(&b->api, NULL, &err) != PL_OK)
    {
        inbox_fail("open", &err);
    }

    if (fresh) {
        fill_settings(b);
        fill_key(b);
    }
}


void
inbox_close(inbox_bench_t *b)
{
    pl_fold_destroy(b->fold);
    pl_store_close(b->st);
}


/* Zipf's law, near enough: the n-th word comes n times less often. */

static void
fill_text(inbox_bench_t *b, char *text, size_t size)
{
    double    u;
    size_t    i, n, len = 0;
    uint64_t  r, low, word;

    n = 4 + inbox_random(b) % (FILL_WORDS - 3);

    for (i = 0; i < n; i++) {
        r = inbox_random(b);
        u = (double) (r >> 11) / 9007199254740992.0;

        /* uniform in the logarithm: an octave, then a place in it */
        low = 1ull << (unsigned) (u * 14.3);
        word = low + inbox_random(b) % low;
        len += (size_t) snprintf(text + len, size - len, "%sword%" PRIu64,
                                 i == 0 ? "" : " ", word % FILL_VOCAB);
    }
}


static void
fill_change(inbox_bench_t *b, pl_txn_t *txn, uint64_t party,
    uint64_t message, Pl__ChangeKind kind, uint64_t spoke)
{
    pl_key_t    key;
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = kind;
    row.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    row.party = party;
    row.has_message = 1;
    row.message = message;
    row.has_state = 1;
    row.state = PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED;
    row.has_time_ms = 1;
    row.time_ms = b->now_ms;
    row.has_spoke = kind != PL__CHANGE_KIND__CHANGE_KIND_MESSAGE;
    row.spoke = spoke;
    pl_key_tenant_seq(&key, 1, b->next_id++);
    fill_put(txn, PL_TABLE_CHANGES, &key, &row.base, true);
}


static void
fill_message(inbox_bench_t *b, pl_txn_t *txn, uint64_t n)
{
    char           text[256], wamid[64];
    uint64_t       id, party, i;
    pl_key_t       key;
    Pl__Text       said = PL__TEXT__INIT;
    Pl__Address    address = PL__ADDRESS__INIT;
    Pl__Content    content = PL__CONTENT__INIT;
    Pl__Message    row = PL__MESSAGE__INIT;
    inbox_conv_t  *conv;
    bool           in;

    i = n < b->conversations ? n : inbox_random(b) % b->conversations;
    party = b->first_contact + i;
    conv = &b->convs[i];
    in = conv->messages % 2 == 0;
    id = b->next_id++;
    b->now_ms += 60;

    fill_text(b, text, sizeof(text));
    (void) snprintf(wamid, sizeof(wamid), "wamid.%032" PRIx64, id);
    said.body = text;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &said;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "4915100000000";

    row.direction = in ? PL__DIRECTION__DIRECTION_IN
                       : PL__DIRECTION__DIRECTION_OUT;
    row.tenant = row.channel = 1;
    row.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    row.party = row.contact = party;
    row.content = &content;
    row.time_ms = b->now_ms;
    row.provider_id = wamid;
    row.has_state = 1;
    row.state = in ? PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED
                   : PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED;
    row.address = &address;
    row.has_previous = conv->messages != 0;
    row.previous = conv->newest[PL_NEWEST_MAX - 1];

    conv->messages++;
    conv->unread = in ? conv->unread + 1 : 0;
    *(in ? &conv->last_in_ms : &conv->last_out_ms) = b->now_ms;
    memmove(conv->newest, conv->newest + 1,
            (PL_NEWEST_MAX - 1) * sizeof(uint64_t));
    conv->newest[PL_NEWEST_MAX - 1] = id;

    if (conv->messages % PL_CHECKPOINT == 0) {
        row.has_far = conv->checkpoint != 0;
        row.far = conv->checkpoint;
        conv->checkpoint = id;
    }

    pl_key_seq(&key, id);
    fill_put(txn, PL_TABLE_MESSAGES, &key, &row.base, true);

    if (n < b->messages - b->messages * 7 / 100) {
        return;
    }

    fill_change(b, txn, party, id, PL__CHANGE_KIND__CHANGE_KIND_MESSAGE, 0);
    for (i = 0; !in && i < 3; i++) {
        fill_change(b, txn, party, id, PL__CHANGE_KIND__CHANGE_KIND_STATE,
                    b->next_id - 1 - i);
    }
}


static void
fill_person(inbox_bench_t *b, pl_txn_t *txn, uint64_t i)
{
    char           name[64], phone[32];
    uint64_t       id = b->first_contact + i;
    pl_key_t       key;
    Pl__Address    address = PL__ADDRESS__INIT, *addresses = &address;
    Pl__Contact    row = PL__CONTACT__INIT;
    pl_err_t       err;

    (void) snprintf(name, sizeof(name), "person%" PRIu64 " family%" PRIu64,
                    i, i % 5000);
    (void) snprintf(phone, sizeof(phone), "49151%08" PRIu64, i);
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = phone;
    row.id = id;
    row.name = name;
    row.addresses = &addresses;
    row.n_addresses = 1;
    pl_key_tenant_seq(&key, 1, id);
    fill_put(txn, PL_TABLE_CONTACTS, &key, &row.base, true);

    pl_key_address(&key, 1, address.kind, pl_str_c(phone));
    if (pl_record_put_u64(txn, PL_TABLE_ADDRESSES, pl_key_str(&key), id,
                          false, &err) != PL_OK)
    {
        inbox_fail("address", &err);
    }

    *strchr(name, ' ') = '\0';
    pl_key_name(&key, 1, pl_str_c(name), id);
    fill_bytes(txn, PL_TABLE_NAMES, &key, PL_STR_NULL);
    pl_key_name(&key, 1, pl_str_c(name + strlen(name) + 1), id);
    fill_bytes(txn, PL_TABLE_NAMES, &key, PL_STR_NULL);
    pl_key_name(&key, 1, PL_STR("per"), id);
    fill_bytes(txn, PL_TABLE_NAMES, &key, PL_STR_NULL);
    pl_key_name(&key, 1, PL_STR("fam"), id);
    fill_bytes(txn, PL_TABLE_NAMES, &key, PL_STR_NULL);
}


static void
fill_conversation(inbox_bench_t *b, pl_txn_t *txn, uint64_t i,
    Pl__Unread *sum)
{
    char              *tags[1] = { (char *) "vip" };
    size_t             n;
    uint32_t           channel = 1;
    pl_key_t           key;
    pl_party_t         party = { 1, PL__PARTY_KIND__PARTY_KIND_CONTACT,
                                 b->first_contact + i };
    Pl__Window         window = PL__WINDOW__INIT, *windows = &window;
    inbox_conv_t      *conv = &b->convs[i];
    Pl__Conversation   row = PL__CONVERSATION__INIT;

    window.channel = 1;
    window.contact = party.party;
    window.until_ms = conv->last_in_ms + 86400000;
    n = conv->messages < PL_NEWEST_MAX ? conv->messages : PL_NEWEST_MAX;
    row.newest = conv->newest + PL_NEWEST_MAX - n;
    row.n_newest = n;
    row.has_messages = row.has_last_in_ms = row.has_last_out_ms = 1;
    row.messages = conv->messages;
    row.last_in_ms = conv->last_in_ms;
    row.last_out_ms = conv->last_out_ms;
    row.has_unread = row.has_counted = conv->unread != 0;
    row.unread = row.counted = conv->unread;
    row.windows = &windows;
    row.n_windows = 1;
    row.channels = &channel;
    row.n_channels = 1;
    row.has_checkpoint = conv->checkpoint != 0;
    row.checkpoint = conv->checkpoint;
    row.owner = i % 1000 == 0 ? (char *) "ana" : NULL;
    row.tags = tags;
    row.n_tags = i % 100 == 0;

    sum->conversations += conv->unread != 0;
    sum->messages += conv->unread;

    pl_key_party(&key, &party);
    fill_put(txn, PL_TABLE_CONVERSATIONS, &key, &row.base, true);

    if (row.owner != NULL) {
        pl_key_view(&key, 1, PL_VIEW_OWNER, row.owner, &party);
        fill_bytes(txn, PL_TABLE_VIEWS, &key, PL_STR_NULL);
    }
    if (row.n_tags != 0) {
        pl_key_view(&key, 1, PL_VIEW_TAG, "vip", &party);
        fill_bytes(txn, PL_TABLE_VIEWS, &key, PL_STR_NULL);
    }
}


/* By the newest message of each: in no order of theirs. */

static void
fill_quiet(inbox_bench_t *b, pl_txn_t *txn, uint64_t i, uint64_t week)
{
    uint64_t  newest = b->convs[i].newest[PL_NEWEST_MAX - 1];
    pl_key_t  key, place;

    if (newest < week) {
        pl_key_quiet(&key, 1, newest);
        pl_key_place(&place, PL__PARTY_KIND__PARTY_KIND_CONTACT,
                     b->first_contact + i);
        fill_bytes(txn, PL_TABLE_QUIET, &key, pl_key_str(&place));
    }
}


static void
fill_meta(inbox_bench_t *b, uint64_t quiet, const Pl__Unread *sum)
{
    pl_key_t        key;
    pl_err_t        err;
    pl_txn_t       *txn = fill_begin(b);
    pl_arena_t     *ar = pl_arena_create(4096, 1u << 20);
    Pl__StateMeta  *meta;

    if (ar == NULL || pl_state_meta(txn, ar, &meta, &err) != PL_OK) {
        inbox_fail("meta", &err);
    }

    meta->next_id = b->next_id;
    meta->has_quiet_last = 1;
    meta->quiet_last = quiet;
    if (pl_record_put(txn, PL_TABLE_META, PL_STR("state"), &meta->base,
                      false, &err) != PL_OK)
    {
        inbox_fail("meta", &err);
    }

    pl_key_unread(&key, 1, NULL);
    fill_put(txn, PL_TABLE_UNREAD, &key, &sum->base, false);
    fill_end(txn);
    pl_arena_destroy(ar);
}


static void
fill_print(inbox_bench_t *b, const char *what, uint64_t n, int64_t since)
{
    int64_t          us = fill_cpu() - since;
    pl_err_t         err;
    uint64_t         bytes = 0;
    pl_txn_t        *txn;

    if (pl_store_begin(b->st, PL_ENV_STATE, false, &txn, &err) == PL_OK) {
        (void) pl_store_bytes(txn, PL_TABLE_WORDS, &bytes, &err);
        pl_store_abort(txn);
    }

    printf("{\"row\":\"%s\",\"n\":%" PRIu64 ",\"cpu_s\":%.1f,\"cpu_us\":%.2f,"
           "\"words_bytes\":%" PRIu64 "}\n", what, n, (double) us / 1e6,
           (double) us / (double) n, bytes);
    fflush(stdout);
}


static void
fill_words(inbox_bench_t *b)
{
    uint64_t        i, n = b->messages / PL_WORDS_SEGMENT;
    int64_t         since = fill_cpu();
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__IndexWords  in = PL__INDEX_WORDS__INIT;

    in.rows = PL_WORDS_SEGMENT;
    command.of_case = PL__COMMAND__OF_INDEX_WORDS;
    command.index_words = &in;

    for (i = 0; i < n; i++) {
        fill_command(b, &command);
    }

    fill_print(b, "index", n * PL_WORDS_SEGMENT, since);
}


void
inbox_fill(inbox_bench_t *b)
{
    int64_t      since = fill_cpu();
    uint64_t     i, week = UINT64_MAX, first;
    pl_txn_t    *txn = NULL;
    Pl__Unread   sum = PL__UNREAD__INIT;

    b->convs = calloc(b->conversations, sizeof(inbox_conv_t));
    if (b->convs == NULL) {
        inbox_fail("no memory", NULL);
    }

    b->first_contact = 1000;
    b->next_id = b->first_contact + b->conversations;
    b->now_ms = pl_clock_wall_ms(b->clock) - (int64_t) b->messages * 60;
    first = b->messages - b->messages * 7 / 100;

    for (i = 0; i < b->messages; i++) {
        if (i % FILL_BATCH == 0) {
            if (txn != NULL) {
                fill_end(txn);
            }
            txn = fill_begin(b);
        }
        if (i == first) {
            week = b->next_id;
        }
        if (i < b->conversations) {
            fill_person(b, txn, i);
        }
        fill_message(b, txn, i);
    }

    for (i = 0; i < b->conversations; i++) {
        if (i % FILL_BATCH == 0) {
            fill_end(txn);
            txn = fill_begin(b);
        }
        fill_conversation(b, txn, i, &sum);
        fill_quiet(b, txn, i, week);
    }
    fill_end(txn);
    free(b->convs);

    fill_meta(b, week, &sum);
    fill_print(b, "fill", b->messages, since);
    fill_words(b);
}


void
inbox_ready(inbox_bench_t *b)
{
    pl_err_t   err;
    pl_txn_t  *txn;

    b->first_contact = 1000;

    if (pl_store_begin(b->st, PL_ENV_STATE, false, &txn, &err) != PL_OK
        || pl_settings_load(&b->settings, txn, b->codec, &err) != PL_OK)
    {
        inbox_fail("settings", &err);
    }
    pl_store_abort(txn);
}


/* A batch of webhooks each 20 ms, and their fold. */

void
inbox_ingest(inbox_bench_t *b)
{
    char             body[FILL_BODY];
    uint64_t         i, count = 0, indexed = 0, n = b->ingest / 50;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__IndexWords   in = PL__INDEX_WORDS__INIT;
    pl_err_t         err;
    pl_entry_t       entry;
    pl_folded_t      done;
    pl_appended_t    out;
    struct timespec  nap = { 0, 20000000 };

    in.rows = PL_WORDS_SEGMENT;
    command.of_case = PL__COMMAND__OF_INDEX_WORDS;
    command.index_words = &in;

    memset(&entry, 0, sizeof(entry));
    entry.provider = PL_STR("whatsapp");
    entry.location = PL_STR("/webhooks/whatsapp");

    for ( ;; ) {
        for (i = 0; i < n; i++) {
            (void) snprintf(body, sizeof(body),
                "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
                "\"id\":\"1\",\"changes\":[{\"value\":{\"metadata\":{"
                "\"phone_number_id\":\"" INBOX_NUMBER "\"},\"messages\":[{"
                "\"from\":\"49151%08" PRIu64 "\",\"id\":\"wamid.I%" PRIu64
                "\",\"timestamp\":\"%" PRId64 "\",\"text\":{\"body\":"
                "\"word3 is new\"},\"type\":\"text\"}]},"
                "\"field\":\"messages\"}]}]}",
                inbox_random(b) % b->conversations, count++,
                pl_clock_wall_ms(b->clock) / 1000);
            entry.body = pl_str_c(body);

            if (pl_journal_append(b->st, b->clock, &entry, 1, NULL, &out,
                                  &err) != PL_OK)
            {
                inbox_fail("append", &err);
            }
        }

        do {
            if (pl_fold_step(b->fold, 0, &done, &err) != PL_OK) {
                inbox_fail("step", &err);
            }
        } while (done.more);

        /* as the sender does, once there are enough of them */

        if (count >= PL_WORDS_SEGMENT * (indexed + 1)) {
            fill_command(b, &command);
            indexed++;
        }

        (void) nanosleep(&nap, NULL);
    }
}
