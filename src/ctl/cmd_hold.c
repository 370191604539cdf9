/*
 * pause and resume: a person stops a place, or lets it go on. The request
 * goes to the journal; whether it has taken effect is read from the state.
 *
 * What a provider holds, nobody resumes here: it is told what still does.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/holds.h"
#include "cmd.h"
#include "hold.h"
#include "moment.h"
#include "sync.h"


#define HOLD_FOR_MAX_MS  (366LL * 86400 * 1000)


typedef struct {
    pl_hold_place_t          place;
    bool                     pause;
    int64_t                  for_ms;    /* 0: until it is resumed */
    int64_t                  until_ms;  /* likewise */
    uint64_t                 entry;     /* 0: nothing was asked for */
    const char              *verdict;   /* a word below, or NULL */
    pl_holds_t              *holds;     /* as they are now */
} hold_t;

static const char  hold_paused[] = "paused";
static const char  hold_resumed[] = "resumed";
static const char  hold_refused[] = "refused";      /* over already */
static const char  hold_not_paused[] = "not_paused";


static int hold_command(plctl_t *ctl, bool pause, Pl__HoldKind kind,
    const char *const *words);
static int hold_run(plctl_t *ctl, hold_t *hold, const char *const *words);
static pl_status_t hold_place(plctl_t *ctl, hold_t *hold,
    const char *const *words, pl_err_t *err);
static pl_status_t hold_for(plctl_t *ctl, hold_t *hold, pl_err_t *err);
static pl_status_t hold_until(plctl_t *ctl, hold_t *hold, pl_err_t *err);
static pl_status_t hold_look(plctl_t *ctl, hold_t *hold, bool *there,
    pl_err_t *err);
static pl_status_t hold_known(plctl_t *ctl, const hold_t *hold,
    const char *const *words, pl_err_t *err);
static pl_status_t hold_ask(plctl_t *ctl, hold_t *hold, bool *folded,
    pl_err_t *err);
static pl_status_t hold_verdict(plctl_t *ctl, hold_t *hold, pl_err_t *err);
static int hold_report(plctl_t *ctl, const hold_t *hold);
static void hold_print(plctl_t *ctl, const hold_t *hold,
    Pl__Ctl__HoldRow *const *rows, size_t n);


int
plctl_cmd_pause_tenant(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, true, PL__HOLD_KIND__HOLD_KIND_TENANT, words);
}


int
plctl_cmd_pause_channel(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, true, PL__HOLD_KIND__HOLD_KIND_CHANNEL, words);
}


int
plctl_cmd_pause_template(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, true, PL__HOLD_KIND__HOLD_KIND_TEMPLATE, words);
}


int
plctl_cmd_pause_campaign(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, true, PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, words);
}


int
plctl_cmd_resume_tenant(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, false, PL__HOLD_KIND__HOLD_KIND_TENANT, words);
}


int
plctl_cmd_resume_channel(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, false, PL__HOLD_KIND__HOLD_KIND_CHANNEL, words);
}


int
plctl_cmd_resume_template(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, false, PL__HOLD_KIND__HOLD_KIND_TEMPLATE,
                        words);
}


int
plctl_cmd_resume_campaign(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return hold_command(ctl, false, PL__HOLD_KIND__HOLD_KIND_CAMPAIGN,
                        words);
}


static int
hold_command(plctl_t *ctl, bool pause, Pl__HoldKind kind,
    const char *const *words)
{
    int     status;
    hold_t  hold;

    memset(&hold, 0, sizeof(hold));
    hold.pause = pause;
    hold.place.kind = kind;

    status = hold_run(ctl, &hold, words);
    pl_holds_free(hold.holds);

    return status;
}


static int
hold_run(plctl_t *ctl, hold_t *hold, const char *const *words)
{
    bool         there, folded;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    if (hold_for(ctl, hold, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = hold_until(ctl, hold, &err);
    }

    if (rc == PL_OK) {
        rc = hold_place(ctl, hold, words, &err);
    }

    if (rc == PL_OK) {
        rc = hold_look(ctl, hold, &there, &err);
    }

    if (rc == PL_OK && hold->pause
        && hold->place.kind == PL__HOLD_KIND__HOLD_KIND_TEMPLATE)
    {
        rc = hold_known(ctl, hold, words, &err);
    }

    if (rc == PL_OK && !hold->pause && !there) {
        hold->verdict = hold_not_paused;
        return hold_report(ctl, hold);
    }

    if (rc == PL_OK) {
        rc = hold_ask(ctl, hold, &folded, &err);
    }

    if (rc == PL_OK && folded) {
        rc = hold_verdict(ctl, hold, &err);
    }

    return rc == PL_OK ? hold_report(ctl, hold) : plctl_fail(ctl, &err);
}


/* Names into numbers; a template's name and a campaign's number stay text. */

static pl_status_t
hold_place(plctl_t *ctl, hold_t *hold, const char *const *words,
    pl_err_t *err)
{
    int64_t            n;
    pl_status_t        rc;
    pl_hold_place_t   *place = &hold->place;

    rc = plctl_tenant(ctl, words[0], &place->tenant, err);
    if (rc != PL_OK) {
        return rc;
    }

    switch (place->kind) {

    case PL__HOLD_KIND__HOLD_KIND_CHANNEL:
    case PL__HOLD_KIND__HOLD_KIND_TEMPLATE:
        rc = plctl_sync_channel(ctl, place->tenant, words[1],
                                &place->channel, err);
        break;

    case PL__HOLD_KIND__HOLD_KIND_CAMPAIGN:
        if (pl_str_int(pl_str_c(words[1]), &n) != PL_OK || n < 1) {
            return pl_err_set(err, PL_INVALID, "", 0,
                              "\"%s\" is no campaign's number", words[1]);
        }

        place->subject = pl_str_c(plctl_print(ctl->ar, "%" PRId64, n));
        break;

    default:
        break;
    }

    if (place->kind == PL__HOLD_KIND__HOLD_KIND_TEMPLATE) {
        place->subject = pl_str_c(words[2]);
    }

    if (rc == PL_OK
        && (!pl_hold_fits(place) || !pl_utf8_valid(place->subject)
            || place->subject.len > PL_HOLD_SUBJECT_MAX))
    {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "that is no template's name");
    }

    return rc;
}


/* --for 90s, 10m, 2h, 3d; and --reason within its bound. */

static pl_status_t
hold_for(plctl_t *ctl, hold_t *hold, pl_err_t *err)
{
    int64_t              for_ms;
    const plctl_args_t  *args = ctl->args;

    if (args->reason != NULL && (strlen(args->reason) > PL_HOLD_REASON_MAX
                                 || !pl_utf8_valid(pl_str_c(args->reason))))
    {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "--reason is too long, or no UTF-8");
    }

    if (args->duration == NULL) {
        return PL_OK;
    }

    if (!plctl_span(args->duration, HOLD_FOR_MAX_MS, &for_ms) || for_ms == 0) {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "--for \"%s\" is no time like 90s, 10m, 2h or 3d, "
                          "a year at most", args->duration);
    }

    hold->for_ms = for_ms;

    return PL_OK;
}


/* By the journal's time, which is ahead of a clock that was set back. */

static pl_status_t
hold_until(plctl_t *ctl, hold_t *hold, pl_err_t *err)
{
    int64_t      now_ms;
    pl_status_t  rc;

    if (hold->for_ms == 0) {
        return PL_OK;
    }

    rc = pl_journal_now(ctl->st, ctl->clock, &now_ms, err);
    hold->until_ms = rc == PL_OK ? now_ms + hold->for_ms : 0;

    return rc;
}


/* *there: a person holds the place. */

static pl_status_t
hold_look(plctl_t *ctl, hold_t *hold, bool *there, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    pl_holds_free(hold->holds);
    hold->holds = NULL;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_holds_load(&hold->holds, txn, err);
    pl_store_abort(txn);

    *there = rc == PL_OK
             && pl_holds_find(hold->holds, &hold->place,
                              PL__HOLD_CAUSE__HOLD_CAUSE_PERSON) != NULL;

    return rc;
}


/* A name that is mistyped would pause nothing, and nobody would know. */

static pl_status_t
hold_known(plctl_t *ctl, const hold_t *hold, const char *const *words,
    pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_txn_t     *txn;
    pl_scan_t    *scan;
    pl_status_t   rc;

    pl_key_template(&from, hold->place.tenant, hold->place.channel, words[2],
                    "");

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(txn, PL_TABLE_TEMPLATES, pl_key_str(&from), false,
                       &scan, err);
    if (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_NOTFOUND
            || (rc == PL_OK && (key.len < from.len
                                || memcmp(key.data, from.data, from.len)
                                   != 0)))
        {
            plctl_note(ctl, "the channel has no template \"%s\" that is "
                       "known: it is paused all the same",
                       plctl_clean(ctl->ar, words[2]));
        }

        pl_store_scan_end(scan);
    }

    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
hold_ask(plctl_t *ctl, hold_t *hold, bool *folded, pl_err_t *err)
{
    Pl__Hold        begin = PL__HOLD__INIT;
    pl_status_t     rc;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__HoldEnd     end = PL__HOLD_END__INIT;
    pl_appended_t   appended;

    begin.tenant = hold->place.tenant;
    begin.kind = hold->place.kind;
    begin.has_channel = (hold->place.channel != 0);
    begin.channel = hold->place.channel;
    begin.subject = (char *) (uintptr_t) hold->place.subject.data;
    begin.actor = (char *) plctl_actor(ctl);
    begin.reason = (char *) ctl->args->reason;
    begin.has_until_ms = (hold->until_ms != 0);
    begin.until_ms = hold->until_ms;

    end.tenant = begin.tenant;
    end.kind = begin.kind;
    end.has_channel = begin.has_channel;
    end.channel = begin.channel;
    end.subject = begin.subject;
    end.actor = begin.actor;

    if (hold->pause) {
        command.of_case = PL__COMMAND__OF_HOLD;
        command.hold = &begin;

    } else {
        command.of_case = PL__COMMAND__OF_HOLD_END;
        command.hold_end = &end;
    }

    rc = plctl_ask(ctl, &command, &appended, folded, err);
    hold->entry = rc == PL_OK ? appended.first : 0;

    return rc;
}


static pl_status_t
hold_verdict(plctl_t *ctl, hold_t *hold, pl_err_t *err)
{
    bool         there;
    pl_status_t  rc;

    rc = hold_look(ctl, hold, &there, err);
    if (rc == PL_OK) {
        hold->verdict = hold->pause ? there ? hold_paused : hold_refused
                                    : there ? hold_refused : hold_resumed;
    }

    return rc;
}


static int
hold_report(plctl_t *ctl, const hold_t *hold)
{
    size_t                   i, n;
    pl_err_t                 err = { 0 };
    Pl__Ctl__PauseRow        row = PL__CTL__PAUSE_ROW__INIT;
    Pl__Ctl__HoldRow        *rows[3];
    Pl__HoldCause            cause;
    pl_holds_row_t           still;

    for (n = 0, i = PL__HOLD_CAUSE__HOLD_CAUSE_PERSON; i <= PL_COUNT(rows);
         i++)
    {
        cause = (Pl__HoldCause) i;
        still.place = hold->place;
        still.cause = cause;
        still.row = pl_holds_find(hold->holds, &hold->place, cause);

        if (still.row != NULL) {
            rows[n] = plctl_hold_row(ctl, ctl->ar, &still);
            n += rows[n] != NULL;
        }
    }

    if (!ctl->json) {
        hold_print(ctl, hold, rows, n);

    } else {
        row.tenant = (char *) plctl_tenant_name(ctl, ctl->ar,
                                                hold->place.tenant);
        row.has_entry = (hold->entry != 0);
        row.entry = hold->entry;
        row.verdict = (char *) (hold->verdict == NULL ? "pending"
                                                      : hold->verdict);
        row.n_holds = n;
        row.holds = rows;

        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }
    }

    return hold->verdict == NULL || hold->verdict == hold_paused
           || hold->verdict == hold_resumed
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static void
hold_print(plctl_t *ctl, const hold_t *hold, Pl__Ctl__HoldRow *const *rows,
    size_t n)
{
    size_t       i;
    const char  *what;

    what = plctl_hold_what(ctl, ctl->ar, &hold->place);

    if (hold->verdict == NULL) {
        plctl_pending(ctl, what, hold->entry);
        return;
    }

    if (hold->verdict == hold_not_paused) {
        fprintf(ctl->out, "%s: no person has paused it\n", what);

    } else if (hold->verdict == hold_refused) {
        fprintf(ctl->out, "%s: refused, or changed by another since\n",
                what);

    } else {
        fprintf(ctl->out, "%s: %s\n", what, hold->verdict);
    }

    for (i = 0; i < n; i++) {
        if (rows[i]->cause != PL__HOLD_CAUSE__HOLD_CAUSE_PERSON) {
            fprintf(ctl->out, "%s: %s %s\n", what,
                    rows[i]->standing ? "the provider holds it until"
                                      : "the provider held it until",
                    plctl_time(ctl->ar, rows[i]->hold->until_ms));
        }
    }
}
