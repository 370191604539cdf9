/*
 * What a step says becomes a message and its place in a queue.
 *
 * What answers a person goes by the lane of replies, all else by that of
 * reminders: what is said long after they wrote, too. What waits a while is a
 * delayed send (later.h), and nothing of the same chain overtakes it. What
 * policy thinks of it is policy's: the free form and the template both travel
 * with the message.
 *
 * It carries the owner's epoch, by which it is void once somebody else
 * answers; what was agreed by a date carries none.
 */

#include <string.h>

#include "later.h"
#include "reissue.h"
#include "run_impl.h"

static void say_message(const pl_apply_t *ap, const run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, int64_t at_ms,
    Pl__Message *message);
static pl_status_t say_content(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowSay *say, Pl__Message *message,
    pl_err_t *err);
static pl_status_t say_when(pl_apply_t *ap, run_t *r,
    const Pl__FlowStep *step, int64_t *at_ms, pl_err_t *err);
static int64_t say_expires(const run_t *r, const Pl__FlowSay *say,
    int64_t from_ms);
static pl_status_t say_note(pl_apply_t *ap, run_t *r,
    const Pl__FlowStep *step, const Pl__Message *message, uint64_t id,
    pl_err_t *err);
static pl_status_t say_back(pl_apply_t *ap, uint64_t **list, size_t *n,
    pl_later_e what, pl_err_t *err);
static pl_status_t say_keep(pl_apply_t *ap, uint64_t **list, size_t *n,
    uint64_t id, pl_err_t *err);


pl_status_t
pl_run_say(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, const Pl__FlowSay *say, pl_err_t *err)
{
    int64_t             at_ms;
    uint64_t            id;
    pl_status_t         rc;
    pl_queue_how_t      how = { PL__LANE__LANE_REPLY, 0, 0, 0, NULL };
    Pl__Message         message = PL__MESSAGE__INIT;
    const Pl__Address  *address;

    address = pl_contact_address(r->at.contact,
                                 pl_settings_channel(ap->settings,
                                                     r->at.channel));

    rc = say_content(ap, r, flow, say, &message, err);
    if (rc != PL_OK || message.content == NULL || address == NULL) {
        return rc;
    }

    rc = say_when(ap, r, step, &at_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    say_message(ap, r, flow, step, at_ms, &message);
    message.address = (Pl__Address *) address;

    how.lane = message.answers ? PL__LANE__LANE_REPLY
                               : PL__LANE__LANE_REMINDER;
    how.at_ms = message.at_ms;
    how.expires_ms = say_expires(r, say, at_ms);
    how.collapse_key = say->collapse_key;

    rc = pl_reissue_terms(ap, &message, &how, err);

    if (rc == PL_OK) {
        rc = pl_conversation_add(ap, r->at.party, r->at.conv, &message, &id,
                                 err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, message.tenant, "messages", "out", err);
    }

    /* whoever is due behind what it replaces is found as it is stored */

    if (rc == PL_OK && how.collapse_key != NULL) {
        rc = pl_conversation_put(ap, r->at.party, r->at.conv, err);
    }

    if (rc == PL_OK) {
        rc = pl_queue_add(ap, r->at.party, r->at.conv, id, &message, &how,
                          err);
    }

    return rc == PL_OK ? say_note(ap, r, step, &message, id, err) : rc;
}


pl_status_t
pl_run_restamp(pl_apply_t *ap, const run_t *r, pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc;
    Pl__Message  *message;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < r->n_said; i++) {
        rc = pl_message_get(ap, r->said[i], &message, err);

        if (rc == PL_OK) {
            message->owner_epoch = r->at.conv->owner_epoch;
            rc = pl_message_put(ap, r->said[i], message, false, err);
        }
    }

    return rc;
}


pl_status_t
pl_run_undelay(pl_apply_t *ap, Pl__Conversation *conv, pl_err_t *err)
{
    return say_back(ap, &conv->delayed, &conv->n_delayed, PL_LATER_SCHEDULED,
                    err);
}


pl_status_t
pl_run_unnudge(pl_apply_t *ap, Pl__Conversation *conv, pl_err_t *err)
{
    return say_back(ap, &conv->nudges, &conv->n_nudges, PL_LATER_WAITING,
                    err);
}


/* Whose message it is, where it goes, and when. */

static void
say_message(const pl_apply_t *ap, const run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, int64_t at_ms, Pl__Message *message)
{
    message->direction = PL__DIRECTION__DIRECTION_OUT;
    message->tenant = r->at.party->tenant;
    message->channel = r->at.channel;
    message->party_kind = r->at.party->kind;
    message->party = r->at.party->party;
    message->contact = r->at.contact->id;
    message->time_ms = ap->now_ms;
    message->has_state = 1;
    message->state = at_ms > ap->now_ms
                     ? PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
                     : PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    message->has_at_ms = (at_ms > ap->now_ms);
    message->at_ms = message->has_at_ms ? at_ms : 0;
    message->has_entry = 1;
    message->entry = ap->entry;
    message->has_owner_epoch = !r->agreed;
    message->owner_epoch = r->agreed ? 0 : r->at.conv->owner_epoch;
    message->flow = (char *) pl_flow_name(flow);
    message->step = step->name;
    message->has_answers = r->answers
                           && at_ms - ap->now_ms <= PL_ANSWER_AFTER_MS;
    message->answers = message->has_answers;
}


/*
 * The free form where there is one, and the template beside it; a template
 * alone is the content. Neither: nothing can be said.
 */

static pl_status_t
say_content(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowSay *say, Pl__Message *message, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__Content     *free_form, *template;
    pl_flow_vars_t   vars = pl_run_vars(r);

    rc = pl_flow_content(flow, say, &vars, ap->ar, &free_form, &template);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "run", 0, "out of memory");
    }

    message->content = free_form != NULL ? free_form : template;
    message->otherwise = free_form != NULL ? template : NULL;

    message->has_category = say->has_category;
    message->category = say->category;

    if (template != NULL && say->template_->has_category) {
        message->has_template_category = 1;
        message->template_category = say->template_->category;
    }

    if (message->content == NULL) {
        return pl_feed_count(ap, r->at.party->tenant, "flows", "unsaid",
                             err);
    }

    return PL_OK;
}


/*
 * A delay is drawn from the number that the message will have: every replay
 * draws the same one, and nobody can tell it before.
 */

static pl_status_t
say_when(pl_apply_t *ap, run_t *r, const Pl__FlowStep *step, int64_t *at_ms,
    pl_err_t *err)
{
    int64_t            min = 0, max = 0;
    uint8_t            number[8], drawn[PL_HASH128_LEN];
    pl_str_t           piece = { number, sizeof(number) };
    pl_status_t        rc;

    *at_ms = ap->now_ms + (int64_t) step->after_s * 1000;

    if (step->delay != NULL && pl_flow_duration(step->delay->min, &min)
        && pl_flow_duration(step->delay->max, &max) && max >= min)
    {
        pl_be64_put(number, ap->meta->next_id);

        rc = pl_hash_128(ap->hash, &piece, 1, drawn);
        if (rc != PL_OK) {
            return pl_err_set(err, rc, "run", 0, "cannot hash");
        }

        *at_ms += min + (int64_t) (pl_be64(drawn)
                                   % (uint64_t) (max - min + 1));
    }

    if (*at_ms < r->said_ms) {
        *at_ms = r->said_ms;            /* behind what is said before it */
    }

    r->said_ms = *at_ms;

    return PL_OK;
}


/* The earlier end of the say's own and the task's; 0: none. */

static int64_t
say_expires(const run_t *r, const Pl__FlowSay *say, int64_t from_ms)
{
    int64_t  ms, own_ms;

    own_ms = say->expires != NULL && pl_flow_duration(say->expires, &ms)
             ? from_ms + ms : 0;

    if (own_ms == 0 || r->until_ms == 0) {
        return own_ms != 0 ? own_ms : r->until_ms;
    }

    return own_ms < r->until_ms ? own_ms : r->until_ms;
}


static pl_status_t
say_note(pl_apply_t *ap, run_t *r, const Pl__FlowStep *step,
    const Pl__Message *message, uint64_t id, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Conversation  *conv = r->at.conv;

    if (r->n_said < PL_COUNT(r->said)) {
        r->said[r->n_said++] = id;
    }

    r->asked = id;

    rc = PL_OK;

    if (message->has_at_ms && r->answers
        && (step->delay != NULL || conv->n_delayed != 0))
    {
        rc = say_keep(ap, &conv->delayed, &conv->n_delayed, id, err);
    }

    return rc == PL_OK && r->nudge ? say_keep(ap, &conv->nudges,
                                              &conv->n_nudges, id, err) : rc;
}


static pl_status_t
say_back(pl_apply_t *ap, uint64_t **list, size_t *n, pl_later_e what,
    pl_err_t *err)
{
    bool         done;
    size_t       i;
    pl_status_t  rc;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < *n; i++) {
        rc = pl_later_withdraw(ap, (*list)[i], what,
                               PL__AUDIT_KIND__AUDIT_KIND_CANCELLED, NULL,
                               &done, err);
    }

    *n = 0;

    return rc;
}


/* The oldest is forgotten: it can no longer be taken back. */

static pl_status_t
say_keep(pl_apply_t *ap, uint64_t **list, size_t *n, uint64_t id,
    pl_err_t *err)
{
    uint64_t  *longer;

    if (*n == PL_SAID_MAX) {
        memmove(*list, *list + 1, (*n - 1) * sizeof(**list));
        (*list)[*n - 1] = id;
        return PL_OK;
    }

    longer = pl_apply_list_u64(ap, *list, *n, id);
    if (longer == NULL) {
        return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
    }

    *list = longer;
    (*n)++;

    return PL_OK;
}
