/*
 * can-send: what would become of a message (engine/dry.h). The store is only
 * read: nothing goes to the journal, and no contact is made of an address
 * that nobody has.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/dry.h"
#include "cmd.h"
#include "find.h"
#include "recipient.h"
#include "said.h"


typedef struct {
    plctl_recipient_t         to;
    Pl__SendRequest           request;
    const pl_channel_conf_t  *channel;
    pl_apply_t                ap;           /* to read by, alone */
    pl_dry_request_t          out;
} can_t;


static const char *can_usage(const plctl_args_t *args);
static pl_status_t can_content(plctl_t *ctl, can_t *can, pl_err_t *err);
static pl_status_t can_where(plctl_t *ctl, can_t *can, const char *tenant,
    pl_err_t *err);
static pl_status_t can_channel(plctl_t *ctl, can_t *can, const char *tenant,
    pl_err_t *err);
static pl_status_t can_times(plctl_t *ctl, can_t *can, pl_err_t *err);
static pl_status_t can_run(plctl_t *ctl, can_t *can, pl_err_t *err);
static int can_report(plctl_t *ctl, const can_t *can);
static void can_form(plctl_t *ctl, const can_t *can,
    Pl__Ctl__CanSendRow *row);
static void can_refused(plctl_t *ctl, const can_t *can,
    Pl__Ctl__CanSendRow *row);
static void can_print(plctl_t *ctl, const Pl__Ctl__CanSendRow *row);


int
plctl_cmd_can_send(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    can_t         *can;
    pl_err_t       err = { 0 };
    pl_status_t    rc;
    const char    *wrong;

    (void) n_words;

    wrong = can_usage(ctl->args);
    if (wrong != NULL) {
        plctl_note(ctl, "can-send: %s", wrong);
        return PLCTL_EXIT_USAGE;
    }

    can = pl_arena_zalloc(ctl->ar, sizeof(*can));
    if (can == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "can-send", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    pl__send_request__init(&can->request);
    can->request.has_campaign = (ctl->args->given & PLCTL_OPT_CAMPAIGN) != 0;
    can->request.campaign = ctl->args->campaign;

    if (plctl_recipient(&can->to, words[1], &err) != PL_OK
        || can_times(ctl, can, &err) != PL_OK
        || plctl_said_lane(ctl, &can->request, &err) != PL_OK
        || plctl_said_terms(ctl, &can->request,
                            PL__AUTHOR__AUTHOR_PROGRAM, &err) != PL_OK)
    {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = can_content(ctl, can, &err);

    if (rc == PL_OK) {
        rc = plctl_open(ctl, &err);
    }

    if (rc == PL_OK) {
        rc = can_where(ctl, can, words[0], &err);
    }

    if (rc == PL_OK) {
        rc = can_times(ctl, can, &err);
    }

    if (rc == PL_OK) {
        rc = can_run(ctl, can, &err);
    }

    return rc == PL_OK ? can_report(ctl, can) : plctl_fail(ctl, &err);
}


static const char *
can_usage(const plctl_args_t *args)
{
    uint64_t  what;

    what = args->given & (PLCTL_OPT_TEXT | PLCTL_OPT_TEMPLATE);

    if (what == (PLCTL_OPT_TEXT | PLCTL_OPT_TEMPLATE)) {
        return "one of --text and --template says what would be sent";
    }

    if (what != PLCTL_OPT_TEMPLATE) {
        return args->given & (PLCTL_OPT_LANGUAGE | PLCTL_OPT_PARAM)
               ? "--language and --param belong to --template" : NULL;
    }

    return args->given & PLCTL_OPT_LANGUAGE ? NULL
                                            : "--template needs --language";
}


static pl_status_t
can_content(plctl_t *ctl, can_t *can, pl_err_t *err)
{
    const plctl_args_t  *args = ctl->args;

    can->request.content = args->given & PLCTL_OPT_TEMPLATE
        ? plctl_said_template(ctl, args->template_name, args->language,
                              args->params, args->n_params)
        : plctl_said_text(ctl, args->given & PLCTL_OPT_TEXT ? args->text
                                                            : "?");

    return can->request.content != NULL
           ? PL_OK : pl_err_set(err, PL_NOMEM, "can-send", 0,
                                "out of memory");
}


/* Whom, and on which channel. */

static pl_status_t
can_where(plctl_t *ctl, can_t *can, const char *tenant, pl_err_t *err)
{
    pl_status_t  rc;

    rc = can_channel(ctl, can, tenant, err);

    if (rc == PL_OK) {
        ctl->ahead_ms = pl_settings_clock(ctl->settings,
                                          can->channel->tenant);
        rc = plctl_recipient_group(ctl, can->channel->tenant, &can->to, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    plctl_recipient_set(&can->to, &can->request);
    can->request.tenant = can->channel->tenant;
    can->request.channel = can->channel->row->id;

    return PL_OK;
}


static pl_status_t
can_channel(plctl_t *ctl, can_t *can, const char *tenant, pl_err_t *err)
{
    size_t                    i;
    uint32_t                  id;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    if (ctl->args->given & PLCTL_OPT_CHANNEL) {
        return plctl_channel(ctl, tenant, ctl->args->channel, &can->channel,
                             err);
    }

    rc = plctl_tenant(ctl, tenant, &id, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; (channel = pl_settings_channel_at(ctl->settings, i)) != NULL;
         i++)
    {
        if (channel->tenant == id && !channel->row->removed) {
            can->channel = channel;
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_NOTFOUND, "can-send", 0,
                      "the tenant has no channel");
}


/* Twice, as send's: for the mistakes, and then by the store's clock. */

static pl_status_t
can_times(plctl_t *ctl, can_t *can, pl_err_t *err)
{
    pl_status_t          rc = PL_OK;
    const plctl_args_t  *args = ctl->args;

    if (args->given & PLCTL_OPT_AT) {
        can->request.has_at_ms = 1;
        rc = plctl_when(ctl, "--at", args->at, &can->request.at_ms, err);
    }

    if (rc == PL_OK && (args->given & PLCTL_OPT_EXPIRES)) {
        can->request.has_expires_ms = 1;
        rc = plctl_when(ctl, "--expires", args->expires,
                        &can->request.expires_ms, err);
    }

    return rc;
}


static pl_status_t
can_run(plctl_t *ctl, can_t *can, pl_err_t *err)
{
    pl_apply_t  *ap = &can->ap;
    pl_status_t  rc;

    rc = pl_journal_now(ctl->st, ctl->clock, &ap->now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    ap->now_ms += ctl->ahead_ms;

    ap->ar = ctl->ar;
    ap->offset_ms = ctl->ahead_ms;
    ap->settings = ctl->settings;

    ap->match = pl_match_state_create();
    if (ap->match == NULL) {
        return pl_err_set(err, PL_NOMEM, "can-send", 0, "out of memory");
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &ap->txn, err);

    if (rc == PL_OK) {
        rc = pl_dry_ask(ap, &can->request, &can->out, err);
        pl_store_abort(ap->txn);
    }

    pl_match_state_destroy(ap->match);

    return rc;
}


static int
can_report(plctl_t *ctl, const can_t *can)
{
    pl_err_t              err = { 0 };
    const pl_dry_t       *dry = &can->out.dry;
    const pl_verdict_t   *v = &dry->at.verdict;
    Pl__Ctl__CanSendRow   row = PL__CTL__CAN_SEND_ROW__INIT;

    static const char *const  words[] = {
        [PL_POLICY_SEND] = "send",
        [PL_POLICY_DEFER] = "defer",
        [PL_POLICY_REPLACE] = "replace",
        [PL_POLICY_BLOCK] = "block",
    };

    row.allowed = v->decision == PL_POLICY_SEND;
    row.decision = (char *) words[v->decision];
    row.time_ms = can->out.at_ms;
    row.category = (char *) plctl_enum(ctl->ar, &pl__category__descriptor,
                                       (int) v->category);
    row.rule = (char *) v->rule;
    row.reason = row.allowed ? NULL : (char *) dry->at.reason;
    row.has_until_ms = v->decision == PL_POLICY_DEFER;
    row.until_ms = v->until_ms;
    row.has_earliest_ms = dry->earliest_ms != 0;
    row.earliest_ms = dry->earliest_ms;
    row.has_replaced = row.replaced = dry->at.replaced;
    row.has_zone_unknown = row.zone_unknown = dry->at.zone_unknown;

    can_form(ctl, can, &row);
    can_refused(ctl, can, &row);

    if (!ctl->json) {
        can_print(ctl, &row);

    } else if (plctl_json(ctl, &row.base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return row.allowed ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


/* For what it is: policy has not been asked, or would be of no avail. */

static void
can_refused(plctl_t *ctl, const can_t *can, Pl__Ctl__CanSendRow *row)
{
    const pl_dry_request_t  *out = &can->out;

    if (out->rule == NULL) {
        return;
    }

    row->allowed = 0;
    row->decision = (char *) "block";
    row->category = (char *)
        plctl_enum(ctl->ar, &pl__category__descriptor,
                   can->request.has_category
                   ? (int) can->request.category
                   : (int) PL__CATEGORY__CATEGORY_UTILITY);
    row->rule = (char *) out->rule;
    row->reason = (char *) (out->path == NULL ? out->text
                            : plctl_print(ctl->ar, "%s: %s", out->path,
                                          out->text));
    row->has_earliest_ms = 0;
    row->cheapest = (char *) "none";
    row->template_ = NULL;
    row->template_category = NULL;
    row->channel = NULL;
}


static void
can_form(plctl_t *ctl, const can_t *can, Pl__Ctl__CanSendRow *row)
{
    const pl_dry_t            *dry = &can->out.dry;
    const Pl__Template        *asked;
    const Pl__TemplateRecord  *listed = dry->template;

    static const char *const  words[] = {
        [PL_DRY_NONE] = "none",
        [PL_DRY_FREE] = "free",
        [PL_DRY_TEMPLATE] = "template",
        [PL_DRY_CHANNEL] = "channel",
        [PL_DRY_LATER] = "later",
    };

    row->cheapest = (char *) words[dry->form];

    if (dry->form == PL_DRY_CHANNEL) {
        row->channel = (char *) plctl_channel_name(ctl, ctl->ar,
                                                   dry->channel);
    }

    if (dry->form != PL_DRY_TEMPLATE) {
        return;
    }

    if (listed != NULL) {
        row->template_ = (char *) plctl_print(ctl->ar, "%s/%s", listed->name,
                                              listed->language);
        row->template_category = (char *) plctl_enum(ctl->ar,
                                      &pl__template_category__descriptor,
                                      (int) listed->category);
        return;
    }

    asked = dry->content->template_;
    row->template_ = (char *) plctl_print(ctl->ar, "%s/%s", asked->name,
                                          asked->language);
    row->template_category = row->category;
}


static void
can_print(plctl_t *ctl, const Pl__Ctl__CanSendRow *row)
{
    FILE  *out = ctl->out;

    fprintf(out, "%s, as %s at %s\n", row->allowed ? "yes" : "no",
            row->category, plctl_time(ctl->ar, row->time_ms));

    if (!row->allowed) {
        fprintf(out, "    %-9s  %s: %s\n", row->decision,
                plctl_clean(ctl->ar, row->rule),
                plctl_clean(ctl->ar, row->reason));
    }

    if (row->replaced) {
        fprintf(out, "    %-9s  by its other form\n", "replaced");
    }

    fprintf(out, "    %-9s  %s\n", "earliest",
            row->has_earliest_ms ? plctl_time(ctl->ar, row->earliest_ms)
                                 : "never");

    fprintf(out, "    %-9s  %s", "cheapest", row->cheapest);

    if (row->template_ != NULL) {
        fprintf(out, " %s (%s)", plctl_clean(ctl->ar, row->template_),
                row->template_category);
    }

    if (row->channel != NULL) {
        fprintf(out, " %s", plctl_clean(ctl->ar, row->channel));
    }

    fprintf(out, "\n");

    if (row->zone_unknown) {
        fprintf(out, "    the time zone of the contact, or of its channel, is "
                     "not known: another was taken\n");
    }
}
