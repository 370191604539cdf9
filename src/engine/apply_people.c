/*
 * What is told of people and not said by them: consent, another number or
 * user id, and contacts that an operator joins.
 */

#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "consent.h"
#include "dedupe.h"
#include "tomb.h"
#include "run.h"

#define PEOPLE_PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define PEOPLE_USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID

/* One change of addresses. */
typedef struct {
    const Pl__ContactChange  *in;
    uint32_t                  tenant;
    Pl__Contact              *old;      /* NULL: not known */
    Pl__Contact              *fresh;    /* likewise, by the new addresses */
} people_t;

static const char *people_word(const char *word, Pl__ConsentState *state);
static pl_status_t people_change(pl_apply_t *ap, people_t *p,
    pl_err_t *err);
static pl_status_t people_find(pl_apply_t *ap, uint32_t tenant,
    const char *user_id, const char *phone, Pl__Contact **contact,
    pl_err_t *err);
static pl_status_t people_taken(pl_apply_t *ap, people_t *p, pl_err_t *err);
static pl_status_t people_learn(pl_apply_t *ap, people_t *p, pl_err_t *err);
static void people_leave(pl_apply_t *ap, const people_t *p);


pl_status_t
pl_apply_consent_change(pl_apply_t *ap, const Pl__ConsentChange *in,
    pl_err_t *err)
{
    bool                      changed, granted, late;
    char                      text[PL_NAME_MAX * 2];
    const char               *word;
    pl_status_t               rc;
    Pl__Consent               consent = PL__CONSENT__INIT;
    Pl__Contact              *contact;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw, err);
    }

    word = people_word(in->word, &consent.state);

    rc = pl_tomb_late(ap, channel->tenant, in->from, in->time_s, &late, err);
    if (rc != PL_OK || late) {
        return rc;
    }

    rc = pl_contact_resolve(ap, channel->tenant, in->from, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (consent.state != 0) {
        consent.category = in->category;
        consent.time_s = in->time_s + ap->offset_ms / 1000;
        consent.source = (char *) "user_preferences";
        consent.clock = channel->row->provider;
        consent.has_channel = 1;
        consent.channel = channel->row->id;
        consent.word = in->word;

        granted = pl_consent_granted(contact, consent.category);

        rc = pl_consent_write(ap, channel->tenant, contact, &consent, word,
                              &changed, err);

        if (rc != PL_OK || !changed) {
            return rc;
        }

        rc = pl_feed_count(ap, channel->tenant, "account_events",
                           "user_preferences", err);

        return rc == PL_OK && !granted
               && consent.state == PL__CONSENT_STATE__CONSENT_STATE_GRANTED
               ? pl_run_opt_in(ap, channel->tenant, channel->row->id,
                               contact->id, in->category, err)
               : rc;
    }

    (void) snprintf(text, sizeof(text), "%.64s %s", in->category, word);

    rc = pl_feed_audit(ap, channel->tenant,
                       PL__AUDIT_KIND__AUDIT_KIND_CONSENT, contact->id,
                       "user_preferences", text, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_feed_count(ap, channel->tenant, "account_events",
                       "user_preferences", err);

    return rc == PL_OK
           ? pl_feed_count(ap, channel->tenant, "consents", word, err) : rc;
}


pl_status_t
pl_apply_contact_change(pl_apply_t *ap, const Pl__ContactChange *in,
    pl_err_t *err)
{
    bool                      seen, late;
    char                     *id;
    Pl__Sender                who = PL__SENDER__INIT;
    people_t                  p;
    pl_sight_t                sight;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw, err);
    }

    /* not the message's own row: the message is told as well */

    id = pl_arena_printf(ap->ar, "change %s", in->provider_id);
    if (id == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    rc = pl_dedupe_look(ap, channel->row->id, id, in->time_s, &sight, &seen,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    if (seen) {
        return pl_feed_count(ap, channel->tenant, "duplicates", "", err);
    }

    memset(&p, 0, sizeof(p));
    p.in = in;
    p.tenant = channel->tenant;

    who.phone = in->old_phone;
    who.user_id = in->old_user_id;

    rc = pl_tomb_late(ap, channel->tenant, &who, in->time_s, &late, err);
    if (rc != PL_OK || late) {
        return rc;
    }

    rc = people_change(ap, &p, err);

    return rc == PL_OK ? pl_dedupe_note(ap, &sight, 0, err) : rc;
}


pl_status_t
pl_apply_contact_join(pl_apply_t *ap, const Pl__ContactJoin *in,
    pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Contact  *a, *b, *root;

    rc = pl_contact_root(ap, in->tenant, in->into, &a, err);

    if (rc == PL_OK) {
        rc = pl_contact_root(ap, in->tenant, in->from, &b, err);
    }

    if (rc == PL_OK && a->id != b->id) {
        return pl_contact_join(ap, in->tenant, a, b,
                               PL__EVIDENCE__EVIDENCE_OPERATOR, in->actor,
                               &root, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    return pl_feed_count(ap, in->tenant, "contacts", "not_joined", err);
}


/* A label for the word; a word that is not known changes nothing. */

static const char *
people_word(const char *word, Pl__ConsentState *state)
{
    *state = PL__CONSENT_STATE__CONSENT_STATE_GRANTED;

    if (strcmp(word, "resume") == 0) {
        return "resume";
    }

    if (strcmp(word, "signup") == 0) {
        return "signup";
    }

    if (strcmp(word, "stop") == 0) {
        *state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
        return "stop";
    }

    *state = 0;

    return "other";
}


static pl_status_t
people_change(pl_apply_t *ap, people_t *p, pl_err_t *err)
{
    pl_status_t               rc;
    Pl__Contact              *root;
    const Pl__ContactChange  *in;

    in = p->in;

    rc = people_find(ap, p->tenant, in->old_user_id, in->old_phone, &p->old,
                     err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = people_find(ap, p->tenant, in->new_user_id, in->new_phone,
                     &p->fresh, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (p->old == NULL) {
        return pl_feed_count(ap, p->tenant, "contacts", "change_unknown",
                             err);
    }

    rc = people_taken(ap, p, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (p->fresh != NULL && p->fresh->id != p->old->id) {
        rc = pl_contact_join(ap, p->tenant, p->old, p->fresh,
                             PL__EVIDENCE__EVIDENCE_CHANGE, NULL, &root,
                             err);
        if (rc != PL_OK) {
            return rc;
        }

        p->old = root;
    }

    rc = people_learn(ap, p, err);
    if (rc != PL_OK) {
        return rc;
    }

    people_leave(ap, p);

    p->old->has_updated_ms = 1;
    p->old->updated_ms = ap->now_ms;

    rc = pl_contact_put(ap, p->tenant, p->old, err);

    if (rc == PL_OK) {
        rc = pl_feed_contact(ap, p->tenant, p->old->id, err);
    }

    return rc == PL_OK
           ? pl_feed_count(ap, p->tenant, "contacts", "changed", err) : rc;
}


/* *contact NULL: nobody has either. */

static pl_status_t
people_find(pl_apply_t *ap, uint32_t tenant, const char *user_id,
    const char *phone, Pl__Contact **contact, pl_err_t *err)
{
    uint64_t     id;
    pl_status_t  rc;

    *contact = NULL;

    rc = pl_contact_find(ap, tenant, PEOPLE_USER_ID, user_id, &id, err);

    if (rc == PL_NOTFOUND) {
        rc = pl_contact_find(ap, tenant, PEOPLE_PHONE, phone, &id, err);
    }

    if (rc == PL_OK) {
        rc = pl_contact_root(ap, tenant, id, contact, err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * The new number was somebody else's before, who has a user id of their own:
 * numbers are given out again. The person who has it now gets it.
 */

static pl_status_t
people_taken(pl_apply_t *ap, people_t *p, pl_err_t *err)
{
    size_t                    i;
    pl_status_t               rc;
    const Pl__ContactChange  *in;

    in = p->in;

    if (p->fresh == NULL || p->fresh->id == p->old->id
        || in->new_phone == NULL
        || pl_contact_lists(p->fresh, PEOPLE_PHONE, in->new_phone) == NULL
        || (in->new_user_id != NULL
            && pl_contact_lists(p->fresh, PEOPLE_USER_ID, in->new_user_id)
               != NULL))
    {
        return PL_OK;
    }

    for (i = 0; i < p->fresh->n_addresses; i++) {
        if (p->fresh->addresses[i]->kind == PEOPLE_USER_ID) {
            rc = pl_contact_release(ap, p->tenant, p->fresh->id,
                                    in->new_phone, err);
            p->fresh = NULL;

            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
people_learn(pl_apply_t *ap, people_t *p, pl_err_t *err)
{
    size_t        i, n;
    uint64_t      id;
    Pl__Address  *address;
    pl_learned_t  both[2], learned[2];
    pl_status_t   rc;

    both[0].kind = PEOPLE_USER_ID;
    both[0].value = p->in->new_user_id;
    both[1].kind = PEOPLE_PHONE;
    both[1].value = p->in->new_phone;
    both[0].given = both[1].given = NULL;

    for (i = 0, n = 0; i < PL_COUNT(both); i++) {

        if (both[i].value == NULL || both[i].value[0] == '\0') {
            continue;
        }

        address = pl_contact_lists(p->old, both[i].kind, both[i].value);

        if (address != NULL) {
            address->has_left_ms = 0;
            address->left_ms = 0;
            address->has_seen_ms = 1;
            address->seen_ms = ap->now_ms;
            continue;
        }

        rc = pl_contact_find(ap, p->tenant, both[i].kind, both[i].value,
                             &id, err);

        if (rc == PL_NOTFOUND) {
            learned[n++] = both[i];

        } else if (rc != PL_OK) {
            return rc;
        }
    }

    return n == 0 ? PL_OK
           : pl_contact_learn(ap, p->tenant, p->old, learned, n,
                              PL__EVIDENCE__EVIDENCE_CHANGE, true, err);
}


/* What the person had until now: nothing is sent there any more. */

static void
people_leave(pl_apply_t *ap, const people_t *p)
{
    size_t        i;
    const char   *old, *fresh;
    Pl__Address  *address;

    for (i = 0; i < 2; i++) {
        old = i == 0 ? p->in->old_phone : p->in->old_user_id;
        fresh = i == 0 ? p->in->new_phone : p->in->new_user_id;

        if (old == NULL || fresh == NULL || strcmp(old, fresh) == 0) {
            continue;
        }

        address = pl_contact_lists(p->old, i == 0 ? PEOPLE_PHONE
                                                  : PEOPLE_USER_ID, old);
        if (address != NULL) {
            address->has_left_ms = 1;
            address->left_ms = ap->now_ms;
        }
    }
}
