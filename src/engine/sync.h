/*
 * Reading a provider's list of a channel's templates: an errand a page
 * (errand.h), one reading of a channel at a time. What is known of a reading
 * stands in the channel's state (TemplateSync), what it read in `templates`.
 *
 * A reading is known by the entry that asked for it, and each row by the
 * newest reading that had it. The row without a name is written when a
 * reading has come to the list's end: from then on what that one did not
 * have is gone (pl_template_gone), with no walk over the rows. So a reading
 * that fails in its middle takes nothing away; what its pages said is newer
 * than what was known, and stands.
 *
 * Webhooks come in between. What one told of a template after its page was
 * asked for is newer than the page.
 *
 * A channel whose list was read once is read again each day.
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_SYNC_H_INCLUDED
#define PL_SYNC_H_INCLUDED

#include "apply.h"

/* Has the channel a list of templates that can be read? */
bool pl_sync_can(const pl_channel_conf_t *channel);

/*
 * Asks that the list be read. asked: by somebody who waits for it: at once.
 * Otherwise a webhook told of something unknown: a little later, since
 * others may follow. While a reading is under way, another will follow it.
 */
pl_status_t pl_sync_ask(pl_apply_t *ap, const pl_channel_conf_t *channel,
    bool asked, pl_err_t *err);

/* A channel's state, an empty one where there is none; and its row. */
pl_status_t pl_channel_state_get(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, Pl__ChannelState **state, pl_err_t *err);
pl_status_t pl_channel_state_put(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, const Pl__ChannelState *state, pl_err_t *err);

/* ---- rows (sync_rows.c) --------------------------------------------- */

/*
 * What a page says of one template. asked_ms: when the page was asked for.
 * PL_INVALID: it cannot be a row.
 */
pl_status_t pl_sync_row(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__TemplateRecord *listed, uint64_t sync, int64_t asked_ms,
    pl_err_t *err);

/* The row of the list itself: *whole NULL where none was read whole. */
pl_status_t pl_sync_whole(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__TemplateRecord **whole, pl_err_t *err);

/* Writes it; sync 0: takes it away, since the list is not known whole. */
pl_status_t pl_sync_whole_put(pl_apply_t *ap,
    const pl_channel_conf_t *channel, uint64_t sync, int64_t begun_ms,
    pl_err_t *err);

/*
 * Takes away rows that have been gone for PL_SYNC_GONE_KEEP_MS. Looks at a
 * bounded number of rows, from where the last call ended.
 */
#define PL_SYNC_GONE_KEEP_MS  (30LL * 86400 * 1000)     /* Meta: a name is
                                                   not given anew before */
#define PL_SYNC_SWEEP_ROWS    (4 * PL_TEMPLATES_PAGE)

pl_status_t pl_sync_sweep(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__TemplateSync *sync, pl_err_t *err);

/* ---- the errand's kind (errand.h) ----------------------------------- */

pl_status_t pl_sync_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_sync_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_sync_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_sync_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_SYNC_H_INCLUDED */
