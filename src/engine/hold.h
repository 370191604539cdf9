/*
 * Holds: everything that stops sending for a while is a row of one table,
 * whoever said so. A person pauses a tenant, a channel, a template or a
 * campaign; a provider says that a bucket is empty (throttle), or refuses an
 * account (account error: the channel's breaker).
 *
 *     holds   tenant u32, kind u8, channel u32, cause u8, subject
 *
 * A place may be held for several causes at once, and each goes its own way:
 * what a person resumes, the provider may still hold.
 *
 * While a row stands, apply(Attempt) begins nothing there:
 *
 *  - Tenant, channel, account, app, files: the head stays where it is. Who
 *    sends asks first (holds.h) and does not attempt; an attempt that was on
 *    its way comes to nothing and costs nothing.
 *  - Template, campaign, groups: the channel goes on with others, so the head
 *    is set aside: its row in `due` moves behind those of the channel's
 *    lanes, its time kept. Release brings it back.
 *
 * A row that a provider caused has an end (until_ms). Past it attempts may
 * begin again; the row stays with its count of failures in a row until one
 * succeeds that began past the end. Past the end of an account's row it is
 * one attempt at a time, a probe: that is the sender's to keep.
 *
 * Where no row is, an attempt reads and a result writes nothing for this
 * (StateMeta.holds).
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_HOLD_H_INCLUDED
#define PL_HOLD_H_INCLUDED

#include "apply.h"

#define PL_HOLD_SUBJECT_MAX  480    /* bytes; longer ones are cut, so that a
                                       place and it fit a row of `due` */
#define PL_HOLD_REASON_MAX   1024   /* bytes of what a person says */
#define PL_HOLD_WAIT_MAX_MS  (24LL * 3600 * 1000)   /* as a schedule has it at
                                       most; what a provider tells is bounded
                                       by delay.h before */
#define PL_HOLD_FORGET_MS    (3600LL * 1000)    /* past its end a throttle
                                       says nothing any more */
#define PL_HOLD_ACCUSED_MAX  2      /* times that a message is refused anew
                                       though another was taken since its
                                       channel was held for it: then the fault
                                       is its own */
#define PL_HOLD_LOOK_ROWS    256    /* looked at by a Release, at most */

/* What is held. channel 0, subject empty: the kind has none. */
typedef struct {
    uint32_t       tenant;
    Pl__HoldKind   kind;
    uint32_t       channel;
    pl_str_t       subject;
} pl_hold_place_t;

/* Any thread. A subject that is too long is cut. */
void pl_hold_key(pl_key_t *key, const pl_hold_place_t *place,
    Pl__HoldCause cause);

/* False where the bytes are no such key. subject points into it. */
bool pl_hold_key_parse(pl_str_t key, pl_hold_place_t *place,
    Pl__HoldCause *cause);

/*
 * Has the kind what the place has: a channel, a subject, both or neither?
 * Of a subject that it is text without control bytes, too.
 */
bool pl_hold_fits(const pl_hold_place_t *place);

/* Is nothing to begin by this row at now? Any thread. */
bool pl_hold_stands(const Pl__HoldRecord *row, int64_t now_ms);

/* Can the row go, with nobody told? Any thread. */
bool pl_hold_over(const Pl__HoldRecord *row, Pl__HoldCause cause,
    int64_t now_ms);

/*
 * The places whose hold sets this effect aside: its template, its campaign,
 * groups. message: NULL where it is none, or gone. How many; at most
 * PL_HOLD_ASIDE_MAX. digits: room for a campaign's number. Any thread.
 */
#define PL_HOLD_ASIDE_MAX   3
#define PL_HOLD_DIGITS_MAX  24
size_t pl_hold_aside(const Pl__Effect *effect, const Pl__Message *message,
    char digits[PL_HOLD_DIGITS_MAX],
    pl_hold_place_t places[PL_HOLD_ASIDE_MAX]);

/* The place of a channel's bucket; false where the effect has none. */
bool pl_hold_bucket(const pl_channel_conf_t *channel,
    const Pl__Effect *effect, const Pl__Message *message, Pl__Bucket bucket,
    pl_hold_place_t *place);

/*
 * The value of a row of `due` that is set aside: that which it has else,
 * kind u8, subject. parse: tenant and channel are its key's; false where the
 * bytes are none.
 */
void pl_hold_aside_value(pl_key_t *value, const Pl__Effect *effect,
    const pl_hold_place_t *place);
bool pl_hold_aside_parse(pl_str_t value, uint32_t tenant, uint32_t channel,
    pl_str_t *at, pl_hold_place_t *place);

/* Sets a head aside: place is what holds it (queue_aside.c). */
pl_status_t pl_queue_aside(pl_apply_t *ap, const Pl__Effect *effect,
    const pl_hold_place_t *place, pl_err_t *err);

/* Is the effect held? Where it is, it stays, or has been set aside. */
pl_status_t pl_hold_attempt(pl_apply_t *ap, const Pl__Effect *effect,
    bool *held, pl_err_t *err);

/*
 * Has its account been refused for longer than the schedule of `account`
 * lets a message get old, and is it older? A row of `account` stands for as
 * long as nothing was taken; what a person pauses is no part of it.
 */
pl_status_t pl_hold_forsaken(pl_apply_t *ap, const Pl__Effect *effect,
    bool *forsaken, pl_err_t *err);

/*
 * What a result says of the places that its effect belongs to. *held: one of
 * them waits, instead of the effect alone.
 */
pl_status_t pl_hold_result(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, bool *held, pl_err_t *err);

/*
 * A message's account is refused; notes it on the effect, which the caller
 * puts. *held: the channel is to wait. Else it ends (PL_HOLD_ACCUSED_MAX).
 */
pl_status_t pl_hold_accused(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const pl_hold_place_t *place, bool *held, pl_err_t *err);

/* Such a row holds, for what befell this effect, until then. */
void pl_hold_refused(Pl__HoldRecord *row, const Pl__Effect *effect,
    int64_t now_ms, int64_t until_ms);

/*
 * What came of this effect ends no hold of its channel's account, if there is
 * one: the next to be tried is of another lane, where one waits.
 */
pl_status_t pl_hold_turn(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);

/* The channel has another token, account or API: it is tried anew. */
pl_status_t pl_hold_renewed(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, pl_err_t *err);

/* A person asks it for something: the next attempt is its probe, now. */
pl_status_t pl_hold_probe(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    pl_err_t *err);

/* Rows of one place and cause. get: PL_NOTFOUND. put: new, it is counted. */
pl_status_t pl_hold_get(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, Pl__HoldRecord **row, pl_err_t *err);
pl_status_t pl_hold_put(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, const Pl__HoldRecord *row, bool fresh,
    pl_err_t *err);
pl_status_t pl_hold_drop(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, pl_err_t *err);

/* Does anything hold the place now? */
pl_status_t pl_hold_held(pl_apply_t *ap, const pl_hold_place_t *place,
    bool *held, pl_err_t *err);

/* An audit event of a hold: who, what and why. actor, why may be NULL. */
/* A row of `changes`, by the audit event's kind (feed_change.c). */
pl_status_t pl_feed_hold(pl_apply_t *ap, Pl__AuditKind kind,
    const pl_hold_place_t *place, const char *actor, const char *reason,
    pl_err_t *err);

pl_status_t pl_hold_audit(pl_apply_t *ap, Pl__AuditKind kind,
    const pl_hold_place_t *place, const char *actor, const char *why,
    pl_err_t *err);

#endif /* PL_HOLD_H_INCLUDED */
