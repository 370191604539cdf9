/*
 * See filter.h.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/keys.h"
#include "../engine/outbox.h"
#include "../engine/retry.h"
#include "filter.h"
#include "past.h"


static pl_status_t filter_channel(plctl_t *ctl, plctl_filter_t *filter,
    pl_err_t *err);
static bool filter_on(const plctl_t *ctl, const plctl_filter_t *filter,
    uint32_t channel);
static pl_status_t filter_template(pl_txn_t *txn, pl_arena_t *ar,
    const plctl_filter_t *filter, const Pl__Effect *effect, bool *fits,
    pl_err_t *err);
static const char *tried_line(pl_arena_t *ar, const Pl__Tried *tried);


void
plctl_ended_dead(plctl_ended_t *out, const Pl__DeadLetter *dead)
{
    out->effect = dead->effect;
    out->at_ms = dead->died_ms;
    out->has_code = dead->has_code;
    out->code = dead->code;
    out->rule = dead->rule;
    out->reason = dead->reason;
}


void
plctl_ended_unknown(plctl_ended_t *out, const Pl__UnknownSend *unknown)
{
    const Pl__Effect  *effect = unknown->effect;
    const Pl__Tried   *last;

    last = effect->n_tried == 0 ? NULL : effect->tried[effect->n_tried - 1];

    out->effect = unknown->effect;
    out->at_ms = unknown->since_ms;
    out->has_code = last != NULL && last->has_code;
    out->code = last == NULL ? 0 : last->code;
    out->rule = NULL;
    out->reason = unknown->reason;
}


pl_status_t
plctl_filter_read(plctl_t *ctl, plctl_filter_t *filter, pl_err_t *err)
{
    int64_t              now_ms;
    pl_status_t          rc;
    const plctl_args_t  *args = ctl->args;

    memset(filter, 0, sizeof(*filter));

    now_ms = pl_clock_wall_ms(ctl->clock);
    rc = PL_OK;

    if (args->tenant != NULL) {
        rc = plctl_tenant(ctl, args->tenant, &filter->tenant, err);
    }

    if (rc == PL_OK && args->since != NULL) {
        rc = plctl_past("since", args->since, now_ms, &filter->since_ms,
                        err);
    }

    if (rc == PL_OK && args->until != NULL) {
        rc = plctl_past("until", args->until, now_ms, &filter->until_ms,
                        err);
    }

    filter->channel = args->channel;
    filter->has_code = (args->given & PLCTL_OPT_CODE) != 0;
    filter->code = args->code;
    filter->rule = args->rule;
    filter->reason = args->reason;
    filter->template_name = args->template_name;
    filter->has_campaign = (args->given & PLCTL_OPT_CAMPAIGN) != 0;
    filter->campaign = args->campaign;

    /* as from a variable that is not set: it would be in every reason */

    if (rc == PL_OK && filter->reason != NULL && filter->reason[0] == '\0') {
        rc = pl_err_set(err, PL_INVALID, "reason", 0, "it is empty");
    }

    if (rc == PL_OK && filter->has_campaign && filter->campaign == 0) {
        rc = pl_err_set(err, PL_INVALID, "campaign", 0,
                        "0 is no campaign's number");
    }

    return rc == PL_OK && filter->channel != NULL
           ? filter_channel(ctl, filter, err) : rc;
}


pl_status_t
plctl_filter_fits(plctl_t *ctl, pl_txn_t *txn, pl_arena_t *ar,
    const plctl_filter_t *filter, const plctl_ended_t *row, bool *fits,
    pl_err_t *err)
{
    *fits = (filter->tenant == 0 || filter->tenant == row->effect->tenant)
            && (filter->channel == NULL
                || filter_on(ctl, filter, row->effect->channel))
            && (!filter->has_code
                || (row->has_code && row->code == filter->code))
            && (filter->rule == NULL
                || (row->rule != NULL
                    && strcmp(row->rule, filter->rule) == 0))
            && (filter->reason == NULL
                || (row->reason != NULL
                    && strstr(row->reason, filter->reason) != NULL))
            && (!filter->has_campaign
                || row->effect->campaign == filter->campaign)
            && (filter->since_ms == 0 || row->at_ms >= filter->since_ms)
            && (filter->until_ms == 0 || row->at_ms < filter->until_ms);

    return *fits && filter->template_name != NULL
           ? filter_template(txn, ar, filter, row->effect, fits, err)
           : PL_OK;
}


const char *
plctl_tried(pl_arena_t *ar, const Pl__Effect *effect, const char *lead)
{
    size_t       i;
    const char  *text = NULL;

    for (i = 0; i < effect->n_tried; i++) {

        text = text == NULL
               ? tried_line(ar, effect->tried[i])
               : plctl_print(ar, "%s\n%s%s", text, lead,
                             tried_line(ar, effect->tried[i]));

        if (i + 1 == PL_TRIED_FIRST && effect->tried_more != 0) {
            text = plctl_print(ar, "%s\n%s%" PRIu32 " more that are not "
                               "kept", text, lead, effect->tried_more);
        }
    }

    return text;
}


static pl_status_t
filter_channel(plctl_t *ctl, plctl_filter_t *filter, pl_err_t *err)
{
    size_t                    i;
    const pl_channel_conf_t  *conf;

    for (i = 0; ; i++) {
        conf = pl_settings_channel_at(ctl->settings, i);
        if (conf == NULL) {
            break;
        }

        if ((filter->tenant == 0 || filter->tenant == conf->tenant)
            && strcmp(conf->row->name, filter->channel) == 0)
        {
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_INVALID, "", 0, "no channel is named \"%s\"",
                      filter->channel);
}


static bool
filter_on(const plctl_t *ctl, const plctl_filter_t *filter,
    uint32_t channel)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(ctl->settings, channel);

    return conf != NULL && strcmp(conf->row->name, filter->channel) == 0;
}


static pl_status_t
filter_template(pl_txn_t *txn, pl_arena_t *ar, const plctl_filter_t *filter,
    const Pl__Effect *effect, bool *fits, pl_err_t *err)
{
    pl_key_t            key;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Content  *content;

    *fits = false;
    pl_key_seq(&key, pl_outbox_message(effect));

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    content = ((const Pl__Message *) msg)->content;

    *fits = content->of_case == PL__CONTENT__OF_TEMPLATE
            && strcmp(content->template_->name, filter->template_name) == 0;

    return PL_OK;
}


static const char *
tried_line(pl_arena_t *ar, const Pl__Tried *tried)
{
    const char  *line;

    line = plctl_print(ar, "%s to %s: %s",
                       plctl_time(ar, tried->began_ms),
                       plctl_time(ar, tried->ended_ms),
                       plctl_enum(ar, &pl__outcome__descriptor,
                                  (int) tried->outcome));

    if (tried->has_stage) {
        line = plctl_print(ar, "%s, %s", line,
                           plctl_enum(ar, &pl__wire_stage__descriptor,
                                      (int) tried->stage));
    }

    if (tried->has_http_status) {
        line = plctl_print(ar, "%s, HTTP %" PRId32, line,
                           tried->http_status);
    }

    if (tried->has_code) {
        line = plctl_print(ar, "%s, code %" PRId32, line, tried->code);
    }

    if (tried->reason != NULL) {
        line = plctl_print(ar, "%s, %s", line,
                           plctl_clean(ar, tried->reason));
    }

    if (tried->trace != NULL) {
        line = plctl_print(ar, "%s, trace %s", line,
                           plctl_clean(ar, tried->trace));
    }

    return line;
}
