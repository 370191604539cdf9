/*
 * key add, key list, key revoke: keys of the API. The secret is drawn here,
 * shown once, and kept nowhere: what goes to the journal is its SHA-256.
 */

#include <inttypes.h>
#include <string.h>

#include "../api/who.h"
#include "../core/crypto.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../engine/request.h"
#include "cmd.h"
#include "list.h"

#define KEY_SECRET_LEN  32              /* random bytes */
#define KEY_PREFIX      "plk_"


typedef struct {
    uint8_t        key[PL_REQUEST_KEY_LEN];
    uint8_t        hash[PL_SHA256_LEN];
    const char    *secret;
    Pl__KeySet     set;
    uint64_t       entry;
    Pl__Verdict   *verdict;             /* NULL: not folded yet */
} key_t;

/* A key that is looked for by its number. */
typedef struct {
    uint64_t       id;
    bool           found;
    uint8_t        hash[PL_SHA256_LEN];
    uint32_t       tenant;
} key_find_t;


static pl_status_t key_usage(plctl_t *ctl, const char *const *words,
    unsigned n_words, key_t *key, pl_err_t *err);
static pl_status_t key_secret(plctl_t *ctl, key_t *key, pl_err_t *err);
static pl_status_t key_ask(plctl_t *ctl, key_t *key, pl_err_t *err);
static int key_report(plctl_t *ctl, const key_t *key, const char *word);
static pl_status_t key_find(plctl_t *ctl, key_find_t *find, pl_err_t *err);
static pl_status_t key_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static void key_pause(void *data);
static const char *key_state(const plctl_t *ctl, const Pl__ApiKey *row);


static const char *const  key_titles[] = {
    "KEY", "TENANT", "ROLE", "STATE", "EXPIRES", "NAME"
};


int
plctl_cmd_key_add(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    key_t        key;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    memset(&key, 0, sizeof(key));
    pl__key_set__init(&key.set);

    if (key_usage(ctl, words, n_words, &key, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words == 2) {
        rc = plctl_tenant(ctl, words[0], &key.set.tenant, &err);
    }

    if (rc == PL_OK && ctl->args->expires != NULL) {
        key.set.has_expires_ms = 1;
        rc = plctl_when(ctl, "--expires", ctl->args->expires,
                        &key.set.expires_ms, &err);
    }

    if (rc == PL_OK) {
        rc = key_secret(ctl, &key, &err);
    }

    if (rc == PL_OK) {
        rc = key_ask(ctl, &key, &err);
    }

    return rc == PL_OK ? key_report(ctl, &key, "made")
                       : plctl_fail(ctl, &err);
}


int
plctl_cmd_key_list(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t                err = { 0 };
    plctl_cursor_t          cursor;
    const plctl_listing_t   listing = {
        PL_ENV_STATE, key_titles, PL_COUNT(key_titles), key_next, key_pause
    };

    (void) words;
    (void) n_words;

    if (plctl_open(ctl, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    plctl_cursor_init(&cursor, PL_TABLE_KEYS, false);

    return plctl_list(ctl, &listing, &cursor, ctl->args->limit);
}


int
plctl_cmd_key_revoke(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    key_t        key;
    pl_err_t     err = { 0 };
    const char  *word = "revoked";
    key_find_t   find;
    pl_status_t  rc;

    (void) n_words;

    memset(&key, 0, sizeof(key));
    memset(&find, 0, sizeof(find));
    pl__key_set__init(&key.set);

    if (plctl_args_id(words[0], "key", &find.id, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK) {
        rc = key_find(ctl, &find, &err);
    }

    if (rc == PL_OK) {
        memcpy(key.hash, find.hash, sizeof(key.hash));
        key.set.tenant = find.tenant;

        if (ctl->args->expires != NULL) {
            word = "expires";
            key.set.has_expires_ms = 1;
            rc = plctl_when(ctl, "--expires", ctl->args->expires,
                            &key.set.expires_ms, &err);

        } else {
            key.set.has_revoked = 1;
            key.set.revoked = 1;
        }
    }

    if (rc == PL_OK) {
        rc = key_ask(ctl, &key, &err);
    }

    return rc == PL_OK ? key_report(ctl, &key, word)
                       : plctl_fail(ctl, &err);
}


/* An operator's is for all tenants, and says so; any other for one. */

static pl_status_t
key_usage(plctl_t *ctl, const char *const *words, unsigned n_words,
    key_t *key, pl_err_t *err)
{
    bool         operator;
    const char  *role = words[n_words - 1];

    if (!pl_role_read(pl_str_c(role), &key->set.role)) {
        return pl_err_set(err, PL_INVALID, "key add", 0,
                          "\"%s\" is none of operator, admin, agent, bot "
                          "and readonly", role);
    }

    operator = (key->set.role == PL__API_ROLE__API_ROLE_OPERATOR);

    if (operator != ((ctl->args->given & PLCTL_OPT_ALL) != 0)
        || (n_words == 2) == operator)
    {
        return pl_err_set(err, PL_INVALID, "key add", 0,
                          "it is \"key add TENANT ROLE\", or \"key add --all "
                          "operator\"");
    }

    if (ctl->args->name != NULL
        && (strlen(ctl->args->name) > PL_ACTOR_MAX
            || !pl_utf8_valid(pl_str_c(ctl->args->name))))
    {
        return pl_err_set(err, PL_INVALID, "key add", 0,
                          "--name: more than %d bytes, or no UTF-8",
                          PL_ACTOR_MAX);
    }

    key->set.has_role = 1;
    key->set.name = (char *) ctl->args->name;

    return ctl->args->expires != NULL
           ? plctl_when(ctl, "--expires", ctl->args->expires,
                        &key->set.expires_ms, err)
           : PL_OK;
}


static pl_status_t
key_secret(plctl_t *ctl, key_t *key, pl_err_t *err)
{
    uint8_t       bytes[KEY_SECRET_LEN];
    pl_str_t      text;
    pl_hash_t    *hash;
    pl_status_t   rc;

    rc = pl_crypto_random(bytes, sizeof(bytes));
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "key add", 0, "no random bytes");
    }

    text = pl_base64url_encode(ctl->ar,
                               (pl_str_t) { bytes, sizeof(bytes) });
    pl_crypto_wipe(bytes, sizeof(bytes));

    key->secret = text.data == NULL
                  ? NULL : pl_arena_printf(ctl->ar, KEY_PREFIX "%s",
                                           (const char *) text.data);
    if (key->secret == NULL) {
        return pl_err_set(err, PL_NOMEM, "key add", 0, "out of memory");
    }

    text = pl_str_c(key->secret);
    hash = pl_hash_create();
    rc = hash == NULL ? PL_IO : pl_hash_sha256(hash, &text, 1, key->hash);
    pl_hash_destroy(hash);

    return rc == PL_OK ? rc : pl_err_set(err, rc, "key add", 0,
                                         "cannot hash");
}


static pl_status_t
key_ask(plctl_t *ctl, key_t *key, pl_err_t *err)
{
    bool            folded;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__Asked       asked = PL__ASKED__INIT;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__Command     inner = PL__COMMAND__INIT;
    pl_appended_t   appended;

    if (pl_crypto_random(key->key, sizeof(key->key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "key", 0, "no random bytes");
    }

    key->set.hash.data = key->hash;
    key->set.hash.len = sizeof(key->hash);
    key->set.has_tenant = 1;
    key->set.actor = (char *) plctl_actor(ctl);

    inner.of_case = PL__COMMAND__OF_KEY_SET;
    inner.key_set = &key->set;

    asked.tenant = key->set.tenant;
    asked.key.data = key->key;
    asked.key.len = sizeof(key->key);
    asked.digest = asked.key;           /* nobody says it twice */
    asked.actor = key->set.actor;
    asked.command = &inner;

    command.of_case = PL__COMMAND__OF_ASKED;
    command.asked = &asked;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);
    key->entry = rc == PL_OK ? appended.first : 0;

    if (rc != PL_OK || !folded) {
        return rc;
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, asked.tenant, key->key, appended.time_ms,
                        ctl->ar, &key->verdict, err);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND
           ? pl_err_set(err, PL_NOTFOUND, "key", 0,
                        "entry %" PRIu64 " was folded and left no verdict: "
                        "see quarantine", key->entry)
           : rc;
}


static int
key_report(plctl_t *ctl, const key_t *key, const char *word)
{
    pl_err_t               err = { 0 };
    const Pl__Verdict     *verdict = key->verdict;
    Pl__Ctl__ApiKeyRow     row = PL__CTL__API_KEY_ROW__INIT;

    if (verdict != NULL
        && verdict->decision == PL__DECISION__DECISION_REFUSED)
    {
        (void) pl_err_set(&err, PL_DENIED, "key", 0, "%s", verdict->text);
        return plctl_fail(ctl, &err);
    }

    row.id = (char *) (verdict == NULL
                       ? "-" : plctl_id(ctl->ar, "key", verdict->id));
    row.role = (char *) (key->set.has_role ? pl_role_name(key->set.role)
                                           : "-");
    row.secret = (char *) key->secret;
    row.state = (char *) (verdict == NULL ? "pending" : word);

    if (ctl->json) {
        return plctl_json(ctl, &row.base, &err) == PL_OK
               ? PLCTL_EXIT_OK : plctl_fail(ctl, &err);
    }

    if (verdict == NULL) {
        plctl_pending(ctl, "key", key->entry);

    } else {
        fprintf(ctl->out, "%s: %s\n", row.id, word);
    }

    if (key->secret != NULL) {
        fprintf(ctl->out, "%s\n", key->secret);
    }

    return PLCTL_EXIT_OK;
}


static pl_status_t
key_find(plctl_t *ctl, key_find_t *find, pl_err_t *err)
{
    pl_str_t             key, value;
    pl_txn_t            *txn;
    pl_scan_t           *scan = NULL;
    pl_status_t          rc;
    ProtobufCMessage    *msg;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(txn, PL_TABLE_KEYS, PL_STR_NULL, false, &scan, err);

    while (rc == PL_OK && !find->found
           && (rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK)
    {
        rc = pl_record_read(PL_TABLE_KEYS, value, &pl__api_key__descriptor,
                            ctl->ar, &msg, err);

        if (rc == PL_OK && ((Pl__ApiKey *) msg)->id == find->id
            && key.len == sizeof(find->hash))
        {
            find->found = true;
            find->tenant = ((Pl__ApiKey *) msg)->tenant;
            memcpy(find->hash, key.data, sizeof(find->hash));
        }
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return find->found ? PL_OK
           : rc == PL_NOTFOUND
             ? pl_err_set(err, PL_NOTFOUND, "key", 0, "there is no key_%"
                          PRIu64, find->id)
             : rc;
}


static pl_status_t
key_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    pl_str_t              key, value;
    pl_status_t           rc;
    Pl__ApiKey           *in;
    ProtobufCMessage     *msg;
    Pl__Ctl__ApiKeyRow   *out;

    rc = plctl_cursor_next(data, txn, &key, &value, err);

    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_KEYS, value, &pl__api_key__descriptor,
                            ar, &msg, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = (Pl__ApiKey *) msg;

    out = pl_arena_alloc(ar, sizeof(Pl__Ctl__ApiKeyRow));
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "key list", 0, "out of memory");
    }

    pl__ctl__api_key_row__init(out);
    out->id = (char *) plctl_id(ar, "key", in->id);
    out->tenant = in->tenant == 0
                  ? NULL : (char *) plctl_tenant_name(ctl, ar, in->tenant);
    out->role = (char *) pl_role_name(in->role);
    out->name = in->name;
    out->created = (char *) plctl_time(ar, in->created_ms);
    out->expires = in->has_expires_ms
                   ? (char *) plctl_time(ar, in->expires_ms) : NULL;
    out->revoked = in->has_revoked_ms
                   ? (char *) plctl_time(ar, in->revoked_ms) : NULL;
    out->actor = in->actor;
    out->state = (char *) key_state(ctl, in);

    row->json = &out->base;
    row->cells[0] = out->id;
    row->cells[1] = out->tenant != NULL ? out->tenant : "all";
    row->cells[2] = out->role;
    row->cells[3] = out->state;
    row->cells[4] = out->expires;
    row->cells[5] = in->name == NULL ? NULL : plctl_clean(ar, in->name);

    return PL_OK;
}


static void
key_pause(void *data)
{
    plctl_cursor_pause(data);
}


static const char *
key_state(const plctl_t *ctl, const Pl__ApiKey *row)
{
    if (row->has_revoked_ms) {
        return "revoked";
    }

    return row->has_expires_ms
           && row->expires_ms <= pl_clock_wall_ms(ctl->clock) ? "expired"
                                                              : "good";
}
