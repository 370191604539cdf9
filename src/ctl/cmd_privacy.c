/*
 * privacy: what is known of a person is written out, goes, or may no longer
 * be used for marketing (docs/privacy.md).
 */

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../core/record.h"
#include "../engine/address.h"
#include "../engine/alias.h"
#include "../engine/erase.h"
#include "../engine/export.h"
#include "../engine/request.h"
#include "cmd.h"
#include "find.h"

/* One command. */
typedef struct {
    plctl_t              *ctl;
    uint32_t              tenant;
    pl_party_t            party;        /* 0: nobody is known */
    Pl__Address           address;
    char                  digits[PL_PHONE_MAX + 1];
    uint8_t               key[PL_REQUEST_KEY_LEN];
    Pl__Ctl__PrivacyRow   row;

    /* a document */
    FILE                 *out;
    pl_hash_t            *hash;
    uint64_t              bytes;
} privacy_t;

static int privacy_do(plctl_t *ctl, const char *const *words, bool nobody,
    pl_status_t (*step)(privacy_t *p, pl_err_t *err), FILE *to);
static pl_status_t privacy_hand_out(privacy_t *p, pl_err_t *err);
static pl_status_t privacy_begin(plctl_t *ctl, privacy_t *p,
    const char *const *words, bool nobody, pl_err_t *err);
static pl_status_t privacy_address(privacy_t *p, const char *text,
    pl_err_t *err);
static pl_status_t privacy_erase(privacy_t *p, pl_err_t *err);
static pl_status_t privacy_verdict(privacy_t *p, pl_err_t *err);
static pl_status_t privacy_wait(privacy_t *p, pl_err_t *err);
static pl_status_t privacy_look(privacy_t *p, pl_table_e table, bool *found,
    pl_err_t *err);
static pl_status_t privacy_export(privacy_t *p, pl_err_t *err);
static pl_status_t privacy_put(void *data, const char *text, size_t len,
    pl_err_t *err);
static pl_status_t privacy_told(privacy_t *p, pl_err_t *err);
static pl_status_t privacy_revoke(privacy_t *p, pl_err_t *err);
static int privacy_report(privacy_t *p, FILE *to);


int
plctl_cmd_privacy_delete(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return privacy_do(ctl, words, true, privacy_erase, ctl->out);
}


int
plctl_cmd_privacy_export(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return privacy_do(ctl, words, false, privacy_hand_out, ctl->err);
}


int
plctl_cmd_privacy_revoke(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return privacy_do(ctl, words, true, privacy_revoke, ctl->out);
}


/* nobody: somebody who is not known will do. */

static int
privacy_do(plctl_t *ctl, const char *const *words, bool nobody,
    pl_status_t (*step)(privacy_t *p, pl_err_t *err), FILE *to)
{
    pl_err_t     err = { 0 };
    privacy_t    p;
    pl_status_t  rc;

    rc = privacy_begin(ctl, &p, words, nobody, &err);
    if (rc == PL_OK) {
        rc = step(&p, &err);
    }

    return rc == PL_OK ? privacy_report(&p, to) : plctl_fail(ctl, &err);
}


static pl_status_t
privacy_hand_out(privacy_t *p, pl_err_t *err)
{
    pl_status_t  rc;

    rc = privacy_export(p, err);

    return rc == PL_OK ? privacy_told(p, err) : rc;
}


/* Of whom; nobody: an address that nobody is known by will do. */

static pl_status_t
privacy_begin(plctl_t *ctl, privacy_t *p, const char *const *words,
    bool nobody, pl_err_t *err)
{
    pl_status_t      rc;
    pl_store_seal_t  seal;

    memset(p, 0, sizeof(*p));
    p->ctl = ctl;
    pl__ctl__privacy_row__init(&p->row);
    pl__address__init(&p->address);

    rc = plctl_open(ctl, err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &p->tenant, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_store_seal(ctl->st, &seal);
    p->row.tenant = (char *) words[0];
    p->row.has_sealed = 1;
    p->row.sealed = seal.on;

    rc = plctl_find_party(ctl, p->tenant, words[1], &p->party, err);

    if (rc == PL_NOTFOUND && nobody) {
        memset(&p->party, 0, sizeof(p->party));
        return privacy_address(p, words[1], err);
    }

    if (rc == PL_OK && p->party.kind != PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        return pl_err_set(err, PL_INVALID, "privacy", 0,
                          "that is a group, and no person");
    }

    p->row.contact = rc == PL_OK
                     ? (char *) plctl_id(ctl->ar, "cnt", p->party.party)
                     : NULL;

    return rc;
}


/* Of somebody who is not known; PL_NOTFOUND, with find's words: no address. */

static pl_status_t
privacy_address(privacy_t *p, const char *text, pl_err_t *err)
{
    const char   *email;
    pl_status_t   rc;

    if (strncmp(text, "cnt_", 4) == 0 || strncmp(text, "grp_", 4) == 0) {
        return PL_NOTFOUND;
    }

    if (pl_alias_digits(text, p->digits, sizeof(p->digits))) {
        p->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
        p->address.value = p->digits;
        return PL_OK;
    }

    rc = pl_address_email(p->ctl->ar, text, &email, err);
    p->address.kind = strchr(text, '@') != NULL
                      ? PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
                      : PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
    p->address.value = (char *) email;

    return rc;
}


static pl_status_t
privacy_erase(privacy_t *p, pl_err_t *err)
{
    bool             folded;
    Pl__Erase        in = PL__ERASE__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    pl_status_t      rc;
    pl_appended_t    appended;

    if (pl_crypto_random(p->key, sizeof(p->key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "privacy", 0, "no random bytes");
    }

    in.tenant = p->tenant;
    in.key.data = p->key;
    in.key.len = sizeof(p->key);
    in.has_contact = p->party.party != 0;
    in.contact = p->party.party;
    in.address = in.has_contact ? NULL : &p->address;
    in.actor = (char *) plctl_actor(p->ctl);
    in.basis = (char *) p->ctl->args->reason;
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;

    rc = plctl_ask(p->ctl, &command, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    p->row.has_entry = 1;
    p->row.entry = appended.first;
    p->row.verdict = (char *) "pending";

    return folded ? privacy_verdict(p, err) : PL_OK;
}


static pl_status_t
privacy_verdict(privacy_t *p, pl_err_t *err)
{
    int64_t        now_ms;
    pl_txn_t      *txn;
    pl_status_t    rc;
    Pl__Verdict   *verdict;

    rc = pl_journal_now(p->ctl->st, p->ctl->clock, &now_ms, err);
    if (rc == PL_OK) {
        rc = pl_store_begin(p->ctl->st, PL_ENV_STATE, false, &txn, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, p->tenant, p->key, now_ms, p->ctl->ar, &verdict,
                        err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(err, rc, "privacy", 0, "there is no verdict")
               : rc;
    }

    if (verdict->decision == PL__DECISION__DECISION_REFUSED) {
        p->row.verdict = (char *) "refused";
        p->row.rule = verdict->rule;
        p->row.reason = verdict->text;
        return PL_OK;
    }

    p->row.verdict = (char *) "erasing";

    return privacy_wait(p, err);
}


/* Is it over already? Of somebody with few messages it soon is. */

static pl_status_t
privacy_wait(privacy_t *p, pl_err_t *err)
{
    bool         found;
    unsigned     tries;
    pl_status_t  rc;

    struct timespec  nap = { 0, 20000000 };

    for (tries = 0, found = false; tries < 250 && !found; tries++) {
        rc = privacy_look(p, PL_TABLE_ERASURES, &found, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (!found) {
            (void) nanosleep(&nap, NULL);
        }
    }

    return PL_OK;
}


static pl_status_t
privacy_look(privacy_t *p, pl_table_e table, bool *found, pl_err_t *err)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    pl_status_t        rc;
    Pl__Erasure       *e;
    ProtobufCMessage  *msg;

    *found = false;

    rc = pl_store_begin(p->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, p->tenant, p->row.entry);

    rc = pl_record_get(txn, table, pl_key_str(&key),
                       &pl__erasure__descriptor, p->ctl->ar, &msg, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    e = (Pl__Erasure *) msg;
    *found = true;
    p->row.verdict = (char *) "erased";
    p->row.has_messages = 1;
    p->row.messages = e->messages;
    p->row.has_ended_ms = e->has_ended_ms;
    p->row.ended_ms = e->ended_ms;
    p->row.has_complete_ms = e->has_complete_ms;
    p->row.complete_ms = e->complete_ms;

    return PL_OK;
}


/* One document, on one line, as it is read: of one snapshot. */

static pl_status_t
privacy_export(privacy_t *p, pl_err_t *err)
{
    uint8_t      sum[PL_SHA256_LEN];
    pl_txn_t    *txn;
    pl_status_t  rc;

    p->out = p->ctl->out;

    rc = plctl_shapes(p->ctl, err);
    if (rc != PL_OK) {
        return rc;
    }

    p->hash = pl_hash_create();

    rc = p->hash == NULL || pl_hash_begin(p->hash) != PL_OK
         ? pl_err_set(err, PL_NOMEM, "export", 0, "out of memory")
         : pl_store_begin(p->ctl->st, PL_ENV_STATE, false, &txn, err);

    if (rc == PL_OK) {
        rc = pl_export_json(txn, p->tenant,
                            pl_settings_clock(p->ctl->settings, p->tenant),
                            p->party.party, p->ctl->shapes, privacy_put, p,
                            err);
        pl_store_abort(txn);
    }

    if (rc == PL_OK && (fputc('\n', p->out) == EOF || fflush(p->out) != 0)) {
        rc = pl_err_set(err, PL_IO, "export", 0, "cannot write");
    }

    if (rc == PL_OK) {
        rc = pl_hash_end(p->hash, sum);
        p->row.sha256 = (char *) plctl_hex(p->ctl->ar, sum, sizeof(sum));
        p->row.has_bytes = 1;
        p->row.bytes = p->bytes;
        p->row.verdict = (char *) "exported";
    }

    pl_hash_destroy(p->hash);

    return rc;
}


static pl_status_t
privacy_put(void *data, const char *text, size_t len, pl_err_t *err)
{
    privacy_t  *p = data;

    p->bytes += len;

    return fwrite(text, 1, len, p->out) == len
           && pl_hash_add(p->hash, text, len) == PL_OK
           ? PL_OK : pl_err_set(err, PL_IO, "export", 0, "cannot write");
}


static pl_status_t
privacy_told(privacy_t *p, pl_err_t *err)
{
    bool             folded;
    uint8_t          sum[PL_SHA256_LEN];
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__Exported     in = PL__EXPORTED__INIT;
    pl_status_t      rc;
    pl_appended_t    appended;

    (void) pl_hex_decode(pl_str_c(p->row.sha256), sum, sizeof(sum));

    in.tenant = p->tenant;
    in.contact = p->party.party;
    in.digest.data = sum;
    in.digest.len = sizeof(sum);
    in.bytes = p->bytes;
    in.actor = (char *) plctl_actor(p->ctl);
    command.of_case = PL__COMMAND__OF_EXPORTED;
    command.exported = &in;

    rc = plctl_ask(p->ctl, &command, &appended, &folded, err);
    p->row.has_entry = rc == PL_OK;
    p->row.entry = appended.first;

    return rc;
}


/* All marketing, and what waits of it is taken back (consent.md). */

static pl_status_t
privacy_revoke(privacy_t *p, pl_err_t *err)
{
    bool              folded;
    Pl__Command       command = PL__COMMAND__INIT;
    pl_status_t       rc;
    pl_appended_t     appended;
    Pl__ConsentSet    in = PL__CONSENT_SET__INIT;

    in.tenant = p->tenant;
    in.has_contact = p->party.party != 0;
    in.contact = p->party.party;
    in.address = in.has_contact ? NULL : &p->address;
    in.category = (char *) PL_CONSENT_MARKETING;
    in.state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    in.source = (char *) "privacy";
    in.actor = (char *) plctl_actor(p->ctl);
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;

    rc = plctl_ask(p->ctl, &command, &appended, &folded, err);

    p->row.has_entry = rc == PL_OK;
    p->row.entry = appended.first;
    p->row.verdict = (char *) (folded ? "revoked" : "pending");

    return rc;
}


/* Who was deleted by an address that nobody was known by, is told so. */

static bool
privacy_nobody(const Pl__Ctl__PrivacyRow *row)
{
    return row->contact == NULL && (strcmp(row->verdict, "erased") == 0
                                    || strcmp(row->verdict, "erasing") == 0);
}


static const char *
privacy_left(const Pl__Ctl__PrivacyRow *row)
{
    return row->sealed ? ""
                       : "; values are not sealed: free pages keep it until "
                         "`parleyctl compact`, and backups of before for as "
                         "long as they are kept";
}


static int
privacy_report(privacy_t *p, FILE *to)
{
    bool                   refused;
    pl_err_t               err = { 0 };
    const char            *who;
    Pl__Ctl__PrivacyRow   *row = &p->row;

    refused = strcmp(row->verdict, "refused") == 0;
    who = row->contact != NULL ? row->contact : "nobody";

    if (p->ctl->json && to == p->ctl->out) {
        if (plctl_json(p->ctl, &row->base, &err) != PL_OK) {
            return plctl_fail(p->ctl, &err);
        }

    } else if (strcmp(row->verdict, "pending") == 0) {
        plctl_pending(p->ctl, who, row->entry);

    } else if (refused) {
        fprintf(to, "%s: refused: %s: %s\n", who, row->rule, row->reason);

    } else if (row->sha256 != NULL) {
        fprintf(to, "%s: exported: %" PRIu64 " bytes, sha256 %s\n", who,
                row->bytes, row->sha256);

    } else if (privacy_nobody(row)) {
        fprintf(to, "nobody by that address was known; what of before comes "
                    "late from it is dropped\n");

    } else if (row->has_complete_ms) {
        fprintf(to, "%s: %s; the journal has dropped it by %s%s\n", who,
                row->verdict, plctl_time(p->ctl->ar, row->complete_ms),
                privacy_left(row));

    } else {
        fprintf(to, "%s: %s%s\n", who, row->verdict,
                strcmp(row->verdict, "revoked") == 0 ? ""
                                                     : privacy_left(row));
    }

    return refused ? PLCTL_EXIT_FAILED : PLCTL_EXIT_OK;
}
