/*
 * holds: what stops sending, who said so and why, and until when.
 */

#include <inttypes.h>
#include <string.h>

#include "cmd.h"
#include "hold.h"
#include "list.h"


/* Where the listing stands: in a snapshot. */
typedef struct {
    pl_holds_t  *holds;
    uint32_t     tenant;            /* 0: all */
    size_t       at;
} holds_t;


static pl_status_t holds_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static void holds_cells(plctl_row_t *row, pl_arena_t *ar,
    const Pl__Ctl__HoldRow *json);
static const char *holds_word(pl_arena_t *ar, const Pl__Ctl__HoldRow *json);


static const char *const  holds_titles[] = {
    "TENANT", "KIND", "CHANNEL", "SUBJECT", "CAUSE", "SINCE", "UNTIL", "WHO",
    ">FAILURES", ">CODE", "WHY"
};


int
plctl_cmd_holds(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int           status;
    holds_t       at;
    pl_txn_t     *txn;
    pl_err_t      err = { 0 };
    pl_status_t   rc;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = holds_titles,
        .n_titles = PL_COUNT(holds_titles),
        .next = holds_next,
    };

    memset(&at, 0, sizeof(at));

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK && n_words > 0) {
        rc = plctl_tenant(ctl, words[0], &at.tenant, &err);
    }

    if (rc == PL_OK) {
        rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, &err);
    }

    if (rc == PL_OK) {
        rc = pl_holds_load(&at.holds, txn, &err);
        pl_store_abort(txn);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    status = plctl_list(ctl, &listing, &at, ctl->args->limit);
    pl_holds_free(at.holds);

    return status;
}


Pl__Ctl__HoldRow *
plctl_hold_row(const plctl_t *ctl, pl_arena_t *ar,
    const pl_holds_row_t *hold)
{
    Pl__Ctl__HoldRow  *row;

    row = pl_arena_alloc(ar, sizeof(*row));
    if (row == NULL) {
        return NULL;
    }

    pl__ctl__hold_row__init(row);
    row->tenant = (char *) plctl_tenant_name(ctl, ar, hold->place.tenant);
    row->kind = hold->place.kind;
    row->channel = hold->place.channel == 0
                   ? NULL : (char *) plctl_channel_name(ctl, ar,
                                                        hold->place.channel);
    row->subject = hold->place.subject.len == 0
                   ? NULL : pl_arena_str(ar, hold->place.subject);
    row->cause = hold->cause;
    row->standing = pl_hold_stands(hold->row, pl_clock_wall_ms(ctl->clock));
    row->hold = (Pl__HoldRecord *) (uintptr_t) hold->row;

    return row;
}


const char *
plctl_hold_what(const plctl_t *ctl, pl_arena_t *ar,
    const pl_hold_place_t *place)
{
    const char  *subject;

    subject = place->subject.len == 0
              ? NULL : plctl_clean_bytes(ar, place->subject.data,
                                         place->subject.len);

    return plctl_print(ar, "%s %s%s%s%s%s",
                       plctl_enum(ar, &pl__hold_kind__descriptor,
                                  (int) place->kind),
                       plctl_tenant_name(ctl, ar, place->tenant),
                       place->channel == 0 ? "" : "/",
                       place->channel == 0 ? ""
                       : plctl_channel_name(ctl, ar, place->channel),
                       subject == NULL ? "" : " ",
                       subject == NULL ? "" : subject);
}


static pl_status_t
holds_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    holds_t                *at = data;
    Pl__Ctl__HoldRow       *json;
    const pl_holds_row_t   *hold;

    (void) txn;

    hold = pl_holds_at(at->holds, at->at++);
    if (hold == NULL) {
        return PL_NOTFOUND;
    }

    json = plctl_hold_row(ctl, ar, hold);
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    row->json = &json->base;
    row->skip = at->tenant != 0 && at->tenant != hold->place.tenant;
    holds_cells(row, ar, json);

    return PL_OK;
}


static void
holds_cells(plctl_row_t *row, pl_arena_t *ar, const Pl__Ctl__HoldRow *json)
{
    const Pl__HoldRecord  *hold = json->hold;

    row->cells[0] = plctl_clean(ar, json->tenant);
    row->cells[1] = plctl_enum(ar, &pl__hold_kind__descriptor,
                               (int) json->kind);
    row->cells[2] = json->channel == NULL ? NULL
                                          : plctl_clean(ar, json->channel);
    row->cells[3] = json->subject == NULL ? NULL
                                          : plctl_clean(ar, json->subject);
    row->cells[4] = plctl_enum(ar, &pl__hold_cause__descriptor,
                               (int) json->cause);
    row->cells[5] = plctl_time(ar, hold->since_ms);
    row->cells[6] = holds_word(ar, json);
    row->cells[7] = hold->actor == NULL ? NULL
                                        : plctl_clean(ar, hold->actor);
    row->cells[8] = hold->has_failures
                    ? plctl_print(ar, "%" PRIu32, hold->failures) : NULL;
    row->cells[9] = hold->has_code
                    ? plctl_print(ar, "%" PRId32, hold->code) : NULL;
    row->cells[10] = hold->reason == NULL ? NULL
                                          : plctl_clean(ar, hold->reason);
}


/* Past its end: an account is probed, and of the rest only counts are left. */

static const char *
holds_word(pl_arena_t *ar, const Pl__Ctl__HoldRow *json)
{
    if (!json->hold->has_until_ms) {
        return "resumed";
    }

    if (json->standing) {
        return plctl_time(ar, json->hold->until_ms);
    }

    return json->cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT ? "probed"
                                                             : "over";
}
