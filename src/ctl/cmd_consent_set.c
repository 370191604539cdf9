/*
 * consent set, consent resolve: what a person allowed or forbade is written
 * down, or what they meant. The request goes to the journal, and what stands
 * then is read from the state.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/consent.h"
#include "cmd.h"
#include "find.h"
#include "recipient.h"


typedef struct {
    uint32_t            tenant;
    const char         *address;        /* as it was given */
    plctl_recipient_t   to;
    Pl__ConsentSet      in;
    uint64_t            entry;
    bool                folded;
    Pl__Contact        *contact;        /* as it is since; NULL: none */
} set_t;


static int set_run(plctl_t *ctl, set_t *set);
static const char *set_wrong(set_t *set, const char *state);
static pl_status_t set_channel(plctl_t *ctl, set_t *set, const char *tenant,
    pl_err_t *err);
static pl_status_t set_terms(plctl_t *ctl, set_t *set, pl_err_t *err);
static bool set_state(const char *word, Pl__ConsentState *state);
static pl_status_t set_read(plctl_t *ctl, set_t *set, pl_err_t *err);
static int set_report(plctl_t *ctl, const set_t *set);
static bool set_stands(const set_t *set, const Pl__Consent *row);
static int set_usage(plctl_t *ctl, const char *text);


int
plctl_cmd_consent_set(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    set_t        set;
    pl_err_t     err = { 0 };
    const char  *wrong;
    pl_status_t  rc;

    (void) n_words;

    memset(&set, 0, sizeof(set));
    pl__consent_set__init(&set.in);
    set.address = words[1];
    set.in.category = (char *) words[2];
    set.in.source = (char *) ctl->args->source;
    set.in.text_version = (char *) ctl->args->text_version;

    wrong = set_wrong(&set, words[3]);
    if (wrong != NULL) {
        return set_usage(ctl, wrong);
    }

    rc = plctl_open_tenant(ctl, words[0], &set.tenant, &err);

    if (rc == PL_OK) {
        rc = plctl_recipient(&set.to, words[1], &err);
    }

    if (rc == PL_OK && ctl->args->channel != NULL) {
        rc = set_channel(ctl, &set, words[0], &err);
    }

    if (rc == PL_OK) {
        rc = set_terms(ctl, &set, &err);
    }

    return rc == PL_OK ? set_run(ctl, &set) : plctl_fail(ctl, &err);
}


int
plctl_cmd_consent_resolve(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    bool                stop;
    set_t               set;
    pl_err_t            err = { 0 };
    pl_status_t         rc;
    const Pl__Consent  *row;

    (void) n_words;

    memset(&set, 0, sizeof(set));
    pl__consent_set__init(&set.in);
    set.address = words[1];
    stop = strcmp(words[2], "stop") == 0;

    if (!stop && strcmp(words[2], "restore") != 0) {
        return set_usage(ctl, "a decision is stop or restore");
    }

    set.in.category = (char *) PL_CONSENT_MARKETING;
    set.in.source = (char *) "review";
    set.in.has_resolves = 1;
    set.in.resolves = 1;
    set.in.state = stop ? PL__CONSENT_STATE__CONSENT_STATE_REVOKED
                        : PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN;

    rc = plctl_open_tenant(ctl, words[0], &set.tenant, &err);

    if (rc == PL_OK) {
        rc = set_read(ctl, &set, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    row = set.contact == NULL ? NULL
          : pl_contact_consent_row(set.contact, set.in.category);

    if (row == NULL || row->state != PL__CONSENT_STATE__CONSENT_STATE_PAUSED)
    {
        (void) pl_err_set(&err, PL_NOTFOUND, "", 0, "nothing is unclear");
        return plctl_fail(ctl, &err);
    }

    if (!stop) {
        set.in.state = row->has_before
                       ? row->before
                       : PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN;
    }

    set.to.contact = set.contact->id;

    return set_run(ctl, &set);
}


static int
set_run(plctl_t *ctl, set_t *set)
{
    pl_err_t        err = { 0 };
    pl_status_t     rc;
    Pl__Command     command = PL__COMMAND__INIT;
    pl_appended_t   appended;

    set->in.tenant = set->tenant;
    set->in.has_contact = (set->to.contact != 0);
    set->in.contact = set->to.contact;
    set->in.address = set->to.contact != 0 ? NULL : &set->to.address;
    set->in.actor = (char *) plctl_actor(ctl);

    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &set->in;

    rc = plctl_ask(ctl, &command, &appended, &set->folded, &err);

    if (rc == PL_OK) {
        set->entry = appended.first;
        rc = set->folded ? set_read(ctl, set, &err) : PL_OK;
    }

    return rc == PL_OK ? set_report(ctl, set) : plctl_fail(ctl, &err);
}


/* What the words say; NULL: nothing is wrong with them. */

static const char *
set_wrong(set_t *set, const char *state)
{
    if (!pl_name_valid(pl_str_c(set->in.category))) {
        return "no name of a category";
    }

    if (!set_state(state, &set->in.state)) {
        return "a state is granted, revoked or unknown";
    }

    if (set->in.source == NULL || set->in.source[0] == '\0'
        || strncmp(set->in.source, "provider.", 9) == 0)
    {
        return "--source is needed, and is no provider's";
    }

    return strlen(set->in.source) > PL_CONSENT_TEXT_MAX
           || (set->in.text_version != NULL
               && strlen(set->in.text_version) > PL_CONSENT_TEXT_MAX)
           ? "--source and --text-version have 256 bytes at most" : NULL;
}


static pl_status_t
set_channel(plctl_t *ctl, set_t *set, const char *tenant, pl_err_t *err)
{
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    rc = plctl_channel(ctl, tenant, ctl->args->channel, &channel, err);

    set->in.has_channel = (rc == PL_OK);
    set->in.channel = rc == PL_OK ? channel->row->id : 0;

    return rc;
}


static pl_status_t
set_terms(plctl_t *ctl, set_t *set, pl_err_t *err)
{
    int64_t      said_ms;
    pl_status_t  rc;

    if (set->to.contact == 0
        && set->to.address.kind != PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
        && set->to.address.kind != PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID)
    {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "that is no address of a person");
    }

    if (ctl->args->said == NULL) {
        return PL_OK;
    }

    rc = plctl_when(ctl, "--said", ctl->args->said, &said_ms, err);

    set->in.has_time_s = 1;
    set->in.time_s = said_ms / 1000;

    return rc;
}


static bool
set_state(const char *word, Pl__ConsentState *state)
{
    size_t  i;
    static const struct {
        const char        *word;
        Pl__ConsentState   state;
    } rows[] = {
        { "granted", PL__CONSENT_STATE__CONSENT_STATE_GRANTED },
        { "revoked", PL__CONSENT_STATE__CONSENT_STATE_REVOKED },
        { "unknown", PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (strcmp(rows[i].word, word) == 0) {
            *state = rows[i].state;
            return true;
        }
    }

    return false;
}


static pl_status_t
set_read(plctl_t *ctl, set_t *set, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    set->contact = NULL;

    rc = plctl_find_party(ctl, set->tenant, set->address, &party, err);

    if (rc == PL_OK) {
        rc = plctl_find_contact(ctl, &party, &set->contact, err);

        if (rc == PL_NOTFOUND) {
            rc = pl_err_set(err, rc, "", 0, "that is no contact");
        }
    }

    return rc;
}


static int
set_report(plctl_t *ctl, const set_t *set)
{
    bool                  stands;
    pl_err_t              err = { 0 };
    const char           *who, *state;
    const Pl__Consent    *row;
    Pl__Ctl__ConsentRow   json = PL__CTL__CONSENT_ROW__INIT;

    row = set->contact == NULL ? NULL
          : pl_contact_consent_row(set->contact, set->in.category);
    stands = set->folded && set_stands(set, row);
    who = set->contact != NULL ? plctl_id(ctl->ar, "cnt", set->contact->id)
                               : "consent";

    json.tenant = (char *) plctl_tenant_name(ctl, ctl->ar, set->tenant);
    json.contact = set->contact != NULL ? (char *) who : NULL;
    json.has_entry = 1;
    json.entry = set->entry;
    json.consent = set->folded ? (Pl__Consent *) row : NULL;
    json.verdict = (char *) (!set->folded ? "pending"
                             : stands ? "written" : "unchanged");

    if (ctl->json) {
        if (plctl_json(ctl, &json.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (!set->folded) {
        plctl_pending(ctl, who, set->entry);

    } else {
        state = row == NULL ? "unknown"
                : plctl_enum(ctl->ar, &pl__consent_state__descriptor,
                             (int) row->state);
        fprintf(ctl->out, "%s: %s is %s", who, set->in.category, state);

        if (!stands && row != NULL) {
            fprintf(ctl->out, ": what was said at %s stands",
                    plctl_time(ctl->ar, row->time_s * 1000));
        }

        fprintf(ctl->out, "\n");
    }

    return set->folded && !stands ? PLCTL_EXIT_FAILED : PLCTL_EXIT_OK;
}


static bool
set_stands(const set_t *set, const Pl__Consent *row)
{
    return row != NULL && row->state == set->in.state && row->source != NULL
           && strcmp(row->source, set->in.source) == 0;
}


static int
set_usage(plctl_t *ctl, const char *text)
{
    pl_err_t  err = { 0 };

    (void) pl_err_set(&err, PL_INVALID, "", 0, "%s", text);
    (void) plctl_fail(ctl, &err);

    return PLCTL_EXIT_USAGE;
}
